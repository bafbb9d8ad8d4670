"""How a group of signed permutation matrices acts on the positions of a grid.

Definition.  A signed permutation M of Zᵈ moves the positions of a box-shaped grid about its
centre: the array g·x has at position M·p the entry of x at p.  Along each axis that is a flip or
nothing, and then the axes change places.  The positions of windows are a grid too.

Laws.  Acting is functorial.  Axes that change places have one size.

>>> import numpy as np
>>> from categorical import Dim, Real
>>> from categorical.groups.acting import Element, act
>>> from categorical.records import Context
>>> from categorical.semantics.floats import FloatAlgebra
>>> n = Dim("n")
>>> quarter = Element("quarter", grids=(Grid((n.at("row"), n.at("column")), (1, 0), (1, -1)),))
>>> ctx = Context(FloatAlgebra(), {"n": 2})
>>> act(ctx, quarter, np.array([[1, 2], [3, 4]]), Real[n.at("row"), n.at("column")])
array([[2, 4],
       [1, 3]])

A wire that has lost one of the axes has no positions to move:

>>> act(ctx, quarter, np.zeros(2), Real[n.at("row")])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM021]: quarter does not act on the axis `n.at("row")`
...
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from categorical.errors import SpecError
from categorical.index import Axis, Derived, Dim, IndexSet, Product
from categorical.records import Context
from categorical.spaces import Array

if TYPE_CHECKING:
    from categorical.groups.acting import Element


@dataclass(frozen=True)
class Grid:
    """A signed permutation of the axes of a grid: axis j goes to ``signs[j]`` times axis
    ``image[j]``."""

    axes: tuple[Axis, ...]
    image: tuple[int, ...]
    signs: tuple[int, ...]

    def __post_init__(self) -> None:
        count = len(self.axes)
        fits = sorted(self.image) == list(range(count)) and len(self.signs) == count
        dims = all(isinstance(a, Axis) and isinstance(a.index, Dim) for a in self.axes)
        if not (fits and dims and len(set(self.axes)) == count and set(self.signs) <= {1, -1}):
            raise SpecError(
                "CM042",
                "a grid has one dim for each axis, and a signed permutation of them",
                facts=[("the axes", ", ".join(map(str, self.axes)))],
                help=['two axes over one dim are occurrences of it: (n, n.at("column"))'],
            )


def position(part: IndexSet) -> IndexSet:
    """The index set from which positions of windows were computed."""
    while isinstance(part, Derived):
        part = part.base
    return part


def slot(one: Axis) -> Axis:
    """The axis of a grid from whose positions an axis was made by windows."""
    return Axis(position(one.index), one.label)


def factors(one: Axis) -> tuple[IndexSet, ...]:
    """The factors of the index set of an axis."""
    return one.index.factors if isinstance(one.index, Product) else (one.index,)


def on_grid(ctx: Context, element: Element, grid: Grid, value: Any, type_: Array) -> Any:
    """The action on the positions of one wire (on nothing, where it has none of the axes)."""
    at = places(element, grid, type_)
    if not at:
        return value
    parts = [(part, a) for a in type_.axes for part in factors(a)]
    sizes = [ctx.size(part) for part, _ in parts]
    for j, i in enumerate(grid.image):
        if sizes[at[j]] != sizes[at[i]]:
            raise _refused(
                element,
                parts[at[j]][1],
                f"it exchanges an axis of size {sizes[at[j]]} with one of size {sizes[at[i]]}",
                'declare them over one dim: Real[n, n.at("column")]',
            )
    order = list(range(len(parts)))
    for j, i in enumerate(grid.image):
        order[at[i]] = at[j]
    flipped = [at[j] for j, sign in enumerate(grid.signs) if sign < 0]

    def move(a: Any) -> Any:
        shape = a.shape
        turned = np.flip(a.reshape(sizes), tuple(flipped))
        return turned.transpose(order).reshape(shape)

    return move(value) if isinstance(value, np.ndarray) else ctx.algebra.structural(value, move)


def places(element: Element, grid: Grid, type_: Array) -> list[int]:
    """Where the axes of the grid stand among the factors of all axes; none where there is none.

    CM021 where only some are there, or where positions were computed in another way.
    """
    dims = {a.index for a in grid.axes}
    numbers = itertools.count()
    found: dict[Axis, int] = {}
    for one in type_.axes:
        for part in factors(one):
            number = next(numbers)
            if not any(dim in part.atoms for dim in dims if isinstance(dim, Dim)):
                continue
            slot = Axis(position(part), one.label)
            if slot not in grid.axes or slot in found:
                raise _refused(element, one, "it holds the positions in another form")
            found[slot] = number
    if type_.values is not None and any(d in type_.values.atoms for d in dims):
        raise _refused(element, Axis(type_.values), "the wire holds indices of positions")
    if found and len(found) < len(grid.axes):
        lost = next(a for a in grid.axes if a not in found)
        held = next(a for a in type_.axes if any(d in a.index.atoms for d in dims))
        raise _refused(element, held, f"the wire has no axis `{lost}`, with which it moves")
    return [found[a] for a in grid.axes] if found else []


def _refused(element: Element, one: Axis, reason: str, mend: str = "") -> SpecError:
    return SpecError(
        "CM021",
        f"{element} does not act on the axis `{one}`",
        facts=[("reason", reason)],
        help=[mend or "keep all axes of the grid, or pool over all of them at once"],
    )
