"""Solved boxes, as the checker reads them: which axes their tensors act on, and by which maps.

Definition.  The tensors of ``hom`` and of ``steerable_conv`` have an index for the target, one for
each source, and one for each window axis.  Those of ``hom`` may be all diagrams of a family, which
are invariant under the matrices that preserve the form of the family.

>>> sorted(FORMS)
['brauer', 'metric', 'partition', 'symplectic', 'walled']
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any

from proofs.checking import grids
from proofs.checking.actions import Grid, Move, Operator, Sizes, on_index
from proofs.checking.exact import Sparse, annihilates, determinant, preserves
from proofs.checking.programs import Node, freeze, mentions, need
from proofs.checking.tensors import Tensors, is_tensors, read_tensors

SOLVED = ("hom", "steerable_conv")
FORMS = {
    "partition": "permutations",
    "brauer": "orthogonal matrices",
    "metric": "matrices that preserve the metric",
    "symplectic": "symplectic matrices",
    "walled": "invertible matrices",
}


@dataclass(frozen=True)
class Ports:
    """The axes that the tensors of a box act on: of its target, and of each source."""

    target: tuple[Any, ...]
    sources: tuple[tuple[Any, ...], ...]

    @property
    def axes(self) -> frozenset[Any]:
        return frozenset((*self.target, *(a for one in self.sources for a in one)))

    @property
    def order(self) -> tuple[Any, ...]:
        """All axes: target first, then the sources."""
        return (*self.target, *(a for one in self.sources for a in one))


def ports(node: Node) -> Ports:
    """The axes on which a solved box acts; they are on no wire in another part."""
    sources = tuple(
        tuple(node.axis(a, i) for a in given) for i, given in enumerate(node.attrs["sources"])
    )
    target = tuple(freeze(a["axis"]) for a in node.attrs["target"])
    found = Ports(target, sources)
    for i, one in enumerate(node.dom[: node.data]):
        own = sources[i] if i < len(sources) else ()
        need(
            not (set(one[1]) - set(own)) & found.axes,
            f"`{node.op}` carries an axis on which it acts elsewhere",
        )
    return found


def operator(target: Any, source: Any, move: Move, sizes: Sizes, *more: Sparse) -> Operator:
    """A move on the tensors of a box with these axes."""
    t = [on_index(a[0], move, sizes) for a in target]
    s = [on_index(a[0], move, sizes) for a in source]
    return Operator([*t, *more], s, move.infinitesimal)


def offsets(grid: Grid | None, windows: list[Any]) -> Sparse:
    """The permutation of the places of a kernel (of nothing, for an element without a grid)."""
    kernels = [w["kernel"] for w in windows]
    total = 1
    for k in kernels:
        total *= k
    if grid is None:
        return Sparse.unit(total)
    entries = []
    for column, place in enumerate(product(*map(range, kernels))):
        moved = list(place)
        for j, (i, sign) in enumerate(zip(grid.image, grid.signs, strict=True)):
            moved[i] = place[j] if sign > 0 else kernels[j] - 1 - place[j]
        row = 0
        for k, at in zip(kernels, moved, strict=True):
            row = row * k + at
        entries.append((row, column, 1))
    return Sparse(total, entries)


def aligned(grid: Grid | None, over: list[Any]) -> Grid | None:
    """The same element with the axes of the grid in the order of the windows."""
    if grid is None:
        return None
    order = [grid.axes.index(a) for a in over]
    return Grid(
        tuple(over),
        tuple(order.index(grid.image[j]) for j in order),
        tuple(grid.signs[j] for j in order),
    )


def turned(tensors: Tensors, places: int) -> list[dict[int, Any]]:
    """Kernels with the offset between target and source: (target, offset, source)."""
    source = tensors.shape[1]
    found = []
    for one in tensors.each:
        moved = {}
        for place, value in one.items():
            rest, x = divmod(place, places)
            t, s = divmod(rest, source)
            moved[(t * places + x) * source + s] = value
        found.append(moved)
    return found


def spaces(node: Node, move: Move, sizes: Sizes) -> list[tuple[Operator, Any]]:
    """What a move does to the maps of a box, and to its bias: with the tensors of each."""
    over = list(map(grids.slot, node.attr_axes("over"))) if "over" in node.attrs else []
    if move.grid is None or set(over) != set(move.grid.axes):
        move = Move(move.dims, None, move.infinitesimal)
    axes = ports(node)
    flat = [a for one in axes.sources for a in one]
    found = []
    if node.op == "steerable_conv":
        windows = [w["record"] for w in node.attrs["windows"]]
        shift = offsets(aligned(move.grid, over), windows)
        if move.infinitesimal:
            shift = Sparse(shift.size, [])
        tensors = turned(read_tensors(node.attrs["basis"]), shift.size)
        found.append((operator(axes.target, flat, move, sizes, shift), tensors))
    else:
        tensors = list(read_tensors(node.attrs["basis"]).each)
        found.append((operator(axes.target, flat, move, sizes), tensors))
    if is_tensors(node.attrs.get("bias")):
        tensors = list(read_tensors(node.attrs["bias"]).each)
        found.append((operator(axes.target, [], move, sizes), tensors))
    return found


# --- diagrams -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Family:
    """The diagrams of one factor: their form, and the axes that its ports stand for."""

    name: str
    signs: tuple[int, ...]
    axes: tuple[tuple[Any, bool], ...]

    @property
    def plain(self) -> str:
        return self.name.removesuffix("+epsilon")

    @property
    def epsilon(self) -> bool:
        return self.name.endswith("+epsilon")


def is_diagrams(one: Any) -> bool:
    return isinstance(one, dict) and "record" in one


def families(node: Node, key: str = "basis") -> list[Family]:
    """The factors of the diagrams of a box, with the axes of their ports."""
    one, axes = node.attrs[key]["record"], ports(node)
    order = axes.order if key == "basis" else axes.target
    given = [*one["targets"], *one["sources"]]
    counts = len(one["targets"]) == len(axes.target) and len(given) == len(order)
    need(counts, f"the diagrams of `{node.op}` have other ports")
    found = []
    for number, factor in enumerate(one["factors"]):
        data = factor["record"]
        own = tuple(
            (a, dual is True) for (f, dual), a in zip(given, order, strict=True) if f == number
        )
        family = Family(data["family"], tuple(data["signs"] or ()), own)
        need(family.plain in FORMS, f"no diagrams are called {family.name!r}")
        sides = [{a[0] for a, d in own if d is dual} for dual in (False, True)]
        straight = max(map(len, sides)) <= 1 and (family.plain == "walled" or not sides[1])
        need(straight, "the ports of one factor have different index sets")
        found.append(family)
    numbered = all(type(f) is int and 0 <= f < len(found) for f, _ in given)
    need(numbered, f"the diagrams of `{node.op}` have a port of no factor")
    return found


def allowed(family: Family, move: Move, sizes: Sizes) -> bool:
    """Whether the diagrams of a factor commute with a move, by the form that they preserve."""
    if not any(mentions(a[0], dim) for a, _ in family.axes for dim in move.dims):
        return True
    return _form(family, move, sizes) and _volume(family, move, sizes)


def _form(family: Family, move: Move, sizes: Sizes) -> bool:
    if family.plain == "walled":
        return _dual(family, move, sizes)
    one = on_index(family.axes[0][0][0], move, sizes)
    if family.plain == "partition":
        signed = one.signed
        return one.zero() if move.infinitesimal else signed is not None and min(signed[1]) > 0
    if family.plain == "brauer":
        return one.antisymmetric() if move.infinitesimal else one.orthogonal()
    if family.plain == "metric":
        need(len(family.signs) == one.size, "a metric of another size")
        form = Sparse(one.size, [(i, i, s) for i, s in enumerate(family.signs)])
        need(set(family.signs) <= {1, -1}, "a metric has signs")
    else:
        half = one.size // 2
        need(one.size % 2 == 0, "a symplectic form on a space of odd dimension")
        form = Sparse(
            one.size,
            [(i, half + i, 1) for i in range(half)] + [(half + i, i, -1) for i in range(half)],
        )
    return annihilates(one, form) if move.infinitesimal else preserves(one, form)


def _dual(family: Family, move: Move, sizes: Sizes) -> bool:
    """Whether axes of the dual space move by the inverse transpose."""
    one, other = (
        [on_index(a[0], move, sizes) for a, dual in family.axes if dual is side]
        for side in (False, True)
    )
    if not one or not other:
        return True
    m, n = one[0], other[0]
    if m.size != n.size:
        return False
    if move.infinitesimal:
        return all(n.rows[c].get(r, 0) == -v for r, c, v in m.entries()) and all(
            m.rows[c].get(r, 0) == -v for r, c, v in n.entries()
        )
    for i in range(m.size):
        for j in range(m.size):
            total: Any = 0
            for k, v in m.columns[i].items():
                total = total + v * n.rows[k].get(j, 0)
            if total != (i == j):
                return False
    return True


def _volume(family: Family, move: Move, sizes: Sizes) -> bool:
    if not family.epsilon:
        return True
    for index in {a[0] for a, _ in family.axes}:
        one = on_index(index, move, sizes)
        if not move.infinitesimal:
            if determinant(one) != 1:
                return False
            continue
        trace: Any = 0
        for i in range(one.size):
            trace = trace + one.rows[i].get(i, 0)
        if trace != 0:
            return False
    return True
