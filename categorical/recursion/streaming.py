"""Step form and sequence form: one coalgebra, run over a whole sequence or entry by entry.

Definition.  The *step form* of an arrow along a dim t is a start ``C → S`` and a step
``S × A × C → B × S``: A and B are the entries of its inputs and outputs at one index, C its inputs
without the axis (usually none), S the states that ``stepping`` derives.  An output without the axis
is a running value: what the entries so far give.  States that hold all entries so far (the keys and
values of a causal attention) have the axis ``past`` of size p before step p and ``p + 1`` after it;
they start with none.  Where nothing is cached and the index is read, it is an input ``Fin(t)``.

Laws.  Running the step from the start over all entries is the arrow: ``form.sequence()`` is equal
to it where the states have one type (``laws.stepwise`` states it in either case).  The step of a
machine is its cell.  ``form.resume`` takes a chunk of entries at once, of any number: running over
a first chunk and then over a second one from the states that are left is running over both (split
and resume, the law of the free monad; ``laws.resumes`` states it).  Cutting the gradient between
two chunks changes gradients and no values.

>>> from categorical import Dim, Real, op
>>> from categorical.recursion import scan
>>> t, a, s = Dim.named("t a s")
>>> cell = (op.linear(s, s) @ op.linear(a, s)) >> op.add >> op.tanh
>>> form = step_form(scan(cell, over=t, start=0) >> op.linear(s, a, name="out"), over=t)
>>> form.start.type_text(), form.step.type_text()
('One → Real[s]', 'Real[s] × Real[a] → Real[a] × Real[s]')
>>> form.resume.type_text()
'Real[s] × Real[chunk, a] → Real[chunk, a] × Real[s]'
>>> form.sequence().type_text()
'Real[t, a] → Real[t, a]'

An axis that is not there has no entries:

>>> step_form(op.relu.at(Real[s]), over=t)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM005]: the arrow has no input or output along `t`
...
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from categorical import messages, op
from categorical.arrows import Arrow, Traced, Transformed, Types
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.graph import Builder, Graph, OperatorBox
from categorical.index import Axis, Dim, IndexSet
from categorical.recursion.machine import SCAN, along
from categorical.recursion.stepping import Derived, derive, free_dim
from categorical.spaces import Array


@dataclass(frozen=True, eq=False)
class StepForm:
    """The step form of an arrow; see the module.

    ``entries``, ``shared`` and ``begins`` are the numbers of the inputs along the axis, of those
    without it that the step reads, and of those that the start reads; ``past`` is the dim of the
    states that grow, if there are any; ``place``: whether the step reads the index as an input.  An
    output that is a state itself is no output of the step: ``finals`` says which state it is.
    ``resume`` is the step for ``chunk`` entries at once.
    """

    arrow: Arrow
    over: Dim
    start: Arrow
    step: Arrow
    states: tuple[Array, ...]
    names: tuple[str, ...]
    shared: tuple[int, ...]
    begins: tuple[int, ...]
    past: Dim | None
    place: bool
    finals: Mapping[int, int]
    resume: Arrow
    chunk: Dim

    @property
    def entries(self) -> tuple[int, ...]:
        """The numbers of the inputs along the axis."""
        types = self.arrow.graph().dom
        return tuple(i for i, one in enumerate(types) if self.axis_of(one) is not None)

    def axis_of(self, one: Array) -> Axis | None:
        """The axis of a type along which the entries come."""
        return next((a for a in one.axes if a.index is self.over), None)

    def sequence(self, name: str = "stream") -> Arrow:
        """The step run over a whole sequence: an arrow of the type of the one it is derived from.

        Its weights are called ``<name>.…``.  CM051 where a state grows: the law is then
        ``laws.stepwise``.
        """
        if self.past is not None:
            grown = next(i for i, one in enumerate(self.states) if self.past in one.atoms)
            raise SpecError(
                "CM051",
                f"the step of `{self.arrow.label()}` has no one carrier: a state grows",
                facts=[(f"state `{self.names[grown]}`", str(self.states[grown]))],
                help=["state the law: laws.stepwise(form)"],
            )
        messages.check_name(name, "a run")
        graph = self._sequence(name)

        def make(types: Types) -> Graph:
            return graph

        return Transformed(self.arrow, make, f"sequence({self.arrow.label()})", graph.dom, False)

    def _sequence(self, name: str) -> Graph:
        whole, cell, builder = self.arrow.graph(), self.step.graph(), Builder()
        steps = Axis(self.over)
        inputs = [builder.input(one, whole.wire_name(w)) for w, one in zip(whole.inputs, whole.dom)]
        shared = [inputs[i] for i in self.shared]
        states = builder.splice(self.start.graph(), [inputs[i] for i in self.begins])
        entries = [self._relabelled(builder, inputs[i], steps) for i in self.entries]
        if self.place:
            entries += builder.apply(op.positions(steps).op, (), "places")
        shown = [i for i, _ in enumerate(whole.cod) if i not in self.finals]
        types = []
        for i, one in zip(shown, cell.cod, strict=False):
            axis = self.axis_of(whole.cod[i])
            types.append(along(one, steps, 0 if axis is None else whole.cod[i].position(axis)))
        attrs = {
            "over": steps,
            "times": self.over,
            "states": len(states),
            "shared": len(shared),
            "reverse": False,
            "weights": "tied",
            "ragged": False,
        }
        ins = (*states, *entries, *shared)
        box = OperatorBox(
            SCAN,
            (cell,),
            tuple(builder.graph.types[w] for w in ins),
            (*types, *self.states),
            attrs,
        )
        made = builder.operate(box, ins, name)
        found = {i: made[len(shown) + state] for i, state in self.finals.items()}
        for i, wire in zip(shown, made, strict=False):
            axis = self.axis_of(whole.cod[i])
            if axis is None:
                (wire,) = builder.apply(op.take(steps, -1).op, (wire,), "last")
            elif axis is not steps:
                (wire,) = builder.apply(op.relabel(steps, axis).op, (wire,), "relabel")
            found[i] = wire
        return builder.finish([found[i] for i in range(len(whole.cod))])

    def _relabelled(self, builder: Builder, wire: int, steps: Axis) -> int:
        axis = self.axis_of(builder.graph.types[wire])
        if axis is None or axis is steps:
            return wire
        return builder.apply(op.relabel(axis, steps).op, (wire,), "relabel")[0]


@checked
def step_form(arrow: Arrow, over: IndexSet | Axis) -> StepForm:
    """Derive the step form of an arrow along a dim.

    Raises ``SpecError``: CM005 where the axis is not there, CM051 where a box has no step.
    """
    dim = over.index if isinstance(over, Axis) else over
    graph = arrow.graph()
    title = graph.name or "model"
    if not isinstance(dim, Dim) or not any(
        a.index is dim for one in (*graph.dom, *graph.cod) for a in one.axes
    ):
        raise SpecError(
            "CM005",
            f"`{graph.name}` has no input or output along `{dim}`"
            if graph.name
            else f"the arrow has no input or output along `{dim}`",
            facts=[("the boundary", messages.boundary(graph))],
            help=["name a dim of the boundary: the one along which the entries come"],
        )
    found, chunk = derive(graph, dim), free_dim("chunk", graph)
    start = Traced(replace(found.start, name=f"{title}_start"), True, None)
    step, finals = _as_arrow(graph, dim, found, f"{title}_step")
    more = derive(graph, dim, chunk)
    resume, _ = _as_arrow(graph, dim, more, f"{title}_resume")
    assert [s.type for s in more.states] == [s.type for s in found.states]
    return StepForm(
        arrow,
        dim,
        start,
        step,
        tuple(s.type for s in found.states),
        tuple(s.name for s in found.states),
        tuple(found.shared),
        tuple(found.begins),
        found.past,
        found.place is not None,
        finals,
        resume,
        chunk,
    )


def _as_arrow(graph: Graph, dim: Dim, found: Derived, name: str) -> tuple[Arrow, dict[int, int]]:
    """A derived step as an arrow without the outputs that are states, and which these are."""
    outs, after = found.step.outputs[: len(graph.cod)], found.step.outputs[len(graph.cod) :]
    finals = {
        i: after.index(w)
        for i, (w, one) in enumerate(zip(outs, graph.cod, strict=True))
        if w in after and not any(a.index is dim for a in one.axes)
    }
    kept = [w for i, w in enumerate(outs) if i not in finals]
    return Traced(replace(found.step, name=name, outputs=[*kept, *after]), False, None), finals
