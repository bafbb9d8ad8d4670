"""Laws of restriction: ``causal`` (to a prefix) and ``per_sample`` (to one sample).

Law.  What is computed inside a part of the index set depends on the inputs inside it only.

>>> from categorical import Dim, Real, op
>>> n = Dim("n")
>>> causal(n).boundary(op.relu.at(Real[n]).graph())

An output without the axis has no prefix:

>>> causal(n).boundary(op.sum(n).at(Real[n]).graph())
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM021]: `causal[n]` cannot be stated here
...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from categorical import messages
from categorical.graph import Graph
from categorical.index import Dim
from categorical.laws.law import (
    Instance,
    Law,
    Requirement,
    Run,
    Values,
)
from categorical.origin import here
from categorical.records import Context


@dataclass(frozen=True, eq=False)
class Restricted(Law):
    """Naturality for restriction: to a prefix (``causal``) or to any sample (``per_sample``)."""

    dim: Dim | None = None
    prefix: bool = True

    @property
    def requires(self) -> tuple[Requirement, ...]:
        assert self.dim is not None
        if self.prefix:
            return (Requirement("causal", (self.dim.name,)),)
        return (Requirement("natural", (self.dim.name,), "function"),)

    @property
    def statement(self) -> str:
        return "f(x)[≤t] = f(x[≤t])" if self.prefix else "f(x)[i] = f(x[i])"

    def boundary(self, graph: Graph) -> None:
        assert self.dim is not None
        for side_, types in (("input", graph.dom), ("output", graph.cod)):
            if not any(a.index is self.dim for one in types for a in one.axes):
                raise self._unstatable(
                    f"no {side_} has an axis over `{self.dim}`",
                    f"claim it of the part of the architecture that keeps `{self.dim}`",
                    facts=[("the boundary", messages.boundary(graph))],
                )
            for one in types:
                for a in one.axes:
                    if self.dim in a.index.atoms and a.index is not self.dim:
                        raise self._unstatable(
                            f"the {side_} {one} mixes `{self.dim}` with others in its axis `{a}`",
                            "let the arrow take and give separate axes: split or merge outside",
                        )

    def sides(
        self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any
    ) -> Iterator[Instance]:
        """Change the inputs outside the part that is kept; the outputs inside must not change."""
        assert self.dim is not None
        n = ctx.size(self.dim)
        before = run(inputs)
        for t in range(n - 1 if self.prefix else n):
            keep = np.arange(n) <= t if self.prefix else np.arange(n) == t
            changed = [
                self._replace(ctx, v, type_, keep, rng)
                for v, type_ in zip(inputs, graph.dom, strict=True)
            ]
            after = run(changed)
            where = f"{self.dim} ≤ {t}" if self.prefix else f"{self.dim} = {t}"

            def relate(values: Values, type_: Any, inside: Any = keep) -> tuple[Any, Any]:
                left, right = (
                    self._restrict(ctx, v, type_, inside) for v in (values[-1], values[0])
                )
                return left, right

            yield Instance(
                [self._restrict(ctx, v, o, keep) for v, o in zip(after, graph.cod, strict=True)],
                [self._restrict(ctx, v, o, keep) for v, o in zip(before, graph.cod, strict=True)],
                f"inputs changed outside {where}",
                graph.cod,
                relate,
            )

    def _places(self, type_: Any) -> list[int]:
        return [i for i, a in enumerate(type_.axes) if a.index is self.dim]

    def _replace(self, ctx: Context, value: Any, type_: Any, keep: Any, rng: Any) -> Any:
        places = self._places(type_)
        if not places:
            return value
        values = ctx.size(type_.values) if type_.values is not None else 0
        other = ctx.algebra.random(ctx.shape(type_), rng, type_.kind, values)
        inside = np.ones(ctx.shape(type_), dtype=bool)
        for place in places:
            inside &= keep.reshape([-1 if i == place else 1 for i in range(len(type_.axes))])
        if isinstance(value, np.ndarray) and type_.kind in ("bool", "fin"):
            return np.where(inside, value, other)
        return ctx.algebra.where(inside, value, other)

    def _restrict(self, ctx: Context, value: Any, type_: Any, keep: Any) -> Any:
        for place in self._places(type_):
            part = _taken(np.nonzero(keep)[0], place)
            plain = isinstance(value, np.ndarray)
            value = part(value) if plain else ctx.algebra.structural(value, part)
        return value

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        """Mix the positions: real entries get the sum along the dim added, others are reversed."""
        assert self.dim is not None

        def broken(inputs: Values) -> Values:
            changed = []
            for value, type_ in zip(inputs, graph.dom, strict=True):
                places = self._places(type_)
                if type_.kind == "real" and places:
                    total = ctx.algebra.sum(value, places)
                    shape = [1 if i in places else s for i, s in enumerate(ctx.shape(type_))]
                    spread = ctx.algebra.structural(total, _spread(shape, ctx.shape(type_)))
                    value = ctx.algebra.add(value, spread)
                for place in places if type_.kind in ("bool", "fin") else ():
                    value = np.flip(value, place)
                changed.append(value)
            return run(changed)

        return broken


def _taken(index: Any, place: int) -> Callable[[Any], Any]:
    return lambda a: np.take(a, index, axis=place)


def _spread(shape: list[int], to: tuple[int, ...]) -> Callable[[Any], Any]:
    return lambda a: np.broadcast_to(a.reshape(shape), to)


def causal(over: Dim) -> Restricted:
    """The output at position t depends on the inputs up to t only."""
    return Restricted(f"causal[{over}]", origin=here(), dim=over)


def per_sample(over: Dim) -> Restricted:
    """The output of a sample depends on that sample only; say the mode with ``.in_mode``."""
    return Restricted(f"per_sample[{over}]", origin=here(), dim=over, prefix=False)
