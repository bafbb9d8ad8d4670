"""Small random graphs for soundness tests, and their evaluation in float64."""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np

from categorical import Bool, Dim, Real, op
from categorical.errors import SpecError
from categorical.graph import Builder, Graph
from categorical.records import Context
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

n, c, d = Dim.named("n c d")
key = n.at("key")
SIZES = {"n": 5, "c": 3, "d": 2}

_UNARY = [op.relu, op.tanh, op.sigmoid, op.neg, op.square, op.scale(0.5), op.abs, op.softsign]
_BINARY = [op.add, op.sub, op.mul, op.maximum]
_OTHER = [
    op.softmax(c),
    op.softmax(n),
    op.softmax(key),
    op.sum(n),
    op.sum(key),
    op.mean(c),
    op.mean(n),
    op.sum(c),
    op.relabel(n, key),
    op.relabel(key, n),
    op.expand(n),
    op.expand(c),
    op.linear(c, d),
    op.linear(d, c, bias=False),
    op.linear(n, c),
    op.linear(c, n),
    op.linear(n, n, bias=False),
    op.linear(key, d),
]
_MASKED = [op.softmax(key, masked=True), op.sum(key, masked=True), op.mean(n, masked=True)]


def random_graph(seed: int, length: int = 7, extra: tuple[object, ...] = ()) -> Graph:
    """A composite of random operations on ``Real[n, c]`` with a mask ``Bool[n, n.key]``."""
    rng = random.Random(seed)
    builder = Builder()
    wires = [builder.input(Real[n, c], "x"), builder.input(Real[n, c], "y")]
    masks = [builder.input(Bool[n, key], "mask")]
    for arrow in extra:
        masks += builder.apply(arrow.op, ())
    while length:
        pick = rng.random()
        recent = wires[-4:]
        try:
            if pick < 0.3:
                made = builder.apply(rng.choice(_UNARY).op, (rng.choice(recent),))
            elif pick < 0.5:
                made = builder.apply(
                    rng.choice(_BINARY).op, (rng.choice(recent), rng.choice(wires))
                )
            elif pick < 0.65:
                pair = (rng.choice(recent), rng.choice(wires))
                axes = list(dict.fromkeys(a for w in pair for a in builder.graph.types[w].axes))
                kept = [a for a in axes if rng.random() < 0.6]
                one = op.einsum(*kept).pinned(tuple(builder.graph.types[w] for w in pair))
                made = builder.apply(one, pair)
            elif pick < 0.8:
                made = builder.apply(
                    rng.choice(_MASKED).op, (rng.choice(recent), rng.choice(masks))
                )
            else:
                made = builder.apply(rng.choice(_OTHER).op, (rng.choice(recent),))
        except SpecError:
            continue
        wires += made
        length -= 1
    return builder.finish(wires[-2:])


def resources(
    graph: Graph, rng: np.random.Generator, sizes: Mapping[str, int]
) -> dict[str, np.ndarray]:
    """Every resource at random."""
    ctx = Context(FloatAlgebra(), sizes)
    return {k: rng.normal(size=ctx.shape(r.space)) for k, r in graph.resources(sizes).items()}


def inputs(graph: Graph, rng: np.random.Generator, sizes: Mapping[str, int]) -> list[np.ndarray]:
    """Every input at random."""
    ctx = Context(FloatAlgebra(), sizes)
    found = []
    for wire in graph.inputs:
        type_ = graph.types[wire]
        shape = ctx.shape(type_)
        if type_.kind == "bool":
            found.append(rng.random(shape) < 0.6)
        elif type_.kind == "fin":
            found.append(rng.integers(0, ctx.size(type_.values), shape))
        else:
            found.append(rng.normal(size=shape))
    return found


def evaluate(
    graph: Graph,
    values: list[np.ndarray],
    weights: dict[str, np.ndarray],
    sizes: Mapping[str, int],
    mode: str = "eval",
) -> list[np.ndarray]:
    """The outputs in float64."""
    ctx = Context(FloatAlgebra(), sizes, mode)
    return [np.asarray(o) for o in run(graph, ctx, values, weights).outputs]


def permute(value: np.ndarray, type_: object, dim: Dim, order: np.ndarray) -> np.ndarray:
    """A permutation of ``dim`` on every axis over it."""
    for place, axis in enumerate(type_.axes):
        if axis.index is dim:
            value = np.take(value, order, axis=place)
    return value


def close(left: np.ndarray, right: np.ndarray) -> bool:
    """Equality up to rounding, relative to the size of the values."""
    scale = max(1.0, float(np.abs(left).max(initial=0)))
    return bool(np.allclose(left, right, atol=1e-9 * scale, rtol=1e-9, equal_nan=True))
