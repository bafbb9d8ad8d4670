"""The law of step form and sequence form: running the step over all entries is the arrow.

Definition.  ``stepwise(form)`` says of an architecture that the step of ``form``, run from its
start over the entries of the inputs, gives at every index the entry of the outputs at that index,
and at the end those outputs that have no axis.  Where the states of the step have one type it is an
equation of two arrows (``form.sequence()``); where they grow (caches) both sides are computed, the
step at every size of the past, the empty one included.

>>> from categorical import Dim, Real, architecture, op
>>> from categorical.recursion import scan, step_form
>>> t, s = Dim.named("t s")
>>> network = scan(op.add.at(Real[s], Real[s]), over=t, start=0) >> op.tanh
>>> stepwise(step_form(network, over=t)).name
'stepwise[t]'

The step of another arrow says nothing of this one:

>>> other = step_form(op.exp.at(Real[t]), over=t)
>>> architecture(network, laws=[stepwise(other)])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM021]: `stepwise[t]` cannot be stated here
...
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from categorical.graph import Graph
from categorical.laws.equations import equal
from categorical.laws.law import Instance, Law, Run, Values
from categorical.messages import boundary
from categorical.ops.axes import structural
from categorical.origin import here
from categorical.records import EVAL, NOISE, TRAIN, Context
from categorical.recursion.streaming import StepForm


@dataclass(frozen=True, eq=False)
class Stepwise(Law):
    """The step at every size of the past, against the arrow; see the module."""

    form: StepForm | None = None

    @property
    def statement(self) -> str:
        return "f(x)[p] = step(state p, x[p])"

    def boundary(self, graph: Graph) -> None:
        assert self.form is not None
        whole = self.form.arrow.graph()
        if whole.dom != graph.dom or whole.cod != graph.cod:
            raise self._unstatable(
                "the step is that of an arrow of another type",
                "derive it from this one:  step_form(arrow, over=…)",
                facts=[("this side", boundary(graph)), ("the step is of", boundary(whole))],
            )

    def sides(
        self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any
    ) -> Iterator[Instance]:
        assert self.form is not None
        yield Instance(run(inputs), stepped(self.form, ctx, run, inputs), "", graph.cod)

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        """The sequence form only reads its weights and inputs with 1 added."""
        broken: Run = run.perturbed()  # type: ignore[attr-defined]
        return broken


def stepped(form: StepForm, ctx: Context, run: Any, inputs: Values) -> Values:
    """The outputs of a step form, entry by entry; ``run`` gives the weights."""
    whole = form.arrow.graph()

    def at(graph: Graph, past: int) -> Run:
        sizes = {} if form.past is None else {form.past.name: past}
        found: Run = run.at(graph, sizes=sizes)
        return found

    shared = [inputs[i] for i in form.shared]
    states = at(form.start.graph(), 0)([inputs[i] for i in form.begins])
    rows: list[Values] = []
    shown = [i for i, _ in enumerate(whole.cod) if i not in form.finals]
    for p in range(ctx.size(form.over)):
        entries = [_entry(ctx, inputs[i], p, form, whole.dom[i]) for i in form.entries]
        place = [np.asarray(p)] if form.place else []
        found = at(form.step.graph(), p)([*states, *entries, *place, *shared])
        rows.append(found[: len(shown)])
        states = found[len(shown) :]
    outputs = {i: states[state] for i, state in form.finals.items()}
    for place_, i in enumerate(shown):
        axis, column = form.axis_of(whole.cod[i]), [row[place_] for row in rows]
        if axis is None:
            outputs[i] = column[-1]
        else:
            outputs[i] = _stacked(ctx, column, whole.cod[i].position(axis))
    return [outputs[i] for i in range(len(whole.cod))]


def _entry(ctx: Context, value: Any, index: int, form: StepForm, type_: Any) -> Any:
    place = type_.position(form.axis_of(type_))
    return structural(ctx, value, lambda v: np.take(v, index, axis=place))


def _stacked(ctx: Context, rows: list[Any], place: int) -> Any:
    def join(arrays: Any) -> Any:
        return np.stack(list(arrays), axis=place)

    if all(isinstance(one, np.ndarray) for one in rows):
        return join(rows)
    return ctx.algebra.structural_n(rows, join)


def stepwise(form: StepForm, name: str = "") -> Law:
    """The step form, run over all entries, is the arrow; claimed in eval mode where the arrow draws
    noise, which the steps draw anew."""
    title = name or f"stepwise[{form.over}]"
    noisy = any(r.role == NOISE for r in _resources(form.arrow.graph()))
    if form.past is None and not noisy:
        return equal(form.sequence(), renaming={"stream": ""}, name=title)
    return Stepwise(title, (EVAL,) if noisy else (EVAL, TRAIN), origin=here(), form=form)


def _resources(graph: Graph) -> list[Any]:
    return list(graph.resources({d: 2 for d in graph.dims}).values())
