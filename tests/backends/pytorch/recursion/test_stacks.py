"""Stacks and runs from both ends: one call where the laws allow it, several where they do not."""

from __future__ import annotations

import pytest

from backends.pytorch import build
from categorical import Arrow, Real, architecture, arrow, op
from categorical.composites import (
    bidirectional,
    elman_cell,
    gru_cell,
    lstm_cell,
    recurrent,
    stacked,
)
from categorical.recursion import fold, foldr, scan
from tests.backends.pytorch.recursion.recurrent_cells import SIZES, a, gru, s, t

both = s + s


def calls(net: Arrow) -> list[str]:
    """What the validated build says of its kernels."""
    found = build(architecture(net, name="net", sizes=SIZES))
    lines = [one.partition(" by torch.")[2] for one in found.derivation if " by torch." in one]
    return [one.removesuffix(" (gradient everywhere)") for one in lines]


def layer(cell, width, lengths: bool = False) -> Arrow:
    return bidirectional(cell(width, s), cell(width, s), over=t, lengths=lengths)


@pytest.mark.parametrize("cell", [elman_cell, gru_cell, lstm_cell])
def test_three_layers_are_one_call(cell) -> None:
    layers = [recurrent(cell(a if not i else s, s), over=t) for i in range(3)]
    assert [line.split(", ")[1] for line in calls(stacked(*layers, start=0))] == ["3 layers"]
    assert len(calls(stacked(*layers))) == 1


@pytest.mark.parametrize("cell", [elman_cell, gru_cell, lstm_cell])
@pytest.mark.parametrize("lengths", [False, True])
def test_two_layers_from_both_ends_are_one_call(cell, lengths: bool) -> None:
    net = stacked(layer(cell, a, lengths), layer(cell, both, lengths), start=0)
    assert [line.split(", ", 1)[1] for line in calls(net)] == ["2 layers, from both ends"]


def test_layers_from_the_right() -> None:
    low = scan(gru_cell(a, s), over=t, start=0, reverse=True)
    high = foldr(gru_cell(s, s), over=t, start=0, name="high")
    assert calls(low >> high) == ["gru, 2 layers"]


def test_last_states_from_both_ends() -> None:
    @arrow
    def ends(x: Real[t, a]) -> Real[s] * Real[s]:
        one = fold(gru_cell(a, s), over=t, start=0, name="one")(x)
        return one, foldr(gru_cell(a, s), over=t, start=0, name="two")(x)

    assert calls(ends) == ["gru, 1 layer, from both ends"]


@arrow
def joined_the_other_way(x: Real[t, a]) -> Real[t, both]:
    back = scan(gru(), over=t, start=0, reverse=True, name="back")(x)
    return op.concat(s, s)(back, scan(gru(), over=t, start=0, name="ahead")(x))


@arrow
def layers_from_different_ends(x: Real[t, a]) -> Real[t, s]:
    rows = scan(gru(), over=t, start=0, name="one")(x)
    return scan(gru_cell(s, s), over=t, start=0, reverse=True, name="two")(rows)


@arrow
def rows_that_are_read_twice(x: Real[t, a]) -> Real[t, s] * Real[t, s]:
    rows = scan(gru(), over=t, start=0, name="one")(x)
    return rows, scan(gru_cell(s, s), over=t, start=0, name="two")(rows)


@arrow
def started_from_the_end_below(x: Real[t, a]) -> Real[t, s]:
    rows, last = recurrent(gru(), over=t, start=0, name="one")(x)
    return scan(gru_cell(s, s), over=t, name="two")(last, rows)


@arrow
def two_kinds(x: Real[t, a]) -> Real[t, s]:
    rows = scan(gru(), over=t, start=0, name="one")(x)
    return scan(elman_cell(s, s), over=t, start=0, name="two")(rows)


@arrow
def two_sequences(x: Real[t, a], y: Real[t, a]) -> Real[t, both]:
    one = scan(gru(), over=t, start=0, name="one")(x)
    return op.concat(s, s)(one, scan(gru(), over=t, start=0, reverse=True, name="two")(y))


@arrow
def started_by_the_other_end(x: Real[t, a]) -> Real[t, both]:
    one, last = recurrent(gru(), over=t, start=0, name="one")(x)
    return op.concat(s, s)(one, scan(gru(), over=t, reverse=True, name="two")(last, x))


APART = [
    joined_the_other_way,
    layers_from_different_ends,
    rows_that_are_read_twice,
    started_from_the_end_below,
    two_kinds,
    two_sequences,
    started_by_the_other_end,
]


@pytest.mark.parametrize("net", APART, ids=lambda net: net.label())
def test_runs_that_one_call_does_not_make_are_two(net: Arrow) -> None:
    assert len(calls(net)) == 2


def test_sizes_that_differ_are_two_calls() -> None:
    low, high = (
        scan(gru_cell(a, s), over=t, start=0),
        scan(gru_cell(s, a), over=t, start=0, name="b"),
    )
    assert len(calls(low >> high)) == 2


def test_what_reads_a_state_in_between_stands_behind() -> None:
    @arrow
    def between(x: Real[t, a]) -> Real[s] * Real[t, s]:
        rows, last = recurrent(gru(), over=t, start=0, name="one")(x)
        changed = op.sin(last)
        return changed, scan(gru_cell(s, s), over=t, start=0, name="two")(rows)

    assert calls(between) == ["gru, 2 layers"]
