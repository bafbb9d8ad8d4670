"""Searching for sizes that satisfy conditions."""

import itertools
import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from categorical.sizes import (
    Condition,
    Size,
    divides,
    equal,
    floor_div,
    least_counterexample,
    nonneg,
    positive,
    solutions,
)
from tests.categorical.expressions import (
    Tree,
    trees,
)

n, m, d, h, e, g = (Size.symbol(s) for s in "nmdheg")
NAMES = ("a", "b", "c")
relaxed = settings(deadline=None, max_examples=150)


# -- assignments ------------------------------------------------------------------------------

CASES: list[tuple[list[Condition], list[str]]] = [
    ([divides(h, d)], ["d", "h"]),
    ([divides(h, d), divides(g, d // h), nonneg(d - n)], ["n", "d", "h", "g"]),
    ([divides(2 * h, d), positive(n - 3), equal(e, 2 * g)], ["n", "d", "h", "e", "g", "m"]),
    ([nonneg(d // h - n)], ["n", "d", "h"]),
    ([equal(n, d // h + 1)], ["n", "d", "h"]),
    ([divides(n + 1, m), nonneg(h - d)], ["n", "m", "h", "d"]),
    ([equal(d, h * n), equal(d, g * m)], ["d", "h", "n", "g", "m"]),
    ([], ["n", "m", "d", "h", "e", "g"]),
]


@pytest.mark.parametrize(("conditions", "names"), CASES, ids=lambda x: ", ".join(map(str, x)))
def test_solutions_satisfy_are_distinct_and_do_not_repeat(
    conditions: list[Condition], names: list[str]
) -> None:
    found = list(itertools.islice(solutions(conditions, names, rng=random.Random(1)), 20))
    assert len(found) == 20
    assert len({tuple(env.values()) for env in found}) == 20
    for env in found:
        assert list(env) == names
        assert all(c.holds(env) for c in conditions)
        assert all(v >= 1 for v in env.values())
        assert len(set(env.values())) == len(names)


def test_solutions_reach_one_two_and_three() -> None:
    seen = {v for env in solutions([divides(h, d)], ["d", "h"], bound=3) for v in env.values()}
    assert {1, 2, 3} <= seen
    pairs = {(env["n"], env["m"]) for env in solutions([], ["n", "m"], bound=3)}
    assert pairs == set(itertools.product((1, 2, 3), repeat=2))
    every = solutions([nonneg(n - m)], ["n", "m"], avoid_equal=False, bound=3)
    assert sorted((env["n"], env["m"]) for env in every) == [
        (1, 1), (2, 1), (2, 2), (3, 1), (3, 2), (3, 3),
    ]  # fmt: skip


def test_distinct_values_come_first() -> None:
    order = [len(set(env.values())) for env in solutions([], ["n", "m"], bound=4)]
    assert order == sorted(order, reverse=True)
    forced = next(solutions([equal(n, m)], ["n", "m", "d", "h"]))
    assert forced["n"] == forced["m"] and len(set(forced.values())) == 3


def test_solutions_go_beyond_the_bound_where_they_must() -> None:
    assert next(solutions([divides(64, d)], ["d"]))["d"] % 64 == 0
    assert next(solutions([divides(k, d) for k in (7, 11, 13)], ["d"]))["d"] % 1001 == 0
    assert next(solutions([positive(n - 40)], ["n"]))["n"] > 40
    assert next(solutions([equal(d, 16 * h * g)], ["d", "h", "g"]))["d"] >= 32


def test_contradictions_have_no_solutions() -> None:
    assert list(solutions([equal(n, n + 1)], ["n", "m"])) == []
    assert list(solutions([positive(n - m), positive(m - n)], ["n", "m"])) == []
    assert list(solutions([divides(2, n), divides(2, n + 1)], ["n"])) == []
    assert list(solutions([equal(2, 3)], [])) == []
    assert list(solutions([equal(2, 2)], [])) == [{}]


def test_solutions_are_reproducible() -> None:
    def take(seed: int) -> list[dict[str, int]]:
        source = solutions([divides(h, d)], ["d", "h", "n"], rng=random.Random(seed))
        return list(itertools.islice(source, 5))

    assert take(3) == take(3)
    assert take(3) != take(4)


def least_by_brute_force(
    conditions: list[Condition], names: list[str], assumed: list[Condition]
) -> dict[str, int] | None:
    best = None
    for values in itertools.product(range(1, 7), repeat=len(names)):
        env = dict(zip(names, values))
        if all(c.holds(env) for c in assumed) and not all(c.holds(env) for c in conditions):
            if best is None or (sum(values), values) < (sum(best), best):
                best = values
    return None if best is None else dict(zip(names, best))


@relaxed
@given(
    st.lists(
        st.builds(
            Condition,
            st.sampled_from(["divides", "nonneg", "positive", "equal"]),
            trees(leaves=3).map(Tree.size),
            trees(leaves=3).map(Tree.size),
        ),
        min_size=1,
        max_size=2,
    ),
    st.booleans(),
)
def test_least_counterexample_is_least(conditions: list[Condition], assume: bool) -> None:
    assumed = [divides(Size.symbol("a"), Size.symbol("b"))] if assume else []
    expected = least_by_brute_force(conditions, list(NAMES), assumed)
    assert least_counterexample(conditions, NAMES, 6, given=assumed) == expected


def test_least_counterexamples_that_people_read() -> None:
    assert least_counterexample([divides(h, d)], ["h", "d"]) == {"h": 2, "d": 1}
    assert least_counterexample([equal(n, m)], ["n", "m"]) == {"n": 1, "m": 2}
    assert least_counterexample([divides(1, n)], ["n"]) is None
    assert least_counterexample([equal(h * (d // h), d)], ["h", "d"]) is None
    assert least_counterexample([divides(4, n)], ["n"], given=[divides(2, n)]) == {"n": 2}


def test_speed_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    def micro(call: Callable[[], object], times: int) -> float:
        start = time.perf_counter()
        for _ in range(times):
            call()
        return (time.perf_counter() - start) / times * 1e6

    conditions, names = CASES[2]
    rows = {
        "n + n is 2*n": micro(lambda: n + n is 2 * n, 2000),
        "h*(d//h) is d": micro(lambda: h * (d // h) is d, 2000),
        "two convolutions": micro(lambda: floor_div(floor_div(h - 1, 2), 2) + 1, 1000),
        "five solutions, six symbols": micro(
            lambda: list(itertools.islice(solutions(conditions, names), 5)), 20
        ),
        "least counterexample": micro(
            lambda: least_counterexample([divides(h, d)], ["h", "d"]), 50
        ),
    }
    with capsys.disabled():
        print()
        for name, cost in rows.items():
            print(f"{name:>30} {cost:9.1f} µs")
    assert all(cost > 0 for cost in rows.values())
