"""Sums and products of a cell put in order, before it is hoisted.

Definition.  ``regrouped`` brings every sum into the form (what reads a state) + (what does not),
where the biases of the first part are moved to the second.  ``packed`` makes one product of the
linear maps that read one wire and whose results are added to something that no state reads.

Laws.  Addition is associative and commutative, and ``[U; V] x = [U x; V x]``: both keep the meaning
in real arithmetic, with the same weights.

>>> from categorical import Dim, Real, arrow, op
>>> a, s = Dim.named("a s")
>>> @arrow
... def cell(state: Real[s], x: Real[a]) -> Real[s]:
...     return op.tanh(op.linear(s, s, name="back")(state) + op.linear(a, s, name="into")(x))
>>> print(regrouped(cell.graph(), 1))
(state: Real[s], x: Real[a]) →
  back = linear(state; back.weight): Real[s]
  bias = add(into.bias, back.bias): Real[s]
  into = linear(x; into.weight, bias): Real[s]
  add = add(back, into): Real[s]
  tanh = tanh(add): Real[s]
→ tanh

A sum with no part that is free of states stays:

>>> @arrow
... def free(state: Real[s]) -> Real[s]:
...     return op.linear(s, s, bias=False)(state) + state
>>> same = free.graph()
>>> len(regrouped(same, 1).nodes) == len(same.nodes)
True
"""

from __future__ import annotations

from dataclasses import replace

from categorical.graph import Graph, Node, OperatorBox
from categorical.index import Axis, axis, disjoint_sum
from categorical.normal import prune
from categorical.ops import axes, contraction, pointwise, sums
from categorical.records import Box, Op
from categorical.spaces import Array


def dependent(graph: Graph, start: list[int]) -> set[int]:
    """The wires that some of these reach."""
    found = set(start)
    for node in graph.nodes:
        if not found.isdisjoint(node.ins):
            found.update(node.outs)
    return found


def needed(graph: Graph, wires: list[int]) -> set[int]:
    """The wires that these are made of, themselves included."""
    found = set(wires)
    for node in reversed(graph.nodes):
        if not found.isdisjoint(node.outs):
            found.update(node.ins)
    return found


class Editor:
    """A copy of a graph whose nodes are written anew."""

    def __init__(self, graph: Graph, states: int) -> None:
        self.graph, self.states = graph, states
        self.types, self.names = list(graph.types), dict(graph.names)
        self.nodes: list[Node] = []
        self.moving = dependent(graph, graph.inputs[:states])
        self.made = graph.producer()
        self.readers = graph.consumers()
        self.kept = {*graph.outputs, *graph.updates.values()}

    def put(
        self, op: Op, ins: tuple[int, ...], name: str, weights: tuple[int, ...] = ()
    ) -> tuple[int, ...]:
        """Add a node; its output wires."""
        box = op.box(tuple(self.types[w] for w in ins))
        outs = []
        for type_ in box.cod:
            self.types.append(type_)
            outs.append(len(self.types) - 1)
            self.names[outs[-1]] = name
        self.nodes.append(Node(box, (*ins, *weights), tuple(outs), name))
        return tuple(outs)

    def once(self, wire: int, name: str) -> tuple[Node, Box] | None:
        """The box of a kind that makes a wire which is read once."""
        node = self.made.get(wire)
        if node is None or isinstance(node.box, OperatorBox) or node.box.name != name:
            return None
        alone = len(self.readers.get(wire, ())) == 1 and wire not in self.kept
        return (node, node.box) if alone else None

    def total(self, wires: list[int]) -> int:
        """The sum of wires of one type."""
        result = wires[0]
        for one in wires[1:]:
            (result,) = self.put(Op(pointwise.ADD), (result, one), "add")
        return result

    def spread(self, wire: int, wanted: Array) -> int:
        """A wire repeated along the axes that it lacks."""
        have = self.types[wire].axes
        missing = tuple(a for a in wanted.axes if a not in have)
        if missing:
            (wire,) = self.put(Op(axes.EXPAND, axes=missing), (wire,), "expand")
        if self.types[wire] is not wanted:
            (wire,) = self.put(axes.transpose(*wanted.axes).op, (wire,), "transpose")
        return wire

    def finished(self) -> Graph:
        """The graph in an order in which it can be computed, without what nobody reads."""
        edited = replace(self.graph, types=self.types, names=self.names, nodes=in_order(self.nodes))
        return prune(edited)


