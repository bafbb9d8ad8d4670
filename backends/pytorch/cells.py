"""Cells: one step of a recurrence that torch has a kernel for.

Law.  With gates ``i, f, g, o`` the four parts of ``W x + b + V h + d``::

    c' = σ(f) · c + σ(i) · tanh(g)        h' = σ(o) · tanh(c')

is ``torch.lstm_cell(x, (h, c), W, V, b, d)``, gradients everywhere, where each wire between is read
once (c' as often as one likes); a bias that is not there is None.  It computes the gates in place:
5 % faster forward and backward than the same operations one by one on a CPU (batch 16 and 512, 32
units), one kernel on a GPU.  Runs of cells are ``backends.pytorch.recursion.kernels``.

>>> from categorical import Dim, Real, arrow, op
>>> b, k, n = Dim.named("b k n")
>>> def step(squash):
...     @arrow
...     def cell(x: Real[b, k], h: Real[b, n], c: Real[b, n]) -> Real[b, n] * Real[b, n]:
...         both = op.linear(k, 4 * n)(x) + op.linear(n, 4 * n)(h)
...         gates = op.split(4 * n, 4, n)(both)
...         i, f, g, o = (op.take(4, j)(gates) for j in range(4))
...         c = op.sigmoid(f) * c + op.sigmoid(i) * squash(g)
...         return op.sigmoid(o) * op.tanh(c), c
...     return cell.graph()
>>> len(lstm_cells(step(op.tanh))[0])
1

Another function of the candidate is another cell:

>>> len(lstm_cells(step(op.relu))[0])
0
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from categorical.graph import Graph, Node
from categorical.ops.common import pick
from categorical.records import Box


@dataclass(frozen=True)
class LstmCell:
    """A recognised step: its inputs, weights (W, V, b, d; no bias is None) and outputs."""

    x: int
    h: int
    c: int
    weights: tuple[int | None, ...]
    state: int
    memory: int


def lstm_cells(graph: Graph) -> tuple[dict[int, LstmCell], set[int]]:
    """Every step in a graph, by the wire of its memory, and the wires that become needless."""
    found: dict[int, LstmCell] = {}
    needless: set[int] = set()
    names = {node.box.name for node in graph.nodes}
    if not {"sigmoid", "tanh", "mul", "add", "linear"} <= names:
        return found, needless
    search = _Search(graph)
    for node in graph.nodes:
        if node.box.name == "mul" and node.outs[0] not in needless:
            match = search.cell(node)
            if match is not None and match[0].memory not in found:
                found[match[0].memory] = match[0]
                needless |= match[1]
    return found, needless


class _Search:
    def __init__(self, graph: Graph) -> None:
        self.graph, self.producer = graph, graph.producer()
        self.reads: dict[int, int] = {}
        for node in graph.nodes:
            for w in node.ins:
                self.reads[w] = self.reads.get(w, 0) + 1
        for w in (*graph.outputs, *graph.updates.values()):
            self.reads[w] = self.reads.get(w, 0) + 2

    def made(self, wire: int, name: str, reads: int = 1) -> Node | None:
        """The node that makes a wire by a box of this name, for so many readers (0: any)."""
        node = self.producer.get(wire)
        if node is None or not isinstance(node.box, Box) or node.box.name != name:
            return None
        return node if reads in (0, self.reads.get(wire, 0)) else None

    def cell(self, last: Node) -> tuple[LstmCell, set[int]] | None:
        """The step that ends with this product ``σ(o) · tanh(c')``."""
        for one, other in (last.ins, last.ins[::-1]):
            shown, squashed = self.made(one, "sigmoid"), self.made(other, "tanh")
            total = self.made(squashed.ins[0], "add", 0) if squashed else None
            if shown is None or total is None:
                continue
            for keep, enter, c, inner in self._terms(total):
                gates = self._gates([enter, keep, inner[0], shown.ins[0]])
                if gates is None:
                    continue
                maps = self._maps(gates[0], self.graph.types[c].axes)
                if maps is not None:
                    x, h, weights, more = maps
                    cell = LstmCell(x, h, c, weights, last.outs[0], total.outs[0])
                    wires = {one, other, last.outs[0], *inner[1:], *gates[1], *more}
                    return cell, wires
        return None

    def _terms(self, total: Node) -> Iterator[tuple[int, int, int, tuple[int, ...]]]:
        """Ways to read ``σ(f) · c + σ(i) · tanh(g)``: f, i, c, and g with the wires between."""
        for left, right in (total.ins, total.ins[::-1]):
            old, new = self.made(left, "mul"), self.made(right, "mul")
            if old is None or new is None:
                continue
            for keep_wire, c in (old.ins, old.ins[::-1]):
                for enter_wire, inner_wire in (new.ins, new.ins[::-1]):
                    keep, enter = self.made(keep_wire, "sigmoid"), self.made(enter_wire, "sigmoid")
                    inner = self.made(inner_wire, "tanh")
                    if keep and enter and inner:
                        between = (inner.ins[0], left, right, keep_wire, enter_wire, inner_wire)
                        yield keep.ins[0], enter.ins[0], c, between

    def _gates(self, wires: list[int]) -> tuple[int, set[int]] | None:
        """The array whose four parts are these wires, in order, and the wires that go."""
        takes = [self.made(w, "take") for w in wires]
        first = takes[0]
        if first is not None:
            apart = first.ins[0]
            split = self.made(apart, "split", 4)
            if split is None or not isinstance(split.box, Box):
                return None
            into = split.box.op["into"]
            for place, node in enumerate(takes):
                if node is None or node.ins[0] != apart or not isinstance(node.box, Box):
                    return None
                axis = pick("take", self.graph.types[apart], node.box.op["axis"])
                if axis is not into[0] or node.box.op["at"] not in (place, place - 4):
                    return None
            if len(into) != 2 or str(into[0].size) != "4":
                return None
            return split.ins[0], {apart, *wires}
        parts = self.made(wires[0], "unconcat")
        if parts is None or list(parts.outs) != wires or any(self.reads[w] != 1 for w in wires):
            return None
        if len({self.graph.types[w] for w in wires}) != 1:
            return None
        return parts.ins[0], set(wires)

    def _maps(
        self, wire: int, memory: tuple[object, ...]
    ) -> tuple[int, int, tuple[int | None, ...], set[int]] | None:
        """``W x + b + V h + d``: x, h, (W, V, b, d) and the wires between."""
        both = self.made(wire, "add")
        if both is None or len(memory) != 2:
            return None
        for one, other in (both.ins, both.ins[::-1]):
            x, h = self.made(one, "linear"), self.made(other, "linear")
            if x is None or h is None:
                continue
            last = [self.graph.types[n.ins[0]].axes for n in (x, h)]
            boxes = [n.box for n in (x, h)]
            if any(len(a) != 2 for a in last) or last[1] != memory:
                continue
            if all(isinstance(b, Box) and b.op["source"] is a[1] for b, a in zip(boxes, last)):
                biases = ((*n.ins[2:], None)[0] for n in (x, h))
                weights = (x.ins[1], h.ins[1], *biases)
                return x.ins[0], h.ins[0], weights, {wire, one, other}
        return None
