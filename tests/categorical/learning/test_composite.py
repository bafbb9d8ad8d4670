"""The closed composite in Para(Lens) and the step of the learner are one map."""

import numpy as np
import pytest

from categorical import Dim, Fin, Real, arrow, iterate, op
from categorical.derivatives.explicit import explicit
from categorical.learning import learner, losses, optimisers, step
from categorical.learning.composite import closed, closed_law
from categorical.learning.optimisers_adaptive import adam, adamw
from categorical.records import Context
from categorical.semantics.fields import FieldAlgebra
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

PIXEL, HIDDEN, LABEL = Dim.named("pixel hidden label")
SIZES = {"pixel": 3, "hidden": 4, "label": 2, "batch": 5}


@arrow
def net(image: Real[PIXEL]) -> Real[LABEL]:
    """A perceptron with one hidden layer of its own width, repeated."""
    first = op.tanh(op.linear(PIXEL, HIDDEN, name="first")(image))
    same = iterate(op.linear(HIDDEN, HIDDEN) >> op.tanh, 2, weights="stacked")
    return op.linear(HIDDEN, LABEL, name="last")(same(first))


def _values(graph, algebra, seed):
    rng = np.random.default_rng(seed)
    ctx = Context(algebra, SIZES)
    values = []
    for one in graph.dom:
        size = one.values.size.evaluate(SIZES) if one.values is not None else None
        values.append(algebra.random(ctx.shape(one), rng, one.kind, size))
    return ctx, [abs(v) if one.kind == "real" else v for v, one in zip(values, graph.dom)]


@pytest.mark.parametrize(
    "optimiser",
    [
        optimisers.sgd(0.1),
        optimisers.sgd(0.1, momentum=0.9),
        optimisers.nesterov(0.1, 0.9),
        adam(1e-2),
        adamw(1e-2),
    ],
    ids=lambda one: one.name,
)
def test_composite_is_step(optimiser):
    score = losses.cross_entropy(Real[LABEL])
    whole, law = closed_law(net, score, optimiser)
    graph, other = whole.graph(), law.other.graph()
    assert graph.dom == other.dom and graph.cod == other.cod
    for seed in range(3):
        ctx, values = _values(graph, FloatAlgebra(), seed)
        mine, theirs = (run(g, ctx, values, {}).outputs for g in (graph, other))
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


def test_exactly():
    score = losses.mean_squared_error(Real[LABEL])
    whole, law = closed_law(net, score, optimisers.sgd(0.1, momentum=0.9))
    algebra = FieldAlgebra(seed=3)
    ctx, values = _values(whole.graph(), algebra, 3)
    mine, theirs = (run(g, ctx, values, {}).outputs for g in (whole.graph(), law.other.graph()))
    assert all(algebra.equal_arrays(a, b) for a, b in zip(mine, theirs, strict=True))


def test_another_rate_is_another_step():
    score = losses.mean_squared_error(Real[LABEL])
    whole = step(learner(net, score, optimisers.sgd(0.1)))
    other = closed(net, score, optimisers.sgd(0.1), alpha=0.5)
    ctx, values = _values(whole.graph(), FloatAlgebra(), 0)
    mine, theirs = (run(g.graph(), ctx, values, {}).outputs for g in (whole, other))
    assert any(np.max(np.abs(a - b)) > 1e-6 for a, b in zip(mine, theirs, strict=True))


def test_step_moves_against_the_gradient():
    """One step of descent lowers the loss at a small rate, and raises it when the sign is wrong."""
    score = losses.cross_entropy(Real[LABEL])
    game = learner(net, score, optimisers.sgd(1e-3), label=Fin(LABEL))
    up = learner(net, score, optimisers.sgd(1e-3, maximise=True), label=Fin(LABEL))
    loss = explicit(game.arrow).graph()
    ctx, values = _values(step(game).graph(), FloatAlgebra(), 1)
    count = len(game.weights)

    def at(weights):
        return float(run(loss, ctx, [*values[count:], *weights], {}).outputs[0])

    before = at(values[:count])
    assert at(run(step(game).graph(), ctx, values, {}).outputs) < before
    assert at(run(step(up).graph(), ctx, values, {}).outputs) > before