def in_order(nodes: list[Node]) -> list[Node]:
    """Every node after those that it reads; otherwise as they stand."""
    made = {w: node for node in nodes for w in node.outs}
    done: set[int] = set()
    found: list[Node] = []
    for first in nodes:
        pending = [first]
        while pending:
            node = pending[-1]
            if id(node) in done:
                pending.pop()
                continue
            before = [made[w] for w in node.ins if w in made and id(made[w]) not in done]
            if before:
                pending.extend(reversed(before))
                continue
            done.add(id(node))
            found.append(pending.pop())
    return found


def affine(box: Box, bias: bool) -> Op:
    """The linear map with or without a bias."""
    attrs = {**box.op.attrs, "bias": bias}
    return Op(box.generator, **attrs)


# --- joined inputs ----------------------------------------------------------------------------


def parted(graph: Graph, states: int) -> Graph:
    """A linear map of a state joined with something that no state reads, as a sum of two maps.

    >>> from categorical import Dim, Real, arrow, op
    >>> a, s = Dim.named("a s")
    >>> @arrow
    ... def cell(h: Real[s], x: Real[a]) -> Real[s]:
    ...     return op.linear(a + s, s, name="both")(op.concat(a, s)(x, h))
    >>> [node.box.name for node in parted(cell.graph(), 1).nodes]
    ['relabel', 'unconcat', 'relabel', 'linear', 'relabel', 'linear', 'add']
    """
    editor = Editor(graph, states)
    for node in graph.nodes:
        joined = editor.once(node.ins[0], "concat") if node.ins else None
        box = node.box
        if joined is None or isinstance(box, OperatorBox) or box.name != "linear":
            editor.nodes.append(node)
            continue
        parts, wires = joined[1].op["axes"], joined[0].ins
        whole = joined[1].cod[0].axes[joined[1].dom[0].position(axis(parts[0]))]
        if whole is not box.op["source"] or len({w in editor.moving for w in wires}) < 2:
            editor.nodes.append(node)
            continue
        _apart(editor, node, box, wires, tuple(map(axis, parts)))
    return editor.finished()


def _apart(
    editor: Editor, node: Node, box: Box, wires: tuple[int, ...], parts: tuple[Axis, ...]
) -> None:
    rows = editor.types[node.ins[1]].axes[0]
    apart = Axis(rows.index, "rows")  # a part may range over what the rows range over
    weight = editor.put(Op(axes.RELABEL, old=rows, new=apart), node.ins[1:2], "weight")
    weights = editor.put(sums.unconcat(*parts, of=box.op["source"]).op, weight, "weight")
    terms = []
    for place, (wire, part, weight) in enumerate(zip(wires, parts, weights, strict=True)):
        bias = node.ins[2:] if place == 0 else ()
        attrs = {**box.op.attrs, "source": part, "bias": bool(bias), "init": None}
        op = Op(box.generator, **attrs)
        target = op.box((editor.types[wire],)).resources[0].space.axes[0]
        (own,) = editor.put(Op(axes.RELABEL, old=apart, new=target), (weight,), "weight")
        terms += editor.put(op, (wire,), node.name, (own, *bias))
    last = Op(pointwise.ADD).box((box.cod[0],) * 2)
    ins = (editor.total(terms[:-1]), terms[-1])
    editor.nodes.append(Node(last, ins, node.outs, node.name, node.origin))


# --- sums -------------------------------------------------------------------------------------


