"""Every declared training step against its file, and files that make other steps."""

from __future__ import annotations

from typing import Any

import pytest

from backends.pytorch.training.compare import compare
from backends.pytorch.training.optim import CLASSES
from backends.pytorch.training.write import train
from categorical import Dim, Real, arrow, op, stack, tie
from categorical.derivatives import gradient
from categorical.errors import SpecError
from categorical.learning import learner, losses
from categorical.learning.games import Game, Player, game
from categorical.learning.optimisers import Optimiser, nesterov, sgd
from categorical.learning.optimisers_adaptive import adam, adamw
from categorical.learning.rates import cosine
from categorical.learning.regime import Regime
from tests.backends.pytorch.training.games import (
    batch,
    c,
    classification,
    contest,
    distil,
    dream,
    h,
    k,
    minimax,
    penalised,
    regression,
    sizes,
)
from tests.learning.parity import optimisers

GAMES = {
    "regression": regression,
    "classification": classification,
    "nesterov": lambda: regression(nesterov(0.1, 0.9)),
    "in turn": contest,
    "three moves": lambda: contest(moves=3, by=adam(0.01)),
    "at once": lambda: contest(order="simultaneous"),
    "minimax": lambda: contest(minimax, "simultaneous"),
    "minimax in parts": lambda: contest(minimax, "simultaneous", regime=Regime(2, clip=0.05)),
    "minimax in float16": lambda: contest(minimax, "simultaneous", regime=Regime(1, "float16")),
    "penalty": lambda: contest(penalised, moves=2, by=adam(0.01)),
    "penalty at once": lambda: contest(penalised, "simultaneous"),
    "dream": dream,
    "distillation": distil,
    "parts": lambda: classification(regime=Regime(accumulate=3)),
    "parts of a game": lambda: contest(regime=Regime(accumulate=2)),
    "parts of a dream": lambda: dream(regime=Regime(accumulate=2)),
    "clipped": lambda: classification(regime=Regime(clip=0.05)),
    "clipped game": lambda: contest(regime=Regime(clip=0.05)),
    "bfloat16": lambda: classification(regime=Regime(precision="bfloat16")),
    "float16": lambda: contest(regime=Regime(2, "float16", 0.1)),
    "float16 at once": lambda: contest(order="simultaneous", regime=Regime(precision="float16")),
    "schedule": lambda: contest(moves=2, by=adamw(cosine(0.01, 5))),
}


@pytest.mark.parametrize("name", GAMES)
def test_the_file_makes_the_declared_steps(name: str) -> None:
    made = train(GAMES[name]())
    report = made.validation
    assert report["weights_and_states"] > 0 and report["largest_difference"] <= 1e-9
    assert ("loosely" in report) == (made.game.regime.precision is not None)


WRITTEN = [one for one in optimisers() if one.torch[0] in CLASSES]


@pytest.mark.parametrize("one", WRITTEN, ids=lambda one: f"{one.name}-{one.torch[1]}")
def test_every_optimiser_steps_as_declared(one) -> None:
    assert train(regression(one)).validation["largest_difference"] <= 1e-9


def test_states_of_the_optimisers_are_compared() -> None:
    counts = [
        train(regression(one)).validation["weights_and_states"]
        for one in (sgd(0.1), sgd(0.1, momentum=0.9), adam(0.1))
    ]
    assert counts[1] == 2 * counts[0] and counts[2] == 4 * counts[0]


