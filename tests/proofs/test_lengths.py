"""Runs with lengths: what is past a length is not read, and nothing else is left out."""

from __future__ import annotations

import numpy as np

from categorical import Bool, Dim, Fin, Real, arrow, op, stack
from categorical.graph import Builder, OperatorBox
from categorical.index import axis
from categorical.normal import inline
from categorical.recursion import fold, foldr, scan
from categorical.recursion.machine import SCAN
from proofs.certificate import bundle, claim
from proofs.checker import check
from proofs.equality import prove_equal
from tests.proofs.graphs import close, evaluate

t, a, s, b = Dim.named("t a s b")
cell = (op.linear(s, s, name="back") @ op.linear(a, s, name="read")) >> op.add >> op.tanh


def same(left, right):
    proof = prove_equal(left.graph(), right.graph())
    if not proof:
        return False
    assert check(bundle("", [claim("equal", proof)])).ok
    return True


@arrow(inline=True)
def within(length: Fin(t + 1)[()]) -> Bool[t]:
    places, _ = op.unconcat(t, 1)(op.positions(t + 1)())
    return op.less(places, op.expand(t)(length))


@arrow(inline=True)
def within_of_many(length: Fin(t + 1)[b]) -> Bool[b, t]:
    places, _ = op.unconcat(t, 1)(op.positions(t + 1)())
    return op.less(op.expand(b)(places), op.transpose(b, t)(op.expand(t)(length)))


def padded(run, fill=0.0, swap=False, off=False):
    """A run whose entries past a length are filled (or, wrongly, those before it)."""

    @arrow
    def filled(x: Real[s], y: Real[t, a], length: Fin(t + 1)[()], other: Fin(t + 1)[()]) -> Real[s]:
        counted = within(other if off else length)
        blank = op.full_like(fill)(y)
        return run(x, op.where(counted, *((blank, y) if swap else (y, blank))), length)

    return filled


def plain(run):
    @arrow
    def whole(x: Real[s], y: Real[t, a], length: Fin(t + 1)[()], other: Fin(t + 1)[()]) -> Real[s]:
        return run(x, y, length)

    return whole


def test_padding_is_not_read():
    for run in (fold, foldr):
        one = run(cell, over=t, lengths=True)
        assert same(plain(one), padded(one)) and same(plain(one), padded(one, 7.0))
        assert not same(plain(one), padded(one, swap=True))
        assert not same(plain(one), padded(one, off=True))
    rest = fold(cell, over=t)

    @arrow
    def all_of(x: Real[s], y: Real[t, a], length: Fin(t + 1)[()]) -> Real[s]:
        return rest(x, y)

    assert not same(plain(all_of), padded(all_of))


def many(run):
    """A batch of sequences, the entries past the lengths masked or not."""

    @arrow
    def masked(x: Real[b, s], y: Real[b, t, a], length: Fin(t + 1)[b]) -> Real[b, s]:
        return run(x, op.where(within_of_many(length), y, op.full_like(0)(y)), length)

    @arrow
    def whole(x: Real[b, s], y: Real[b, t, a], length: Fin(t + 1)[b]) -> Real[b, s]:
        return run(x, y, length)

    return whole, masked


def test_samples_are_masked_by_their_own_lengths():
    assert same(*many(stack(fold(cell, over=t, lengths=True), b)))


def test_a_cell_that_mixes_samples_reads_the_padding_of_others():
    @arrow
    def mixing(x: Real[b, s], y: Real[b, s]) -> Real[b, s]:
        return op.tanh(x) + op.expand(b)(op.mean(b)(y))

    @arrow
    def blank(y: Real[t, b, s], length: Fin(t + 1)[b]) -> Real[t, b, s]:
        counted = op.transpose(t, b)(within_of_many(length))
        return op.where(counted, y, op.full_like(0)(y))

    attrs = {
        "over": axis(t), "times": t, "states": 1, "shared": 0, "reverse": False, "weights": "tied",
        "ragged": True,
    }  # fmt: skip
    types = (Real[b, s], Real[t, b, s], Fin(t + 1)[b])
    box = OperatorBox(SCAN, (mixing.graph(),), types, types[:1], attrs)

    def graph(masked):
        builder = Builder()
        state, rows, lengths = map(builder.input, types)
        if masked:
            (rows,) = builder.splice(inline(blank.graph()), (rows, lengths))
        return builder.finish(builder.operate(box, (state, rows, lengths), "cell"))

    assert prove_equal(graph(False), graph(False))
    assert not prove_equal(graph(False), graph(True))
    rng = np.random.default_rng(0)
    values = [rng.normal(size=(2, 1)), rng.normal(size=(2, 2, 1)), np.array([2, 1])]
    sizes = {"b": 2, "t": 2, "s": 1}
    left, right = (evaluate(graph(masked), values, {}, sizes) for masked in (False, True))
    assert not close(left[0], right[0])


def test_outputs_past_a_length_are_not_left_out():
    rows = scan(cell, over=t, lengths=True)

    @arrow
    def shown(x: Real[s], y: Real[t, a], length: Fin(t + 1)[()]) -> Real[t, s]:
        return rows(x, y, length)

    @arrow
    def without_lengths(x: Real[s], y: Real[t, a], length: Fin(t + 1)[()]) -> Real[t, s]:
        return scan(cell, over=t)(x, y)

    @arrow
    def masked(x: Real[s], y: Real[t, a], length: Fin(t + 1)[()]) -> Real[t, s]:
        return rows(x, op.where(within(length), y, op.full_like(0)(y)), length)

    assert same(shown, masked) and not same(shown, without_lengths)
