"""Validation: the generated file against the reference meaning, before anything is written.

Definition.  The text of the file is imported and its root module made at small sizes that satisfy
the conditions of the spec.  Every weight, statistic and input is random in float64; noise is drawn
once and given to both sides.  In train and in eval mode the outputs and the new states are compared
with the reference interpreter, and the gradients by ⟨∇, v⟩ = JVP on dual numbers for a random
direction v.  Where every box is a ring operation, a run on small whole numbers must agree exactly.

Law.  A build that validates computes the reference meaning and its derivative at the points tried,
up to rounding (relative error at most 1e-10); a build that does not is refused with CM040.

>>> from backends.pytorch.build import build
>>> from categorical import Dim, Real, op
>>> n, c = Dim.named("n c")
>>> made = build((op.tanh >> op.sum(n)).at(Real[n, c]), {}, "demo", validate=False)
>>> validate(made)["modes"]
['train', 'eval']

A file that computes something else is refused:

>>> made.source = made.source.replace("torch.tanh", "torch.sin")
>>> validate(made)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM040]: the generated file disagrees with the spec
...
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from backends.pytorch.contracts import exports
from backends.pytorch.loader import load_source, unload
from backends.pytorch.noise import Noise
from backends.pytorch.recursion.deferred import for_few_steps_too
from backends.pytorch.recursion.lengths import batches, with_ends
from backends.pytorch.recursion.long_runs import long_runs
from categorical.assignments import solutions
from categorical.errors import SpecError
from categorical.graph import Graph, OperatorBox, Resource
from categorical.records import EVAL, FROZEN, NOISE, STATISTIC, TRAIN, WEIGHT, Box, Context
from categorical.recursion.forests import crowded, lawful
from categorical.semantics import OutsideFragment
from categorical.semantics.duals import Dual, DualAlgebra
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run
from categorical.spaces import Array

if TYPE_CHECKING:
    from backends.pytorch.build import Build

TOLERANCE = 1e-10
_ATTEMPTS = 4
_SCALES = (1.0, 4.0)  # of the inputs: the second one reaches the flat parts of clipped functions
_ROUNDING = 1e-13  # relative to the largest wire
_NEAR = 1e-6  # a smaller difference is tried at another point
_DIVIDING = frozenset(("mean", "div", "reciprocal", "avg_pool"))


class _Rounding(Exception):
    """A difference that may be rounding: another point is tried.

    It is rounding for certain where the outputs are far smaller than what they are made of; a
    ``refusal`` is the verdict if every other point differs as well (ill-conditioned points are
    rare, and a wrong constant differs everywhere).
    """

    def __init__(self, refusal: SpecError | None = None) -> None:
        super().__init__()
        self.refusal = refusal


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


def validate(
    build: Build, seed: int = 0, assignments: int = 2, export: bool = False
) -> dict[str, Any]:
    """Compare a build with its graph; returns the report, or raises ``SpecError`` CM040."""
    from backends.pytorch.validate_parts import compare_cells, compare_export

    space = load_source(build.source, build.module_name)
    for_few_steps_too(space)
    try:
        report = _compare(build, space, seed, assignments)
        for way in ("step", "resume") if build.stream is not None else ():
            report[way] = _compare(replace(build, way=way), space, seed, assignments)
        report["cells"] = compare_cells(build, space, seed)
        if export and exports(build.contract):
            report["export"] = compare_export(build, space, seed)
        return report
    finally:
        unload(space)


def _compare(build: Build, space: Any, seed: int, assignments: int) -> dict[str, Any]:
    graph = build.graph
    rng = np.random.default_rng(seed)
    tried = list(islice(assignments_of(graph), assignments))
    tried += [] if build.way else long_runs(build.source, graph)
    tried += batches(graph)
    noisy = any(r.role == NOISE for r in graph.resources(tried[0]).values())
    modes = (EVAL,) if build.way and noisy else (TRAIN, EVAL)  # steps draw noise of their own
    values = gradients = exact = rounded = 0
    for place, sizes in enumerate(tried * 2 if len(tried) == 1 else tried):
        for mode in modes:
            for attempt in range(_ATTEMPTS):
                point = _finite_point(graph, sizes, mode, rng, _SCALES[place % 2])
                try:
                    values += _compare_values(build, space, point)
                    gradients += _compare_gradients(build, space, point, rng)
                    break
                except _Rounding as doubt:
                    rounded += 1
                    if attempt == _ATTEMPTS - 1 and doubt.refusal is not None:
                        raise doubt.refusal from None
        if exact_fragment(graph) and "torch.fft." not in build.source:  # which rounds
            exact += _compare_exactly(build, space, sizes, rng)
    return {
        "sizes": tried,
        "modes": list(modes),
        "outputs_and_states": values,
        "gradients": gradients,
        "exact_runs": exact,
        "points_lost_to_rounding": rounded,
        "tolerance": TOLERANCE,
        "seed": seed,
    }


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


def _point(
    graph: Graph,
    sizes: dict[str, int],
    mode: str,
    rng: np.random.Generator,
    positive: bool = False,
    scale: float = 1.0,
) -> Point:
    context = Context(FloatAlgebra(), sizes, mode)
    resources = {}
    for path, resource in graph.resources(sizes).items():
        if resource.role == NOISE:
            resources[path] = _noise(resource, context, rng)
        else:
            resources[path] = _random(
                resource.space, context, rng, positive or resource.role == STATISTIC
            )
    inputs = [_random(t, context, rng, positive) for t in graph.dom]
    inputs = [scale * x if x.dtype.kind in "fc" else x for x in inputs]
    inputs = with_ends(graph, inputs, sizes, mode == TRAIN)
    return Point(sizes, mode, lawful(graph, inputs), resources)


def _finite_point(
    graph: Graph, sizes: dict[str, int], mode: str, rng: np.random.Generator, scale: float = 1.0
) -> Point:
    """A random point whose outputs are finite: positive numbers where others are outside the
    domain of a logarithm or a root."""
    point = _point(graph, sizes, mode, rng, scale=scale)
    for _ in range(3):
        found = run(graph, Context(FloatAlgebra(), sizes, mode), point.inputs, point.resources)
        if all(np.all(np.isfinite(y)) for y in found.outputs if y.dtype.kind in "fc"):
            return point
        point = _point(graph, sizes, mode, rng, positive=True)
    return point


# --- the module ---------------------------------------------------------------------------------


def _module(build: Build, space: Any, point: Point) -> Any:
    """The generated module at a point, in float64, with the noise of the point."""
    import torch

    config = {field: point.sizes[symbol] for symbol, field in build.config_fields.items()}
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        module = getattr(space, build.class_name)(space.Config(**config))
    except Exception as problem:
        raise _refused(
            f"{type(problem).__name__}: {problem}", "making the module", point
        ) from problem
    finally:
        torch.set_default_dtype(before)
    state = module.state_dict()
    keys = build.keys(point.sizes)
    wanted = {keys[path]: point.resources[path] for path in keys}
    if set(wanted) != set(state):
        differ = sorted(set(wanted) ^ set(state))
        raise _refused("the state of the module has other keys than the spec", differ[0], point)
    for key, value in wanted.items():
        if tuple(state[key].shape) != value.shape:
            raise _refused(
                f"{key} has shape {tuple(state[key].shape)}, not {value.shape}", key, point
            )
        with torch.no_grad():
            state[key].copy_(torch.as_tensor(value))
    module.train(point.mode == TRAIN)
    return module


def _kept(graph: Graph, sizes: Mapping[str, int]) -> dict[str, Resource]:
    return {p: r for p, r in graph.resources(sizes).items() if r.role != NOISE}


def _run_module(
    build: Build, space: Any, module: Any, point: Point, inputs: list[Any]
) -> tuple[Any, ...]:
    noise = Noise(build.graph, point.sizes, point.resources)
    try:
        with noise.given_to(space):
            outputs = build.run(module, inputs, point.sizes)
    except Exception as problem:  # whatever it is, the file is wrong
        raise _refused(
            f"{type(problem).__name__}: {problem}", "running the module", point
        ) from problem
    return outputs if isinstance(outputs, tuple) else (outputs,)


def _refused(reason: str, where: str, point: Point, **facts: object) -> SpecError:
    return SpecError(
        "CM040",
        "the generated file disagrees with the spec",
        facts=[("difference", reason), ("at", where), ("in", point.told()), *facts.items()],
        origin=None,
    )


def _gap(found: np.ndarray, wanted: np.ndarray) -> float:
    """The relative difference; infinite where shapes, kinds or non-finite entries differ."""
    if found.shape != wanted.shape:
        return float("inf")
    if not found.size:
        return 0.0
    if wanted.dtype.kind in "biu" or found.dtype.kind in "biu":
        return 0.0 if np.array_equal(found, wanted) else float("inf")
    return float(np.max(FloatAlgebra().difference(found, wanted)))


def _doubt(refusal: SpecError, error: float) -> Exception:
    """The refusal, or where the error is small, a doubt that carries it."""
    return _Rounding(refusal) if error <= _NEAR else refusal


def _largest(graph: Graph, point: Point) -> float:
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


# --- comparisons --------------------------------------------------------------------------------


def _compare_values(build: Build, space: Any, point: Point) -> int:
    import torch

    graph = build.graph
    context = Context(FloatAlgebra(), point.sizes, point.mode)
    wanted = run(graph, context, point.inputs, point.resources)
    module = _module(build, space, point)
    with torch.no_grad():
        found = _run_module(build, space, module, point, [torch.as_tensor(x) for x in point.inputs])
    if len(found) != len(wanted.outputs):
        raise _refused(f"{len(found)} outputs, not {len(wanted.outputs)}", "outputs", point)
    for wire, y, want in zip(graph.outputs, found, wanted.outputs):
        gap = _gap(y.detach().numpy(), np.asarray(want))
        if not gap <= TOLERANCE:
            if _rounded(graph, point, y, want, gap):
                raise _Rounding
            where = f"the output `{graph.wire_name(wire)}`"
            raise _doubt(_refused(f"relative error {gap:.1e}", where, point), gap)
    state, keys = module.state_dict(), build.keys(point.sizes)
    for path in keys:
        new = np.asarray(wanted.updates.get(path, point.resources[path]))
        gap = _gap(state[keys[path]].numpy(), new)
        if not gap <= TOLERANCE:
            raise _refused(f"relative error {gap:.1e}", f"the new state `{path}`", point)
    return len(found) + len(keys)


def _compare_gradients(build: Build, space: Any, point: Point, rng: np.random.Generator) -> int:
    """⟨∇⟨u, f⟩, v⟩ of the module against ⟨u, JVP v⟩ of the reference, for random u and v."""
    import torch

    graph = build.graph
    roles = _kept(graph, point.sizes)

    def direction(value: np.ndarray) -> np.ndarray | None:
        if value.dtype.kind == "f":
            return np.asarray(rng.standard_normal(value.shape))
        if value.dtype.kind == "c":
            parts = rng.standard_normal((2, *value.shape))
            return np.asarray(parts[0] + 1j * parts[1])
        return None

    along = [direction(x) for x in point.inputs]
    weights = {p: direction(point.resources[p]) for p, r in roles.items() if r.role == WEIGHT}
    duals = [x if t is None else Dual(x, t) for x, t in zip(point.inputs, along)]
    algebra = DualAlgebra()
    values = {
        p: Dual(v, weights[p]) if weights.get(p) is not None
        else (algebra.constant(v) if v.dtype.kind in "fc" else v)
        for p, v in point.resources.items()
    }  # fmt: skip
    try:
        context = Context(algebra, point.sizes, point.mode)
        steepest = 0.0

        def watch(path: str, one: Graph, wire: int, value: Any) -> None:
            nonlocal steepest
            if isinstance(value, Dual) and value.tangent.size:
                steepest = max(steepest, float(np.max(np.abs(value.tangent))))

        reference = run(graph, context, duals, values, watch)
    except OutsideFragment:  # an opaque function without a derivative
        return 0

    module = _module(build, space, point)
    inputs = [torch.as_tensor(x).requires_grad_(t is not None) for x, t in zip(point.inputs, along)]
    found = _run_module(build, space, module, point, inputs)
    total, expected, scale, size = torch.zeros((), dtype=torch.float64), 0.0, 0.0, 0.0
    weight = 0.0
    for y, want in zip(found, reference.outputs):
        if not isinstance(want, Dual):
            continue
        u = direction(want.value)
        assert u is not None
        pull = np.real(np.conj(u) * want.tangent)
        expected, scale = expected + float(pull.sum()), scale + float(np.abs(pull).sum())
        size += float(np.abs(u * want.value).sum())
        weight += float(np.abs(u).sum())
        if y.requires_grad:
            product = torch.conj(torch.as_tensor(u)) * y
            total = total + (product.real if product.is_complex() else product).sum()
    if not np.isfinite(expected):
        return 0
    keys = build.keys(point.sizes)
    parameters = dict(module.named_parameters(remove_duplicate=False))
    pairs = [(x, t) for x, t in zip(inputs, along) if t is not None]
    pairs += [(parameters[keys[p]], t) for p, t in weights.items() if t is not None]
    for path, resource in roles.items():
        if (
            resource.role == FROZEN
            and keys[path] in parameters
            and parameters[keys[path]].requires_grad
        ):
            raise _refused("a frozen weight has a gradient", f"`{path}`", point)
    got = 0.0
    if total.requires_grad and pairs:
        grads = torch.autograd.grad(total, [x for x, _ in pairs], allow_unused=True)
        for g, (_, t) in zip(grads, pairs):
            if g is not None:
                part = np.real(np.conj(g.resolve_conj().numpy()) * t)
                got, scale = got + float(part.sum()), scale + float(np.abs(part).sum())
    # a derivative that vanishes is rounding, of the size of the output times the precision
    scale = max(scale, 1e-3 * size, 1e-12)
    if abs(got - expected) > TOLERANCE * scale:
        error = abs(got - expected) / scale
        if np.isfinite(got) and abs(got - expected) <= _ROUNDING * steepest * weight:
            raise _Rounding
        text = f"relative error {error:.1e} along a random direction"
        raise _doubt(_refused(text, "the gradients", point), error)
    return len(pairs)


def _rounded(graph: Graph, point: Point, y: Any, want: Any, gap: float) -> bool:
    """Whether two values of one shape differ by no more than the rounding of the largest wire."""
    if not np.isfinite(gap):
        return False
    apart = float(np.max(np.abs(y.detach().numpy() - want)))
    return apart <= _ROUNDING * _largest(graph, point)


def _divides(box: Box) -> bool:
    return box.name in _DIVIDING or box.op.attrs.get("monoid") == "mean"


def exact_fragment(graph: Graph) -> bool:
    """Whether every box is a ring operation (whole numbers stay whole)."""
    return all(
        isinstance(node.box, OperatorBox)
        or (node.box.generator.fragment == "exact" and not _divides(node.box))
        for _, node in graph.walk()
    )


def _compare_exactly(
    build: Build, space: Any, sizes: dict[str, int], rng: np.random.Generator
) -> int:
    """A run on small whole numbers; both sides must be equal, not close."""
    import torch

    graph = build.graph
    point = _point(graph, sizes, EVAL, rng)
    point.inputs = [np.rint(x) if x.dtype.kind == "f" else x for x in point.inputs]
    point.resources = {
        p: np.rint(v) if v.dtype.kind == "f" else v for p, v in point.resources.items()
    }
    wanted = run(graph, Context(FloatAlgebra(), sizes, EVAL), point.inputs, point.resources)
    for y in wanted.outputs:
        whole = y.dtype.kind in "biu" or (
            y.dtype.kind == "f" and np.all(y == np.rint(y)) and np.all(np.abs(y) < 2.0**50)
        )
        if not whole:
            return 0
    module = _module(build, space, point)
    with torch.no_grad():
        found = _run_module(build, space, module, point, [torch.as_tensor(x) for x in point.inputs])
    for wire, y, want in zip(graph.outputs, found, wanted.outputs):
        if not np.array_equal(y.detach().numpy(), want):
            raise _refused(
                "not equal on whole numbers", f"the output `{graph.wire_name(wire)}`", point
            )
    return 1
