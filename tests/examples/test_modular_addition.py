"""Modular addition end to end: composed networks on all pairs, and a trained one taken apart."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from categorical.hidden_units.solutions import SQUARES
from examples import modular_addition


def test_modular_addition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    threads = torch.get_num_threads()
    monkeypatch.setattr(modular_addition, "MODULI", (5, 6, 12))
    monkeypatch.setattr(modular_addition, "TRAINED", ((7, 32),))
    monkeypatch.setattr(modular_addition, "SEEDS", 1)
    try:
        scores, fixed, learnt = modular_addition.main(tmp_path)
    finally:
        torch.set_num_threads(threads)
    assert set(scores) == {(d, order) for d in (5, 6, 12) for order in ("6", "4", "4, 6")}
    for (d, _), one in scores.items():
        assert one.correct == one.pairs == d * d and one.loss < 1e-9
        assert abs(one.margin - 2 * d) < 1e-3
    assert (fixed.correct, fixed.pairs) == (144, 144)
    names = {p.name for p in tmp_path.iterdir()}
    assert {"model.py", "twelve.py", "composed_12_4_6.safetensors"} <= names
    assert "REFUTED" not in capsys.readouterr().out.split("order")[-1]
    # what is learnt: the families of one frequency each are products, as the theory has it
    assert [one.frequency for one in learnt] == [1, 2, 3]
    for one in learnt:
        assert one.units in (4, 6) and one.distance is not None and one.distance < 1e-2
        assert set(one.open) <= {SQUARES}


def test_random_weights_are_no_solution() -> None:
    """The scores tell a solution from what it starts from."""
    torch.manual_seed(0)

    class Guess(torch.nn.Module):
        def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
            return torch.randn(len(a), 7)

    one = modular_addition.score(Guess(), 7)
    assert one.correct < one.pairs / 2 and one.loss > 1 and one.margin < 0
