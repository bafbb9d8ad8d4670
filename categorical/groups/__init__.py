"""Groups, and how they act on wires.

A name in capitals acts on dims at every size (``Symmetric(n)``); a name in small letters is one
group at one size (``symmetric(4)``).
"""

from categorical.groups.acting import (
    Cyclic,
    Element,
    Group,
    Matrix,
    ProductGroup,
    Rotation,
    Sign,
    Symmetric,
    act,
    permutation,
    shift,
    swap,
)
from categorical.groups.actions import Acting
from categorical.groups.classical import (
    euclidean,
    general_linear,
    lorentz,
    orthogonal,
    proper_lorentz,
    scaling,
    special_euclidean,
    special_linear,
    special_orthogonal,
    special_unitary,
    symplectic,
    unitary,
)
from categorical.groups.finite import ConjugacyClass, FiniteGroup
from categorical.groups.lie import LieGroup
from categorical.groups.named import (
    alternating,
    cube,
    cyclic,
    dihedral,
    hyperoctahedral,
    klein,
    octahedral,
    quaternion,
    symmetric,
    trivial_group,
)
from categorical.groups.products import DirectLie, DirectProduct, direct, semidirect, wreath

__all__ = [
    "Acting",
    "ConjugacyClass",
    "Cyclic",
    "DirectLie",
    "DirectProduct",
    "Element",
    "FiniteGroup",
    "Group",
    "LieGroup",
    "Matrix",
    "ProductGroup",
    "Rotation",
    "Sign",
    "Symmetric",
    "act",
    "alternating",
    "cube",
    "cyclic",
    "dihedral",
    "direct",
    "euclidean",
    "general_linear",
    "hyperoctahedral",
    "klein",
    "lorentz",
    "octahedral",
    "orthogonal",
    "permutation",
    "proper_lorentz",
    "quaternion",
    "scaling",
    "semidirect",
    "shift",
    "special_euclidean",
    "special_linear",
    "special_orthogonal",
    "special_unitary",
    "swap",
    "symmetric",
    "symplectic",
    "trivial_group",
    "unitary",
    "wreath",
]
