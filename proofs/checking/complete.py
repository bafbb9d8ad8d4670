"""Completeness, checked: solved boxes hold every linear map that commutes with the group.

Definition.  A box is complete when its tensors are independent and as many as there can be.  The
bound is counted again: orbits, for signed permutations; else the unknowns less the rank of the
constraints modulo a prime, which is at most their rank over the numbers.  Diagrams are complete
when they are all of the family that belongs to the group (the first fundamental theorems).

>>> swap = Operator([Sparse(2, [(0, 1, 1), (1, 0, 1)])], [Sparse(2, [(0, 1, 1), (1, 0, 1)])], False)
>>> most([swap], 4)
2
>>> minus = Operator([Sparse(1, [(0, 0, -1)])], [Sparse(1, [(0, 0, 1)])], False)
>>> most([minus], 1)
0
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import gcd
from typing import Any

from proofs.checking import grids
from proofs.checking.actions import Move, Operator, Sizes, read_action, read_sizes
from proofs.checking.boxes import SOLVED, Family, allowed, families, is_diagrams, ports, spaces
from proofs.checking.exact import (
    Echelon,
    Number,
    Sparse,
    order,
    prime_for,
    residue,
    root_of_one,
)
from proofs.checking.natural import read_dims
from proofs.checking.programs import Node, Program, Refusal, freeze, mentions, need

#: Unknowns of a problem whose constraints are eliminated.
LARGEST = 4096


@dataclass(frozen=True)
class Count:
    """One recount: what is counted, how many tensors there are, how many there can be."""

    what: str
    have: int
    most: int

    @property
    def complete(self) -> bool:
        return self.have == self.most


class Missing(Refusal):
    """A box that does not hold all maps."""

    def __init__(self, why: str, node: Node, missing: int, which: int) -> None:
        super().__init__(why)
        self.node, self.missing, self.which = node, missing, which


@dataclass(frozen=True)
class Field:
    """A prime field with the roots of 1 that some numbers need."""

    p: int
    root: int
    order: int

    @classmethod
    def of(cls, numbers: Iterable[Number]) -> Field:
        n = 1
        for one in numbers:
            n = n * order(one) // gcd(n, order(one))
        p = prime_for(n)
        return cls(p, root_of_one(n, p), n)

    def __call__(self, one: Number) -> int:
        return residue(one, self.p, self.root, self.order)


def field_of(operators: list[Operator], tensors: list[dict[int, Number]]) -> Field:
    """The field in which a problem is counted."""
    values = [v for one in tensors for v in one.values()]
    return Field.of(
        [*values, *(v for o in operators for m in o.factors for _, _, v in m.entries())]
    )


def constraints(operators: list[Operator], unknowns: int, field: Field) -> Echelon:
    """The equations T X = X S of all moves, modulo a prime."""
    need(unknowns <= LARGEST, f"{unknowns} unknowns are too many to count again")
    found = Echelon(field.p)
    for one in operators:
        rows: dict[int, dict[int, int]] = {}
        for place in range(unknowns):
            for at, value in one.lines(place):
                row = rows.setdefault(at, {})
                row[place] = (row.get(place, 0) + field(value)) % field.p
        for row in rows.values():
            found.add(row)
    return found


def orbits(operators: list[Operator], unknowns: int) -> tuple[list[int], list[int], set[int]]:
    """For every place its root and its sign against it; the roots of orbits that can only be 0."""
    parent, sign, dead = list(range(unknowns)), [1] * unknowns, set()

    def root(place: int) -> tuple[int, int]:
        path, total = [], 1
        while parent[place] != place:
            path.append(place)
            place = parent[place]
        for one in reversed(path):
            total *= sign[one]
            parent[one], sign[one] = place, total
        return place, total

    for one in operators:
        for place in range(unknowns):
            at, s = one.moved(place)
            (a, x), (b, y) = root(place), root(at)
            if a != b:
                parent[b], sign[b] = a, s * x * y
            elif x * y != s:
                dead.add(a)
    places = [root(place) for place in range(unknowns)]
    gone = {root(place)[0] for place in dead}
    return [r for r, _ in places], [s for _, s in places], gone


def most(operators: list[Operator], unknowns: int) -> int:
    """The largest number of independent invariant tensors that there can be."""
    if all(one.signed is not None for one in operators):
        roots, _, dead = orbits(operators, unknowns)
        return len(set(roots) - dead)
    return unknowns - constraints(operators, unknowns, field_of(operators, [])).rank


def rank(tensors: list[dict[int, Number]]) -> int:
    """A number of tensors that are certainly independent."""
    tensors = [{k: v for k, v in one.items() if v != 0} for one in tensors]
    if all(tensors) and sum(map(len, tensors)) == len({k for one in tensors for k in one}):
        return len(tensors)
    field = field_of([], tensors)
    found = Echelon(field.p)
    return sum(found.add({k: field(v) for k, v in one.items()}) for one in tensors)


@dataclass(frozen=True)
class Problem:
    """The maps of a box, or its bias: how the moves act on them, and the tensors that it has."""

    operators: list[Operator]
    tensors: list[dict[int, Number]]
    unknowns: int


def problems(node: Node, moves: list[Move], sizes: Sizes) -> list[Problem]:
    """What there is to count of a box with explicit tensors: its maps, and its bias."""
    each = [spaces(node, move, sizes) for move in moves]
    return [
        Problem([one[i][0] for one in each], each[0][i][1], each[0][i][0].size)
        for i in range(len(each[0]))
    ]


@dataclass(frozen=True)
class Whole:
    """The family of diagrams that belongs to the group on a dim (and on its dual)."""

    name: str
    signs: tuple[int, ...]
    dim: Any
    dual: Any


def read_families(claim: Any) -> list[Whole]:
    """The dims on which the group is all of a classical one, at every size."""
    found = []
    for one in claim["families"]:
        need(set(one) == {"family", "signs", "dim", "dual"}, "a family has other parts")
        dim, dual = freeze(one["dim"]), freeze(one["dual"])
        need(isinstance(one["family"], str), "a family has no name")
        found.append(Whole(one["family"], tuple(one["signs"]), dim, dual))
    held = [d for w in found for d in (w.dim, w.dual) if d is not None]
    need(len(set(held)) == len(held), "two families on one dim")
    return found


def by_theorem(node: Node, key: str, wholes: list[Whole]) -> None:
    """Refuse diagrams that are not all of those that belong to the group."""
    record = node.attrs[key]["record"]
    if record["only"] is not None:
        why = f"`{node.op}` has some of its diagrams only"
        raise Missing(why, node, 0, int(key == "bias"))
    used: set[Any] = set()
    for one in families(node, key):
        if not one.axes:
            continue
        whole = next((w for w in wholes if fits(w, one)), None)
        if whole is None or whole.dim in used:
            raise Refusal(f"the {one.name} diagrams of `{node.op}` are not those of the group")
        used.add(whole.dim)


def fits(whole: Whole, one: Family) -> bool:
    """Whether a factor's ports are the dims of a family."""
    same = (whole.name, whole.signs) == (one.name, one.signs)
    return same and all(a[0] == (whole.dual if dual else whole.dim) for a, dual in one.axes)


