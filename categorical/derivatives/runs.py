"""R of runs: a run along an axis is run backwards, with the derivative of its cell.

Definition.  Let the cell c : S × A × C → O × S be run along t.  The way there gives, besides its
outputs, the states before each step.  The way back is a run in the other direction, whose states
are the cotangents of S, of C and of the weights, and whose step is R[c] at the states, entries and
cotangents of that step: the cotangent of S goes on to the step before, those of C and of the
weights add up, and those of the entries A[t] come out.  Past a length nothing moves.  An iteration
is a run without entries; its stacked weights are entries.

Law.  It is the pullback of the run.  Left as they are (a ``pullback`` box): runs whose weights are
untied, folds over trees, and runs that keep the axis of their steps in a state.

>>> from categorical import Dim, Real, op
>>> from categorical.derivatives import explicit, reverse
>>> from categorical.recursion import fold
>>> t, s = Dim.named("t s")
>>> cell = (op.linear(s, s, bias=False) @ op.relu.at(Real[s])) >> op.add
>>> back = reverse(explicit(fold(cell, over=t, start=0)))
>>> back.type_text()
'Real[t, s] × Real[s.at("out"), s] × Real[s] → Real[t, s] × Real[s.at("out"), s]'
>>> [node.box.attrs["reverse"] for node in back.graph().nodes if node.box.name == "scan"]
[False, True]

A cell that draws noise is no function of what it reads:

>>> from categorical.recursion import fold
>>> fold(op.dropout(0.5) @ op.relu >> op.add, over=t, start=0)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM014]: ...
...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from categorical.derivatives.calculus import Wires
from categorical.derivatives.cells import Run, run_of
from categorical.derivatives.explicit import opened
from categorical.derivatives.pullback import numeric
from categorical.graph import Builder, Graph, Node
from categorical.index import Axis
from categorical.normal import prune
from categorical.ops.constant import positions
from categorical.ops.logic import LESS, WHERE
from categorical.ops.sums import SLICE
from categorical.records import Op
from categorical.recursion.machine import along, at_step
from categorical.spaces import Array

Reverse = Callable[[Graph], Graph]


def run_back(
    calc: Wires, node: Node, waiting: Mapping[int, int], moved: set[int], reverse: Reverse
) -> list[int | None] | None:
    """The cotangents of what a run reads, or None where it is left to a pullback box."""
    types = calc.builder.graph.types
    run = run_of(node, node.ins, {}, opened)
    if run is None or any(run.over in types[w].axes for w in run.states):
        return None
    before = _showing_states(calc, node, run)
    found = _Back(calc, node, run, before, waiting, moved, reverse).run()
    return [found.get(i) for i in range(len(node.ins))]


def _showing_states(calc: Wires, node: Node, run: Run) -> tuple[int, ...]:
    """Let the way there give the states before each step too: its node is exchanged."""
    graph, body, over = calc.builder.graph, run.body, run.over
    count = len(run.outputs)
    shown = body.inputs[: len(run.states)]
    inner = replace(body, outputs=[*body.outputs[:count], *shown, *body.outputs[count:]])
    types = [along(body.types[w], over) for w in shown]
    before = tuple(calc.builder.wire(t) for t in types)
    ragged = (run.lengths,) if run.lengths >= 0 else ()
    ins = (*run.order, *ragged)
    outs = node.outs
    box = run.box(
        inner,
        [graph.types[w] for w in ins],
        [*(graph.types[w] for w in outs[:count]), *types, *(graph.types[w] for w in outs[count:])],
        states=len(run.states),
        shared=len(run.shared),
        reverse=run.backwards,
        ragged=bool(ragged),
    )
    place = next(i for i, one in enumerate(graph.nodes) if one.outs == outs)
    new = Node(box, ins, (*outs[:count], *before, *outs[count:]), node.name, node.origin)
    graph.nodes[place] = new
    return before


@dataclass
class _Back:
    """The way back of one run."""

    calc: Wires
    node: Node
    given: Run
    before: tuple[int, ...]
    waiting: Mapping[int, int]
    moved: set[int]
    reverse: Reverse

    def __post_init__(self) -> None:
        self.types = self.calc.builder.graph.types
        run, count = self.given, len(self.given.outputs)
        #: the outputs that something waits for, and the states that have a cotangent
        self.used = [i for i in range(count) if self.node.outs[i] in self.waiting]
        self.carried = [i for i, w in enumerate(run.states) if numeric(self.types[w])]
        #: the entries and the shared inputs that have a cotangent
        self.entries = [i for i, w in enumerate(run.entries) if w in self.moved]
        self.shared = [i for i, w in enumerate(run.shared) if w in self.moved]

    def run(self) -> dict[int, int]:
        """The cotangents by the places of what they belong to."""
        calc, run, node = self.calc, self.given, self.node
        last = node.outs[len(run.outputs) :]
        ends = [self._waits(last[i], self.types[run.states[i]]) for i in self.carried]
        zeros = [calc.filled(self.types[run.shared[i]]) for i in self.shared]
        shown = [self.waiting[node.outs[i]] for i in self.used]
        alive = [self._alive()] if run.lengths >= 0 else []
        ins = (*ends, *zeros, *self.before, *run.entries, *shown, *alive, *run.shared)
        dom = [self.types[w] for w in ins]
        carried = len(ends) + len(zeros)
        cod = [*(self.types[run.entries[i]] for i in self.entries), *dom[:carried]]
        box = run.box(
            self._cell(dom, bool(alive)),
            dom,
            cod,
            states=carried,
            shared=len(run.shared),
            reverse=not run.backwards,
            ragged=False,
        )
        name = calc.builder.unique(f"{node.name}_back")
        outs = calc.builder.operate(box, ins, name, node.origin)
        start = len(run.states)
        places = [
            *(start + i for i in self.entries),
            *self.carried,
            *(start + len(run.entries) + i for i in self.shared),
        ]
        return dict(zip(places, outs, strict=True))

    def _waits(self, wire: int, type_: Array) -> int:
        return self.waiting[wire] if wire in self.waiting else self.calc.filled(type_)

    def _alive(self) -> int:
        """Whether a step is one of the sequence: Bool[t, …], for lengths Fin(t + 1)[…]."""
        calc, over = self.calc, self.given.over
        one = self.types[self.given.lengths]
        assert one.values is not None
        longer = Axis(one.values)
        steps = calc.use(positions(longer))
        chosen = Op(SLICE, axis=longer, start=0, stop=over.index, into=over)
        wide = one.with_axes((over, *one.axes))
        return calc.op(
            Op(LESS),
            calc.arranged(calc.op(chosen, steps), wide),
            calc.arranged(self.given.lengths, wide),
        )

    def _cell(self, dom: Sequence[Array], masked: bool) -> Graph:
        """The step of the way back."""
        run, body = self.given, self.given.body
        builder = Builder()
        calc = Wires(builder)
        start, end = len(self.carried) + len(self.shared), len(dom) - len(run.shared)
        wires = [
            builder.input(at_step(t, run.over) if start <= i < end else t)
            for i, t in enumerate(dom)
        ]
        cots, sums = wires[: len(self.carried)], wires[len(self.carried) : start]
        count = start + len(run.states) + len(run.entries)
        read, shown, shared = wires[start:count], wires[count:end], wires[end:]
        mask = shown.pop() if masked else -1

        def living(wire: int, other: int | None = None) -> int:
            if not masked:
                return wire
            nothing = calc.filled(calc.type(wire)) if other is None else other
            return calc.op(Op(WHERE), mask, wire, nothing)

        last = body.outputs[len(run.outputs) :]
        once = self.reverse(replace(body, outputs=[*(body.outputs[i] for i in self.used), *last]))
        ins = (*read, *shared, *map(living, shown), *map(living, cots))
        places = [i for i, t in enumerate(body.dom) if numeric(t)]
        back = dict(zip(places, builder.splice(once, ins), strict=True))
        entry = len(run.states)
        whole = entry + len(run.entries)
        outputs = [
            *(back[entry + i] for i in self.entries),
            *(living(back[i], old) for i, old in zip(self.carried, cots, strict=True)),
            *(calc.add(old, back[whole + i]) for i, old in zip(self.shared, sums, strict=True)),
        ]
        return prune(builder.finish(outputs))
