"""The text of the proofs says what was proved, and what was not."""

from __future__ import annotations

from dataclasses import replace

from categorical.recursion import fold
from proofs.monoids.family import MAXPLUS, laws_of
from proofs.monoids.reading import read
from proofs.monoids.told import equation_text, told
from tests.backends.pytorch.recursion import scan_cells as cells


def test_every_equation_of_every_stage_is_told() -> None:
    text = told(read(fold(cells.softmax, over=cells.t).graph().nodes[0].box))
    assert [line for line in text.splitlines() if line.startswith("stage")] == [
        "stage 1: most acts by max-plus affine maps",
        "stage 2: total acts by diagonal affine maps",
        "stage 3: mixed acts by diagonal affine maps",
    ]
    assert text.count("PROVED, all sizes") == 3 + 4 + 4
    assert "= m0_1·m1_0·m2_0 + m1_1·m2_0 + m2_1" in text
    assert "rules: a maximum is associative, and addition distributes over it" in text


def test_what_is_not_proved_is_not_told_as_proved() -> None:
    wrong = replace(MAXPLUS, multiply=lambda s, x, y, t: MAXPLUS.multiply(s, y, x, t))
    types = (cells.Real[cells.n],)
    told_ = [equation_text(one) for one in laws_of(wrong, types)]
    assert "PROVED" in told_[0]
    assert "not proved" in told_[1] and "different normal forms" in told_[1]