def recount(
    program: Program, moves: list[Move], wholes: list[Whole], sizes: Sizes
) -> list[tuple[Node, list[Count]]]:
    """The counts of every solved box, in the order of the program."""
    found = []
    dims = {d for w in wholes for d in (w.dim, w.dual)} | {d for m in moves for d in m.dims}
    for _, node in program.walk():
        if node.op not in SOLVED or node.attrs.get("coefficients") is not None:
            continue  # a fixed map is one, and claims no more
        apart(node, dims)
        if is_diagrams(node.attrs["basis"]):
            by_theorem(node, "basis", wholes)
            commute(node, moves, sizes)
            counts = [Count("all diagrams", 0, 0)]
            if node.attrs.get("bias") is not None:
                need(is_diagrams(node.attrs["bias"]), "diagrams with a bias of another form")
                by_theorem(node, "bias", wholes)
        else:
            for one in wholes:
                generated(node, one, moves)
            counts = counted(node, moves, sizes)
        found.append((node, counts))
    need(found, "there is no solved box")
    return found


def apart(node: Node, dims: set[Any]) -> None:
    """Refuse a box that carries an axis on which the group acts: it joins no entries along it."""
    acted = ports(node).axes
    over = set(map(grids.slot, node.attr_axes("over"))) if "over" in node.attrs else set()
    for axis in {a for one in node.dom[: node.data] for a in one[1]} - acted:
        if grids.slot(axis) not in over and any(mentions(axis[0], d) for d in dims if d):
            label = axis[1] or axis[0][1]
            raise Refusal(f"`{node.op}` carries the axis {label}: it leaves out maps along it")


def commute(node: Node, moves: list[Move], sizes: Sizes) -> None:
    """Refuse diagrams that do not commute with every generator: those of other factors too."""
    for key in ("basis", "bias"):
        one = node.attrs.get(key)
        for family in families(node, key) if is_diagrams(one) else ():
            good = all(allowed(family, move, sizes) for move in moves)
            need(good, f"the {family.name} diagrams of `{node.op}` do not commute with the group")


