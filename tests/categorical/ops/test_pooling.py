"""Pooling against torch and against loops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from categorical import Dim, Real, op
from categorical.errors import SpecError
from categorical.naturality import FUNCTION, LINEAR, NONE
from tests.categorical.ops.support import (
    agrees_in_a_field,
    claimed,
    derivative_agrees,
    drawn,
    evaluate,
    lifts,
    typed,
)

n, c, h, w = Dim.named("n c h w")
SIZES = {"n": 2, "c": 3, "h": 7, "w": 6}
TURN = Dim("turn", size=3, action="rotation")


@pytest.mark.parametrize("kernel", [1, 2, 3])
@pytest.mark.parametrize("stride", [None, 1, 2])
@pytest.mark.parametrize("padding", [0, 1])
def test_as_torch(kernel: int, stride: int | None, padding: int) -> None:
    if 2 * padding > kernel:
        with pytest.raises(SpecError, match="cannot pad"):
            op.max_pool(h, kernel=kernel, padding=padding)
        return
    options = dict(kernel=kernel, stride=stride, padding=padding)
    numbers = (kernel, stride or kernel, padding)
    for arrow, expected in (
        (op.max_pool(h, w, **options), lambda x: F.max_pool2d(x, *numbers)),
        (op.avg_pool(h, w, **options), lambda x: F.avg_pool2d(x, *numbers)),
        (
            op.avg_pool(h, w, count_padding=False, **options),
            lambda x: F.avg_pool2d(x, *numbers, count_include_pad=False),
        ),
    ):
        graph = typed(arrow, [Real[n, c, h, w]])
        inputs, _ = drawn(graph, SIZES)
        (got,) = evaluate(graph, SIZES, inputs)
        want = expected(torch.tensor(inputs[0])).numpy()
        np.testing.assert_allclose(got, want, atol=1e-12)
        assert tuple(a.size.evaluate(SIZES) for a in graph.cod[0].axes) == want.shape


def test_against_loops() -> None:
    graph = typed(op.max_pool(w, h, kernel=(3, 2), stride=(2, 1), padding=(1, 0)), [Real[h, c, w]])
    ((x,), _) = drawn(graph, SIZES)
    (got,) = evaluate(graph, SIZES, [x])
    assert got.shape == (6, 3, 3)
    for p, i, q in itertools.product(range(6), range(3), range(3)):
        columns = [j for j in range(2 * q - 1, 2 * q + 2) if 0 <= j < 6]
        assert got[p, i, q] == x[p : p + 2, i][:, columns].max()


CASES = {
    "max": (op.max_pool(h, kernel=3, stride=2, padding=1), [Real[c, h]]),
    "max plane": (op.max_pool(w, h, kernel=2), [Real[h, n, w]]),
    "mean": (op.avg_pool(h, kernel=3, padding=1), [Real[h, c]]),
    "mean inside": (op.avg_pool(h, w, kernel=3, padding=1, count_padding=False), [Real[h, w]]),
}


@pytest.mark.parametrize("name", CASES)
def test_other_algebras_and_lifts(name: str) -> None:
    arrow, types = CASES[name]
    agrees_in_a_field(arrow, types, SIZES) if "mean" in name else None
    derivative_agrees(arrow, types, SIZES)
    lifts(arrow, types, SIZES)


def test_what_is_claimed() -> None:
    assert claimed(op.max_pool(h, kernel=2), [Real[h, c]], c) == FUNCTION
    assert claimed(op.avg_pool(h, kernel=2), [Real[h, c]], c) == LINEAR
    assert claimed(op.avg_pool(h, kernel=2), [Real[h, c]], h) == NONE


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("CM005", lambda: op.max_pool(h, kernel=2).at(Real[c])),
        ("CM007", lambda: op.max_pool(kernel=2)),
        ("CM008", lambda: op.avg_pool(Dim("two", size=2), kernel=3)),
        ("CM017", lambda: op.max_pool(h, kernel=2).at(Real[h, TURN])),
        ("CM025", lambda: op.avg_pool(h, kernel=(2, 2))),
        ("CM025", lambda: op.avg_pool(h, kernel=3, padding=2)),
    ],
)
def test_mistakes(code: str, make: object) -> None:
    with pytest.raises(SpecError) as caught:
        make()  # type: ignore[operator]
    assert caught.value.code == code
