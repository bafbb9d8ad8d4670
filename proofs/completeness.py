"""Completeness: solved layers hold every linear map that commutes with a group.

Definition.  A layer is complete under a group when its maps span all of Hom of its types.  The
proof counts: the tensors are independent, and no more invariant ones can be; diagrams are all of
the family that belongs to the group.  Where some are missing, one that is not in the span is found
and checked exactly.

Laws.  Every proof made here is accepted by the checker; every missing map is invariant.

>>> from categorical import Dim, op
>>> from categorical.exact import Basis
>>> from categorical.groups import cyclic
>>> from categorical.groups.actions import Acting
>>> g, c, k = Dim("g", size=2), Dim("c"), Dim("k")
>>> swap = Acting(cyclic(2), {g: cyclic(2).standard()})
>>> both = Basis((2, 2), 2, [0, 0, 1, 1], [0, 3, 1, 2], [1, 1, 1, 1])
>>> prove_complete(op.hom(both, ((g,),), (g,), channels=(c,), out=k).graph(), swap).sentence
'complete under the group on g: 1 solved box (2 maps), at g=2'

A layer with half of the maps, and one that it lacks:

>>> half = Basis((2, 2), 1, [0, 0], [0, 3], [1, 1])
>>> found = prove_complete(op.hom(half, ((g,),), (g,), channels=(c,), out=k).graph(), swap)
>>> found.reason, found.data["missing"], found.data["map"]
('`hom` has 1 of 2 maps: 1 missing', 1, {1: 1, 2: 1})
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import isqrt
from typing import Any

from categorical.diagrams import Diagrams
from categorical.errors import SpecError
from categorical.graph import Graph, Node
from categorical.groups import Group, ProductGroup
from proofs.certificate import Obstruction, Proof
from proofs.checking.actions import read_action, read_sizes
from proofs.checking.complete import (
    LARGEST,
    Missing,
    Problem,
    constraints,
    field_of,
    orbits,
    problems,
    read_families,
    recount,
    scope,
    sentence,
)
from proofs.checking.exact import Echelon
from proofs.checking.programs import Refusal, read_program
from proofs.checking.table import check_types
from proofs.equivariance import claimed_action, paired, size_of
from proofs.program import Json, NotData, flat, index, program


def prove_complete(
    graph: Graph, group: Group, sizes: Mapping[str, int] | None = None
) -> Proof | Obstruction:
    """Prove that the solved layers of ``graph`` hold all maps under ``group``.

    An obstruction with a ``map`` in its data is a refutation: entries by place, in row-major order
    of (target, sources), of an equivariant map that is not in the span.
    """
    known = sizes or {}
    try:
        claimed = _claimed(group, known, _diagrams(graph))
    except SpecError as problem:
        return Obstruction(f"the group has no generators here: {problem.title}")
    try:
        data = program(graph)
        read = read_program(data, check_types)
        given = read_sizes(claimed)
        moves = []
        if claimed["action"]:
            moves = read_action({**claimed, "dims": claimed["acted"]}, given)
        found = recount(read, moves, read_families(claimed), dict(given))
    except Missing as missing:
        whole, node = _node(missing, read, flat(graph))
        more = _missing(missing, node, moves, dict(given), known)
        return Obstruction(str(missing), whole, node, node.outs[0], more)
    except (NotData, Refusal) as problem:
        return Obstruction(str(problem))
    where = scope(found, moves)
    return Proof(
        "complete",
        sentence(found, [d.name for d in group.dims], where),
        (data,),
        claimed,
        [[[c.what, c.have] for c in counts] for _, counts in found],
        where,
    )


def _diagrams(graph: Graph) -> bool:
    """Whether a solved layer is given by diagrams."""
    boxes: list[Any] = [node.box for _, node in graph.walk()]
    return any(b.name == "hom" and isinstance(b.op.attrs["basis"], Diagrams) for b in boxes)


def _claimed(group: Group, given: Mapping[str, int], diagrams: bool) -> dict[str, Json]:
    """The group as data: classical families by name, where a layer has diagrams, and generators
    where sizes are known."""
    families, parts = [], []
    own = {d.name: size_of(group, d, given) for d in group.dims}
    sizes = {name: size for name, size in own.items() if size is not None}
    for part in group.factors():
        dual = getattr(part, "dual", None)
        known = all(d.name in sizes for d in part.dims)
        if part.diagrams is not None and (diagrams or not known):
            signs = list(getattr(part, "signs", ()))
            other = None if dual is None else index(dual)
            families.append(
                {"family": part.diagrams, "signs": signs, "dim": index(part.dims[0]), "dual": other}
            )
        if known or part.diagrams is None:
            parts.append(part)
    action: dict[str, Json] = {"dims": [], "sizes": [], "action": []}
    if parts:
        action = claimed_action(parts[0] if len(parts) == 1 else ProductGroup(parts), sizes)
    return {
        "dims": [index(d) for d in group.dims],
        "acted": action["dims"],
        "sizes": action["sizes"],
        "action": action["action"],
        "families": families,
    }


def _node(missing: Missing, read: Any, graph: Graph) -> tuple[Graph, Node]:
    for one, whole in paired(read, graph):
        for a, b in zip(one.nodes, whole.nodes, strict=True):
            if a is missing.node:
                return whole, b
    raise LookupError("the node is in no program")


def _missing(
    missing: Missing, node: Node, moves: Any, given: Any, sizes: Mapping[str, int]
) -> dict[str, Any]:
    """How many maps are missing, and one of them."""
    key = "bias" if missing.which else "basis"
    box: Any = node.box
    maps = box.op.attrs[key]
    if isinstance(maps, Diagrams):
        return _missing_diagram(maps, sizes)
    problem = problems(missing.node, moves, given)[missing.which]
    entries = next(absent(problem), None)
    more: dict[str, Any] = {"missing": missing.missing, "shape": maps.shape, "of": key}
    return more if entries is None else {**more, "map": entries}


def _missing_diagram(maps: Diagrams, sizes: Mapping[str, int]) -> dict[str, Any]:
    """A diagram that is not chosen and not spanned, at the sizes of the factors or large ones."""
    if maps.only is None:
        return {}
    every = Diagrams(maps.factors, maps.targets, maps.sources, maps.scale)
    known = {f.name: f.size or sizes.get(f.name) or _large(maps) for f in maps.factors}
    there, have = every.dimension_at(known), len(maps.independent_at(known))
    if have == there:
        return {}
    for number in range(every.total):
        if number in maps.only:
            continue
        more = every.choose(sorted({*maps.only, number}))
        if len(more.independent_at(known)) > have:
            return {
                "missing": there - have,
                "diagram": str(every.diagrams[number]),
                "map": str(every.diagrams[number]),
                "sizes": known,
            }
    return {}


def _large(maps: Diagrams) -> int:
    """A size at which all diagrams are independent."""
    return max(2, len(maps.ports))


def absent(problem: Problem) -> Iterator[dict[int, Any]]:
    """Invariant tensors that are not in the span, exactly checked."""
    field = field_of(problem.operators, problem.tensors)
    span = Echelon(field.p)
    for one in problem.tensors:
        span.add({k: field(v) for k, v in one.items()})
    for one in _candidates(problem, field):
        invariant = all(operator.fixes(one) for operator in problem.operators)
        if one and invariant and span.add({k: field(v) for k, v in one.items()}):
            yield one


def _candidates(problem: Problem, field: Any) -> Iterator[dict[int, Any]]:
    if all(one.signed is not None for one in problem.operators):
        roots, signs, dead = orbits(problem.operators, problem.unknowns)
        found: dict[int, dict[int, Any]] = {}
        for place, (root, sign) in enumerate(zip(roots, signs, strict=True)):
            if root not in dead:
                found.setdefault(root, {})[place] = sign
        yield from found.values()
        return
    if problem.unknowns > LARGEST:
        return
    rows = constraints(problem.operators, problem.unknowns, field)
    for free in range(problem.unknowns):
        if free in rows.pivots:
            continue
        vector = {free: 1}
        for place in sorted(rows.pivots, reverse=True):
            total = sum(v * vector.get(k, 0) for k, v in rows.pivots[place].items() if k != place)
            if total % field.p:
                vector[place] = -total % field.p
        rational = {k: _rational(v, field.p) for k, v in vector.items()}
        if None not in rational.values():
            yield rational


def _rational(residue: int, p: int) -> Fraction | int | None:
    """The small fraction with this residue, if there is one (Wang's reconstruction)."""
    bound = isqrt(p // 2)
    a, b, x, y = p, residue, 0, 1
    while b > bound:
        quotient = a // b
        a, b, x, y = b, a - quotient * b, y, x - quotient * y
    if not y or abs(y) > bound:
        return None
    found = Fraction(b, y)
    return found.numerator if found.denominator == 1 else found
