"""Parity: a spec's generated module against an independent PyTorch implementation.

Definition.  Both sides get the same weights and inputs in float64; outputs and all gradients (of
inputs and of weights, along one random cotangent) agree to a relative error of 1e-12.

``weights`` says, for each weight of the spec, which parameter of the other module it is: its name,
or its name and a function that picks (and reshapes) the part; a list of these is a sum (torch's
recurrent modules train two biases where one does, so both get the gradient of the sum).  Every
number of the other module must be accounted for, so that nothing is compared with a default.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from backends.pytorch import build
from categorical.architecture import Architecture

SPECS = Path(__file__).resolve().parents[2] / "specs"
TOLERANCE = 1e-12
Part = tuple[str, Callable[[Tensor], Tensor]]
Pick = str | Part | list[str | Part]


@cache
def load(name: str) -> ModuleType:
    """A spec file as a module, loaded by path."""
    spec = importlib.util.spec_from_file_location(f"spec_{name}", SPECS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def architectures(name: str) -> dict[str, Architecture]:
    """The architectures of a spec file, by variable."""
    return {k: v for k, v in vars(load(name)).items() if isinstance(v, Architecture)}


def relative_error(found: Tensor, wanted: Tensor, whole: Tensor | None = None) -> float:
    """The largest difference, relative to the largest entry that is wanted.

    ``whole`` is the array that ``wanted`` is a part of: the bias of the keys of an attention has no
    effect, and its gradient is 0 up to rounding of the gradient that it is a part of.
    """
    found, wanted = found.detach(), wanted.detach()
    assert found.shape == wanted.shape, (found.shape, wanted.shape)
    scale = (wanted if whole is None else whole).abs().max().clamp_min(1e-300)
    return float((found - wanted).abs().max() / scale)


def compare(
    architecture: Architecture,
    theirs: nn.Module,
    weights: Mapping[str, Pick],
    inputs: Sequence[Tensor],
    call: Callable[..., Any] | None = None,
    *,
    train: bool = False,
    sizes: Mapping[str, int] | None = None,
) -> float:
    """The largest relative error of outputs and gradients; see the module."""
    chosen = dict(sizes or architecture.sizes)
    made = build(architecture.batched(), chosen, architecture.name, validate=False)
    ours = made.module().double().train(train)
    theirs = theirs.double().train(train)
    _randomise(theirs)
    own, other = dict(ours.named_parameters()), dict(theirs.named_parameters())
    pairs: list[tuple[Tensor, Tensor, Callable[[Tensor], Tensor]]] = []
    for path, key in made.keys(chosen).items():
        if key in own:
            found = [(other[name], pick) for name, pick in _picks(weights[path])]
            pairs += [(own[key], yours, pick) for yours, pick in found]
            with torch.no_grad():
                own[key].copy_(sum(pick(yours) for yours, pick in found))
    counted = sum(int(pick(torch.ones_like(yours)).count_nonzero()) for _, yours, pick in pairs)
    assert counted == sum(p.numel() for p in other.values())
    errors = []
    left, right = _leaves(inputs), _leaves(inputs)
    outs, wanted = _tuple(ours(*left)), _tuple((call or theirs)(*right))
    assert len(outs) == len(wanted)
    errors += [relative_error(a, b) for a, b in zip(outs, wanted)]
    along = [torch.randn_like(b) for b in wanted]
    _backward(outs, along)
    _backward(wanted, along)
    for a, b in zip(left, right):
        if a.requires_grad:
            assert a.grad is not None and b.grad is not None
            errors.append(relative_error(a.grad, b.grad))
    for mine, yours, pick in pairs:
        assert mine.requires_grad == yours.requires_grad
        if not mine.requires_grad:
            continue
        assert mine.grad is not None and yours.grad is not None
        picked = pick(torch.ones_like(yours)).ne(0)  # of a sum, a part may have no such entry
        errors.append(relative_error(mine.grad * picked, pick(yours.grad), yours.grad))
    return max(errors)


def _picks(one: Pick) -> list[Part]:
    every = one if isinstance(one, list) else [one]
    return [part if isinstance(part, tuple) else (part, lambda t: t) for part in every]


def _randomise(module: nn.Module) -> None:
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn_like(parameter) / parameter.shape[-1] ** 0.5)


def _leaves(inputs: Sequence[Tensor]) -> list[Tensor]:
    return [x.clone().requires_grad_(x.is_floating_point()) for x in inputs]


def _tuple(value: Any) -> tuple[Tensor, ...]:
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _backward(outs: Sequence[Tensor], along: Sequence[Tensor]) -> None:
    torch.autograd.backward(list(outs), list(along))
