"""Degrees are upper bounds: a rational function of those degrees goes through the values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from categorical import Dim, Real, arrow, op
from categorical.graph import Graph
from categorical.records import Context
from categorical.semantics import FieldAlgebra
from synthesis.degrees import Degree, DegreeAlgebra
from synthesis.runner import Runner, draw_inputs, draw_resources

n, c, h, k = Dim.named("n c h k")
SIZES = {"n": 2, "c": 3, "h": 2, "k": 2}


@arrow
def quotient(x: Real[n, c], y: Real[n, c]) -> Real[n]:
    """A sum of quotients."""
    return op.sum(c)(op.div(x, y))


@arrow
def normalised(x: Real[n, c]) -> Real[n, c]:
    """Entries over their sum."""
    return op.div(op.square(x), op.transpose(n, c)(op.expand(c)(op.sum(c)(x))))


@arrow
def bilinear(x: Real[n, c]) -> Real[n, n.at("key")]:
    """Scores."""
    return op.einsum(n, n.at("key"))(x, op.relabel(n, n.at("key"))(op.linear(c, c)(x)))


@arrow
def weighted(x: Real[n, c], y: Real[n, c]) -> Real[n, k]:
    """Quotients by one number a row, mapped and summed: the denominator stays."""
    rows = op.div(x, op.transpose(n, c)(op.expand(c)(op.sum(c)(op.square(y)))))
    return op.linear(c, k, bias=False)(rows)


@arrow
def nested(x: Real[n, c], y: Real[n, c]) -> Real[c]:
    """Quotients of quotients, added and multiplied."""
    first = op.div(x, y)
    second = op.div(first, first + x)
    return op.sum(n)(second * first + second)


GRAPHS = {
    "one denominator a row": weighted.graph(),
    "nested quotients": nested.graph(),
    "two layers": (op.linear(c, h) >> op.square >> op.linear(h, k)).at(Real[n, c]).graph(),
    "sum of quotients": quotient.graph(),
    "normalised": normalised.graph(),
    "bilinear": bilinear.graph(),
    "reciprocal": (op.linear(c, h) >> op.reciprocal >> op.mean(n)).at(Real[n, c]).graph(),
    "quartic": (op.square >> op.square >> op.sum(c)).at(Real[n, c]).graph(),
}


def bound(graph: Graph) -> Degree:
    ctx = Context(DegreeAlgebra(), SIZES)
    rng = np.random.default_rng(0)
    runner = Runner(graph, ctx, draw_resources(graph, ctx, rng, exact=True))
    (found,) = runner(draw_inputs(graph, ctx, rng))
    return found


def along_a_line(graph: Graph, points: int) -> tuple[int, list[int]]:
    """The first output entry at t = 1, 2, … on a random line through all inputs and weights."""
    field = FieldAlgebra(seed=5)
    ctx = Context(field, SIZES)
    rng = np.random.default_rng(1)
    ends = [
        (draw_inputs(graph, ctx, rng), draw_resources(graph, ctx, rng, exact=True))
        for _ in range(2)
    ]
    values = []
    for t in range(1, points + 1):

        def at(a: Any, b: Any, t: int = t) -> Any:
            return (a + t * b) % field.p

        inputs = [at(a, b) for a, b in zip(ends[0][0], ends[1][0], strict=True)]
        resources = {name: at(ends[0][1][name], ends[1][1][name]) for name in ends[0][1]}
        (found,) = Runner(graph, ctx, resources)(inputs)
        values.append(int(found.reshape(-1)[0]))
    return field.p, values


def rank(rows: list[list[int]], p: int) -> int:
    rows, found = [row[:] for row in rows], 0
    for column in range(len(rows[0])):
        pivot = next((r for r in rows[found:] if r[column] % p), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        rows.insert(found, pivot)
        inverse = pow(pivot[column], -1, p)
        for i in range(found + 1, len(rows)):
            factor = rows[i][column] * inverse % p
            rows[i] = [(a - factor * b) % p for a, b in zip(rows[i], pivot, strict=True)]
        found += 1
    return found


def fits(values: list[int], p: int, d: int, e: int) -> bool:
    """Whether P / Q of degrees d and e goes through all values."""
    rows = [
        [pow(t, i, p) for i in range(d + 1)] + [-v * pow(t, i, p) % p for i in range(e + 1)]
        for t, v in enumerate(values, 1)
    ]
    return rank(rows, p) < d + e + 2


@pytest.mark.parametrize("name", GRAPHS)
def test_the_bound_holds(name: str) -> None:
    graph = GRAPHS[name]
    degree = bound(graph)
    p, values = along_a_line(graph, degree.d + degree.e + 4)
    assert fits(values, p, degree.d, degree.e)


@pytest.mark.parametrize("name", ["two layers", "bilinear", "quartic"])
def test_the_bound_of_a_polynomial_is_tight(name: str) -> None:
    graph = GRAPHS[name]
    degree = bound(graph)
    assert degree.e == 0
    p, values = along_a_line(graph, degree.d + 4)
    assert not fits(values, p, degree.d - 1, 0)


def test_a_shared_denominator_is_counted_once() -> None:
    degree = bound(weighted.graph())
    assert (degree.d, degree.e) == (2, 2)
    p, values = along_a_line(weighted.graph(), 8)
    assert not fits(values, p, 1, 2)
    assert not fits(values, p, 2, 1)


def test_oracles_count_their_arguments() -> None:
    algebra = DegreeAlgebra()
    x = algebra.random((4,), np.random.default_rng(0))
    algebra.apply("tanh", x)
    once = algebra.collisions
    algebra.apply("tanh", x)
    assert algebra.oracles == 8
    assert algebra.collisions > 2 * once
    assert once > 0


def test_shapes_agree_with_floats() -> None:
    for name, graph in GRAPHS.items():
        from categorical.semantics import FloatAlgebra

        ctx = Context(FloatAlgebra(), SIZES)
        rng = np.random.default_rng(0)
        runner = Runner(graph, ctx, draw_resources(graph, ctx, rng))
        (found,) = runner(draw_inputs(graph, ctx, rng))
        assert bound(graph).shape == found.shape, name
