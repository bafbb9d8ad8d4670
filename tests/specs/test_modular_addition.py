"""Modular addition and the algebra of hidden units: verdicts, and modules on every pair."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from backends.pytorch import build
from backends.pytorch.loader import load_source
from categorical.hidden_units import order_four, order_six, state
from categorical.verdicts import Verdict
from proofs.certificate import canonical
from proofs.checker import check as recheck
from synthesis.ladder import check
from tests.specs.parity import architectures

ADDITION, ALGEBRA = architectures("modular_addition"), architectures("weight_algebra")


def every_pair(d: int) -> tuple[torch.Tensor, torch.Tensor]:
    """All pairs of numbers below d."""
    first, second = torch.meshgrid(torch.arange(d), torch.arange(d), indexing="ij")
    return first.reshape(-1), second.reshape(-1)


@pytest.mark.parametrize("name", ALGEBRA)
def test_the_algebra_holds_for_families_of_all_sizes(name: str) -> None:
    for found in check(ALGEBRA[name]):
        if found.expected:
            assert found.verdict is Verdict.REFUTED, found
        elif name == "distributive":
            assert found.verdict is Verdict.EXACT, found
        else:
            assert found.verdict is Verdict.PROVED and found.scope == "all sizes", found
            report = recheck(canonical(json.loads(json.dumps(found.certificate))) + "\n")
            assert report.ok, report.errors


@pytest.mark.parametrize("name", ADDITION)
def test_composed_networks_add(name: str) -> None:
    for found in check(ADDITION[name]):
        if found.expected:
            assert found.verdict is Verdict.REFUTED, found
        elif found.law.startswith("equivariant"):  # what the two equations of the shifts say
            assert found.verdict is Verdict.EXACT, found
        else:
            assert found.verdict is Verdict.PROVED, found
            report = recheck(canonical(json.loads(json.dumps(found.certificate))) + "\n")
            assert report.ok, report.errors


def test_what_is_refuted_on_purpose() -> None:
    expected = [law.name for model in ADDITION.values() for law in model.laws if law.expected]
    assert len(expected) == 9


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_emitted_module_adds_every_pair(dtype: torch.dtype) -> None:
    """The weights stand in the file; no training, and nothing to load."""
    space = load_source(build(ADDITION["adder_of_twelve"]).source)
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        module = space.AdderOfTwelve()
        a, b = every_pair(12)
        outputs = module(a, b)
    finally:
        torch.set_default_dtype(before)
    assert not list(module.parameters()) and outputs.dtype is dtype
    wanted = 24 * torch.nn.functional.one_hot((a + b) % 12, 12) - 2
    assert (outputs - wanted).abs().max() < (1e-4 if dtype is torch.float32 else 1e-12)


@pytest.mark.parametrize("weights", [order_six(5), order_four(8), order_four(9), order_six(23)])
def test_composed_weights_in_the_module_that_learns(weights) -> None:
    space = load_source(build(ADDITION["learnt"]).source)
    d = weights.modulus
    module = space.ModularAddition(space.Config(number=d, unit=weights.width))
    tensors = {k: torch.from_numpy(np.float32(v)) for k, v in state(weights).items()}
    module.load_state_dict(tensors)
    a, b = every_pair(d)
    outputs = module(a, b)
    wanted = 2 * d * torch.nn.functional.one_hot((a + b) % d, d) - 2
    assert (outputs - wanted).abs().max() < 1e-4 * d
    assert torch.equal(outputs.argmax(-1), (a + b) % d)
    tensors["out.weight"] = tensors["out.weight"].roll(1, 0)
    module.load_state_dict(tensors)
    assert torch.equal(module(a, b).argmax(-1), (a + b + 1) % d)
