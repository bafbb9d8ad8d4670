"""Games: who owns what, and what is said where a weight has no player or two."""

from __future__ import annotations

import pytest

from categorical import Dim, Fin, Real, SpecError, arrow, op, stack, tie
from categorical.architecture import BATCH
from categorical.learning import Player, Regime, game, learner, losses, optimisers
from categorical.learning.games import Game
from tests.specs.parity import load

a, b, c = Dim.named("a b c")
net = (op.linear(a, b, name="first") >> op.tanh >> op.linear(b, c, name="last")).named("net")
DOWN = optimisers.sgd(0.1)
shared = tie(stack(net, BATCH).named("net"))


@arrow
def once(x: Real[BATCH, a]) -> Real:
    return op.mean(BATCH, c)(op.square(shared(x)))


@arrow
def twice(x: Real[BATCH, a]) -> tuple[Real, Real]:
    """Two networks, where one may have been meant."""
    one, other = stack(net, BATCH)(x), stack(net, BATCH)(x)
    return op.mean(BATCH, c)(op.square(one)), op.mean(BATCH, c)(other)


@arrow
def outer(x: Real[BATCH, a]) -> Real:
    return op.scale(2.0)(once(x))


def refused(code: str, *arguments: object, **more: object) -> str:
    """What is said of a game that is refused."""
    with pytest.raises(SpecError) as caught:
        game(*arguments, **more)  # type: ignore[arg-type]
    assert caught.value.code == code
    return str(caught.value)


def test_owners() -> None:
    players = [Player("one", 0, DOWN, ("net.last",)), Player("two", 1, DOWN, ("net_2.first",))]
    made = game(twice, players, frozen=["net.first", "net_2.last"])
    owned = [made.owned(one) for one in made.players]
    assert owned[0] == ["net.last.weight", "net.last.bias"]
    assert owned[1] == ["net_2.first.weight", "net_2.first.bias"]
    assert len(made.weights) == 8 and list(made.data) == ["x"]


def test_a_name_is_no_prefix_of_another_name() -> None:
    made = game(twice, [Player("net", 0, DOWN), Player("net_2", 1, DOWN)])
    assert all(path.startswith("net.") for path in made.owned(made.players[0]))


def test_inputs_as_weights() -> None:
    made = game(once, [Player("image", 0, DOWN, ("x",))], frozen=["net"])
    assert made.owned(made.players[0]) == ["x"] and not made.data


# --- no player ------------------------------------------------------------------------------------


def test_unassigned_weight_of_a_second_copy() -> None:
    text = refused("CM058", twice, [Player("net", 0, DOWN)])
    assert "nobody moves `net_2.first.weight`" in text
    assert "net = tie(…)" in text and 'owns=("net_2",)' in text and 'frozen=("net_2",)' in text
    for mended in (
        game(once, [Player("net", 0, DOWN)]),
        game(twice, [Player("net", 0, DOWN), Player("other", 1, DOWN, owns=("net_2",))]),
        game(twice, [Player("net", 0, DOWN)], frozen=("net_2",)),
    ):
        assert isinstance(mended, Game)


def test_unassigned_weight() -> None:
    text = refused("CM058", once, [Player("net", 0, DOWN, ("net.first",))])
    assert "nobody moves `net.last.weight`" in text and "tie" not in text


def test_no_players() -> None:
    assert "has no player" in refused("CM058", once, [])


def test_everything_is_frozen() -> None:
    with pytest.raises(SpecError, match="nothing learns"):
        learner(net, losses.mean_squared_error(Real[c]), DOWN, frozen=["net"])


# --- two players ----------------------------------------------------------------------------------


def test_a_weight_of_two_players() -> None:
    text = refused(
        "CM058", twice, [Player("net", 0, DOWN, ("net", "net_2")), Player("net_2", 1, DOWN)]
    )
    assert "`net_2.first.weight` has two owners: net and net_2" in text
    assert 'Player("net", …, owns=("net",))' in text
    assert game(twice, [Player("net", 0, DOWN, ("net",)), Player("net_2", 1, DOWN)])


def test_a_weight_that_is_moved_and_frozen() -> None:
    text = refused("CM058", once, [Player("net", 0, DOWN)], frozen=["net.last"])
    assert "net and frozen" in text and 'Player("net", …, owns=("net.first",))' in text
    assert game(once, [Player("net", 0, DOWN, ("net.first",))], frozen=["net.last"])


def test_a_learner_leaves_out_what_is_frozen() -> None:
    made = learner(net, losses.mean_squared_error(Real[c]), DOWN, frozen=["net.last"])
    assert made.owned(made.players[0]) == ["net.first.weight", "net.first.bias"]
    assert made.players[0].owns == ("net.first",)


# --- names and numbers ----------------------------------------------------------------------------


def test_names() -> None:
    text = refused("CM020", once, [Player("nett", 0, DOWN)])
    assert '"net" was probably meant' in text
    assert '"once.net"' in refused("CM020", outer, [Player("net", 0, DOWN)])
    assert game(outer, [Player("net", 0, DOWN, ("once.net",))])
    assert "no input `y`" in refused("CM020", once, [Player("net", 0, DOWN)], draws={"y": "normal"})
    assert "two players" in refused(
        "CM024", twice, [Player("net", 0, DOWN), Player("net", 1, DOWN, ("net_2",))]
    )
    assert "simultaneous" in refused("CM024", once, [Player("net", 0, DOWN)], order="together")
    assert "uniform" in refused("CM024", once, [Player("net", 0, DOWN)], draws={"x": "gauss"})


