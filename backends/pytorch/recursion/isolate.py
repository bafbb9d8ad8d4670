"""Isolate: what surrounds a kernel's cell is done for all steps at once.

Definition.  A run of a cell ``(g × 1) ; k ; q`` whose middle k is a kernel's cell, where g reads no
state and q reads the new state and no old one, is: g at every step, the run of k, q at every step.
So the graph gets three parts where it had a run; the run that is left gives its new state (if
anything reads it) and nothing else.  Steps past a length are made 0 again behind q.

Laws.  The meaning is the same, resources keep their paths.  A run of another cell stays as it is.

>>> from categorical import Dim, Real, arrow, op
>>> from categorical.recursion import mealy
>>> t, a, s, o = Dim.named("t a s o")
>>> @arrow
... def cell_(h: Real[s], x: Real[a]) -> Real[o] * Real[s]:
...     new = op.tanh(op.linear(s, s, name="again")(h) + op.linear(a, s, name="read")(op.relu(x)))
...     return op.linear(s, o, name="show")(new), new
>>> graph = mealy(cell_, over=t).graph()
>>> [node.box.name for node in isolate(graph).nodes]
['relu', 'scan', 'linear']
>>> list(isolate(graph).resources()) == list(graph.resources())
False
>>> sorted(isolate(graph).resources()) == sorted(graph.resources())
True

An output that reads the old state belongs to the run:

>>> @arrow
... def late(h: Real[s], x: Real[a]) -> Real[s] * Real[s]:
...     return h, op.tanh(op.linear(s, s, name="again")(h) + op.linear(a, s, name="read")(x))
>>> graph = mealy(late, over=t).graph()
>>> isolate(graph) is graph
True
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from backends.pytorch.recursion.cell_patterns import cell
from backends.pytorch.recursion.stacks import arranged
from categorical.functors import Stack
from categorical.graph import Graph, Node, OperatorBox, Resource
from categorical.index import Axis
from categorical.normal import inline
from categorical.ops.axes import transpose
from categorical.recursion.machine import SCAN, along, at_step, parts
from categorical.spaces import Array


def isolate(graph: Graph) -> Graph:
    """Kernels' cells alone in their runs, and the nodes of stacks together; in regions as well."""
    return _isolate(graph, {})


def _isolate(graph: Graph, done: dict[int, Graph]) -> Graph:
    if id(graph) in done:
        return done[id(graph)]
    host, changed = _Host(graph), False
    found = _found(host, graph)
    for node in graph.nodes:
        box = node.box
        if isinstance(box, OperatorBox):
            if id(node) in found:
                _rewrite(host, node, found[id(node)])
                changed = True
                continue
            regions = tuple(_isolate(region, done) for region in box.regions)
            if any(a is not b for a, b in zip(regions, box.regions, strict=True)):
                changed = True
                box = replace(box, regions=regions)
                node = Node(box, node.ins, node.outs, node.name, node.origin)
        host.nodes.append(node)
    done[id(graph)] = arranged(host.graph() if changed else graph)
    return done[id(graph)]


