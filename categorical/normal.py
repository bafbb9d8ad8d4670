"""Normal forms: inlining, sharing equal boxes, removing dead ones, equality.

Definition.  In a cartesian category the maximally shared graph is a normal form: two graphs are
equal in the free category exactly when their hash-consed forms are.  Boxes that draw noise or keep
state are not copy-natural and are never merged; state is never dropped.

Laws.  ``share`` and ``prune`` are idempotent and keep the meaning; ``same`` is an equivalence.

>>> from categorical import Dim, Real, copy, op
>>> n = Dim("n")
>>> twice = (copy(Real[n]) >> (op.relu @ op.relu) >> op.add).graph()
>>> len(twice.nodes), len(share(twice).nodes)
(3, 2)
>>> same(twice, (op.relu >> copy(Real[n]) >> op.add).at(Real[n]).graph())
True

Two sets of weights are not one:

>>> c = Dim("c")
>>> pair = (copy(Real[c]) >> (op.linear(c, c) @ op.linear(c, c)) >> op.add).graph()
>>> len(share(pair).nodes)
3
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

from categorical.graph import Builder, Graph, Node, OperatorBox, Resource
from categorical.records import Box


def deterministic(graph: Graph) -> bool:
    """Whether no box in the graph or its regions draws noise or keeps state."""
    return all(
        isinstance(node.box, OperatorBox) or node.box.generator.copy_natural
        for _, node in graph.walk()
    )


def inline(graph: Graph, where: Callable[[Node], bool] = lambda node: True) -> Graph:
    """Named sub-architectures (those that ``where`` wants) replaced by their bodies, resources
    named by their paths."""
    while any(node.box.name == "call" and where(node) for node in graph.nodes):
        graph = _inline_once(graph, where)
    return graph


def _inline_once(graph: Graph, where: Callable[[Node], bool]) -> Graph:
    builder = Builder()
    at: dict[int, int] = {}
    for w in graph.inputs:
        at[w] = builder.input(graph.types[w], graph.names.get(w, ""))
    for w, resource in graph.sources.items():
        at[w] = builder.add_source(resource)
    known = {r.name: at[w] for w, r in graph.sources.items()}
    for node in graph.nodes:
        ins = [at[w] for w in node.ins]
        if isinstance(node.box, OperatorBox) and node.box.name == "call" and where(node):
            region = node.box.regions[0]
            prefix = f"{node.name}."
            shared = {
                r.name: known[prefix + r.name]
                for r in region.sources.values()
                if prefix + r.name in known
            }
            at.update(zip(node.outs, builder.splice(region, ins, prefix, shared), strict=True))
            known.update((r.name, w) for w, r in builder.graph.sources.items())
            continue
        for w in node.outs:
            at[w] = builder.wire(graph.types[w], graph.names.get(w, ""))
        outs = tuple(at[w] for w in node.outs)
        builder.graph.nodes.append(Node(node.box, tuple(ins), outs, node.name, node.origin))
    builder.graph.updates.update({name: at[w] for name, w in graph.updates.items()})
    return builder.finish([at[w] for w in graph.outputs], graph.name, graph.doc)


def share(graph: Graph) -> Graph:
    """Equal boxes on equal wires merged (hash-consing), regions included."""
    return _share(graph, {})


def _share(graph: Graph, regions: dict[int, Graph]) -> Graph:
    """``regions`` keeps one region one object, at every depth."""
    at = list(range(len(graph.types)))
    seen: dict[tuple[object, ...], Node] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        box = node.box
        if isinstance(box, OperatorBox):
            for region in box.regions:
                if id(region) not in regions:
                    regions[id(region)] = _share(region, regions)
            inner = tuple(regions[id(region)] for region in box.regions)
            pure = all(deterministic(region) for region in box.regions)
            key: tuple[object, ...] = (
                box.name,
                *map(id, inner),
                *map(str, box.attrs.items()),
                node.name,
                *(at[w] for w in node.ins),
            )
            box = replace(box, regions=inner)
        else:
            pure = box.generator.copy_natural
            key = (box, *(at[w] for w in node.ins))
        ins = tuple(at[w] for w in node.ins)
        first = seen.get(key) if pure else None
        if first is not None:
            for w, kept in zip(node.outs, first.outs, strict=True):
                at[w] = kept
            continue
        fresh = Node(box, ins, node.outs, node.name, node.origin)
        nodes.append(fresh)
        if pure:
            seen[key] = fresh
    return replace(
        graph,
        nodes=nodes,
        outputs=[at[w] for w in graph.outputs],
        updates={k: at[w] for k, w in graph.updates.items()},
    )


def prune(graph: Graph) -> Graph:
    """Boxes that reach no output removed (discard naturality), in regions too; state is kept."""
    return _prune(graph, {})


def _prune(graph: Graph, done: dict[int, tuple[Graph, Graph]]) -> Graph:
    """``done`` keeps one region one object, so that instances stay shared."""
    found = done.get(id(graph))
    if found is not None:
        return found[1]
    live = {*graph.outputs, *graph.updates.values()}
    nodes: list[Node] = []
    shared = Counter(node.name for node in graph.nodes if node.regions)
    for node in reversed(graph.nodes):
        stateful = any(r.updates for r in _regions(node))
        if stateful or any(w in live for w in node.outs):
            node = _pruned_regions(node, done)
            if not stateful and shared[node.name] == 1:
                node = _pruned_regions(_narrowed(node, live), done)
            live.update(node.ins)
            nodes.append(node)
    sources = {w: r for w, r in graph.sources.items() if w in live}
    alike = len(sources) == len(graph.sources) and len(nodes) == len(graph.nodes)
    alike = alike and all(a is b for a, b in zip(nodes[::-1], graph.nodes, strict=True))
    result = graph if alike else replace(graph, nodes=nodes[::-1], sources=sources)
    done[id(graph)] = (graph, result)
    return result


def _pruned_regions(node: Node, done: dict[int, tuple[Graph, Graph]]) -> Node:
    if not isinstance(node.box, OperatorBox):
        return node
    regions = tuple(_prune(region, done) for region in node.box.regions)
    if all(a is b for a, b in zip(regions, node.box.regions, strict=True)):
        return node
    return Node(replace(node.box, regions=regions), node.ins, node.outs, node.name, node.origin)


def _narrowed(node: Node, live: set[int]) -> Node:
    """The node without the ports that no live output depends on."""
    narrowed = node.box.operator.narrowed if isinstance(node.box, OperatorBox) else None
    if narrowed is None or not isinstance(node.box, OperatorBox):
        return node
    found = narrowed(node.box, [w in live for w in node.outs])
    if found.box is node.box:
        return node
    ins, outs = (
        tuple(ws[i] for i in at) for ws, at in ((node.ins, found.ins), (node.outs, found.outs))
    )
    return Node(found.box, ins, outs, node.name, node.origin)


def _regions(node: Node) -> Iterator[Graph]:
    pending = list(node.regions)
    while pending:
        graph = pending.pop()
        yield graph
        pending.extend(r for n in graph.nodes for r in n.regions)


def hash_cons(graph: Graph) -> Graph:
    """The normal form with named sub-architectures kept: shared and pruned."""
    return prune(share(graph))


def same(left: Graph, right: Graph) -> bool:
    """Whether two graphs are equal arrows, weights being equal when their paths are."""
    table: dict[tuple[object, ...], int] = {}
    return left.dom == right.dom and _keys(left, table) == _keys(right, table)


def _keys(graph: Graph, table: dict[tuple[object, ...], int]) -> tuple[object, ...]:
    """Output wires as numbers of a table shared by the graphs that are compared."""

    def number(*key: object) -> int:
        return table.setdefault(key, len(table))

    graph = inline(graph)
    at: dict[int, int] = {w: number("input", i) for i, w in enumerate(graph.inputs)}
    at.update((w, number("source", r.name, r.space)) for w, r in graph.sources.items())
    for node in graph.nodes:
        ins = tuple(at[w] for w in node.ins)
        if isinstance(node.box, OperatorBox):
            inner = tuple(_keys(region, table) for region in node.box.regions)
            attrs = tuple(sorted(map(str, node.box.attrs.items())))
            key: tuple[object, ...] = (node.box.name, attrs, inner, node.name, ins)
        else:
            own = node.name if not node.box.generator.copy_natural else ""
            key = (node.box, own, ins)
        for i, w in enumerate(node.outs):
            at[w] = number("node", key, i)
    updates = tuple(sorted((name, at[w]) for name, w in graph.updates.items()))
    return (tuple(at[w] for w in graph.outputs), updates)


def text(graph: Graph, indent: str = "") -> str:
    """A deterministic, complete text of a graph: what its content hash is taken of."""
    lines = [f"{indent}graph {graph.name}"]
    at: dict[int, int] = {}

    def number(wire: int) -> int:
        return at.setdefault(wire, len(at))

    lines += [f"{indent}in {number(w)} {graph.types[w]}" for w in graph.inputs]
    for w, r in graph.sources.items():
        lines.append(f"{indent}res {number(w)} {r.name} {r.space} {r.role} {_init(r)}")
    for node in graph.nodes:
        ins = " ".join(str(number(w)) for w in node.ins)
        outs = " ".join(f"{number(w)}:{graph.types[w]}" for w in node.outs)
        label = repr(node.box.op) if isinstance(node.box, Box) else repr(node.box)
        lines.append(f"{indent}{outs} = {label} {node.name if node.regions else ''}({ins})")
        lines += [text(region, indent + "  ") for region in node.regions]
    lines += [f"{indent}update {name} {number(w)}" for name, w in sorted(graph.updates.items())]
    lines.append(f"{indent}out " + " ".join(str(number(w)) for w in graph.outputs))
    return "\n".join(lines)


def _init(resource: Resource) -> str:
    return " ".join([resource.init.kind, *map(str, resource.init.args)])


def content_hash(graph: Graph) -> str:
    """sha256 of ``text``."""
    return hashlib.sha256(text(graph).encode()).hexdigest()
