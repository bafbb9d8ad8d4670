"""CycleGAN on digits: what is measured, on translators whose degrees are known."""

import pytest

pytest.importorskip("sklearn", reason="the examples extra is not installed")

import torch
from torch import Tensor, nn

from categorical.schemas import Schema
from examples.cycle_digits import KINDS, Pair, held, kinds, shown, table

SCHEMA = Schema(
    "CycleGAN",
    "A B",
    {"f": ("A", "B"), "g": ("B", "A")},
    {"f then g": "f g = 1", "g then f": "g f = 1"},
)


class Ink(nn.Module):
    """Takes every dark image for the second kind."""

    def forward(self, ink: Tensor) -> Tensor:
        dark = ink.mean((1, 2, 3)) > 0.5
        scores = torch.zeros(len(ink), 10)
        scores[dark, KINDS[1]] = 1
        scores[~dark, KINDS[0]] = 1
        return scores


def test_held():
    first, second, first_test, second_test = kinds()
    assert first.min() >= -1 and first.max() <= 1 and first.shape[1:] == (1, 8, 8)
    assert not {len(first), len(second)} & {0}
    turned, forgot = Pair(torch.neg, torch.neg), Pair(torch.neg, torch.zeros_like)
    good = held(SCHEMA, turned, Ink(), first_test, second_test)
    bad = held(SCHEMA, forgot, Ink(), first_test, second_test)
    assert good.grades.consistent(1.0) and not bad.grades.consistent(0.9)
    assert good.taken == (1.0, 0.0)  # digits are light, and their negatives dark
    text = table({"free": (bad, good)})
    assert "→ 1.0000" in text and f"{KINDS[0]}s that are taken for {KINDS[1]}s" in text
    assert shown(turned, first_test, second_test).shape == (6, 10, 8, 8)