def generated(node: Node, whole: Whole, moves: list[Move]) -> None:
    """Refuse tensors on a dim of a family whose generators are not known to be all there.

    All permutations are generated by a cycle through all indices and a swap of two neighbours.
    """
    held = {d for d in (whole.dim, whole.dual) if d is not None}
    if not any(mentions(a[0], d) for a in ports(node).axes for d in held):
        return
    need(whole.name == "partition", f"a `{node.op}` of tensors, where the group has diagrams")
    alone = [m.dims[whole.dim] for m in moves if set(m.dims) == {whole.dim} and m.grid is None]
    images = [one.signed[0] for one in alone if one.signed and min(one.signed[1]) > 0]
    good = any(_cycle(a) and _neighbours(a, b) for a in images for b in images)
    small = not images and alone and alone[0].size == 1
    need(good or small, "not all permutations are generated")


def _cycle(image: list[int]) -> bool:
    at, steps = image[0], 1
    while at:
        at, steps = image[at], steps + 1
    return steps == len(image)


def _neighbours(cycle: list[int], swap: list[int]) -> bool:
    """Whether a permutation exchanges two indices that follow each other in a cycle."""
    moved = [i for i, j in enumerate(swap) if i != j]
    return len(moved) == 2 and (cycle[moved[0]] == moved[1] or cycle[moved[1]] == moved[0])


def counted(node: Node, moves: list[Move], sizes: Sizes) -> list[Count]:
    """The counts of a box with explicit tensors: its maps, and its bias."""
    need(moves, "no generators are given, and the maps are no diagrams")
    touched = {d for m in moves for d in m.dims}
    for axis in ports(node).axes:
        need(
            any(mentions(axis[0], d) for d in touched) or axis[0] == ("points", 1),
            f"the group does not act on an axis of `{node.op}`",
        )
    counts = []
    for which, one in enumerate(problems(node, moves, sizes)):
        what = "bias vectors" if which else "maps"
        for number, tensor in enumerate(one.tensors):
            fixed = all(operator.fixes(tensor) for operator in one.operators)
            need(fixed, f"one of the {what} of `{node.op}` ({number}) is not equivariant")
        have, top = rank(one.tensors), most(one.operators, one.unknowns)
        need(have == len(one.tensors), f"the {what} of `{node.op}` are not independent")
        if have != top:
            why = f"`{node.op}` has {have} of {top} {what}: {top - have} missing"
            raise Missing(why, node, top - have, which)
        counts.append(Count(what, have, top))
    return counts


def check_complete(programs: list[Program], claim: Any, steps: list[Any]) -> str:
    """Count every solved box again."""
    dims, sizes, wholes = read_dims(claim), read_sizes(claim), read_families(claim)
    held = [d for w in wholes for d in (w.dim, w.dual) if d is not None]
    need(set(held) <= set(dims), "a family on a dim that is not claimed")
    moves = read_action({**claim, "dims": claim["acted"]}, sizes) if claim["action"] else []
    acted = {freeze(d) for d in claim["acted"]}
    need(acted | set(held) == set(dims), "a dim is claimed on which nothing acts")
    found = recount(programs[0], moves, wholes, sizes)
    for _, counts in found:
        steps.append([[c.what, c.have] for c in counts])
    need(claim["scope"] == (where := scope(found, moves)), f"the scope of the claim is {where}")
    return sentence(found, [d[1] for d in dims], where)


def scope(found: list[tuple[Node, list[Count]]], moves: list[Move]) -> str:
    """All sizes where all maps are diagrams, else the sizes of the matrices."""
    if all(c.what == "all diagrams" for _, counts in found for c in counts):
        return "all sizes"
    acted = {d[1]: m.dims[d].size for m in moves for d in m.dims}
    fixed = ", ".join(f"{name}={n}" for name, n in sorted(acted.items()))
    return f"at {fixed}" if fixed else "all sizes"


def sentence(found: list[tuple[Node, list[Count]]], names: list[str], where: str) -> str:
    """What was counted."""
    parts = []
    for _, counts in found:
        texts = [c.what if c.what == "all diagrams" else many(c.have, c.what) for c in counts]
        parts.append(" and ".join(texts))
    boxes = "1 solved box" if len(found) == 1 else f"{len(found)} solved boxes"
    return f"complete under the group on {', '.join(names)}: {boxes} ({'; '.join(parts)}), {where}"


def many(count: int, what: str) -> str:
    """A number of things."""
    return f"{count} {what[:-1] if count == 1 else what}"


__all__ = ["Missing", "Operator", "Sparse", "check_complete", "most", "problems", "recount"]
