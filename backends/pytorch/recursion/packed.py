"""Packs: parallel runs of one cell with weights of their own, as one run.

Definition.  Runs of a graph are *parallel* where they go along one axis in one direction (with one
wire of lengths), their cells are the same but for the weights, and none reads what another makes.
They become one run of the cell with an axis more: its states, the weights and the inputs that
differ are stacked, a linear map of the state is a product at every index of the new axis, and the
outputs are taken apart again.  It is done to hoisted runs, whose weights are inputs.

Law.  The product of folds is the fold of the product (banana split): the graph is the same arrow,
with the same resources.

>>> from categorical import Dim, Real, copy, op
>>> from categorical.recursion import fold
>>> from backends.pytorch.recursion.hoist import hoisted
>>> t, s = Dim.named("t s")
>>> cell = (op.linear(s, s) @ op.linear(s, s)) >> op.add >> op.tanh
>>> one, two = (fold(cell, over=t, start=0, name=name) for name in ("one", "two"))
>>> graph, _ = hoisted((copy(Real[t, s]) >> (one @ two)).graph())
>>> found, groups = together(graph)
>>> [node.box.name for node in found.nodes if node.regions], groups
(['scan'], [2])

One after the other they are not parallel:

>>> from categorical.recursion import scan
>>> one, two = (scan(cell, over=t, start=0, name=name) for name in ("one", "two"))
>>> together(hoisted((one >> two).graph())[0])[1]
[]
"""

from __future__ import annotations

from dataclasses import replace

from backends.pytorch.recursion.hoist_sums import dependent, in_order
from categorical.functors import Stack
from categorical.graph import Builder, Graph, Node, OperatorBox
from categorical.index import Axis, points
from categorical.normal import text
from categorical.ops import axes, contraction, sums
from categorical.records import Box, Op
from categorical.recursion.machine import parts
from categorical.spaces import Array

LABEL = "fold"


def together(graph: Graph) -> tuple[Graph, list[int]]:
    """The graph with its parallel runs packed, in regions too, and how many each pack has."""
    done: dict[int, tuple[Graph, Graph]] = {}
    sizes: list[int] = []
    return _together(graph, done, sizes), sizes


def _together(graph: Graph, done: dict[int, tuple[Graph, Graph]], sizes: list[int]) -> Graph:
    if id(graph) in done:
        return done[id(graph)][1]
    nodes = []
    for node in graph.nodes:
        if isinstance(node.box, OperatorBox) and not node.box.operator.whole:
            regions = tuple(_together(r, done, sizes) for r in node.regions)
            if any(a is not b for a, b in zip(regions, node.regions, strict=True)):
                box = replace(node.box, regions=regions)
                node = Node(box, node.ins, node.outs, node.name, node.origin)
        nodes.append(node)
    made = graph
    if any(a is not b for a, b in zip(nodes, graph.nodes, strict=True)):
        made = replace(graph, nodes=nodes)
    for group in _groups(made):
        made = _Pack(made, group).graph()
        sizes.append(len(group))
    done[id(graph)] = (graph, made)
    return made


def key_of(graph: Graph, node: Node) -> tuple[object, ...] | None:
    """What parallel runs have in common; None for what is no run, or has weights in its cell."""
    box = node.box
    if not isinstance(box, OperatorBox) or box.name != "scan" or box.attrs["weights"] != "tied":
        return None
    region = box.regions[0]
    if "monoid" in box.attrs:  # a parallel scan is no loop
        return None
    if region.resources() or any(isinstance(n.box, OperatorBox) for n in region.nodes):
        return None
    attrs = tuple(sorted((k, str(v)) for k, v in box.attrs.items()))
    lengths = node.ins[-1] if box.attrs["ragged"] else -1
    return (text(replace(region, name="")), box.dom, box.cod, attrs, lengths)


def _groups(graph: Graph) -> list[list[Node]]:
    """The parallel runs."""
    found: dict[tuple[object, ...], list[list[Node]]] = {}
    for node in graph.nodes:
        key = key_of(graph, node)
        if key is None or not _packs(node):
            continue
        for group in found.setdefault(key, []):
            reached = dependent(graph, [w for one in group for w in one.outs])
            if reached.isdisjoint(node.ins):
                group.append(node)
                break
        else:
            found[key].append([node])
    return [group for groups in found.values() for group in groups if len(group) > 1]


def _packs(node: Node) -> bool:
    """Whether every linear map of the cell can become a product at every index of a new axis."""
    box = node.box
    assert isinstance(box, OperatorBox)
    region = box.regions[0]
    which, _, shared = parts(box)
    moving = dependent(region, region.inputs[which])
    weights = set(region.inputs[shared])
    for inner in region.nodes:
        if not isinstance(inner.box, Box):
            return False
        own = inner.ins[len(inner.box.dom) :]
        if not own:
            continue
        if inner.box.name != "linear" or inner.box.op["bias"] or not weights.issuperset(own):
            return False
        if inner.ins[0] not in moving or inner.box.dom[0].kind != "real":
            return False
    return True


