"""What is kept does not change a gradient: every choice, run in two halves, against autograd."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import torch

from categorical import Dim, identity, op
from categorical.lenses import Optic, choices, lens_of
from tests.learning.running import evaluate

WIDTHS = Dim.named("a b c d")
SIZES = dict(a=3, b=5, c=4, d=2)
LAYERS = [lens_of(op.linear(x, y) >> op.tanh) for x, y in pairwise(WIDTHS)]


def numbers() -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
    """An input, the weights and biases, and what comes back."""
    rng = np.random.default_rng(0)
    weights: list[np.ndarray] = []
    for x, y in pairwise(SIZES.values()):
        weights += [rng.normal(size=(y, x)), rng.normal(size=y)]
    return rng.normal(size=3), weights, rng.normal(size=2)


def by_torch() -> list[np.ndarray]:
    data, weights, back = (
        [torch.tensor(v, requires_grad=True) for v in one] if isinstance(one, list) else one
        for one in numbers()
    )
    x = start = torch.tensor(data, requires_grad=True)
    for k in range(0, len(weights), 2):
        x = torch.tanh(weights[k] @ x + weights[k + 1])
    x.backward(torch.tensor(back))
    return [x.detach().numpy(), *(t.grad.numpy() for t in (start, *weights))]


def in_two_halves(one: Optic) -> list[np.ndarray]:
    """The way there, and then the way back from what was kept alone."""
    data, weights, back = numbers()
    out = evaluate(one.forward, [data, *weights], SIZES)
    kept, shown = out[: one.kept], out[one.kept :]
    return [*shown, *evaluate(one.backward, [*kept, back], SIZES)]


def difference(one: Optic) -> float:
    found, wanted = in_two_halves(one), by_torch()
    assert [v.shape for v in found] == [v.shape for v in wanted]
    return max(float(np.abs(a - b).max()) for a, b in zip(found, wanted, strict=True))


def test_every_choice_gives_the_gradients_of_torch() -> None:
    found = choices(LAYERS, every=(1, 2))
    assert len(found) == 5
    assert max(difference(one.optic) for one in found) < 1e-12


def test_what_was_kept_is_needed() -> None:
    """The broken twin: half of what is kept, and the gradients are others."""
    one = choices(LAYERS)[0].optic
    (first, *rest), shown = one.residual.wires, one.target
    halved = one.forward >> (op.scale(0.5).at(first) @ identity(*rest, *shown))
    assert difference(Optic(one.residual, halved, one.backward)) > 1e-3
