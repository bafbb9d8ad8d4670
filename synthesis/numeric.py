"""The float policy: what counts as a violation, and the examples that are tried.

Definition.  A *trial* is a point: sizes, a mode, an input magnitude (10⁻², 1, 10²) and a seed from
which every weight, buffer, noise sample and input is drawn.  Both sides of a law are computed in
double precision; the error is relative to the scale of the outputs.  Errors beyond 64 (1 + L) 2⁻⁵³,
L the number of steps, are in doubt: the trial is repeated in single precision.  Rounding makes the
error about 2²⁹ times larger, a bug leaves it as it is; in between, extended precision decides.
What rounding decides in a comparison (``ties``) is set aside.

Law.  No tolerance is absolute, and scaling the outputs changes no verdict.

>>> from categorical import Dim, Real, laws, op
>>> from categorical.groups import Symmetric
>>> n, c = Dim.named("n c")
>>> law = laws.invariant(under=Symmetric(n))
>>> good = (op.tanh >> op.mean(n)).at(Real[n, c]).graph()
>>> trial = Trial({"n": 3, "c": 2}, "eval", 1.0, 7)
>>> attempt(law, good, trial).failure is None
True

A violation says how large it is:

>>> from categorical.groups import Cyclic
>>> bad = (op.linear(n, c) >> op.tanh).graph()
>>> attempt(law, bad, trial).failure.element
'swap(n, 0, 1)'
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from categorical.graph import Graph, OperatorBox
from categorical.laws import Bounded, Instance, Law
from categorical.records import Context
from categorical.semantics.algebra import Algebra
from categorical.semantics.floats import FloatAlgebra
from synthesis import ties
from synthesis.runner import Runner, corners, draw_inputs, draw_resources

MAGNITUDES = (1.0, 1e-2, 1e2)
EPSILON = 2.0**-53
#: Ratios of errors in single and double precision: rounding above, a bug below.
ROUNDING, BUG = 2.0**20, 2.0**10


class RoundedAlgebra(FloatAlgebra):
    """Floats of another precision: single, or extended where the machine has it."""

    def __init__(self, real: Any, complex_: Any, tolerance: float = 1e-4) -> None:
        super().__init__(tolerance)
        self.real, self.complex = real, complex_

    def _cast(self, v: Any) -> Any:
        v = np.asarray(v)
        if np.issubdtype(v.dtype, np.complexfloating):
            return v.astype(self.complex, copy=False)
        if np.issubdtype(v.dtype, np.floating):
            return v.astype(self.real, copy=False)
        return v

    def constant(self, array_or_number: Any) -> Any:
        if isinstance(array_or_number, Fraction):  # a third is a third in every precision
            top, bottom = array_or_number.numerator, array_or_number.denominator
            if max(abs(top), bottom) < 1 << 62:
                return np.asarray(self.real(top) / self.real(bottom))
        return self._cast(super().constant(array_or_number))

    def random(self, *args: Any, **kwargs: Any) -> Any:
        return self._cast(super().random(*args, **kwargs))

    def apply(self, name: str, v: Any, **params: float) -> Any:
        return self._cast(super().apply(name, v, **params))


SINGLE = RoundedAlgebra(np.float32, np.complex64)
EXTENDED = RoundedAlgebra(np.longdouble, np.clongdouble, 1e-12)
HAS_EXTENDED = bool(np.finfo(np.longdouble).eps < 2.0**-60)


@dataclass(frozen=True)
class Trial:
    """A point; everything random in it follows from the seed.

    In a ``sparse`` one the inputs that ``SPARSE`` names are −1, 0 and 1 times the scale, about half
    of them 0, and at least one in every wire; in a ``corner`` masks and indices are all alike.
    """

    sizes: Mapping[str, int]
    mode: str
    scale: float
    seed: int
    sparse: str = ""
    corner: str = ""


@dataclass(frozen=True)
class Point:
    """A trial with its numbers drawn."""

    sizes: Mapping[str, int]
    mode: str
    inputs: list[Any]
    resources: dict[str, Any]
    seed: int
    #: whether the random numbers that the law draws are plain ones
    plain: bool = False
    #: the trial that it was drawn in
    trial: Trial | None = None


@dataclass(frozen=True)
class Failure:
    """Two sides that differ: by how much, for which element, on which output, at which point."""

    point: Point
    instance: int
    element: str
    output: int
    error: float
    left: Any
    right: Any
    generic: bool = False


@dataclass(frozen=True)
class Attempt:
    """A trial that was run: a failure or none; ``instances`` that could be compared."""

    failure: Failure | None
    instances: int
    doubtful: int = 0


class PlainAlgebra(FloatAlgebra):
    """Floats whose random numbers are all 1 (index 1 of a finite set): a small counterexample."""

    def random(
        self,
        shape: tuple[int, ...],
        rng: np.random.Generator,
        kind: str = "real",
        values_size: int | None = None,
        scale: float = 1.0,
    ) -> Any:
        if kind == "bool":
            return np.ones(shape, dtype=np.bool_)
        if kind == "fin":
            return np.full(shape, min(1, (values_size or 1) - 1), dtype=np.int64)
        return np.ones(shape, dtype=np.complex128 if kind == "complex" else np.float64)


def algebra_of(point: Point) -> FloatAlgebra:
    """Double precision, with plain random numbers where the point says so."""
    return PlainAlgebra() if point.plain else FloatAlgebra()


#: Which inputs of a sparse example are sparse: a cotangent shows a kink only where it is not 0.
SPARSE: dict[str, Callable[[int, int], bool]] = {
    "all": lambda i, last: True,
    "all but the last": lambda i, last: i < last or not last,
    "the even": lambda i, last: i % 2 == 0,
    "the odd": lambda i, last: i % 2 == 1 or not last,
}


def draw_point(graph: Graph, trial: Trial) -> Point:
    """The numbers of a trial, rounded to single precision so that every precision has them."""
    ctx = Context(FloatAlgebra(), trial.sizes, trial.mode)
    rng = np.random.default_rng(trial.seed)
    resources = draw_resources(graph, ctx, rng)
    inputs = draw_inputs(graph, ctx, rng, trial.scale, trial.corner)
    if trial.sparse:
        thin = SPARSE[trial.sparse]
        last = len(inputs) - 1
        inputs = [
            _sparse(v, rng, trial.scale) if thin(i, last) else v for i, v in enumerate(inputs)
        ]
    return Point(
        trial.sizes,
        trial.mode,
        [rounded(v) for v in inputs],
        {k: rounded(v) for k, v in resources.items()},
        trial.seed,
        trial=trial,
    )


def _sparse(v: Any, rng: np.random.Generator, scale: float) -> Any:
    if not np.issubdtype(v.dtype, np.inexact):
        return v
    drawn = np.array(rng.choice([-1.0, 0.0, 0.0, 1.0], v.shape))
    if drawn.size and drawn.all():
        drawn.flat[rng.integers(drawn.size)] = 0.0
    return scale * drawn.astype(v.dtype)


def rounded(v: Any) -> Any:
    """A value whose entries are single-precision numbers."""
    v = np.asarray(v)
    if np.issubdtype(v.dtype, np.complexfloating):
        return v.astype(np.complex64).astype(np.complex128)
    if np.issubdtype(v.dtype, np.floating):
        return v.astype(np.float32).astype(np.float64)
    return v


Wrap = Callable[[Runner], Any]


def instances(
    law: Law,
    graph: Graph,
    point: Point,
    algebra: Algebra[Any],
    wrap: Wrap | None = None,
    runner: Runner | None = None,
) -> Iterator[Instance]:
    """Both sides of a law at a point."""
    ctx = Context(algebra, point.sizes, point.mode)
    cast = algebra._cast if isinstance(algebra, RoundedAlgebra) else lambda v: v
    run = runner or Runner(graph, ctx, {k: cast(v) for k, v in point.resources.items()})
    inputs = [cast(v) for v in point.inputs]
    rng = np.random.default_rng(point.seed + 1)
    yield from law.sides(ctx, wrap(run) if wrap is not None else run, graph, inputs, rng)


def tolerance(graph: Graph) -> float:
    """The relative error that needs no explanation."""
    return 64 * (1 + sum(1 for _ in graph.walk())) * EPSILON


def attempt(law: Law, graph: Graph, trial: Trial, wrap: Wrap | None = None) -> Attempt:
    """Run one trial."""
    return examine(law, graph, draw_point(graph, trial), wrap)


def examine(law: Law, graph: Graph, point: Point, wrap: Wrap | None = None) -> Attempt:
    """Compare the two sides at a point, with a second opinion where rounding may be the cause."""
    allowed, seen, doubtful = tolerance(graph), 0, 0
    with np.errstate(all="ignore"):
        for number, one in enumerate(instances(law, graph, point, algebra_of(point), wrap)):
            gap = largest_gap(one)
            if gap is None:
                continue
            seen += 1
            output, error, scale = gap
            if error <= allowed * scale:
                attained = _attained(law, graph, point, one) if wrap is None else None
                if attained is None:
                    continue
                output, error, scale = attained, 0.0, 1.0
            else:
                doubtful += 1
                if rounding(law, graph, point, wrap, number, error, scale):
                    continue
                if wrap is None and _undecided(law, graph, point, number):
                    continue
            left, right = one.left[output], one.right[output]
            found = Failure(
                point, number, one.element, output, error / scale, left, right, one.generic
            )
            return Attempt(found, seen, doubtful)
    return Attempt(None, seen, doubtful)


def _attained(law: Law, graph: Graph, point: Point, one: Instance) -> int | None:
    """The output that attains a bound which is claimed to be strict, not by rounding."""
    if not (isinstance(law, Bounded) and law.strict):
        return None
    for i, value in enumerate(one.left):
        if np.any((value == law.low) | (value == law.high)):
            runner = recorder(graph, point)
            runner(point.inputs)
            if runner.trace and ties.calm(runner.trace[0]):
                return i
    return None


def _undecided(law: Law, graph: Graph, point: Point, number: int) -> bool:
    """Whether the difference goes back to a comparison that rounding decided."""
    if not ties.branching({n.box.name for _, n in graph.walk()}):
        return False
    runner = recorder(graph, point)
    for i, _ in enumerate(instances(law, graph, point, runner.ctx.algebra, runner=runner)):
        if i == number:
            break
    return ties.near_tie(runner)


def recorder(graph: Graph, point: Point) -> Runner:
    """A runner at a point that remembers its wires."""
    ctx = Context(algebra_of(point), point.sizes, point.mode)
    return Runner(graph, ctx, point.resources, {}, [])


def largest_gap(one: Instance) -> tuple[int, float, float] | None:
    """The output with the largest error, the error, the scale; None where nothing is finite."""
    worst: tuple[int, float, float] | None = None
    for i, (left, right) in enumerate(zip(one.left, one.right, strict=True)):
        left, right = np.asarray(left), np.asarray(right)
        if left.shape != right.shape:
            return (i, float("inf"), 1.0)
        if not np.issubdtype(left.dtype, np.inexact):
            error, scale = float(np.any(left != right)), 1.0
        else:
            finite = np.isfinite(left) & np.isfinite(right)
            if not finite.all() and not finite.any() and left.size:
                continue
            error = float(np.max(np.abs(left - right), where=finite, initial=0.0))
            size = np.maximum(np.abs(left), np.abs(right))
            scale = float(np.max(size, where=finite, initial=0.0)) or 1.0
        if worst is None or error * worst[2] > worst[1] * scale:
            worst = (i, error, scale)
    return worst


def _error_in(
    algebra: FloatAlgebra, law: Law, graph: Graph, point: Point, wrap: Wrap | None, number: int
) -> float | None:
    for i, one in enumerate(instances(law, graph, point, algebra, wrap)):
        if i == number:
            gap = largest_gap(one)
            return None if gap is None else gap[1]
    return None


def rounding(
    law: Law,
    graph: Graph,
    point: Point,
    wrap: Wrap | None,
    number: int,
    error: float,
    scale: float,
) -> bool:
    """Whether an error is explained by rounding: it must grow as precision falls."""
    if not np.isfinite(error) or (error > 1e-4 * scale and isinstance(law, Bounded)):
        return False
    single = _error_in(SINGLE, law, graph, point, wrap, number)
    if single is not None and single >= ROUNDING * error:
        return True
    if HAS_EXTENDED and not any(
        "erf" in n.box.name or n.box.name == "gelu" for _, n in graph.walk()
    ):
        extended = _error_in(EXTENDED, law, graph, point, wrap, number)
        return extended is not None and extended <= error / 32
    return single is not None and single > BUG * error


def trials(
    assignments: Sequence[Mapping[str, int]],
    modes: Sequence[str],
    seed: int,
    graph: Graph | None = None,
) -> Iterator[Trial]:
    """The examples of the policy, the most telling first.

    Beside the three magnitudes: those of large constants in the graph, where branches may lie, and
    corners, and sparse inputs, for branches at 0 (not where ties would be the user's own business).
    """
    every = [(s, a, m, "", "") for s in MAGNITUDES for a in assignments for m in modes]
    every.sort(key=lambda one: one[1] is not assignments[0] and one[0] != 1.0)
    if graph is not None:
        sizes = assignments[:2]
        every += [(1.0, a, m, "", k) for k in corners(graph) for a in sizes for m in modes]
        every += [(s, a, m, "", "") for s in constants(graph) for a in sizes for m in modes]
        names = {n.box.name for _, n in graph.walk()}
        kinds = list(SPARSE) if len(graph.inputs) > 1 else ["all"]
        if not names & {"argmax", "sort", "top_k"}:
            every += [(1.0, a, m, kind, "") for kind in kinds for a in sizes for m in modes]
    for number, (scale, chosen, mode, sparse, corner) in enumerate(every):
        yield Trial(chosen, mode, scale, (seed * 65_599 + number) & 0x7FFFFFFF, sparse, corner)


def constants(graph: Graph) -> list[float]:
    """Large numbers among the attributes of a graph (at most four)."""
    found = set()
    for _, node in graph.walk():
        attrs = node.box.attrs if isinstance(node.box, OperatorBox) else node.box.op.attrs
        for value in attrs.values():
            if isinstance(value, float | int) and not isinstance(value, bool):
                if max(MAGNITUDES) < abs(value) < 1e30:
                    found.add(float(abs(value)))
    return sorted(found)[:4]
