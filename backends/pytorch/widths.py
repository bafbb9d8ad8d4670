"""Widths: hidden axes of an awkward size are padded to a multiple of 8.

Definition.  A hidden axis is *free* where it is made by linear maps, carried by operations that act
on each of its entries alone, and summed by linear maps, all on the last axis.  Entries of weight 0
on both ends change nothing that is seen: the weights are padded, and every array between has rows
of a multiple of 8 numbers.

Laws.  The values and all gradients are the same: the entries that are added have outgoing weights
0, so nothing flows back through them, and each function between is finite at 0 with its derivative.

Cost.  The weights are copied once a pass, so this is done for arrays over pairs (three axes of open
size or more), where a matrix product that writes rows of 258 numbers takes up to three times as
long as one of 264 (one thread, 8192 rows, 16 → 258: 6.7 ms; 16 → 264: 2.5 ms).

>>> from categorical import Dim, Real, arrow, op
>>> b, n, c, h, k = Dim.named("b n c h k")
>>> net = op.linear(c, h) >> op.relu >> op.linear(h, k)
>>> graph = net.at(Real[b, n, n.at("to"), c]).graph()
>>> {str(a) for a in free_widths(graph, {"h": 258}).values()}
{'h'}

A multiple of 8 stays, and so does an axis that something else reads:

>>> free_widths(graph, {"h": 256}), free_widths((net >> op.sum(k)).at(Real[n, c]).graph(), {"h": 9})
({}, {})
>>> normed = op.linear(c, h) >> op.layer_norm(h) >> op.linear(h, k)
>>> free_widths(normed.at(Real[b, n, n.at("to"), c]).graph(), {"h": 258})
{}
"""

from __future__ import annotations

from collections.abc import Mapping

from categorical.graph import Graph, Node
from categorical.index import Axis, Dim
from categorical.ops.common import pick
from categorical.records import Box

ALIGNED = 8
LEAST = 32  # narrower axes fit in few registers either way
ARITHMETIC = ("add", "sub", "mul", "neg", "scale", "transpose")
RECTIFIERS = ("relu", "leaky_relu", "relu6", "gelu", "gelu_tanh", "silu", "mish", "elu")
BOUNDED = ("sigmoid", "logsigmoid", "tanh", "hard_tanh", "softplus", "softsign", "sin", "cos")
ENTRYWISE = frozenset((*ARITHMETIC, *RECTIFIERS, *BOUNDED, "square", "erf"))


def free_widths(graph: Graph, sizes: Mapping[str, int]) -> dict[int, Axis]:
    """The wires that may be padded, each with its axis."""
    found: dict[str, list[int]] = {}
    for wire, type_ in enumerate(graph.types):
        for one in type_.axes:
            if isinstance(one.index, Dim) and _awkward(sizes.get(one.index.name, 0)):
                found.setdefault(one.index.name, []).append(wire)
    producers = {w: n for n in graph.nodes for w in n.outs}
    consumers = graph.consumers()
    padded: dict[int, Axis] = {}
    for name, all_wires in found.items():
        wires = [w for w in all_wires if w not in graph.sources]
        axes = {a for w in wires for a in graph.types[w].axes if _named(a, name)}
        if len(axes) != 1 or any(w in graph.inputs or w in graph.outputs for w in wires):
            continue
        (one,) = axes
        makes = all(w in producers and _makes(graph, producers[w], w, one) for w in wires)
        reads = all(_carries(n, one) or _sums(n, one) for w in wires for n in consumers[w])
        many = any(_open(graph, w, sizes) >= 3 for w in wires)
        if wires and makes and reads and many:
            padded |= dict.fromkeys(wires, one)
    return padded


def _awkward(size: int) -> bool:
    return size >= LEAST and size % ALIGNED != 0


def _named(one: Axis, name: str) -> bool:
    return any(d.name == name for d in one.index.atoms)


def _last(graph: Graph, wire: int, one: Axis) -> bool:
    axes = graph.types[wire].axes
    return axes.count(one) == 1 and axes[-1] is one


def _makes(graph: Graph, node: Node, wire: int, one: Axis) -> bool:
    box = node.box
    if not isinstance(box, Box):
        return False
    if box.name == "linear":
        own = pick("linear", box.dom[0], box.op["source"])
        return box.op["target"] is one and own is not one and _last(graph, wire, one)
    return _carries(node, one)


def _sums(node: Node, one: Axis) -> bool:
    box = node.box
    return (
        isinstance(box, Box)
        and box.name == "linear"
        and box.op["source"] is one
        and box.op["target"] is not one
        and box.dom[0].axes[-1] is one
        and box.dom[0].kind == "real"
    )


def _carries(node: Node, one: Axis) -> bool:
    """Each entry along the axis by itself, and the axis in every input and output."""
    box = node.box
    if not isinstance(box, Box) or any(one not in t.axes for t in (*box.dom, *box.cod)):
        return False
    if box.name in ("expand", "relabel"):
        return not any(one is a for value in box.op.attrs.values() for a in _axes(value))
    return box.name in ENTRYWISE


def _axes(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _open(graph: Graph, wire: int, sizes: Mapping[str, int]) -> int:
    """How many axes have a size that only the input tells."""
    return sum(any(d.name not in sizes for d in a.index.atoms) for a in graph.types[wire].axes)
