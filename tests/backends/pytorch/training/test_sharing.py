"""What is computed once a round: only what nobody moves in between."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backends.pytorch.training.sharing import Joint
from backends.pytorch.training.write import train
from categorical import Real, arrow, op, tie
from categorical.functors import stack
from categorical.learning.games import Game, Player, game
from categorical.learning.optimisers import sgd
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.regime import Regime
from tests.backends.pytorch.training.games import (
    batch,
    c,
    contest,
    critic,
    distil,
    minimax,
    paint,
    penalised,
    regression,
    sizes,
    z,
)


def shared(one: Game) -> dict[str, dict[str, bool]]:
    joint = Joint(one)
    return {joint.graph.wire_name(w): users for w, users in joint.shared.items()}


def test_what_is_painted_is_painted_once() -> None:
    assert shared(contest()) == {"painter_out": {"critic": False, "painter": True}}
    assert train(contest()).source.count("model.painter(noise)") == 1
    assert shared(contest(order="simultaneous")) == shared(contest())


def test_not_after_the_painter_has_moved() -> None:
    assert shared(contest(painter_first=True)) == {}
    assert shared(contest(painter_first=True, order="simultaneous")) != {}
    train(contest(painter_first=True))


def test_what_is_read_in_several_moves_of_one_player() -> None:
    found = shared(contest(penalised, moves=3))
    assert {"critic": False} in found.values() and {"critic": False, "painter": True} in (
        found.values()
    )
    painters = [replace(p, moves=2) if p.name == "painter" else p for p in contest().players]
    assert shared(replace(contest(), players=tuple(painters))) == {}
    train(replace(contest(), players=tuple(painters)))


def test_not_of_parts_and_not_of_one_move() -> None:
    assert shared(contest(regime=Regime(accumulate=2))) == {}
    assert shared(regression()) == shared(distil()) == {}


other = tie(stack(critic, batch).named("other"))
judge = tie(stack(critic, batch).named("critic"))
mean = op.mean(batch)


@arrow
def three(noise: Real[batch, z]) -> tuple[Real, Real, Real]:
    """Two critics, and a painter whom both judge."""
    made = paint(noise)
    first, second = mean(judge(made)), mean(other(made))
    return first, second, -first - second


@arrow
def chain(noise: Real[batch, z]) -> tuple[Real, Real, Real]:
    """Each player sees the world through the ones before."""
    made = paint(noise)
    seen = judge(made)
    again = other(made + op.transpose(batch, c)(op.expand(c)(seen)))
    return mean(again), mean(seen * again), mean(op.square(again))


@pytest.mark.parametrize("order", ["alternating", "simultaneous"])
@pytest.mark.parametrize("losses", [three, chain])
@pytest.mark.parametrize("turn", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (0, 2, 1)])
def test_three_players_in_any_order(losses, order: str, turn) -> None:
    players = [
        Player("critic", 0, sgd(0.1)),
        Player("other", 1, sgd(0.1, momentum=0.5), moves=2 if order == "alternating" else 1),
        Player("painter", 2, adam(0.1)),
    ]
    one = game(losses, [players[i] for i in turn], order=order, sizes=sizes(losses))
    assert train(one).validation["largest_difference"] <= 1e-9


def test_one_loss_at_once_is_one_pass() -> None:
    source = train(contest(minimax, "simultaneous")).source
    assert source.count(".backward(") == 1 and source.count("model.painter(noise)") == 1
    assert train(contest(minimax)).source.count(".backward(") == 2


@arrow
def blurred(noise: Real[batch, z]) -> Real[batch, c]:
    """A painter with dropout."""
    return op.dropout(0.5)(paint(noise))


def test_noise_is_drawn_once_where_a_round_has_it_once() -> None:
    drawn = blurred.named("blurred")

    @arrow
    def losses(real: Real[batch, c], noise: Real[batch, z]) -> tuple[Real, Real]:
        seen = mean(judge(drawn(noise)))
        return seen - mean(judge(real)), -seen

    players = [
        Player("critic", 0, sgd(0.1), moves=2),
        Player("painter", 1, sgd(0.1), owns=("blurred",)),
    ]
    one = game(losses, players, sizes=sizes(losses))
    assert "model.blurred(noise)" in train(one).source
    assert train(contest(minimax, "simultaneous")).validation["largest_difference"] <= 1e-9
