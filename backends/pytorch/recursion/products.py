"""Products of a loop: sums ``a_t + W v_t`` with one weight for all steps.

Definition.  A product is a linear map without bias of the last axis of something that a state
reaches, whose result is added, and read by nothing else, to something that no state reaches.

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
    """``sum = start + W v`` at every step: its nodes, and the names it gets."""

    linear: Node
    sum: Node
    read: int
    weight: int
    start: int
    entries: str = ""
    sequence: str = ""
    place: int = 0
    step: str = ""
    trace: str = ""
    reads: str = ""


def products(region: Graph, states: set[int]) -> list[Product]:
    """The sums of a product with one weight and of something that no state reads."""
    moving = dependent(region, list(states))
    readers, made, found = region.consumers(), region.producer(), []
    for node in region.nodes:
        box = node.box
        if not isinstance(box, Box) or box.name != "linear" or box.op["bias"]:
            continue
        type_, out = box.dom[0], node.outs[0]
        own = pick("linear", type_, box.op["source"])
        after = readers.get(out, [])
        if type_.kind != "real" or type_.axes[-1] is not own or out in region.outputs:
            continue
        if node.ins[0] not in moving or node.ins[1] not in region.inputs or len(after) != 1:
            continue
        if not isinstance(after[0].box, Box) or after[0].box.name != "add":
            continue
        start = next((w for w in after[0].ins if w != out), out)
        broadcast = made.get(start)
        if start in moving or (broadcast is not None and broadcast.box.name != "expand"):
            continue
        if broadcast is not None and broadcast.ins[0] not in region.inputs:
            continue
        found.append(Product(node, after[0], node.ins[0], node.ins[1], start))
    return found
