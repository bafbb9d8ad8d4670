"""Logic: truth tables, choices, and the operators of wires."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Bool, Dim, Fin, Real, SpecError, arrow, op
from categorical.naturality import BIJECTION, FUNCTION, LINEAR, PREFIX
from categorical.records import EVAL
from tests.categorical.ops.running import value

n, c, v = Dim.named("n c v")
A, B = np.array([1.0, 2.0, 3.0]), np.array([2.0, 2.0, 2.0])
P, Q = np.array([True, True, False, False]), np.array([True, False, True, False])


def test_comparisons() -> None:
    for name, want in (("less", A < B), ("less_equal", A <= B), ("equal", A == B)):
        found = value(getattr(op, name), [Real[n], Real[n]], [A, B])
        assert found.dtype == bool and np.array_equal(found, want)
        indices = [A.astype(int), B.astype(int)]
        found = value(getattr(op, name), [Fin(v)[n], Fin(v)[n]], indices, v=4)
        assert np.array_equal(found, want)


def test_truth_tables() -> None:
    for name, want in (
        ("logical_and", [True, False, False, False]),
        ("logical_or", [True, True, True, False]),
        ("equal", [True, False, False, True]),
    ):
        assert value(getattr(op, name), [Bool[n], Bool[n]], [P, Q]).tolist() == want
    assert value(op.logical_not, [Bool[n]], [P]).tolist() == [False, False, True, True]
    found = value(op.indicator, [Bool[n]], [P])
    assert found.dtype == np.float64 and found.tolist() == [1, 1, 0, 0]


def test_where_with_a_mask_of_fewer_axes() -> None:
    x, y = np.zeros((2, 4)), np.ones((2, 4))
    found = value(op.where, [Bool[n], Real[c, n], Real[c, n]], [P, x, y])
    assert np.array_equal(found, np.where(P, x, y))
    found = value(op.where, [Bool[n, c], Real[c, n], Real[c, n]], [np.outer(P, [1, 0]) > 0, x, y])
    assert np.array_equal(found, np.where(np.outer([1, 0], P) > 0, x, y))


def test_operators_of_wires() -> None:
    @arrow
    def inside(x: Real[n], y: Real[n]) -> Bool[n]:
        return ((x < y) & (y <= 2.5)) | ~(x >= 1) | (x < 0.5)

    x, y = np.array([0.0, 1.0, 2.0, 2.0]), np.array([0.0, 3.0, 2.5, 2.0])
    want = ((x < y) & (y <= 2.5)) | ~(x >= 1) | (x < 0.5)
    assert np.array_equal(value(inside, [Real[n], Real[n]], [x, y]), want)


def test_classes() -> None:
    indices = (Fin(v)[n], Fin(v)[n])
    assert op.equal.op.box(indices).natural(v, EVAL) == BIJECTION | PREFIX
    assert op.less.op.box(indices).natural(v, EVAL) == PREFIX
    assert op.less.op.box(indices).natural(n, EVAL) == FUNCTION
    choice = op.where.op.box((Bool[n], Real[n, c], Real[n, c]))
    assert choice.natural(c, EVAL) == LINEAR and choice.natural(n, EVAL) == FUNCTION


def test_types() -> None:
    with pytest.raises(SpecError, match="CM004"):
        op.less.at(Real[n], Real[n, c])
    with pytest.raises(SpecError, match="CM011"):
        op.less.at(Bool[n], Bool[n])
    with pytest.raises(SpecError, match="CM011"):
        op.less.at(Real[n], Fin(v)[n])
    with pytest.raises(SpecError, match="CM011"):
        op.logical_and.at(Real[n], Real[n])
    with pytest.raises(SpecError, match="CM011"):
        op.where.at(Real[n], Real[n], Real[n])
    with pytest.raises(SpecError, match="CM005"):
        op.where.at(Bool[n, c], Real[n], Real[n])
    with pytest.raises(SpecError, match="CM011"):
        op.indicator.at(Real[n])


def test_signs_and_rotations() -> None:
    f, r = Dim("f", action="sign"), Dim("r", size=3, action="rotation")
    op.where.at(Bool[n], Real[n, r], Real[n, r])
    op.where.at(Bool[f], Real[f], Real[f])
    with pytest.raises(SpecError, match="CM016"):
        op.less.at(Real[f], Real[f])
    with pytest.raises(SpecError, match="CM017"):
        op.where.at(Bool[r], Real[r], Real[r])