class _Host:
    """A graph that gets further wires and nodes; wires that are there keep their numbers."""

    def __init__(self, graph: Graph) -> None:
        self.old = graph
        self.types, self.names = list(graph.types), dict(graph.names)
        self.sources, self.nodes = dict(graph.sources), list[Node]()
        self.known = {r.name: w for w, r in graph.sources.items()}
        self.renamed: dict[int, int] = {}
        self.read = {w for n in graph.nodes for w in n.ins}
        self.read |= {*graph.outputs, *graph.updates.values()}

    def graph(self) -> Graph:
        """With weights in the order in which they are read."""
        order = {w: i for i, w in enumerate(w for n in self.nodes for w in n.ins)}
        sources = dict(sorted(self.sources.items(), key=lambda one: order.get(one[0], -1)))
        return replace(
            self.old, types=self.types, names=self.names, sources=sources, nodes=self.nodes
        )

    def wire(self, type_: Array, name: str = "") -> int:
        self.types.append(type_)
        if name:
            self.names[len(self.types) - 1] = name
        return len(self.types) - 1

    def moved(self, wire: int, axes: Sequence[Axis], out: int | None = None) -> int:
        """The wire with its axes in another order, as the wire ``out`` where that is given."""
        wire = self.renamed.get(wire, wire)
        if self.types[wire].axes == tuple(axes):
            if out is None:
                return wire
            if wire >= len(self.old.types):
                self._rename(wire, out)
                self.renamed[wire] = out
                return out
        box = transpose(*axes).op.box((self.types[wire],))
        made = self.wire(box.cod[0], self.names.get(wire, "")) if out is None else out
        self.nodes.append(Node(box, (wire,), (made,), "transpose"))
        return made

    def _rename(self, old: int, new: int) -> None:
        """One of the wires that were added gets the number of a wire that was there."""
        for place in range(len(self.nodes) - 1, -1, -1):
            node = self.nodes[place]
            ins, outs = (tuple(new if w == old else w for w in ws) for ws in (node.ins, node.outs))
            self.nodes[place] = Node(node.box, ins, outs, node.name, node.origin)
            if old in node.outs:
                return

    def splice(self, graph: Graph, ins: Sequence[int], prefix: str) -> list[int]:
        """The nodes of a graph, its resources at their paths behind ``prefix``."""
        at = dict(zip(graph.inputs, ins, strict=True))
        for wire, one in graph.sources.items():
            path = f"{prefix}{one.name}"
            if path not in self.known:
                self.known[path] = self.wire(one.space)
                self.sources[self.known[path]] = Resource(path, one.space, one.role, one.init)
            at[wire] = self.known[path]
        for node in graph.nodes:
            for wire in node.outs:
                at[wire] = self.wire(graph.types[wire], graph.names.get(wire, ""))
            inside, outs = (tuple(at[w] for w in ws) for ws in (node.ins, node.outs))
            self.nodes.append(Node(node.box, inside, outs, prefix + node.name, node.origin))
        return [at[w] for w in graph.outputs]


@dataclass(frozen=True)
class _Parts:
    """A body in three parts; ``plain`` are the outputs that are the new state, ``others`` those
    behind it, ``inputs`` what the kernel's cell reads."""

    region: Graph
    before: Graph
    core: Graph
    after: Graph
    new: int
    inputs: tuple[int, ...]
    plain: list[int]
    others: list[int]


def _found(host: _Host, graph: Graph) -> dict[int, _Parts]:
    """The runs that are rewritten; runs that share weights are rewritten together or not at all."""
    runs = [n for n in graph.nodes if n.box.name == "scan" and n.box.attrs["states"]]
    found = {id(n): p for n in runs if (p := _parts(host, n)) is not None}
    kept = {n.name for n in runs if id(n) not in found}
    return {id(n): found[id(n)] for n in runs if n.name not in kept}


def _parts(host: _Host, node: Node) -> _Parts | None:
    """The three parts of a run; None where it stays as it is."""
    box = node.box
    assert isinstance(box, OperatorBox)
    if box.attrs["weights"] == "untied":
        return None
    region, states = inline(box.regions[0]), box.attrs["states"]
    found = cell(region, states)
    if found is None:
        return None
    count = len(box.cod) - states
    shown = [i for i in range(count) if node.outs[i] in host.read]
    new = region.outputs[count + found.state]
    plain = [i for i in shown if region.outputs[i] == new]
    others = [i for i in shown if region.outputs[i] != new]
    _, sequences, shared = parts(box)
    elements, fixed = region.inputs[sequences], region.inputs[shared]
    before = _between(region, [*elements, *fixed], list(found.inputs))
    after = _between(region, [new, *elements, *fixed], [region.outputs[i] for i in others])
    core = _between(
        region, [*region.inputs[:states], *found.inputs], [new, *region.outputs[count:]]
    )
    if before is None or after is None or core is None:
        return None
    moved = {r.name for g in (before, after) for r in g.sources.values()}
    kept = {r.name for r in core.sources.values()}
    outside = (*before.nodes, *after.nodes)
    if moved & kept or any(isinstance(n.box, OperatorBox) for n in outside):
        return None
    if box.attrs["ragged"] and any(region.types[region.outputs[i]].kind != "real" for i in others):
        return None
    return _Parts(region, before, core, after, new, found.inputs, plain, others)


