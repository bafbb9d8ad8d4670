"""Constants: their values, and parameters as wires."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Bool, Complex, Dim, Fin, Init, Real, SpecError, arrow, op
from categorical.naturality import BIJECTION, FUNCTION, LINEAR, NONE, ORTHOGONAL, PREFIX
from categorical.records import EVAL
from tests.categorical.ops.running import value

n, c, h, v = Dim.named("n c h v")
KEY = n.at("key")


def test_equal_entries() -> None:
    assert value(op.full(Real[n, c], 0.5), [], [], n=2, c=3).tolist() == [[0.5] * 3] * 2
    assert value(op.zeros(Real[n]), [], [], n=2).tolist() == [0, 0]
    assert value(op.ones(Real.scalar), [], []) == 1
    mask = value(op.full(Bool[n], True), [], [], n=2)
    assert mask.dtype == bool and mask.all()
    index = value(op.full(Fin(v)[n], 2), [], [], n=2, v=3)
    assert index.dtype == np.int64 and index.tolist() == [2, 2]
    assert value(op.full_like(-1), [Real[n]], [np.arange(3.0)]).tolist() == [-1, -1, -1]


def test_matrices_and_masks() -> None:
    assert np.array_equal(value(op.eye(n, KEY), [], [], n=3), np.eye(3))
    rows, columns = np.indices((4, 4))
    assert np.array_equal(value(op.causal_mask(n, KEY), [], [], n=4), columns <= rows)
    assert np.array_equal(value(op.causal_mask(n, KEY, strict=True), [], [], n=4), columns < rows)
    found = value(op.band_mask(n, KEY, before=1, after=2), [], [], n=4)
    assert np.array_equal(found, (rows - 1 <= columns) & (columns <= rows + 2))
    assert value(op.positions(n), [], [], n=3).tolist() == [0, 1, 2]


def test_tables() -> None:
    two, three = Dim("two", size=2), Dim("three", size=3)
    numbers = [[1, 2.5, 3], [0, -1, 4]]
    assert value(op.table(Real[two, three], numbers), [], []).tolist() == numbers
    assert value(op.table(Complex[two], [1j, 2]), [], []).tolist() == [1j, 2]
    assert value(op.table(Fin(three)[two], [2, 0]), [], []).tolist() == [2, 0]
    assert value(op.table(Bool[two], [True, False]), [], []).tolist() == [True, False]
    for wrong, code in (
        (lambda: op.table(Real[two], [1, 2, 3]), "CM002"),
        (lambda: op.table(Real[n], [1, 2, 3]), "CM025"),
        (lambda: op.table(Fin(three)[two], [3, 0]), "CM041"),
        (lambda: op.table(Fin(three)[two], [0.5, 0]), "CM011"),
        (lambda: op.table(Bool[two], [1, 0]), "CM011"),
        (lambda: op.table(Real[two], [1, float("inf")]), "CM041"),
    ):
        with pytest.raises(SpecError, match=code):
            wrong()


def test_parameters_are_named_by_themselves() -> None:
    @arrow
    def net(x: Real[n, c]) -> Real[n, c]:
        shift = op.parameter(Real[c], name="shift")()
        other = op.parameter(Real[c], name="shift")()
        return x + op.expand(n)(shift + other)

    assert net.parameters == {"shift": Real[c], "shift_2": Real[c]}
    x = np.arange(6.0).reshape(3, 2)
    weights = {"shift": np.array([1.0, 2.0]), "shift_2": np.array([0.5, 0.0])}
    found = value(net, [Real[n, c]], [x], resources=weights)
    assert np.array_equal(found, x + np.array([1.5, 2.0]))
    resource = op.parameter(Real[c], name="shift", init=Init("ones")).graph().resources()["shift"]
    assert resource.init == Init("ones") and resource.role == "weight"


def test_classes() -> None:
    def natural(made, dim):
        return made.op.box(made.dom).natural(dim, EVAL)

    assert natural(op.ones(Real[n]), n) == FUNCTION and natural(op.zeros(Real[n]), n) == LINEAR
    assert natural(op.ones(Real[n]), c) == LINEAR
    assert natural(op.eye(n, KEY), n) == ORTHOGONAL | PREFIX
    assert natural(op.eye(n // h, (n // h).at("key")), n) == NONE
    assert natural(op.causal_mask(n, KEY), n) == PREFIX
    assert natural(op.causal_mask(n * h, (n * h).at("key")), n) == NONE
    assert natural(op.positions(n), n) == BIJECTION | PREFIX
    assert natural(op.parameter(Real[n]), n) == NONE


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: op.full(Real[n], float("-inf")), "CM041"),
        (lambda: op.full_like("1"), "CM041"),
        (lambda: op.full(Bool[n], 1), "CM011"),
        (lambda: op.full(Fin(v)[n], -1), "CM011"),
        (lambda: op.full(Fin(3)[n], 3), "CM041"),
        (lambda: op.full(Real[n] * Real[c], 0), "CM011"),
        (lambda: op.causal_mask(n, c), "CM003"),
        (lambda: op.band_mask(n, KEY, 0.5, 1), "CM041"),
        (lambda: op.parameter(Bool[n]), "CM011"),
        (lambda: op.parameter(Real[n], name="forward"), "CM024"),
        (lambda: op.full_like(1).at(Bool[n]), "CM011"),
        (lambda: op.eye(n, n), "CM009"),
    ],
)
def test_refusals(make, code: str) -> None:
    with pytest.raises(SpecError, match=code):
        make()
