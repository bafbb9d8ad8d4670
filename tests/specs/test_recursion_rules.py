"""The rules of recursion: each is proved for all lengths, and each twin is refuted."""

from __future__ import annotations

import json

import pytest

from categorical.verdicts import Verdict
from proofs.certificate import canonical
from proofs.checker import check as recheck
from synthesis.ladder import check
from tests.specs.parity import architectures

RULES = architectures("recursion_rules")


@pytest.mark.parametrize("name", RULES)
def test_every_rule_is_proved_and_every_twin_refuted(name: str) -> None:
    for found in check(RULES[name]):
        if found.expected:
            assert found.verdict is Verdict.REFUTED, found
            example = found.counterexample
            assert example is not None and max(example.sizes.values()) <= 2
            continue
        assert found.verdict is Verdict.PROVED and found.scope == "all sizes", found
        report = recheck(canonical(json.loads(json.dumps(found.certificate))) + "\n")
        assert report.ok, report.errors


def test_every_rule_has_a_twin() -> None:
    stated = [law for model in RULES.values() for law in model.laws]
    expected = [law for law in stated if law.expected]
    assert len(stated) >= 40 and len(expected) >= 20
    by_induction = [law for law in stated if any(one.rule == "induction" for one in law.requires)]
    assert len(by_induction) >= 3
