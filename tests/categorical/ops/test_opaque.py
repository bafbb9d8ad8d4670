"""Opaque functions: typed, batched, at most TESTED, compared when they are built."""

from __future__ import annotations

import numpy as np
import pytest

from backends.pytorch import build
from categorical import Dim, Real, SpecError, architecture, laws, op
from categorical.groups import Symmetric
from categorical.verdicts import Verdict
from synthesis.ladder import check

n, c = Dim.named("n c")
expm1 = op.opaque(
    "torch.special.expm1",
    Real[n, c],
    Real[n, c],
    meaning=np.expm1,
    derivative=lambda values, tangents: np.exp(values[0]) * tangents[0],
)


def test_a_true_law_is_tested_and_a_false_one_refuted() -> None:
    net = (expm1 >> op.sum(n)).named("net")
    (held,) = check(architecture(net, laws=[laws.invariant(under=Symmetric(n))]))
    assert held.verdict is Verdict.TESTED
    ranked = op.opaque(
        "torch:cumsum", Real[n, c], Real[n, c], meaning=lambda x: np.cumsum(x, axis=-2)
    )
    wrong = (ranked >> op.max(n)).named("wrong")
    (found,) = check(architecture(wrong, laws=[laws.invariant(under=Symmetric(n))]))
    assert found.verdict is Verdict.REFUTED


def test_it_is_built_batched_and_compared_with_gradients() -> None:
    made = build(architecture(expm1.named("net")))
    assert "torch.special.expm1(x)" in made.source
    assert made.validation["gradients"] > 0


def test_a_function_of_another_module_is_imported_by_name() -> None:
    soft = op.opaque(
        "torch.nn.functional:softsign", Real[c], Real[c], meaning=lambda x: x / (1 + abs(x))
    )
    made = build(architecture(soft.named("net")))
    assert "from torch.nn.functional import softsign" in made.source
    assert made.validation["gradients"] == 0  # no derivative was given


def test_a_wrong_meaning_is_not_built() -> None:
    wrong = op.opaque("torch.special.expm1", Real[c], Real[c], meaning=np.exp)
    with pytest.raises(SpecError) as caught:
        build(architecture(wrong.named("net")))
    assert caught.value.code == "CM040"


@pytest.mark.parametrize("name", ["expm1", "os.system", "torch.x; import os", "a:b:c", "torch.é"])
def test_names_that_are_no_torch_function(name: str) -> None:
    with pytest.raises(SpecError) as caught:
        op.opaque(name, Real[c], Real[c], meaning=np.exp)
    assert caught.value.code == "CM024"
