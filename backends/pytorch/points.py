"""Points: where a generated file and the reference meaning are evaluated, and how they are told.

Definition.  A point is sizes, a mode, inputs and resources, random in float64 and lawful (forests
are forests, lengths are lengths).  ``module_at`` makes the generated module with the weights of a
point, ``run_module`` runs it with the noise of the point; ``gap_of`` is the relative difference.

>>> from categorical import Dim, Real, op
>>> n = Dim("n")
>>> graph = op.relu.at(Real[n]).graph()
>>> sizes = next(assignments_of(graph))
>>> finite_point(graph, sizes, "eval", np.random.default_rng(0)).inputs[0].shape == (sizes["n"],)
True

Other shapes are infinitely far apart:

>>> gap_of(np.zeros(2), np.zeros(3))
inf
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backends.pytorch.noise import Noise
from backends.pytorch.recursion.lengths import with_ends
from categorical.assignments import solutions
from categorical.errors import SpecError
from categorical.graph import Graph, Resource
from categorical.records import NOISE, STATISTIC, TRAIN, Context
from categorical.recursion.forests import crowded, lawful
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run
from categorical.spaces import Array

if TYPE_CHECKING:
    from backends.pytorch.made import Build

TOLERANCE = 1e-10
ROUNDING = 1e-13  # relative to the largest wire


@dataclass
class Point:
    """One point at which both sides are evaluated."""

    sizes: dict[str, int]
    mode: str
    inputs: list[np.ndarray]
    resources: dict[str, np.ndarray]

    def told(self) -> str:
        return f"{self.mode} mode at " + ", ".join(
            f"{k}={v}" for k, v in sorted(self.sizes.items())
        )


def assignments_of(graph: Graph) -> Iterator[dict[str, int]]:
    """Small sizes for all symbols that satisfy the conditions, distinct where possible."""
    symbols = list(graph.dims)
    if not symbols:
        yield {}
        return
    bound = max(5, len(symbols) + 2)
    found = solutions(sorted(graph.conditions(), key=str), symbols, bound=bound)
    yield from (crowded(graph, one) for one in found)


# --- points -------------------------------------------------------------------------------------


def _random(space: Array, context: Context, rng: np.random.Generator, positive: bool) -> np.ndarray:
    shape = context.shape(space)
    if space.kind == "real":
        return rng.uniform(0.3, 1.7, shape) if positive else np.asarray(rng.standard_normal(shape))
    if space.kind == "complex":
        parts = rng.standard_normal((2, *shape))
        return np.asarray(parts[0] + 1j * parts[1])
    count = context.size(space.values) if space.values is not None else None
    return np.asarray(FloatAlgebra().random(shape, rng, space.kind, count))


def _noise(resource: Resource, context: Context, rng: np.random.Generator) -> np.ndarray:
    shape = context.shape(resource.space)
    kind, args = resource.init.kind, [float(a) for a in resource.init.args]
    if kind == "bernoulli":
        return (rng.random(shape) < args[0]).astype(np.float64)
    if kind == "gumbel":
        return np.asarray(rng.gumbel(size=shape))
    if kind == "uniform":
        return np.asarray(rng.uniform(-args[0], args[0], shape))
    return np.asarray(rng.standard_normal(shape) * (args[0] if args else 1.0))


def random_point(
    graph: Graph,
    sizes: dict[str, int],
    mode: str,
    rng: np.random.Generator,
    positive: bool = False,
    scale: float = 1.0,
    calm: bool = False,
) -> Point:
    """A random point; ``calm`` weights keep the size of what they map (a long run of others is
    chaotic: it makes of a rounding error another number)."""
    context = Context(FloatAlgebra(), sizes, mode)
    resources = {}
    for path, resource in graph.resources(sizes).items():
        if resource.role == NOISE:
            resources[path] = _noise(resource, context, rng)
        else:
            resources[path] = _random(
                resource.space, context, rng, positive or resource.role == STATISTIC
            )
            if calm and resources[path].ndim > 1 and resources[path].dtype.kind in "fc":
                resources[path] = resources[path] * resources[path].shape[-1] ** -0.5
    inputs = [_random(t, context, rng, positive) for t in graph.dom]
    inputs = [scale * x if x.dtype.kind in "fc" else x for x in inputs]
    inputs = with_ends(graph, inputs, sizes, mode == TRAIN)
    return Point(sizes, mode, lawful(graph, inputs), resources)


def finite_point(
    graph: Graph,
    sizes: dict[str, int],
    mode: str,
    rng: np.random.Generator,
    scale: float = 1.0,
    calm: bool = False,
) -> Point:
    """A random point whose outputs are finite: positive numbers where others are outside the
    domain of a logarithm or a root."""
    point = random_point(graph, sizes, mode, rng, scale=scale, calm=calm)
    for _ in range(3):
        found = run(graph, Context(FloatAlgebra(), sizes, mode), point.inputs, point.resources)
        if all(np.all(np.isfinite(y)) for y in found.outputs if y.dtype.kind in "fc"):
            return point
        point = random_point(graph, sizes, mode, rng, positive=True, calm=calm)
    return point


# --- the module ---------------------------------------------------------------------------------


@contextmanager
def in_float64() -> Iterator[None]:
    """New tensors are of float64: those that a module makes of indices alone, too."""
    import torch

    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def module_at(build: Build, space: Any, point: Point) -> Any:
    """The generated module at a point, in float64, with the noise of the point."""
    import torch

    config = {field: point.sizes[symbol] for symbol, field in build.config_fields.items()}
    try:
        with in_float64():
            module = getattr(space, build.class_name)(space.Config(**config))
    except Exception as problem:
        raise refused(
            f"{type(problem).__name__}: {problem}", "making the module", point
        ) from problem
    state = module.state_dict()
    keys = build.keys(point.sizes)
    wanted = {keys[path]: point.resources[path] for path in keys}
    if set(wanted) != set(state):
        differ = sorted(set(wanted) ^ set(state))
        raise refused("the state of the module has other keys than the spec", differ[0], point)
    for key, value in wanted.items():
        if tuple(state[key].shape) != value.shape:
            raise refused(
                f"{key} has shape {tuple(state[key].shape)}, not {value.shape}", key, point
            )
        with torch.no_grad():
            state[key].copy_(torch.as_tensor(value))
    module.train(point.mode == TRAIN)
    return module


def run_module(
    build: Build, space: Any, module: Any, point: Point, inputs: list[Any]
) -> tuple[Any, ...]:
    noise = Noise(build.graph, point.sizes, point.resources)
    try:
        with noise.given_to(space), in_float64():
            outputs = build.run(module, inputs, point.sizes)
    except Exception as problem:  # whatever it is, the file is wrong
        raise refused(
            f"{type(problem).__name__}: {problem}", "running the module", point
        ) from problem
    return outputs if isinstance(outputs, tuple) else (outputs,)


def refused(reason: str, where: str, point: Point, **facts: object) -> SpecError:
    return SpecError(
        "CM040",
        "the generated file disagrees with the spec",
        facts=[("difference", reason), ("at", where), ("in", point.told()), *facts.items()],
        origin=None,
    )


def gap_of(found: np.ndarray, wanted: np.ndarray) -> float:
    """The relative difference; infinite where shapes, kinds or non-finite entries differ."""
    if found.shape != wanted.shape:
        return float("inf")
    if not found.size:
        return 0.0
    if wanted.dtype.kind in "biu" or found.dtype.kind in "biu":
        return 0.0 if np.array_equal(found, wanted) else float("inf")
    return float(np.max(FloatAlgebra().difference(found, wanted)))


def largest(graph: Graph, point: Point) -> float:
    """The largest number on any wire."""
    largest = 0.0

    def watch(path: str, one: Graph, wire: int, value: Any) -> None:
        nonlocal largest
        if isinstance(value, np.ndarray) and value.dtype.kind in "fc" and value.size:
            largest = max(largest, float(np.max(np.abs(value))))

    run(
        graph,
        Context(FloatAlgebra(), point.sizes, point.mode),
        point.inputs,
        point.resources,
        watch,
    )
    return largest


def rounded(graph: Graph, point: Point, y: Any, want: Any, gap: float) -> bool:
    """Whether two values of one shape differ by no more than the rounding of the largest wire."""
    if not np.isfinite(gap):
        return False
    apart = float(np.max(np.abs(y.detach().numpy() - want)))
    return apart <= ROUNDING * largest(graph, point)
