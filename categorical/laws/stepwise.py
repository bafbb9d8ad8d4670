"""The laws of step form and sequence form: running the step over all entries is the arrow.

Definition.  ``stepwise(form)`` says of an architecture that the step of ``form``, run from its
start over the entries of the inputs, gives at every index the entry of the outputs at that index,
and at the end those outputs that have no axis.  Where the states of the step have one type it is an
equation of two arrows (``form.sequence()``); where they grow (caches) both sides are computed, the
step at every size of the past, the empty one included.  ``resumes(form)`` says the same of a first
chunk of entries and the second one, resumed from the states that the first one left.

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

    chunks: bool = False

    @property
    def statement(self) -> str:
        if self.chunks:
            return "f(x ++ y) = resume(state after x, y) behind f(x)"
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
        whole, n = run(inputs), ctx.size(self.form.over)
        if not self.chunks:
            yield Instance(whole, stepped(self.form, ctx, run, inputs), "", graph.cod)
            return
        for k in sorted({1, n // 2, n - 1} - {0}) or [0]:
            sizes = [size for size in (k, n - k) if size]
            found = stepped(self.form, ctx, run, inputs, sizes)
            yield Instance(whole, found, f"chunks of {sizes}", graph.cod)

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        """The sequence form only reads its weights and inputs with 1 added."""
        broken: Run = run.perturbed()  # type: ignore[attr-defined]
        return broken


def stepped(
    form: StepForm, ctx: Context, run: Any, inputs: Values, chunks: list[int] | None = None
) -> Values:
    """The outputs of a step form, entry by entry or in chunks; ``run`` gives the weights."""
    whole = form.arrow.graph()
    one = form.step.graph() if chunks is None else form.resume.graph()

    def at(graph: Graph, past: int, chunk: int) -> Run:
        sizes = {} if form.past is None else {form.past.name: past}
        sizes |= {} if chunks is None else {form.chunk.name: chunk}
        found: Run = run.at(graph, sizes=sizes)
        return found

    shared = [inputs[i] for i in form.shared]
    states = at(form.start.graph(), 0, 1)([inputs[i] for i in form.begins])
    rows: list[Values] = []
    shown = [i for i, _ in enumerate(whole.cod) if i not in form.finals]
    p = 0
    for size in [1] * ctx.size(form.over) if chunks is None else chunks:
        places: Any = np.asarray(p) if chunks is None else np.arange(p, p + size)
        entries = [_entries(ctx, inputs[i], places, form, whole.dom[i]) for i in form.entries]
        index = [places] if form.place else []
        found = at(one, p, size)([*states, *entries, *index, *shared])
        rows.append(found[: len(shown)])
        states, p = found[len(shown) :], p + size
    outputs = {i: states[state] for i, state in form.finals.items()}
    join = np.stack if chunks is None else np.concatenate
    for place, i in enumerate(shown):
        axis, column = form.axis_of(whole.cod[i]), [row[place] for row in rows]
        if axis is None:
            outputs[i] = column[-1]
        else:
            outputs[i] = _joined(ctx, column, join, whole.cod[i].position(axis))
    return [outputs[i] for i in range(len(whole.cod))]


def _entries(ctx: Context, value: Any, places: Any, form: StepForm, type_: Any) -> Any:
    axis = type_.position(form.axis_of(type_))
    return structural(ctx, value, lambda v: np.take(v, places, axis=axis))


def _joined(ctx: Context, rows: list[Any], join: Any, place: int) -> Any:
    def joined(arrays: Any) -> Any:
        return join(list(arrays), axis=place)

    if all(isinstance(one, np.ndarray) for one in rows):
        return joined(rows)
    return ctx.algebra.structural_n(rows, joined)


def stepwise(form: StepForm, name: str = "") -> Law:
    """The step form, run over all entries, is the arrow; claimed in eval mode where the arrow draws
    noise, which the steps draw anew."""
    title, noisy = name or f"stepwise[{form.over}]", _noisy(form)
    if form.past is None and not noisy:
        return equal(form.sequence(), renaming={"stream": ""}, name=title)
    return Stepwise(title, (EVAL,) if noisy else (EVAL, TRAIN), origin=here(), form=form)


def resumes(form: StepForm, name: str = "") -> Law:
    """Split and resume: the arrow, run over a first chunk, and resumed over a second one."""
    modes = (EVAL,) if _noisy(form) else (EVAL, TRAIN)
    title = name or f"resumes[{form.over}]"
    return Stepwise(title, modes, origin=here(), form=form, chunks=True)


def _noisy(form: StepForm) -> bool:
    graph = form.arrow.graph()
    found = graph.resources({d: 2 for d in graph.dims}).values()
    return any(one.role == NOISE for one in found)
