"""What a group element does to an index set and to a tensor, exactly.

Definition.  A move is one group element, or one infinitesimal generator: a matrix for each dim on
which it acts, and perhaps a signed permutation of the axes of a grid.  It acts on a product of sets
by the Kronecker product (infinitesimally by the Leibniz rule) and on a sum by blocks.

>>> turn = {("dim", "v", 2, None): Sparse(2, [(0, 1, -1), (1, 0, 1)])}
>>> move = Move(turn)
>>> sorted(move.kinds(("dim", "v", 2, None)))
['linear', 'orthogonal', 'signed']
>>> on_index(("product", ("points", 2), ("dim", "v", 2, None)), move, {}).signed
([1, 0, 3, 2], [1, -1, 1, -1])

A set that was computed from the one that is moved has no action:

>>> on_index(("quotient", ("dim", "v", 2, None), ("points", 2)), move, {})
Traceback (most recent call last):
...
proofs.checking.programs.Refusal: the action on v does not extend to an axis computed from it
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from math import prod
from typing import Any

from proofs.checking.exact import Number, Sparse, equal, matrix
from proofs.checking.programs import Refusal, freeze, mentions, need, plain, well_formed
from proofs.checking.table import ALL, words

Sizes = dict[Any, int]


@dataclass(frozen=True)
class Grid:
    """Axis j of the grid goes to ``signs[j]`` times axis ``image[j]``."""

    axes: tuple[Any, ...]
    image: tuple[int, ...]
    signs: tuple[int, ...]


@dataclass
class Move:
    """See the module."""

    dims: dict[Any, Sparse]
    grid: Grid | None = None
    infinitesimal: bool = False
    _kinds: dict[Any, frozenset[str]] = field(default_factory=dict)

    def kinds(self, dim: Any) -> frozenset[str]:
        """The classes of maps that its matrix on a dim belongs to."""
        if dim not in self._kinds:
            found = self.dims.get(dim)
            self._kinds[dim] = ALL if found is None else _kinds(found, self.infinitesimal)
        return self._kinds[dim]

    @cached_property
    def acted(self) -> tuple[Any, ...]:
        return tuple(self.dims)


def _kinds(one: Sparse, infinitesimal: bool) -> frozenset[str]:
    if infinitesimal:
        if one.zero():
            return ALL
        return words("orthogonal linear") if one.antisymmetric() else words("linear")
    if one.is_unit():
        return ALL
    signed = one.signed
    if signed is None:
        return words("orthogonal linear") if one.orthogonal() else words("linear")
    image, signs = signed
    found = words("signed orthogonal linear")
    if min(signs) > 0:
        found |= words("bijection function")
        if all((j + image[0]) % one.size == i for j, i in enumerate(image)):
            found |= words("shift")
    if max(signs) < 0 and image == list(range(one.size)):
        found |= words("negation")
    return found


def read_sizes(claim: Any) -> Sizes:
    """The sizes that a claim fixes, of dims whose declaration leaves them open."""
    found: Sizes = {}
    for dim, size in claim["sizes"]:
        one = freeze(dim)
        need(well_formed(one) and one[0] == "dim" and one[2] is None, "a size of no open dim")
        need(type(size) is int and size >= 1 and one not in found, "a size is given twice")
        found[one] = size
    return found


def size(index: Any, sizes: Sizes) -> int:
    """The number of elements of an index set."""
    match index:
        case ("points", int(count)):
            return count
        case ("dim", str(name), fixed, _):
            known = fixed if fixed is not None else sizes.get(index)
            if known is None:
                raise Refusal(f"the size of {name} is not fixed")
            return int(known)
        case ("product", *parts):
            return prod(size(p, sizes) for p in parts)
        case ("sum", *parts):
            return sum(size(p, sizes) for p in parts)
    need(index in sizes, "the size of an axis is not fixed")
    return sizes[index]


def read_action(claim: Any, sizes: Sizes) -> list[Move]:
    """The moves of a claim, on its dims."""
    data, dims = claim["action"], [freeze(d) for d in claim["dims"]]
    need(isinstance(data, list) and data, "a claim without a group")
    moves, acted = [], set()
    for one in data:
        need(set(one) == {"dims", "grid", "infinitesimal"}, "a group element has other parts")
        found = {}
        for name, entries in one["dims"]:
            dim = freeze(name)
            need(dim in dims and dim not in found, "an element acts on a dim that is not claimed")
            found[dim] = matrix(entries)
            need(found[dim].size == size(dim, sizes), f"a matrix on {dim[1]} has another size")
        grid = None if one["grid"] is None else read_grid(one["grid"])
        need(type(one["infinitesimal"]) is bool, "an element is infinitesimal or not")
        need(grid is None or not one["infinitesimal"], "a grid is moved by elements")
        for axis in grid.axes if grid else ():
            need(axis[0] in dims and axis[0] not in found, "a grid over a dim that is not claimed")
        acted |= {*found, *(a[0] for a in (grid.axes if grid else ()))}
        moves.append(Move(found, grid, one["infinitesimal"]))
    need(set(dims) == acted, "a dim is claimed on which nothing acts")
    return moves


def read_grid(one: Any) -> Grid:
    axes = freeze(one["axes"])
    image, signs = tuple(one["image"]), tuple(one["signs"])
    good = all(well_formed(a[0]) and a[0][0] == "dim" and isinstance(a[1], str) for a in axes)
    need(good and len(set(axes)) == len(axes), "a grid has one dim for each axis")
    whole = sorted(image) == list(range(len(axes))) and all(type(i) is int for i in image)
    need(whole and len(signs) == len(axes) and set(signs) <= {1, -1}, "no signed permutation")
    return Grid(axes, image, signs)


def on_index(index: Any, move: Move, sizes: Sizes) -> Sparse:
    """The matrix of a move on an index set (of the derivation, for an infinitesimal one)."""
    if index in move.dims:
        return move.dims[index]
    for dim in move.dims:
        if not plain(index, dim):
            raise Refusal(f"the action on {dim[1]} does not extend to an axis computed from it")
    if not any(mentions(index, dim) for dim in move.dims):
        count = size(index, sizes)
        return Sparse(count, []) if move.infinitesimal else Sparse.unit(count)
    parts = [on_index(part, move, sizes) for part in index[1:]]
    if index[0] == "sum":
        entries, start = [], 0
        for part in parts:
            entries += [(start + r, start + c, v) for r, c, v in part.entries()]
            start += part.size
        return Sparse(start, entries)
    found = parts[0]
    for part in parts[1:]:
        if move.infinitesimal:
            left = kron(found, Sparse.unit(part.size))
            found = plus(left, kron(Sparse.unit(found.size), part))
        else:
            found = kron(found, part)
    return found


def kron(a: Sparse, b: Sparse) -> Sparse:
    n = b.size
    pairs = product(a.entries(), b.entries())
    return Sparse(a.size * n, [(r * n + s, c * n + d, v * w) for (r, c, v), (s, d, w) in pairs])


def plus(a: Sparse, b: Sparse) -> Sparse:
    total: dict[tuple[int, int], Number] = {}
    for r, c, v in (*a.entries(), *b.entries()):
        total[r, c] = total[r, c] + v if (r, c) in total else v
    return Sparse(a.size, [(r, c, v) for (r, c), v in total.items() if not equal(v, 0)])


# --- tensors --------------------------------------------------------------------------------------


class Operator:
    """A move on tensors with one matrix for each index: columns for targets, rows for sources.

    A tensor B is invariant where T B = B S (infinitesimally A B = B A, by Leibniz' rule).
    """

    def __init__(self, target: list[Sparse], source: list[Sparse], infinitesimal: bool) -> None:
        self.factors = [*target, *source]
        self.targets, self.infinitesimal = len(target), infinitesimal
        self.extent = [m.size for m in self.factors]
        self.strides = [prod(self.extent[i + 1 :]) for i in range(len(self.extent))]

    @property
    def size(self) -> int:
        return prod(self.extent)

    @cached_property
    def signed(self) -> list[tuple[list[int], list[int]]] | None:
        """All factors as signed permutations, where they are."""
        if self.infinitesimal:
            return None
        found = [m.signed for m in self.factors]
        return None if any(f is None for f in found) else found  # type: ignore[return-value]

    def digits(self, place: int) -> list[int]:
        return [place // s % n for s, n in zip(self.strides, self.extent, strict=True)]

    def moved(self, place: int) -> tuple[int, int]:
        """Where a signed permutation sends a place, and with which sign."""
        assert self.signed is not None
        at, sign = 0, 1
        for d, s, (image, signs) in zip(self.digits(place), self.strides, self.signed, strict=True):
            at, sign = at + image[d] * s, sign * signs[d]
        return at, sign

    def lines(self, place: int) -> Iterator[tuple[int, Number]]:
        """The entries of T e − e S, for the unit tensor e at a place."""
        digits = self.digits(place)
        sides = (range(self.targets), range(self.targets, len(self.factors)))
        for sign, side in zip((1, -1), sides, strict=True):
            lines = [
                self.factors[i].columns[digits[i]] if sign > 0 else self.factors[i].rows[digits[i]]
                for i in side
            ]
            if self.infinitesimal:
                for i, line in zip(side, lines, strict=True):
                    for to, v in line.items():
                        yield place + (to - digits[i]) * self.strides[i], sign * v
                continue
            for choice in product(*(line.items() for line in lines)):
                at, value = place, sign
                for i, (to, v) in zip(side, choice, strict=True):
                    at, value = at + (to - digits[i]) * self.strides[i], value * v
                yield at, value

    def fixes(self, tensor: dict[int, Number]) -> bool:
        """Whether a tensor is invariant."""
        if self.signed is not None:
            for place, value in tensor.items():
                at, sign = self.moved(place)
                if at not in tensor or not equal(tensor[at], sign * value):
                    return False
            return True
        total: dict[int, Number] = {}
        for place, value in tensor.items():
            for at, v in self.lines(place):
                total[at] = total[at] + value * v if at in total else value * v
        return all(equal(v, 0) for v in total.values())