def _rewrite(host: _Host, node: Node, cut: _Parts) -> None:
    """The run in three parts."""
    box = node.box
    assert isinstance(box, OperatorBox)
    region, over, count = cut.region, box.attrs["over"], len(box.cod) - box.attrs["states"]
    which, sequences, _ = parts(box)
    elements = region.inputs[sequences]
    given, prefix = dict(zip(region.inputs, node.ins)), f"{node.name}."

    def at_all_steps(graph: Graph, more: Sequence[int]) -> list[int]:
        """A part of the body at every step; ``more`` are wires in place of its first inputs."""
        ins, flags, used = [], [], list[int]()
        read = {*graph.outputs, *(w for n in graph.nodes for w in n.ins)}
        for place, wire in enumerate(graph.inputs):
            own = place >= len(more)
            if wire not in read:
                continue
            outer = given[wire] if own else more[place]
            moves = not own or wire in elements
            if moves:
                type_ = host.types[outer]
                outer = host.moved(outer, (over, *(a for a in type_.axes if a != over)))
            ins.append(outer)
            flags.append(moves)
            used.append(wire)
        lifted = Stack((over,))(replace(graph, inputs=used), tuple(flags))
        return host.splice(lifted, ins, prefix)

    if not cut.before.nodes and all(w in elements for w in cut.inputs):
        inputs = [given[w] for w in cut.inputs]
    else:
        inputs = at_all_steps(cut.before, [])
    # the run: its states, the inputs of its cell, and the lengths
    place = next((host.types[w].position(over) for w in inputs), 0)
    if cut.plain:
        rows, out = box.cod[cut.plain[0]], node.outs[cut.plain[0]]
    else:
        rows = along(region.types[cut.new], over, place)
        out = host.wire(rows, "states")
    dom = (*box.dom[which], *(host.types[w] for w in inputs))
    ins = (*node.ins[which], *inputs)
    if box.attrs["ragged"]:
        dom, ins = (*dom, box.dom[-1]), (*ins, node.ins[-1])
    attrs = {**box.attrs, "shared": 0}
    run = OperatorBox(SCAN, (cut.core,), dom, (rows, *box.cod[count:]), attrs)
    host.nodes.append(Node(run, ins, (out, *node.outs[count:]), node.name, node.origin))
    for i in cut.plain[1:]:
        host.moved(out, box.cod[i].axes, node.outs[i])
    for i, wire in zip(cut.others, at_all_steps(cut.after, [out]) if cut.others else []):
        if box.attrs["ragged"]:
            wire = _cut(host, wire, over, box, node)
        host.moved(wire, box.cod[i].axes, node.outs[i])


def _cut(host: _Host, wire: int, over: Axis, box: OperatorBox, node: Node) -> int:
    """The sequence with 0 past its length: a run that has no state."""
    type_ = host.types[wire]
    one = at_step(type_, over)
    region = Graph([one], [0], [0], {}, [], {}, {0: host.names.get(wire, "x")}, "cut")
    attrs = {**box.attrs, "states": 0, "shared": 0}
    cut = OperatorBox(SCAN, (region,), (type_, box.dom[-1]), (type_,), attrs)
    out = host.wire(type_, host.names.get(wire, ""))
    host.nodes.append(Node(cut, (wire, node.ins[-1]), (out,), f"{node.name}_cut", node.origin))
    return out


def _between(region: Graph, inputs: list[int], outputs: list[int]) -> Graph | None:
    """The part of a graph from some wires to others; None where it reads another input."""
    others = {*region.inputs} - {*inputs}
    producer, needed, pending = region.producer(), set[int](), list(outputs)
    while pending:
        wire = pending.pop()
        if wire in needed or wire in inputs:
            continue
        if wire in others:
            return None
        needed.add(wire)
        pending.extend(producer[wire].ins if wire in producer else ())
    nodes = [n for n in region.nodes if any(w in needed for w in n.outs)]
    sources = {w: r for w, r in region.sources.items() if w in needed}
    return replace(region, inputs=inputs, outputs=outputs, nodes=nodes, sources=sources, updates={})
