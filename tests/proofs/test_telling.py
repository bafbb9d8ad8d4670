"""Certificates as text: every proof of the atlas has one, and nothing that is refused has."""

from __future__ import annotations

from pathlib import Path

import pytest

from categorical.face.loader import load
from proofs.telling import told
from synthesis.ladder import check

SPECS = Path(__file__).resolve().parents[2] / "specs"


def proofs(spec: str, name: str) -> list[dict]:
    (found,) = [d.architecture for d in load(SPECS / f"{spec}.py").declared if d.name == name]
    return [one.certificate for one in check(found) if one.certificate is not None]


def test_an_induction_is_told_with_its_base_and_step() -> None:
    (certificate,) = proofs("recursion_rules", "fusion")
    text = told(certificate)
    assert text.startswith("fusion: both sides are equal by induction along step")
    assert "  lemma 1: r2 is " in text and "    base  0 = 0" in text and "    step  " in text


def test_a_structural_proof_names_its_rules() -> None:
    texts = [told(one) for one in proofs("deep_sets", "deep_sets")]
    assert any("affine: one map of one axis" in text for text in texts)


def test_what_the_checker_refuses_is_not_told() -> None:
    (certificate,) = proofs("recursion_rules", "fusion")
    claim = {**certificate["claims"][0], "mode": "train"}
    with pytest.raises(ValueError, match="the checker refuses"):
        told({**certificate, "claims": [claim]})
