"""Symmetry laws: ``equivariant`` and ``invariant`` under a group.

Law.  f(g·x) = g·f(x) for every g; checking generators of the group is complete.

>>> from categorical import Dim
>>> from categorical.groups import Symmetric
>>> equivariant(under=Symmetric(Dim("n"))).statement
'f(g·x) = g·f(x)'

A group acts on dims, and on nothing else:

>>> equivariant(under=Symmetric("n"))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM033]: Symmetric acts on a dimension, not on 'n'
...
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from categorical import declaring, messages
from categorical.graph import Graph
from categorical.groups import Element, Group, act
from categorical.laws.law import (
    Instance,
    Law,
    Requirement,
    Run,
    Values,
    position_dependent,
)
from categorical.origin import here
from categorical.records import Context


@dataclass(frozen=True, eq=False)
class Equivariant(Law):
    """f(g · x) = g · f(x) for every g (``invariant``: g acts trivially on the outputs)."""

    trivially: bool = False

    @property
    def requires(self) -> tuple[Requirement, ...]:
        assert self.group is not None
        return tuple(
            Requirement(
                "natural" if part.kind else "equivariant",
                tuple(d.name for d in part.dims),
                part.kind,
            )
            for part in self.group.factors()
        )

    @property
    def statement(self) -> str:
        return "f(g·x) = f(x)" if self.trivially else "f(g·x) = g·f(x)"

    def boundary(self, graph: Graph) -> None:
        """Each factor acts on an input, and on an output (``invariant``: on none).

        A group that acts on several dims at once may act on an input by one and on an output by
        another."""
        assert self.group is not None
        for part in self.group.factors():
            name = " or ".join(f"`{d}`" for d in part.dims)
            if not any(d in one.atoms for d in part.dims for one in graph.dom):
                raise self._unstatable(
                    f"no input has the dim {name}",
                    f"name a dim of the inputs, or give the arrow the axis: "
                    f"f.at(Real[{part.dims[0]}, …])",
                    facts=[("the boundary", messages.boundary(graph))],
                )
            acted = [(d, one) for d in part.dims for one in graph.cod if d in one.atoms]
            parts = self._apart(graph)
            if self.trivially and acted:
                raise self._unstatable(
                    f"the output {acted[0][1]} has the dim `{acted[0][0]}`",
                    parts
                    or declaring.other_law(
                        self.origin, "equivariant", "claim laws.equivariant instead"
                    ),
                    facts=[("the boundary", messages.boundary(graph))],
                )
            if not self.trivially and not acted:
                raise self._unstatable(
                    f"no output has the dim {name}",
                    parts
                    or declaring.other_law(
                        self.origin, "invariant", "claim laws.invariant instead"
                    ),
                    facts=[("the boundary", messages.boundary(graph))],
                )

    def _apart(self, graph: Graph) -> str:
        """Where outputs have dims of some factors of a product: a law for each factor."""
        assert self.group is not None
        found = {"invariant": "", "equivariant": ""}
        for part in self.group.factors():
            seen = any(d in one.atoms for d in part.dims for one in graph.cod)
            name = "equivariant" if seen else "invariant"
            found[name] += f"{' * ' * bool(found[name])}{part}"
        if not all(found.values()):
            return ""
        each = " and ".join(f"laws.{k}(under={v})" for k, v in sorted(found.items()))
        return f"claim two laws: {each}"

    def sides(
        self, ctx: Context, run: Run, graph: Graph, inputs: Values, rng: Any
    ) -> Iterator[Instance]:
        assert self.group is not None
        before = run(inputs)
        for element in self.group.generators(ctx):
            moved = [act(ctx, element, v, t) for v, t in zip(inputs, graph.dom, strict=True)]
            # noise is moved along: its distribution is the same
            left = run.moved(element)(moved) if hasattr(run, "moved") else run(moved)
            right = [act(ctx, element, v, t) for v, t in zip(before, graph.cod, strict=True)]

            def relate(values: Values, type_: Any, by: Element = element) -> tuple[Any, Any]:
                return values[-1], act(ctx, by, values[0], type_)

            yield Instance(left, right, repr(element), graph.cod, relate)

    def sabotage(self, ctx: Context, run: Run, graph: Graph) -> Run:
        assert self.group is not None
        if any(map(shifted, self.group.factors())):
            return _shifted(ctx, run, graph)
        return position_dependent(ctx, run, graph, [d.name for d in self.group.dims])


def shifted(part: Group) -> bool:
    """Whether the sabotage adds 1: for matrices, but not where positions are moved as well (an
    image that is brighter everywhere is turned all the same)."""
    return part.linear and getattr(part, "grid", None) is None


def _shifted(ctx: Context, run: Run, graph: Graph) -> Run:
    """The architecture after adding 1 to its real inputs: no linear action survives that."""

    def broken(inputs: Values) -> Values:
        return run(
            [
                ctx.algebra.add(v, ctx.algebra.ones(ctx.algebra.shape(v)))
                if t.kind == "real"
                else v
                for v, t in zip(inputs, graph.dom, strict=True)
            ]
        )

    return broken


def equivariant(under: Group) -> Equivariant:
    """``f(g·x) = g·f(x)`` for all g of a group that acts on dims of inputs and outputs."""
    return Equivariant(f"equivariant[{under}]", origin=here(), group=under)


def invariant(under: Group) -> Equivariant:
    """``f(g·x) = f(x)`` for all g of a group that acts on dims of the inputs."""
    return Equivariant(f"invariant[{under}]", origin=here(), group=under, trivially=True)
