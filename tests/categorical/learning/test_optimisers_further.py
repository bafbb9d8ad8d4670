"""Further adaptive optimisers: their states, their laws, and numbers out of range."""

import pytest

from categorical import Dim, Real, SpecError, architecture, identity, laws, op
from categorical.learning.optimisers_further import adadelta, adamax, nadam, radam
from categorical.learning.preserving import Reparametrisation, agrees, matrix, preserved
from categorical.learning.rates import linear_warm_up
from synthesis.ladder import check

n, x = Dim("n"), Dim("x", size=2)
W = Real[n]
SIGNS = Reparametrisation("signs", op.neg.at(W), identity(W))
ROTATION = matrix("rotation", x, [[3, -4], [4, 3]], over=5)
EVERY = (adadelta(), adamax(), nadam(), radam(), adadelta(linear_warm_up(1.0, 5)))


def verdicts(*claims):
    model = architecture(op.relu.at(W), laws=claims, name="further")
    return [found.verdict.name for found in check(model)]


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
def test_an_optimiser_is_a_lens(one) -> None:
    lens = one.lens(W)
    assert lens.source == lens.source_back == (*one.state(W), W)
    assert lens.target == lens.target_back == (W,)


@pytest.mark.parametrize("one", EVERY[:4], ids=lambda one: one.name)
def test_signs_are_not_seen_and_rotations_are(one) -> None:
    assert set(verdicts(preserved(one, SIGNS), agrees(one, SIGNS, steps=2))) == {"PROVED"}
    # the first steps of RAdam are by the mean alone, which any rotation carries
    steps = 8 if one.name == "radam" else 1
    assert verdicts(agrees(one, ROTATION, steps=steps).fails()) == ["REFUTED"]


def test_decay_on_its_own_is_another_step() -> None:
    together, apart = (nadam(weight_decay=0.1, apart=one).put(W) for one in (False, True))
    none = nadam(weight_decay=0.0, apart=True).put(W)
    assert verdicts(
        laws.commutes(nadam().put(W), none, name="without decay"),
        laws.commutes(together, apart, name="with").fails(),
    ) == ["PROVED", "REFUTED"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: adadelta(rho=1.0),
        lambda: adadelta(-1.0),
        lambda: adamax(betas=(1.0, 0.9)),
        lambda: adamax(eps=0.0),
        lambda: nadam(momentum_decay=-1.0),
        lambda: nadam(eps=float("nan")),
        lambda: radam(betas=(0.9, 0.5)),
        lambda: radam(betas=(0.9, 1.0)),
        lambda: radam(betas="0.9"),
    ],
)
def test_bad_numbers_are_named(make) -> None:
    with pytest.raises(SpecError, match=r"CM04[12]"):
        make()
