"""Rewrites: what becomes of gradients when one expression takes the place of another.

Definition.  A ``Rewrite`` is a pair of expressions that are one function, and the kinks of the two.
``grade`` measures it under the installed torch:

- ``everywhere``: the gradients agree at random points and at the kinks;
- ``almost everywhere``: they agree at random points, and differ at a kink;
- ``forward only``: they differ at random points;
- ``none``: the values differ, so it is no rewrite.

Law.  The grade depends on the version: ``relu`` for ``clamp(min=0)`` is one thing in torch 2.13 and
another in 2.15 (``files`` keeps the grades with the table).

>>> grade(REWRITES["relu -> where(x > 0, x, 0)"])
'everywhere'
>>> grade(REWRITES["relu -> maximum(x, 0)"])
'almost everywhere'

An expression that computes something else is no rewrite:

>>> grade(Rewrite("torch.relu(x)", "torch.abs(x)", [([0.0],)]))
'none'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Point = tuple[list[Any], ...]
GRADES = ("none", "forward only", "almost everywhere", "everywhere")
RANDOM = 8  # points tried beside the kinks
CLOSE = 1e-9


@dataclass(frozen=True)
class Rewrite:
    """``before`` is replaced by ``after``; the kinks of the two (the first gives the shapes)."""

    before: str
    after: str
    kinks: list[Point]
    positive: bool = False


_TIES: list[Point] = [([2.0, 2.0, 1.0],), ([1.0, 2.0, 2.0],), ([1.0, 1.0, 1.0],)]
_ZERO: list[Point] = [([0.0],)]
_THREE: list[Point] = [([1.0], [1.0], [1.0]), ([1.0], [1.0], [0.0]), ([0.0], [1.0], [1.0])]

REWRITES = {
    "relu -> clamp(min=0)": Rewrite("torch.relu(x)", "x.clamp(min=0)", _ZERO),
    "relu -> maximum(x, 0)": Rewrite(
        "torch.relu(x)", "torch.maximum(x, torch.zeros_like(x))", _ZERO
    ),
    "relu -> where(x > 0, x, 0)": Rewrite(
        "torch.relu(x)", "torch.where(x > 0, x, torch.zeros_like(x))", _ZERO
    ),
    "x -> relu(x) - relu(-x)": Rewrite("x * 1", "torch.relu(x) - torch.relu(-x)", _ZERO),
    "relu6 -> clamp(0, 6)": Rewrite("F.relu6(x)", "x.clamp(0, 6)", [([0.0],), ([6.0],)]),
    "hardtanh -> clamp(-1, 1)": Rewrite("F.hardtanh(x)", "x.clamp(-1, 1)", [([-1.0],), ([1.0],)]),
    "abs -> maximum(x, -x)": Rewrite("torch.abs(x)", "torch.maximum(x, -x)", _ZERO),
    "abs -> relu(x) + relu(-x)": Rewrite("torch.abs(x)", "torch.relu(x) + torch.relu(-x)", _ZERO),
    "leaky_relu -> maximum(x, x / 4)": Rewrite(
        "F.leaky_relu(x, 0.25)", "torch.maximum(x, x / 4)", _ZERO
    ),
    "amax -> max(dim).values": Rewrite("x.amax(dim=-1)", "x.max(dim=-1).values", _TIES),
    "amax -> max()": Rewrite("x.amax(dim=-1)", "x.max()", _TIES),
    "amin -> -amax(-x)": Rewrite("x.amin(dim=-1)", "-(-x).amax(dim=-1)", _TIES),
    "max(dim).values -> sort().values[-1]": Rewrite(
        "x.max(dim=-1).values", "x.sort(dim=-1).values[-1]", _TIES
    ),
    "amax -> scatter_reduce": Rewrite(
        "x.amax(dim=-1, keepdim=True)",
        'x.new_zeros(1).scatter_reduce(0, torch.zeros_like(x).long(), x, "amax",'
        " include_self=False)",
        _TIES,
    ),
    "amax -> max_pool1d": Rewrite("x.amax(dim=-1)", "F.max_pool1d(x[None], 3)[0, 0]", _TIES),
    "maximum is commutative": Rewrite("torch.maximum(x, y)", "torch.maximum(y, x)", _THREE),
    "maximum is associative": Rewrite(
        "torch.maximum(torch.maximum(x, y), z)", "torch.maximum(x, torch.maximum(y, z))", _THREE
    ),
    "maximum of three -> amax": Rewrite(
        "torch.maximum(torch.maximum(x, y), z)", "torch.stack((x, y, z)).amax(dim=0)", _THREE
    ),
    "minimum -> -maximum(-x, -y)": Rewrite(
        "torch.minimum(x, y)", "-torch.maximum(-x, -y)", [([1.0], [1.0])]
    ),
    "softmax -> shifted by its maximum": Rewrite(
        "torch.softmax(x, dim=-1)", "torch.softmax(x - x.amax(dim=-1), dim=-1)", _TIES
    ),
    "softmax -> shifted by its detached maximum": Rewrite(
        "torch.softmax(x, dim=-1)", "torch.softmax(x - x.amax(dim=-1).detach(), dim=-1)", _TIES
    ),
    "logsumexp -> log(sum(exp))": Rewrite(
        "torch.logsumexp(x, dim=-1)", "x.exp().sum(dim=-1).log()", _TIES
    ),
    "sqrt(sum(square)) -> vector_norm": Rewrite(
        "x.square().sum().sqrt()", "torch.linalg.vector_norm(x)", [([0.0, 0.0],)]
    ),
    "rsqrt -> 1 / sqrt": Rewrite("x.rsqrt()", "1 / x.sqrt()", _ZERO, positive=True),
    "sqrt -> pow(0.5)": Rewrite("x.sqrt()", "x.pow(0.5)", _ZERO, positive=True),
    "square -> x * x": Rewrite("x.square()", "x * x", _ZERO),
    "silu -> x * sigmoid(x)": Rewrite("F.silu(x)", "x * torch.sigmoid(x)", _ZERO),
    "where(c, f(x), 0) -> f(where(c, x, 1))": Rewrite(
        "torch.where(x > 0, x.sqrt(), torch.zeros_like(x))",
        "torch.where(x > 0, torch.where(x > 0, x, torch.ones_like(x)).sqrt(), torch.zeros_like(x))",
        _ZERO,
        positive=True,
    ),
    "x -> detached x": Rewrite("x * 1", "x.detach() + 0 * x", _ZERO),
}


def grade(rewrite: Rewrite, seed: int = 0) -> str:
    """What the gradients of the two expressions have in common under the installed torch."""
    draw = torch.Generator().manual_seed(seed)
    shapes = [torch.tensor(v, dtype=torch.float64) for v in rewrite.kinks[0]]

    def random_point() -> list[Tensor]:
        made = [torch.randn(s.shape, generator=draw, dtype=torch.float64) for s in shapes]
        return [x.abs() + 0.1 for x in made] if rewrite.positive else made

    generic = [_both(rewrite, random_point(), draw) for _ in range(RANDOM)]
    kinks = [
        _both(rewrite, [torch.tensor(v, dtype=torch.float64) for v in point], draw)
        for point in rewrite.kinks
    ]
    if not all(values for values, _ in (*generic, *kinks)):
        return "none"
    if not all(gradients for _, gradients in generic):
        return "forward only"
    return "everywhere" if all(gradients for _, gradients in kinks) else "almost everywhere"


def _both(rewrite: Rewrite, point: list[Tensor], draw: torch.Generator) -> tuple[bool, bool]:
    """Whether the values agree at a point, and the gradients for one random cotangent."""
    cotangent: Tensor | None = None
    values, gradients = [], []
    for text in (rewrite.before, rewrite.after):
        leaves = [x.clone().requires_grad_() for x in point]
        value = eval(text, {"torch": torch, "F": F, **dict(zip("xyz", leaves))})
        if cotangent is None:
            cotangent = torch.randn(value.shape, generator=draw, dtype=torch.float64)
        values.append(value.detach())
        if values[0].shape != value.shape:
            return False, False
        found = torch.autograd.grad(value, leaves, cotangent, materialize_grads=True)
        gradients.append(torch.cat(found))
    return _agree(*values), _agree(*gradients)


def _agree(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and torch.allclose(a, b, rtol=CLOSE, atol=CLOSE, equal_nan=True)
