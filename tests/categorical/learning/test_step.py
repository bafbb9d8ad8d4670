"""The step of a game against loops written by hand in torch, in float64; broken twins differ."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from categorical import SpecError, op
from categorical.learning.optimisers import ascent, descent, sgd
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.step import moves, slots, step
from tests.categorical.learning.rounds import TOLERANCE, Rounds, Weights
from tests.specs.parity import load

GAN, PENALISED = load("gan"), load("wgan_gp")
SMALL = dict(latent=3, height=5, width=4, coarse=2, fine=3, hidden=6, batch=7)


def mine(weights: Weights, name: str) -> list[Tensor]:
    return [w for path, w in weights.items() if path.startswith(f"{name}.")]


def down(loss: Tensor, weights: Sequence[Tensor], rate: float) -> list[Tensor]:
    """The changes of a step of descent."""
    return [-rate * g for g in torch.autograd.grad(loss, weights, retain_graph=True)]


def move(weights: Sequence[Tensor], changes: Sequence[Tensor]) -> None:
    with torch.no_grad():
        for w, change in zip(weights, changes):
            w += change


# --- the GAN ------------------------------------------------------------------------------------


def paint(w: Weights, z: Tensor) -> Tensor:
    flat = F.relu(F.linear(z, w["painter.sketch.weight"], w["painter.sketch.bias"]))
    sketch = flat.view(-1, SMALL["coarse"], SMALL["height"], SMALL["width"])
    strokes = F.conv2d(sketch, w["painter.strokes.weight"], w["painter.strokes.bias"], padding=1)
    image = F.conv2d(F.relu(strokes), w["painter.image.weight"], w["painter.image.bias"], padding=1)
    return torch.sigmoid(image[:, 0])


def judge(w: Weights, x: Tensor) -> Tensor:
    seen = F.linear(x.flatten(1), w["critic.look.weight"], w["critic.look.bias"])
    scores = F.linear(F.leaky_relu(seen, 0.2), w["critic.verdict.weight"], w["critic.verdict.bias"])
    return scores[:, 0]


def apart(w: Weights, real: Tensor, painted: Tensor) -> Tensor:
    yes, no = judge(w, real), judge(w, painted)
    bce = F.binary_cross_entropy_with_logits
    return bce(yes, torch.ones_like(yes)) + bce(no, torch.zeros_like(no))


def taken(w: Weights, painted: Tensor) -> Tensor:
    scores = judge(w, painted)
    return F.binary_cross_entropy_with_logits(scores, torch.ones_like(scores))


def in_turn(w: Weights, data: dict[str, Tensor], order: str = "cp", rate: float = 0.05) -> None:
    """Each answers the move before."""
    real, z = data["real"], data["noise"]
    for who in order:
        if who == "c":
            own = mine(w, "critic")
            move(own, down(apart(w, real, paint(w, z).detach()), own, rate))
        else:
            own = mine(w, "painter")
            move(own, down(taken(w, paint(w, z)), own, rate))


def at_once(w: Weights, data: dict[str, Tensor], sign: int = -1, rate: float = 0.05) -> None:
    """Descent and ascent on one number, at the same weights."""
    value = apart(w, data["real"], paint(w, data["noise"]))
    critic, painter = mine(w, "critic"), mine(w, "painter")
    steps = down(value, critic, rate), down(sign * value, painter, rate)
    move(critic, steps[0])
    move(painter, steps[1])


def with_adam(order: str = "cp"):
    """Two Adams, in turn."""
    made: dict[str, torch.optim.Optimizer] = {}

    def loop(w: Weights, data: dict[str, Tensor]) -> None:
        for name in ("critic", "painter"):
            if name not in made:
                made[name] = torch.optim.Adam(mine(w, name), 2e-3, betas=(0.5, 0.999))
        for who in order:
            painted = paint(w, data["noise"])
            critic = who == "c"
            name = "critic" if critic else "painter"
            loss = apart(w, data["real"], painted.detach()) if critic else taken(w, painted)
            own = mine(w, name)
            for one, slope in zip(own, torch.autograd.grad(loss, own)):
                one.grad = slope
            made[name].step()

    return loop


def leaking(w: Weights, data: dict[str, Tensor]) -> None:
    """The painter is moved by the critic's loss too: nothing is detached, no gradient zeroed."""
    critic, painter = mine(w, "critic"), mine(w, "painter")
    loss = apart(w, data["real"], paint(w, data["noise"]))
    move(critic, down(loss, critic, 0.05))
    painted = paint(w, data["noise"])
    both = taken(w, painted) + apart(w, data["real"], painted)
    move(painter, down(both, painter, 0.05))


def test_play_in_turn() -> None:
    game = GAN.played(GAN.non_saturating, descent(0.05), descent(0.05))
    rounds = Rounds(game, **SMALL)
    assert rounds.apart(in_turn) < TOLERANCE
    assert rounds.apart(partial(in_turn, order="pc")) > 1e-4
    assert rounds.apart(leaking) > 1e-4


def test_play_in_turn_by_adam() -> None:
    rounds = Rounds(GAN.training, **SMALL)
    assert rounds.apart(with_adam()) < TOLERANCE
    assert rounds.apart(with_adam("pc")) > 1e-4


