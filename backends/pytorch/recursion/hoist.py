"""Hoisting: what a loop need not do at every step is done before it, or after it.

Definition.  A cell ``S × A × C → O × S`` is parted by what its wires depend on.  What reads weights
and shared inputs only is computed once.  What reads no state is computed for all steps at once,
before the loop: those boxes are lifted along the axis of the run by a functor (as ``over`` does).
What the next states need is the new, smaller cell.  The rest of the outputs is computed after the
loop, lifted as well, from the values that the loop leaves.

Law.  The rewritten graph is the same arrow with the same resources: a weight of the cell becomes a
source of the graph around it, at the path that it had.

Cost.  A large array (an outer product for each step) is not kept for all steps where its factors
are small, and an output of the loop never has more entries than ``LARGE``, but for a linear map.

>>> from categorical import Dim, Real, arrow, op
>>> from categorical.recursion import mealy
>>> t, a, s, o = Dim.named("t a s o")
>>> @arrow
... def cell(state: Real[s], x: Real[a]) -> Real[o] * Real[s]:
...     state = op.tanh(op.linear(s, s, name="back")(state) + op.linear(a, s, name="into")(x))
...     return op.linear(s, o, name="out")(state), state
>>> graph, count = hoisted(mealy(cell, over=t).graph())
>>> print(graph)
(state: Real[s], x: Real[t, a]) →
  bias = add(cell.into.bias, cell.back.bias): Real[s]
  into = linear(x; cell.into.weight, bias): Real[t, s]
  states, cell_out1 = scan cell(state, into, cell.back.weight): Real[t, s] × Real[s]
  out = linear(states; cell.out.weight, cell.out.bias): Real[t, o]
→ out, cell_out1

Untied weights differ at every step, and such a run stays as it is:

>>> two = Dim("two", size=2)
>>> hoisted(mealy(cell, over=two, weights="untied").graph())[1]
0
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from backends.pytorch.recursion.hoist_sums import dependent, needed, packed, parted, regrouped
from categorical.errors import SpecError
from categorical.functors import Stack
from categorical.graph import Builder, Graph, Node, OperatorBox, Resource
from categorical.index import Axis
from categorical.normal import inline, prune, share
from categorical.ops import axes, constant, logic
from categorical.records import Op
from categorical.recursion.machine import along, parts
from categorical.spaces import Array, Bool

LARGE = 2**15  # entries of one step
UNKNOWN = 16  # a size that is not given
FREE = ("expand",)  # broadcasting needs no array

Taken = Callable[[Graph, Node], bool]


def hoisted(
    graph: Graph, sizes: Mapping[str, int] | None = None, taken: Taken = lambda graph, node: False
) -> tuple[Graph, int]:
    """The graph with every run hoisted that is not ``taken`` (by a faster lowering), and how many
    were."""
    work = _Hoisting(sizes or {}, taken)
    found = work.graph(graph)
    return (share(found) if work.count else found), work.count


class Along(Stack):
    """The power functor with its axis after given leading axes, where a wire has these."""

    def __init__(self, over: Axis, first: tuple[Axis, ...]) -> None:
        super().__init__((over,))
        self.over, self.first = over, first

    def on_type(self, type_: Array) -> Array:
        place = len(self.first) if type_.axes[: len(self.first)] == self.first else 0
        return along(type_, self.over, place)

    def _node(
        self, builder: Builder, graph: Graph, node: Node, at: dict[int, int], moved: dict[int, bool]
    ) -> None:
        """A run whose weights are inputs keeps them, where nothing that varies reaches them."""
        box = node.box
        if not isinstance(box, OperatorBox) or box.name != "scan":
            return super()._node(builder, graph, node, at, moved)
        if not any(moved[w] for w in node.data):
            return super()._node(builder, graph, node, at, moved)
        first = parts(box)[2].start
        lifts = [moved[w] or place < first for place, w in enumerate(node.ins)]
        region = self(box.regions[0], tuple(lifts[: len(box.regions[0].inputs)]))
        ins = tuple(
            self.constant(builder, at[w], graph.types[w]) if lift and not moved[w] else at[w]
            for w, lift in zip(node.ins, lifts, strict=True)
        )
        dom = tuple(builder.graph.types[w] for w in ins)
        cod = tuple(map(self.on_type, box.cod))
        run = OperatorBox(box.operator, (region,), dom, cod, dict(box.attrs))
        for w, image in zip(node.outs, builder.operate(run, ins, node.name, node.origin)):
            at[w], moved[w] = image, True
            if w in graph.names:
                builder.graph.names[image] = graph.names[w]

    def constant(self, builder: Builder, wire: int, type_: Array) -> int:
        return _ordered(builder, super().constant(builder, wire, type_), self.on_type(type_))


def _ordered(builder: Builder, wire: int, wanted: Array) -> int:
    if builder.graph.types[wire] is wanted:
        return wire
    return builder.apply(axes.transpose(*wanted.axes).op, (wire,), "transpose")[0]


class _Hoisting:
    """One pass over a graph and its regions."""

    def __init__(self, sizes: Mapping[str, int], taken: Taken) -> None:
        self.sizes, self.taken, self.count = sizes, taken, 0
        self.done: dict[int, tuple[Graph, Graph]] = {}  # by identity: both are kept alive

    def graph(self, graph: Graph) -> Graph:
        if id(graph) not in self.done:
            self.done[id(graph)] = (graph, self._graph(graph))
        return self.done[id(graph)][1]

    def _graph(self, graph: Graph) -> Graph:
        nodes, changed = [], False
        for node in graph.nodes:
            if isinstance(node.box, OperatorBox) and not node.box.operator.whole:
                regions = tuple(map(self.graph, node.regions))
                if any(a is not b for a, b in zip(regions, node.regions, strict=True)):
                    box = replace(node.box, regions=regions)
                    node, changed = Node(box, node.ins, node.outs, node.name, node.origin), True
            nodes.append(node)
        graph = replace(graph, nodes=nodes) if changed else graph
        chosen = self._chosen(graph)
        return self._rebuilt(graph, chosen) if chosen else graph

    def _chosen(self, graph: Graph) -> set[int]:
        """The runs that can be parted: their weights are tied, and all their own."""
        found: dict[str, list[int]] = {}
        rest = set()
        for node in graph.nodes:
            if not isinstance(node.box, OperatorBox):
                continue
            if _tied(node) and not self.taken(graph, node) and not self._meets(node, node.box):
                found.setdefault(node.name, []).append(id(node))
            else:
                rest.add(node.name)
        return {one for name, ids in found.items() if name not in rest for one in ids}

    def _meets(self, node: Node, box: OperatorBox) -> bool:
        """Whether a wire of the cell that would get the axis of the run has it already."""
        over = box.attrs["over"]
        if not any(over in t.axes for _, one in box.regions[0].walk() for t in one.box.cod):
            return False
        trial = Builder()
        try:
            Parting(node, self.sizes).put(trial, [trial.input(t) for t in box.dom])
        except SpecError as problem:
            if problem.code != "CM009":
                raise
            return True
        return False

    def _rebuilt(self, graph: Graph, chosen: set[int]) -> Graph:
        builder = Builder()
        gone = {w for node in graph.nodes if id(node) in chosen for w in node.outs}
        for w, name in graph.names.items():
            if w not in gone:
                builder.unique(name)
        at: dict[int, int] = {}
        for w in graph.inputs:
            at[w] = builder.input(graph.types[w], graph.names.get(w, ""))
        for w, resource in graph.sources.items():
            at[w] = builder.add_source(resource)
        for node in graph.nodes:
            ins = [at[w] for w in node.ins]
            if id(node) in chosen:
                self.count += 1
                found = Parting(node, self.sizes).put(builder, ins)
                at.update(zip(node.outs, found, strict=True))
                continue
            for w in node.outs:
                at[w] = builder.wire(graph.types[w], graph.names.get(w, ""))
            outs = tuple(at[w] for w in node.outs)
            builder.graph.nodes.append(Node(node.box, tuple(ins), outs, node.name, node.origin))
        builder.graph.updates.update({name: at[w] for name, w in graph.updates.items()})
        made = builder.finish([at[w] for w in graph.outputs], graph.name, graph.doc)
        return replace(prune(made), sources=made.sources)  # a weight that nobody reads stays


def _tied(node: Node) -> bool:
    box = node.box
    if not isinstance(box, OperatorBox) or box.name != "scan" or box.attrs["weights"] != "tied":
        return False
    region = inline(box.regions[0])
    return set(region.resources()) == {r.name for r in region.sources.values()}


class Parting:
    """One run, parted.  The wires of the four parts are those of the cell."""

    def __init__(self, node: Node, sizes: Mapping[str, int]) -> None:
        box = node.box
        assert isinstance(box, OperatorBox)
        self.node, self.box, self.sizes = node, box, sizes
        self.over: Axis = box.attrs["over"]
        self.states: int = box.attrs["states"]
        cell = inline(box.regions[0])
        cell = regrouped(parted(cell, self.states), self.states)
        self.cell = packed(cell, self.states)
        weights = {w: r.name.replace(".", "_") for w, r in self.cell.sources.items()}
        self.cell = replace(self.cell, names={**weights, **self.cell.names})
        _, sequences, _ = parts(box)
        first = next(iter(box.dom[sequences]), None) or next(iter(box.cod), None)
        place = first.position(self.over) if first is not None else 0
        before = first.axes[:place] if first is not None and place < len(first.axes) - 1 else ()
        self.lift = Along(self.over, before if place > 0 else ())
        self.made = self.cell.producer()
        self.place = self._places()

    # --- which part a wire belongs to -----------------------------------------------------------

    def _places(self) -> dict[int, str]:
        """``fixed``, ``each``, ``body`` or ``after`` for every wire."""
        cell, (which, sequences, _) = self.cell, parts(self.box)
        moving = dependent(cell, cell.inputs[which])
        stepped = dependent(cell, cell.inputs[sequences])
        wanted = needed(cell, cell.outputs[len(cell.outputs) - self.states :])
        place = {w: "fixed" for w in (*cell.inputs, *cell.sources)}
        place.update(dict.fromkeys(cell.inputs[sequences], "each"))
        place.update(dict.fromkeys(cell.inputs[which], "body"))
        leaving: set[int] = set()
        for node in cell.nodes:
            out = node.outs[0]
            if out in moving:
                entering = {w for w in node.ins if place[w] == "body"} - leaving
                stays = out in wanted or not self._leaves(node, entering)
                found = "body" if stays else "after"
                leaving |= set() if stays else entering
            elif out not in stepped:
                found = "fixed"
            elif any(place[w] == "body" for w in node.ins) or (out in wanted and self._grows(node)):
                found = "body"
            else:
                found = "each"
            place.update(dict.fromkeys(node.outs, found))
        return place

    def _leaves(self, node: Node, entering: set[int]) -> bool:
        """Whether it pays to keep what a box reads for all steps, and run it after the loop."""
        linear = node.box.name == "linear"
        large = any(self._entries(w) > LARGE * (8 if linear else 1) for w in entering)
        return not large and (linear or len(entering) <= 1)

    def _grows(self, node: Node) -> bool:
        """Whether a box makes a large array of small ones."""
        out = max(self._entries(w) for w in node.outs)
        return out > LARGE and out > 2 * sum(self._entries(w) for w in node.data)

    def _entries(self, wire: int) -> float:
        count = 1.0
        for one in self.cell.types[wire].axes:
            values = {s: self.sizes.get(s, UNKNOWN) for s in one.size.symbols}
            try:
                count *= one.size.evaluate(values)
            except ValueError:  # a quotient that is not whole at these sizes
                count *= UNKNOWN
        return count

    # --- the parts as graphs --------------------------------------------------------------------

    def _part(self, nodes: list[Node], inputs: list[int], outputs: list[int]) -> Graph:
        return replace(
            self.cell, inputs=inputs, outputs=outputs, nodes=nodes, sources={}, updates={}, doc=""
        )

    def _nodes(self, place: str) -> list[Node]:
        return [n for n in self.cell.nodes if self.place[n.outs[0]] == place]

    def _body(self) -> list[Node]:
        """The nodes of the loop, with the broadcasts that they read."""
        found: list[Node] = []
        free: set[int] = set()
        for node in self._nodes("body"):
            for w in node.ins:
                made = self.made.get(w)
                if made is not None and made.box.name in FREE and self.place[w] != "body":
                    if w not in free:
                        free.add(w)
                        found.append(made)
            found.append(node)
        return found

    def put(self, builder: Builder, ins: list[int]) -> list[int]:
        """Add the parts to the graph around the run; its output wires."""
        cell, box = self.cell, self.box
        which, sequences, _ = parts(box)
        outs = len(cell.outputs) - self.states
        at: dict[int, int] = {}  # wires of the cell → wires around it, lifted where they vary
        for w, outer in zip(cell.inputs, ins):
            at[w] = outer
        for w in cell.inputs[sequences]:
            at[w] = _ordered(builder, at[w], self.lift.on_type(cell.types[w]))
        for w, resource in cell.sources.items():
            at[w] = self._source(builder, resource)
        body = self._body()
        inside = {w for n in body for w in n.outs}.union(cell.inputs[which])
        after = self._nodes("after")
        ends = cell.outputs[outs:]
        enters = _unique([*(w for n in body for w in n.ins), *ends], inside)
        leaves = [w for n in after for w in n.ins] + cell.outputs[:outs]
        self._before(builder, at, "fixed", [*enters, *leaves, *self._reads("each")])
        self._before(builder, at, "each", [*enters, *leaves])
        rows = _unique([w for w in leaves if self.place[w] == "body"], set())
        entries = [w for w in enters if self.place[w] == "each"]
        whole = [w for w in enters if self.place[w] == "fixed"]
        alive = self._run(builder, at, ins, body, (entries, whole, rows))
        self._before(builder, at, "after", cell.outputs[:outs])
        found = []
        for w, type_ in zip(cell.outputs[:outs], box.cod):
            wire = at[w]
            if self.place[w] == "fixed":
                wire = self.lift.constant(builder, wire, cell.types[w])
            if alive is not None and self.place[w] != "body":
                zero = self._zero(builder, wire)
                (wire,) = builder.apply(Op(logic.WHERE), (alive, wire, zero), "where")
            found.append(_ordered(builder, wire, type_))
        return [*found, *self.finals]

    def _zero(self, builder: Builder, wire: int) -> int:
        type_ = builder.graph.types[wire]
        if type_.kind in ("real", "complex"):
            return builder.apply(Op(constant.FULL_LIKE, value=0), (wire,), "zero")[0]
        value = False if type_.kind == "bool" else 0
        return builder.apply(Op(constant.FULL, space=type_, value=value), (), "zero")[0]

    def _source(self, builder: Builder, resource: Resource) -> int:
        path = f"{self.node.name}.{resource.name}"
        known = builder.graph.source(path)
        if known >= 0:
            return known
        return builder.add_source(Resource(path, resource.space, resource.role, resource.init))

    def _reads(self, place: str) -> list[int]:
        return [w for n in self._nodes(place) for w in n.ins]

    def _before(self, builder: Builder, at: dict[int, int], place: str, wanted: list[int]) -> None:
        """Add the boxes of one part: once, or lifted."""
        nodes = self._nodes(place)
        made = {w for n in nodes for w in n.outs}
        outputs = _unique([w for w in wanted if w in made], set())
        if not outputs:
            return
        inputs = _unique([w for n in nodes for w in n.ins], made)
        graph = prune(self._part(nodes, inputs, outputs))
        if place != "fixed":
            moved = tuple(self.place[w] != "fixed" for w in inputs)
            graph = self.lift(graph, moved)
        for w, outer in zip(outputs, builder.splice(graph, [at[w] for w in inputs]), strict=True):
            at[w] = outer

    def _run(
        self,
        builder: Builder,
        at: dict[int, int],
        ins: list[int],
        body: list[Node],
        wires: tuple[list[int], list[int], list[int]],
    ) -> int | None:
        """Add the smaller run; the mask of the steps before the length, if there are lengths."""
        cell, box = self.cell, self.box
        entries, whole, rows = wires
        which = parts(box)[0]
        ends = cell.outputs[len(cell.outputs) - self.states :]
        ragged = bool(box.attrs["ragged"])
        masked = ragged and any(self.place[w] != "body" for w in cell.outputs[: -self.states])
        region = self._part(body, [*cell.inputs[which], *entries, *whole], [*rows, *ends])
        outer = [*ins[which], *(at[w] for w in (*entries, *whole)), *ins[len(ins) - ragged :]]
        cod = [self.lift.on_type(cell.types[w]) for w in rows]
        if masked:
            mask = Bool[box.dom[-1].axes]
            region.types = [*region.types, mask]
            full = Op(constant.FULL, space=mask, value=True).box(())
            region.nodes = [*region.nodes, Node(full, (), (len(region.types) - 1,), "alive")]
            region.outputs = [*rows, len(region.types) - 1, *ends]
            cod.append(self.lift.on_type(mask))
        attrs = {**box.attrs, "shared": len(whole)}
        dom = tuple(builder.graph.types[w] for w in outer)
        ended = tuple(cell.types[w] for w in ends)
        smaller = OperatorBox(box.operator, (region,), dom, (*cod, *ended), attrs)
        found = builder.operate(smaller, tuple(outer), self.node.name, self.node.origin)
        at.update(zip(rows, found))
        states = dict(zip(ends, cell.inputs[which]))
        for w, new in zip(rows, found):
            name = f"{cell.wire_name(states[w])}s" if w in states else cell.wire_name(w)
            builder.graph.names[new] = name
        self.finals = list(found[len(cod) :])
        return found[len(rows)] if masked else None


def _unique(wires: list[int], but: set[int]) -> list[int]:
    return [w for w in dict.fromkeys(wires) if w not in but]
