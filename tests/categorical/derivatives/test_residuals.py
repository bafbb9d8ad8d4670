"""What the way back reads: kept, or computed again; one meaning."""

from __future__ import annotations

import pytest

from categorical import Dim, Real, SpecError, laws, op
from categorical.architecture import Architecture
from categorical.derivatives import explicit, reverse
from categorical.graph import OperatorBox
from categorical.recursion.folds import fold
from synthesis import ladder
from tests.categorical.derivatives.test_runs import RUNS

c, h, n = Dim.named("c h n")
block = (op.linear(c, h) >> op.square >> op.linear(h, c)).named("block")
total = fold(op.add.at(Real[c], Real[c]), over=n, start=0).named("total")
NETS = {
    "block": block >> op.square,
    "blocks": block >> block,
    "noise": (op.linear(c, c) >> op.dropout(0.5) >> op.square).named("noisy") >> op.square,
    "run": RUNS["fold"],
    "run in a block": total >> op.square,
    "stacked": RUNS["iterate.stacked"],
}


def boxes(arrow) -> set[str]:
    return {n.box.name for n in arrow.graph().nodes if isinstance(n.box, OperatorBox)}


@pytest.mark.parametrize("name", sorted(NETS))
def test_to_store_and_to_recompute_are_one(name: str) -> None:
    f = explicit(NETS[name])
    kept, again = reverse(f), reverse(f, residual="recompute")
    model = Architecture("kept", kept, (laws.equal(again),), {}, None, "none", None)
    assert ladder.check(model)[0].verdict.name in ("PROVED", "EXACT")


@pytest.mark.parametrize("name", sorted(NETS))
def test_what_is_run_again(name: str) -> None:
    """A box for each block and run, or none."""
    f = NETS[name]
    assert "pullback" not in boxes(reverse(f))
    assert "pullback" in boxes(reverse(f, residual="recompute"))


def test_weights_have_the_same_names() -> None:
    kept, again = (reverse(NETS["blocks"], residual=one) for one in ("store", "recompute"))
    assert set(kept.parameters) <= set(again.parameters) == set(NETS["blocks"].parameters)


def test_another_arrow_is_refuted() -> None:
    f, other = explicit(NETS["block"]), explicit(block >> op.tanh)
    model = Architecture(
        "kept",
        reverse(f),
        (laws.equal(reverse(other, residual="recompute")),),
        {},
        None,
        "none",
        None,
    )
    assert ladder.check(model)[0].verdict.name == "REFUTED"


def test_an_unknown_residual() -> None:
    with pytest.raises(SpecError, match="CM041"):
        reverse(block, residual="forget")