def test_losses() -> None:
    assert "there is not" in refused("CM058", once, [Player("net", 1, DOWN)])
    every = stack(net, BATCH)
    assert "is no number" in refused("CM056", every, [Player("all", 0, DOWN, ("",))])
    assert "0 moves" in refused("CM041", once, [Player("net", 0, DOWN, moves=0)])


def test_players_are_checked_when_they_are_declared() -> None:
    wrong = [
        (dict(owns="net"), "owns=('net',)"),
        (dict(loss=0.5), "`loss`"),
        (dict(moves=1.5), "`moves`"),
        (dict(optimiser="sgd"), "`optimiser`"),
    ]
    for change, said in wrong:
        with pytest.raises(SpecError) as caught:
            Player(**{"name": "net", "loss": 0, "optimiser": DOWN, **change})
        assert caught.value.code == "CM042" and said in str(caught.value)
    assert Player("net", 0, DOWN, ["net"]).prefixes == ("net",)
    text = refused("CM042", twice, [Player("net", 0, DOWN)], frozen="net_2")
    assert "frozen=('net_2',)" in text


def test_several_moves_are_for_alternating_play() -> None:
    players = [Player("net", 0, DOWN, moves=3), Player("net_2", 1, DOWN)]
    assert "alternating" in refused("CM041", twice, players, order="simultaneous")
    assert game(twice, players).players[0].moves == 3


def test_a_loss_reads_what_its_player_moves() -> None:
    text = refused("CM058", twice, [Player("net", 1, DOWN), Player("net_2", 0, DOWN)])
    assert "output 1 reads nothing that `net` moves" in text and "loss=0" in text
    text = refused("CM058", twice, [Player("all", 1, DOWN, ("",))])
    assert "`net.first.weight` does not reach output 1" in text and 'frozen=("net",)' in text
    assert game(twice, [Player("all", 1, DOWN, ("net_2",))], frozen=["net"])


def test_indices_have_no_gradient() -> None:
    table = tie(op.embedding(b, a).named("table"))

    @arrow
    def looked(place: Fin(b)[BATCH]) -> Real:
        return op.mean(BATCH, a)(op.square(table(place)))

    players = [Player("place", 0, DOWN, ("place",)), Player("table", 0, DOWN)]
    assert "has no gradient" in refused("CM058", looked, players)
    assert game(looked, players[1:])


def test_statistics_are_refused_before_there_is_a_step() -> None:
    normal = (op.linear(a, c) >> op.batch_norm(c, over=[BATCH])).at(Real[BATCH, a]).named("net")

    @arrow
    def total(x: Real[BATCH, a]) -> Real:
        return op.mean(BATCH, c)(op.square(normal(x)))

    assert "layer_norm" in refused("CM055", total, [Player("net", 0, DOWN)])


def test_sizes_and_frozen_inputs() -> None:
    players = [Player("net", 0, DOWN)]
    assert "positive whole number" in refused("CM025", once, players, sizes=dict(a=0))
    assert "leave it out" in refused("CM020", once, players, frozen=["x"])
    assert "`once` has no dimension `d`" in refused("CM025", once, players, sizes=dict(d=3))


@pytest.mark.parametrize("name", ["", " "])
def test_names_of_players_are_words(name: str) -> None:
    assert "no name of a player" in refused("CM024", once, [Player(name, 0, DOWN, ("net",))])


def test_regimes() -> None:
    made = game(once, [Player("net", 0, DOWN)], regime=Regime(accumulate=2, clip=1.0))
    assert made.regime.accumulate == 2


@pytest.mark.parametrize("clip", ["1", 0, -1.0, True, float("nan"), float("inf")])
def test_gradients_are_clipped_at_a_number(clip) -> None:
    with pytest.raises(SpecError, match="CM041"):
        Regime(clip=clip)


def test_a_model_without_weights_does_not_learn() -> None:
    for model, frozen in ((op.tanh.at(Real[a]), ()), (op.linear(a, a).named("line"), ("line",))):
        with pytest.raises(SpecError, match=r"CM058.*nothing learns"):
            learner(model, losses.mean_squared_error(Real[a]), DOWN, frozen=frozen)


# --- the specs ------------------------------------------------------------------------------------


def test_games_of_the_specs() -> None:
    gan, conditional, penalised = load("gan"), load("conditional_gan"), load("wgan_gp")
    assert repr(gan.training) == "game `gan`: alternating, critic moves 4 weights, painter moves 6"
    assert list(conditional.training.data) == ["real", "shown", "noise"]
    assert penalised.training.players[0].moves == 5
    for one in (gan.training, conditional.training, penalised.training):
        assert set(one.models) == {"painter", "critic"}
        assert {path.split(".")[0] for path in one.weights} == set(one.models)
        for name, model in one.models.items():
            inner = {p.removeprefix(f"{name}.") for p in one.weights if p.startswith(f"{name}.")}
            assert inner == set(model.arrow.parameters)
