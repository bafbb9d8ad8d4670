"""Gather, scatter and their kin against loops; functor laws; batches of maps."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from categorical import Bool, Dim, Fin, Real, op
from categorical.errors import SpecError
from categorical.functors import stack, union
from categorical.naturality import BIJECTION, FUNCTION, LINEAR, NONE
from categorical.records import Init
from tests.categorical.ops.support import (
    agrees_in_a_field,
    claimed,
    derivative_agrees,
    drawn,
    evaluate,
    lifts,
    typed,
)

n, v, e, c, k, b, d = Dim.named("n v e c k b d")
SIZES = {"n": 4, "v": 3, "e": 5, "c": 2, "k": 4, "b": 2, "d": 6}
KEY = n.at("key")

CASES = {
    "gather": (op.gather(v), [Real[v, c], Fin(v)[e]]),
    "gather inside": (op.gather(v), [Real[c, v, k], Fin(v)[e, n]]),
    "gather one": (op.gather(v), [Real[v, c], Fin(v).scalar]),
    "gather aligned": (op.gather(v), [Real[c, v, b], Fin(v)[b, e]]),
    "gather itself": (op.gather(n), [Real[n, c], Fin(n)[n]]),
    "gather indices": (op.compose_indices(e), [Fin(v)[e], Fin(e)[k]]),
    "gather mask": (op.gather(v), [Bool[v, c], Fin(v)[e]]),
    "scatter": (op.scatter(v), [Real[e, c], Fin(v)[e]]),
    "scatter inside": (op.scatter(v, over=e), [Real[c, e, b], Fin(v)[b, e]]),
    "scatter many": (op.scatter(v, over=(e, k)), [Real[e, c, k], Fin(v)[k, e]]),
    "scatter mean": (op.scatter(v, "mean", over=e), [Real[b, e, c], Fin(v)[b, e]]),
    "scatter max": (op.scatter(v, "max", over=e), [Real[e, b, c], Fin(v)[b, e]]),
    "degree": (op.degree(v, e), [Fin(v)[b, e]]),
    "embedding": (op.embedding(v, d), [Fin(v)[n]]),
    "embedding scalar": (op.embedding(v, d), [Fin(v).scalar]),
    "one_hot": (op.one_hot(v), [Fin(v)[n, e]]),
}


@pytest.mark.parametrize("name", CASES)
def test_other_algebras_and_lifts(name: str) -> None:
    arrow, types = CASES[name]
    if name != "scatter max":  # a field has no order
        agrees_in_a_field(arrow, types, SIZES)
    derivative_agrees(arrow, types, SIZES)
    lifts(arrow, types, SIZES)


def run(name: str) -> tuple[list[np.ndarray], np.ndarray]:
    graph = typed(*CASES[name])
    inputs, weights = drawn(graph, SIZES)
    (out,) = evaluate(graph, SIZES, inputs, weights)
    return [*inputs, *weights], out


def test_gather_against_loops() -> None:
    (x, index), got = run("gather inside")
    assert got.shape == (2, 5, 4, 4)
    for i, p, q, j in np.ndindex(*got.shape):
        assert got[i, p, q, j] == x[i, index[p, q], j]
    (x, index), got = run("gather aligned")
    assert got.shape == (2, 5, 2)
    for i, p, j in np.ndindex(*got.shape):
        assert got[i, p, j] == x[i, index[j, p], j]
    (x, index), got = run("gather itself")
    assert np.array_equal(got, x[index])
    (x, index), got = run("gather one")
    assert np.array_equal(got, x[int(index)])


@pytest.mark.parametrize("monoid", ["sum", "mean", "max"])
def test_scatter_against_loops(monoid: str) -> None:
    graph = typed(op.scatter(v, monoid, over=e), [Real[c, e, b], Fin(v)[b, e]])
    assert graph.cod == (Real[c, v, b],)
    (x, index), _ = drawn(graph, SIZES)
    index[0] = [0, 2, 2, 0, 2]  # nothing goes to 1
    (got,) = evaluate(graph, SIZES, [x, index])
    for i, target, j in np.ndindex(*got.shape):
        fibre = [x[i, p, j] for p in range(5) if index[j, p] == target]
        reduce = {"sum": np.sum, "mean": np.mean, "max": np.max}[monoid]
        assert np.isclose(got[i, target, j], reduce(fibre) if fibre else 0)


def test_scatter_over_several_axes() -> None:
    (x, index), got = run("scatter many")
    want = np.zeros((3, 2))
    for p, q in itertools.product(range(5), range(4)):
        want[index[q, p]] += x[p, :, q]
    np.testing.assert_allclose(got, want)


def test_lookups_against_loops() -> None:
    (index,), got = run("degree")
    assert np.array_equal(got, [np.bincount(row, minlength=3) for row in index])
    (index, weight), got = run("embedding")
    assert np.array_equal(got, weight[index])
    (index,), got = run("one_hot")
    assert np.array_equal(got, np.eye(3)[index])


def test_functor_laws() -> None:
    """Pulling back along a composite is pulling back twice; pushing forward, the other way."""
    rng = np.random.default_rng(0)
    f, g = rng.integers(0, 3, 5), rng.integers(0, 5, 4)
    x, y = rng.standard_normal((3, 2)), rng.standard_normal((4, 2))
    (composite,) = evaluate(typed(*CASES["gather indices"]), SIZES, [f, g])

    def pull(source, along, target):
        return typed(op.gather(source), [Real[source, c], Fin(source)[target]])

    def push(source, into):
        return typed(op.scatter(into), [Real[source, c], Fin(into)[source]])

    (once,) = evaluate(pull(v, e, k), SIZES, [x, composite])
    (half,) = evaluate(pull(v, v, e), SIZES, [x, f])
    np.testing.assert_array_equal(once, evaluate(pull(e, e, k), SIZES, [half, g])[0])
    (once,) = evaluate(push(k, v), SIZES, [y, composite])
    (half,) = evaluate(push(k, e), SIZES, [y, g])
    np.testing.assert_allclose(once, evaluate(push(e, v), SIZES, [half, f])[0])


def test_adjoint() -> None:
    """⟨scatter m, x⟩ = ⟨m, gather x⟩."""
    rng = np.random.default_rng(1)
    index, m, x = rng.integers(0, 3, 5), rng.standard_normal((5, 2)), rng.standard_normal((3, 2))
    (pushed,) = evaluate(typed(*CASES["scatter"]), SIZES, [m, index])
    (pulled,) = evaluate(typed(*CASES["gather"]), SIZES, [x, index])
    assert np.isclose((pushed * x).sum(), (m * pulled).sum())


def test_what_is_claimed() -> None:
    for name, dim, kinds in (
        ("gather", v, BIJECTION),
        ("gather", e, FUNCTION),
        ("gather", c, LINEAR),
        ("gather aligned", b, FUNCTION),
        ("gather indices", v, BIJECTION),
        ("gather indices", k, FUNCTION),
        ("scatter", v, BIJECTION),
        ("scatter", e, BIJECTION),
        ("scatter", c, LINEAR),
        ("scatter inside", b, FUNCTION),
        ("scatter max", c, FUNCTION),
        ("degree", v, BIJECTION),
        ("degree", b, FUNCTION),
        ("embedding", v, NONE),
        ("embedding", d, NONE),
        ("embedding", n, FUNCTION),
        ("one_hot", v, BIJECTION),
        ("one_hot", n, FUNCTION),
    ):
        assert claimed(*CASES[name], dim) == kinds, (name, dim)


def test_types() -> None:
    assert op.gather(v).at(Real[v, c], Fin(v)[e, n]).cod == (Real[e, n, c],)
    assert op.gather(v.at("x")).at(Real[v, v.at("x")], Fin(v)[e]).cod == (Real[v, e],)
    assert op.scatter(v.at("x")).at(Real[e, v], Fin(v)[e]).cod == (Real[v.at("x"), v],)
    (weight,) = op.embedding(v, d).op.box((Fin(v)[n],)).resources
    assert weight.space is Real[v, d] and weight.init == Init("normal", (1.0,))
    (weight,) = op.embedding(v, v).op.box((Fin(v)[n],)).resources
    assert weight.space is Real[v.at("out"), v]


@pytest.mark.parametrize(
    ("code", "make"),
    [
        ("CM039", lambda: op.gather(v).at(Real[v, c], Fin(c)[e])),
        ("CM039", lambda: op.scatter(v).at(Real[e, c], Fin(c)[e])),
        ("CM039", lambda: op.embedding(v, c).at(Fin(c)[e])),
        ("CM039", lambda: op.compose_indices(e).at(Fin(v)[e], Fin(v)[k])),
        ("CM011", lambda: op.gather(v).at(Real[v, c], Real[e])),
        ("CM011", lambda: op.scatter(v).at(Fin(v)[e], Fin(v)[e])),
        ("CM011", lambda: op.one_hot(v).at(Real[e])),
        ("CM005", lambda: op.gather(v).at(Real[c], Fin(v)[e])),
        ("CM005", lambda: op.scatter(v).at(Real[c], Fin(v)[e])),
        ("CM006", lambda: op.scatter(v).at(Real[e, b], Fin(v)[e, b])),
        ("CM006", lambda: op.gather(n).at(Real[n, KEY], Fin(n)[e])),
        ("CM007", lambda: op.gather(v).at(Real[v])),
        ("CM007", lambda: op.degree(v)),
        ("CM025", lambda: op.scatter(v, "product")),
    ],
)
def test_mistakes(code: str, make: object) -> None:
    with pytest.raises(SpecError) as caught:
        make()  # type: ignore[operator]
    assert caught.value.code == code


def test_an_index_outside_the_set_is_refused() -> None:
    for name in ("gather", "scatter", "embedding", "one_hot", "degree"):
        graph = typed(*CASES[name])
        inputs, weights = drawn(graph, SIZES)
        for wrong in (-1, 3):
            place = next(i for i, t in enumerate(graph.dom) if t.kind == "fin")
            inputs[place] = np.full_like(inputs[place], wrong)
            with pytest.raises(ValueError, match=r"outside 0\.\.2"):
                evaluate(graph, SIZES, inputs, weights)


def test_a_union_of_graphs_can_be_stacked() -> None:
    """The scatter that pools a union knows its own axis, so a batch axis in front is no guess."""
    vertex, edge = Dim("vertex", varies=True), Dim("edge", varies=True)
    sample, batch = Dim("sample"), Dim("batch")
    x, target = Real[edge, c], Fin(vertex)[edge]
    arrow = op.scatter(vertex).at(x, target) >> op.mean(vertex)
    joined = union(arrow, sample=sample)
    sizes = {"vertex": 4, "edge": 5, "sample": 2, "batch": 3, "c": 2}
    graph = stack(joined, batch).graph()
    assert graph.cod == (Real[batch, sample, c],)
    inputs, _ = drawn(graph, sizes)
    (together,) = evaluate(graph, sizes, inputs)
    for row in range(3):
        (alone,) = evaluate(joined.graph(), sizes, [one[row] for one in inputs])
        np.testing.assert_allclose(together[row], alone)
