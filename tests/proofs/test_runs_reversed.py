"""Runs from the right, sums, known places: further equations of the normal form of runs."""

from __future__ import annotations

import pytest

from categorical import Fin, Real, arrow, iterate, op
from categorical.recursion import fold, foldr, scan
from tests.proofs.run_cells import (
    a,
    add,
    cell,
    key,
    made,
    run,
    s,
    same,
    t,
    u,
)


def test_from_the_right_is_from_the_left_along_the_reversed_list():
    def turned(last):
        @arrow
        def folded(x: Real[s], y: Real[t, a]) -> Real[s]:
            return fold(cell, over=t)(x, op.flip(t)(y))

        @arrow
        def scanned(x: Real[s], y: Real[t, a]) -> Real[t, s]:
            return op.flip(t)(scan(cell, over=t)(x, op.flip(t)(y)))

        @arrow
        def once(x: Real[s], y: Real[t, a]) -> Real[t, s]:
            return scan(cell, over=t)(x, op.flip(t)(y))

        return {"fold": folded, "scan": scanned, "once": once}[last]

    assert same(foldr(cell, over=t), turned("fold")) and not same(run, turned("fold"))
    back = scan(cell, over=t, reverse=True)
    assert same(back, turned("scan")) and not same(back, turned("once"))
    assert not same(scan(cell, over=t), turned("scan"))


FLIPS = {
    "twice": (op.flip(t) >> op.flip(t), op.relabel(t, key) >> op.relabel(key, t), True),
    "and a map": (op.flip(t) >> op.tanh, op.tanh.at(Real[t, s]) >> op.flip(t), True),
    "and a sum": (op.flip(t) >> op.sum(t), op.sum(t), True),
    "and a sum of squares": (op.flip(t) >> op.square >> op.sum(t), op.square >> op.sum(t), True),
    "and a sum of a map": (op.flip(t) >> op.tanh >> op.sum(t), op.tanh >> op.sum(t), True),
    "the first entry": (op.flip(t) >> op.take(t, 0), op.take(t, -1), True),
    "the second entry": (op.flip(t) >> op.take(t, 1), op.take(t, -2), True),
    "the wrong entry": (op.flip(t) >> op.take(t, 0), op.take(t, 0), False),
    "and a roll": (op.flip(t) >> op.roll(t, 1), op.roll(t, 1) >> op.flip(t), False),
    "once": (op.flip(t), op.relabel(t, key) >> op.relabel(key, t), False),
}


@pytest.mark.parametrize("name", FLIPS)
def test_flips(name):
    left, right, holds = FLIPS[name]
    assert same(left.at(Real[t, s]), right.at(Real[t, s])) == holds


def test_a_product_with_its_own_reverse():
    """Places from both ends in one sum: no end is better."""

    @arrow
    def both(x: Real[t], y: Real[t]) -> Real[()]:
        return op.sum(t)(x * op.flip(t)(y))

    @arrow
    def other(x: Real[t], y: Real[t]) -> Real[()]:
        return op.sum(t)(x * y)

    assert same(both, both) and not same(both, other)


def test_a_tied_iteration_is_a_run_that_reads_nothing():
    body = op.linear(s, s, name="body") >> op.tanh

    def times(count, name="cell", weights="tied"):
        return iterate(body, count, weights=weights, name=name)

    assert same(times(t), fold(body, over=t), {})
    assert not same(times(t), fold(body, over=u), {})
    two = times(t) >> times(u, "cell_2")
    assert same(times(t + u), two) and not same(times(t + t), two)
    assert not same(times(t, weights="stacked"), times(t, weights="stacked") >> op.tanh, {})


def test_known_places_are_compared():
    def chosen(name, one, other):
        @arrow
        def side(x: Real[s], y: Real[s]) -> Real[s]:
            ends = op.full(Fin(t)[()], one)(), op.full(Fin(t)[()], other)()
            return op.where(getattr(op, name)(*ends), x, y)

        return side

    first, second = (made(f, x=Real[s], y=Real[s]) for f in (lambda x, y: x, lambda x, y: y))
    for one, other in ((0, 0), (0, 1), (1, 0), (2, 2)):
        known = {"less": one < other, "less_equal": one <= other, "equal": one == other}
        for name, holds in known.items():
            side = chosen(name, one, other)
            assert same(side, first) == holds and same(side, second) == (not holds)


def test_the_larger_of_two_equals():
    def side(function):
        return made(function, x=Real[s], y=Real[s])

    assert same(side(lambda x, y: op.maximum(x, x)), side(lambda x, y: x))
    assert not same(side(lambda x, y: op.maximum(x, y)), side(lambda x, y: x))


def test_one_inner_run_at_several_steps_of_outer_ones():
    """A sum inside of a cell is the sum at that step: of the outer run from either end."""

    @arrow
    def inner(x: Real[s], y: Real[u, s]) -> Real[s]:
        return op.tanh(op.scale(0.5)(x) + fold(add, over=u, start=0)(y))

    def pair(first, second):
        @arrow
        def two(x: Real[s], y: Real[t, u, s]) -> (Real[s], Real[s]):
            return first(inner, over=t)(x, y), second(inner, over=t)(x, y)

        return two

    assert same(pair(fold, foldr), pair(fold, foldr))
    assert not same(pair(fold, foldr), pair(fold, fold))
    assert not same(pair(foldr, fold), pair(fold, fold))
    assert not same(pair(foldr, fold), pair(foldr, foldr))
