"""Runners: fixed resources, relatives, recordings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from categorical import Dim, Real, arrow, iterate, op
from categorical.groups import act, swap
from categorical.records import Context
from categorical.semantics import FieldAlgebra, FloatAlgebra
from synthesis.runner import Runner, draw_inputs, draw_resources, modal

n, c, d = Dim.named("n c d")
SIZES = {"n": 3, "c": 2, "d": 2}


def runner(graph: Any, mode: str = "eval", exact: bool = False) -> tuple[Runner, list[Any]]:
    ctx = Context(FieldAlgebra(seed=1) if exact else FloatAlgebra(), SIZES, mode)
    rng = np.random.default_rng(0)
    return Runner(graph, ctx, draw_resources(graph, ctx, rng, exact)), draw_inputs(graph, ctx, rng)


def test_noise_is_drawn_once() -> None:
    graph = op.gaussian_noise(1.0).at(Real[n]).graph()
    run, x = runner(graph, "train")
    assert np.array_equal(run(x)[0], run(x)[0])
    assert not np.array_equal(run(x)[0], x[0])


def test_noise_moves_with_the_group() -> None:
    graph = op.gaussian_noise(1.0).at(Real[n]).graph()
    run, (x,) = runner(graph, "train")
    element = swap("n", 0, 2, 3)
    moved = act(run.ctx, element, x, Real[n])
    left = run.moved(element)([moved])[0]
    right = act(run.ctx, element, run([x])[0], Real[n])
    assert np.array_equal(left, right)
    assert not np.array_equal(run([moved])[0], right)


def test_another_graph_reads_the_same_weights_by_name() -> None:
    @arrow
    def one(x: Real[n, c]) -> Real[n, d]:
        """One name."""
        return op.linear(c, d, name="a")(x)

    @arrow
    def other(x: Real[n, c]) -> Real[n, d]:
        """Another name."""
        return op.linear(c, d, name="b")(x)

    run, x = runner(one.graph())
    names = {"b.weight": "a.weight", "b.bias": "a.bias"}
    assert np.array_equal(run.at(other.graph(), names)(x)[0], run(x)[0])
    with pytest.raises(KeyError, match=r"b\.weight"):
        run.at(other.graph())


@pytest.mark.parametrize("exact", [False, True])
def test_perturbed_is_another_function(exact: bool) -> None:
    for net in (op.linear(c, d).at(Real[n, c]), op.softmax(c).at(Real[n, c])):
        run, x = runner(net.graph(), exact=exact)
        assert not run.ctx.algebra.equal_arrays(run(x)[0], run.perturbed()(x)[0])


def test_recordings_of_one_graph_line_up() -> None:
    graph = iterate(op.linear(c, c) >> op.tanh, 2, weights="tied").graph()
    run, x = runner(graph)
    recording = run.recording()
    recording(x)
    recording([2 * x[0]])
    first, second = recording.trace or []
    assert [w.name for w in first] == [w.name for w in second]
    assert first[0].name == "x"
    assert sum("tanh" in w.name for w in first) == 2


def test_modes_differ_with_state_or_noise_only() -> None:
    assert modal([op.dropout(0.5).at(Real[n]).graph()])
    assert modal([op.batch_norm(c, over=(n,)).at(Real[n, c]).graph()])
    assert modal([iterate(op.dropout(0.5).at(Real[n]), 2).graph()])
    assert not modal([(op.linear(c, d) >> op.tanh).graph()])
