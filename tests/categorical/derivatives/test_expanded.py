"""Derivatives of derivatives: pullbacks become expressions before they are differentiated."""

from __future__ import annotations

import sys

import pytest

from categorical import Dim, Real, arrow, laws, op, tie
from categorical.architecture import Architecture
from categorical.arrows import Arrow
from categorical.derivatives import axioms, explicit, gradient, pullback, reverse
from categorical.derivatives.pullback import Pullback
from synthesis import ladder
from tests.categorical.derivatives.axiom_matrix import verdict

c, h, n = Dim.named("c h n")
critic = tie((op.linear(c, h) >> op.tanh >> op.sum(h)).named("critic"))


@arrow
def penalty(x: Real[c]) -> Real:
    """The square of the slope of a critic, less its score: two uses of its weights."""
    return op.sum(c)(op.square(gradient(critic)(x))) - critic(x)


@arrow
def slopes(x: Real[c], y: Real[c]) -> Real[c]:
    """The slope at one point along the slope at another."""
    return op.tanh(pullback(op.tanh.at(Real[c]))(x, y)) * gradient(critic)(x)


ARROWS: dict[str, Arrow] = {
    "penalty": penalty,
    "slopes": slopes,
    "plain": pullback(op.mul.at(Real[n], Real[n])),
    "a pool": pullback(op.avg_pool(n, kernel=2).at(Real[n])) >> op.square,
    "three times": gradient(op.sum(c).at(Real[c]) >> op.square >> op.tanh) >> op.tanh,
}


@pytest.mark.parametrize("name", sorted(ARROWS))
def test_records_of_a_derivative_are_a_tape_over_a_tape(name: str) -> None:
    assert verdict(axioms.record_law(ARROWS[name])) in ("P", "E", "T")


@pytest.mark.parametrize("name", sorted(set(ARROWS) - {"a pool"}))
def test_no_box_is_left(name: str) -> None:
    boxes = {node.box.name for node in reverse(explicit(ARROWS[name])).graph().nodes}
    assert not boxes & {"pullback", "explicit", "call"}


def test_weights_keep_their_names() -> None:
    assert set(reverse(penalty).parameters) <= set(penalty.parameters)
    assert isinstance(gradient(critic), Pullback)


@arrow
def cubed(x: Real[n]) -> Real:
    """Σ x³."""
    return op.sum(n)(x * x * x)


@arrow
def by_hand(x: Real[n], g: Real[n]) -> Real[n]:
    """The Hessian of Σ x³ is 6 x on the diagonal."""
    return op.scale(6)(x) * g


@arrow
def wrong(x: Real[n], g: Real[n]) -> Real[n]:
    return op.scale(3)(x) * g


def checked(left: Arrow, right: Arrow) -> str:
    model = Architecture("m", left, (laws.equal(right),), {}, None, "none", None)
    return ladder.check(model)[0].verdict.name


def test_a_hessian_by_hand_is_proved() -> None:
    hessian = reverse(gradient(cubed))
    assert checked(hessian, by_hand) == "PROVED"
    assert checked(hessian, wrong) == "REFUTED"


def test_without_expansion_nothing_is_proved(monkeypatch) -> None:
    """The same arrow, one box inside the other: equal, and no normal form shows it."""
    module = sys.modules["categorical.derivatives.reverse"]
    monkeypatch.setattr(module, "expanded", lambda graph, reverse: graph)
    assert checked(reverse(gradient(cubed)), by_hand) == "EXACT"
