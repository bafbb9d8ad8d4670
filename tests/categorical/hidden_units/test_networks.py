"""Composed networks solve modular addition on every pair, exactly and in floats."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from categorical import Dim, SpecError
from categorical.hidden_units import (
    FLIP,
    TURN,
    Weights,
    compose,
    exact_table,
    mixed,
    network,
    order_four,
    order_six,
    solves,
    state,
    tables,
)
from categorical.verdicts import Verdict

MODULI = [*range(2, 14), 23]


def answers(one: dict[str, np.ndarray]) -> np.ndarray:
    """The outputs on all pairs: [a, b, c]."""
    hidden = one["a"][:, None] + one["b"][None]
    return (hidden**2) @ one["c"].T


def target(d: int) -> np.ndarray:
    """2d at a + b, minus 2 everywhere."""
    pairs = np.add.outer(np.arange(d), np.arange(d)) % d
    return 2 * d * np.eye(d)[pairs] - 2


@pytest.mark.parametrize("d", MODULI)
@pytest.mark.parametrize("make", [order_six, order_four])
def test_every_pair_is_answered_exactly(make, d: int) -> None:
    found = solves(make(d))
    assert found.verdict is Verdict.EXACT and found.scope.startswith(f"all {d * d} pairs")


@pytest.mark.parametrize("d", [3, 4, 7, 12, 23])
@pytest.mark.parametrize("make", [order_six, order_four])
@pytest.mark.parametrize("balanced", [True, False])
def test_floats_agree(make, d: int, balanced: bool) -> None:
    one = tables(make(d), balanced)
    assert np.allclose(answers(one), target(d), atol=1e-9)
    single = answers({p: table.astype(np.float32) for p, table in one.items()})
    assert (single.argmax(-1) == target(d).argmax(-1)).all()


def test_tables_are_those_of_exact_numbers() -> None:
    for weights in (order_six(6), order_four(5)):
        floats = tables(weights, balanced=False)
        for p in "abc":
            exact = np.array([[float(v) for v in row] for row in exact_table(weights, p)])
            assert np.allclose(exact, floats[p], atol=1e-12)


def test_balanced_units_have_tables_of_one_size() -> None:
    one = tables(order_six(9))
    inner = np.sqrt((one["a"] ** 2 + one["b"] ** 2).sum(0) / 2)
    assert np.allclose(inner, np.sqrt((one["c"] ** 2).sum(0)))
    assert {name: v.shape for name, v in state(order_six(9)).items()} == {
        "first.weight": (9, 24),
        "second.weight": (9, 24),
        "out.weight": (9, 24),
    }


@pytest.mark.parametrize("d", [5, 8, 9])
def test_broken_weights_are_refuted(d: int) -> None:
    good = mixed(d, (1,))
    changed = {0: "the first unit", good.width - 1: "the constant unit", good.width // 2: "another"}
    for gone in changed:
        left = Weights(d, good.units[:gone] + good.units[gone + 1 :])
        found = solves(left)
        assert found.verdict is Verdict.REFUTED and "is not" in found.reason
        assert not np.allclose(answers(tables(left)), target(d))


def test_a_refutation_names_an_output_that_differs() -> None:
    weights = compose(7, {k: (TURN,) for k in (1, 2, 3)})
    outputs = answers(tables(weights))
    found = solves(weights)
    a, b, c = next(
        (a, b, c)
        for a, b, c in product(range(7), repeat=3)
        if f"output {c} of the pair ({a}, {b})" in found.reason
    )
    assert abs(outputs[a, b, c] - target(7)[a, b, c]) > 1e-6


@pytest.mark.parametrize("power", [16, 31, 61, 62, 63, 64, 70, 3000])
def test_large_weights_do_not_wrap_around(power: int) -> None:
    """A unit that adds 2^(2·power) times a wave; the quarter makes all numerators four times as
    large, so that 2⁶² would be 0 in machine numbers."""
    loud = Weights.of(5, [{("a", 0): 2**power, ("c", 1): 1, ("c", 4): 1}])
    idle = Weights.of(5, [{("b", 0): Fraction(1, 4)}])
    for more in (loud, loud + idle):
        try:
            assert solves(order_six(5) + more).verdict is Verdict.REFUTED
        except SpecError as problem:
            assert "no prime below 2³¹ exceeds" in str(problem)
    assert solves(order_six(5) + idle).verdict is Verdict.EXACT


def test_a_shift_of_the_outputs_is_another_network() -> None:
    """o + 1 still has its largest entry at a + b, and is not the claimed output."""
    extra = Weights.of(5, [{("a", 0): 1, ("c", 0): 1}])
    assert solves(order_six(5)).verdict is Verdict.EXACT
    assert solves(order_six(5) + extra).verdict is Verdict.REFUTED


def test_weights_that_are_not_real_make_no_network() -> None:
    for use in (solves, tables, lambda w: exact_table(w, "a")):
        with pytest.raises(SpecError) as caught:
            use(Weights.of(5, [{("a", 1): 1}]))
        assert caught.value.code == "CM042"


def test_the_arrow_has_the_exact_numbers() -> None:
    weights = compose(5, {1: (FLIP, TURN)})
    first, second, total = (Dim(name, size=5) for name in ("first", "second", "total"))
    one = network(weights, first, second, total, Dim("unit", size=weights.width))
    matrices = {
        node.name: node.box.op["basis"] for node in one.graph().nodes if node.box.name == "hom"
    }
    assert set(matrices) == {"a", "b", "c"}
    table = exact_table(weights, "a")
    entries = dict(zip(matrices["a"].places.tolist(), matrices["a"].values.tolist(), strict=True))
    for j, m in product(range(weights.width), range(5)):
        assert entries.get(j * 5 + m, 0) == table[m][j]