FAULTS = {
    "rate": (regression, "lr=0.1", "lr=0.11"),
    "loss": (regression, "F.mse_loss", "F.l1_loss"),
    "gradients add up": (
        regression,
        "        self.optimizer.zero_grad(set_to_none=True)\n",
        "",
    ),
    "no step": (regression, "        self.optimizer.step()\n", ""),
    "two steps": (regression, "self.optimizer.step()", "self.optimizer.step()\n" + " " * 8
                  + "self.optimizer.step()"),
    "betas": (classification, "lr=0.01", "lr=0.01, betas=(0.9, 0.99)"),
    "eval": (regression, "self.model = model", "self.model = model.eval()"),
    "parts are not averaged": (GAMES["parts"], " / 3", ""),
    "clip": (GAMES["clipped"], "self.weights, 0.05", "self.weights, 0.06"),
    "clipped one by one": (
        GAMES["clipped"], "clip_grad_norm_(self.weights, 0.05)",
        "clip_grad_value_(self.weights, 0.05)",
    ),
    "moves": (GAMES["three moves"], "range(3)", "range(2)"),
    "play": (
        contest,
        "        self.critic.step()\n        painter = self.painter_gradient(from_painter)\n",
        "        painter = self.painter_gradient(from_painter)\n        self.critic.step()\n",
    ),
    "gradients of others": (
        GAMES["at once"],
        "value = painter_loss(self.model, from_painter)\n        value.backward(inputs="
        "self.painter_weights)",
        "value = painter_loss(self.model, from_painter)\n        value.backward()",
    ),
    "one player's gradient": (
        GAMES["minimax"], "inputs=self.critic_weights + self.painter_weights",
        "inputs=self.critic_weights",
    ),
    "climb": (GAMES["minimax"], ", maximize=True", ""),
    "first derivatives only": (GAMES["penalty"], "create_graph=again", "create_graph=False"),
    "schedule": (GAMES["schedule"], "        self.painter_rate.step()\n", ""),
    "no gradient": (distil, "    network = model.network(x)",
                    "    with torch.no_grad():\n        network = model.network(x)"),
    "the teacher learns": (
        distil,
        'model.network.named_parameters(prefix="network")',
        "model.named_parameters()",
    ),
    "painted again for the painter": (
        contest, "self.painter_gradient(from_painter)",
        "self.painter_gradient(from_painter.detach())",
    ),
    "painted before the critic": (
        lambda: contest(painter_first=True), "critic_gradient(real, noise)",
        "critic_gradient(real, noise.zero_())",
    ),
    "another image": (dream, "image.detach().clone()", "torch.zeros_like(image)"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_file_that_makes_other_steps_is_refused(name: str) -> None:
    make, right, wrong = FAULTS[name]
    made = train(make(), validate=False)
    assert right in made.source
    compare(made)
    made.source = made.source.replace(right, wrong)
    if name == "the teacher learns":  # its gradients, too
        made.source = made.source.replace("with torch.no_grad()", "with torch.enable_grad()")
    with pytest.raises(SpecError) as refused:
        compare(made)
    assert refused.value.code == "CM040"


def test_a_sum_over_a_batch_is_not_cut_into_parts() -> None:
    from categorical import arrow, op
    from categorical.learning.games import Player, game
    from tests.backends.pytorch.training.games import batch, judge, sizes

    @arrow
    def total(x: Real[batch, c]) -> Real:
        return op.sum(batch)(judge(x))

    players = [Player("critic", 0, sgd(0.1))]
    with pytest.raises(SpecError, match="not the mean over 2 parts") as refused:
        train(game(total, players, sizes=sizes(total), regime=Regime(accumulate=2)))
    assert refused.value.code == "CM041"


def test_nothing_to_cut() -> None:
    from categorical import arrow, op
    from categorical.learning.games import Player, game

    @arrow
    def alone(x: Real) -> Real:
        return op.square(x)

    players = [Player("x", 0, sgd(0.1), owns=("x",))]
    with pytest.raises(SpecError, match="no batch to cut") as refused:
        train(game(alone, players, regime=Regime(accumulate=2)))
    assert refused.value.code == "CM041"


def test_sizes_at_which_only_rounding_is_left() -> None:
    """One number, normalised, is 0: so are the gradients before it, and Adam divides by them."""
    x, h, k = Dim.named("x h k")
    net = op.linear(x, h) >> op.layer_norm(h) >> op.linear(h, k)
    score = losses.mean_squared_error(Real[k])
    made = train(learner(net.named("net"), score, adam(0.1), sizes=dict(x=2, h=3, k=2)))
    assert made.validation["rounds"] == 3 and len(made.validation["sizes"]) == 2
    made.source = made.source.replace("lr=0.1", "lr=0.1000000001")
    with pytest.raises(SpecError, match="CM040"):
        compare(made)


def test_frozen_weights_that_no_loss_reads() -> None:
    """The module beside is without them."""
    one, other = (tie(stack(op.linear(c, k), batch).named(name)) for name in ("one", "other"))

    @arrow
    def losses_of_both(x: Real[batch, c]) -> tuple[Real, Real]:
        return op.mean(batch, k)(op.square(one(x))), op.mean(batch, k)(other(x))

    players, given = [Player("one", 0, sgd(0.1))], sizes(losses_of_both)
    made = train(game(losses_of_both, players, frozen=["other"], sizes=given))
    assert not any(key.startswith("other") for key in made.model.module().state_dict())


def test_weights_without_a_gradient_do_not_decay_in_torch() -> None:
    """The slope of a critic does not depend on its last bias."""
    critic = (op.linear(c, h) >> op.tanh >> op.linear(h, 1, name="out") >> op.squeeze()).at(Real[c])

    @arrow
    def flat(x: Real[batch, c]) -> Real:
        return op.mean(batch, c)(op.square(stack(gradient(tie(critic.named("critic"))), batch)(x)))

    def made(optimiser: Optimiser, **more: Any) -> Game:
        owns = ("critic.linear", "critic.out.weight") if more else ("critic",)
        players = [Player("critic", 0, optimiser, owns)]
        return game(flat, players, sizes=sizes(flat), **more)

    with pytest.raises(SpecError, match="torch leaves out its weight decay") as refused:
        train(made(sgd(0.1, weight_decay=0.1)))
    assert refused.value.code == "CM041" and 'frozen=("critic.out.bias",)' in str(refused.value)
    train(made(sgd(0.1)))
    train(made(sgd(0.1, weight_decay=0.1), frozen=["critic.out.bias"]))


@pytest.mark.parametrize("moves", [1, 2])
@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_low_precision_rounds_every_loss(moves: int, precision: str) -> None:
    """Also those after a move, and of a player who moves twice: none is compared with nothing."""
    made = train(contest(moves=moves, regime=Regime(precision=precision)))
    assert 0 < made.validation["loosely"] < 0.1


def test_an_input_that_moves_beside_a_player_who_moves_the_whole_model() -> None:
    """Its gradient is not that of the other player, too."""
    from categorical import arrow, op
    from categorical.learning.games import Player, game
    from tests.backends.pytorch.training.games import batch, c, judge, mean, sizes

    @arrow
    def both(x: Real[batch, c], image: Real[batch, c]) -> tuple[Real, Real]:
        seen = mean(judge(image))
        return seen + op.mean(batch, c)(op.square(image)), seen - mean(judge(x))

    players = [Player("image", 0, sgd(0.1)), Player("critic", 1, sgd(0.1))]
    for order in ("simultaneous", "alternating"):
        made = train(game(both, players, order=order, sizes=sizes(both)))
        assert "value.backward(inputs=self.critic_weights)" in made.source
