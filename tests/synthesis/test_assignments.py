"""Assignments: conditions hold, sizes are told apart, large problems are refused unallocated."""

from __future__ import annotations

import pytest

from categorical import Dim, Real, iterate, op
from categorical.composites import attention
from synthesis.assignments import COMFORT, Account, TooLarge, by_total, plan

n, c, d, h, w = Dim.named("n c d h w")
heads, width = Dim.named("heads width")


def test_conditions_hold_in_every_assignment() -> None:
    graph = attention(n, width, heads).graph()
    for seed in range(20):
        for sizes in plan([graph], ("n",), seed):
            assert sizes["width"] % sizes["heads"] == 0


def test_the_main_assignment_tells_dims_apart() -> None:
    graph = (op.linear(c, d) >> op.relu >> op.linear(d, h) >> op.mean(n)).at(Real[n, c]).graph()
    for seed in range(20):
        main, *others = plan([graph], ("n",), seed)
        assert len(set(main.values())) == 4
        assert main["n"] >= 3
        assert min(main.values()) >= 2
        assert any(1 in sizes.values() for sizes in others)
        assert len({tuple(s.items()) for s in (main, *others)}) == 1 + len(others)


def test_strides_and_images_have_small_sizes() -> None:
    image = Dim("height"), Dim("breadth")
    graph = op.conv(c, d, over=image, kernel=3, stride=2).graph()
    main = plan([graph], (), 0)[0]
    assert Account(graph)(main) <= 4 * COMFORT


def test_by_total_is_sorted_and_starts_at_the_least() -> None:
    graph = op.linear(c, d).at(Real[n, c]).graph()
    totals = [sum(s.values()) for s in by_total([graph])]
    assert totals == sorted(totals)
    assert totals[0] == 3


def test_an_account_is_the_number_of_entries() -> None:
    graph = (op.linear(c, d) >> op.relu).at(Real[n, c]).graph()
    # input, weight, bias, and two outputs
    assert Account(graph)({"n": 2, "c": 3, "d": 5}) == 6 + 15 + 5 + 10 + 10


def test_repetitions_are_counted() -> None:
    steps = Dim("steps")
    graph = iterate(op.linear(c, c), steps).graph()
    account = Account(graph)
    assert account.repeats == {"steps"}
    few, many = (account({"c": 3, "steps": k}) for k in (1, 10))
    assert many > 5 * few


def test_too_large_is_refused_before_anything_is_allocated() -> None:
    a, b = Dim("a", size=10**7), Dim("b", size=10**7)
    with pytest.raises(TooLarge, match="200,000,000,000,000 numbers"):
        plan([op.relu.at(Real[a, b]).graph()], (), 0)


def test_fixed_sizes_are_no_dims() -> None:
    three = Dim("three", size=3)
    assert plan([op.relu.at(Real[three]).graph()], (), 0) == [{}]