def regrouped(graph: Graph, states: int) -> Graph:
    """Every sum as (what reads a state) + (what does not), with all biases in the second part."""
    editor = Editor(graph, states)
    wanted = needed(graph, graph.outputs[len(graph.outputs) - states :])
    for node in graph.nodes:
        wire = node.outs[0] if node.outs else -1
        if not _adds(editor, node) or _inside(editor, wire):
            editor.nodes.append(node)
            if wire in wanted and not _term(editor, wire):
                _part(editor, node)
            continue
        leaves = _leaves(editor, node)
        fixed = [w for w in leaves if w not in editor.moving]
        moving = [w for w in leaves if w in editor.moving]
        if not fixed:
            editor.nodes.append(node)
            continue
        biases = []
        for place, one in enumerate(moving):
            found = editor.once(one, "linear")
            if found is not None and found[1].op["bias"]:
                data, weight, bias = found[0].ins
                (moving[place],) = editor.put(
                    affine(found[1], False), (data,), found[0].name, (weight,)
                )
                biases.append(bias)
        start = _constant(editor, fixed, biases, graph.types[wire])
        last = Op(pointwise.ADD).box((graph.types[wire],) * 2)
        ins = (editor.total(moving), start)
        editor.nodes.append(Node(last, ins, node.outs, node.name, node.origin))
    return editor.finished()


def _term(editor: Editor, wire: int) -> bool:
    """Whether a wire is a term of a sum that has a part free of states."""
    while editor.once(wire, editor.made[wire].box.name) is not None:
        reader = editor.readers[wire][0]
        if not _adds(editor, reader):
            return False
        if any(w not in editor.moving for w in reader.ins):
            return True
        wire = reader.outs[0]
    return False


def _part(editor: Editor, node: Node) -> None:
    """An affine map of a moving wire as a product and a bias: ``packed`` may join it to others."""
    box = node.box
    if not isinstance(box, Box) or box.name != "linear" or not box.op["bias"]:
        return
    type_ = box.dom[0]
    if node.ins[0] not in editor.moving or type_.kind != "real":
        return
    if type_.axes[-1] is not box.op["source"]:
        return
    editor.nodes.pop()
    (product,) = editor.put(affine(box, False), node.ins[:1], node.name, node.ins[1:2])
    bias = editor.spread(node.ins[2], box.cod[0])
    total = Op(pointwise.ADD).box((box.cod[0],) * 2)
    editor.nodes.append(Node(total, (product, bias), node.outs, node.name, node.origin))


def _adds(editor: Editor, node: Node) -> bool:
    return (
        isinstance(node.box, Box)
        and node.box.name == "add"
        and node.outs[0] in editor.moving
        and node.box.cod[0].kind in ("real", "complex")
    )


def _inside(editor: Editor, wire: int) -> bool:
    """Whether a sum is a term of another sum, and of nothing else."""
    found = editor.once(wire, "add")
    return found is not None and _adds(editor, editor.readers[wire][0])


def _leaves(editor: Editor, root: Node) -> list[int]:
    found, pending = [], list(reversed(root.ins))
    while pending:
        wire = pending.pop()
        if wire in editor.moving and editor.once(wire, "add") is not None:
            pending.extend(reversed(editor.made[wire].ins))
        else:
            found.append(wire)
    return found


def _constant(editor: Editor, fixed: list[int], biases: list[int], type_: Array) -> int:
    """The sum of the terms that read no state, with the biases of those that do."""
    fixed = list(fixed)
    for place, one in enumerate(fixed):
        found = editor.once(one, "linear")
        if found is None or not biases:
            continue
        node, box = found
        alike = [b for b in biases if editor.types[b].axes == (box.op["target"],)]
        if not alike:
            continue
        data, weight, *own = node.ins
        bias = [*own, *alike]
        total = bias[0]
        for more in bias[1:]:
            (total,) = editor.put(Op(pointwise.ADD), (total, more), "bias")
        (fixed[place],) = editor.put(affine(box, True), (data,), node.name, (weight, total))
        biases = [b for b in biases if b not in alike]
    return editor.total([*fixed, *(editor.spread(b, type_) for b in biases)])


# --- packs ------------------------------------------------------------------------------------


