"""Shrinking: smallest sizes, sparsest inputs, one generator, and still a violation."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Fin, Real, arrow, laws, op
from categorical.groups import Symmetric
from synthesis.numeric import Failure, Trial, attempt, examine
from synthesis.shrink import shrink

n, c, d = Dim.named("n c d")
SIZES = {"n": 5, "c": 4, "d": 3}
EQUIVARIANT, INVARIANT = laws.equivariant(under=Symmetric(n)), laws.invariant(under=Symmetric(n))


def failure(law: laws.Law, arrow_: object, scale: float = 1.0) -> Failure:
    graph = arrow_.graph()  # type: ignore[attr-defined]
    sizes = {k: SIZES[k] for k in graph.dims}
    found = attempt(law, graph, Trial(sizes, "eval", scale, 11)).failure
    assert found is not None
    return found


@arrow
def gain(x: Real[n, c]) -> Real[n, c]:
    """A gain for each node."""
    return op.einsum(n, c)(x, op.parameter(Real[n], "gain")())


def test_one_hot_input_and_weights() -> None:
    small = shrink(EQUIVARIANT, (gain.graph(),), failure(EQUIVARIANT, gain))
    assert small.point.sizes == {"c": 1, "n": 2}
    assert small.element == "swap(n, 0, 1)"
    (x,), weights = small.point.inputs, small.point.resources["gain"]
    assert sorted(x.reshape(-1).tolist()) == [0.0, 1.0]
    assert sorted(weights.tolist()) == [0.0, 1.0]


@arrow
def needs_three(x: Real[n]) -> Real[n]:
    """The next but one: at two elements that is a symmetric map."""
    return x + op.roll(n, 1)(x)


def test_sizes_stop_where_the_law_begins_to_hold() -> None:
    small = shrink(EQUIVARIANT, (needs_three.graph(),), failure(EQUIVARIANT, needs_three))
    assert small.point.sizes == {"n": 3}


@arrow
def chosen(which: Fin(d)[n]) -> Real[c]:
    """The entry of the first."""
    return op.take(n, 0)(op.embedding(d, c)(which))


def test_indices_become_zero_or_one() -> None:
    small = shrink(INVARIANT, (chosen.graph(),), failure(INVARIANT, chosen))
    assert small.point.sizes == {"c": 1, "d": 2, "n": 2}
    assert sorted(small.point.inputs[0].tolist()) == [0, 1]


@arrow
def beyond_six(x: Real[n]) -> Real[n]:
    """A branch beyond 6."""
    return op.where(op.less(op.abs(x), op.full_like(6.0)(x)), x, op.roll(n, 1)(x))


def test_magnitudes_that_matter_stay() -> None:
    small = shrink(EQUIVARIANT, (beyond_six.graph(),), failure(EQUIVARIANT, beyond_six, 1e2))
    (x,) = small.point.inputs
    assert np.abs(x).max() > 6
    assert np.all(x == np.round(x))


@arrow
def tiny(x: Real[n]) -> Real[n]:
    """A positional term of one millionth."""
    where = op.parameter(Real[n], "where")()
    return op.tanh(x) + op.scale(1e-6)(op.einsum(n)(x, where))


@pytest.mark.parametrize("arrow_", [gain, needs_three, tiny, op.linear(n, n).at(Real[c, n])])
def test_the_result_still_fails_as_clearly(arrow_: object) -> None:
    first = failure(EQUIVARIANT, arrow_)
    small = shrink(EQUIVARIANT, (arrow_.graph(),), first)  # type: ignore[attr-defined]
    again = examine(EQUIVARIANT, arrow_.graph(), small.point).failure  # type: ignore[attr-defined]
    assert again is not None
    assert again.error >= min(1e-6, first.error / 10)
    total = sum(small.point.sizes.values())
    assert total <= sum(first.point.sizes.values())


def test_later_inputs_are_ones_where_a_law_draws_them() -> None:
    law = laws.causal(n)
    graph = (op.mean(n) >> op.expand(n)).at(Real[n]).graph()
    found = attempt(law, graph, Trial({"n": 4}, "eval", 1.0, 3)).failure
    assert found is not None
    small = shrink(law, (graph,), found)
    assert small.point.plain
    assert small.point.sizes == {"n": 2}
    assert small.point.inputs[0].tolist() == [0.0, 0.0]


def test_no_time_leaves_the_counterexample_as_it_is() -> None:
    first = failure(EQUIVARIANT, gain)
    assert shrink(EQUIVARIANT, (gain.graph(),), first, seconds=0.0).point is first.point
