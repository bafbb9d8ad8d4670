"""Semantics: what an arrow means, on floats, on dual numbers and in prime fields."""

from __future__ import annotations

from categorical.semantics.algebra import (
    FUNCTIONS,
    Algebra,
    Condition,
    Index,
    Number,
    Numbers,
    OutsideFragment,
    Resample,
    V,
)
from categorical.semantics.duals import Dual, DualAlgebra
from categorical.semantics.fields import FieldAlgebra, draw_prime
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.towers import Residues, TowerAlgebra

__all__ = [
    "FUNCTIONS",
    "Algebra",
    "Condition",
    "Dual",
    "DualAlgebra",
    "FieldAlgebra",
    "FloatAlgebra",
    "Index",
    "Number",
    "Numbers",
    "OutsideFragment",
    "Resample",
    "Residues",
    "TowerAlgebra",
    "V",
    "draw_prime",
]