def twins(graph: Graph, node: Node) -> int:
    """How many runs of a graph are like one that is not hoisted yet, itself counted."""
    box = node.box
    assert isinstance(box, OperatorBox)
    own = text(replace(box.regions[0], name=""))
    count = 0
    for other in graph.nodes:
        same = other.box
        if not isinstance(same, OperatorBox) or same.name != "scan" or other.name == node.name:
            continue
        if (same.dom, same.cod, str(same.attrs)) != (box.dom, box.cod, str(box.attrs)):
            continue
        if own == text(replace(same.regions[0], name="")):
            count += 1
    return count + 1


class Folds(Stack):
    """The power functor on cells whose weights differ at every index as well."""

    def __init__(self, axis: Axis) -> None:
        super().__init__((axis,))
        self.axis = axis

    def on_box(
        self, builder: Builder, node: Node, box: Box, ins: tuple[int, ...], moved: list[bool]
    ) -> tuple[int, ...]:
        types = builder.graph.types
        if box.name != "linear" or self.axis not in types[ins[1]].axes:
            return super().on_box(builder, node, box, ins, moved)
        source, out = box.op["source"], self.on_type(box.cod[0])
        label = types[ins[1]].axes[1]
        target = box.op["target"]
        keep = tuple(label if a is target else a for a in out.axes)
        product = Op(contraction.EINSUM, keep=keep, over=(source,))
        (wire,) = builder.apply(product, ins, node.name)
        if label is not target:
            (wire,) = builder.apply(Op(axes.RELABEL, old=label, new=target), (wire,), node.name)
        return (wire,)


class _Pack:
    """One group, packed."""

    def __init__(self, old: Graph, group: list[Node]) -> None:
        self.old, self.group = old, group
        self.types, self.names = list(old.types), dict(old.names)
        self.axis = Axis(points(len(group)), LABEL)
        self.nodes: list[Node] = []

    def graph(self) -> Graph:
        first = self.group[0].box
        assert isinstance(first, OperatorBox)
        which = parts(first)[0]
        region, ragged = first.regions[0], int(first.attrs["ragged"])
        ins, flags = [], []
        for place, inner in enumerate(region.inputs):
            wires = [node.ins[place] for node in self.group]
            moved = which.start <= place < which.stop or len(set(wires)) > 1
            ins.append(self._stacked(wires, region.wire_name(inner)) if moved else wires[0])
            flags.append(moved)
        ins += self.group[0].ins[len(ins) :][:ragged]
        lift = Folds(self.axis)
        body = lift(replace(region, name=""), tuple(flags))
        cod = tuple(map(lift.on_type, first.cod))
        dom = tuple(self.types[w] for w in ins)
        box = OperatorBox(first.operator, (body,), dom, cod, dict(first.attrs))
        outs = []
        for place, type_ in enumerate(cod):
            outs.append(self._wire(type_, self.old.wire_name(self.group[0].outs[place])))
        origin = self.group[0].origin
        self.nodes.append(Node(box, tuple(ins), tuple(outs), self.group[0].name, origin))
        read = {w for n in self.old.nodes for w in n.ins}.union(self.old.outputs)
        read.update(self.old.updates.values())
        for place, node in enumerate(self.group):
            for whole, one, type_ in zip(outs, node.outs, cod, strict=True):
                if one not in read:
                    continue
                take = Op(sums.TAKE, axis=self.axis, at=place).box((type_,))
                self.nodes.append(Node(take, (whole,), (one,), "take"))
        gone = set(map(id, self.group))
        kept = [n for n in self.old.nodes if id(n) not in gone]
        return replace(
            self.old, types=self.types, names=self.names, nodes=in_order([*kept, *self.nodes])
        )

    def _wire(self, type_: Array, name: str) -> int:
        self.types.append(type_)
        self.names[len(self.types) - 1] = name
        return len(self.types) - 1

    def _put(self, op: Op, ins: tuple[int, ...], name: str) -> int:
        box = op.box(tuple(self.types[w] for w in ins))
        wire = self._wire(box.cod[0], name)
        self.nodes.append(Node(box, ins, (wire,), name))
        return wire

    def _stacked(self, wires: list[int], name: str) -> int:
        """Wires of one type along the new axis, in front."""
        if len(set(wires)) == 1:
            return self._put(Op(axes.EXPAND, axes=(self.axis,)), (wires[0],), name)
        single = Axis(points(1), LABEL)
        rows = [self._put(Op(axes.EXPAND, axes=(single,)), (w,), name) for w in wires]
        joined = Op(sums.CONCAT, axes=(single,) * len(rows), label=LABEL)
        return self._put(joined, tuple(rows), name)
