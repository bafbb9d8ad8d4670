"""The derivation of a step: what a graph computes when entry p of the axis t has just come in.

Definition.  Fix a dim t.  A wire of a graph is *fixed* (no input along t reaches it), a *sequence*
(it has an axis over t) or a *running* value (it has none, and is what the inputs so far give: a
fold, a sum).  The step computes, from the entries at one index and a state, the entry of every
sequence at that index and the new running values.  A wire with several axes over t (scores of
queries and keys) is read along one of them at the index itself, and along the others at all
indices so far; a sequence that is read at all indices so far is *cached*: its past is a state with
p entries, to which its new entry is joined.

Laws.  A box that is natural for every map of t acts at one index.  A run along t is one use of its
cell; a causal window is a buffer of what it reaches back to; a sum along t adds to a state.  A sum
along keys must vanish after the index of the query (``vanishing``), so that keys that have not come
in count nothing; then the entry at p depends on the first p + 1 entries, and the cache holds them.

>>> from categorical import Dim, Real, op
>>> from categorical.recursion import fold
>>> t, a = Dim.named("t a")
>>> found = derive((op.tanh >> fold(op.add.at(Real[a], Real[a]), over=t, start=0)).graph(), t)
>>> print(found.step)
(x1: Real[a], x: Real[a]) →
  tanh = tanh(x): Real[a]
  cell_out = call cell(x1, tanh): Real[a]
→ cell_out, cell_out

What looks at later entries has no step:

>>> derive(op.flip(t).at(Real[t, a]).graph(), t)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM051]: `flip` cannot run step by step along `t`
...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from categorical import op
from categorical.errors import SpecError
from categorical.graph import Builder, Graph, Node, OperatorBox
from categorical.index import Axis, Dim, IndexSet, disjoint_sum, points
from categorical.normal import inline, prune
from categorical.records import Box
from categorical.recursion import stepping_boxes, stepping_parts
from categorical.recursion.vanishing import vanishing
from categorical.spaces import Array, Fin

FIXED, SEQUENCE, RUNNING = "fixed", "sequence", "running"


@dataclass(frozen=True)
class State:
    """One state of a step: its wires in the step, and in the graph of the start."""

    name: str
    type: Array
    before: int
    after: int
    start: int


@dataclass
class Derived:
    """A step: ``states, entries, [place], shared → outputs, states``.

    ``inputs`` are the wires of the step for each input of the graph, ``shared`` the numbers of
    those without the axis that it reads, and ``begins`` of those that ``start`` reads.  ``past`` is
    the dim of the states that grow, if there are any.
    """

    step: Graph
    start: Graph
    states: list[State]
    inputs: list[int]
    shared: list[int]
    begins: list[int]
    place: int | None
    past: Dim | None


class Missing(Exception):
    """A wire is read that is not made yet; what asks for it asks before it makes anything."""

    def __init__(self, wire: int, now: Axis | None) -> None:
        super().__init__()
        self.wire, self.now = wire, now


class Places:
    """What one derivation shares: the dim, the past of it, and how the index is known."""

    def __init__(self, over: Dim, past: Dim, counted: bool, chunk: Dim | None = None) -> None:
        self.over, self.past, self.counted, self.chunk = over, past, counted, chunk
        self.sofar = disjoint_sum(past, 1 if chunk is None else chunk)
        self.cached = self.asked = False
        self.regions: dict[int, tuple[Graph, Derived]] = {}

    def axes(self, one: Array) -> tuple[Axis, ...]:
        """The axes over the dim."""
        return tuple(a for a in one.axes if a.index is self.over)

    def entry(self, label: str) -> Axis:
        """The axis of what has just come in."""
        return Axis(points(1) if self.chunk is None else self.chunk, label)

    def here(self, now: Axis) -> Axis | None:
        """What becomes of the axis ``now``: it is gone, or one over the chunk."""
        return None if self.chunk is None else self.entry(now.label)

    def moved(self, one: Array, now: Axis | None) -> Array:
        """The type at the index itself along ``now``, and up to there along other axes."""
        kept = (
            self.here(a)
            if a is now and now is not None
            else Axis(self.sofar, a.label)
            if a.index is self.over
            else a
            for a in one.axes
        )
        return one.with_axes(tuple(a for a in kept if a is not None))


def derive(graph: Graph, over: Dim, chunk: Dim | None = None) -> Derived:
    """The step of a graph along ``over``; the error CM051 names the box that has none.

    With ``chunk`` it is the step for that many entries at once.  The index is the size of the past
    where something is cached; otherwise an input, if it is read.
    """
    past = free_dim("past", graph)
    places = Places(over, past, False, chunk)
    found = Derivation(graph, places).run()
    if places.asked and not places.cached:
        found = Derivation(graph, Places(over, past, True, chunk)).run()
    return found


def free_dim(name: str, graph: Graph) -> Dim:
    """A dim of this name, or of one like it that the graph does not have."""
    known = set(graph.dims)
    while name in known:
        name += "_2"
    return Dim(name)


def opened(graph: Graph, over: IndexSet) -> Graph:
    """The graph with those parts in place whose boundary has two kinds of axes over the dim."""

    def mixed(node: Node) -> bool:
        types = (*node.box.dom, *node.box.cod)
        return len({a for one in types for a in one.axes if a.index is over}) > 1

    return inline(graph, mixed)


class Derivation:
    """The derivation of one graph, on demand from its outputs."""

    def __init__(self, graph: Graph, places: Places) -> None:
        self.graph = opened(graph, places.over)
        self.places = places
        self.builder, self.begin = Builder(), Builder()
        self.values: dict[tuple[int, Axis | None], int] = {}
        self.known: dict[int, int] = {}  # fixed wires as they are, in the step
        self.starts: dict[int, int] = {}  # and in its start
        self._busy = False
        self.states: list[State] = []
        self.called: set[str] = set()
        self.true: set[int] = set()  # wires of masks that are true everywhere
        self.producer = self.graph.producer()
        self.lower = vanishing(self.graph, places.over)
        self.kinds = self._kinds()
        self._place: int | None = None

    def run(self) -> Derived:
        graph, places, builder = self.graph, self.places, self.builder
        inputs: list[int] = []
        for w in graph.inputs:
            type_, axes = graph.types[w], places.axes(graph.types[w])
            if len(axes) > 1 or self.mixed(w):
                raise self.refused(
                    None,
                    f"the input `{graph.wire_name(w)}` is {type_}: it has no entry at one index",
                    "take it inside the arrow, from inputs with one axis",
                )
            now = axes[0] if axes else None
            self.called.add(graph.wire_name(w))
            inputs.append(builder.input(places.moved(type_, now), graph.wire_name(w)))
            self.values[w, now] = inputs[-1]
            if now is None:
                self.known[w] = inputs[-1]
        outputs = []
        for w in graph.outputs:
            axes = places.axes(graph.types[w])
            if len(axes) > 1:
                raise self.refused(
                    self.producer.get(w),
                    f"the output is {graph.types[w]}: it has no entry at one index",
                )
            outputs.append(self.value(w, axes[0] if axes else None))
        step = builder.finish([*outputs, *(s.after for s in self.states)], graph.name, graph.doc)
        step.updates.clear()
        step = prune(step)
        read = {*step.outputs, *(w for node in step.nodes for w in node.ins)}
        entries = [i for i, w in enumerate(graph.inputs) if places.axes(graph.types[w])]
        shared = [i for i, w in enumerate(inputs) if i not in entries and w in read]
        place = [self._place] if self._place is not None else []
        step.inputs = [
            *(s.before for s in self.states),
            *(inputs[i] for i in entries),
            *place,
            *(inputs[i] for i in shared),
        ]
        start = prune(self.begin.finish([s.start for s in self.states], graph.name))
        begins = [i for i, w in enumerate(graph.inputs) if self.starts.get(w) in start.inputs]
        start.inputs = [self.starts[graph.inputs[i]] for i in begins]
        grows = any(places.past in s.type.atoms for s in self.states)
        past = places.past if grows else None
        return Derived(step, start, self.states, inputs, shared, begins, self._place, past)

    # --- kinds -----------------------------------------------------------------------------------

    def _kinds(self) -> dict[int, str]:
        graph, over = self.graph, self.places.over
        kinds = {w: SEQUENCE if self.along(w) else FIXED for w in graph.inputs}
        kinds.update((w, FIXED) for w in graph.sources)
        for node in graph.nodes:
            moves = any(kinds[w] != FIXED for w in node.data) or self.runs(node)
            for w in node.outs:
                here = (
                    SEQUENCE if any(over in a.index.atoms for a in graph.types[w].axes) else RUNNING
                )
                kinds[w] = here if moves else FIXED
        return kinds

    def fixed(self, wire: int) -> bool:
        """Whether no input along the dim reaches a wire."""
        return self.kinds[wire] == FIXED

    def running(self, wire: int) -> bool:
        """Whether a wire is known at the end only: it has a value so far at every index."""
        return self.kinds[wire] == RUNNING

    def along(self, wire: int) -> bool:
        """Whether a wire has an axis over the dim."""
        return bool(self.places.axes(self.graph.types[wire]))

    def runs(self, node: Node) -> bool:
        """Whether a node is, or holds, a run along the dim."""
        found = [node, *(inner for region in node.regions for _, inner in region.walk())]
        return any(
            n.box.name == "scan"
            and isinstance(n.box, OperatorBox)
            and n.box.attrs["over"].index is self.places.over
            for n in found
        )

    def mixed(self, wire: int) -> bool:
        """Whether an axis of a wire mixes the dim with others."""
        over, axes = self.places.over, self.graph.types[wire].axes
        return any(over in a.index.atoms and a.index is not over for a in axes)

    def no_entries(self, wire: int) -> SpecError:
        """The refusal of a wire that mixes the dim: the box that mixed it is named."""
        node = self.producer.get(wire)
        while node is not None and (before := [w for w in node.data if self.mixed(w)]):
            wire, node = before[0], self.producer.get(before[0])
        return self.refused(node, f"an axis of {self.graph.types[wire]} mixes it with others")

    # --- values ----------------------------------------------------------------------------------

    def value(self, wire: int, now: Axis | None) -> int:
        """The wire of the step for a wire: its entry along ``now``, at all indices so far along
        its other axes over the dim."""
        axes = self.places.axes(self.graph.types[wire])
        now = now if now in axes else None
        if (wire, now) not in self.values:
            if self._busy:
                raise Missing(wire, now)
            self._busy = True
            try:
                self._compute([(wire, now)])
            finally:
                self._busy = False
        return self.values[wire, now]

    def _compute(self, pending: list[tuple[int, Axis | None]]) -> None:
        """Make wires, and before each what it reads: graphs may be deep, so without recursion."""
        while pending:
            wire, now = pending[-1]
            if (wire, now) in self.values:
                pending.pop()
                continue
            try:
                self._make(wire, now)
            except Missing as other:
                pending.append((other.wire, other.now))
            except SpecError:
                if not self.fixed(wire):
                    raise
                self.values[wire, now] = stepping_boxes.cut(self, wire, now)

    def _make(self, wire: int, now: Axis | None) -> None:
        """Make one wire, or raise ``Missing`` for what it reads."""
        if self.mixed(wire):
            raise self.no_entries(wire)
        if wire in self.graph.sources:
            self.values[wire, now] = self._resource(wire, now)
        elif self.kinds[wire] == SEQUENCE and now is None:
            self.values[wire, now] = self._cached(wire)
        elif self.fixed(wire) and not self.along(wire):
            self.values[wire, now] = self.copied(self.builder, self.known, wire)
        else:
            node = self.producer[wire]
            for w, made in zip(node.outs, self._node(node, now), strict=True):
                own = self.places.axes(self.graph.types[w])
                self.values[w, now if now in own else None] = made

    def source(self, wire: int) -> int:
        """A resource, whole."""
        resource = self.graph.sources[wire]
        found = self.builder.graph.source(resource.name)
        return found if found >= 0 else self.builder.add_source(resource)

    def copied(self, builder: Builder, known: dict[int, int], wire: int) -> int:
        """A fixed wire and what makes it, as they are."""
        pending, graph = [wire], self.graph
        while pending:
            w = pending[-1]
            if w in known:
                pending.pop()
            elif w in graph.sources:
                found = builder.graph.source(graph.sources[w].name)
                known[w] = found if found >= 0 else builder.add_source(graph.sources[w])
            elif w in graph.inputs:
                known[w] = builder.input(graph.types[w], graph.wire_name(w))
            else:
                node = self.producer[w]
                missing = [x for x in node.ins if x not in known]
                if missing:
                    pending += missing
                    continue
                for x in node.outs:
                    known[x] = builder.wire(graph.types[x], graph.names.get(x, ""))
                ins, outs = ([known[x] for x in ws] for ws in (node.ins, node.outs))
                made = Node(node.box, tuple(ins), tuple(outs), node.name, node.origin)
                builder.graph.nodes.append(made)
        return known[wire]

    def rename(self, wire: int, name: str) -> None:
        """Call a wire of the step by a name of the graph, where that is free."""
        if name not in self.called:
            self.called.add(name)
            self.builder.graph.names[wire] = name

    def _resource(self, wire: int, now: Axis | None) -> int:
        """A resource: whole, or its row at the index, or its rows so far."""
        found = self.source(wire)
        for a in self.places.axes(self.graph.types[wire]):
            found = self.row(found, a) if a is now else self.rows(found, a)
        return found

    def row(self, wire: int, axis: Axis) -> int:
        """The entry at the index, along an axis over the whole dim."""
        builder, places = self.builder, self.places
        places.asked = True
        one = places.entry(axis.label or "row" * (places.chunk is None))
        if places.counted:
            (found,) = builder.apply(op.gather(axis).op, (wire, self.place()), "row")
            if places.chunk is not None and axis.label:
                move = op.relabel(places.chunk, one)
                (found,) = builder.apply(move.op, (found,), "row")
            return found
        cut = op.slice(axis, places.past, places.sofar, into=one)
        (found,) = builder.apply(cut.op, (wire,), "row")
        if places.chunk is not None:
            return found
        return builder.apply(op.squeeze(one).op, (found,), "row")[0]

    def rows(self, wire: int, axis: Axis) -> int:
        """The entries up to the index, along an axis over the whole dim."""
        cut = op.slice(axis, 0, self.places.sofar, into=Axis(self.places.sofar, axis.label))
        return self.builder.apply(cut.op, (wire,), "rows")[0]

    def place(self) -> int:
        """The index as an input (the indices of a chunk)."""
        if self._place is None:
            chunk = () if self.places.chunk is None else (self.places.entry(""),)
            self._place = self.builder.input(Fin(self.places.over)[chunk], "place")
        return self._place

    # --- states ----------------------------------------------------------------------------------

    def before(self, name: str, type_: Array) -> int:
        """A new state, as an input of the step."""
        found = self.builder.unique(name)
        while found in self.called:
            found = self.builder.unique(name)
        self.called.add(found)
        return self.builder.input(type_, found)

    def state(self, before: int, after: int, start: int) -> None:
        """A state, once its new value and its start are known."""
        graph = self.builder.graph
        self.states.append(State(graph.names[before], graph.types[before], before, after, start))

    def zeros(self, type_: Array) -> int:
        """The start of a state that is zero."""
        return self.begin.apply(op.full(type_, type_.kind != "bool" and 0).op, (), "start")[0]

    def _cached(self, wire: int) -> int:
        """The entries of a sequence so far: a state to which the new one is joined."""
        builder, type_ = self.builder, self.graph.types[wire]
        axes = self.places.axes(type_)
        if len(axes) > 1:
            raise self.refused(
                self.producer.get(wire), f"all pairs of indices of {type_} are read, later ones too"
            )
        self.places.cached = True
        (axis,) = axes
        new = self.value(wire, axis)
        old, one = Axis(self.places.past, axis.label), self.places.entry(axis.label)
        place = type_.position(axis)
        before = self.before(
            self.graph.wire_name(wire),
            type_.with_axes((*type_.axes[:place], old, *type_.axes[place + 1 :])),
        )
        if self.places.chunk is None:
            new = stepping_boxes.widened(builder, new, one, place)
        joined = builder.apply(op.concat(old, one, label=axis.label).op, (before, new), "joined")[0]
        builder.graph.names[joined] = builder.graph.names[before]
        self.state(before, joined, self.zeros(builder.graph.types[before]))
        return joined

    # --- nodes -----------------------------------------------------------------------------------

    def _node(self, node: Node, now: Axis | None) -> Sequence[int]:
        ahead = [w for w in node.data if self.running(w)]
        if ahead and any(self.places.axes(self.graph.types[w]) for w in (*node.data, *node.outs)):
            if not (node.box.name == "scan" and self.runs(node)):
                raise self.refused(
                    node,
                    f"it reads `{self.graph.wire_name(ahead[0])}` at every index, "
                    "which is known at the end only",
                    "read the value so far: the run of states, not the last one",
                )
        if isinstance(node.box, Box):
            return stepping_boxes.image(self, node, node.box, now)
        return stepping_parts.image(self, node, node.box)

    # --- mistakes --------------------------------------------------------------------------------

    def refused(self, node: Node | None, reason: str, *help: str) -> SpecError:
        """CM051, with the box named."""
        over = self.places.over
        what = self.graph.name or "the arrow"
        facts: list[tuple[str, Any]] = [("reason", reason)]
        if node is not None:
            what = node.name if isinstance(node.box, OperatorBox) else node.box.name
            if isinstance(node.box, Box):
                facts.insert(0, ("box", repr(node.box)))
            if self.graph.name:
                facts.append(("in", f"`{self.graph.name}`"))
        return SpecError(
            "CM051",
            f"`{what}` cannot run step by step along `{over}`",
            facts=facts,
            help=list(help) or ["what an output reads must have come in before: laws.causal"],
            origin=node.origin if node is not None else None,
        )
