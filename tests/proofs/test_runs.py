"""Runs along an axis: equations that one normal form shows, and their near misses."""

from __future__ import annotations

import copy
import itertools
import json

import pytest

from categorical import Dim, Fin, Real, arrow, discard, identity, iterate, op
from categorical.laws.equations import _paths
from categorical.recursion import fold, foldr, mealy, moore, scan
from proofs.certificate import bundle, canonical, claim
from proofs.checker import check, digest
from proofs.equality import prove_equal
from proofs.program import program

t, u, a, s, o, k = Dim.named("t u a s o k")
three = Dim("three", size=3)
key = t.at("key")
cell = (op.linear(s, s, name="back") @ op.linear(a, s, name="read")) >> op.add >> op.tanh
gate = (op.linear(o, o, name="hold") @ op.linear(a, o, name="see")) >> op.add >> op.sigmoid
look = op.linear(s, o, name="look") >> op.relu
add = op.add.at(Real[s], Real[s])
run = fold(cell, over=t)
SAME = {
    **{f"cell_{i}": "cell" for i in (2, 3)},
    **{f"{name}{i}": f"cell.{name}" for name in ("back", "read") for i in ("", "_2", "_3")},
}


NUMBERS = itertools.count()


def made(function, **types):
    """A function as an arrow."""
    function.__annotations__, function.__name__ = types, f"side{next(NUMBERS)}"
    return arrow(function)


def same(left, right, renaming=None):
    """Whether the sides are proved equal, by a certificate that the checker accepts."""
    names = _paths(right, SAME if renaming is None else renaming)
    proof = prove_equal(left.graph(), right.graph(), names)
    if not proof:
        return False
    report = check(bundle("", [claim("equal", proof)]))
    assert report.ok, report.errors
    return True


@arrow
def joined(x: Real[s], p: Real[t, a], q: Real[u, a]) -> Real[s]:
    return fold(cell, over=t + u)(x, op.concat(t, u)(p, q))


@arrow
def joined_right(x: Real[s], p: Real[t, a], q: Real[u, a]) -> Real[s]:
    return foldr(cell, over=t + u)(x, op.concat(t, u)(p, q))


def parts(first, second):
    @arrow
    def early(x: Real[s], p: Real[t, a], q: Real[u, a]) -> Real[s]:
        return second(first(x, p), q)

    @arrow
    def late(x: Real[s], p: Real[t, a], q: Real[u, a]) -> Real[s]:
        return first(second(x, q), p)

    return early, late


def test_split_and_resume():
    early, late = parts(fold(cell, over=t), fold(cell, over=u))
    assert same(joined, early) and not same(joined, late)
    early, late = parts(foldr(cell, over=t), foldr(cell, over=u))
    assert same(joined_right, late) and not same(joined_right, early)
    early, late = parts(fold(cell, over=t), foldr(cell, over=u))
    assert not any(same(one, other) for one in (joined, joined_right) for other in (early, late))


def test_one_more_entry_at_either_end():
    def more(run, place):
        @arrow
        def at_end(x: Real[s], p: Real[t, a], q: Real[1, a]) -> Real[s]:
            return run(cell, over=t + 1)(x, op.concat(t, 1)(p, q))

        @arrow
        def in_front(x: Real[s], p: Real[t, a], q: Real[1, a]) -> Real[s]:
            return run(cell, over=1 + t)(x, op.concat(1, t)(q, p))

        return at_end if place else in_front

    @arrow
    def last(x: Real[s], p: Real[t, a], q: Real[1, a]) -> Real[s]:
        return cell(run(x, p), op.take(1, 0)(q))

    @arrow
    def first(x: Real[s], p: Real[t, a], q: Real[1, a]) -> Real[s]:
        return run(cell(x, op.take(1, 0)(q)), p)

    assert same(more(fold, 1), last) and not same(more(fold, 1), first)
    assert same(more(fold, 0), first) and not same(more(fold, 0), last)
    assert not same(more(foldr, 1), last) and not same(more(foldr, 1), first)


