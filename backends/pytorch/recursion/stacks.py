"""Stacks: runs of one kind of cell that one call of a kernel makes.

Definition.  A *layer* is a run, or a run from either end over the same inputs whose outputs are
joined, forward ones first (or not read).  A *stack* is layers in which each reads the outputs of
the one before, which nothing else reads, with states of one size; all start from states that do not
depend on the stack itself.

Laws.  Every run of a kernel's cell is in one stack, perhaps alone.  ``arranged`` only changes the
order of nodes: those of a stack stand together.

>>> from categorical import Dim, Real, arrow, op
>>> from categorical.recursion import fold, scan
>>> t, s = Dim.named("t s")
>>> @arrow
... def elman(h: Real[s], x: Real[s]) -> Real[s]:
...     return op.tanh(op.linear(s, s, name="read")(x) + op.linear(s, s, name="again")(h))
>>> two = scan(elman, over=t, start=0, name="low") >> fold(elman, over=t, start=0, name="high")
>>> from backends.pytorch.recursion.isolate import isolate
>>> [len(one.layers) for one in stacks(isolate(two.graph()))]
[2]

Layers between which something happens are apart:

>>> low, high = scan(elman, over=t, start=0), fold(elman, over=t, start=0, name="high")
>>> [len(one.layers) for one in stacks(isolate((low >> op.relu >> high).graph()))]
[1, 1]
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, replace

from backends.pytorch.recursion.cell_patterns import Cell, cell
from categorical.graph import Graph, Node
from categorical.ops.common import pick
from categorical.records import Box


@dataclass(eq=False)
class Run:
    """A run whose body is a kernel's cell and nothing else."""

    node: Node
    cell: Cell
    shown: int | None  # the sequence of new states, if anything reads it

    @property
    def inputs(self) -> tuple[int, ...]:
        """The sequences that it reads."""
        states = self.node.box.attrs["states"]
        return self.node.ins[states : states + len(self.cell.inputs)]

    @property
    def starts(self) -> tuple[int, ...]:
        """The first states, the shown one first."""
        places = (self.cell.state, self.cell.memory)
        return tuple(self.node.ins[p] for p in places if p is not None)

    @property
    def ends(self) -> tuple[int, ...]:
        """The last states, the shown one first."""
        places, count = (self.cell.state, self.cell.memory), self.node.box.attrs["states"]
        return tuple(self.node.outs[-count:][p] for p in places if p is not None)

    def like(self, other: Run) -> bool:
        """Whether one call may make both."""
        one, two = self.node.box, other.node.box
        keys = ("over", "ragged")
        return (
            (self.cell.kind, self.cell.size) == (other.cell.kind, other.cell.size)
            and all(one.attrs[k] == two.attrs[k] for k in keys)
            and one.dom[0] == two.dom[0]
            and (not one.attrs["ragged"] or self.node.ins[-1] == other.node.ins[-1])
        )


@dataclass(eq=False)
class Layer:
    """One run, or one from either end; ``joined`` is the node that joins their outputs."""

    runs: list[Run]
    joined: Node | None = None

    @property
    def shown(self) -> int | None:
        return self.joined.outs[0] if self.joined is not None else self.runs[0].shown

    @property
    def nodes(self) -> list[Node]:
        return [*(r.node for r in self.runs), *([self.joined] if self.joined else [])]


@dataclass(eq=False)
class Stack:
    """Layers, the first one first."""

    layers: list[Layer]

    @property
    def runs(self) -> list[Run]:
        return [run for layer in self.layers for run in layer.runs]

    @property
    def nodes(self) -> list[Node]:
        return [node for layer in self.layers for node in layer.nodes]


def run_of(graph: Graph, node: Node, read: Container[int]) -> Run | None:
    """The run of a node, where its body is a kernel's cell alone; ``read`` wires are read."""
    box = node.box
    if box.name != "scan" or box.attrs["weights"] == "untied" or box.attrs["shared"]:
        return None
    states, region = box.attrs["states"], box.regions[0]
    if states not in (1, 2) or any(inner.box.name == "call" for inner in region.nodes):
        return None
    found = cell(region, states)
    if found is None or list(found.inputs) != region.inputs[states:]:
        return None
    shown = region.outputs[: len(region.outputs) - states]
    new = region.outputs[len(shown) :][found.state]
    if shown not in ([], [new]):
        return None
    return Run(node, found, node.outs[0] if shown and node.outs[0] in read else None)


