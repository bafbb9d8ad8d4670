"""Padded widths: the same values, gradients and state; only where nothing else reads the axis."""

from __future__ import annotations

import pytest
import torch

from backends.pytorch import build
from backends.pytorch.widths import free_widths
from categorical import Dim, Real, arrow, op

b, n, c, h, k = Dim.named("b n c h k")
to = n.at("to")
SIZES = {"c": 3, "h": 35, "k": 2}
PAIRS = Real[b, n, to, c]


def ends(between=op.silu):
    return (op.linear(c, h) >> between >> op.linear(h, k)).at(PAIRS)


def by_hand(module, x):
    first, last = module.linear, module.linear_2
    return last(torch.nn.functional.silu(first(x)))


@pytest.mark.parametrize("width", [35, 40])
def test_values_gradients_and_state_are_those_of_the_plain_layers(width: int) -> None:
    torch.manual_seed(0)
    made = build(ends(), SIZES, "net", validate=False)
    assert "F.pad(self.linear.weight, (0, 0, 0, -self.config.h % 8))" in made.source
    module = made.module(h=width).double()
    assert module.linear.weight.shape == (width, 3)
    x = torch.randn(2, 4, 4, 3, dtype=torch.float64, requires_grad=True)
    weights = [x, *module.parameters()]
    found, wanted = module(x), by_hand(module, x)
    direction = torch.randn_like(wanted)
    mine = torch.autograd.grad((found * direction).sum(), weights)
    theirs = torch.autograd.grad((wanted * direction).sum(), weights)
    for one, other in zip((found, *mine), (wanted, *theirs), strict=True):
        assert torch.allclose(one, other, rtol=1e-12, atol=1e-12)


def test_the_build_is_validated_and_says_what_was_done() -> None:
    made = build(ends(), SIZES, "net")
    assert any(line.startswith("widths: `h` padded") for line in made.derivation)


@arrow
def shown(x: PAIRS) -> Real[b, n, to, h] * Real[b, n, to, k]:
    hidden = op.relu(op.linear(c, h)(x))
    return hidden, op.linear(h, k)(hidden)


@arrow
def gated(x: PAIRS) -> Real[b, n, to, k]:
    weight = op.parameter(Real[h], name="gate")()
    hidden = op.relu(op.linear(c, h)(x))
    return op.linear(h, k)(op.einsum(b, n, to, h)(hidden, weight))


@pytest.mark.parametrize(
    "net",
    [
        pytest.param(shown, id="an output"),
        pytest.param(gated, id="another weight on the axis"),
        pytest.param(ends(op.softmax(h)), id="a function of all entries"),
        pytest.param(ends(op.reciprocal), id="infinite at 0"),
        pytest.param((op.linear(c, h) >> op.sum(h)).at(PAIRS), id="a sum without weights"),
        pytest.param((op.linear(c, h) >> op.silu >> op.linear(h, k)).at(Real[b, c]), id="few rows"),
    ],
)
def test_other_readers_keep_the_width(net) -> None:
    assert free_widths(net.graph(), SIZES) == {}
    assert "F.pad" not in build(net, SIZES, "net", validate=False).source
