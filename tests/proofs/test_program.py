"""Solved layers as plain data: exact entries, a limit, and nothing that no meaning depends on."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Real, op
from categorical.exact import Basis, cos
from proofs import program
from proofs.program import NotData

v = Dim("v", size=2)
HALF = Basis((2, 2), 1, [0, 0], [0, 3], [cos(8), 1])


def attributes(arrow):
    (node,) = program.program(arrow.at(Real[v]).graph())["nodes"]
    return node["attrs"]


def test_irrational_entries_and_coefficients_are_orders_and_coefficients():
    found = attributes(op.hom(HALF, ((v,),), (v,), coefficients=(cos(8),)))
    assert found["basis"]["basis"]["values"] == [program.exact(cos(8)), 1]
    assert found["coefficients"] == [{"cyclotomic": program.exact(cos(8))}]


def test_the_group_that_was_solved_for_is_left_out():
    assert "under" not in attributes(op.hom(HALF, ((v,),), (v,), under="a group"))


def test_a_basis_beyond_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(program, "MOST", 8)
    places = np.arange(9)
    assert program.basis(Basis((8, 2), 1, places[:8] * 0, places[:8], places[:8] + 1))
    with pytest.raises(NotData, match="at most 8"):
        program.basis(Basis((9, 1), 1, places * 0, places, places + 1))
