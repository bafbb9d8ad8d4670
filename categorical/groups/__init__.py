"""Groups, and how they act on wires.

Definition.  A group is given by generators and relations: a ``FiniteGroup`` as permutations, a
``LieGroup`` as matrices of its algebra and of its components.  A name in capitals acts on dims at
every size (``Symmetric(n)``); a name in small letters is one group at one size (``symmetric(4)``).
``Acting`` lets one group act on dims of its size by a representation for each, and on grids.

Laws.  Relations hold, orders are counted, brackets close: all is checked when a group is made.
Acting is functorial, and a law that holds for the generators holds for the group.

>>> from categorical import Dim
>>> n = Dim("n")
>>> Symmetric(n), Symmetric(n).at({"n": 4}), symmetric(4).order
(Symmetric(n), Acting(S4, {n: V}), 24)
>>> dihedral(4).order, cube().order, rubik().order, orthogonal(3).algebra
(8, 24, 43252003274489856000, ('A12', 'A13', 'A23'))

Generators that break a relation are refused:

>>> FiniteGroup("Z2", {"s": (1, 2, 0)}, relations=(("s", "s"),))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: `Z2` violates its relation s^2 = 1
...
"""

from categorical.groups.acting import (
    Cyclic,
    Element,
    Group,
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
from categorical.groups.families import (
    Alternating,
    Dihedral,
    GeneralLinear,
    Lorentz,
    Orthogonal,
    Scaling,
    SpecialLinear,
    SpecialLorentz,
    SpecialOrthogonal,
    Symplectic,
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
from categorical.groups.puzzles import rubik

__all__ = [
    "Acting",
    "Alternating",
    "ConjugacyClass",
    "Cyclic",
    "Dihedral",
    "DirectLie",
    "DirectProduct",
    "Element",
    "FiniteGroup",
    "GeneralLinear",
    "Group",
    "LieGroup",
    "Lorentz",
    "Orthogonal",
    "ProductGroup",
    "Rotation",
    "Scaling",
    "Sign",
    "SpecialLinear",
    "SpecialLorentz",
    "SpecialOrthogonal",
    "Symmetric",
    "Symplectic",
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
    "rubik",
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
