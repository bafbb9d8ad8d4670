"""Losses are those of torch.nn.functional, in float64; broken ones are not."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from categorical import Arrow, Dim, Real, op
from categorical.derivatives import reverse
from categorical.learning import losses
from tests.learning.running import evaluate

n, k = Dim.named("n k")
V, M = Real[n], Real[n, k]
Draw = Callable[[np.random.Generator], np.ndarray]


def _normal(*shape: int, scale: float = 3.0) -> Draw:
    return lambda rng: rng.normal(scale=scale, size=shape)


def _signs(rng: np.random.Generator) -> np.ndarray:
    return rng.choice([-1.0, 1.0], size=6)


def _distributions(rng: np.random.Generator) -> np.ndarray:
    return rng.dirichlet(np.ones(5), size=4)


def _fractions(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(size=6)


def _classes(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 5, size=4)


def _divergence(p: torch.Tensor, y: torch.Tensor, temperature: float) -> torch.Tensor:
    soft, teacher = (F.log_softmax(one / temperature, dim=-1) for one in (p, y))
    return temperature**2 * F.kl_div(soft, teacher, reduction="batchmean", log_target=True)


v, m, large = _normal(6), _normal(4, 5), _normal(6, scale=40)
CASES: dict[str, tuple[Arrow, Draw, Draw, Callable[..., torch.Tensor]]] = {
    "mse": (losses.mean_squared_error(V), v, v, F.mse_loss),
    "mse of a matrix": (losses.mean_squared_error(M), m, m, F.mse_loss),
    "mse of a number": (losses.mean_squared_error(Real.scalar), _normal(), _normal(), F.mse_loss),
    "l1": (losses.absolute_error(V), v, v, F.l1_loss),
    "huber": (losses.huber(V), v, v, F.huber_loss),
    "huber 2": (losses.huber(M, 2.0), m, m, lambda p, y: F.huber_loss(p, y, delta=2.0)),
    "smooth l1": (losses.smooth_absolute_error(V), v, v, F.smooth_l1_loss),
    "smooth l1 2": (
        losses.smooth_absolute_error(V, 2.0),
        v,
        v,
        lambda p, y: F.smooth_l1_loss(p, y, beta=2.0),
    ),
    "hinge": (
        losses.hinge(V),
        v,
        _signs,
        lambda p, y: F.margin_ranking_loss(p, torch.zeros_like(p), y, margin=1.0),
    ),
    "dot": (losses.dot_product(V), v, v, torch.dot),
    "cross entropy of one": (
        losses.cross_entropy(Real[k]),
        _normal(5),
        lambda rng: rng.integers(0, 5),
        F.cross_entropy,
    ),
    "cross entropy": (losses.cross_entropy(M), m, _classes, F.cross_entropy),
    "cross entropy along the first axis": (
        losses.cross_entropy(Real[k, n], classes=k),
        _normal(5, 4),
        _classes,
        lambda p, y: F.cross_entropy(p.T, y),
    ),
    "smoothed": (
        losses.cross_entropy(M, smoothing=0.2),
        m,
        _classes,
        lambda p, y: F.cross_entropy(p, y, label_smoothing=0.2),
    ),
    "soft": (losses.soft_cross_entropy(M), m, _distributions, F.cross_entropy),
    "soft, of what does not sum to 1": (losses.soft_cross_entropy(M), m, m, F.cross_entropy),
    "soft and smoothed": (
        losses.soft_cross_entropy(M, smoothing=0.2),
        m,
        _distributions,
        lambda p, y: F.cross_entropy(p, y, label_smoothing=0.2),
    ),
    "binary": (losses.binary_cross_entropy(V), v, _fractions, F.binary_cross_entropy_with_logits),
    "binary, large logits": (
        losses.binary_cross_entropy(V),
        large,
        _fractions,
        F.binary_cross_entropy_with_logits,
    ),
    "binary, masks": (
        losses.binary_cross_entropy(V, mask=True),
        v,
        lambda rng: rng.integers(0, 2, size=6).astype(bool),
        lambda p, y: F.binary_cross_entropy_with_logits(p, y.double()),
    ),
    "divergence": (losses.divergence(M), m, m, lambda p, y: _divergence(p, y, 1.0)),
    "divergence 4": (
        losses.divergence(M, temperature=4.0),
        m,
        m,
        lambda p, y: _divergence(p, y, 4.0),
    ),
}


def _difference(name: str, loss: Arrow | None = None) -> float:
    arrow, prediction, label, theirs = CASES[name]
    largest = 0.0
    for seed in range(5):
        rng = np.random.default_rng(seed)
        p, y = prediction(rng), label(rng)
        [ours] = evaluate(loss or arrow, [p, y])
        want = float(theirs(torch.tensor(p), torch.tensor(y)))
        largest = max(largest, abs(float(ours) - want) / max(1.0, abs(want)))
    return largest


@pytest.mark.parametrize("name", CASES)
def test_a_loss_is_that_of_torch(name: str) -> None:
    assert _difference(name) < 1e-12


TWINS = {
    "mse": losses.absolute_error(V),
    "huber": losses.smooth_absolute_error(V, 2.0),
    "hinge": losses.hinge(V, margin=0.5),
    "cross entropy": losses.cross_entropy(M, smoothing=0.1),
    "smoothed": losses.cross_entropy(M, smoothing=0.1),
    "divergence 4": losses.divergence(M, temperature=2.0),
    "soft, of what does not sum to 1": losses.divergence(M),
    "binary": (op.mul >> op.mean(n)).at(V, V),
}


@pytest.mark.parametrize("name", TWINS)
def test_another_loss_is_told_apart(name: str) -> None:
    assert _difference(name, TWINS[name]) > 1e-3


def _gradients(name: str, loss: Arrow | None = None) -> float:
    """How far what the prediction is told is from autograd, over several points."""
    arrow, prediction, label, theirs = CASES[name]
    back, largest = reverse(loss or arrow), 0.0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        p, y = prediction(rng), label(rng)
        ours = evaluate(back, [p, y, 1.0])[0]
        at = torch.tensor(p, requires_grad=True)
        [want] = torch.autograd.grad(theirs(at, torch.tensor(y)), at)
        largest = max(largest, float(np.abs(ours - want.numpy()).max(initial=0.0)))
    return largest


@pytest.mark.parametrize("name", CASES)
def test_what_comes_back_is_what_autograd_gives(name: str) -> None:
    assert _gradients(name) < 1e-12


@pytest.mark.parametrize("name", TWINS)
def test_what_comes_back_from_another_loss_is_told_apart(name: str) -> None:
    assert _gradients(name, TWINS[name]) > 1e-3
