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
from categorical.representations.homomorphisms import (
    Homomorphism,
    outer,
    restrict,
    subgroup,
    substitute,
)
from categorical.representations.induction import HomogeneousSpace, homogeneous, induce, orbit
from categorical.representations.irreps import irrep, irreps, rotation
from categorical.representations.isometries import isometries
from categorical.representations.powers import determinant, exterior_power, symmetric_power
from categorical.representations.representation import Representation
from categorical.representations.sheaves import (
    chains,
    coboundary,
    laplacian,
    oriented_chains,
    vertices,
)
from categorical.representations.specht import partitions, specht
from categorical.representations.subspaces import quotient_by, subrepresentation
from categorical.representations.tensors import harmonics, spherical, traceless

__all__ = [
    "ClassFunction",
    "CliffordAlgebra",
    "Elements",
    "HomogeneousSpace",
    "Homomorphism",
    "Representation",
    "chains",
    "character",
    "clifford",
    "coboundary",
    "determinant",
    "exterior_power",
    "harmonics",
    "homogeneous",
    "homs",
    "induce",
    "irrep",
    "irreps",
    "isometries",
    "laplacian",
    "one_dimensional",
    "orbit",
    "oriented_chains",
    "outer",
    "partitions",
    "permutation_of",
    "quotient",
    "quotient_by",
    "regular",
    "restrict",
    "rotation",
    "sign",
    "specht",
    "spherical",
    "subgroup",
    "subrepresentation",
    "substitute",
    "symmetric_power",
    "traceless",
    "vertices",
]
