"""Runs along an axis: equations that one normal form shows, and their near misses."""

from __future__ import annotations

import copy
import json

import pytest

from categorical import Fin, Real, arrow, discard, identity, op
from categorical.laws.equations import _paths
from categorical.recursion import fold, foldr, mealy, moore, scan
from proofs.certificate import bundle, canonical, claim
from proofs.checker import check, digest
from proofs.equality import prove_equal
from proofs.program import program
from tests.proofs.run_cells import (
    SAME,
    a,
    add,
    cell,
    gate,
    k,
    key,
    look,
    made,
    o,
    run,
    s,
    same,
    t,
    three,
    u,
)


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
