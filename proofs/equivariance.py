"""Equivariance under a group that acts by given matrices.

Definition.  A group acts on dims by permutations or matrices, and on grids by symmetries.  The
claim carries its generators as exact matrices (and infinitesimal generators of a Lie group); each
box must commute with each of them.  A solved box is judged by its tensors, not by the group that it
was solved for.  The rules are those of the checker, run on the program of the graph.

Law.  Every proof made here is accepted by the checker.

>>> from categorical import Dim, Real, op
>>> from categorical.groups import cyclic
>>> from categorical.groups.actions import Acting
>>> g, c = Dim("g", size=4), Dim("c")
>>> turns = Acting(cyclic(4), {g: cyclic(4).standard()})
>>> prove_equivariant((op.relu >> op.mean(g)).at(Real[g, c]).graph(), turns).sentence
'equivariant under 1 generator on g in eval mode, at g=4'

A box that tells the indices apart is an obstruction, with its node and wire:

>>> found = prove_equivariant(op.slice(g, 0, 2).at(Real[g, c]).graph(), turns)
>>> found.reason, found.wire_name
('`slice` does not commute with the shifts of g', 'slice')
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from categorical.errors import SpecError
from categorical.exact import Matrix
from categorical.graph import Graph
from categorical.groups import Group
from categorical.groups.acting import Element
from categorical.groups.grids import Grid
from categorical.index import Dim
from categorical.records import EVAL, Context
from proofs.certificate import Obstruction, Proof
from proofs.checking.actions import read_action, read_sizes
from proofs.checking.equivariant import Broken, Inspector, scope
from proofs.checking.programs import Program, Refusal, read_program
from proofs.checking.table import check_types
from proofs.program import Json, NotData, axis, exact, flat, index, program

#: The largest matrix that is written into a certificate.
LARGEST = 4096


def prove_equivariant(
    graph: Graph,
    group: Group,
    mode: str = EVAL,
    sizes: Mapping[str, int] | None = None,
) -> Proof | Obstruction:
    """Prove that ``graph`` commutes with the generators of ``group``, at these sizes."""
    try:
        claimed = claimed_action(group, sizes or {})
    except SpecError as problem:
        return Obstruction(f"the group has no generators here: {problem.title}")
    try:
        data = program(graph)
        read = read_program(data, check_types)
    except (NotData, Refusal) as problem:
        return Obstruction(str(problem))
    steps: list[Json] = []
    given = read_sizes(claimed)
    try:
        moves = read_action(claimed, given)
        inspector = Inspector(moves, mode, dict(given), steps)
        inspector.run(read)
    except Broken as broken:
        return _located(broken, read, flat(graph))
    except Refusal as refusal:
        return Obstruction(str(refusal))
    where = scope(moves, given, inspector.caveats)
    names = ", ".join(d.name for d in group.dims)
    count = len(moves)
    generators = "1 generator" if count == 1 else f"{count} generators"
    return Proof(
        "equivariant",
        f"equivariant under {generators} on {names} in {mode} mode, {where}",
        (data,),
        {**claimed, "mode": mode},
        steps,
        where,
    )


def _located(broken: Broken, read: Program, graph: Graph) -> Obstruction:
    """The obstruction at the node, or on the wire, that the checker's rules name."""
    for one, whole in paired(read, graph):
        if one is not broken.program:
            continue
        node = None
        if broken.node is not None:
            node = whole.nodes[next(i for i, n in enumerate(one.nodes) if n is broken.node)]
        elif broken.wire is not None:
            makers, wire = whole.producer(), broken.wire
            node = makers.get(wire) or next((n for n in whole.nodes if wire in n.ins), None)
        shown = broken.wire
        if shown is None and node is not None and node.outs:
            shown = node.outs[0]
        return Obstruction(str(broken), whole, node, shown)
    return Obstruction(str(broken))


def paired(read: Program, graph: Graph) -> Iterator[tuple[Program, Graph]]:
    """Programs and the graphs that they were written from."""
    yield read, graph
    for one, node in zip(read.nodes, graph.nodes, strict=True):
        for body, region in zip(one.bodies, node.regions, strict=True):
            yield from paired(body, flat(region))


# --- the group as data ----------------------------------------------------------------------------


