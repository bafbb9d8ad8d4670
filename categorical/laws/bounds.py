"""Bounds, sums and counts: ``bounded``, ``sums_to``, ``parameters``.

>>> from categorical import Dim, Real, op
>>> n, m = Dim.named("n m")
>>> sums_to(1, over=n).boundary(op.softmax(n).at(Real[n]).graph())

A sum along an axis that the output lacks cannot be stated:

>>> sums_to(1, over=m).boundary(op.softmax(n).at(Real[n]).graph())
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM021]: `sums_to[1, m]` cannot be stated here
...
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from categorical.errors import SpecError
from categorical.graph import Graph
from categorical.index import Axis, IndexSet, axis
from categorical.laws.law import (
    Instance,
    Law,
    Requirement,
    Run,
    Values,
)
from categorical.ops.common import finite
from categorical.origin import here
from categorical.records import Context
from categorical.sizes import Size


@dataclass(frozen=True, eq=False)
class Bounded(Law):
    """Every output entry lies between two numbers (strictly, if ``strict``)."""

    low: float | None = None
    high: float | None = None
    strict: bool = False

    @property
    def requires(self) -> tuple[Requirement, ...]:
        return (Requirement("bounded", low=self.low, high=self.high, strict=self.strict),)

    @property
    def statement(self) -> str:
        sign = "<" if self.strict else "≤"
        low = f"{self.low} {sign} " if self.low is not None else ""
        return f"{low}f(x){f' {sign} {self.high}' if self.high is not None else ''}"

    def sides(
        self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any
    ) -> Iterator[Instance]:
        """f(x) and f(x) cut off at the bounds; whether a bound is attained is not decided here."""
        algebra = ctx.algebra
        left = run(inputs)
        right = []
        for value in left:
            if self.low is not None:
                value = algebra.maximum(value, algebra.constant(self.low))
            if self.high is not None:
                value = algebra.minimum(value, algebra.constant(self.high))
            right.append(value)
        yield Instance(left, right, "", graph.cod)

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        """The outputs moved to the other side of a bound, by at least 1 and their own size."""
        algebra = ctx.algebra
        end = self.high if self.high is not None else self.low
        start = algebra.constant((end or 0.0) + (1 if self.high is not None else -1))

        def broken(inputs: Values) -> Values:
            sizes = [algebra.apply("abs", v) for v in run(inputs)]
            if self.high is not None:
                return [algebra.add(start, size) for size in sizes]
            return [algebra.sub(start, size) for size in sizes]

        return broken


def bounded(low: float | None = None, high: float | None = None, strict: bool = False) -> Bounded:
    """A bound on every output entry, by interval evaluation (or sampled, then TESTED)."""
    ends = [finite("bounded", end) for end in (low, high) if end is not None]
    if not ends or ends != sorted(ends):
        raise SpecError(
            "CM041",
            f"`bounded` between {low} and {high}",
            facts=[("needed", "a lower end, an upper end, or both in order")],
            help=["write laws.bounded(0, 1), laws.bounded(low=0) or laws.bounded(high=1)"],
        )
    edges = "()" if strict else "[]"
    title = f"bounded{edges[0]}{low}, {high}{edges[1]}"
    return Bounded(title, origin=here(), low=low, high=high, strict=strict)


@dataclass(frozen=True, eq=False)
class SumsTo(Law):
    """The outputs sum to a number along an axis."""

    axis: Axis | None = None
    value: float = 1

    @property
    def requires(self) -> tuple[Requirement, ...]:
        return (Requirement("sums_to", axis=self.axis, value=self.value),)

    @property
    def statement(self) -> str:
        return f"Σ_{self.axis} f(x) = {self.value}"

    def boundary(self, graph: Graph) -> None:
        for one in graph.cod:
            if self.axis not in one.axes:
                raise self._unstatable(
                    f"the output {one} has no axis `{self.axis}`",
                    f"name one of its axes: {', '.join(map(str, one.axes)) or 'it has none'}",
                )

    def sides(
        self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any
    ) -> Iterator[Instance]:
        assert self.axis is not None
        left, right = [], []
        for v, t in zip(run(inputs), graph.cod, strict=True):
            total = ctx.algebra.sum(v, (t.position(self.axis),))
            left.append(total)
            right.append(
                ctx.algebra.mul(
                    ctx.algebra.ones(ctx.algebra.shape(total)), ctx.algebra.constant(self.value)
                )
            )
        types = tuple(
            t.with_axes(tuple(a for a in t.axes if a is not self.axis)) for t in graph.cod
        )
        yield Instance(left, right, "", types)

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        def broken(inputs: Values) -> Values:
            return [ctx.algebra.add(v, ctx.algebra.ones(ctx.algebra.shape(v))) for v in run(inputs)]

        return broken


def sums_to(value: float, over: IndexSet | Axis) -> SumsTo:
    """The outputs sum to ``value`` along an axis."""
    finite("sums_to", value)
    return SumsTo(f"sums_to[{value}, {over}]", origin=here(), axis=axis(over), value=value)


@dataclass(frozen=True, eq=False)
class Count(Law):
    """The number of trained weights, as a polynomial in the sizes."""

    count: Size | None = None

    @property
    def requires(self) -> tuple[Requirement, ...]:
        return (Requirement("count"),)

    @property
    def statement(self) -> str:
        return f"|weights| = {self.count}"


def parameters(count: Size | IndexSet | int) -> Count:
    """The architecture has exactly this many trained weights (a size such as ``c*h + h``)."""
    size = count.size if isinstance(count, IndexSet) else Size.of(count)
    return Count(f"parameters[{size}]", origin=here(), count=size)
