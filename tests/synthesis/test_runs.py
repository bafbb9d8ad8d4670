"""Runs on the ladder: lengths are drawn in full, differences are found inside of cells, replays."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Fin, Real, architecture, arrow, laws, op, stack
from categorical.groups import Symmetric
from categorical.recursion import fold, foldr, scan
from categorical.verdicts import Verdict
from synthesis import assignments, numeric
from synthesis.ladder import check
from synthesis.numeric import Trial

t, a, s, b, n = Dim.named("t a s b n")
cell = (op.linear(s, s, name="back") @ op.linear(a, s, name="read")) >> op.add >> op.tanh
times = op.mul.at(Real[s], Real[s])


def found(one, *claims, name="model"):
    return check(architecture(one, laws=claims, name=name))


def test_lengths_from_none_to_all_are_drawn():
    graph = stack(fold(cell, over=t, lengths=True), b).graph()
    seen = set()
    for seed in range(12):
        trial = Trial({"t": 2, "a": 1, "s": 1, "b": 4}, "eval", 1.0, seed)
        *_, lengths = numeric.draw_point(graph, trial).inputs
        seen |= set(np.ravel(lengths).tolist())
    assert seen == {0, 1, 2}


def test_a_run_costs_its_steps():
    graph = fold(cell, over=t, start=0).graph()
    account = assignments.Account(graph)
    few, many = (account({"t": count, "a": 2, "s": 2}) for count in (2, 10))
    assert many > 4 * few
    assert not account.repeats  # t is an axis of an input, too


def test_a_difference_is_found_inside_the_cell():
    @arrow
    def turning(x: Real[n, s], y: Real[n, a]) -> Real[n, s]:
        h = op.linear(s, s, name="back")(x) + op.linear(a, s)(y)
        turned = op.roll(n, 1)(h)
        return op.tanh(turned + h)

    (one,) = found(fold(turning, over=t, start=0), laws.equivariant(under=Symmetric(n)))
    assert one.verdict is Verdict.REFUTED
    example = one.counterexample
    assert example.wire == "cell.turned" and example.sizes["t"] == 1


@pytest.mark.parametrize(
    ("one", "law", "size"),
    [
        (fold(cell, over=t), laws.equal(foldr(cell, over=t)), 2),
        (scan(cell, over=t, start=0, reverse=True), laws.causal(t), 2),
        (scan(cell, over=t, start=0), laws.equivariant(under=Symmetric(t)), 2),
        (fold(cell, over=t), laws.linear(), 1),
    ],
)
def test_counterexamples_are_short(one, law, size):
    (verdict,) = found(one, law)
    assert verdict.verdict is Verdict.REFUTED
    assert verdict.counterexample.sizes["t"] == size
    assert all(v == 1 for d, v in verdict.counterexample.sizes.items() if d != "t")


def test_what_is_not_proved_is_exact_at_random_points():
    (one,) = found(fold(times, over=t), laws.equal(foldr(times, over=t), name="commutes"))
    assert one.verdict is Verdict.EXACT and not one.warnings


def test_lengths_that_are_ignored_are_noticed():
    @arrow
    def whole(x: Real[s], y: Real[t, a], length: Fin(t + 1)) -> Real[s]:
        return op.where(
            op.less(length, op.full(Fin(t + 1).scalar, 0)()), x, fold(cell, over=t)(x, y)
        )

    one, two = found(
        fold(cell, over=t, lengths=True),
        laws.equal(whole, name="all entries"),
        laws.equal(fold(cell, over=t, lengths=True), name="itself"),
    )
    assert one.verdict is Verdict.REFUTED and two.verdict is Verdict.PROVED
