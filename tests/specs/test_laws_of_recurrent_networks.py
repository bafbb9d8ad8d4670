"""The laws of the recurrent specs: each gets the verdict that it deserves, its twin is refuted."""

from __future__ import annotations

import pytest

from categorical.verdicts import Verdict
from synthesis.ladder import check
from tests.specs.parity import architectures, load

NAMES = (
    "elman_network",
    "gated_recurrent_unit",
    "lstm",
    "bidirectional_network",
    "encoder_decoder",
    "mealy_machine",
    "moore_machine",
    "neural_stack",
    "modality_fold",
    "lstm_gnn",
    "vowel_classifier",
)
EVERY = [(name, which) for name in NAMES for which in architectures(name)]

#: What no prover reaches: held exactly at random points, or on examples (the order of numbers).
EXACT = {("moore_machine", "equal[the shift]")}
TESTED = {
    ("neural_stack", "bounded[0, 1]"),
    ("neural_stack", "equal[what was pushed]"),
    ("neural_stack", "equal[the stack before]"),
}


@pytest.mark.parametrize(("name", "which"), EVERY, ids="::".join)
def test_every_law_gets_its_verdict(name: str, which: str) -> None:
    model = architectures(name)[which]
    findings = check(model)
    assert len(findings) == len(model.laws) > 0
    for found in findings:
        key = (name, found.law)
        if found.expected:
            assert found.verdict is Verdict.REFUTED, found
            assert found.counterexample is not None and found.counterexample.sizes
        elif key in EXACT:
            assert found.verdict in (Verdict.PROVED, Verdict.EXACT), found
        elif key in TESTED:
            assert found.verdict in (Verdict.PROVED, Verdict.EXACT, Verdict.TESTED), found
        else:
            assert found.verdict is Verdict.PROVED and found.scope.startswith("all sizes"), found


@pytest.mark.parametrize("name", NAMES)
def test_every_spec_has_a_docstring_two_laws_and_a_broken_twin(name: str) -> None:
    assert len(load(name).__doc__ or "") > 200
    stated = [law for model in architectures(name).values() for law in model.laws]
    assert len([law for law in stated if not law.name.startswith("parameters")]) >= 3
    assert any(law.expected for law in stated)


@pytest.mark.parametrize(("name", "which"), EVERY, ids="::".join)
def test_every_law_is_about_a_model_that_builds(name: str, which: str) -> None:
    from backends.pytorch import build

    model = architectures(name)[which]
    made = build(model.batched(), model.sizes, model.name)
    assert made.validation["outputs_and_states"] > 0
