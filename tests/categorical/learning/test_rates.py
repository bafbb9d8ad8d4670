"""Rates and schedules: two readings of one function, and numbers out of range."""

import math

import pytest

from categorical import Dim, Real, SpecError, op
from categorical.learning.rates import (
    constant,
    cosine,
    in_turn,
    linear_warm_up,
    number,
    rate,
    rate_lens,
    step_decay,
)
from categorical.records import Context
from categorical.semantics import FloatAlgebra
from categorical.semantics.interpreter import run

n, m = Dim.named("n m")
SCHEDULES = (
    constant(0.3),
    linear_warm_up(0.3, 7),
    cosine(0.3, 9, least=0.01),
    step_decay(0.3, 4, factor=0.5, drops=3),
    in_turn(linear_warm_up(0.3, 4), cosine(0.3, 9), 4),
)


def value(arrow, step: float) -> float:
    import numpy as np

    [out] = run(arrow.graph(), Context(FloatAlgebra(), {}), [np.asarray(step)], {}).outputs
    return float(out)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda one: one.name)
def test_the_arrow_and_the_numbers_are_one_function(schedule) -> None:
    for k in range(40):
        assert math.isclose(value(schedule.arrow, float(k)), schedule.at(k), rel_tol=1e-13)


def test_the_two_readings_of_different_schedules_differ() -> None:
    first, second = cosine(0.3, 9), cosine(0.3, 10)
    assert abs(value(first.arrow, 5.0) - second.at(5)) > 1e-3


def test_the_shapes() -> None:
    warm, wave, steps, both = SCHEDULES[1:]
    assert [both.at(k) for k in (1, 4, 13)] == [linear_warm_up(0.3, 4).at(1), 0.3, 0.0]
    assert warm.at(0) == pytest.approx(0.1) and warm.at(7) == warm.at(70) == pytest.approx(0.3)
    assert wave.at(0) == 0.3 and wave.at(9) == pytest.approx(0.01)
    assert [steps.at(k) for k in (3, 4, 8, 12, 99)] == [0.3, 0.15, 0.075, 0.0375, 0.0375]


@pytest.mark.parametrize(
    "make",
    [
        lambda: constant(-0.1),
        lambda: rate(float("inf")),
        lambda: linear_warm_up(0.1, 0),
        lambda: linear_warm_up(0.1, 5, start=0.0),
        lambda: linear_warm_up(0.1, 5, start=2.0),
        lambda: cosine(0.1, 2.5),
        lambda: cosine(0.1, 5, least=-1),
        lambda: step_decay(0.1, 5, factor=-0.5),
        lambda: step_decay(0.1, 5, drops=0),
        lambda: step_decay(0.1, True),
        lambda: in_turn(constant(0.1), constant(0.2), 5),
        lambda: in_turn(constant(0.1), constant(0.1), 0),
        lambda: in_turn(0.1, constant(0.1), 5),
    ],
)
def test_numbers_out_of_range_are_refused(make) -> None:
    with pytest.raises(SpecError, match=r"CM04[12]"):
        make()


def test_the_range_is_said() -> None:
    with pytest.raises(SpecError, match="at least 0 and below 1"):
        number("here", "the momentum", 1, below=1)
    with pytest.raises(SpecError, match="ascent"):
        number("here", "the rate", -1)
    assert number("here", "the momentum", 0.5, below=1) == 0.5


def test_a_rate_lens_ends_a_chain() -> None:
    lens = rate_lens(rate(0.5, Real[n]))
    assert lens.target == lens.target_back == ()
    assert lens.source == lens.source_back == (Real[n],)
    with pytest.raises(SpecError, match="is no rate"):
        rate_lens(op.mean(n).at(Real[n]))
