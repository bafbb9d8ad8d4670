"""Reparametrisations that an optimiser does not see, and those that it does."""

import pytest

from categorical import Dim, Real, SpecError, architecture, arrow, copy, identity, op
from categorical.learning.optimisers import descent, heavy_ball, nesterov, sgd
from categorical.learning.optimisers_adaptive import adagrad, adam, adamw, rmsprop
from categorical.learning.preserving import (
    Reparametrisation,
    agrees,
    coisometry,
    isometry,
    matrix,
    preserved,
)
from synthesis.ladder import check

n, m, k = Dim.named("n m k")
x, y = Dim("x", size=2), Dim("y", size=3)
W = Real[n]
SIGNS = Reparametrisation("signs", op.neg.at(W), identity(W))
TURN = matrix("turn", x, [[0, -1], [1, 0]])
ROTATION = matrix("rotation", x, [[3, -4], [4, 3]], over=5)
ROWS = matrix("rows", x, [[3, 4, 0], [0, 0, 5]], over=5, columns=y)
COLUMNS = matrix("columns", y, [[3, 0], [4, 0], [0, 5]], over=5, columns=x)
FORGETTING = matrix("forgetting", x, [[0, 1, 0], [-1, 0, 0]], columns=y)
SHEAR = matrix("shear", x, [[1, 1], [0, 1]])
TYING = Reparametrisation("tying", copy(W), copy(W))

#: which maps each family of optimisers does not see
LINEAR = (descent(0.1), sgd(0.1, 0.9), heavy_ball(0.1, 0.9), nesterov(0.1, 0.9))
LINEAR += (sgd(0.1, 0.9, dampening=0.5, weight_decay=0.1), sgd(0.1, 0.9, nesterov=True))
ENTRYWISE = (adagrad(0.1), rmsprop(0.1), rmsprop(0.1, momentum=0.9), adam(0.1), adamw(0.1))
MAPS = {
    SIGNS: (True, True),
    TURN: (True, True),
    FORGETTING: (True, True),
    ROTATION: (True, False),
    ROWS: (True, False),
    COLUMNS: (False, False),
    SHEAR: (False, False),
    TYING: (False, False),
}


def verdicts(*claims):
    model = architecture(op.relu.at(W), laws=claims, name="preserving")
    return [found.verdict.name for found in check(model)]


@pytest.mark.parametrize("r", MAPS, ids=lambda r: r.name)
def test_descent_sees_a_map_exactly_if_it_is_no_coisometry(r) -> None:
    held, _ = MAPS[r]
    found = verdicts(coisometry(r), *(preserved(one, r) for one in LINEAR))
    assert {one in ("PROVED", "EXACT") for one in found} == {held}
    assert held or set(found) == {"REFUTED"}


@pytest.mark.parametrize("r", MAPS, ids=lambda r: r.name)
def test_adaptive_steps_see_all_but_signed_permutations(r) -> None:
    _, held = MAPS[r]
    found = verdicts(
        *(preserved(one, r) for one in ENTRYWISE), *(agrees(one, r, steps=1) for one in ENTRYWISE)
    )
    assert {one in ("PROVED", "EXACT", "TESTED") for one in found} == {held}
    assert held or set(found) == {"REFUTED"}


def test_lengths_that_are_kept_are_not_enough() -> None:
    assert verdicts(isometry(COLUMNS), isometry(ROTATION), isometry(SIGNS)) == [
        "EXACT",
        "EXACT",
        "PROVED",
    ]
    assert verdicts(isometry(ROWS).fails(), isometry(TYING).fails(), isometry(SHEAR).fails()) == [
        "REFUTED",
        "REFUTED",
        "REFUTED",
    ]


def test_maps_at_all_sizes_are_proved() -> None:
    found = verdicts(*(preserved(one, SIGNS) for one in (*LINEAR, *ENTRYWISE)))
    assert set(found) == {"PROVED"}


def test_two_steps_of_momentum_agree_and_a_forgotten_state_is_seen() -> None:
    assert verdicts(agrees(sgd(0.1, 0.9), ROTATION, steps=2)) == ["EXACT"]
    assert verdicts(agrees(sgd(0.1, 0.9), SHEAR, steps=2).fails()) == ["REFUTED"]


@arrow
def low_rank(up: Real[m, k], down: Real[k, n]) -> Real[m, n]:
    return op.einsum(m, n)(up, down)


@arrow
def directions(v: Real[m, n], length: Real[m]) -> Real[m, n]:
    scale = length * op.rsqrt(op.sum(n)(op.square(v)))
    return op.transpose(m, n)(op.expand(n)(scale)) * v


@pytest.mark.parametrize("map", [low_rank, directions], ids=lambda a: a.label())
@pytest.mark.parametrize("one", [descent(0.1), adam(0.1)], ids=lambda o: o.name)
def test_maps_that_are_not_linear_are_seen(map, one) -> None:
    assert verdicts(agrees(one, Reparametrisation("r", map), steps=1).fails()) == ["REFUTED"]


def test_how_squares_are_carried_must_be_said() -> None:
    with pytest.raises(SpecError, match="CM021"):
        preserved(adam(0.1), Reparametrisation("signs", op.neg.at(W)))
    assert preserved(sgd(0.1, 0.9), Reparametrisation("signs", op.neg.at(W))).left is not None