def test_maps_before_inside_and_after():
    inner = op.linear(k, a, name="map") >> op.relu

    @arrow
    def before(x: Real[s], y: Real[t, k]) -> Real[s]:
        return run(x, inner(y))

    @arrow
    def other(x: Real[s], y: Real[t, k]) -> Real[s]:
        return run(x, (op.linear(k, a, name="map") >> op.tanh)(y))

    inside = fold((identity(Real[s]) @ inner) >> cell, over=t)
    names = {**SAME, "map": "cell.map"}
    assert same(inside, before, names) and not same(inside, other, names)

    @arrow
    def shown(x: Real[s], y: Real[a]) -> (Real[o], Real[s]):
        new = cell(x, y)
        return look(new), new

    @arrow
    def after(x: Real[s], y: Real[t, a]) -> Real[t, o]:
        return look(scan(cell, over=t)(x, y))

    @arrow
    def early(x: Real[s], y: Real[t, a]) -> Real[t, o]:
        rows, _ = moore(look, cell, over=t)(x, y)
        return rows

    rows = mealy(shown, over=t) >> (identity(Real[t, o]) @ discard(Real[s]))
    names = {**SAME, "look": "cell.look"}
    assert same(rows, after, names) and not same(rows, early, names)


def test_states_apart_are_runs_of_their_own():
    @arrow
    def both(x: Real[s], z: Real[o], y: Real[a]) -> (Real[s], Real[o]):
        return cell(x, y), gate(z, y)

    @arrow
    def two(x: Real[s], z: Real[o], y: Real[t, a]) -> (Real[s], Real[o]):
        return run(x, y), fold(gate, over=t)(z, y)

    @arrow
    def mixed(x: Real[s], z: Real[o], y: Real[t, a]) -> (Real[s], Real[o]):
        return run(x, y), foldr(gate, over=t)(z, y)

    names = {"cell_2": "cell"}
    assert same(fold(both, over=t), two, names) and not same(fold(both, over=t), mixed, names)


def test_dead_and_constant_states():
    @arrow
    def dead(x: Real[s], z: Real[o], y: Real[a]) -> (Real[s], Real[o]):
        return cell(x, y), op.tanh(z)

    @arrow
    def without(x: Real[s], z: Real[o], y: Real[t, a]) -> (Real[s], Real[o]):
        return run(x, y), fold(op.tanh.at(Real[o]), over=t)(z)

    @arrow
    def kept(x: Real[s], z: Real[a], y: Real[a]) -> (Real[s], Real[a]):
        return cell(x, y + z), z

    @arrow
    def forgotten(x: Real[s], z: Real[a], y: Real[a]) -> (Real[s], Real[a]):
        return cell(x, y + z), op.scale(1.5)(z)

    @arrow
    def read_whole(x: Real[s], z: Real[a], y: Real[t, a]) -> (Real[s], Real[a]):
        @arrow
        def step(x: Real[s], y: Real[a], z: Real[a]) -> Real[s]:
            return cell(x, y + z)

        return fold(step, over=t, shared=1)(x, y, z), z

    assert same(fold(dead, over=t), without)
    assert same(fold(kept, over=t), read_whole)
    assert not same(fold(forgotten, over=t), read_whole)


