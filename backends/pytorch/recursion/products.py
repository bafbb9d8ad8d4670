"""Products of a loop: sums ``a_t + W v_t`` with one weight for all steps.

Definition.  A product is a linear map without bias of the last axis of something that a state
reaches.  Where its result is added to something that no state reaches, and read by nothing else,
that is its start; otherwise the start is 0 (−1 among the wires).

>>> from categorical import Dim, Real, op
>>> from categorical.recursion import fold
>>> from backends.pytorch.recursion.hoist import hoisted
>>> t, a, s = Dim.named("t a s")
>>> cell = (op.linear(s, s) @ op.linear(a, s)) >> op.add >> op.tanh
>>> graph, _ = hoisted(fold(cell, over=t).graph())
>>> region = graph.nodes[-1].regions[0]
>>> [p.linear.box.name for p in products(region, {region.inputs[0]})]
['linear']

Two states that are added are none:

>>> region = op.add.at(Real[s], Real[s]).graph()
>>> products(region, set(region.inputs))
[]
"""

from __future__ import annotations

from dataclasses import dataclass

from backends.pytorch.recursion.hoist_sums import dependent
from categorical.graph import Graph, Node
from categorical.ops.common import pick
from categorical.records import Box


@dataclass
class Product:
    """``sum = start + W v`` at every step: its nodes, and the names it gets.

    ``batched`` is the same at every index of a leading axis, with a weight for each.
    """

    linear: Node
    sum: Node
    read: int
    weight: int
    start: int
    batched: bool = False
    between: Node | None = None  # gives an axis its name back
    broadcast: tuple[int, ...] = ()  # wires between the start and the sum, read by nothing else
    entries: str = ""
    sequence: str = ""
    place: int = 0
    step: str = ""
    trace: str = ""
    reads: str = ""

    @property
    def nodes(self) -> list[Node]:
        found = [n for n in (self.linear, self.between, self.sum) if n is not None]
        return found[:-1] if self.sum is self.linear else found


def products(region: Graph, states: set[int]) -> list[Product]:
    """The products of a cell with one weight, with what they are added to."""
    moving = dependent(region, list(states))
    readers, made, found = region.consumers(), region.producer(), []
    for node in region.nodes:
        box = node.box
        if not isinstance(box, Box) or not (_plain(box) or _batched(node, box)):
            continue
        if node.ins[0] not in moving or node.ins[1] not in region.inputs:
            continue
        after, out = _only(region, readers, node.outs[0]), node.outs[0]
        between = after if after is not None and after.box.name == "relabel" else None
        if between is not None:
            out = between.outs[0]
            after = _only(region, readers, out)
        start, chain = -1, []
        if after is not None and after.box.name == "add":
            start = next((w for w in after.ins if w != out), out)
            while start in made and made[start].box.name in ("expand", "transpose"):
                chain.append(start)
                start = made[start].ins[0]
        if after is None or start in moving or start not in region.inputs:
            found.append(Product(node, node, node.ins[0], node.ins[1], -1, not _plain(box)))
            continue
        product = Product(node, after, node.ins[0], node.ins[1], start, not _plain(box), between)
        if all(_only(region, readers, w) is not None for w in chain):
            product.broadcast = tuple(chain)
        found.append(product)
    return found


def _only(region: Graph, readers: dict[int, list[Node]], wire: int) -> Node | None:
    """The box that reads a wire, where nothing else does."""
    found = readers.get(wire, [])
    alone = len(found) == 1 and wire not in region.outputs and isinstance(found[0].box, Box)
    return found[0] if alone else None


def _plain(box: Box) -> bool:
    """A linear map of the last axis, without bias."""
    if box.name != "linear" or box.op["bias"] or box.dom[0].kind != "real":
        return False
    return box.dom[0].axes[-1] is pick("linear", box.dom[0], box.op["source"])


def _batched(node: Node, box: Box) -> bool:
    """``[p, b, s] × [p, n, s] → [p, b, n]``: a product of matrices at every p."""
    if box.name != "einsum" or len(box.dom) != 2 or any(t.kind != "real" for t in box.dom):
        return False
    x, weight, out = (t.axes for t in (*box.dom, *box.cod))
    if len(x) != 3 or len(weight) != 3:
        return False
    return out == (x[0], x[1], weight[1]) and weight[0] is x[0] and weight[2] is x[2]
