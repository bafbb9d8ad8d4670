"""Random architectures: R as an expression is what autograd does, and R is a functor; planted
mistakes are found by the same comparison."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache

import pytest

from categorical.derivatives import records
from categorical.derivatives.records import RECORDS
from tests.fuzz import gradients
from tests.fuzz.gradients import apart, attempt, composite_differs, cut, term
from tests.fuzz.terms import SIZES

SEEDS = range(7000, 7030)


@pytest.mark.parametrize("first", range(SEEDS.start, SEEDS.stop, 10))
def test_the_reverse_derivative_is_autograd_and_a_functor(first: int) -> None:
    compared: Counter[str] = Counter()
    for seed in range(first, first + 10):
        found = attempt(seed)
        assert not found.problem, f"seed {seed}: {found.problem}"
        compared.update(found.compared)
    assert compared["random points"] >= 9 and compared["composites"] >= 8
    assert compared["kinks"] >= 6


# --- canaries -------------------------------------------------------------------------------------


@cache
def operations(seed: int) -> frozenset[str]:
    """The operations of a term, outside of bodies."""
    return frozenset(node.box.name for node in term(seed).nodes)


def occurrences(name: str) -> list[int]:
    """Seeds of terms with an operation."""
    return [seed for seed in range(150) if name in operations(seed)][:8]


def negated(name: str):
    """A record whose first cotangent has the wrong sign."""
    right = RECORDS[name]

    def wrong(calc, node, box, g):
        found = right(calc, node, box, g)
        if found is None:
            return None
        return [calc.neg(w) if w is not None and i == first(found) else w
                for i, w in enumerate(found)]  # fmt: skip

    def first(found):
        return next((i for i, w in enumerate(found) if w is not None), -1)

    return wrong


def dropped(name: str):
    """A record that forgets its last cotangent."""
    right = RECORDS[name]

    def wrong(calc, node, box, g):
        found = right(calc, node, box, g)
        if found is None:
            return None
        last = max((i for i, w in enumerate(found) if w is not None), default=-1)
        return [None if i == last else w for i, w in enumerate(found)]

    return wrong


OPERATIONS = (
    *("mul", "sub", "add", "linear", "einsum", "sum", "mean", "where", "softmax", "tanh"),
    *("expand", "transpose", "max", "layer_norm", "concat", "gather"),
)


@pytest.mark.parametrize("plant", [negated, dropped])
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_wrong_record_is_found(name: str, plant, monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = occurrences(name)
    assert len(seeds) >= 2
    monkeypatch.setitem(RECORDS, name, plant(name))
    assert any(apart(term(seed), seed) for seed in seeds)


def test_a_wrong_slope_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One part in a million."""
    from categorical.semantics import slopes

    right = slopes.SLOPES["gelu"]
    monkeypatch.setitem(slopes.SLOPES, "gelu", lambda x, y, p: right(x, y, p) * (1 + 1e-6))
    assert any(apart(term(seed), seed) for seed in occurrences("gelu"))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("relu", lambda x, y, p: 1 - (-x)("relu")("sign")),
        ("abs", lambda x, y, p: x("relu")("sign") * 2 - 1),
        ("relu6", lambda x, y, p: (1 - (-x)("relu")("sign")) * (1 - (x - 6)("relu")("sign"))),
    ],
)
def test_another_convention_is_found_at_kinks_only(
    name: str, wrong, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slopes that are right almost everywhere."""
    from categorical.semantics import slopes

    monkeypatch.setitem(slopes.SLOPES, name, wrong)
    seeds = [seed for seed in range(150) if name in operations(seed)]
    assert not any(apart(term(seed), seed) for seed in seeds[:4])
    assert any(apart(term(seed), seed, kinks=True) for seed in seeds)


def test_a_record_that_looks_around_is_no_functor(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sign of what it gives depends on what stands before it: the parts do not know that."""
    right = RECORDS["linear"]

    def wrong(calc, node, box, g):
        found = right(calc, node, box, g)
        if found is None or len(calc.builder.graph.nodes) % 2:
            return found
        return [calc.neg(found[0]), *found[1:]]

    monkeypatch.setitem(RECORDS, "linear", wrong)
    assert any(composite_differs(term(seed), seed) for seed in occurrences("linear"))


def test_a_composite_of_lenses_in_the_wrong_order_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second derivative is taken at another point: at twice what the first arrow gives."""
    right = gradients.Lens

    class Wrong(right):
        def __rshift__(self, other):
            from categorical import op
            from categorical.lenses.gluing import glued

            doubled = glued(
                "doubled", self.get.dom,
                lambda use, w: tuple(
                    use(op.scale(2).at(t), (x,))[0] if t.kind == "real" else x
                    for t, x in zip(self.get.cod, use(self.get, w), strict=True)
                ),
            )  # fmt: skip
            return right(doubled, self.put) >> right(other.get, other.put)

    monkeypatch.setattr(gradients, "Lens", Wrong)
    found = [composite_differs(term(seed), seed) for seed in range(40)]
    assert found.count(True) > 5


# --- cuts -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(5))
def test_a_cut_is_a_composite(seed: int) -> None:
    """The parts compose to the whole: the same types, and all nodes."""
    from categorical.derivatives.explicit import opened, weights_as_inputs

    whole = weights_as_inputs(opened(term(seed), SIZES))
    for place in {0, len(whole.nodes), random.Random(seed).randint(0, len(whole.nodes))}:
        first, second = cut(whole, place)
        assert first.cod == second.dom
        assert (first >> second).dom == whole.dom and (first >> second).cod == whole.cod
        assert len((first >> second).graph().nodes) == len(whole.nodes)


def test_every_record_can_be_wrong_in_this_test() -> None:
    assert set(OPERATIONS) <= set(records.RECORDS)