def stacks(graph: Graph) -> list[Stack]:
    """The stacks of one graph, in the order of their first runs."""
    readers = graph.consumers()
    kept = {*graph.outputs, *graph.updates.values()}
    read = kept | readers.keys()
    runs = [r for node in graph.nodes if (r := run_of(graph, node, read)) is not None]
    before = _Before(graph)
    layers: list[Layer] = []
    free = list(runs)
    while free:
        run = free.pop(0)
        found = next((p for o in free if (p := _pair(graph, run, o, readers, kept, before))), None)
        if found is not None:
            free = [r for r in free if r not in found.runs]
        layers.append(found or Layer([run]))
    made: list[Stack] = []
    under = {layer.shown: layer for layer in layers if layer.shown is not None}
    place: dict[int, Stack] = {}
    for layer in layers:
        low = under.get(layer.runs[0].inputs[0])
        if low is not None and id(low) in place and place[id(low)].layers[-1] is low:
            one = place[id(low)]
            if _above(one, layer, readers, kept, before):
                one.layers.append(layer)
                place[id(layer)] = one
                continue
        place[id(layer)] = Stack([layer])
        made.append(place[id(layer)])
    return made


class _Before:
    """Which wires others are made of."""

    def __init__(self, graph: Graph) -> None:
        self.producer = graph.producer()

    def reaches(self, nodes: list[Node], wires: tuple[int, ...]) -> bool:
        """Whether one of the wires depends on one of the nodes."""
        wanted, seen, pending = {id(n) for n in nodes}, set[int](), list(wires)
        while pending:
            node = self.producer.get(pending.pop())
            if node is None or id(node) in seen:
                continue
            if id(node) in wanted:
                return True
            seen.add(id(node))
            pending.extend(node.ins)
        return False


def _pair(
    graph: Graph,
    one: Run,
    other: Run,
    readers: dict[int, list[Node]],
    kept: set[int],
    before: _Before,
) -> Layer | None:
    """Two runs over the same inputs from either end as a layer."""
    ahead, back = (other, one) if one.node.box.attrs["reverse"] else (one, other)
    if ahead.node.box.attrs["reverse"] or not back.node.box.attrs["reverse"]:
        return None
    if ahead.inputs != back.inputs or not ahead.like(back):
        return None
    if before.reaches([ahead.node], back.starts) or before.reaches([back.node], ahead.starts):
        return None
    shown = (ahead.shown, back.shown)
    if shown == (None, None):
        return Layer([ahead, back])
    if None in shown or kept & {*shown}:
        return None
    found = [readers.get(w or 0, []) for w in shown]
    if [len(r) for r in found] != [1, 1] or found[0][0] is not found[1][0]:
        return None
    node = found[0][0]
    box = node.box
    if not isinstance(box, Box) or box.name != "concat" or node.ins != shown:
        return None
    last = all(pick("concat", t, a) is t.axes[-1] for t, a in zip(box.dom, box.op["axes"]))
    return Layer([ahead, back], node) if last else None


def _above(
    stack: Stack, layer: Layer, readers: dict[int, list[Node]], kept: set[int], before: _Before
) -> bool:
    """Whether a layer may be the next one of a stack."""
    low = stack.layers[-1]
    assert low.shown is not None
    nodes = [run.node for run in layer.runs]
    return (
        len(low.runs) == len(layer.runs)
        and all(run.inputs == (low.shown,) for run in layer.runs)
        and low.shown not in kept
        and all(any(r is n for n in nodes) for r in readers.get(low.shown, []))
        and low.runs[0].like(layer.runs[0])
        and low.runs[0].node.box.attrs["reverse"] == layer.runs[0].node.box.attrs["reverse"]
        and not any(before.reaches(stack.nodes, run.starts) for run in layer.runs)
    )


def arranged(graph: Graph) -> Graph:
    """The graph with the nodes of each stack together; what reads them stands behind."""
    for one in stacks(graph):
        members = {id(n) for n in one.nodes}
        if len(members) > 1:
            graph = replace(graph, nodes=_together(graph.nodes, members))
    return graph


def _together(nodes: list[Node], members: set[int]) -> list[Node]:
    out: list[Node] = []
    held: list[Node] = []
    later: list[Node] = []
    waiting: set[int] = set()
    for node in nodes:
        if id(node) in members:
            held.append(node)
            waiting.update(node.outs)
            if len(held) == len(members):
                out += [*held, *later]
                held, later, waiting = [], [], set()
        elif any(w in waiting for w in node.ins):
            later.append(node)
            waiting.update(node.outs)
        else:
            out.append(node)
    return out
