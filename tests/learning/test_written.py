"""The training files of optimisers and schedules take the declared steps; others are refused."""

import pytest

from backends.pytorch.training.compare import compare
from backends.pytorch.training.write import train
from categorical import Dim, Real, SpecError, op
from categorical.learning.games import learner
from categorical.learning.losses import mean_squared_error
from categorical.learning.optimisers import nesterov, sgd
from categorical.learning.optimisers_adaptive import adagrad, adamw, rmsprop
from categorical.learning.optimisers_further import adadelta, adamax, nadam, radam
from categorical.learning.rates import cosine, in_turn, linear_warm_up, step_decay

c, k = Dim.named("c k")
TURNS = in_turn(linear_warm_up(0.05, 2, start=0.1), cosine(0.05, 6), 2)
OPTIMISERS = (
    nesterov(0.1, 0.9),
    sgd(step_decay(0.1, 1, drops=2), 0.9, dampening=0.3),
    adagrad(0.1, rate_decay=0.1),
    rmsprop(0.1, momentum=0.8, centred=True),
    adamw(TURNS),
    adadelta(),
    adamax(),
    nadam(0.05, weight_decay=0.1, apart=True),
    radam(0.05, betas=(0.9, 0.9)),
)


def written(optimiser):
    model = op.linear(c, k).named("line")
    one = learner(model, mean_squared_error(Real[k]), optimiser, sizes=dict(c=2, k=3))
    return train(one, validate=False)


@pytest.mark.parametrize("one", OPTIMISERS, ids=lambda one: one.name)
def test_a_training_file_takes_the_declared_steps(one) -> None:
    assert compare(written(one))["largest_difference"] < 1e-12


def test_schedules_that_take_turns_are_written() -> None:
    source = written(adamw(TURNS)).source
    assert "SequentialLR" in source and "LinearLR" in source and "milestones=(2,)" in source


@pytest.mark.parametrize(
    ("one", "old", "new"),
    [
        (nadam(0.05), "NAdam", "RAdam"),
        (adadelta(0.5), "lr=0.5", "lr=0.4"),
        (adamw(TURNS), "milestones=(2,)", "milestones=(1,)"),
        (nesterov(0.1, 0.9), ", nesterov=True", ""),
    ],
    ids=lambda one: str(getattr(one, "name", one)),
)
def test_other_steps_are_refused(one, old: str, new: str) -> None:
    made = written(one)
    assert old in made.source
    made.source = made.source.replace(old, new)
    with pytest.raises(SpecError, match="CM040"):
        compare(made)
