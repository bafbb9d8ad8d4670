"""Proofs by induction as text: they say what the checker recomputes."""

from __future__ import annotations

import pytest

from categorical import Dim, Real, identity, op
from categorical.recursion import fold
from proofs.equality import prove_equal
from proofs.induction import prove_by_induction
from proofs.shown import shown

t, u, s = Dim.named("t u s")
times = (identity(Real[s]) @ op.sigmoid.at(Real[s])) >> op.mul
smooth = (op.scale(0.5).at(Real[s]) @ identity(Real[s])) >> op.add


def test_appending_as_text():
    whole = op.concat(t, u).at(Real[t, s], Real[u, s]) >> fold(times, over=t + u, start=1)
    parts = fold(times, over=t, start=1) @ fold(times, over=u, start=1) >> op.mul
    lines = shown(prove_by_induction(whole.graph(), parts.graph())).splitlines()
    assert lines[0] == "induction along u, in eval mode, for all sizes"
    assert "  r2, on the left: from last r1[s], then r2[u, s]·sigmoid(x2[u, s]) at each u" in lines
    assert "lemma 1: r2 is last r1[s]·r3[u, s]" in lines
    assert "  base  last r1[s] = last r1[s]" in lines
    assert lines[-3:] == [
        "left   last r2[s]",
        "right  last r1[s]·last r3[s]",
        "so both are last r1[s]·last r3[s]",
    ]


def test_weights_and_sums_have_names():
    mix = op.linear(s, s, bias=False, name="mix")
    left = fold(smooth, over=t, start=0) >> mix
    right = mix.at(Real[t, s]) >> fold(smooth, over=t, start=0)
    text = shown(prove_by_induction(left.graph(), right.graph(), vias=[(mix.graph(), {})]))
    assert "lemma 1: r2 is Σ_{s'} mix.weight[s, s']·r1[t, s']" in text


def test_other_proofs_are_refused():
    with pytest.raises(ValueError, match="an equal proof is no induction"):
        shown(prove_equal(op.relu.at(Real[s]).graph(), op.relu.at(Real[s]).graph()))
