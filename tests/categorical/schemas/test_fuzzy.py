"""Models of sketches in fuzzy sets, against loops, instances, and broken twins."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from categorical.errors import SpecError
from categorical.schemas import FuzzyModel, FuzzySet, Instance, Schema, colimit, limit, product
from categorical.schemas.fuzzy import composed
from categorical.schemas.truth import ALL, BOOLEAN, GODEL, LUKASIEWICZ, PRODUCT, Truth

CHAIN = Schema(
    "chain",
    "A B C",
    {"f": ("A", "B"), "g": ("B", "C"), "h": ("A", "C")},
    {"composite": "f g = h"},
)
SETS = {"A": "ab", "B": "cde", "C": "xy"}


def random(rng: np.random.Generator, truth: Truth, *shape: int) -> Any:
    found = rng.random(shape)
    return np.round(found) if truth is BOOLEAN else found


@pytest.mark.parametrize("truth", ALL, ids=str)
def test_composition_is_a_supremum_of_tensors(truth: Truth) -> None:
    rng = np.random.default_rng(0)
    f, g, h = (random(rng, truth, *shape) for shape in ((2, 3), (3, 4), (4, 2)))
    by_loops = [
        [max(truth.tensor(f[i, j], g[j, k]) for j in range(3)) for k in range(4)] for i in range(2)
    ]
    assert np.allclose(composed(f, g, truth), by_loops)
    left = composed(composed(f, g, truth), h, truth)
    assert np.allclose(left, composed(f, composed(g, h, truth), truth))
    assert composed(np.ones((2, 0)), np.ones((0, 3)), truth).tolist() == [[0.0] * 3] * 2


@pytest.mark.parametrize("truth", ALL, ids=str)
def test_the_degree_of_a_diagram(truth: Truth) -> None:
    rng = np.random.default_rng(1)
    f, g = random(rng, truth, 2, 3), random(rng, truth, 3, 2)
    whole = composed(f, g, truth)
    exact = FuzzyModel(CHAIN, SETS, {"f": f, "g": g, "h": whole}, truth)
    assert np.isclose(exact.degree("composite"), 1.0) and exact.consistent(0.999)
    other = 1 - whole
    twin = FuzzyModel(CHAIN, SETS, {"f": f, "g": g, "h": other}, truth)
    expected = min(
        min(truth.residuum(x, y), truth.residuum(y, x))
        for x, y in zip(whole.ravel(), other.ravel(), strict=True)
    )
    assert np.isclose(twin.degree("composite"), expected) and expected < 0.999


def test_functions_have_degree_1_exactly_where_the_instance_is_a_model() -> None:
    edges = {"f": ("A", "B"), "g": ("A", "B")}
    schema = Schema(
        "equaliser", "A B E", edges, {"one map": "e f = d"}, [limit("E", "f g", e="A", d="B")]
    )
    sets = {"A": range(6), "B": range(3)}
    maps = {"f": lambda x: x % 3, "g": lambda x: x // 2, "e": lambda x: x, "d": lambda x: x % 3}
    good = [x for x in range(6) if x % 3 == x // 2]
    for inside in (good, good[:-1], [*good, 4]):
        instance = Instance(schema, {**sets, "E": inside}, maps)
        for truth in (GODEL, PRODUCT, LUKASIEWICZ):
            found = FuzzyModel.of(instance, truth).degrees()
            assert set(found.values()) <= {0.0, 1.0}
            assert (min(found.values()) == 1.0) == instance.is_model == (inside == good)


PAIRS = Schema("pairs", "A B P", {}, cones=[product("P", p="A", q="B")])


def half_existing(truth: Truth) -> FuzzyModel:
    half = FuzzySet(("a",), np.array([[0.5]]))
    return FuzzyModel(PAIRS, dict.fromkeys("ABP", half), {"p": [[0.5]], "q": [[0.5]]}, truth)


def test_products_of_what_exists_in_part() -> None:
    assert half_existing(GODEL).degrees() == {"limit P": 1.0}
    assert half_existing(PRODUCT).degrees()["limit P"] < 1


def test_the_path_that_stays_is_equality() -> None:
    close = np.array([[1.0, 0.5], [0.5, 1.0]])
    f = composed(close, np.array([[0.9], [0.1]]), PRODUCT)
    schema = Schema("one", "A B", {"f": ("A", "B")})
    model = FuzzyModel(schema, {"A": FuzzySet(("a", "b"), close), "B": "x"}, {"f": f}, PRODUCT)
    assert np.allclose(composed(model.path("1", "A"), model.path("f"), PRODUCT), model.path("f"))


@pytest.mark.parametrize(
    ("sets", "edges", "said"),
    [
        ({"A": FuzzySet(("a",), np.array([[1.5]]))}, {}, "1.5 is no truth value"),
        ({"A": FuzzySet(("a",), np.eye(2))}, {}, "has the shape"),
        (
            {"A": FuzzySet(("a", "b"), np.array([[1.0, 0.5], [0.4, 1.0]]))},
            {},
            "is not symmetric",
        ),
        (
            {
                "A": FuzzySet(
                    ("a", "b", "c"), np.array([[1.0, 0.9, 0.0], [0.9, 1.0, 0.9], [0.0, 0.9, 1.0]])
                )
            },
            {},
            "is not transitive",
        ),
        ({"A": "ab"}, {"f": [[0.5]]}, "has the shape"),
        (
            {"A": FuzzySet(("a", "b"), np.array([[1.0, 0.9], [0.9, 1.0]]))},
            {"f": [[1.0], [0.1]]},
            "does not respect equality",
        ),
        ({"A": FuzzySet(("a",), np.array([[0.5]]))}, {"f": [[0.8]]}, "does not respect equality"),
        ({}, {}, "misses the set `A`"),
        ({"A": "a"}, {"g": [[1.0]]}, "one too many"),
    ],
)
def test_models_that_are_none(sets: dict[str, Any], edges: dict[str, Any], said: str) -> None:
    schema = Schema("one", "A B", {"f": ("A", "B")})
    with pytest.raises(SpecError, match=said):
        FuzzyModel(schema, {"B": "x", **sets}, {"f": [[0.5]], **edges}, PRODUCT)


def test_colimits_of_functions() -> None:
    edges = {"f": ("A", "B"), "g": ("A", "B")}
    schema = Schema("coequaliser", "A B Q", edges, cones=[colimit("Q", "f g", d="A", c="B")])
    pairs = [(0, 1), (1, 2), (3, 4)]
    maps = {"f": lambda e: e[0], "g": lambda e: e[1]}
    good = {"c": lambda v: v // 3, "d": lambda e: e[0] // 3}
    flat = {"c": lambda v: 0, "d": lambda e: 0}
    for legs, points in ((good, 2), (flat, 1), (good, 3)):
        sets = {"A": pairs, "B": range(5), "Q": range(points)}
        instance = Instance(schema, sets, {**maps, **legs})
        for truth in (GODEL, PRODUCT, LUKASIEWICZ):
            found = FuzzyModel.of(instance, truth).degrees()
            assert (min(found.values()) == 1.0) == instance.is_model == (points == 2)


def test_a_quotient_by_a_fuzzy_relation() -> None:
    """Two elements that a diagram makes equal to 0.7, and a third to 0.6: to the t-norm of both."""
    edges = {"f": ("A", "B"), "g": ("A", "B")}
    schema = Schema("coequaliser", "A B Q", edges, cones=[colimit("Q", "f g", d="A", c="B")])
    f, g = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], [[0.0, 0.7, 0.0], [0.0, 0.0, 0.6]]
    for truth, far in ((GODEL, 0.6), (PRODUCT, 0.42), (LUKASIEWICZ, 0.3)):
        equal = np.array([[1.0, 0.7, far], [0.7, 1.0, 0.6], [far, 0.6, 1.0]])
        quotient = FuzzySet(("x", "y", "z"), equal)
        sets = {"A": "ab", "B": "xyz", "Q": quotient}
        legs = {"c": equal, "d": composed(np.array(f), equal, truth)}
        model = FuzzyModel(schema, sets, {"f": f, "g": g, **legs}, truth)
        assert np.isclose(model.degrees()["colimit Q"], 1.0)
        crisp = FuzzyModel(schema, {**sets, "Q": "xyz"}, {"f": f, "g": g, **{
            "c": np.eye(3), "d": f}}, truth)  # fmt: skip
        assert crisp.degrees()["colimit Q"] < 0.5