def claimed_action(group: Group, sizes: Mapping[str, int]) -> dict[str, Json]:
    """The dims, the sizes of those without one, and the generators of a group.

    Errors: CM044 where a size is not known, or a matrix too large to write down.
    """
    every = {d.name: size_of(group, d, sizes) for d in group.dims}
    known = {name: n for name, n in every.items() if n is not None}
    moves = [move for part in group.factors() for move in _moves(part, known)]
    if not moves:
        moves = [_move([(d, Matrix.identity(known[d.name])) for d in group.dims])]
    matrices = {json_index(d) for move in moves for d, _ in move["dims"]}
    acted = [d for d in group.dims if json_index(index(d)) in matrices or _on_grid(group, d)]
    held = [d for d in group.dims if d.fixed is None and d.name in known]
    return {
        "dims": [index(d) for d in acted],
        "sizes": [[index(d), known[d.name]] for d in held],
        "action": moves,
    }


def json_index(one: Json) -> str:
    """An index set as a key."""
    return repr(one)


def _on_grid(group: Group, dim: Dim) -> bool:
    return any(
        a.index == dim for part in group.factors() for a in (getattr(part, "grid", None) or ())
    )


def size_of(group: Group, dim: Dim, sizes: Mapping[str, int]) -> int | None:
    """The size of a dim: declared, of the group, or given; None where it is open."""
    if dim.fixed is not None:
        return dim.fixed
    for part in group.factors():
        own: Mapping[str, int] = getattr(part, "sizes", {})
        if dim.name in own:
            return own[dim.name]
    return sizes.get(dim.name)


def _moves(part: Group, known: Mapping[str, int]) -> list[Json]:
    """The generators of a factor as data."""
    try:
        concrete: Any = part.at(dict(known))
    except SpecError:
        return _elements(part, known)
    group, grid = concrete.group, concrete.grid
    found = []
    for g in group.arrows:
        moved = None
        if grid is not None:
            image, signs = concrete.motion.map(g).signed_image
            moved = Grid(grid, tuple(image.tolist()), tuple(signs.tolist()))
        on = [(d, one.map(g)) for d, one in concrete.representations.items()]
        found.append(_move(on, moved))
    for a in getattr(group, "generating", group.algebra):
        on = [(d, one.derivative(a)) for d, one in concrete.representations.items()]
        found.append(_move(on, None, True))
    return found


def _elements(part: Group, known: Mapping[str, int]) -> list[Json]:
    """The generators of a group that only knows its elements."""
    from categorical.semantics.floats import FloatAlgebra

    missing = next((d for d in part.dims if d.name not in known), None)
    if missing is not None:
        raise SpecError("CM044", f"the size of `{missing}` is not fixed")
    dims = {d.name: d for d in part.dims}
    ctx = Context(FloatAlgebra(), dict(known))
    return [_element(one, dims) for one in part.generators(ctx)]


def _element(one: Element, dims: Mapping[str, Dim]) -> Json:
    on: list[tuple[Dim, Matrix]] = []
    for name, order in one.permutations.items():
        n = len(order)
        on.append((dims[name], Matrix((n, n), range(n), order, [1] * n)))
    on += [(dims[name], Matrix.of([list(row) for row in m])) for name, m in one.matrices.items()]
    if len(one.grids) > 1:
        raise SpecError("CM044", f"{one} moves two grids at once")
    return _move(on, one.grids[0] if one.grids else None)


def _move(on: list[tuple[Dim, Matrix]], grid: Grid | None = None, flow: bool = False) -> Json:
    return {
        "dims": [[index(d), _matrix(d, m)] for d, m in on],
        "grid": None
        if grid is None
        else {
            "axes": [axis(a) for a in grid.axes],
            "image": list(grid.image),
            "signs": list(grid.signs),
        },
        "infinitesimal": flow,
    }


def _matrix(dim: Dim, one: Matrix) -> Json:
    if one.shape[0] > LARGEST:
        raise SpecError("CM044", f"the matrices on `{dim}` are too large for a certificate")
    entries = zip(one.rows.tolist(), one.cols.tolist(), one.values.tolist(), strict=True)
    return {"size": one.shape[0], "entries": [[r, c, exact(v)] for r, c, v in entries]}
