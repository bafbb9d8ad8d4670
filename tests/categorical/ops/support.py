"""Running one arrow in several algebras, and comparing what comes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from categorical.arrows import Arrow
from categorical.graph import Graph
from categorical.index import Dim
from categorical.records import Context
from categorical.semantics import interpreter
from categorical.semantics.duals import Dual, DualAlgebra
from categorical.semantics.fields import FieldAlgebra
from categorical.semantics.floats import FloatAlgebra
from categorical.spaces import Array

Sizes = Mapping[str, int]
P = 1_000_003
BATCH = Dim("batch")


def typed(arrow: Arrow, types: Sequence[Array]) -> Graph:
    return arrow.at(*types).graph()


def evaluate(
    graph: Graph,
    sizes: Sizes,
    inputs: Sequence[Any],
    weights: Sequence[Any] = (),
    algebra: Any = None,
) -> list[Any]:
    """The outputs, with the weights in the order of ``graph.resources()``."""
    names = list(graph.resources())
    context = Context(algebra or FloatAlgebra(), dict(sizes))
    return interpreter.run(graph, context, inputs, dict(zip(names, weights, strict=True))).outputs


def draw(type_: Array, sizes: Sizes, rng: np.random.Generator, whole: bool = False) -> Any:
    """A random array of a type; distinct whole numbers where wanted (no ties)."""
    shape = tuple(a.size.evaluate(sizes) for a in type_.axes)
    if type_.kind == "fin":
        return rng.integers(0, type_.values.size.evaluate(sizes), size=shape)
    if type_.kind == "bool":
        return rng.integers(0, 2, size=shape).astype(bool)
    if whole:
        count = int(np.prod(shape))
        return (rng.permutation(count) - count // 2).reshape(shape)
    return rng.standard_normal(shape)


def drawn(
    graph: Graph, sizes: Sizes, seed: int = 0, whole: bool = False
) -> tuple[list[Any], list[Any]]:
    rng = np.random.default_rng(seed)
    inputs = [draw(t, sizes, rng, whole) for t in graph.dom]
    return inputs, [draw(r.space, sizes, rng, whole) for r in graph.resources().values()]


def floats(values: Sequence[Any], graph_types: Sequence[Array]) -> list[Any]:
    return [v.astype(np.float64) if t.kind == "real" else v for v, t in zip(values, graph_types)]


def agrees_in_a_field(arrow: Arrow, types: Sequence[Array], sizes: Sizes) -> None:
    """Floats on whole numbers, reduced modulo p, are the residues that the field computes."""
    graph = typed(arrow, types)
    inputs, weights = drawn(graph, sizes, whole=True)
    spaces = [r.space for r in graph.resources().values()]
    field = FieldAlgebra(P, order="total")
    residue = [field.constant(v) if t.kind == "real" else v for v, t in zip(inputs, graph.dom)]
    exact = evaluate(graph, sizes, residue, [field.constant(w) for w in weights], field)
    approximate = evaluate(graph, sizes, floats(inputs, graph.dom), floats(weights, spaces))
    for one, other in zip(exact, approximate, strict=True):
        assert one.shape == other.shape
        for r, y in zip(one.ravel(), other.ravel()):
            fraction = Fraction(float(y)).limit_denominator(1000)
            assert int(field.constant(fraction)) == int(r)


def derivative_agrees(arrow: Arrow, types: Sequence[Array], sizes: Sizes, seed: int = 1) -> None:
    """The tangent of dual numbers against a central difference."""
    graph = typed(arrow, types)
    rng = np.random.default_rng(seed)
    spaces = [*graph.dom, *(r.space for r in graph.resources().values())]
    points = [draw(t, sizes, rng) for t in spaces]
    ways = [
        rng.standard_normal(p.shape) if t.kind == "real" else None for p, t in zip(points, spaces)
    ]
    count = len(graph.dom)

    def at(step: float) -> list[Any]:
        moved = [p if w is None else p + step * w for p, w in zip(points, ways)]
        return evaluate(graph, sizes, moved[:count], moved[count:])

    duals = [p if w is None else Dual(p, w) for p, w in zip(points, ways)]
    outputs = evaluate(graph, sizes, duals[:count], duals[count:], DualAlgebra())
    for low, high, middle, out in zip(at(-1e-6), at(1e-6), at(0), outputs, strict=True):
        if isinstance(out, Dual):
            np.testing.assert_allclose(out.value, middle, atol=1e-12)
            np.testing.assert_allclose(out.tangent, (high - low) / 2e-6, atol=1e-6)


def claimed(arrow: Arrow, types: Sequence[Array], dim: Dim) -> frozenset[str]:
    """The maps of a dim for which an operation says that it is natural."""
    (node,) = typed(arrow, types).nodes
    return node.box.natural(dim)


def lifts(arrow: Arrow, types: Sequence[Array], sizes: Sizes) -> None:
    """The lift over an axis is the operation at each of its indices."""
    one, lifted = typed(arrow, types), arrow.at(*types).over(BATCH).graph()
    sizes = {**sizes, BATCH.name: 2}
    inputs, weights = drawn(lifted, sizes)
    together = evaluate(lifted, sizes, inputs, weights)
    for row in range(2):
        alone = evaluate(one, sizes, [x[row] for x in inputs], weights)
        for whole, part in zip(together, alone, strict=True):
            np.testing.assert_allclose(whole[row], part, atol=1e-12)
