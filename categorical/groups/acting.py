"""Groups and how they act on wires.

Definition.  A group acts on index sets (permuting indices) or on linear axes (by matrices), and so
on every wire: on each occurrence of the index set, inside products, and on the values of ``Fin``
arrays.  A group is given by generators; checking a law on them is complete.

Laws.  Acting is functorial: (g·h)·x = g·(h·x), and the identity acts as the identity.

>>> import numpy as np
>>> from categorical import Dim, Real
>>> from categorical.records import Context
>>> from categorical.semantics.floats import FloatAlgebra
>>> n = Dim("n")
>>> ctx = Context(FloatAlgebra(), {"n": 3})
>>> swap, cycle = Symmetric(n).generators(ctx)
>>> swap, act(ctx, swap, np.array([1.0, 2.0, 3.0]), Real[n])
(swap(n, 0, 1), array([2., 1., 3.]))

A group cannot permute an index set that was taken apart:

>>> act(ctx, swap, np.zeros(2), Real[n // 2])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM021]: swap(n, 0, 1) does not act on the axis `n//2`
...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from categorical.errors import SpecError
from categorical.exact.numbers import Number
from categorical.groups.grids import Grid, on_grid
from categorical.index import Axis, Dim, IndexSet, Product
from categorical.records import Context
from categorical.spaces import Array

if TYPE_CHECKING:
    from categorical.categories.presented import Presentation
    from categorical.groups.actions import Acting
    from categorical.representations.representation import Representation

Matrix = tuple[tuple[Number, ...], ...]


@dataclass(frozen=True)
class Element:
    """One group element: a permutation or a matrix for each dim, and signed permutations of the
    axes of grids; prints as valid Python."""

    text: str
    permutations: dict[str, tuple[int, ...]] = field(default_factory=dict)
    matrices: dict[str, Matrix] = field(default_factory=dict)
    grids: tuple[Grid, ...] = ()

    def __repr__(self) -> str:
        return self.text


class Group:
    """A group acting on ``dims``; ``kind`` is the naturality class that implies its laws."""

    kind: str
    dims: tuple[Dim, ...]
    diagrams: str | None = None
    """The family of diagrams that are all its natural maps, at every size (if there is one)."""

    @property
    def linear(self) -> bool:
        """It acts by matrices that do not permute indices."""
        return self.kind in ("negation", "orthogonal", "linear")

    def at(self, sizes: Mapping[str, int]) -> Acting:
        """The same group at these sizes, by name of the dim: one group and its representations."""
        raise SpecError("CM044", f"{self} is not known as a group at one size")

    def generators(self, ctx: Context) -> list[Element]:
        """A generating set at these sizes (of a dense rational subgroup, for a Lie group)."""
        raise NotImplementedError

    def factors(self) -> tuple[Group, ...]:
        """The factors of a product of groups."""
        return (self,)

    def __mul__(self, other: Group) -> Group:
        if not isinstance(other, Group):
            raise SpecError(
                "CM042",
                f"a group times {other!r}",
                help=["the product of groups acts on both dims: Symmetric(n) * Cyclic(m)"],
            )
        return ProductGroup(self.factors() + other.factors())

    def __eq__(self, other: object) -> bool:
        return repr(self) == repr(other)

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(str, self.dims))})"


def dim_of(value: object, of: str) -> Dim:
    """The dim that a group is given; CM033 for anything else."""
    if isinstance(value, Dim):
        return value
    raise SpecError("CM033", f"{of} acts on a dimension, not on {value!r}", help=["pass a Dim"])


class Symmetric(Group):
    """All permutations of an index set."""

    kind = "bijection"
    diagrams = "partition"

    def __init__(self, dim: Dim) -> None:
        self.dims = (dim_of(dim, "Symmetric"),)

    def at(self, sizes: Mapping[str, int]) -> Acting:
        from categorical.groups import named

        group = named.symmetric(size_at(self, sizes))
        return acting(group, {self.dims[0]: group.standard()})

    def generators(self, ctx: Context) -> list[Element]:
        name, n = self.dims[0].name, ctx.size(self.dims[0])
        if n < 2:
            return []
        found = [swap(name, 0, 1, n)]
        return found if n == 2 else [*found, shift(name, 1, n)]


class Cyclic(Group):
    """Cyclic shifts of an index set (translations of a torus, one factor an axis)."""

    kind = "shift"

    def __new__(cls, *dims: Dim) -> Any:
        if len(dims) > 1:
            return ProductGroup(tuple(Cyclic(d) for d in dims))
        return super().__new__(cls)

    def __init__(self, *dims: Dim) -> None:
        if len(dims) == 1:
            self.dims = (dim_of(dims[0], "Cyclic"),)

    def at(self, sizes: Mapping[str, int]) -> Acting:
        from categorical.groups import named

        group = named.cyclic(size_at(self, sizes))
        return acting(group, {self.dims[0]: group.standard()})

    def generators(self, ctx: Context) -> list[Element]:
        name, n = self.dims[0].name, ctx.size(self.dims[0])
        return [shift(name, 1, n)] if n > 1 else []


class Sign(Group):
    """The scalar −1 on a linear axis."""

    kind = "negation"

    def __init__(self, dim: Dim) -> None:
        self.dims = (dim_of(dim, "Sign"),)

    def at(self, sizes: Mapping[str, int]) -> Acting:
        from categorical.exact.matrices import Matrix as Exact
        from categorical.groups import named
        from categorical.representations.representation import Representation

        group = named.cyclic(2)
        minus = Exact.identity(size_at(self, sizes)) * -1
        return acting(group, {self.dims[0]: Representation(group, {"r": minus}, name="−1")})

    def generators(self, ctx: Context) -> list[Element]:
        name, n = self.dims[0].name, ctx.size(self.dims[0])
        minus = tuple(tuple(Fraction(-1 if i == j else 0) for j in range(n)) for i in range(n))
        return [Element(f"negate({name})", {}, {name: minus})]


class Rotation(Group):
    """SO(n) on a linear axis; two rational rotations without common axis generate densely."""

    kind = "orthogonal"
    diagrams = "brauer+epsilon"

    def __init__(self, dim: Dim) -> None:
        self.dims = (dim_of(dim, "Rotation"),)

    def at(self, sizes: Mapping[str, int]) -> Acting:
        from categorical.groups import classical, named

        n = size_at(self, sizes)
        group = classical.special_orthogonal(n) if n > 1 else named.trivial_group()
        return acting(group, {self.dims[0]: group.standard()})

    def generators(self, ctx: Context) -> list[Element]:
        name, n = self.dims[0].name, ctx.size(self.dims[0])
        found = []
        for i in range(n - 1):
            rows = [[Fraction(int(a == b)) for b in range(n)] for a in range(n)]
            rows[i][i] = rows[i + 1][i + 1] = Fraction(3, 5)
            rows[i][i + 1], rows[i + 1][i] = Fraction(-4, 5), Fraction(4, 5)
            matrix = tuple(tuple(row) for row in rows)
            found.append(Element(f"rotate({name}, {i}, {i + 1}, cos=3/5)", {}, {name: matrix}))
        return found


class ProductGroup(Group):
    """A product of groups: generated by the generators of its factors."""

    def __init__(self, parts: Sequence[Group]) -> None:
        self.parts = tuple(parts)
        self.dims = tuple(dict.fromkeys(d for part in self.parts for d in part.dims))

    def factors(self) -> tuple[Group, ...]:
        return self.parts

    def generators(self, ctx: Context) -> list[Element]:
        return [element for part in self.parts for element in part.generators(ctx)]

    def at(self, sizes: Mapping[str, int]) -> Acting:
        from categorical.groups.actions import product_acting

        return product_acting([part.at(sizes) for part in self.parts])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ProductGroup) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)

    def __str__(self) -> str:
        return " * ".join(f"({one})" if " on " in str(one) else str(one) for one in self.parts)

    def __repr__(self) -> str:
        return " * ".join(map(repr, self.parts))


def size_at(group: Group, sizes: Mapping[str, int]) -> int:
    """The size of the first dim of a group; CM044 where it is open."""
    dim = group.dims[0]
    if not isinstance(sizes, Mapping):
        raise SpecError(
            "CM042",
            f"sizes go by the names of dims, not {sizes!r}",
            help=[f'write .at({{"{dim}": 4}})'],
        )
    size = dim.fixed if dim.fixed is not None else sizes.get(dim.name)
    if size is None:
        raise SpecError(
            "CM044",
            f"{group} at one size needs the size of `{dim}`",
            help=[f'write .at({{"{dim}": 4}})'],
        )
    return size


def acting(group: Presentation, representations: Mapping[Dim, Representation]) -> Acting:
    """One group on dims whose size may be open."""
    from categorical.groups.actions import Acting

    sizes = {d.name: one.dimension for d, one in representations.items()}
    return Acting(group, representations, sizes=sizes)


def swap(name: str, i: int, j: int, n: int) -> Element:
    """The transposition of two indices."""
    order = list(range(n))
    order[i], order[j] = j, i
    return Element(f"swap({name}, {i}, {j})", {name: tuple(order)})


def shift(name: str, by: int, n: int) -> Element:
    """The cyclic shift: index i goes to i + by."""
    return Element(f"shift({name}, {by})", {name: tuple((i - by) % n for i in range(n))})


def permutation(name: str, order: Sequence[int]) -> Element:
    """The element that puts entry ``order[i]`` at index i."""
    return Element(f"permutation({name}, {list(order)})", {name: tuple(order)})


def act(ctx: Context, element: Element, value: Any, type_: Array) -> Any:
    """The action on the value of one wire: entry ``order[i]`` of x is put at index i."""
    for place, one in enumerate(type_.axes):
        for name, order in element.permutations.items():
            if any(d.name == name for d in one.index.atoms):
                value = _permute(ctx, element, value, place, one, name, np.array(order))
        for name, matrix in element.matrices.items():
            if any(d.name == name for d in one.index.atoms):
                if type_.kind not in ("real", "complex"):
                    raise _no_action(element, one, f"{type_} has no numbers to multiply")
                value = _multiply(ctx, element, value, place, one, name, matrix)
    if type_.values is not None:
        for name, order in element.permutations.items():
            if type_.values.atoms and any(d.name == name for d in type_.values.atoms):
                if not (isinstance(type_.values, Dim) and type_.values.name == name):
                    raise _no_action(element, Axis(type_.values))
                inverse = np.empty(len(order), dtype=np.int64)
                inverse[np.array(order)] = np.arange(len(order))
                value = inverse[value]
    for grid in element.grids:
        value = on_grid(ctx, element, grid, value, type_)
    return value


def _factors(ctx: Context, element: Element, one: Axis, name: str) -> tuple[list[int], int]:
    """The sizes of the factors of an axis, and which of them the element acts on."""
    parts: tuple[IndexSet, ...] = (
        one.index.factors if isinstance(one.index, Product) else (one.index,)
    )
    hits = [i for i, part in enumerate(parts) if any(d.name == name for d in part.atoms)]
    if len(hits) != 1 or not isinstance(parts[hits[0]], Dim):
        raise _no_action(element, one)
    return [ctx.size(part) for part in parts], hits[0]


def _no_action(
    element: Element,
    one: Axis,
    reason: str = "the index set was computed from the one that is permuted",
) -> SpecError:
    return SpecError(
        "CM021",
        f"{element} does not act on the axis `{one}`",
        facts=[("reason", reason)],
        help=["state the law on a part of the architecture before that, or drop the axis (pool)"],
    )


def _permute(
    ctx: Context,
    element: Element,
    value: Any,
    place: int,
    one: Axis,
    name: str,
    order: NDArray[np.int64],
) -> Any:
    sizes, which = _factors(ctx, element, one, name)

    def move(a: NDArray[Any]) -> NDArray[Any]:
        shape = a.shape
        split = a.reshape(*shape[:place], *sizes, *shape[place + 1 :])
        return np.take(split, order, axis=place + which).reshape(shape)

    return move(value) if isinstance(value, np.ndarray) else ctx.algebra.structural(value, move)


def _multiply(
    ctx: Context, element: Element, value: Any, place: int, one: Axis, name: str, matrix: Matrix
) -> Any:
    sizes, which = _factors(ctx, element, one, name)
    algebra: Any = ctx.algebra  # entries may be irrational; prime fields refuse those
    n = len(matrix)
    if sizes[which] != n:
        raise _no_action(element, one, f"the axis has size {sizes[which]}, the matrix {n}")
    entries = [[algebra.constant(x) for x in row] for row in matrix]
    g = algebra.structural_n(
        [e for row in entries for e in row], lambda parts: np.stack(parts).reshape(n, n)
    )
    shape = algebra.shape(value)
    split = algebra.structural(
        value, lambda a: a.reshape(*shape[:place], *sizes, *shape[place + 1 :])
    )
    rank = len(algebra.shape(split))
    letters = "abcdefghijklmnopqrstuvwxyz"[:rank]
    old = letters[place + which]
    moved = algebra.einsum(f"Z{old},{letters}->{letters.replace(old, 'Z')}", g, split)
    return algebra.structural(moved, lambda a: a.reshape(shape))