NEAR = {
    "another start": (fold(cell, over=t, start=0), fold(cell, over=t, start=1)),
    "another direction": (run, foldr(cell, over=t)),
    "another cell": (run, fold(cell >> op.relu, over=t)),
    "states crossed": (
        fold(made(lambda x, z, y: (cell(z, y), cell(x, y)), x=Real[s], z=Real[s], y=Real[a]),
             over=t),
        fold(made(lambda x, z, y: (cell(x, y), cell(z, y)), x=Real[s], z=Real[s], y=Real[a]),
             over=t),
    ),
    "entries read one place later": (
        scan(cell, over=t),
        made(lambda x, y: scan(cell, over=t)(x, op.roll(t, 1)(y)), x=Real[s], y=Real[t, a]),
    ),
    "read whole, not entry by entry": (
        made(lambda x, y: fold(add, over=t)(x, y), x=Real[s], y=Real[t, s]),
        made(
            lambda x, y: fold(
                made(lambda x, y: x + op.sum(t)(y), x=Real[s], y=Real[t, s]), over=t, shared=1
            )(x, y),
            x=Real[s],
            y=Real[t, s],
        ),
    ),
    "lengths that are not looked at": (
        fold(cell, over=t, lengths=True),
        made(lambda x, y, n: run(x, y), x=Real[s], y=Real[t, a], n=Fin(t + 1)),
    ),
    "lengths from the other end": (
        fold(cell, over=t, lengths=True),
        foldr(cell, over=t, lengths=True),
    ),
    "outputs and states": (
        scan(cell, over=t),
        made(
            lambda x, y: op.expand(t)(run(x, y)), x=Real[s], y=Real[t, a]
        ),
    ),
    "the second entry": (
        made(lambda x, y: op.take(t, 1)(scan(cell, over=t)(x, y)), x=Real[s], y=Real[t, a]),
        made(lambda x, y: cell(x, op.take(t, 0)(y)), x=Real[s], y=Real[t, a]),
    ),
    "known entries in another order": (
        fold(cell, over=three),
        made(
            lambda x, y: cell(
                cell(cell(x, op.take(three, 2)(y)), op.take(three, 1)(y)), op.take(three, 0)(y)
            ),
            x=Real[s],
            y=Real[three, a],
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", NEAR)
def test_near_misses_are_not_proved(name):
    left, right = NEAR[name]
    assert same(left, left, {}) and same(right, right, {})
    assert not same(left, right)


def test_runs_of_known_length_are_their_steps():
    @arrow
    def steps(x: Real[s], y: Real[three, a]) -> Real[s]:
        for i in range(3):
            x = cell(x, op.take(three, i)(y))
        return x

    @arrow
    def back(x: Real[s], y: Real[three, a]) -> Real[s]:
        for i in (2, 1, 0):
            x = cell(x, op.take(three, i)(y))
        return x

    assert same(fold(cell, over=three), steps) and not same(fold(cell, over=three), back)
    assert same(foldr(cell, over=three), back) and not same(foldr(cell, over=three), steps)

    @arrow
    def summed(x: Real[s], y: Real[three, a]) -> Real[s]:
        return op.sum(three)(scan(cell, over=three)(x, y))

    @arrow
    def by_hand(x: Real[s], y: Real[three, a]) -> Real[s]:
        first = cell(x, op.take(three, 0)(y))
        second = cell(first, op.take(three, 1)(y))
        return first + second + cell(second, op.take(three, 2)(y))

    assert same(summed, by_hand)


def test_tying_is_the_diagonal():
    loose = fold(cell, over=three, weights="untied")
    names = {f"cell.{i}": "cell" for i in range(3)}
    assert same(fold(cell, over=three), loose, names)
    assert same(loose, loose, {})
    assert not same(loose, loose, {"cell.0": "cell.1", "cell.1": "cell.0"})
    assert not same(loose, fold(cell, over=three), {"cell": "cell.0"})


def test_sums():
    total = fold(add, over=t, start=0)
    assert same(total, op.sum(t).at(Real[t, s])) and same(total, foldr(add, over=t, start=0))
    assert not same(total, op.mean(t).at(Real[t, s]))
    assert not same(total, fold(add, over=t, start=1))

    def masked(row, column):
        @arrow
        def cumulative(x: Real[t, s]) -> Real[t, s]:
            seen = op.transpose(t, key)(op.indicator(op.causal_mask(row, column)()))
            return op.einsum(t, s)(seen, op.relabel(t, key)(x))

        return cumulative

    forward, back = scan(add, over=t, start=0), scan(add, over=t, start=0, reverse=True)
    assert same(forward, masked(t, key)) and not same(forward, masked(key, t))
    assert same(back, masked(key, t)) and not same(back, masked(t, key))
    before = moore(identity(Real[s]), add, over=t, start=0)
    before >>= identity(Real[t, s]) @ discard(Real[s])
    assert not same(before, masked(t, key))

    @arrow
    def grows(x: Real[s], y: Real[s], z: Real[s]) -> (Real[s], Real[s]):
        return x + y, y + z

    @arrow
    def twice(x: Real[s], y: Real[s], z: Real[t, s]) -> (Real[s], Real[s]):
        return x + op.sum(t)(scan(add, over=t)(y, z) - z), y + op.sum(t)(z)

    @arrow
    def too_late(x: Real[s], y: Real[s], z: Real[t, s]) -> (Real[s], Real[s]):
        return x + op.sum(t)(scan(add, over=t)(y, z)), y + op.sum(t)(z)

    assert same(fold(grows, over=t), twice) and not same(fold(grows, over=t), too_late)

    @arrow
    def circle(x: Real[s], y: Real[s], z: Real[s]) -> (Real[s], Real[s]):
        return x + y, y + x + z

    assert not same(fold(grows, over=t), fold(circle, over=t))


def test_indices_are_not_caught():
    """States, shared inputs and weights that have the axis of the run themselves."""

    @arrow
    def by_entry(x: Real[t], y: Real[()]) -> Real[t]:
        return x + op.expand(t)(y)

    @arrow
    def right(x: Real[t], y: Real[t]) -> Real[t]:
        return x + op.expand(t)(op.sum(t)(y))

    @arrow
    def caught(x: Real[t], y: Real[t]) -> Real[t]:
        return fold(made(lambda x, y: x + y, x=Real[t], y=Real[t]), over=t, shared=1)(x, y)

    assert same(fold(by_entry, over=t), right) and not same(fold(by_entry, over=t), caught)

    @arrow
    def squashed(x: Real[t], y: Real[()]) -> Real[t]:
        return op.tanh(x) * op.expand(t)(y)

    @arrow
    def by_place(x: Real[t], y: Real[t]) -> Real[t]:
        return fold(made(lambda x, y: op.tanh(x) * y, x=Real[t], y=Real[t]), over=t, shared=1)(x, y)

    assert same(fold(squashed, over=t), fold(squashed, over=t))
    assert not same(fold(squashed, over=t), by_place)

    @arrow
    def inner(x: Real[s], y: Real[s], w: Real[t, s]) -> Real[s]:
        return fold(op.mul.at(Real[s], Real[s]), over=t)(op.tanh(x + y), w)

    @arrow
    def outer(x: Real[s], y: Real[t, s], w: Real[t, s]) -> Real[s]:
        return fold(inner, over=t, shared=1)(x, y, w)

    @arrow
    def outer_other(x: Real[s], y: Real[t, s], w: Real[t, s]) -> Real[s]:
        return fold(inner, over=t, shared=1)(x, w, y)

    assert same(outer, outer) and not same(outer, outer_other)


def test_labels_of_the_checker_cannot_be_used():
    data = program(fold(add, over=t).graph())
    text = canonical(data).replace(
        '[["dim","t",null,null],""]', '[["dim","t",null,null],"\\u0000step1"]'
    )
    proof = prove_equal(fold(add, over=t).graph(), fold(add, over=t).graph())
    honest = json.loads(bundle("", [claim("equal", proof)]))
    honest["programs"] = [json.loads(text)]
    body = {k: v for k, v in honest.items() if k != "digest"}
    report = check(canonical({**body, "digest": digest(body)}) + "\n")
    assert not report.ok and "well formed" in report.errors[0]


CHANGES = [
    ("reverse", True),
    ("ragged", True),
    ("shared", 1),
    ("states", 2),
    ("states", 0),
    ("weights", "untied"),
    ("over", {"axis": [["dim", "u", None, None], ""]}),
    ("times", {"index": ["dim", "u", None, None]}),
]


@pytest.mark.parametrize(("name", "new"), CHANGES)
def test_a_changed_run_is_refused(name, new):
    """On one side only, and with a right digest."""

    @arrow
    def other(x: Real[s], y: Real[t, k]) -> Real[s]:
        return run(x, op.linear(k, a, name="map")(y))

    inner = op.linear(k, a, name="map")
    inside = fold((identity(Real[s]) @ inner) >> cell, over=t)
    names = _paths(other, {"map": "cell.map"})
    proof = prove_equal(inside.graph(), other.graph(), names)
    honest = json.loads(bundle("", [claim("equal", proof)]))
    assert check(canonical(honest) + "\n").ok
    data = copy.deepcopy(honest)
    (node,) = (n for n in data["programs"][0]["nodes"] if n["op"] == "scan")
    node["attrs"][name] = new
    body = {k: v for k, v in data.items() if k != "digest"}
    assert not check(canonical({**body, "digest": digest(body)}) + "\n").ok


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
