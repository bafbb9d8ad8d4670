"""Regimes: what they may say, and which parts they may name."""

from __future__ import annotations

from typing import Any

import pytest

from categorical import Dim, Real, op
from categorical.errors import SpecError
from categorical.learning import Regime, learner, losses, optimisers
from categorical.learning.regime import PLAIN, parts
from categorical.operators import iterate

a, c = Dim.named("a c")
inner = (op.linear(a, a) >> op.tanh).named("inner")
net = (iterate(inner >> op.linear(a, a), 2, name="blocks") >> op.linear(a, c, name="out")).named(
    "net"
)


def make(checkpoint: Any) -> Any:
    regime = Regime(checkpoint=checkpoint)
    return learner(net, losses.mean_squared_error(Real[c]), optimisers.sgd(0.1), regime=regime)


def refused(code: str, checkpoint: Any) -> str:
    with pytest.raises(SpecError) as caught:
        make(checkpoint)
    assert caught.value.code == code
    return str(caught.value)


def test_parts_are_named_as_their_weights() -> None:
    found = {name for name, _ in parts(make(()).arrow.graph(), {})}
    assert {"net", "net.blocks", "net.blocks.1", "net.blocks.1.inner"} <= found
    for path in make(()).weights:
        assert path.rpartition(".")[0] not in found  # a layer is no part
        assert any(path.startswith(f"{name}.") for name in found)


def test_a_regime_is_a_value() -> None:
    assert make(["net", "net.blocks", "net"]).regime.checkpoint == ("net", "net.blocks")
    assert Regime(checkpoint=["net"]) == Regime(checkpoint=("net",))
    assert len({PLAIN, Regime(), Regime(checkpoint=["net"])}) == 2


def test_names_that_are_no_parts() -> None:
    assert '"net.blocks" was probably meant' in refused("CM020", ["blocks"])
    assert '"net.blocks.0.inner" was probably meant' in refused("CM020", ["inner"])
    assert "no sub-architecture `encoder`" in refused("CM020", ["encoder"])
    assert "no sub-architecture `net.blocks.2`" in refused("CM020", ["net.blocks.2"])
    assert 'checkpoint=("net",)' in refused("CM041", ["net.out"])
    assert 'checkpoint=("net.blocks.0.inner",)' in refused(
        "CM041", ["net.blocks.0.inner.linear.weight"]
    )


@pytest.mark.parametrize("given", ["net", 3, [1], None, {"net"}])
def test_checkpoint_is_a_sequence_of_names(given: Any) -> None:
    assert "no sequence of names" in refused("CM042", given)
