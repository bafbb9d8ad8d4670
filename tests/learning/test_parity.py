"""Optimisers are those of torch.optim, step for step; broken ones are not."""

import numpy as np
import pytest
import torch

from categorical.learning.optimisers import sgd
from categorical.learning.optimisers_spectral import muon
from categorical.learning.rates import (
    Schedule,
    constant,
    cosine,
    in_turn,
    linear_warm_up,
    step_decay,
)
from tests.learning import parity
from tests.learning.running import (
    SPACES,
    apart,
    by_torch,
    evaluate,
    problem,
    scheduler_of,
    trajectory,
)

GOOD = parity.optimisers()


def _name(one: object) -> str:
    return str(getattr(one, "name", one))


@pytest.mark.parametrize("number", range(len(GOOD)))
def test_a_step_is_that_of_torch(number: int) -> None:
    row = parity.compare(GOOD[number], steps=25, shapes=("(3, 4)",))
    assert row.same, row


@pytest.mark.parametrize("one", parity.broken(), ids=_name)
def test_broken_steps_are_told_apart(one) -> None:
    assert parity.compare(one, steps=25, shapes=("(3, 4)",)).difference > 1e-3


def test_every_class_is_compared() -> None:
    kinds = "SGD Adagrad RMSprop Adam AdamW Adadelta Adamax NAdam RAdam Muon"
    assert {one.torch[0] for one in GOOD} == set(kinds.split())


def test_the_difference_is_seen_in_one_entry_of_one_step() -> None:
    space, shape = SPACES["(3, 4)"]
    start, gradient = problem(shape, 0)
    ours = trajectory(sgd(0.1), space, start, gradient, 3)
    theirs = by_torch("SGD", {"lr": 0.1}, start, gradient, 3)
    assert apart(ours, theirs) < 1e-15
    ours[1][2, 3] += 1e-6
    assert apart(ours, theirs) > 1e-8


def test_muon_of_torch_is_narrow() -> None:
    wide, narrow = (parity.compare(muon(0.05), 5, narrow=one).difference for one in (False, True))
    assert wide < 1e-13 and 1e-4 < narrow < 0.1


SCHEDULES = [
    constant(0.3),
    linear_warm_up(0.3, 7),
    linear_warm_up(0.3, 1, start=0.5),
    cosine(0.3, 9, least=0.01),
    step_decay(0.3, 4, factor=0.5, drops=3),
    in_turn(linear_warm_up(0.3, 5, start=0.1), cosine(0.3, 12), 5),
    in_turn(constant(0.3), step_decay(0.3, 3, drops=2), 4),
    in_turn(cosine(0.3, 6), linear_warm_up(0.3, 4), 8),
    in_turn(linear_warm_up(0.3, 4), in_turn(constant(0.3), cosine(0.3, 6), 3), 4),
    in_turn(in_turn(linear_warm_up(0.3, 4), constant(0.3), 7), cosine(0.3, 6), 9),
    in_turn(in_turn(linear_warm_up(0.3, 4), cosine(0.3, 6), 2), step_decay(0.3, 2), 5),
    in_turn(in_turn(cosine(0.3, 4), step_decay(0.3, 2), 5), linear_warm_up(0.3, 4), 3),
]


def _rates(name: str, given: dict, base: float, steps: int) -> list[float]:
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    scheduler = scheduler_of(optimiser, name, given)
    found = []
    for _ in range(steps):
        found.append(optimiser.param_groups[0]["lr"])
        optimiser.step()
        scheduler.step()
    return found


@pytest.mark.parametrize("schedule", SCHEDULES, ids=_name)
def test_a_schedule_is_that_of_torch(schedule: Schedule) -> None:
    theirs = _rates(*schedule.torch, schedule.base, 30)
    ours = [schedule.at(k) for k in range(30)]
    by_arrow = [float(evaluate(schedule.arrow, [float(k)])[0]) for k in range(30)]
    np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(by_arrow, theirs, rtol=1e-12, atol=1e-14)


def test_steps_are_those_of_steplr_until_the_last_drop() -> None:
    ours = step_decay(0.3, 4, factor=0.5, drops=3)
    theirs = _rates("StepLR", {"step_size": 4, "gamma": 0.5}, 0.3, 20)
    np.testing.assert_allclose([ours.at(k) for k in range(16)], theirs[:16], rtol=1e-12)
    assert ours.at(16) == ours.at(15) != theirs[16]


def test_a_schedule_is_not_one_step_late() -> None:
    theirs = _rates(*cosine(0.3, 9).torch, 0.3, 9)
    late = [cosine(0.3, 9).at(k + 1) for k in range(9)]
    assert max(abs(a - b) for a, b in zip(late, theirs)) > 0.01
