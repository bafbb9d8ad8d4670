"""Pooling against torch and against loops."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from categorical import Dim, Real, op
from categorical.derivatives import reverse
from categorical.errors import SpecError
from categorical.naturality import FUNCTION, LINEAR, NONE
from categorical.records import Context
from categorical.semantics import Dual, DualAlgebra, FloatAlgebra
from categorical.semantics.algebra import first_true
from categorical.semantics.interpreter import run
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


# --- ties -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["reverse", "forward"])
@pytest.mark.parametrize("padding", [0, 1])
def test_the_first_of_several_largest_entries_has_the_derivative(way: str, padding: int) -> None:
    """On numbers that tie often, against torch; a shared derivative is another one."""
    rng = np.random.default_rng(0)
    pool = op.max_pool(h, w, kernel=(3, 2), stride=(2, 1), padding=(padding, padding))
    net = pool.at(Real[c, h, w])
    graph, back = net.graph(), reverse(net).graph()
    sizes = {"c": 2, "h": 7, "w": 5}
    for _ in range(5):
        x = rng.integers(-1, 2, (2, 7, 5)).astype(np.float64)
        leaf = torch.tensor(x, requires_grad=True)
        y = F.max_pool2d(leaf, (3, 2), (2, 1), padding)
        g = rng.standard_normal(tuple(y.shape))
        [wanted] = torch.autograd.grad(y, leaf, torch.tensor(g))
        if way == "reverse":
            [found] = run(back, Context(FloatAlgebra(), sizes), [x, g], {}).outputs
            np.testing.assert_allclose(found, wanted.numpy(), atol=1e-12)
        else:
            v = rng.standard_normal(x.shape)
            [dual] = run(graph, Context(DualAlgebra(), sizes), [Dual(x, v)], {}).outputs
            assert np.isclose((g * dual.tangent).sum(), (wanted.numpy() * v).sum())
        assert len(np.unique(wanted)) > 2


def test_first_true_keeps_one_entry_of_a_window() -> None:
    chosen = np.random.default_rng(1).random((3, 4, 2, 5)) < 0.5
    only = first_true(chosen, (1, 3))
    assert (only <= chosen).all()
    assert (only.sum(axis=(1, 3)) == chosen.any(axis=(1, 3))).all()
    flat = chosen.transpose(0, 2, 1, 3).reshape(3, 2, -1)
    at = only.transpose(0, 2, 1, 3).reshape(3, 2, -1)
    assert (at.argmax(axis=-1)[flat.any(-1)] == flat.argmax(axis=-1)[flat.any(-1)]).all()
