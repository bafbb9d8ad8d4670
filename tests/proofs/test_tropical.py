"""Normal forms of maxima and minima: equal ones are found, different ones are never made one."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Real, arrow, op
from categorical.graph import Graph
from categorical.records import Context
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run
from proofs.certificate import Proof, bundle, claim
from proofs.checker import check
from proofs.equality import prove_equal
from proofs.monoids.sheet import Sheet, Term, Wire

n = Dim("n")
X = Real[n]


def proved(left: object, right: object) -> bool:
    sides = [arrow(one).graph() for one in (left, right)]  # type: ignore[arg-type]
    found = prove_equal(*sides)
    if isinstance(found, Proof):
        assert check(bundle("0", [claim("equal", found)])).errors == []
    return bool(found)


def nested(x: X, y: X, z: X) -> X:
    return op.maximum(op.maximum(x, y), z)


def other_way(x: X, y: X, z: X) -> X:
    return op.maximum(y, op.maximum(z, x))


def shifted(x: X, y: X, z: X) -> X:
    return op.maximum(x, y) + z


def inside(x: X, y: X, z: X) -> X:
    return op.maximum(z + y, z + x)


def outside(x: X, y: X, z: X) -> X:
    return op.maximum(z + y, x)


def twice(x: X, y: X, z: X) -> X:
    return op.maximum(op.maximum(x, z), op.maximum(x, y))


def least(x: X, y: X, z: X) -> X:
    return op.neg(op.maximum(op.neg(x), op.maximum(op.neg(y), op.neg(z))))


def minimum(x: X, y: X, z: X) -> X:
    return op.minimum(op.minimum(z, x), y)


def doubled(x: X, y: X, z: X) -> X:
    return 2 * op.maximum(x, y) - op.maximum(x, y) + z


def product(x: X, y: X, z: X) -> X:
    return op.maximum(x * z, y * z)


def scaled(x: X, y: X, z: X) -> X:
    return op.maximum(x, y) * z


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (nested, other_way, True),
        (nested, twice, True),
        (shifted, inside, True),
        (shifted, doubled, True),
        (minimum, least, True),
        (shifted, outside, False),
        (nested, shifted, False),
        (nested, minimum, False),
        (scaled, product, False),  # z may be negative
    ],
)
def test_what_is_equal(left: object, right: object, equal: bool) -> None:
    assert proved(left, right) is equal


def random_term(sheet: Sheet, wires: list[Wire], rng: np.random.Generator, depth: int) -> Term:
    """A random term of maxima, minima, sums and multiples."""
    if depth == 0 or rng.random() < 0.15:
        return wires[rng.integers(len(wires))]
    parts = [random_term(sheet, wires, rng, depth - 1) for _ in range(2)]
    kind = rng.integers(4)
    if kind == 0:
        return sheet.plus(*parts)
    if kind == 1:
        return sheet.plus(parts[0], sheet.times(int(rng.integers(-2, 3)), parts[1]))
    return sheet.larger(*parts, 1 if kind == 2 else -1)


def random_graph(seed: int) -> Graph:
    sheet, rng = Sheet(), np.random.default_rng(seed)
    wires = [Wire(sheet.builder.input(X, name)) for name in "xyz"]
    out = random_term(sheet, wires, rng, 3)
    return sheet.builder.finish([sheet.wire(out, X).at])


def test_equal_normal_forms_are_equal_in_floats() -> None:
    graphs = [random_graph(seed) for seed in range(30)]
    rng = np.random.default_rng(0)
    inputs = [rng.standard_normal(7) for _ in range(3)]
    context = Context(FloatAlgebra(), {"n": 7})
    values = [run(graph, context, inputs, {}).outputs[0] for graph in graphs]
    found = 0
    for i, left in enumerate(graphs):
        for j in range(i):
            if prove_equal(left, graphs[j]):
                found += 1
                assert np.allclose(values[i], values[j]), (i, j)
    assert found > 0
