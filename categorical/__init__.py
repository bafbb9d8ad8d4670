"""The language: index sets and sizes, spaces, arrows, laws.

>>> from categorical import Dim, Real, arrow, op
>>> n, c, k = Dim.named("n c k")
>>> @arrow
... def scores(x: Real[n, c]) -> Real[k]:
...     return op.linear(c, k)(op.mean(n)(x))
>>> scores
scores: Real[n, c] → Real[k]
"""

from categorical import groups, laws, op
from categorical.architecture import Architecture, architecture
from categorical.arrows import Arrow, copy, discard, identity, sequence, swap
from categorical.errors import Notice, SpecError
from categorical.functors import stack, union
from categorical.index import Axis, Dim
from categorical.operators import branch, case, inject, iterate
from categorical.para import low_rank, masked, reparametrise, tie
from categorical.records import Init
from categorical.spaces import Bool, Complex, Fin, One, Real
from categorical.tracing import arrow

__all__ = [
    "Architecture",
    "Arrow",
    "Axis",
    "Bool",
    "Complex",
    "Dim",
    "Fin",
    "Init",
    "Notice",
    "One",
    "Real",
    "SpecError",
    "architecture",
    "arrow",
    "branch",
    "case",
    "copy",
    "discard",
    "groups",
    "identity",
    "inject",
    "iterate",
    "laws",
    "low_rank",
    "masked",
    "op",
    "reparametrise",
    "sequence",
    "stack",
    "swap",
    "tie",
    "union",
]
