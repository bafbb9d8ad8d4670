"""One group at one size, acting on dims by representations and on the positions of grids.

Definition.  ``Acting(group, {dim: representation})`` acts on every axis over a dim by the matrices
of a representation of as many dimensions.  With ``grid=(row, column)`` it also moves the positions
of arrays, by signed permutation matrices (``group.space()``, or ``motion``).

Laws.  An element acts on all dims at once.  ``generators`` generate a finite group; of a Lie group
they generate a subgroup that no polynomial equation tells from the whole (Zariski dense; of compact
groups, a dense one): for each generator of the algebra a rational element of its one-parameter
group, and the components.

>>> from categorical import Dim
>>> from categorical.groups import cyclic, special_orthogonal
>>> from categorical.records import Context
>>> from categorical.semantics.floats import FloatAlgebra
>>> ctx = Context(FloatAlgebra(), {})
>>> g, v = Dim("g", size=4), Dim("v", size=2)
>>> turn, = Acting(cyclic(4), {g: cyclic(4).standard(), v: cyclic(4).space()}).generators(ctx)
>>> turn.permutations, turn.matrices
({'g': (3, 0, 1, 2)}, {'v': ((0, -1), (1, 0))})
>>> Acting(special_orthogonal(2), {v: special_orthogonal(2).standard()}).generators(ctx)[0].matrices
{'v': ((Fraction(3, 5), Fraction(4, 5)), (Fraction(-4, 5), Fraction(3, 5)))}

Its name is short; ``repr`` names the representations as well:

>>> quarters = Acting(cyclic(4), {g: cyclic(4).standard()}, grid=(Dim("n"), Dim("m")))
>>> print(quarters, repr(quarters), sep="\\n")
C4 on g, grid(n, m)
Acting(C4, {g: V}, grid=(n, m))

A dim has the size of its representation:

>>> Acting(cyclic(4), {Dim("g", size=5): cyclic(4).standard()})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: `g` has the size 5, and V 4 dimensions
...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from categorical.categories.presented import Presentation
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.exact.numbers import Cyclotomic
from categorical.groups.acting import Element, Group
from categorical.groups.flows import flows
from categorical.groups.grids import Grid
from categorical.index import Axis, Dim, IndexSet, axis
from categorical.records import Context

if TYPE_CHECKING:
    from categorical.representations.representation import Representation


class Acting(Group):
    """See the module; ``sizes`` are those of dims whose declaration leaves them open."""

    kind = ""

    def __init__(
        self,
        group: Presentation,
        representations: Mapping[Dim, Representation],
        grid: Sequence[Axis | IndexSet] | None = None,
        *,
        motion: Representation | None = None,
        sizes: Mapping[str, int] | None = None,
    ) -> None:
        if not (isinstance(group, Presentation) and group.invertible and len(group.objects) == 1):
            raise SpecError("CM042", f"{group!r} is no group", help=["symmetric(4), orthogonal(3)"])
        if not isinstance(representations, Mapping):
            raise SpecError(
                "CM042",
                f"`Acting` takes a representation for each dim, not {representations!r}",
                help=['write a dictionary: Acting(group, {Dim("g", size=4): representation})'],
            )
        self.group, self.representations = group, dict(representations)
        if not isinstance(sizes or {}, Mapping):
            raise SpecError(
                "CM042",
                f"sizes go by the names of dims, not {sizes!r}",
                help=['write sizes={"n": 4}'],
            )
        self.sizes = dict(sizes or {})
        for dim, one in self.representations.items():
            self._fits(dim, one)
        self.grid = None if grid is None else _axes(grid)
        self.motion = self._moves(motion)
        moved = [a.index for a in self.grid or () if isinstance(a.index, Dim)]
        self.dims = tuple(dict.fromkeys((*self.representations, *moved)))
        if not self.dims:
            raise SpecError("CM042", f"`{group}` acts on nothing", help=["give it dims or a grid"])

    def _fits(self, dim: Dim, one: Representation) -> None:
        if not isinstance(dim, Dim):
            raise SpecError("CM033", f"a group acts on a dimension, not on {dim!r}")
        if getattr(one, "of", None) is None:
            raise SpecError(
                "CM042",
                f"{one!r} on `{dim}` is no representation",
                help=["for example group.standard(), or permutation_of(group, {generator: image})"],
            )
        if one.of is not self.group:
            raise SpecError(
                "CM043",
                f"`{one}` on `{dim}` is a representation of another group",
                facts=[("the group", self.group), ("it is of", one.of)],
            )
        maps = [one.map(g) for g in one.of.arrows] + [one.derivative(a) for a in one.of.algebra]
        entries = [v for m in maps if not m.is_rational for v in m.values.tolist()]
        if any(isinstance(v, Cyclotomic) and not v.is_real for v in entries):
            raise SpecError(
                "CM043",
                f"`{one}` on `{dim}` has entries that are not real",
                help=["write a complex number a + bi as the matrix [[a, −b], [b, a]]"],
            )
        size = dim.fixed if dim.fixed is not None else self.sizes.get(dim.name)
        if size != one.dimension:
            has = "no fixed size" if size is None else f"the size {size}"
            raise SpecError(
                "CM043",
                f"`{dim}` has {has}, and {one} {one.dimension} dimensions",
                help=[f'declare it with its size: Dim("{dim}", size={one.dimension})'],
            )

    def _moves(self, motion: Representation | None) -> Representation | None:
        """The matrices by which the group moves the axes of the grid."""
        if self.grid is None:
            return None
        known: Any = getattr(self.group, "space", None)
        if motion is None and known is not None and self.group.arrows:
            motion = known()
        if motion is None or motion.of is not self.group:
            raise SpecError(
                "CM043",
                f"how `{self.group}` moves the grid is not known",
                help=["give a representation of it by signed permutations: motion=…"],
            )
        if motion.dimension != len(self.grid) or not motion.is_signed:
            n, g = len(self.grid), next(iter(self.group.arrows), "g")
            many = "1 axis" if n == 1 else f"{n} axes"
            minus = [[-int(i == j) for j in range(n)] for i in range(n)]
            raise SpecError(
                "CM043",
                f"`{self.group}` does not map a grid with {many} to itself"
                if motion.dimension == n
                else f"a grid with {many}, and `{self.group}` moves {motion.dimension} axes",
                help=[
                    "say how each generator permutes the axes, up to sign, for example",
                    f'motion=Representation(group, {{"{g}": Matrix.of({minus}), …}})',
                ],
            )
        return motion

    @property
    def linear(self) -> bool:
        """Some dim is acted on by matrices that do not permute its indices."""
        return not all(one.is_permutation for one in self.representations.values())

    def representation(self, dim: IndexSet) -> Representation:
        """The representation on a dim; CM042 where it is not acted on."""
        if isinstance(dim, Dim) and dim in self.representations:
            return self.representations[dim]
        raise SpecError(
            "CM042",
            f"{self} does not act on `{dim}`",
            facts=[("it acts on", ", ".join(map(str, self.dims)))],
        )

    def generators(self, ctx: Context) -> list[Element]:
        """The generators, each acting on all dims and the grid; see the module."""
        found = []
        for g in self.group.arrows:
            grids: tuple[Grid, ...] = ()
            if self.grid is not None and self.motion is not None:
                known = self.motion.map(g).signed_image
                assert known is not None
                image, signs = known
                grids = (Grid(self.grid, tuple(image.tolist()), tuple(signs.tolist())),)
            maps = {d: one.map(g) for d, one in self.representations.items()}
            found.append(element(f"{g} of {self.group}", maps, grids))
        generating: Sequence[str] = getattr(self.group, "generating", self.group.algebra)
        for a in generating:
            dims = list(self.representations)
            steps = flows([self.representations[d].derivative(a) for d in dims], a)
            for label, matrices in steps:
                found.append(element(f"{label} of {self.group}", dict(zip(dims, matrices))))
        return found

    def at(self, sizes: Mapping[str, int]) -> Acting:
        """Itself: it has one size."""
        return self

    def __eq__(self, other: object) -> bool:
        """The same generators act by the same matrices on the same dims and grid."""
        if self is other:
            return True
        if not isinstance(other, Acting) or repr(self) != repr(other):
            return False
        pairs = list(zip(self.representations.values(), other.representations.values()))
        if self.motion is not None and other.motion is not None:
            pairs.append((self.motion, other.motion))
        return (
            self.group.arrows == other.group.arrows
            and self.group.algebra == other.group.algebra
            and all(one.map(g) == two.map(g) for one, two in pairs for g in self.group.arrows)
            and all(
                one.derivative(a) == two.derivative(a)
                for one, two in pairs
                for a in self.group.algebra
            )
        )

    def __hash__(self) -> int:
        return hash(repr(self))

    def __str__(self) -> str:
        """The short name, in laws and tables: the group, and what it acts on."""
        acted = [str(d) for d in self.representations]
        if self.grid is not None:
            axes = ", ".join(a.label or str(a) for a in self.grid)
            acted.append(f"grid({axes})")
        return f"{self.group} on {', '.join(acted)}"

    def __repr__(self) -> str:
        acted = ", ".join(f"{d}: {one}" for d, one in self.representations.items())
        grid = "" if self.grid is None else f", grid=({', '.join(map(str, self.grid))})"
        return f"Acting({self.group}, {{{acted}}}{grid})"


def _axes(grid: object) -> tuple[Axis, ...]:
    """The axes of a grid; CM042 for anything else."""
    if isinstance(grid, (tuple, list)) and all(isinstance(a, (Axis, IndexSet)) for a in grid):
        found = tuple(axis(a) for a in grid)
        if found and len(set(found)) == len(found) and all(isinstance(a.index, Dim) for a in found):
            return found
    raise SpecError(
        "CM042",
        f"a grid is a tuple of axes over dims, not {grid!r}",
        help=['two axes over one dim are occurrences of it: grid=(n, n.at("column"))'],
    )


def element(text: str, maps: Mapping[Dim, Matrix], grids: tuple[Grid, ...] = ()) -> Element:
    """The element that acts by these matrices: a permutation of indices where it is one."""
    permutations: dict[str, tuple[int, ...]] = {}
    matrices: dict[str, Any] = {}
    for dim, matrix in maps.items():
        if matrix.is_permutation:
            # entry order[i] is put at index i: the inverse image
            permutations[dim.name] = tuple(np.argsort(matrix.image).tolist())
        else:
            matrices[dim.name] = tuple(map(tuple, matrix.dense().tolist()))
    return Element(text, permutations, matrices, grids)


def product_acting(parts: Sequence[Acting]) -> Acting:
    """The product of the groups, each acting on its own dims.

    On a dim that two of them share both act; CM043 where their matrices do not commute."""
    from categorical.groups.products import direct

    group = direct(*(one.group for one in parts))  # type: ignore[arg-type]  # it refuses others
    found: dict[Dim, Representation] = {}
    for i, one in enumerate(parts):
        for dim, space in one.representations.items():
            mine = group.inflate(i, space)
            found[dim] = _both(found[dim], mine) if dim in found else mine
    moving = [(i, one) for i, one in enumerate(parts) if one.grid is not None]
    if len(moving) > 1:
        raise SpecError("CM042", "two factors of a product move a grid", help=["declare one group"])
    grid, motion = None, None
    for i, one in moving:
        grid = one.grid
        motion = None if one.motion is None else group.inflate(i, one.motion)
    sizes = {d.name: space.dimension for d, space in found.items()}
    return Acting(group, found, grid, motion=motion, sizes=sizes)


def _both(one: Representation, other: Representation) -> Representation:
    """Two commuting actions on one space."""
    from categorical.representations.representation import Representation

    return Representation(
        one.of,
        {g: one.map(g) @ other.map(g) for g in one.of.arrows},
        {a: one.derivative(a) + other.derivative(a) for a in one.of.algebra},
        dims=one.dims,
        name=f"{one}·{other}",
    )
