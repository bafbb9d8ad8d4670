"""Every law of the circuits holds on every input, and every broken twin is found out."""

from __future__ import annotations

import pytest

from categorical.laws.data import Enumerated
from categorical.verdicts import Verdict
from synthesis.ladder import check
from tests.specs.parity import architectures

CIRCUITS = architectures("boolean_circuits")


@pytest.mark.parametrize("name", CIRCUITS)
def test_every_law_holds(name: str) -> None:
    for found in check(CIRCUITS[name]):
        wanted = {
            "x² = x among real numbers": Verdict.REFUTED,
            "parameters[16]": Verdict.PROVED,
        }
        assert found.verdict is wanted.get(str(found.law), Verdict.TESTED), found


@pytest.mark.parametrize("name", CIRCUITS)
def test_every_twin_is_refuted(name: str) -> None:
    stated = [law for law in CIRCUITS[name].laws if isinstance(law, Enumerated)]
    assert stated
    for law in stated:
        assert law.first_difference() is None
        assert law.broken().first_difference() is not None
