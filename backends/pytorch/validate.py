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

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from backends.pytorch.contracts import exports
from backends.pytorch.loader import load_source, unload
from backends.pytorch.points import (
    ROUNDING,
    TOLERANCE,
    Point,
    assignments_of,
    finite_point,
    gap_of,
    module_at,
    random_point,
    refused,
    rounded,
    run_module,
)
from backends.pytorch.recursion.deferred import for_few_steps_too
from backends.pytorch.recursion.lengths import batches
from backends.pytorch.recursion.long_runs import long_runs
from categorical.errors import SpecError
from categorical.graph import Graph, OperatorBox, Resource
from categorical.records import EVAL, FROZEN, NOISE, TRAIN, WEIGHT, Box, Context
from categorical.semantics import OutsideFragment
from categorical.semantics.duals import Dual, DualAlgebra
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

if TYPE_CHECKING:
    from backends.pytorch.made import Build

_ATTEMPTS = 4
_SCALES = (1.0, 4.0)  # of the inputs: the second one reaches the flat parts of clipped functions
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
    long = [] if build.way else list(long_runs(build.source, graph))
    tried += [*long, *batches(graph)]
    noisy = any(r.role == NOISE for r in graph.resources(tried[0]).values())
    modes = (EVAL,) if build.way and noisy else (TRAIN, EVAL)  # steps draw noise of their own
    values = gradients = exact = rounded = 0
    for place, sizes in enumerate(tried * 2 if len(tried) == 1 else tried):
        for mode in modes:
            for attempt in range(_ATTEMPTS):
                point = finite_point(
                    graph, sizes, mode, rng, _SCALES[place % 2], calm=sizes in long
                )
                try:
                    values += _compare_values(build, space, point)
                    gradients += compare_gradients(build, space, point, rng)
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


def _doubt(refusal: SpecError, error: float) -> Exception:
    """The refusal, or where the error is small, a doubt that carries it."""
    return _Rounding(refusal) if error <= _NEAR else refusal


# --- comparisons --------------------------------------------------------------------------------


def _compare_values(build: Build, space: Any, point: Point) -> int:
    import torch

    graph = build.graph
    context = Context(FloatAlgebra(), point.sizes, point.mode)
    wanted = run(graph, context, point.inputs, point.resources)
    module = module_at(build, space, point)
    with torch.no_grad():
        found = run_module(build, space, module, point, [torch.as_tensor(x) for x in point.inputs])
    if len(found) != len(wanted.outputs):
        raise refused(f"{len(found)} outputs, not {len(wanted.outputs)}", "outputs", point)
    for wire, y, want in zip(graph.outputs, found, wanted.outputs):
        gap = gap_of(y.detach().numpy(), np.asarray(want))
        if not gap <= TOLERANCE:
            if rounded(graph, point, y, want, gap):
                raise _Rounding
            where = f"the output `{graph.wire_name(wire)}`"
            raise _doubt(refused(f"relative error {gap:.1e}", where, point), gap)
    state, keys = module.state_dict(), build.keys(point.sizes)
    for path in keys:
        new = np.asarray(wanted.updates.get(path, point.resources[path]))
        gap = gap_of(state[keys[path]].numpy(), new)
        if not gap <= TOLERANCE:
            raise refused(f"relative error {gap:.1e}", f"the new state `{path}`", point)
    return len(found) + len(keys)


def _kept(graph: Graph, sizes: Mapping[str, int]) -> dict[str, Resource]:
    return {p: r for p, r in graph.resources(sizes).items() if r.role != NOISE}


def compare_gradients(build: Build, space: Any, point: Point, rng: np.random.Generator) -> int:
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

    module = module_at(build, space, point)
    inputs = [torch.as_tensor(x).requires_grad_(t is not None) for x, t in zip(point.inputs, along)]
    found = run_module(build, space, module, point, inputs)
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
            raise refused("a frozen weight has a gradient", f"`{path}`", point)
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
        if np.isfinite(got) and abs(got - expected) <= ROUNDING * steepest * weight:
            raise _Rounding
        text = f"relative error {error:.1e} along a random direction"
        raise _doubt(refused(text, "the gradients", point), error)
    return len(pairs)


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
    point = random_point(graph, sizes, EVAL, rng)
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
    module = module_at(build, space, point)
    with torch.no_grad():
        found = run_module(build, space, module, point, [torch.as_tensor(x) for x in point.inputs])
    for wire, y, want in zip(graph.outputs, found, wanted.outputs):
        if not np.array_equal(y.detach().numpy(), want):
            raise refused(
                "not equal on whole numbers", f"the output `{graph.wire_name(wire)}`", point
            )
    return 1
