"""A learner on the digits network, in evaluation mode, against the optimisers of torch."""

from __future__ import annotations

from functools import partial

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from categorical import Dim, Fin, Real, SpecError, op
from categorical.learning import learner, losses
from categorical.learning.optimisers import Optimiser, heavy_ball, nesterov, sgd
from categorical.learning.optimisers_adaptive import adam, adamw
from tests.categorical.learning.rounds import TOLERANCE, Rounds, Weights
from tests.specs.parity import load

DIGITS = load("digits_cnn")
SMALL = dict(narrow=2, wide=3, hidden=4, label=5, height=6, width=6, batch=7)
SCORES = Real[DIGITS.label]

CASES: dict[str, tuple[Optimiser, dict[str, object]]] = {
    "descent": (sgd(0.1), dict(lr=0.1)),
    "momentum": (sgd(0.1, momentum=0.9), dict(lr=0.1, momentum=0.9)),
    "nesterov": (sgd(0.1, momentum=0.9, nesterov=True), dict(lr=0.1, momentum=0.9, nesterov=True)),
    "heavy ball": (heavy_ball(0.1, 0.9), dict(lr=0.1, momentum=0.9)),
    "adam": (adam(1e-2), dict(lr=1e-2)),
    "adamw": (adamw(1e-2, weight_decay=0.1), dict(lr=1e-2, weight_decay=0.1)),
}
CLASSES = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}


def digits(w: Weights, image: Tensor) -> Tensor:
    """The scores; dropout is off."""

    def conv(name: str, x: Tensor) -> Tensor:
        weight, bias = (w[f"{name}.{kind}"] for kind in ("weight", "bias"))
        return F.relu(F.conv2d(x, weight, bias, padding=1))

    top = "digits_cnn"
    x = conv(f"{top}.features.strokes", conv(f"{top}.features.edges", image))
    x = conv(f"{top}.parts", F.max_pool2d(x, 2))
    return F.linear(x.flatten(1), w[f"{top}.scores.weight"], w[f"{top}.scores.bias"])


class Trained:
    """A loop around an optimiser of torch."""

    def __init__(self, name: str, **other: object) -> None:
        self.make = partial(CLASSES.get(name, torch.optim.SGD), **{**CASES[name][1], **other})
        self.optimiser: torch.optim.Optimizer | None = None

    def __call__(self, w: Weights, data: dict[str, Tensor]) -> None:
        self.optimiser = self.optimiser or self.make(list(w.values()))
        self.optimiser.zero_grad()
        F.cross_entropy(digits(w, data["image"]), data["label"]).backward()
        self.optimiser.step()


def rounds_of(name: str, **sizes: int) -> Rounds:
    game = learner(DIGITS.classifier, losses.cross_entropy(SCORES), CASES[name][0])
    return Rounds(game, **{**SMALL, **sizes})


@pytest.mark.parametrize("name", CASES)
def test_steps_of_torch(name: str) -> None:
    rounds = rounds_of(name)
    assert rounds.apart(Trained(name), 6) < TOLERANCE
    twin = {"lr": CASES[name][1]["lr"] * 1.01}  # type: ignore[operator]
    assert rounds.apart(Trained(name, **twin), 6) > 1e-6


def test_nesterov_ahead_of_its_weights() -> None:
    """torch calls the point where the gradient is taken its weights: p + μs."""
    game = learner(DIGITS.classifier, losses.cross_entropy(SCORES), nesterov(0.1, 0.9))
    rounds = Rounds(game, **SMALL)
    state, weights = rounds.state_and_weights(5)
    theirs = rounds.theirs(5, Trained("nesterov"))
    ahead = {k: w + 0.9 * state[k, "velocity"] for k, w in weights.items()}
    assert max(abs(ahead[k] - theirs[k]).max() for k in theirs) < TOLERANCE
    assert max(abs(weights[k] - theirs[k]).max() for k in theirs) > 1e-3


def test_gradients_that_pile_up_are_another_training() -> None:
    def forgetful(w: Weights, data: dict[str, Tensor]) -> None:
        F.cross_entropy(digits(w, data["image"]), data["label"]).backward()
        with torch.no_grad():
            for one in w.values():
                one -= 0.1 * one.grad

    assert rounds_of("descent").apart(forgetful, 3) > 1e-3


def test_momentum_is_not_its_published_sign() -> None:
    kept: dict[str, Tensor] = {}

    def printed(w: Weights, data: dict[str, Tensor]) -> None:
        """s′ = −γs + p′, p + s′."""
        loss = F.cross_entropy(digits(w, data["image"]), data["label"])
        for key, slope in zip(w, torch.autograd.grad(loss, list(w.values()))):
            kept[key] = -0.9 * kept.get(key, torch.zeros_like(slope)) - 0.1 * slope
        with torch.no_grad():
            for key, one in w.items():
                one += kept[key]

    assert rounds_of("momentum").apart(printed, 3) > 1e-3


def test_one_sample() -> None:
    assert rounds_of("adam", batch=1).apart(Trained("adam"), 3) < TOLERANCE


# --- what does not fit ----------------------------------------------------------------------------

pixel, label = Dim.named("pixel label")
net = op.linear(pixel, label).named("net")


def refused(*arguments: object, **more: object) -> SpecError:
    with pytest.raises(SpecError) as caught:
        learner(*arguments, **more)  # type: ignore[arg-type]
    return caught.value


def test_label_of_another_type() -> None:
    found = refused(net, losses.cross_entropy(Real[label]), sgd(0.1), label=Real[label])
    assert found.code == "CM057" and "soft_cross_entropy" in str(found)
    mended = learner(net, losses.soft_cross_entropy(Real[label]), sgd(0.1), label=Real[label])
    assert list(mended.data) == ["x1", "label"] or "label" in mended.data

    found = refused(net, losses.mean_squared_error(Real[label]), sgd(0.1), label=Fin(label))
    assert found.code == "CM057" and "cross_entropy" in str(found)
    assert learner(net, losses.cross_entropy(Real[label]), sgd(0.1), label=Fin(label)).players


def test_loss_of_other_predictions() -> None:
    found = refused(net, losses.cross_entropy(Real[pixel]), sgd(0.1))
    assert found.code == "CM057" and "cross_entropy(Real[label])" in str(found)


def test_no_loss_at_all() -> None:
    found = refused(net, op.sub.at(Real[label], Real[label]), sgd(0.1))
    assert found.code == "CM057" and "op.mean" in str(found)


def test_frozen_weights_stay() -> None:
    loss = losses.cross_entropy(Real[label])
    game = learner(net, loss, sgd(0.1), frozen=[])
    assert game.owned(game.players[0]) == ["net.linear.weight", "net.linear.bias"]