def packed(graph: Graph, states: int) -> Graph:
    """One product where several linear maps read one wire and are added to fixed wires."""
    editor = Editor(graph, states)
    wanted = needed(graph, graph.outputs[len(graph.outputs) - states :])
    groups: dict[tuple[object, ...], list[tuple[Node, Node, int]]] = {}
    for node in graph.nodes:
        found = _product(editor, node)
        if found is not None:
            key = (node.ins[0], node.box.op["source"], found[0].outs[0] in wanted)  # type: ignore[union-attr]
            groups.setdefault(key, []).append((node, *found))
    gone: set[int] = set()
    for group in groups.values():
        if len(group) > 1:
            _pack(editor, group)
            gone.update(w for one in group for node in one[:2] for w in node.outs)
    kept = [n for n in graph.nodes if not n.outs or n.outs[0] not in gone]
    editor.nodes = [*kept, *editor.nodes]
    return editor.finished()


def _product(editor: Editor, node: Node) -> tuple[Node, int] | None:
    """The sum that a linear map of the last axis of a moving wire goes into, and its other term."""
    box = node.box
    if not isinstance(box, Box) or box.name != "linear" or box.op["bias"]:
        return None
    type_, wire = box.dom[0], node.outs[0]
    if wire not in editor.moving or type_.kind != "real" or type_.axes[-1] is not box.op["source"]:
        return None
    readers = editor.readers.get(wire, [])
    if wire in editor.kept or len(readers) != 1 or not _adds(editor, readers[0]):
        return None
    start = next((w for w in readers[0].ins if w != wire), wire)
    return None if start in editor.moving else (readers[0], start)


def _pack(editor: Editor, group: list[tuple[Node, Node, int]]) -> None:
    maps = [node for node, _, _ in group]
    boxes = [node.box for node in maps if isinstance(node.box, Box)]
    parts = tuple(box.op["target"] for box in boxes)
    starts = [start for _, _, start in group]
    start = _one_map(editor, starts, parts) or _joined(editor, starts, parts, "starts")
    weight = _joined(editor, [n.ins[1] for n in maps], _rows(editor, maps), "weights")
    op = _wide(boxes[0], parts, bias=False)
    (product,) = editor.put(op, (maps[0].ins[0],), "gates", (weight,))
    (total,) = editor.put(Op(pointwise.ADD), (product, start), "gates")
    sums_ = [node for _, node, _ in group]
    box = sums.unconcat(*parts, of=op["target"]).op.box((editor.types[total],))
    outs = tuple(node.outs[0] for node in sums_)
    editor.nodes.append(Node(box, (total,), outs, "gates"))
    for node, wire in zip(maps, outs):  # the name of a gate is that of its map, where it had one
        if editor.names.get(wire, "").rstrip("0123456789").rstrip("_") == "add":
            editor.names[wire] = editor.names.get(node.outs[0], "gate")


def _one_map(editor: Editor, starts: list[int], parts: tuple[Axis, ...]) -> int | None:
    """The starts as one linear map, where they are maps of one wire."""
    found = [editor.once(w, "linear") for w in starts]
    pairs = [one for one in found if one is not None]
    if len(pairs) < len(starts):
        return None
    nodes, boxes = [n for n, _ in pairs], [b for _, b in pairs]
    alike = {(n.ins[0], b.op["source"], b.op["bias"]) for n, b in pairs}
    if len(alike) != 1 or [b.op["target"] for b in boxes] != list(parts):
        return None
    weights = [_joined(editor, [n.ins[1] for n in nodes], _rows(editor, nodes), "weights")]
    if boxes[0].op["bias"]:
        weights.append(_joined(editor, [n.ins[2] for n in nodes], parts, "biases"))
    op = _wide(boxes[0], parts, bias=boxes[0].op["bias"])
    return editor.put(op, (nodes[0].ins[0],), "inputs", tuple(weights))[0]


def _rows(editor: Editor, maps: list[Node]) -> tuple[Axis, ...]:
    return tuple(editor.types[node.ins[1]].axes[0] for node in maps)


def _joined(editor: Editor, wires: list[int], parts: tuple[Axis, ...], name: str) -> int:
    return editor.put(Op(sums.CONCAT, axes=parts, label=""), tuple(wires), name)[0]


def _wide(box: Box, parts: tuple[Axis, ...], bias: bool) -> Op:
    target = Axis(disjoint_sum(*(a.index for a in parts)))
    return Op(contraction.LINEAR_MAP, source=box.op["source"], target=target, bias=bias, init=None)
