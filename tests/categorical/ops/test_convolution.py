"""Convolutions against loops, torch, and the sizes that torch computes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from categorical import Dim, Fin, Real, op
from categorical.errors import SpecError
from categorical.index import Axis, derived
from categorical.naturality import FUNCTION, LINEAR, NONE, PREFIX, SHIFT
from categorical.normal import content_hash
from categorical.records import Init
from categorical.sizes import floor_div
from tests.categorical.ops.support import (
    agrees_in_a_field,
    claimed,
    derivative_agrees,
    drawn,
    evaluate,
    lifts,
    typed,
)

n, c, k, h, w, g = Dim.named("n c k h w g")
SIZES = {"n": 2, "c": 4, "k": 6, "h": 7, "w": 6, "g": 2}
MODES = {"zero": "constant", "causal": "constant", "circular": "circular", "reflect": "reflect"}


def by_torch(x, weight, bias, *, stride, dilation, padding, pads, groups=1):
    """torch on (batch, channel, *space), with F.pad."""
    spatial = x.ndim - 2
    flat = [p for pair in reversed(pads) for p in pair]
    x, weight = torch.tensor(x), torch.tensor(weight)
    if any(flat):
        x = F.pad(x, flat, mode=MODES[padding])
    apply = F.conv1d if spatial == 1 else F.conv2d
    bias = None if bias is None else torch.tensor(bias)
    return apply(x, weight, bias, stride, 0, dilation, groups).numpy()


@pytest.mark.parametrize("padding", ["zero", "circular", "reflect", "causal", "valid"])
@pytest.mark.parametrize("kernel", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("dilation", [1, 2])
def test_one_axis_as_torch(padding: str, kernel: int, stride: int, dilation: int) -> None:
    reach = dilation * (kernel - 1)
    amount = 1 if reach % 2 and padding in ("zero", "circular", "reflect") else None
    arrow = op.conv(
        c,
        k,
        over=h,
        kernel=kernel,
        stride=stride,
        dilation=dilation,
        padding=padding,
        amount=amount,
    )
    graph = typed(arrow, [Real[n, c, h]])
    inputs, weights = drawn(graph, SIZES)
    (got,) = evaluate(graph, SIZES, inputs, weights)
    same = amount or reach // 2
    pads = {"causal": (reach, 0), "valid": (0, 0)}.get(padding, (same, same))
    want = by_torch(
        *inputs, *weights, stride=stride, dilation=dilation, padding=padding, pads=[pads]
    )
    np.testing.assert_allclose(got, want, atol=1e-12)
    assert graph.cod[0].axes[-1].size.evaluate(SIZES) == want.shape[-1]


@pytest.mark.parametrize("groups", [1, 2, g])
@pytest.mark.parametrize("padding", ["zero", "circular", "reflect"])
@pytest.mark.parametrize("bias", [True, False])
def test_two_axes_as_torch(groups: object, padding: str, bias: bool) -> None:
    options = dict(over=(h, w), kernel=(3, 5), stride=(2, 1), dilation=(2, 1), groups=groups)
    arrow = op.conv(c, k, padding=padding, bias=bias, **options)
    graph = typed(arrow, [Real[n, c, h, w]])
    inputs, weights = drawn(graph, SIZES)
    (got,) = evaluate(graph, SIZES, inputs, weights)
    want = by_torch(
        inputs[0],
        weights[0],
        weights[1] if bias else None,
        stride=(2, 1),
        dilation=(2, 1),
        padding=padding,
        pads=[(2, 2), (2, 2)],
        groups=1 if groups == 1 else 2,
    )
    np.testing.assert_allclose(got, want, atol=1e-12)


def test_against_loops() -> None:
    """The definition, index by index, with the channel last and the axes the other way round."""
    graph = typed(op.conv(c, k, over=(h, w), kernel=(3, 1), stride=(2, 3)), [Real[w, h, c]])
    (x,), (weight, bias) = drawn(graph, SIZES)
    (got,) = evaluate(graph, SIZES, [x], [weight, bias])
    rows, columns = (7 + 2 - 3) // 2 + 1, (6 - 1) // 3 + 1
    assert got.shape == (columns, rows, 6)
    for q, p, o in itertools.product(range(columns), range(rows), range(6)):
        total = bias[o]
        for i, t in itertools.product(range(4), range(3)):
            if 0 <= 2 * p + t - 1 < 7:
                total += weight[o, i, t, 0] * x[3 * q, 2 * p + t - 1, i]
        assert np.isclose(got[q, p, o], total)


def test_without_channels() -> None:
    """One filter along an axis, the same at every index of the others (channel attention)."""
    graph = typed(op.conv(over=c, kernel=3), [Real[n, c]])
    (x,), (weight, bias) = drawn(graph, SIZES)
    assert weight.shape == (3,) and bias.shape == ()
    (got,) = evaluate(graph, SIZES, [x], [weight, bias])
    for row in range(2):
        np.testing.assert_allclose(got[row], np.convolve(x[row], weight[::-1], "same") + bias)


def test_depthwise() -> None:
    graph = typed(op.depthwise_conv(c, over=(h, w), kernel=3), [Real[n, c, h, w]])
    (x,), (weight, bias) = drawn(graph, SIZES)
    assert weight.shape == (4, 1, 3, 3)
    (got,) = evaluate(graph, SIZES, [x], [weight, bias])
    want = F.conv2d(torch.tensor(x), torch.tensor(weight), torch.tensor(bias), 1, 1, 1, 4)
    np.testing.assert_allclose(got, want.numpy(), atol=1e-12)


CASES = {
    "circular": (op.conv(c, k, over=h, kernel=3, padding="circular"), [Real[c, h]]),
    "reflect": (op.conv(c, k, over=h, kernel=3, padding="reflect", stride=2), [Real[h, c]]),
    "two axes": (op.conv(c, k, over=(h, w), kernel=3, bias=False, groups=g), [Real[c, h, w]]),
    "filter": (op.conv(over=(w, h), kernel=(1, 3), padding="causal"), [Real[h, w, n]]),
    "depthwise": (op.depthwise_conv(c, over=w, kernel=5), [Real[w, c]]),
}


@pytest.mark.parametrize("name", CASES)
def test_other_algebras_and_lifts(name: str) -> None:
    arrow, types = CASES[name]
    agrees_in_a_field(arrow, types, SIZES)
    derivative_agrees(arrow, types, SIZES)
    lifts(arrow, types, SIZES)


@pytest.mark.parametrize("size", range(3, 18))
def test_sizes_as_torch(size: int) -> None:
    """The symbolic size of a strided convolution, at every size from 3 to 17."""
    for kernel, stride, dilation, amount in itertools.product((1, 2, 3), (1, 2, 3), (1, 2), (0, 1)):
        if size + 2 * amount < dilation * (kernel - 1) + 1:
            continue
        arrow = op.conv(
            over=h, kernel=kernel, stride=stride, dilation=dilation, amount=amount, bias=False
        )
        (out,) = arrow.at(Real[h]).cod
        x, weight = torch.zeros(1, 1, size), torch.zeros(1, 1, kernel)
        want = F.conv1d(x, weight, None, stride, amount, dilation).shape[-1]
        assert out.axes[0].size.evaluate({"h": size}) == want
        numbered = Dim("numbered", size=size)
        exact = op.conv(
            over=numbered, kernel=kernel, stride=stride, dilation=dilation, amount=amount
        )
        assert exact.at(Real[numbered]).cod[0].axes[0].size.evaluate({}) == want


def test_types() -> None:
    half = derived(h, floor_div(h.size - 1, 2) + 1)
    wide, narrow = (
        op.conv(c, k, over=h, kernel=size, stride=2, amount=size // 2) for size in (3, 1)
    )
    assert wide.at(Real[c, h]).cod == narrow.at(Real[c, h]).cod == (Real[k, half],)
    same = op.conv(c, c, over=h.at("row"), kernel=5, dilation=3)
    assert same.at(Real[c, h.at("row")]).cod == (Real[c, h.at("row")],)
    twice = op.conv(c, c, over=h, kernel=3, stride=2) >> op.conv(
        c, c, over=half, kernel=3, stride=2
    )
    quarter = derived(h, floor_div(h.size - 1, 4) + 1)
    assert twice.at(Real[c, h]).cod == (Real[c, quarter],)
    box = op.conv(c, k, over=(h, w), kernel=3, groups=g).op.box((Real[c, h, w],))
    weight, bias = box.resources
    kernel = (Axis(3, "k1"), Axis(3, "k2"))
    assert weight.space is Real[(k, c // g, *kernel)] and bias.space is Real[k]
    assert weight.init == bias.init == Init("uniform", ((c // g).size * 9,))
    assert typed(op.relu >> op.conv(c, k, over=h, kernel=3), [Real[n, c, h]]).cod == (
        Real[n, k, h],
    )


def test_what_is_claimed() -> None:
    for options, dim, kinds in (
        (dict(padding="circular"), h, SHIFT),
        (dict(padding="circular", stride=2), h, NONE),
        (dict(padding="circular", amount=0), h, NONE),
        (dict(padding="causal"), h, PREFIX),
        (dict(padding="causal", stride=2), h, NONE),
        (dict(), h, NONE),
        (dict(padding="reflect"), h, NONE),
        (dict(), n, FUNCTION),
        (dict(bias=False), n, LINEAR),
        (dict(), c, NONE),
        (dict(), k, NONE),
        (dict(kernel=1), h, FUNCTION),
        (dict(kernel=1, bias=False), h, LINEAR),
    ):
        arrow = op.conv(c, k, over=h, **{"kernel": 3, **options})
        assert claimed(arrow, [Real[n, c, h]], dim) == kinds, (options, dim)
    # in groups of one channel the weight has no axis over them, and still tells them apart
    wide = op.conv(c, 2 * k, over=h, kernel=3, groups=c)
    assert claimed(wide, [Real[c, h]], c) == NONE


def test_different_windows_have_different_hashes() -> None:
    options = [{}, *({"padding": p} for p in ("circular", "reflect", "causal", "valid"))]
    options += [{"stride": 2}, {"dilation": 2}, {"amount": 0}, {"kernel": 1}]
    arrows = [op.conv(c, c, over=h, **{"kernel": 3, **one}) for one in options]
    assert len({content_hash(typed(one, [Real[c, h]])) for one in arrows}) == len(arrows)


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("CM005", lambda: op.conv(c, k, over=h, kernel=3).at(Real[h, w])),
        ("CM006", lambda: op.conv(c, k, over=c, kernel=3)),
        ("CM007", lambda: op.conv(c, over=h, kernel=3)),
        ("CM008", lambda: op.conv(over=3, kernel=5, padding="valid")),
        ("CM008", lambda: op.conv(over=2, kernel=5, padding="reflect")),
        ("CM008", lambda: op.conv(4, 6, over=h, kernel=3, groups=3)),
        ("CM008", lambda: op.conv(6, 4, over=h, kernel=3, groups=3)),
        ("CM009", lambda: op.conv(over=(h, h), kernel=3)),
        ("CM011", lambda: op.conv(over=h, kernel=3).at(Fin(n)[h])),
        ("CM025", lambda: op.conv(over=h, kernel=2)),
        ("CM025", lambda: op.conv(over=h, kernel=0)),
        ("CM025", lambda: op.conv(over=(h, w), kernel=(3, 3, 3))),
        ("CM025", lambda: op.conv(over=h, kernel=3, padding="same")),
        ("CM025", lambda: op.conv(over=h, kernel=3, stride=0)),
    ],
)
def test_mistakes(code: str, make: object) -> None:
    with pytest.raises(SpecError) as caught:
        make()  # type: ignore[operator]
    assert caught.value.code == code


def test_a_size_without_windows_is_refused() -> None:
    graph = typed(op.conv(over=h, kernel=5, padding="valid", bias=False), [Real[h]])
    (condition,) = graph.conditions()
    assert condition.holds({"h": 5}) and not condition.holds({"h": 4})
    with pytest.raises(ValueError, match="fails at h=4"):
        evaluate(graph, {"h": 4}, [np.zeros(4)], [np.zeros(5)])
