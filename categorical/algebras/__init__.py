"""Algebras: polynomial functors, theories, monads and comonads, algebras and their homomorphisms.

>>> from categorical import Dim, Real
>>> a, s = Dim.named("a s")
>>> (one + const(Real[a]) * X)(Real[s])
One + (Real[a] × Real[s])
"""

from categorical.algebras.families import Family, beside, cases, family
from categorical.algebras.polynomial import Polynomial, X, action, const, one, reads, zero
from categorical.algebras.strength import strength, strength_laws
from categorical.algebras.theories import Model, Theory, unary_theory

__all__ = [
    "Family",
    "Model",
    "Polynomial",
    "Theory",
    "X",
    "action",
    "beside",
    "cases",
    "const",
    "family",
    "one",
    "reads",
    "strength",
    "strength_laws",
    "unary_theory",
    "zero",
]
