"""The parts around a kernel's cell at all steps at once: the graph means what it meant."""

from __future__ import annotations

import numpy as np
import pytest

from backends.pytorch.recursion.isolate import isolate
from categorical import Arrow, Dim, Fin, Real, arrow, op
from categorical.composites import gru_cell, recurrent, stacked
from categorical.functors import stack
from categorical.records import EVAL, Context
from categorical.recursion import fold, mealy, scan
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run
from tests.backends.pytorch.recursion.recurrent_cells import a, elman, gru, lstm, s, t

o, batch, word = Dim.named("o batch word")
SIZES = {"a": 3, "s": 4, "o": 2, "t": 5, "batch": 3, "word": 6}


@arrow
def around(h: Real[s], x: Real[a]) -> Real[o] * Real[s] * Real[a] * Real[s]:
    new = gru()(h, op.relu(x))
    return op.linear(s, o, name="show")(new), op.sin(new), op.tanh(x), new


@arrow
def twice(h: Real[s], x: Real[a]) -> Real[s] * Real[s] * Real[o] * Real[o] * Real[s]:
    new = elman()(h, x)
    shown = op.linear(s, o, name="show")(new)
    return new, new, shown, shown, new


@arrow
def conditioned(h: Real[s], token: Fin(word)[()], y: Real[s]) -> Real[s]:
    read = op.embedding(word, a, name="words")(token)
    both = op.linear(a, s, name="read")(read) + op.linear(s, s, name="given")(op.relu(y))
    return op.tanh(both + op.linear(s, s, name="again")(h))


RUNS: dict[str, Arrow] = {
    "maps around": mealy(around, over=t),
    "maps around, from the right": mealy(around, over=t, reverse=True),
    "maps around, lengths": mealy(around, over=t, lengths=True),
    "one output twice": mealy(twice, over=t),
    "tokens and a shared input": fold(conditioned, over=t, shared=1),
    "rows of memories": scan(lstm(), over=t),
    "a stack": stacked(recurrent(gru(), over=t), recurrent(gru_cell(s, s), over=t)),
}


def values(graph, inputs, resources):
    return run(graph, Context(FloatAlgebra(), SIZES, EVAL), inputs, resources).outputs


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("batched", [False, True])
def test_the_meaning_stays(name: str, batched: bool) -> None:
    graph = (stack(RUNS[name], batch) if batched else RUNS[name]).graph()
    rewritten = isolate(graph)
    rng, shape = np.random.default_rng(0), Context(FloatAlgebra(), SIZES, EVAL).shape
    inputs = [
        rng.standard_normal(shape(one)) if one.kind == "real" else rng.integers(0, 6, shape(one))
        for one in graph.dom
    ]
    resources = {p: rng.standard_normal(shape(r.space)) for p, r in graph.resources().items()}
    assert set(rewritten.resources()) == set(resources)
    wanted, found = (values(one, inputs, resources) for one in (graph, rewritten))
    for y, want in zip(found, wanted, strict=True):
        np.testing.assert_allclose(y, want, rtol=1e-12, atol=1e-12)


def test_maps_leave_the_run() -> None:
    (run_,) = [n for n in isolate(RUNS["maps around"].graph()).nodes if n.box.name == "scan"]
    names = {n.box.name for n in run_.box.regions[0].nodes}
    assert not names & {"relu", "sin"} and len(run_.outs) == 2


def test_a_weight_on_both_sides_stays_in_the_run() -> None:
    """What is read by the cell and behind it has one place, inside."""

    @arrow
    def tied(h: Real[s], x: Real[a]) -> Real[s] * Real[s]:
        bias = op.parameter(Real[s], name="bias")()
        new = op.tanh(elman_logits(h, x) + bias)
        return new + bias, new

    graph = mealy(tied, over=t).graph()
    assert isolate(graph) is graph


@arrow(inline=True)
def elman_logits(h: Real[s], x: Real[a]) -> Real[s]:
    return op.linear(a, s, name="read")(x) + op.linear(s, s, name="again")(h)


def test_order_of_stacked_runs() -> None:
    graph = isolate(RUNS["a stack"].graph())
    made = set(graph.inputs) | set(graph.sources)
    for node in graph.nodes:  # still in topological order
        assert set(node.ins) <= made
        made |= set(node.outs)
