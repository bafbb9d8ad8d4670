"""Stages: a value that is there, one that is missing, states of one type."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Real, SpecError, arrow, op
from categorical.composites import optional, stages
from categorical.records import Context
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

s, n, a = Dim.named("s n a")
SIZES = {"s": 3, "n": 2, "a": 4}


@arrow
def add(state: Real[n, s], x: Real[a]) -> Real[n, s]:
    return state + op.expand(n, s)(op.sum(a)(x))


@arrow
def twice(state: Real[n, s]) -> Real[n, s]:
    return 2 * state


def evaluate(arrow_, *inputs):
    return run(arrow_.graph(), Context(FloatAlgebra(), SIZES), list(inputs), {}).outputs


def test_a_missing_value_leaves_the_state() -> None:
    state, x = np.ones((2, 3)), np.ones(4)
    np.testing.assert_array_equal(evaluate(optional(add), state, x, np.array(False))[0], state)
    np.testing.assert_array_equal(evaluate(optional(add), state, x, np.array(True))[0], state + 4)


def test_states_after_each_stage() -> None:
    after = evaluate(
        stages(add, twice, optional(add)), np.ones((2, 3)), np.ones(4), np.ones(4), np.array(False)
    )
    assert [float(one[0, 0]) for one in after] == [5, 10, 10]


def test_a_state_may_be_a_number() -> None:
    count = arrow(number)
    there = [np.array(True), np.array(False)]
    found = evaluate(
        stages(optional(count), optional(count)),
        np.array(1.0),
        np.array(2.0),
        there[0],
        np.array(3.0),
        there[1],
    )
    assert [float(one) for one in found] == [3, 3]


def number(state: Real[()], x: Real[()]) -> Real[()]:
    return state + x


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: stages(),
        lambda: stages(add, op.relu.at(Real[s])),
        lambda: optional(op.sum(a).at(Real[a])),
        lambda: optional(op.zeros(Real[a])),
    ],
)
def test_what_is_no_encoder_is_refused(wrong) -> None:
    with pytest.raises(SpecError) as caught:
        wrong()
    assert caught.value.code == "CM045" and caught.value.help
