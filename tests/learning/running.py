"""Optimisers of the language and of torch on one problem, step by step, in float64."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from categorical import Arrow, Dim, Real
from categorical.learning.optimisers import Optimiser
from categorical.learning.rates import Schedule
from categorical.records import Context
from categorical.semantics import FloatAlgebra
from categorical.semantics.interpreter import run
from categorical.spaces import Array

Gradient = Callable[[np.ndarray, int], np.ndarray]
A, B, C = Dim.named("a b c")
SPACES: dict[str, tuple[Array, tuple[int, ...]]] = {
    "()": (Real.scalar, ()),
    "(7,)": (Real[A], (7,)),
    "(3, 4)": (Real[A, B], (3, 4)),
    "(2, 3, 2)": (Real[A, B, C], (2, 3, 2)),
}
MATRICES = {"(3, 4)": SPACES["(3, 4)"], "(5, 2)": (Real[A, B], (5, 2))}


def evaluate(arrow: Arrow, inputs: Sequence[Any], sizes: dict[str, int] | None = None) -> list[Any]:
    """The outputs of an arrow on floats; sizes are read off the inputs."""
    graph = arrow.graph()
    known = dict(sizes or {})
    for type_, value in zip(graph.dom, inputs, strict=True):
        for one, size in zip(type_.axes, np.shape(value), strict=True):
            if isinstance(one.index, Dim):
                known.setdefault(one.index.name, size)
    return run(graph, Context(FloatAlgebra(), known), [np.asarray(v) for v in inputs], {}).outputs


def problem(shape: tuple[int, ...], seed: int) -> tuple[np.ndarray, Gradient]:
    """A start, and the gradients of Σ aᵢ sin(wᵢ pᵢ) + c pᵢ² / 2 + a coupling, with noise by step.

    The gradients are given: those of one batch in each step, the same for everyone.
    """
    rng = np.random.default_rng(seed)
    start = rng.normal(size=shape)
    height, pitch = rng.normal(size=shape), rng.uniform(0.5, 3, size=shape)
    noise = rng.normal(size=(512, *shape))

    def gradient(at: np.ndarray, step: int) -> np.ndarray:
        wave = height * pitch * np.cos(pitch * at)
        return wave + 0.3 * at + 0.1 * np.tanh(np.mean(at)) + 0.2 * noise[step % 512]

    return start, gradient


def trajectory(
    optimiser: Optimiser, space: Array, start: np.ndarray, gradient: Gradient, steps: int
) -> list[np.ndarray]:
    """What torch would store after each step, by the arrows of an optimiser."""
    get, put, stored = (one(space) for one in (optimiser.get, optimiser.put, optimiser.to_torch))
    shape = start.shape
    states = [np.full(() if part.scalar else shape, part.start) for part in optimiser.states]
    weight, found = start, []
    for step in range(steps):
        [at] = evaluate(get, [*states, weight])
        *states, weight = evaluate(put, [*states, weight, gradient(at, step)])
        found.append(evaluate(stored, [*states, weight])[-1])
    return found


def by_torch(
    kind: str,
    arguments: dict[str, Any],
    start: np.ndarray,
    gradient: Gradient,
    steps: int,
    schedule: Schedule | None = None,
    narrow: bool = False,
) -> list[np.ndarray]:
    """The weights of ``torch.optim.<kind>`` after each step.

    Muon iterates in bfloat16; without ``narrow``, in the type of its weights.

    The default type is float64 meanwhile: torch keeps the product of the momenta of NAdam in it,
    also of weights in float64.
    """
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    rounded = torch.Tensor.bfloat16
    if not narrow:
        torch.Tensor.bfloat16 = torch.Tensor.clone  # type: ignore[method-assign]
    try:
        return _by_torch(kind, arguments, start, gradient, steps, schedule)
    finally:
        torch.Tensor.bfloat16 = rounded  # type: ignore[method-assign]
        torch.set_default_dtype(usual)


def _by_torch(
    kind: str,
    arguments: dict[str, Any],
    start: np.ndarray,
    gradient: Gradient,
    steps: int,
    schedule: Schedule | None,
) -> list[np.ndarray]:
    weight = torch.nn.Parameter(torch.tensor(start, dtype=torch.float64))
    optimiser = getattr(torch.optim, kind)([weight], **arguments)
    scheduler = None if schedule is None else scheduler_of(optimiser, *schedule.torch)
    found = []
    for step in range(steps):
        at = weight.detach().numpy().copy()
        weight.grad = torch.tensor(gradient(at, step), dtype=torch.float64)
        optimiser.step()
        if scheduler is not None:
            scheduler.step()
        found.append(weight.detach().numpy().copy())
    return found


def scheduler_of(optimiser: torch.optim.Optimizer, name: str, given: Mapping[str, Any]) -> Any:
    """The scheduler that a schedule names, with those that it takes turns with."""
    arguments = dict(given)
    if "schedulers" in given:
        arguments["schedulers"] = [scheduler_of(optimiser, *one) for one in given["schedulers"]]
    return getattr(torch.optim.lr_scheduler, name)(optimiser, **arguments)


def apart(ours: Sequence[np.ndarray], theirs: Sequence[np.ndarray]) -> float:
    """The largest difference of two trajectories, relative to the size of the second."""
    size = max(1.0, max(float(np.abs(one).max()) for one in theirs))
    return max(float(np.abs(a - b).max()) for a, b in zip(ours, theirs, strict=True)) / size
