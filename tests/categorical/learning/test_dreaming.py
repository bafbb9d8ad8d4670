"""Dreaming: the image moves, the weights do not; against a loop of torch."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from categorical import Dim, Real, SpecError, op
from categorical.learning.dreaming import dream
from categorical.learning.optimisers import sgd
from categorical.learning.optimisers_adaptive import adam
from tests.categorical.learning.rounds import TOLERANCE, Rounds, Weights
from tests.specs.parity import load

SPEC = load("dreaming")
SMALL = dict(height=5, width=6, narrow=2, wide=3, digit=4, batch=3)


def score(w: Weights, image: Tensor, wanted: Tensor) -> Tensor:
    x = image[:, None]
    for name in ("edges", "strokes"):
        weight, bias = (w[f"classifier.{name}.{kind}"] for kind in ("weight", "bias"))
        x = torch.tanh(F.conv2d(x, weight, bias, padding=1))
    weight, bias = (w[f"classifier.scores.{kind}"] for kind in ("weight", "bias"))
    logits = F.linear(x.flatten(1), weight, bias)
    return -F.cross_entropy(logits, wanted, reduction="sum")


class Dreamt:
    """A loop that climbs with an optimiser of torch, on one port or the other."""

    def __init__(self, make, port: str = "image", sign: int = -1) -> None:
        self.make, self.port, self.sign, self.optimiser = make, port, sign, None

    def __call__(self, w: Weights, data: dict[str, Tensor]) -> None:
        moved = [v for k, v in w.items() if k.startswith(self.port)]
        self.optimiser = self.optimiser or self.make(moved)
        loss = self.sign * score(w, w["image"], data["label"])
        for one, slope in zip(moved, torch.autograd.grad(loss, moved)):
            one.grad = slope
        self.optimiser.step()


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (sgd(0.5), lambda p: torch.optim.SGD(p, 0.5)),
        (sgd(0.5, momentum=0.9), lambda p: torch.optim.SGD(p, 0.5, momentum=0.9)),
        (adam(0.05), lambda p: torch.optim.Adam(p, 0.05)),
    ],
    ids=["descent", "momentum", "adam"],
)
def test_the_image_climbs(ours, theirs) -> None:
    rounds = Rounds(dream(SPEC.model, SPEC.certainty, ours), **SMALL)
    assert rounds.apart(Dreamt(theirs)) < TOLERANCE
    assert rounds.apart(Dreamt(theirs, sign=1)) > 1e-4
    assert rounds.apart(Dreamt(theirs, port="classifier")) > 1e-4


def test_the_weights_stay() -> None:
    rounds = Rounds(SPEC.plain, **SMALL)
    after = rounds.ours(3)
    for path, value in rounds.weights.items():
        assert (path == "image") == bool(abs(after[path] - value).max() > 0)


def test_the_score_grows() -> None:
    rounds = Rounds(SPEC.plain, **SMALL)
    after = {k: torch.tensor(v) for k, v in rounds.ours(5).items()}
    before = {k: torch.tensor(v) for k, v in rounds.weights.items()}
    label = torch.tensor(rounds.data["label"])
    assert score(after, after["image"], label) > score(before, before["image"], label)


def test_scores_that_do_not_fit() -> None:
    c, k = Dim.named("c k")
    net = op.linear(c, k).named("net")
    for wrong in (op.tanh.at(Real[k]), op.sum(c).at(Real[c])):
        with pytest.raises(SpecError) as caught:
            dream(net, wrong, sgd(0.1))
        assert caught.value.code == "CM057"
    with pytest.raises(SpecError) as caught:
        dream(net, op.take(k, at=0), sgd(0.1), moved=["imgae"])
    assert caught.value.code == "CM020"
