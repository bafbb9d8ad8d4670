"""Functors into finite sets: equations and cones, each against a broken twin."""

from __future__ import annotations

import pytest

from categorical.errors import SpecError
from categorical.schemas import Instance, Schema, colimit, coproduct, limit, product
from tests.categorical.algebras.verdicts import every

LOOP = Schema("involution", "X", {"s": ("X", "X")}, {"twice": "s s = 1"})
FUNCTIONS = {"f": ("A", "B"), "g": ("A", "B")}


def test_the_least_counterexample_is_the_first_element() -> None:
    table = {0: 0, 1: 2, 2: 1, 3: 4, 4: 5, 5: 3}
    (found,) = Instance(LOOP, {"X": range(6)}, {"s": table}).violations()
    assert (found.at, found.left, found.right, found.count, found.of) == (3, 5, 3, 3, 6)
    assert Instance(LOOP, {"X": range(6)}, {"s": lambda x: 5 - x}).is_model


def test_equations_are_laws_with_twins() -> None:
    good = Instance(LOOP, {"X": range(6)}, {"s": lambda x: 5 - x})
    bad = Instance(LOOP, {"X": range(6)}, {"s": lambda x: (x + 1) % 6})
    assert every(good.laws()) == {"TESTED"}
    assert every(bad.laws()) == {"REFUTED"}
    one = Instance(LOOP, {"X": [0]}, {"s": lambda x: x})
    assert every(one.laws()) == {"VACUOUS"}  # on one point no function can be changed
    assert Instance(LOOP, {"X": []}, {"s": {}}).laws() == []


@pytest.mark.parametrize(
    ("sets", "functions", "said"),
    [
        ({"X": "ab"}, {"s": {"a": "b"}}, "no value at 'b'"),
        ({"X": "ab"}, {"s": {"a": "b", "b": "c"}}, "leaves its set"),
        ({"X": "ab"}, {}, "misses the edge `s`"),
        ({}, {"s": {}}, "misses the set of `X`"),
        ({"X": "ab", "Y": "c"}, {"s": {"a": "b", "b": "a"}}, "no object `Y`"),
        ({"X": "ab"}, {"s": {"a": "b", "b": "a"}, "t": {}}, "no edge `t`"),
    ],
)
def test_instances_that_are_none(
    sets: dict[str, str], functions: dict[str, dict[str, str]], said: str
) -> None:
    with pytest.raises(SpecError, match=said) as caught:
        Instance(LOOP, sets, functions)
    assert caught.value.code == "CM054" and caught.value.help


def test_products() -> None:
    schema = Schema("pairs", "A B P", {}, cones=[product("P", p="A", q="B")])
    sets = {"A": "ab", "B": [0, 1, 2]}
    assert Instance(schema, sets, {}).is_model
    rows = [(x, y) for x in "ab" for y in range(3)]
    for given, reached in ((rows[:-1], "0 elements"), ([*rows, ("again", 0)], "2 elements")):
        legs = {
            "p": {r: "a" if r[0] == "again" else r[0] for r in given},
            "q": {r: r[1] for r in given},
        }
        (found,) = Instance(schema, {**sets, "P": given}, legs).violations()
        assert found.name == "limit P" and str(found.left).startswith(reached)


def test_equalisers_and_pullbacks() -> None:
    schema = Schema("equaliser", "A B E", FUNCTIONS, cones=[limit("E", "f g", e="A", d="B")])
    sets = {"A": range(6), "B": range(3)}
    maps = {"f": lambda x: x % 3, "g": lambda x: x // 2, "e": lambda x: x, "d": lambda x: x % 3}
    good = [x for x in range(6) if x % 3 == x // 2]
    assert Instance(schema, {**sets, "E": good}, maps).is_model
    small = Instance(schema, {**sets, "E": good[:-1]}, maps).violations()
    assert [v.name for v in small] == ["limit E"]
    large = Instance(schema, {**sets, "E": [*good, 4]}, maps).violations()
    assert [v.name for v in large] == ["cone E: e ; g = d"]

    over = [("p", "f", "r"), ("q", "g", "r")]
    meet = {"f": ("A", "C"), "g": ("B", "C")}
    pull = Schema("pullback", "A B C P", meet, cones=[limit("P", over, p="A", q="B", r="C")])
    pairs = [(x, y) for x in range(4) for y in range(4) if x % 2 == y // 2]
    maps = {
        "f": lambda x: x % 2,
        "g": lambda y: y // 2,
        "p": lambda z: z[0],
        "q": lambda z: z[1],
        "r": lambda z: z[0] % 2,
    }
    sets = {"A": range(4), "B": range(4), "C": range(2)}
    assert Instance(pull, {**sets, "P": pairs}, maps).is_model
    assert not Instance(pull, {**sets, "P": pairs[1:]}, maps).is_model


def test_colimits() -> None:
    schema = Schema("sum", "A B S", {}, cones=[coproduct("S", i="A", j="B")])
    sets = {"A": "ab", "B": "bc"}
    legs = {"i": lambda x: (0, x), "j": lambda x: (1, x)}
    whole = [(0, "a"), (0, "b"), (1, "b"), (1, "c")]
    assert Instance(schema, {**sets, "S": whole}, legs).is_model
    glued = {"i": lambda x: x, "j": lambda x: x}
    assert not Instance(schema, {**sets, "S": "abc"}, glued).is_model
    assert not Instance(schema, {**sets, "S": [*whole, "more"]}, legs).is_model

    quotient = Schema("coequaliser", "A B Q", FUNCTIONS, cones=[colimit("Q", "f g", d="A", c="B")])
    edges = [(0, 1), (1, 2), (3, 4)]
    maps = {"f": lambda e: e[0], "g": lambda e: e[1]}
    parts = {"c": lambda v: v // 3, "d": lambda e: e[0] // 3}
    sets = {"A": edges, "B": range(5), "Q": range(2)}
    assert Instance(quotient, sets, {**maps, **parts}).is_model
    one = {"c": lambda v: 0, "d": lambda e: 0}
    assert not Instance(quotient, {**sets, "Q": [0]}, {**maps, **one}).is_model
