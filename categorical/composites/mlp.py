"""Multi-layer perceptrons: affine maps with one activation in between.

Definition.  ``mlp(a, b, …, z)`` is ``linear(a, b) >> activation >> … >> linear(…, z)``.  There is
no activation after the last map.

Law.  It acts on one axis; on every other axis it is natural for all maps of indices (per sample,
per token, per node).

>>> from categorical import Dim, Real, op
>>> n, c, h, k = Dim.named("n c h k")
>>> mlp(c, h, k, activation=op.gelu)
(linear >> gelu >> linear): Real[c] → Real[k]
>>> mlp(c, h, k).at(Real[n, c])
(linear >> relu >> linear): Real[n, c] → Real[n, k]

An input that has not the first width does not fit:

>>> mlp(c, h, k).at(Real[n, h])
Traceback (most recent call last):
...
categorical.records.MissingAxis: error[CM005]: `linear` needs the axis `c`
...
"""

from __future__ import annotations

from itertools import pairwise

from categorical import op
from categorical.arrows import Arrow
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.index import IndexSet, index_set


@checked
def mlp(*widths: IndexSet | int, activation: Arrow = op.relu, bias: bool = True) -> Arrow:
    """An MLP through these widths; raises ``SpecError`` (CM007) for fewer than two."""
    if len(widths) < 2:
        raise SpecError("CM007", "`mlp` needs at least two widths", help=["mlp(c, h, k)"])
    sets = [index_set(w) for w in widths]
    net: Arrow = op.linear(sets[0], sets[1], bias=bias)
    for source, target in pairwise(sets[1:]):
        net = net >> activation >> op.linear(source, target, bias=bias)
    return net
