"""Parallel scans, the rewriting: a run whose cell acts through monoids becomes runs of the monoids.

Definition.  A cell that ``proofs.monoids`` reads in stages is taken apart: its coefficients are
computed at all steps at once (the functor that adds the axis of the steps), each stage becomes a
run of the bare action ``(s, m) ↦ a(s, m)`` along them, and the outputs are computed from the states
before and after each step, again at all steps at once.  What is left of the run has the attribute
``monoid``, and is written as a scan (``parallel_rung``).

Laws.  A stage is used only where associativity, the action law, and the equation between the cell
and the action are proved (of quotients: exact); a cell that is read in no family stays as it is.

>>> from categorical import Dim, Real, op
>>> from categorical.recursion import scan
>>> t, s = Dim.named("t s")
>>> run = scan(op.mul.at(Real[s], Real[s]) >> op.scale(0.5), over=t)
>>> graph, notes = parallel(run.graph(), {})
>>> [node.box.name for node in graph.nodes], notes[0].split(":")[0]
(['scale', 'scan'], 'parallel scan')

A gate that looks at the state makes a loop:

>>> parallel(scan(op.mul.at(Real[s], Real[s]) >> op.tanh, over=t).graph(), {})[1]
[]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from categorical import op
from categorical.calls import CALL
from categorical.errors import SpecError
from categorical.functors import Stack
from categorical.graph import Builder, Graph, Node, OperatorBox
from categorical.index import Axis
from categorical.normal import hash_cons
from categorical.recursion.machine import SCAN, along, at_step, parts
from categorical.spaces import Array
from proofs.monoids.family import MAXPLUS, MINPLUS
from proofs.monoids.reading import GRADES, Place, Reading, Stage, cut_at, read
from proofs.monoids.sheet import Number, Sheet, Term, Wire
from proofs.monoids.walk import Refused


@dataclass(frozen=True)
class Form:
    """How the parts of an element stand among the inputs of a run of its action: a number, or the
    number of an input behind the states; and which states it shows after and before each step.

    The family "masked" has no state: its outputs are its inputs, and 0 past a length."""

    family: str
    parts: tuple[Number | Place, ...]
    after: tuple[int, ...]
    before: tuple[int, ...]


class Along(Stack):
    """The power functor with its axis behind the axes that a sequence has in front of it."""

    def __init__(self, over: Axis, lead: tuple[Axis, ...]) -> None:
        super().__init__((over,))
        self.lead = lead

    def on_type(self, type_: Array) -> Array:
        front = len(self.lead) if type_.axes[: len(self.lead)] == self.lead else 0
        return along(type_, self.axes[0], front)

    def constant(self, builder: Builder, wire: int, type_: Array) -> int:
        found = super().constant(builder, wire, type_)
        return ordered(builder, found, self.on_type(type_))


def ordered(builder: Builder, wire: int, type_: Array) -> int:
    """The wire with its axes in the order of a type."""
    if builder.graph.types[wire] is type_:
        return wire
    return builder.apply(op.transpose(*type_.axes).op, (wire,), "transpose")[0]


def parallel(graph: Graph, sizes: Mapping[str, int]) -> tuple[Graph, list[str]]:
    """The graph with the runs taken apart that act through monoids, and the notes of the build."""
    notes: list[str] = []
    done: dict[int, Graph] = {}
    found = _graph(graph, sizes, done, {}, notes)
    return (found if found is graph else hash_cons(found)), list(dict.fromkeys(notes))


Made = dict[tuple[object, ...], Graph | None]


def _graph(
    graph: Graph, sizes: Mapping[str, int], done: dict[int, Graph], made: Made, notes: list[str]
) -> Graph:
    if id(graph) in done:
        return done[id(graph)]
    types, names = list(graph.types), dict(graph.names)
    at: dict[int, int] = {}
    nodes: list[Node] = []
    changed = False
    for node in graph.nodes:
        box, ins = node.box, tuple(at.get(w, w) for w in node.ins)
        if isinstance(box, OperatorBox):
            key = (id(box.regions[0]), *map(str, box.attrs.items()), box.dom) if box.regions else ()
            if box.name == "scan" and "monoid" not in box.attrs:
                if key not in made:
                    made[key] = _taken_apart(node, box, sizes, notes)
                whole = made[key]
                if whole is not None:
                    changed = True
                    if whole.sources:
                        call = OperatorBox(CALL, (whole,), whole.dom, whole.cod)
                        nodes.append(Node(call, ins, node.outs, node.name, node.origin))
                    else:
                        outs = _spliced(whole, ins, types, names, nodes, node)
                        at.update(zip(node.outs, outs, strict=True))
                    continue
            regions = tuple(_graph(r, sizes, done, made, notes) for r in box.regions)
            if any(a is not b for a, b in zip(regions, box.regions, strict=True)):
                changed, box = True, replace(box, regions=regions)
        nodes.append(Node(box, ins, node.outs, node.name, node.origin))
    if not changed:
        done[id(graph)] = graph
        return graph
    done[id(graph)] = replace(
        graph,
        types=types,
        names=names,
        nodes=nodes,
        outputs=[at.get(w, w) for w in graph.outputs],
        updates={k: at.get(w, w) for k, w in graph.updates.items()},
    )
    return done[id(graph)]


def _spliced(
    whole: Graph, ins: Sequence[int], types: list[Array], names: dict[int, str],
    nodes: list[Node], run: Node,
) -> list[int]:  # fmt: skip
    """The nodes of a graph without weights, in place; its outputs."""
    at = dict(zip(whole.inputs, ins, strict=True))
    wanted = {w: names[o] for w, o in zip(whole.outputs, run.outs, strict=True) if o in names}
    for node in whole.nodes:
        for w in node.outs:
            types.append(whole.types[w])
            at[w] = len(types) - 1
            if w in wanted or w in whole.names:
                names[at[w]] = wanted.get(w, whole.names.get(w, ""))
        outs = tuple(at[w] for w in node.outs)
        nodes.append(Node(node.box, tuple(at[w] for w in node.ins), outs, node.name, run.origin))
    return [at[w] for w in whole.outputs]


# --- one run --------------------------------------------------------------------------------------


def _taken_apart(
    node: Node, box: OperatorBox, sizes: Mapping[str, int], notes: list[str]
) -> Graph | None:
    """The run as runs of monoids, where its cell acts through such; None where it does not."""
    if box.attrs["weights"] != "tied":
        return None
    try:
        reading = read(box)
        if not all(stage.grade and _small(stage, sizes) for stage in reading.stages):
            return None
        whole = Parts(box, reading).graph(box.regions[0].name or node.name)
    except (Refused, SpecError):
        return None
    kinds = ", then ".join(dict.fromkeys(stage.family.title for stage in reading.stages))
    ties = any(stage.family in (MAXPLUS, MINPLUS) for stage in reading.stages)
    where = "almost everywhere" if ties else "everywhere"
    grade = min((stage.grade for stage in reading.stages), key=GRADES.index)
    verdict = "PROVED for all sizes" if grade == "PROVED" else "EXACT off poles"
    notes.append(
        f"parallel scan: `{node.name}` acts by {kinds}; associativity, the action law and "
        f"cell = action are {verdict} (gradient {where})"
    )
    return whole


#: The most states along which a product of elements is faster than a loop, as measured: products
#: of matrices cost their size more than the loop, functions of a finite set all states.
LARGEST = {"matrix": 8, "finite": 64}


def _small(stage: Stage, sizes: Mapping[str, int]) -> bool:
    """Whether the elements of a family are small enough; a size must be known to be."""
    most, type_ = LARGEST.get(stage.family.name), stage.types[0]
    if most is None:
        return True
    one = (type_.values if stage.family.name == "finite" else type_.axes[-1].index) or None
    return one is not None and one.size.symbols <= set(sizes) and one.size.evaluate(sizes) <= most


class Parts:
    """Builds the graph of a run from the stages of its cell."""

    def __init__(self, box: OperatorBox, reading: Reading) -> None:
        self.box, self.reading, self.region = box, reading, reading.region
        self.over: Axis = box.attrs["over"]
        self.builder = Builder()
        which, sequences, shared = parts(box)
        names = [*map(self.region.wire_name, self.region.inputs), "lengths"]
        ins = [self.builder.input(t, n) for t, n in zip(box.dom, names, strict=False)]
        self.ragged = (ins[-1],) if box.attrs["ragged"] else ()
        self.starts = ins[which]
        first = next(iter(box.dom[sequences]), None)
        lead = first.axes[: first.position(self.over)] if first is not None else ()
        self.along = Along(self.over, lead)
        self.lifted: dict[int, int] = {}  # wires of the cell at all steps
        self.given: dict[int, int] = {}  # wires of the cell that no step changes
        for w, x in zip(self.region.inputs[sequences], ins[sequences], strict=True):
            self.lifted[w] = ordered(self.builder, x, self.along.on_type(self.region.types[w]))
        self.given.update(zip(self.region.inputs[shared], ins[shared], strict=True))
        self.count = box.attrs["states"]
        self.olds = self.region.inputs[: self.count]
        self.news = self.region.outputs[len(self.region.outputs) - self.count :]

    def graph(self, name: str) -> Graph:
        shown = self.region.outputs[: len(self.region.outputs) - self.count]
        known = {w: self.region.wire_name(w) for w in (*self.olds, *self.news)}
        outside = cut_at(self.region, known, (), shown)
        outer = (*known, *(w for w in self.region.inputs if w not in known))
        used = _read(outside, outer)
        for stage in self.reading.stages:
            used |= _read(stage.coefficients, stage.inputs)
        finals: dict[int, int] = {}
        for stage in self.reading.stages:
            self.stage(stage, used, finals)
        outs = self.masked(self.at_all_steps(outside, outer, list(range(len(shown)))))
        results = [
            ordered(self.builder, wire, type_)
            for wire, type_ in zip(outs, self.box.cod, strict=False)
        ]
        results += [finals[i] for i in range(self.count)]
        title = f"{name}_along_{self.over.index}"
        doc = f"The cell `{name}` at all steps of `{self.over}` at once."
        return hash_cons(self.builder.finish(results, title, doc))

    def stage(self, stage: Stage, used: set[int], finals: dict[int, int]) -> None:
        """The run of the action of one stage."""
        types = tuple(self.region.types[self.olds[i]] for i in stage.states)
        places = [p.at for p in stage.element if isinstance(p, Place)]
        moving = self.moving(stage.coefficients, stage.inputs)
        every = dict.fromkeys(places)
        wires: dict[int, int] = {}
        for still in (False, True):
            chosen = [p for p in every if (p in moving) is not still]
            make = self.at_any_step if still else self.at_all_steps
            found = make(stage.coefficients, stage.inputs, chosen)
            wires.update(zip(chosen, found, strict=True))
        seqs = [p for p in every if p in moving]
        fixed = [p for p in every if p not in moving]
        number = {p: i for i, p in enumerate((*seqs, *fixed))}
        after = tuple(k for k, i in enumerate(stage.states) if self.news[i] in used)
        before = tuple(k for k, i in enumerate(stage.states) if self.olds[i] in used)
        again = after if self.ragged else ()
        if again:  # past a length the state is kept, but a step has a result all the same
            after, before = (), tuple(range(len(stage.states)))
        form = Form(
            stage.family.name,
            tuple(Place(number[p.at]) if isinstance(p, Place) else p for p in stage.element),
            after,
            before,
        )
        coefficients = stage.coefficients
        each = [coefficients.types[coefficients.outputs[p]] for p in (*seqs, *fixed)]
        cell = self.action(stage, form, each)
        starts = [
            ordered(self.builder, self.starts[i], t)
            for i, t in zip(stage.states, stage.types, strict=True)
        ]
        dom = (
            *stage.types,
            *(self.along.on_type(t) for t in each[: len(seqs)]),
            *each[len(seqs) :],
            *(self.builder.graph.types[w] for w in self.ragged),
        )
        rows = tuple(self.along.on_type(stage.types[k]) for k in (*after, *before))
        attrs = {
            "over": self.over,
            "times": self.over.index,
            "states": len(types),
            "shared": len(fixed),
            "reverse": self.box.attrs["reverse"],
            "weights": "tied",
            "ragged": bool(self.ragged),
            "monoid": form,
        }
        box = OperatorBox(SCAN, (cell,), dom, (*rows, *stage.types), attrs)
        ins = (*starts, *(wires[p] for p in (*seqs, *fixed)), *self.ragged)
        outs = self.builder.operate(box, ins, "scan")
        own = [self.region.wire_name(self.news[i]) for i in stage.states]
        for k, wire in zip((*after, *before), outs[: len(rows)], strict=True):
            self.builder.graph.names[wire] = self.builder.unique(own[k])
        for row, k in enumerate(after):
            self.keep(self.news[stage.states[k]], outs[row])
        for row, k in enumerate(before, len(after)):
            self.keep(self.olds[stage.states[k]], outs[row])
        for k, i in enumerate(stage.states):
            final = outs[len(rows) + k]
            self.builder.graph.names[final] = self.builder.unique(f"{own[k]}_last")
            finals[i] = ordered(self.builder, final, types[k])

        if again:
            self.once_more(stage, form, cell, outs[: len(rows)], wires, (*seqs, *fixed), again)

    def once_more(
        self, stage: Stage, form: Form, cell: Graph, rows: Sequence[int], wires: dict[int, int],
        places: Sequence[int], again: Sequence[int],
    ) -> None:  # fmt: skip
        """The result of every step, from the states before it."""
        ends = replace(cell, outputs=cell.outputs[-len(stage.states) :])
        moving = tuple(self.over in self.builder.graph.types[wires[p]].axes for p in places)
        lifted = self.along(ends, (*(True for _ in rows), *moving))
        found = self.splice(lifted, [*rows, *(wires[p] for p in places)])
        for k in again:
            self.keep(self.news[stage.states[k]], found[k])

    def masked(self, outs: list[int]) -> list[int]:
        """Outputs along the steps, 0 past a length."""
        if not self.ragged or not outs:
            return outs
        types = tuple(self.builder.graph.types[w] for w in outs)
        inner = Builder()
        wires = [inner.input(at_step(t, self.over), f"y{i}") for i, t in enumerate(types)]
        attrs = {
            "over": self.over,
            "times": self.over.index,
            "states": 0,
            "shared": 0,
            "reverse": False,
            "weights": "tied",
            "ragged": True,
            "monoid": Form("masked", (), (), ()),
        }
        lengths = tuple(self.builder.graph.types[w] for w in self.ragged)
        box = OperatorBox(SCAN, (inner.finish(wires),), (*types, *lengths), types, attrs)
        return list(self.builder.operate(box, (*outs, *self.ragged), "masked"))

    def keep(self, wire: int, rows: int) -> None:
        """The values of a wire of the cell at all steps."""
        if wire not in self.lifted:
            type_ = self.along.on_type(self.region.types[wire])
            self.lifted[wire] = ordered(self.builder, rows, type_)

    def action(self, stage: Stage, form: Form, each: Sequence[Array]) -> Graph:
        """The bare action as a cell: states and parts of an element to states."""
        sheet = Sheet()
        states = [Wire(sheet.builder.input(t, f"s{i}")) for i, t in enumerate(stage.types)]
        given = [Wire(sheet.builder.input(t, f"m{i}")) for i, t in enumerate(each)]
        element: list[Term] = [given[p.at] if isinstance(p, Place) else p for p in form.parts]
        new = stage.family.act(sheet, list(states), element, stage.types)
        wires = [sheet.wire(x, t).at for x, t in zip(new, stage.types, strict=True)]
        rows = [*(wires[k] for k in form.after), *(states[k].at for k in form.before)]
        return sheet.builder.finish([*rows, *wires])

    # --- parts of the cell ------------------------------------------------------------------------

    def moving(self, graph: Graph, wires: Sequence[int]) -> set[int]:
        """Which outputs depend on the step."""
        live = {g for g, w in zip(graph.inputs, wires, strict=True) if w not in self.given}
        for node in graph.nodes:
            if live & set(node.ins):
                live.update(node.outs)
        return {i for i, w in enumerate(graph.outputs) if w in live}

    def at_all_steps(self, graph: Graph, wires: Sequence[int], outs: Sequence[int]) -> list[int]:
        """Some outputs of a part of the cell, along the axis of the steps."""
        if not outs:
            return []
        graph, wires = _narrowed(graph, wires, outs)
        lifted = self.along(graph, tuple(w not in self.given for w in wires))
        return self.splice(lifted, [self.given.get(w, self.lifted.get(w, -1)) for w in wires])

    def at_any_step(self, graph: Graph, wires: Sequence[int], outs: Sequence[int]) -> list[int]:
        """Outputs that do not depend on the step."""
        if not outs:
            return []
        graph, wires = _narrowed(graph, wires, outs)
        return self.splice(graph, [self.given[w] for w in wires])

    def splice(self, graph: Graph, ins: Sequence[int]) -> list[int]:
        known = {r.name: w for w, r in self.builder.graph.sources.items()}
        return list(self.builder.splice(graph, ins, sources=known))


def _narrowed(
    graph: Graph, wires: Sequence[int], outs: Sequence[int]
) -> tuple[Graph, tuple[int, ...]]:
    """Some outputs of a graph, with the inputs that they read."""
    cut = hash_cons(replace(graph, outputs=[graph.outputs[i] for i in outs]))
    read_ = {w for node in cut.nodes for w in node.ins} | set(cut.outputs)
    pairs = [(g, w) for g, w in zip(cut.inputs, wires, strict=True) if g in read_]
    return replace(cut, inputs=[g for g, _ in pairs]), tuple(w for _, w in pairs)


def _read(graph: Graph, wires: Sequence[int]) -> set[int]:
    """The wires of the cell that a part of it reads."""
    return set(_narrowed(graph, wires, range(len(graph.outputs)))[1])
