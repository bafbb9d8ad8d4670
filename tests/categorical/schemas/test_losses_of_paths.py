"""Path losses: their values against numpy, the laws of a loss, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from categorical import Architecture, Arrow, Dim, Real, architecture, discard, laws, op
from categorical.errors import SpecError
from categorical.records import Context
from categorical.schemas import Schema, SchemaFunctor, functor, losses, product
from categorical.schemas.constructions import coupling
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run
from synthesis.ladder import check

a, b, h, sample = Dim.named("a b h sample")
EDGES = {"f": ("A", "B"), "g": ("B", "A")}
CYCLE = Schema("cycle", "A B", EDGES, {"round A": "f g = 1", "round B": "g f = 1"})
SIZES = {"a": 3, "b": 4, "h": 5, "sample": 6}


def nets(target: Dim = b) -> SchemaFunctor:
    f = op.linear(a, h) >> op.tanh >> op.linear(h, target)
    g = op.linear(target, h) >> op.tanh >> op.linear(h, a)
    return functor(CYCLE, {"A": Real[a], "B": Real[target]}, {"f": f, "g": g})


def values(arrow: Arrow, inputs: Sequence[Any], weights: dict[str, Any]) -> list[Any]:
    graph = arrow.graph()
    ctx = Context(FloatAlgebra(), SIZES)
    return run(graph, ctx, list(inputs), {k: weights[k] for k in graph.resources(SIZES)}).outputs


def random_weights(arrow: Arrow, rng: np.random.Generator) -> dict[str, Any]:
    return {
        k: rng.normal(size=tuple(axis.size.evaluate(SIZES) for axis in r.space.axes))
        for k, r in arrow.graph().resources(SIZES).items()
    }


def network(weights: dict[str, Any], edge: str, x: Any) -> Any:
    first, second = (weights[f"{edge}.linear.weight"], weights[f"{edge}.linear_2.weight"])
    hidden = np.tanh(x @ first.T + weights[f"{edge}.linear.bias"])
    return hidden @ second.T + weights[f"{edge}.linear_2.bias"]


def test_the_losses_are_those_of_numpy() -> None:
    rng = np.random.default_rng(0)
    found = losses(
        nets(),
        weights={"round A": 10.0},
        metrics={"round B": "l2"},
        over=sample,
    )
    weights = random_weights(found.arrow, rng)
    x, y = rng.normal(size=(6, 3)), rng.normal(size=(6, 4))

    def f(batch: Any) -> Any:
        return network(weights, "f", batch)

    def g(batch: Any) -> Any:
        return network(weights, "g", batch)

    one, two = values(found.arrow, [x, y], weights)
    assert np.isclose(one, 10 * np.abs(g(f(x)) - x).mean())
    assert np.isclose(two, ((f(g(y)) - y) ** 2).mean())
    assert not np.isclose(two, np.abs(f(g(y)) - y).mean())
    assert np.isclose(values(found.total, [x, y], weights)[0], one + two)
    alone = found.arrows["round B"]
    assert np.isclose(values(alone, [y], weights)[0], two)


def test_some_equations_are_paid_for() -> None:
    found = losses(nets(), equations=["round B"])
    assert found.names == ("round B",) and found.reads == ("B",)
    with pytest.raises(SpecError, match="no equation `round C`"):
        losses(nets(), equations=["round C"])


def test_a_measure_pushes_data_along_a_path() -> None:
    rng = np.random.default_rng(1)
    found = losses(nets(), measures={"round A": "g"})
    assert found.reads == ("B",)
    weights = random_weights(found.arrow, rng)
    y = rng.normal(size=4)
    x = network(weights, "g", y)
    again = network(weights, "g", network(weights, "f", x))
    assert np.isclose(values(found.arrow, [y], weights)[0], np.abs(again - x).mean())


def test_identity_losses() -> None:
    rng = np.random.default_rng(2)
    found = losses(nets(a), identities=["f", "g"], weights={"identity f": 5.0})
    assert found.names == ("round A", "round B", "identity f", "identity g")
    weights = random_weights(found.arrow, rng)
    x, y = rng.normal(size=3), rng.normal(size=3)
    outs = values(found.arrow, [x, y], weights)
    assert np.isclose(outs[2], 5 * np.abs(network(weights, "f", y) - y).mean())
    assert np.isclose(outs[3], np.abs(network(weights, "g", x) - x).mean())
    with pytest.raises(SpecError, match="no identity loss"):
        losses(nets(), identities=["f"])


def by_construction(shared: bool = True) -> SchemaFunctor:
    wire = Real[h]
    pair = coupling(Real[a], wire, op.linear(a, h) >> op.tanh >> op.linear(h, h))
    back = pair if shared else coupling(Real[a], wire, op.linear(a, h), name="other")
    space = Real[a] * wire
    return functor(CYCLE, {"A": space, "B": space}, {"f": pair.forward, "g": back.backward})


def verdicts(model: Architecture) -> dict[str, str]:
    return {one.law: one.verdict.value for one in check(model)}


def test_losses_are_at_least_0_and_0_where_the_equations_hold() -> None:
    zero = op.zeros(Real) @ op.zeros(Real)
    cases = [("l1", True, "EXACT"), ("l2", True, "PROVED"), ("l1", False, "REFUTED")]
    for metric, shared, wanted in cases:
        arrow = losses(by_construction(shared), metric).arrow
        nothing = laws.commutes(arrow, discard(arrow.dom) >> zero, name="0 at all data")
        made = architecture(arrow.named("losses"), laws=[laws.bounded(low=0), nothing])
        found = verdicts(made)
        assert found["0 at all data"] == wanted
        assert found[next(k for k in found if k.startswith("bounded"))] == "PROVED"
    negative = losses(by_construction(False)).arrow >> (op.neg @ op.neg)
    assert set(
        verdicts(architecture(negative.named("n"), laws=[laws.bounded(low=0)])).values()
    ) == {"REFUTED"}


def test_a_product_sums_over_its_wires() -> None:
    edges = {"c": ("AB", "C"), "d": ("C", "AB")}
    task = Schema("task", "A B AB C", edges, {"round": "c d = 1"}, [product("AB", p="A", q="B")])
    spaces = {"A": Real[a], "B": Real[b], "C": Real[a + b]}
    swap_order = {"c": op.concat(a, b), "d": op.unconcat(a, b)}
    found = losses(functor(task, spaces, swap_order), "l2")
    x, y = np.arange(3.0), np.arange(4.0)
    assert values(found.arrow, [x, y], {}) == [0.0]
    doubled = {"c": op.concat(a, b), "d": op.unconcat(a, b) >> (op.scale(2.0) @ op.scale(3.0))}
    twin = losses(functor(task, spaces, doubled), "l2")
    expected = (x**2).mean() + ((2 * y) ** 2).mean()
    assert np.isclose(values(twin.arrow, [x, y], {})[0], expected)


@pytest.mark.parametrize(
    ("more", "code", "said"),
    [
        ({"weights": {"round C": 1.0}}, "CM054", "no equation `round C`"),
        ({"weights": {"round A": 0.0}}, "CM041", "the weight of `round A` is 0"),
        ({"metric": "l7"}, "CM042", "the metric 'l7'"),
        ({"measures": {"round A": "f"}}, "CM054", "does not end where"),
        ({"metric": lambda wire: op.relu.at(wire)}, "CM042", "does not compare two values"),
    ],
)
def test_losses_that_are_none(more: dict[str, Any], code: str, said: str) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        losses(nets(), **more)
    assert caught.value.code == code and caught.value.help


def test_no_equation_no_loss() -> None:
    free = Schema("free", "A B", EDGES)
    spaces = {"A": Real[a], "B": Real[b]}
    with pytest.raises(SpecError, match="there is no loss"):
        losses(functor(free, spaces, {"f": op.linear(a, b), "g": op.linear(b, a)}))
