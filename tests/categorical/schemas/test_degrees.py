"""Truth values and degrees: t-norm laws on exact fractions, values against formulas by hand."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

import numpy as np
import pytest

from categorical import Dim, Real, op
from categorical.errors import SpecError
from categorical.schemas import Schema, degrees, functor, graded, interpreted
from categorical.schemas.truth import (
    ALL,
    BOOLEAN,
    GODEL,
    LUKASIEWICZ,
    PRODUCT,
    Truth,
    crisp,
    exponential,
    linear,
)

EDGES = {"f": ("A", "B"), "g": ("B", "A")}
CYCLE = Schema("cycle", "A B", EDGES, {"round A": "f g = 1", "round B": "g f = 1"})


def grid(truth: Truth) -> list[Any]:
    return [Fraction(k) for k in truth.values] or [Fraction(k, 5) for k in range(6)]


@pytest.mark.parametrize("truth", ALL, ids=str)
def test_t_norms_are_commutative_monoids_with_a_residuum(truth: Truth) -> None:
    for x, y, z in product(grid(truth), repeat=3):
        t = truth.tensor
        assert t(t(x, y), z) == t(x, t(y, z)) and t(x, y) == t(y, x) and t(x, Fraction(1)) == x
        assert t(x, y) <= y
        assert (t(x, y) <= z) == (x <= truth.residuum(y, z))
        assert (truth.same(x, y) == 1) == (x == y)


def test_a_residuum_of_another_t_norm_is_none() -> None:
    broken = Truth("broken", PRODUCT.tensor, GODEL.residuum)
    values = grid(PRODUCT)
    assert any(
        (broken.tensor(x, y) <= z) != (x <= broken.residuum(y, z))
        for x, y, z in product(values, repeat=3)
    )


@pytest.mark.parametrize(
    ("truth", "similarity", "transitive"),
    [
        (PRODUCT, exponential(0.7), True),
        (LUKASIEWICZ, linear(2.0), True),
        (GODEL, exponential(0.7), False),
        (GODEL, linear(2.0), False),
        (GODEL, crisp, True),
    ],
    ids=["exponential", "linear", "exponential and Gödel", "linear and Gödel", "crisp"],
)
def test_similarities_are_transitive_for_their_t_norm(
    truth: Truth, similarity: Any, transitive: bool
) -> None:
    points = np.random.default_rng(0).normal(size=(12, 2))
    near = similarity(np.linalg.norm(points[:, None] - points[None], axis=-1))
    through = truth.tensor(near[:, :, None], near[None, :, :]).max(axis=1)
    assert bool((through <= near + 1e-12).all()) == transitive
    assert np.allclose(np.diagonal(near), 1)


def test_degrees_are_those_of_the_formulas() -> None:
    data = {"A": np.array([[1.0, 2.0], [3.0, -4.0], [0.0, 0.0]])}
    maps = {"f": lambda x: 2 * x, "g": lambda y: y}
    found = graded(CYCLE, maps, data, similarity=exponential(2.0), truth=PRODUCT)
    (row,) = found.rows
    apart = np.array([1.5, 3.5, 0.0])  # |2x − x|, mean over the entries
    assert row.samples == 3 and np.isclose(row.distance, apart.mean())
    assert np.isclose(row.infimum, np.exp(-1.75)) and np.isclose(row.tensor, np.exp(-2.5))
    assert np.isclose(row.mean, np.exp(-apart / 2).mean())
    godel = graded(CYCLE, maps, data, similarity=linear(7.0), truth=GODEL)["round A"]
    assert godel.infimum == godel.tensor == 0.5
    worst = graded(CYCLE, maps, data, distance="max")["round A"]
    assert np.isclose(worst.infimum, np.exp(-4.0))
    square = graded(CYCLE, maps, data, distance="l2")["round A"]
    assert np.isclose(square.infimum, np.exp(-np.sqrt(12.5)))


def test_a_table_before_and_after() -> None:
    data = {"A": np.ones((4, 2)), "B": np.ones((5, 2))}
    before = graded(CYCLE, {"f": lambda x: x + 1, "g": lambda y: y}, data)
    after = graded(CYCLE, {"f": lambda x: x + 1, "g": lambda y: y - 1}, data)
    table = degrees(before=before, after=after)
    assert "1.0000 → 0.0000" in table and "0.3679 → 1.0000" in table
    assert after.consistent(1.0) and not before.consistent(0.4) and before.consistent(0.3)
    assert [line.split()[0] for line in table.splitlines()] == ["equation", "round", "round"]
    assert "→" not in str(after).splitlines()[0]


def test_the_reference_interpreter_gives_the_functions() -> None:
    a, b = Dim.named("a b")
    nets = functor(
        CYCLE, {"A": Real[a], "B": Real[b]}, {"f": op.linear(a, b), "g": op.linear(b, a)}
    )
    rng = np.random.default_rng(0)
    up = rng.normal(size=(3, 2))
    weights = {
        "f.linear.weight": up,
        "f.linear.bias": np.zeros(3),
        "g.linear.weight": np.linalg.pinv(up),
        "g.linear.bias": np.zeros(2),
    }
    sizes = {"a": 2, "b": 3}
    data = {"A": rng.normal(size=(7, 2)), "B": rng.normal(size=(7, 3))}
    found = graded(CYCLE, interpreted(nets, weights, sizes), data)
    assert np.isclose(found["round A"].infimum, 1.0)  # pinv is a left inverse
    assert found["round B"].infimum < 0.9  # and no right inverse


@pytest.mark.parametrize(
    ("call", "code", "said"),
    [
        (lambda: graded(CYCLE, {}, {"A": np.ones((2, 2))}), "CM054", "needs the edge `f`"),
        (
            lambda: graded(CYCLE, {}, {}, equations=["round A"]),
            "CM054",
            "no data for the equation `round A`",
        ),
        (lambda: graded(CYCLE, {}, {}, distance="l9"), "CM042", "no distance"),
        (lambda: graded(CYCLE, {}, {}), "CM054", "no data for any equation"),
        (lambda: exponential(0.0), "CM041", "the scale 0.0"),
        (lambda: linear(-1.0), "CM041", "the scale -1.0"),
        (lambda: degrees(), "CM042", "no grades"),
        (
            lambda: graded(
                CYCLE,
                {"f": lambda x: x, "g": lambda y: y[:, :1]},
                {"A": np.ones((2, 2))},
            ),
            "CM054",
            "cannot be compared",
        ),
        (
            lambda: graded(
                CYCLE,
                {"f": lambda x: 1.5 * x, "g": lambda y: y},
                {"A": np.ones((2, 2))},
                truth=BOOLEAN,
            ),
            "CM041",
            "no truth value",
        ),
        (
            lambda: graded(
                CYCLE, {"f": lambda x: x * np.nan, "g": lambda y: y}, {"A": np.ones((2, 2))}
            ),
            "CM041",
            "nan is no truth value",
        ),
    ],
)
def test_what_has_no_degree(call: Any, code: str, said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        call()
    assert caught.value.code == code and caught.value.help


LOOP = Schema("loop", "X", {"s": ("X", "X")}, {"still": "s = 1"})


@pytest.mark.parametrize("kind", [np.uint8, np.int8, np.bool_, np.float16, np.float32])
def test_differences_of_narrow_numbers_do_not_wrap_around(kind: Any) -> None:
    """Black is 255 away from white, and not 1."""
    largest = 1 if kind is np.bool_ else np.iinfo(kind).max if kind().dtype.kind in "iu" else 255
    points, other = np.zeros((2, 3), kind), np.full((2, 3), largest, kind)
    for data, made in ((points, other), (other, points)):
        found = graded(LOOP, {"s": lambda x, made=made: made}, {"X": data})
        assert found["still"].distance == largest
    assert graded(LOOP, {"s": lambda x: x}, {"X": other})["still"].distance == 0


@pytest.mark.parametrize("data", [np.array("a"), np.array([["a"]]), 3.0, np.ones((2, 0))])
def test_what_is_no_batch_of_numbers_is_refused(data: Any) -> None:
    with pytest.raises(SpecError, match="cannot be compared"):
        graded(LOOP, {"s": lambda x: x}, {"X": data})


def test_weights_of_the_edges_are_asked_for_by_name() -> None:
    n, m = Dim.named("n m")
    nets = functor(
        CYCLE, {"A": Real[n], "B": Real[m]}, {"f": op.linear(n, m), "g": op.linear(m, n)}
    )
    weights = {f"{edge}.linear.bias": np.zeros(k) for edge, k in (("f", 3), ("g", 2))}
    weights["f.linear.weight"] = np.zeros((3, 2))
    for more, sizes, said in (
        ({}, {"n": 2, "m": 3}, "the edge `g` needs `g.linear.weight`"),
        ({"g.linear.weight": np.zeros((3, 2))}, {"n": 2, "m": 3}, "the shape given  (3, 2)"),
        ({"g.linear.weight": np.zeros((2, 3))}, {"n": 2}, "the size of `m` is not given"),
    ):
        with pytest.raises(SpecError) as caught:
            interpreted(nets, {**weights, **more}, sizes)
        assert said in str(caught.value)
    assert interpreted(nets, {**weights, "g.linear.weight": np.zeros((2, 3))}, {"n": 2, "m": 3})


def test_grades_in_a_table_have_names() -> None:
    found = graded(CYCLE, {"f": lambda x: x, "g": lambda x: x}, {"A": np.ones((1, 1))})
    with pytest.raises(SpecError, match="without a name"):
        degrees(found)
