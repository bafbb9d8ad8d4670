"""Noise: what is drawn, in which mode, and that it is never shared."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Real, SpecError, arrow, op, tie
from categorical.naturality import BIJECTION, LINEAR, ORTHOGONAL, PREFIX
from categorical.records import EVAL, TRAIN
from tests.categorical.ops.running import value

n, c = Dim.named("n c")
RNG = np.random.default_rng(0)
X, NOISE = RNG.standard_normal((2, 4, 3))
TYPES = [Real[n, c]]


def test_training() -> None:
    mask = (NOISE > 0).astype(float)
    found = value(op.dropout(0.2), TYPES, [X], TRAIN, {"dropout.mask": mask})
    assert np.allclose(found, X * mask / 0.8)
    found = value(op.gumbel_noise, TYPES, [X], TRAIN, {"gumbel_noise.noise": NOISE})
    assert np.allclose(found, X + NOISE)
    found = value(op.gaussian_noise(0.3), TYPES, [X], TRAIN, {"gaussian_noise.noise": NOISE})
    assert np.allclose(found, X + 0.3 * NOISE)


@pytest.mark.parametrize("noisy", [op.dropout(0.2), op.gumbel_noise, op.gaussian_noise(0.3)])
def test_evaluation_is_the_identity(noisy) -> None:
    ((path, resource),) = noisy.at(*TYPES).graph().resources().items()
    assert resource.role == "noise" and resource.space is Real[n, c]
    assert np.array_equal(value(noisy, TYPES, [X], EVAL, {path: NOISE}), X)
    box = noisy.op.box((Real[n, c],))
    assert box.natural(n, EVAL) == LINEAR
    assert not box.generator.copy_natural and box.generator.discard_natural


def test_classes_keep_the_law_of_the_noise() -> None:
    for noisy, kept in (
        (op.dropout(0.2), BIJECTION | PREFIX),
        (op.gumbel_noise, BIJECTION | PREFIX),
        (op.gaussian_noise(1), ORTHOGONAL | PREFIX),
    ):
        assert noisy.op.box((Real[n, c],)).natural(n, TRAIN) == kept


def test_every_use_is_a_draw_of_its_own() -> None:
    @arrow
    def net(x: Real[n]) -> Real[n]:
        return op.dropout(0.5)(x) + op.dropout(0.5)(x)

    assert list(net.graph().resources()) == ["dropout.mask", "dropout_2.mask"]
    with pytest.raises(SpecError, match="CM014"):
        tie(op.dropout(0.5))


@pytest.mark.parametrize("p", [-0.1, 1.0, 1.5, float("nan"), True, "0.5"])
def test_probabilities(p) -> None:
    with pytest.raises(SpecError, match=r"CM04[12]"):
        op.dropout(p)


def test_linear_actions() -> None:
    rotation, sign = Dim("r", size=3, action="rotation"), Dim("f", action="sign")
    op.gaussian_noise(1).at(Real[rotation])
    op.dropout(0.5).at(Real[sign])
    for wrong, axis, code in (
        (op.dropout(0.5), rotation, "CM017"),
        (op.gumbel_noise, rotation, "CM017"),
        (op.gumbel_noise, sign, "CM016"),
    ):
        with pytest.raises(SpecError, match=code):
            wrong.at(Real[axis])
