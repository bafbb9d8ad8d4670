"""The language: index sets and sizes, spaces, arrows, laws.

Definition.  An architecture is an arrow between types with named axes, made of the generators in
``op`` by composition, operators and tying; its ``laws`` are equations between arrows.  What acts on
the types is declared in ``groups``, ``categories`` and ``representations``, by the exact numbers
of ``exact``; ``diagrams`` are the maps that are equivariant at every size; ``composites`` are
arrows that specs share.  ``semantics`` is the one interpreter; ``synthesis`` solves for layers.

Laws.  Types are checked when arrows are composed, before any tensor is made.  Everything after the
declaration is a functor of it: evaluation, costs, drawings, derivatives, modules.

>>> from categorical import Dim, Real, arrow, op
>>> n, c, k = Dim.named("n c k")
>>> @arrow
... def scores(x: Real[n, c]) -> Real[k]:
...     return op.linear(c, k)(op.mean(n)(x))
>>> scores
scores: Real[n, c] → Real[k]

Arrows whose types do not meet are no arrow:

>>> op.linear(c, k) >> op.linear(c, k)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM001]: `op.linear(c, k)` does not compose with ...
...
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
