"""Representations: functors from a finitely presented category to vector spaces."""

from categorical.representations.clifford import CliffordAlgebra, clifford
from categorical.representations.constructions import (
    one_dimensional,
    permutation_of,
    quotient,
    regular,
    sign,
)
from categorical.representations.elements import Elements
from categorical.representations.powers import determinant, exterior_power, symmetric_power
from categorical.representations.representation import Representation

__all__ = [
    "CliffordAlgebra",
    "Elements",
    "Representation",
    "clifford",
    "determinant",
    "exterior_power",
    "one_dimensional",
    "permutation_of",
    "quotient",
    "regular",
    "sign",
    "symmetric_power",
]
