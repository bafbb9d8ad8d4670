"""Naturality for all sizes, by parametricity.

Definition.  Maps of a dim act on every occurrence of it, in axes and in ``Fin`` values.  If every
box commutes with the maps and no weight, statistic or constant carries the dim, the composite
commutes with them: outputs that mention the dim are equivariant, others invariant, for every size,
all weights and all inputs.

>>> from categorical import Dim, Real, op
>>> n, c = Dim.named("n c")
>>> prove_natural((op.relu >> op.sum(n)).at(Real[n, c]).graph(), [n]).sentence
'natural for every bijection map of n in eval mode, all sizes'

A weight that carries the axis is an obstruction, with the node and the wire that show it:

>>> found = prove_natural((op.linear(n, c) >> op.relu).graph(), [n])
>>> found.reason
'`linear.weight` has the axis `n`, so its entries tell the indices of `n` apart'
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from categorical.graph import Graph, Node, OperatorBox
from categorical.index import Axis, Dim, DisjointSum, IndexSet, Product
from categorical.naturality import BIJECTION, FUNCTION, LINEAR, NONE, NaturalityClass
from categorical.records import EVAL, NOISE, Box
from categorical.spaces import Array
from proofs.certificate import Obstruction, Proof
from proofs.checking.parity import check_parity
from proofs.checking.programs import Refusal, read_program
from proofs.checking.table import check_types
from proofs.program import Json, NotData, flat, index, program
from proofs.rules import RULE

MAPS = tuple(sorted(LINEAR - {"prefix"}))


def prove_natural(
    graph: Graph, dims: Sequence[Dim], maps: str = "bijection", mode: str = EVAL
) -> Proof | Obstruction:
    """Prove that ``graph`` commutes with all ``maps`` of each of ``dims``, for all sizes."""
    if maps not in MAPS:
        raise ValueError(f"{maps!r} is not one of {', '.join(MAPS)}")
    whole = flat(graph)
    found = _refute(whole, dims, maps, mode)
    if found is not None:
        relative = prove_parity(graph, dims[0], mode) if maps == "negation" else None
        return relative if isinstance(relative, Proof) and len(dims) == 1 else found
    try:
        data = program(graph)
    except NotData as problem:
        return Obstruction(str(problem))
    names = ", ".join(d.name for d in dims)
    scope = ", ".join(["all sizes", *_caveats(whole, dims)])
    return Proof(
        "natural",
        f"natural for every {maps} map of {names} in {mode} mode, {scope}",
        (data,),
        {"dims": [index(d) for d in dims], "maps": maps, "mode": mode},
        [RULE[node.box.name] for _, node in _walk(whole)],
        scope,
    )


def prove_parity(graph: Graph, dim: Dim, mode: str = EVAL) -> Proof | Obstruction:
    """Prove that −1 on ``dim`` commutes with the graph, by which wires are even or odd in it.

    The rules are those of the checker, run on the program of the graph.
    """
    steps: list[Json] = []
    try:
        data = program(graph)
        claimed = {"dims": [index(dim)], "mode": mode, "scope": "all sizes"}
        sentence = check_parity([read_program(data, check_types)], claimed, steps)
    except (NotData, Refusal) as problem:
        return Obstruction(str(problem))
    return Proof("parity", sentence, (data,), {"dims": [index(dim)], "mode": mode}, steps)


def _caveats(graph: Graph, dims: Sequence[Dim]) -> list[str]:
    """Where the claim is not about all inputs.

    Of the largest entries the first is chosen, and no fold of what is no forest is right.
    """
    found = set()
    for _, node in _walk(graph):
        values = node.box.cod[0].values if node.box.cod else None
        if node.box.name == "argmax" and values is not None and set(dims) & values.atoms:
            found.add("off ties")
        if isinstance(node.box, OperatorBox) and node.box.name == "tree_fold":
            if set(dims) & node.box.attrs["nodes"].index.atoms:
                found.add("on forests")
    return sorted(found)


def _walk(graph: Graph) -> Iterator[tuple[Graph, Node]]:
    """Nodes in the order of a certificate: a body right after the node that holds it."""
    for node in graph.nodes:
        yield graph, node
        for region in node.regions:
            yield from _walk(flat(region))


def _refute(graph: Graph, dims: Sequence[Dim], maps: str, mode: str) -> Obstruction | None:
    for dim in dims:
        for found in (_sources(graph, dim), _wires(graph, dim, maps)):
            if found is not None:
                return found
    for node in graph.nodes:
        for dim in dims:
            reason = _node(graph, node, dim, maps, mode)
            if reason is not None:
                return Obstruction(reason, graph, node, _wire(graph, node, dim))
        for region in node.regions:
            found = _refute(flat(region), dims, maps, mode)
            if found is not None:
                return found
    return None


def _sources(graph: Graph, dim: Dim) -> Obstruction | None:
    for wire, resource in graph.sources.items():
        if resource.role != NOISE and dim in resource.space.atoms:
            reader = next((n for n in graph.nodes if wire in n.ins), None)
            return Obstruction(
                f"`{resource.name}` has the axis `{dim}`, so its entries tell the indices of "
                f"`{dim}` apart",
                graph,
                reader,
                wire,
            )
    return None


def _wires(graph: Graph, dim: Dim, maps: str) -> Obstruction | None:
    """Whether the maps act on every wire."""
    makers = graph.producer()
    for wire, one in enumerate(graph.types):
        reason = _no_action(one, dim, maps)
        if reason is not None:
            return Obstruction(
                f"{maps} maps of `{dim}` {reason} {one}", graph, makers.get(wire), wire
            )
    return None


def _no_action(one: Array, dim: Dim, maps: str) -> str | None:
    for a in (*one.axes, *((Axis(one.values),) if one.values is not None else ())):
        if dim in a.index.atoms and not acts(a.index, dim):
            return f"do not act on `{a}`, an axis of"
    if one.values is not None and dim in one.values.atoms and maps not in BIJECTION:
        return "do not act on the values of"
    touched = any(dim in a.index.atoms for a in one.axes)
    if touched and maps not in FUNCTION and one.kind not in ("real", "complex"):
        return "are matrices and do not act on"
    return None


def acts(over: IndexSet, dim: Dim) -> bool:
    """Whether maps of ``dim`` act on an index set: products and sums of it, not quotients."""
    if dim not in over.atoms or isinstance(over, Dim):
        return True
    parts = (
        over.factors
        if isinstance(over, Product)
        else over.terms
        if isinstance(over, DisjointSum)
        else ()
    )
    return bool(parts) and all(acts(part, dim) for part in parts)


def _class(graph: Graph, node: Node, dim: Dim, mode: str) -> NaturalityClass:
    box = node.box
    if isinstance(box, OperatorBox):
        times = box.attrs.get("times")
        if times is not None and dim in times.atoms:
            return NONE
        if box.name == "tree_fold":
            return _forest(box, dim)
        return _filled(box, dim) if box.name == "scan" and box.attrs["ragged"] else LINEAR
    if not any(dim in graph.types[w].atoms for w in (*node.ins, *node.outs)):
        return LINEAR
    return box.natural(dim, mode)


def _filled(box: OperatorBox, dim: Dim) -> NaturalityClass:
    """Lengths choose entries along their axes, and fill up with the index 0."""
    outs = box.cod[: len(box.cod) - box.attrs["states"]]
    if any(t.values is not None and dim in t.values.atoms for t in outs):
        return NONE
    return FUNCTION if any(dim in a.index.atoms for a in box.dom[-1].axes) else LINEAR


def _forest(box: OperatorBox, dim: Dim) -> NaturalityClass:
    """Nodes may be numbered anew, children are chosen by index."""
    if any(t.values is not None and dim in t.values.atoms for t in box.cod):
        return NONE
    if dim in box.attrs["arity"].index.atoms or dim in box.attrs["nodes"].index.atoms:
        return BIJECTION
    return FUNCTION if any(dim in a.index.atoms for a in box.dom[-1].axes) else LINEAR


def _node(graph: Graph, node: Node, dim: Dim, maps: str, mode: str) -> str | None:
    name = node.box.name
    if name not in RULE:
        return f"no rule says what `{name}` is natural for"
    if maps in _class(graph, node, dim, mode):
        return None
    carried = isinstance(node.box, Box) and any(dim in r.space.atoms for r in node.box.resources)
    if carried:
        return f"the weights of `{node.name}` would have the axis `{dim}`"
    if isinstance(node.box, OperatorBox):
        return f"`{node.name}` repeats its step once for each index of `{dim}`"
    return f"`{name}` does not commute with {_PLURALS[maps]} of `{dim}`"


_PLURALS = {
    "linear": "the matrices",
    "orthogonal": "the orthogonal matrices",
    "signed": "the signed permutations",
    "negation": "the sign change",
    "function": "the maps of indices",
    "bijection": "the permutations",
    "shift": "the shifts",
}


def _wire(graph: Graph, node: Node, dim: Dim) -> int | None:
    """The wire of a node that shows the dim: an output first."""
    for wire in (*node.outs, *node.ins):
        if dim in graph.types[wire].atoms:
            return wire
    return node.outs[0] if node.outs else None
