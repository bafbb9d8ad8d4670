"""Parity of the specs with scans and loops written by hand; their files are scans."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from backends.pytorch import build
from tests.specs.parity import TOLERANCE, architectures, compare
from tests.specs.scan_parity import LinearAttention, LinearRecurrent, SelectiveScan, SoftAutomaton

STEPS = [2, 5, 40]  # the last one has chunks; at one step some gradients are 0


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def x(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


@pytest.mark.parametrize("steps", STEPS)
def test_linear_recurrent_unit(steps: int) -> None:
    weights = {
        "cell.factor.decay": "nu",
        "cell.factor.angle": "theta",
        "cell.skip": "skip",
        **{f"cell.{name}.weight": name for name in ("into_re", "into_im", "from_re", "from_im")},
    }
    model = architectures("linear_recurrent_unit")["model"]
    theirs = LinearRecurrent(3, 4)
    sizes = {"feature": 3, "state": 4}
    assert compare(model, theirs, weights, [x(2, steps, 3)], sizes=sizes) <= TOLERANCE


@pytest.mark.parametrize("steps", STEPS)
def test_selective_scan(steps: int) -> None:
    weights = {
        "in_x.weight": ("into.weight", lambda w: w[:6]),
        "in_z.weight": ("into.weight", lambda w: w[6:]),
        "near.weight": "near.weight",
        "near.bias": "near.bias",
        "step_size.weight": "size.weight",
        "step_size.bias": "size.bias",
        "write.weight": ("maps.weight", lambda w: w[:3]),
        "read.weight": ("maps.weight", lambda w: w[3:]),
        "cell.log_rate": "log_rate",
        "cell.skip": "skip",
        "out.weight": "out.weight",
    }
    model = architectures("selective_scan")["model"]
    theirs = SelectiveScan(5, 6, 3, 4)
    sizes = {"width": 5, "channel": 6, "state": 3}
    assert compare(model, theirs, weights, [x(2, steps, 5)], sizes=sizes) <= TOLERANCE


@pytest.mark.parametrize("steps", STEPS)
def test_linear_attention(steps: int) -> None:
    names = [f"{part}.{kind}" for part in ("query", "key", "value") for kind in ("weight", "bias")]
    found = architectures("linear_attention")["model"]
    paths = {f"projected.{name}": name for name in names}
    theirs = LinearAttention(5, 3, 4)
    sizes = {"width": 5, "feature": 3, "value": 4}
    assert compare(found, theirs, paths, [x(2, steps, 5)], sizes=sizes) <= TOLERANCE


@pytest.mark.parametrize("steps", [1, 5, 8])  # a longer word forgets its start: rounding
def test_automaton_learner(steps: int) -> None:
    weights = {"cell.scores": "scores", "start": "start", "accepting": "accepting"}
    model = architectures("automaton")["model"]
    word = torch.randint(0, 3, (2, steps))
    sizes = {"letter": 3, "state": 4}
    assert compare(model, SoftAutomaton(3, 4), weights, [word], sizes=sizes) <= TOLERANCE


@pytest.mark.parametrize(
    ("spec", "variable"),
    [
        ("linear_recurrent_unit", "model"),
        ("selective_scan", "model"),
        ("linear_attention", "model"),
        ("automaton", "model"),
        ("automaton", "deterministic"),
    ],
)
def test_their_files_are_scans(spec: str, variable: str) -> None:
    found = architectures(spec)[variable]
    made = build(found.batched(), found.sizes, found.name)
    assert any(line.startswith("parallel scan") for line in made.derivation)
    assert all("PROVED" in line for line in made.derivation if line.startswith("parallel"))
