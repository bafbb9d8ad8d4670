"""Normalisation: formulas, statistics, and the axes on which it makes no sense."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Bool, Dim, Real, SpecError, architecture, arrow, op, tie
from categorical.naturality import LINEAR, NONE, ORTHOGONAL
from categorical.records import EVAL, TRAIN
from tests.categorical.ops.running import result, value

n, c, h, s = Dim.named("n c h s")
RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 3))


def test_layer_norm() -> None:
    weights = {
        "layer_norm.weight": RNG.standard_normal(3),
        "layer_norm.bias": RNG.standard_normal(3),
    }
    want = (X - X.mean(1, keepdims=True)) / np.sqrt(X.var(1, keepdims=True) + 1e-5)
    want = want * weights["layer_norm.weight"] + weights["layer_norm.bias"]
    assert np.allclose(value(op.layer_norm(c), [Real[n, c]], [X], resources=weights), want)
    turned = value(op.layer_norm(c), [Real[c, n]], [X.T], resources=weights)
    assert np.allclose(turned, want.T)


def test_layer_norm_of_two_axes_has_weights_in_the_order_they_are_named() -> None:
    x, weight = RNG.standard_normal((2, 4, 3)), RNG.standard_normal((3, 2))
    found = value(
        op.layer_norm(c, h),
        [Real[h, n, c]],
        [x],
        resources={"layer_norm.weight": weight, "layer_norm.bias": np.zeros((3, 2))},
    )
    centred = x - x.mean((0, 2), keepdims=True)
    want = centred / np.sqrt(x.var((0, 2), keepdims=True) + 1e-5) * weight.T[:, None, :]
    assert np.allclose(found, want)


def test_rms_norm() -> None:
    weight = RNG.standard_normal(3)
    want = X / np.sqrt((X**2).mean(1, keepdims=True) + 1e-6) * weight
    found = value(op.rms_norm(c), [Real[n, c]], [X], resources={"rms_norm.weight": weight})
    assert np.allclose(found, want)


def test_normalise() -> None:
    want = X / np.linalg.norm(X, axis=1, keepdims=True)
    assert np.allclose(value(op.normalise(c), [Real[n, c]], [X]), want)
    want = X / np.abs(X).sum(0)
    assert np.allclose(value(op.normalise(n, p=1), [Real[n, c]], [X]), want)
    assert np.all(value(op.normalise(c), [Real[n, c]], [np.zeros((2, 3))]) == 0)


def states(size: int) -> dict[str, np.ndarray]:
    found = {k: RNG.standard_normal(size) for k in ("weight", "bias", "running_mean")}
    return {f"batch_norm.{k}": v for k, v in found.items()} | {
        "batch_norm.running_var": RNG.uniform(0.5, 2, size)
    }


def test_batch_norm_in_training_uses_the_batch_and_moves_the_statistics() -> None:
    x, given = RNG.standard_normal((5, 3, 2)), states(3)
    weight, bias, mean, var = given.values()
    found = result(op.batch_norm(c, over=(s, h)), [Real[s, c, h]], [x], TRAIN, given)
    centred = x - x.mean((0, 2), keepdims=True)
    want = centred / np.sqrt(x.var((0, 2), keepdims=True) + 1e-5)
    assert np.allclose(found.outputs[0], want * weight[:, None] + bias[:, None])
    assert found.updates.keys() == {"batch_norm.running_mean", "batch_norm.running_var"}
    moved = 0.9 * mean + 0.1 * x.mean((0, 2))
    assert np.allclose(found.updates["batch_norm.running_mean"], moved)
    moved = 0.9 * var + 0.1 * x.var((0, 2), ddof=1)
    assert np.allclose(found.updates["batch_norm.running_var"], moved)


def test_batch_norm_in_evaluation_is_affine_and_keeps_the_statistics() -> None:
    x, given = RNG.standard_normal((5, 3)), states(3)
    weight, bias, mean, var = given.values()
    found = result(op.batch_norm(c, over=(s,)), [Real[s, c]], [x], EVAL, given)
    assert np.allclose(found.outputs[0], (x - mean) / np.sqrt(var + 1e-5) * weight + bias)
    for key, kept in found.updates.items():
        assert np.array_equal(kept, given[key])


def test_batch_norm_of_one_sample_has_no_unbiased_variance() -> None:
    given = states(3)
    found = result(op.batch_norm(c, over=(s,)), [Real[s, c]], [np.ones((1, 3))], TRAIN, given)
    assert np.allclose(found.outputs[0], given["batch_norm.bias"])
    left = 0.9 * given["batch_norm.running_var"]
    assert np.allclose(found.updates["batch_norm.running_var"], left)


def test_batch_norm_couples_the_samples_in_training_only() -> None:
    box = op.batch_norm(c, over=(s,)).op.box((Real[s, c],))
    assert "function" in box.natural(s, EVAL) and "function" not in box.natural(s, TRAIN)
    assert "bijection" in box.natural(s, TRAIN)
    assert box.natural(c, EVAL) == NONE and box.natural(n, TRAIN) == LINEAR
    assert not box.generator.copy_natural and not box.generator.discard_natural


def test_batch_norm_is_never_shared() -> None:
    with pytest.raises(SpecError, match="CM015"):
        tie(op.batch_norm(c, over=(s,)))


def test_rotations() -> None:
    v = Dim("v", size=3, action="rotation")
    assert op.rms_norm(v, affine=False).op.box((Real[n, v],)).natural(v, EVAL) == ORTHOGONAL
    op.normalise(v).at(Real[n, v])
    for wrong in (
        lambda: op.layer_norm(v, affine=False),
        lambda: op.layer_norm(n),
        lambda: op.rms_norm(v),
        lambda: op.rms_norm(n),
        lambda: op.normalise(v, p=1),
        lambda: op.normalise(n),
        lambda: op.batch_norm(v, over=(n,)),
    ):
        with pytest.raises(SpecError, match="CM017"):
            wrong().at(Real[n, v])


def test_signs() -> None:
    f = Dim("f", action="sign")
    op.layer_norm(c, affine=False).at(Real[f, c])
    op.rms_norm(f).at(Real[c, f])
    op.normalise(f, p=1).at(Real[c, f])
    for wrong in (lambda: op.layer_norm(c), lambda: op.layer_norm(f, affine=False)):
        with pytest.raises(SpecError, match="CM016"):
            wrong().at(Real[f, c])


@pytest.mark.parametrize(
    "make",
    [
        lambda: op.layer_norm(c, eps=-1),
        lambda: op.normalise(c, p=3),
        lambda: op.batch_norm(c, over=(s,), momentum=2),
        lambda: op.rms_norm(c, eps=float("nan")),
    ],
)
def test_numbers_outside_their_range(make) -> None:
    with pytest.raises(SpecError, match="CM041"):
        make()


def test_axes_that_are_missing() -> None:
    with pytest.raises(SpecError, match="CM005"):
        op.layer_norm(c).at(Real[n])
    with pytest.raises(SpecError, match="CM005"):
        op.layer_norm()
    with pytest.raises(SpecError, match="CM005"):
        op.batch_norm(c, over=())
    with pytest.raises(SpecError, match="CM011"):
        op.layer_norm(c).at(Bool[c])


def test_in_an_architecture() -> None:
    @arrow
    def net(x: Real[n, c]) -> Real[n, h]:
        return op.layer_norm(h, name="last")(op.linear(c, h)(op.layer_norm(c)(x)))

    assert list(net.parameters) == [
        "layer_norm.weight",
        "layer_norm.bias",
        "linear.weight",
        "linear.bias",
        "last.weight",
        "last.bias",
    ]
    assert architecture(net, sizes=dict(c=3, h=2)) is not None
