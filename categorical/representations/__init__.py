"""Representations: functors from a finitely presented category to vector spaces.

Definition.  A ``Representation`` is a dimension for each object, and an exact matrix for each
generating arrow and each infinitesimal generator.  A group has ``standard()``; others are made by
``+``, ``*``, ``dual``, ``**``, powers, restriction, induction, harmonics, Clifford algebras.

Laws.  Every construction is a functor; matrices that are given by hand are checked against the
whole group.  Nothing is rounded: entries are rational or cyclotomic.

>>> from categorical.groups import cyclic, dihedral, orthogonal
>>> v = orthogonal(3).standard()
>>> (v * v).dimension, symmetric_power(v, 2).dimension, spherical(v, 2).dimension
(9, 6, 5)
>>> [w.dimension for w in irreps(dihedral(4))], homs(regular(cyclic(4)), regular(cyclic(4)))
([1, 1, 2, 1, 1], 4)

Matrices that do not extend to the group are refused:

>>> from categorical.exact import Matrix
>>> Representation(cyclic(4), {"r": Matrix.of([[2]])})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: these matrices are no representation of C4
...
"""

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
