"""The language: index sets and sizes, spaces, arrows, laws.

>>> from categorical import Dim, Real, arrow, op
>>> n, c, k = Dim.named("n c k")
>>> @arrow
... def scores(x: Real[n, c]) -> Real[k]:
...     return op.linear(c, k)(op.mean(n)(x))
>>> scores
scores: Real[n, c] → Real[k]
"""

from categorical import op
from categorical.arrows import Arrow, copy, discard, identity, swap
from categorical.errors import Notice, SpecError
from categorical.index import Axis, Dim
from categorical.spaces import Bool, Complex, Fin, One, Real
from categorical.tracing import arrow

__all__ = [
    "Arrow",
    "Axis",
    "Bool",
    "Complex",
    "Dim",
    "Fin",
    "Notice",
    "One",
    "Real",
    "SpecError",
    "arrow",
    "copy",
    "discard",
    "identity",
    "op",
    "swap",
]
