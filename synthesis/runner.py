"""Runners: an architecture with its weights, statistics and noise fixed, as a function of inputs.

Definition.  A ``Runner`` is a graph at sizes, in an algebra and a mode, with a value for every
resource; calling it runs the graph.  ``at`` is another graph that reads the same resources by name;
``perturbed`` computes something else; ``moved`` has the noise moved by a group element (a
law holds in distribution when it holds with the noise moved along).

Laws.  A runner is a function: noise is drawn once and reused.  ``watch`` records every wire of
every run, in one order for one graph, so that two runs can be compared wire by wire.

>>> import numpy as np
>>> from categorical import Dim, Real, op
>>> from categorical.records import Context
>>> from categorical.semantics import FloatAlgebra
>>> n, c = Dim.named("n c")
>>> graph = (op.dropout(0.5) >> op.sum(n)).at(Real[n]).graph()
>>> ctx = Context(FloatAlgebra(), {"n": 4}, "train")
>>> run = Runner(graph, ctx, draw_resources(graph, ctx, np.random.default_rng(0)))
>>> x = [np.arange(4.0)]
>>> bool(run(x)[0] == run(x)[0])
True

A resource that is missing is an error, not a default:

>>> Runner(graph, ctx, {})
Traceback (most recent call last):
...
KeyError: 'no value for the resource `dropout.mask`'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from categorical.graph import Graph, OperatorBox, Resource
from categorical.groups import Element, act
from categorical.laws import Law
from categorical.records import NOISE, STALE, STATISTIC, WEIGHT, Context
from categorical.recursion.forests import lawful
from categorical.semantics import interpreter
from categorical.spaces import Array
from synthesis.rewrite import nudged

Values = list[Any]
Resources = Mapping[str, Any]


@dataclass(frozen=True)
class Wire:
    """The value of one wire in one run."""

    path: str
    graph: Graph
    wire: int
    value: Any

    @property
    def name(self) -> str:
        return self.path + self.graph.wire_name(self.wire)

    @property
    def type(self) -> Array:
        return self.graph.types[self.wire]


@dataclass
class Runner:
    """A graph with fixed resources; see the module."""

    graph: Graph
    ctx: Context
    resources: Resources
    renaming: Mapping[str, str] = field(default_factory=dict)
    #: one list of wires for every run so far, while recording
    trace: list[list[Wire]] | None = None
    updates: dict[str, Any] = field(default_factory=dict)
    #: whether the inputs are changed before they are read (a sabotage)
    offset: bool = False

    def __post_init__(self) -> None:
        self._values = {}
        for path in self.graph.resources(self.ctx.sizes):
            own = self.renaming.get(path, path)
            if own not in self.resources:
                raise KeyError(f"no value for the resource `{own}`")
            self._values[path] = self.resources[own]

    def __call__(self, inputs: Sequence[Any]) -> Values:
        watch: Callable[[str, Graph, int, Any], None] | None = None
        if self.trace is not None:
            row: list[Wire] = []
            self.trace.append(row)

            def watch(path: str, graph: Graph, wire: int, value: Any) -> None:
                row.append(Wire(path, graph, wire, value))

        given = [self._offset(*one) for one in zip(inputs, self.graph.dom, strict=True)]
        with np.errstate(all="ignore"):
            result = interpreter.run(self.graph, self.ctx, given, self._values, watch)
        self.updates = result.updates
        return result.outputs

    def _offset(self, value: Any, type_: Array) -> Any:
        if not self.offset:
            return value
        if type_.kind == "bool":
            return np.logical_not(value)
        if type_.values is not None:
            return (value + 1) % self.ctx.size(type_.values)
        algebra = self.ctx.algebra
        return algebra.add(value, ramp(algebra, algebra.shape(value)))

    def recording(self) -> Runner:
        """A copy that remembers the wires of its runs (and of the runs of its relatives)."""
        return Runner(self.graph, self.ctx, self.resources, self.renaming, [])

    def at(
        self,
        graph: Graph,
        renaming: Mapping[str, str] | None = None,
        sizes: Mapping[str, int] | None = None,
    ) -> Runner:
        """Another graph with the same resources; ``renaming`` maps its names to ours, ``sizes``
        are those of its further dims."""
        ctx = replace(self.ctx, sizes={**self.ctx.sizes, **sizes}) if sizes else self.ctx
        return Runner(graph, ctx, self.resources, dict(renaming or {}), self.trace)

    def perturbed(self) -> Runner:
        """A changed graph: 1, 2, 3, … added to the entries of weights and inputs, 1 inside."""
        algebra, changed = self.ctx.algebra, dict(self.resources)
        for path, resource in self.graph.resources(self.ctx.sizes).items():
            if resource.role == WEIGHT and resource.space.kind in ("real", "complex"):
                own = self.renaming.get(path, path)
                changed[own] = algebra.add(changed[own], ramp(algebra, algebra.shape(changed[own])))
        relative = Runner(nudged(self.graph), self.ctx, changed, self.renaming, self.trace)
        relative.offset = True
        return relative

    def moved(self, element: Element) -> Runner:
        """The same graph with the group element applied to its noise."""
        changed = dict(self.resources)
        for path, resource in self.graph.resources(self.ctx.sizes).items():
            if resource.role == NOISE:
                own = self.renaming.get(path, path)
                changed[own] = act(self.ctx, element, changed[own], resource.space)
        return Runner(self.graph, self.ctx, changed, self.renaming, self.trace)


class Sabotaged:
    """A runner after a law's sabotage, with the relatives that laws ask for."""

    def __init__(self, law: Law, runner: Runner) -> None:
        self.law, self.runner = law, runner
        self._run = law.sabotage(runner.ctx, runner, runner.graph)

    def __call__(self, inputs: Sequence[Any]) -> Values:
        with np.errstate(all="ignore"):
            return self._run(list(inputs))

    def at(
        self,
        graph: Graph,
        renaming: Mapping[str, str] | None = None,
        sizes: Mapping[str, int] | None = None,
    ) -> Runner:
        """The other side stays whole: only one side of an equation is sabotaged."""
        return self.runner.at(graph, renaming, sizes)

    def moved(self, element: Element) -> Sabotaged:
        return Sabotaged(self.law, self.runner.moved(element))

    def perturbed(self) -> Runner:
        return self.runner.perturbed()


