"""Derivatives: the reverse derivative as a functor on expressions, and what is made of it.

Definition.  ``reverse(f)`` is R[f] : A × B′ → A′, ``explicit(f)`` makes weights inputs, so that
``reverse(explicit(f))`` has the gradients of the weights; ``gradient(f)`` is a box for a loss.

>>> from categorical import Dim, Real, op
>>> c = Dim("c")
>>> reverse(explicit(op.linear(c, c, bias=False))).type_text()
'Real[c] × Real[c.at("out"), c] × Real[c] → Real[c] × Real[c.at("out"), c]'

Indices have no cotangent:

>>> v = Dim("v")
>>> reverse(explicit(op.embedding(v, c))).type_text()
'Fin(v)[()] × Real[v, c] × Real[c] → Real[v, c]'

The forward derivative is made of the reverse one; the axioms of both are equations of arrows
(``axioms``), with a verdict on each generator in ``tests.categorical.derivatives.axiom_matrix``:

>>> forward(op.tanh.at(Real[c])).type_text()
'Real[c] × Real[c] → Real[c]'
"""

from categorical.derivatives.explicit import explicit
from categorical.derivatives.forward import forward
from categorical.derivatives.pullback import gradient, pullback
from categorical.derivatives.reverse import reverse

__all__ = ["explicit", "forward", "gradient", "pullback", "reverse"]
