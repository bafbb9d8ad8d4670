"""Representations: functors from a finitely presented category to vector spaces."""

from categorical.representations.characters import ClassFunction, character, homs
from categorical.representations.clifford import CliffordAlgebra, clifford
from categorical.representations.constructions import (
    one_dimensional,
    permutation_of,
    quotient,
    regular,
    sign,
)
from categorical.representations.elements import Elements
from categorical.representations.homomorphisms import Homomorphism, restrict, subgroup
from categorical.representations.induction import HomogeneousSpace, homogeneous, induce, orbit
from categorical.representations.irreps import irrep, irreps, rotation
from categorical.representations.powers import determinant, exterior_power, symmetric_power
from categorical.representations.representation import Representation

__all__ = [
    "ClassFunction",
    "CliffordAlgebra",
    "Elements",
    "HomogeneousSpace",
    "Homomorphism",
    "Representation",
    "character",
    "clifford",
    "determinant",
    "exterior_power",
    "homogeneous",
    "homs",
    "induce",
    "irrep",
    "irreps",
    "one_dimensional",
    "orbit",
    "permutation_of",
    "quotient",
    "regular",
    "restrict",
    "rotation",
    "sign",
    "subgroup",
    "symmetric_power",
]