def ramp(algebra: Any, shape: tuple[int, ...]) -> Any:
    """1, 2, 3, … in an array of this shape."""
    return algebra.constant(np.arange(1, int(np.prod(shape)) + 1).reshape(shape))


# --- random points --------------------------------------------------------------------------


#: What masks and indices are besides random: all false and 0, or all true and the last.
CORNERS = ("least", "most")


def draw_inputs(
    graph: Graph, ctx: Context, rng: np.random.Generator, scale: float = 1.0, corner: str = ""
) -> Values:
    """Random inputs of a graph; masks and indices are all alike in a corner.

    Where a fold reads trees, the random arrays are made forests.
    """
    found = [draw(ctx, t, rng, scale) for t in graph.dom]
    if not corner:
        return lawful(graph, found)
    most = corner == "most"
    alike = [
        np.full_like(v, most)
        if t.kind == "bool"
        else np.full_like(v, most * (ctx.size(t.values) - 1))
        if t.values is not None
        else v
        for v, t in zip(found, graph.dom, strict=True)
    ]
    return lawful(graph, alike)


def corners(graph: Graph) -> tuple[str, ...]:
    """The corners to try: none where no input is a mask or an index."""
    return CORNERS if any(t.kind in ("bool", "fin") for t in graph.dom) else ()


def draw(ctx: Context, space: Array, rng: np.random.Generator, scale: float = 1.0) -> Any:
    """A random value of one wire."""
    values = ctx.size(space.values) if space.values is not None else None
    return ctx.algebra.random(ctx.shape(space), rng, space.kind, values, scale)


def draw_resources(
    graph: Graph, ctx: Context, rng: np.random.Generator, exact: bool = False
) -> dict[str, Any]:
    """Every weight and buffer at random, never as initialised.

    In exact arithmetic all are uniform; in floats, statistics that start at 1 (variances) stay
    positive, and noise follows its declared distribution.
    """
    return {
        path: draw(ctx, one.space, rng) if exact else _draw_float(ctx, one, rng)
        for path, one in graph.resources(ctx.sizes).items()
    }


def _draw_float(ctx: Context, one: Resource, rng: np.random.Generator) -> Any:
    if one.space.kind != "real":
        return draw(ctx, one.space, rng)
    shape, kind = ctx.shape(one.space), one.init.kind
    if one.role in (STATISTIC, STALE) and kind in ("ones", "constant"):
        return ctx.algebra.constant(rng.uniform(0.3, 2.0, shape))
    if one.role == NOISE and kind == "bernoulli":
        return ctx.algebra.constant((rng.random(shape) < 0.5).astype(np.float64))
    if one.role == NOISE and kind == "gumbel":
        return ctx.algebra.constant(rng.gumbel(size=shape))
    fan = max(1, int(np.prod(shape[1:]))) if len(shape) > 1 else 1
    return ctx.algebra.constant(rng.standard_normal(shape) * max(fan**-0.5, 0.3))


def modal(graphs: Sequence[Graph]) -> bool:
    """Whether train and eval mode may differ: state or noise occurs."""
    for graph in graphs:
        for one in (graph, *(region for _, node in graph.walk() for region in node.regions)):
            if any(r.role in (NOISE, STATISTIC, STALE) for r in one.sources.values()):
                return True
            for node in one.nodes:
                if not isinstance(node.box, OperatorBox):
                    generator = node.box.generator
                    if generator.stateful or not generator.copy_natural:
                        return True
    return False
