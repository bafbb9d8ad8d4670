"""Groups that act on dims at every size, besides those of ``acting``.

Definition.  ``Alternating(n)`` and ``Dihedral(n)`` permute an index set.  ``Orthogonal(v)``,
``Lorentz(v)``, ``Symplectic(v)``, ``GeneralLinear(v)`` and their subgroups act on a linear axis by
their defining matrices; with ``dual=w`` the axis w is the dual space of v, on which a matrix acts
by its inverse transpose.  ``Scaling(v)`` are the positive scalars.

Laws.  ``at(sizes)`` is the group at one size, of ``categorical.groups.named`` or ``classical``;
generators are its generators.  ``kind`` is a class of matrices that holds the group, so naturality
for that class implies the laws; it is empty where no class for single axes does.

>>> from categorical import Dim
>>> v, n = Dim.named("v n")
>>> Orthogonal(v).at({"v": 3}), Orthogonal(v).diagrams, Dihedral(n).at({"n": 5}).group.order
(Acting(O(3), {v: V}), 'brauer', 10)

Space-time has four dimensions:

>>> Lorentz(Dim("v", size=3))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: Lorentz(v) acts on a dim of size 4
...
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from categorical.errors import SpecError
from categorical.groups import classical, named
from categorical.groups.acting import Element, Group, Rotation, acting, dim_of, size_at
from categorical.index import Dim
from categorical.records import Context

if TYPE_CHECKING:
    from categorical.groups.actions import Acting
    from categorical.groups.finite import FiniteGroup
    from categorical.groups.lie import LieGroup

#: SO(n), under its usual name.
SpecialOrthogonal = Rotation


class _Defined(Group):
    """A family that acts on one dim by the standard representation at its size."""

    def __init__(self, dim: Dim) -> None:
        self.dims = (dim_of(dim, type(self).__name__),)

    def group_of(self, size: int) -> FiniteGroup | LieGroup:
        """The group at a size."""
        raise NotImplementedError

    def at(self, sizes: Mapping[str, int]) -> Acting:
        group = self.group_of(size_at(self, sizes))
        return acting(group, {self.dims[0]: group.standard()})

    def generators(self, ctx: Context) -> list[Element]:
        return self.at({d.name: ctx.size(d) for d in self.dims}).generators(ctx)


class Alternating(_Defined):
    """The even permutations of an index set."""

    kind = "bijection"

    def group_of(self, size: int) -> FiniteGroup:
        return named.alternating(size)


class Dihedral(_Defined):
    """The cyclic shifts of an index set and its reversal."""

    kind = "bijection"

    def group_of(self, size: int) -> FiniteGroup:
        return named.dihedral(size) if size > 2 else named.symmetric(size)


class Orthogonal(_Defined):
    """O(n) on a linear axis."""

    kind = "orthogonal"
    diagrams = "brauer"

    def group_of(self, size: int) -> LieGroup:
        return classical.orthogonal(size)


class Symplectic(_Defined):
    """Sp(n, R) on a linear axis of even size; the form is [[0, 1], [−1, 0]] in blocks."""

    kind = "linear"
    diagrams = "symplectic"

    def __init__(self, dim: Dim) -> None:
        super().__init__(dim)
        if dim.fixed is not None and dim.fixed % 2:
            raise SpecError("CM043", f"{self} acts on a dim of even size, not {dim.fixed}")

    def group_of(self, size: int) -> LieGroup:
        if size % 2:
            raise SpecError(
                "CM043",
                f"{self} acts on a dim of even size, not {size}",
                help=[f'a law is checked at several sizes: fix one, Dim("{self.dims[0]}", size=4)'],
            )
        return classical.symplectic(size)


class Scaling(_Defined):
    """The positive scalars on a linear axis."""

    kind = "linear"

    def group_of(self, size: int) -> LieGroup:
        return classical.scaling(size)


class Lorentz(_Defined):
    """O(1, 3), with all four components, on a linear axis of size 4; the metric is (+, −, −, −)."""

    kind = "linear"
    diagrams = "metric"
    signs = (1, -1, -1, -1)

    def __init__(self, dim: Dim) -> None:
        super().__init__(dim)
        if dim.fixed != len(self.signs):
            raise SpecError(
                "CM043",
                f"{self} acts on a dim of size 4",
                facts=[(f"{dim}", f"has size {dim.size}")],
                help=[f'declare it with its size: Dim("{dim}", size=4)'],
            )

    def group_of(self, size: int) -> LieGroup:
        return classical.lorentz()


class SpecialLorentz(Lorentz):
    """SO⁺(1, 3), the component of the identity of the Lorentz group."""

    diagrams = "metric+epsilon"

    def group_of(self, size: int) -> LieGroup:
        return classical.proper_lorentz()


class GeneralLinear(_Defined):
    """GL(n, R) on a linear axis, and on its dual space where there is one."""

    diagrams = "walled"

    def __init__(self, dim: Dim, dual: Dim | None = None) -> None:
        super().__init__(dim)
        self.dual = dual
        self.kind = "linear" if dual is None else ""
        if dual is not None:
            self.dims = (self.dims[0], dim_of(dual, type(self).__name__))
            if dual is dim or (dim.fixed or dual.fixed) != (dual.fixed or dim.fixed):
                raise SpecError(
                    "CM043",
                    f"`{dual}` is not the dual of `{dim}`",
                    facts=[(f"{one}", f"has size {one.size}") for one in self.dims],
                    help=["declare two dims of one size"],
                )

    @property
    def linear(self) -> bool:
        return True

    def group_of(self, size: int) -> LieGroup:
        return classical.general_linear(size)

    def at(self, sizes: Mapping[str, int]) -> Acting:
        group = self.group_of(size_at(self, sizes))
        vectors = group.standard()
        if self.dual is None:
            return acting(group, {self.dims[0]: vectors})
        other = self.dual.fixed or sizes.get(self.dual.name, vectors.dimension)
        if other != vectors.dimension:
            raise SpecError(
                "CM043",
                f"`{self.dual}` has the size {other}, and is the dual of `{self.dims[0]}`",
                facts=[(f"{self.dims[0]}", f"has size {vectors.dimension}")],
            )
        return acting(group, {self.dims[0]: vectors, self.dual: vectors.dual})

    def __repr__(self) -> str:
        dual = "" if self.dual is None else f", dual={self.dual}"
        return f"{type(self).__name__}({self.dims[0]}{dual})"


class SpecialLinear(GeneralLinear):
    """SL(n, R): determinant 1."""

    diagrams = "walled+epsilon"

    def group_of(self, size: int) -> LieGroup:
        return classical.special_linear(size)
