"""What is read off cells: families and stages, with proofs; what is refused, and why."""

from __future__ import annotations

import pytest

from categorical import Arrow, Dim, Real, arrow, op
from categorical.functors import stack
from categorical.graph import OperatorBox
from categorical.recursion import fold, mealy
from proofs.certificate import Proof, bundle, claim
from proofs.checker import check
from proofs.monoids.reading import Reading, read
from proofs.monoids.walk import Refused
from tests.backends.pytorch.recursion import scan_cells as cells

n, t, batch = cells.n, cells.t, cells.batch
EXPECTED = {
    "gated": ["diagonal"],
    "decayed": ["diagonal"],
    "learnt_decay": ["diagonal"],
    "multiplied": ["diagonal"],
    "rotated": ["diagonal"],
    "recurrent": ["matrix"],
    "soft_automaton": ["matrix"],
    "automaton": ["finite"],
    "welford": ["diagonal", "diagonal", "diagonal"],
    "softmax": ["maxplus", "diagonal", "diagonal"],
    "least": ["minplus"],
    "most": ["maxplus"],
}


def reading(run: Arrow) -> Reading:
    (box,) = (node.box for node in run.graph().nodes if node.box.name == "scan")
    assert isinstance(box, OperatorBox)
    return read(box)


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("name", EXPECTED)
def test_stages_are_found_and_proved(name: str, batched: bool) -> None:
    run = fold(getattr(cells, name), over=t)
    found = reading(stack(run, batch) if batched else run)
    assert [stage.family.name for stage in found.stages] == EXPECTED[name]
    for stage in found.stages:
        assert stage.proved, [str(one) for one in (stage.proof, *stage.laws)]
        assert isinstance(stage.proof.verdict, Proof)
        text = bundle("0", [claim("cell", stage.proof.verdict)])
        assert check(text).errors == []


def test_states_that_depend_on_one_another_are_one_stage() -> None:
    assert [stage.states for stage in reading(fold(cells.rotated, over=t)).stages] == [(0, 1)]
    found = reading(mealy(cells.register, over=t, states=2))
    assert [stage.states for stage in found.stages] == [(0,), (1,)]


@arrow
def squared(s: Real[n], x: Real[n]) -> Real[n]:
    return s * s + x


@arrow
def divided(s: Real[n], x: Real[n]) -> Real[n]:
    return x / s


@arrow
def switched(s: Real[n], x: Real[n]) -> Real[n]:
    return op.where(op.less(s, x), s, x)


@arrow
def of_two(s: Real[n], r: Real[n], x: Real[n]) -> Real[n] * Real[n]:
    return s * r, r + s * x


@arrow
def flipped(s: Real[n], x: Real[n]) -> Real[n]:
    return op.flip(n)(s) + x


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (cells.gru, "`linear` mixes|`sigmoid` is applied|`mul` multiplies"),
        (squared, "`mul` multiplies parts that depend on the state"),
        (switched, "`less` is"),
        (of_two, "`mul` multiplies parts that depend on the state"),
        (flipped, "`flip` is applied"),
    ],
)
def test_coefficients_that_depend_on_a_state_are_refused(cell: Arrow, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        reading(fold(cell, over=t))


def test_quotients_are_exact_off_poles() -> None:
    for cell in (cells.fraction, cells.moved, divided):
        (stage,) = reading(fold(cell, over=t)).stages
        assert stage.family.name == "mobius"
        assert stage.grade == "EXACT" and not stage.proved


def test_untied_weights_have_no_common_action() -> None:
    two = Dim("two", size=2)
    with pytest.raises(Refused, match="weights of its own"):
        reading(fold(cells.gated, over=two, weights="untied"))


def test_a_coefficient_may_read_an_earlier_state() -> None:
    """The second state is multiplied by the first one, which is known once its run is done."""

    @arrow
    def cascade(p: Real[n], q: Real[n], x: Real[n]) -> Real[n] * Real[n]:
        new = op.tanh(x) * p + x
        return new, op.sigmoid(p) * q + new

    found = reading(fold(cascade, over=t))
    assert [stage.states for stage in found.stages] == [(0,), (1,)]
    assert all(stage.proved for stage in found.stages)


def test_a_family_that_lies_is_caught() -> None:
    """Parts in the wrong places: the equation between the cell and the action has no proof."""
    from proofs.monoids import reading as module

    (stage,) = reading(fold(cells.gated, over=t)).stages
    region = reading(fold(cells.gated, over=t)).region
    wrong = module._step(
        region,
        [region.inputs[0]],
        [region.outputs[0]],
        {},
        stage.family,
        stage.types,
        stage.coefficients,
        stage.inputs,
        stage.element[::-1],
    )
    assert not wrong
