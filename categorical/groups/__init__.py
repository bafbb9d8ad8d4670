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
from categorical.groups.finite import ConjugacyClass, FiniteGroup
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

__all__ = [
    "ConjugacyClass",
    "Cyclic",
    "Element",
    "FiniteGroup",
    "Group",
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
    "hyperoctahedral",
    "klein",
    "octahedral",
    "permutation",
    "quaternion",
    "shift",
    "swap",
    "symmetric",
    "trivial_group",
]
