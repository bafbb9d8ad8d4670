"""Losses that torch has: found by shape, whatever the axes, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backends.pytorch.training.known import known, text
from categorical import Dim, Fin, Real, arrow, op
from categorical.functors import stack
from categorical.learning.losses import (
    absolute_error,
    binary_cross_entropy,
    cross_entropy,
    hinge,
    mean_squared_error,
)
from categorical.normal import inline, prune
from categorical.records import EVAL, Context
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

batch, k, n, m = Dim.named("batch k n m")
SIZES = dict(batch=3, k=4, n=2, m=5)


def graph_of(loss):
    """The mean of a loss over a batch."""

    @arrow
    def total(p: stack(loss, batch).dom[0], y: stack(loss, batch).dom[1]) -> Real:
        return op.mean(batch)(stack(loss, batch)(p, y))

    return prune(inline(total.graph()))


CASES = {
    "cross_entropy": (cross_entropy(Real[k]), "F.cross_entropy(p, y)"),
    "of a sequence": (
        cross_entropy(Real[n, k]),
        "F.cross_entropy(p.flatten(0, -2), y.flatten())",
    ),
    "of an image": (cross_entropy(Real[k, n, m], k), "F.cross_entropy(p, y)"),
    "classes within": (
        cross_entropy(Real[n, k, m], k),
        "F.cross_entropy(p.movedim(2, 1), y)",
    ),
    "mse": (mean_squared_error(Real[n, m]), "F.mse_loss(p, y)"),
    "l1": (absolute_error(Real[n]), "F.l1_loss(p, y)"),
    "logits": (
        binary_cross_entropy(Real[n]),
        "F.binary_cross_entropy_with_logits(p, y)",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_function_of_torch_is_the_loss(name: str) -> None:
    loss, wanted = CASES[name]
    graph = graph_of(loss)
    ((wire, one),) = known(graph).items()
    assert wire == graph.outputs[0]
    call = text(one, graph, "p", "y")
    assert call == wanted
    context, rng = Context(FloatAlgebra(), SIZES, EVAL), np.random.default_rng(0)
    values = [
        rng.integers(SIZES["k"], size=context.shape(t))
        if t.kind == "fin"
        else rng.standard_normal(context.shape(t))
        for t in graph.dom
    ]
    space = {"F": torch.nn.functional, "p": torch.as_tensor(values[0])}
    found = eval(call, {**space, "y": torch.as_tensor(values[1])})
    assert np.allclose(found, run(graph, context, values, {}).outputs[0], rtol=1e-12)


def test_a_constant_truth() -> None:
    @arrow
    def real(p: Real[batch]) -> Real:
        each = stack(binary_cross_entropy(Real.scalar), batch)
        return op.mean(batch)(each(p, op.full_like(1.0)(p)))

    graph = prune(inline(real.graph()))
    ((_, one),) = known(graph).items()
    assert text(one, graph, "p", "") == "F.binary_cross_entropy_with_logits(p, torch.ones_like(p))"


def test_what_is_almost_a_loss_is_none() -> None:
    assert known(graph_of(hinge(Real[n]))) == {}

    @arrow
    def no_mean(p: Real[batch, k], y: Fin(k)[batch]) -> Real:
        return op.sum(batch)(op.logsumexp(k)(p) - op.gather(k)(p, y))

    @arrow
    def other_way_round(p: Real[batch, k], y: Fin(k)[batch]) -> Real:
        return op.mean(batch)(op.gather(k)(p, y) - op.logsumexp(k)(p))

    @arrow
    def another_prediction(p: Real[batch, k], q: Real[batch, k], y: Fin(k)[batch]) -> Real:
        return op.mean(batch)(op.logsumexp(k)(q) - op.gather(k)(p, y))

    @arrow
    def some_axes(p: Real[batch, n], y: Real[batch, n]) -> Real[batch]:
        return op.mean(n)(op.square(p - y))

    @arrow
    def read_twice(p: Real[batch], y: Real[batch]) -> Real:
        squares = op.square(p - y)
        return op.mean(batch)(squares) + op.sum(batch)(squares)

    for one in (no_mean, other_way_round, another_prediction, some_axes, read_twice):
        assert known(prune(inline(one.graph()))) == {}
