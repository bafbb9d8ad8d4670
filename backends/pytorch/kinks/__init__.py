"""Kinks: the gradient that the installed torch takes where a function has none.

Definition.  A *kink* is a point at which an operation has no derivative, or several: ``relu`` at 0,
``maximum`` at a tie, ``sqrt`` at 0.  Autograd takes a number there all the same; which one is a
convention of torch, and of its version.  ``cases`` lists the kinks of our generators, as the
emitter writes them, and torch's other spellings beside them; ``measure`` asks autograd;
``agreement`` compares the reference meaning; ``rewrites`` grades the replacement of one expression
by another; ``files`` keeps what was measured, a file a version.

Laws.  The reverse derivative acts on expressions: two that are one function may differ at a kink.
A rewrite is licensed *everywhere* only if the measured gradients agree at the kinks too.

>>> from backends.pytorch.kinks.cases import CASES
>>> from backends.pytorch.kinks.measure import measured
>>> measured(CASES["relu(x) - relu(-x)"]).gradient
'0'
>>> measured(CASES["maximum"]).gradient
'0.5 | 0.5'

What is no number has no gradient:

>>> from backends.pytorch.kinks.cases import Case
>>> measured(Case("places", ([1.0, 1.0],), spelled="x.argmax(dim=-1)"))
Traceback (most recent call last):
...
ValueError: `places`: torch gives no gradient for x.argmax(dim=-1)
"""