def test_simultaneous_play() -> None:
    rounds = Rounds(GAN.at_once, **SMALL)
    assert rounds.apart(at_once) < TOLERANCE
    assert rounds.apart(partial(at_once, sign=1)) > 1e-4
    opposed = Rounds(GAN.opposite, **SMALL)
    assert opposed.apart(at_once) < TOLERANCE
    turns = Rounds(GAN.in_turn, **SMALL)
    assert turns.apart(at_once) > 1e-5


def test_several_moves_in_a_row() -> None:
    game = GAN.played(GAN.non_saturating, descent(0.05), descent(0.05))
    rounds = Rounds(game, **SMALL)
    twice = moves(game, ["critic", "critic", "painter"]).graph()
    assert rounds.apart(partial(in_turn, order="ccp")) > 1e-5
    from categorical.semantics.interpreter import run

    found = run(
        twice, rounds.context, [*rounds.weights.values(), *rounds.data.values()], {}
    ).outputs
    wanted = rounds.theirs(1, partial(in_turn, order="ccp"))
    for one, other in zip(found, wanted.values(), strict=True):
        assert abs(one - other).max() < TOLERANCE


# --- the penalty --------------------------------------------------------------------------------


def paint_flat(w: Weights, z: Tensor) -> Tensor:
    x = z
    for layer in ("sketch", "strokes"):
        x = F.relu(F.linear(x, w[f"painter.{layer}.weight"], w[f"painter.{layer}.bias"]))
    x = torch.sigmoid(F.linear(x, w["painter.image.weight"], w["painter.image.bias"]))
    return x.view(-1, SMALL["height"], SMALL["width"])


def judge_deep(w: Weights, image: Tensor) -> Tensor:
    x = image.flatten(1)
    for layer in ("look", "think"):
        x = F.leaky_relu(F.linear(x, w[f"critic.{layer}.weight"], w[f"critic.{layer}.bias"]), 0.2)
    return F.linear(x, w["critic.verdict.weight"], w["critic.verdict.bias"])[:, 0]


def penalised(
    w: Weights, data: dict[str, Tensor], turns: int = 5, graph: bool = True, rate: float = 1e-3
) -> None:
    """Five moves of the critic, with second derivatives unless ``graph`` is false; then one."""
    for _ in range(turns):
        painted = paint_flat(w, data["noise"]).detach()
        loss = judge_deep(w, painted).mean() - judge_deep(w, data["real"]).mean()
        mix = data["mix"][:, None, None]
        between = (painted + mix * (data["real"] - painted)).requires_grad_()
        (slope,) = torch.autograd.grad(judge_deep(w, between).sum(), between, create_graph=graph)
        length = (slope.square().sum((1, 2)) + 1e-12).sqrt()
        loss = loss + 10 * (length - 1).square().mean()
        own = mine(w, "critic")
        move(own, down(loss, own, rate))
    own = mine(w, "painter")
    move(own, down(-judge_deep(w, paint_flat(w, data["noise"])).mean(), own, rate))


def test_gradient_penalty() -> None:
    game = PENALISED.played(PENALISED.wgan_gp, descent(1e-3), descent(1e-3), turns=5)
    sizes = {k: SMALL[k] for k in ("latent", "height", "width", "hidden", "batch")}
    rounds = Rounds(game, **sizes)
    assert rounds.apart(penalised, 2) < TOLERANCE
    assert rounds.apart(partial(penalised, graph=False), 2) > 1e-5
    assert rounds.apart(partial(penalised, turns=4), 2) > 1e-5


# --- what a step is made of -----------------------------------------------------------------------


def test_state_of_both_players() -> None:
    game = GAN.played(GAN.minimax, sgd(0.1, momentum=0.9), adam(1e-3))
    parts = [(s.path.split(".")[0], s.part) for s in slots(game)]
    assert {one for one in parts if one[0] == "critic"} == {("critic", "buffer")}
    assert {one[1] for one in parts if one[0] == "painter"} == {
        part.name for part in adam(1e-3).states
    }
    arrow = step(game)
    assert len(arrow.dom) == len(parts) + len(game.weights) + len(game.data)
    assert len(arrow.cod) == len(parts) + len(game.weights)
    assert not arrow.parameters


def test_unknown_player() -> None:
    with pytest.raises(SpecError) as caught:
        moves(GAN.in_turn, ["critic", "paintre"])
    assert caught.value.code == "CM020" and "painter" in str(caught.value)


def test_ascent_is_descent_on_the_opposite() -> None:
    up = Rounds(GAN.played(GAN.minimax, descent(0.05), ascent(0.05)), **SMALL).ours(2)
    down_ = Rounds(GAN.played(GAN.opposed, descent(0.05), descent(0.05)), **SMALL).ours(2)
    assert all(abs(up[k] - down_[k]).max() < TOLERANCE for k in up)


def test_a_step_is_that_of_a_game() -> None:
    with pytest.raises(SpecError, match=r"the argument `game` of `step` has the wrong type"):
        step(op.relu)  # type: ignore[arg-type]
