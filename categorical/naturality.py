"""Naturality classes: for which maps of an index set an arrow is natural.

Definition.  A map of the index set of an axis acts on every occurrence of that index set.  An
arrow is natural for it when applying the map before or after the arrow gives one result.  A class
is a set of kinds of maps, closed downwards; composing arrows takes the meet (intersection).

====================  ============================================================
``linear``            every matrix on the axis
``orthogonal``        orthogonal matrices
``signed``            signed permutations
``negation``          the scalar −1
``function``          pulling back along every function (copying and dropping indices)
``bijection``         permutations
``shift``             cyclic shifts
``prefix``            restriction to an initial segment (causality)
====================  ============================================================

Laws.  The meet is associative, commutative, idempotent; ``LINEAR`` is its unit.

>>> "bijection" in meet(FUNCTION, ORTHOGONAL), "orthogonal" in meet(FUNCTION, ORTHOGONAL)
(True, False)

A reduction commutes with permutations and with nothing that copies:

>>> "function" in BIJECTION
False
"""

from __future__ import annotations

NaturalityClass = frozenset[str]

KINDS = (
    "linear",
    "orthogonal",
    "signed",
    "negation",
    "function",
    "bijection",
    "shift",
    "prefix",
)

LINEAR: NaturalityClass = frozenset(KINDS)
ORTHOGONAL: NaturalityClass = frozenset(("orthogonal", "signed", "negation", "bijection", "shift"))
FUNCTION: NaturalityClass = frozenset(("function", "bijection", "shift", "prefix"))
ODD: NaturalityClass = FUNCTION | frozenset(("signed", "negation"))
BIJECTION: NaturalityClass = frozenset(("bijection", "shift"))
SHIFT: NaturalityClass = frozenset(("shift",))
PREFIX: NaturalityClass = frozenset(("prefix",))
NONE: NaturalityClass = frozenset()


def meet(*classes: NaturalityClass) -> NaturalityClass:
    """The class of a composite: what all parts are natural for."""
    result = LINEAR
    for one in classes:
        result = result & one
    return result
