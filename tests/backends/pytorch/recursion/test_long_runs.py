"""The sizes at which scans are compared satisfy the conditions of the spec."""

from __future__ import annotations

from backends.pytorch.recursion.long_runs import long_runs
from categorical import Dim, Real, op
from categorical.recursion import scan

n = Dim("n")


def test_a_length_that_conditions_allow() -> None:
    t = Dim("t")
    (free,) = long_runs("def prefixes(", scan(op.mul.at(Real[n], Real[n]), over=t).graph())
    assert free["t"] >= 24


def test_a_fixed_length_is_not_changed() -> None:
    five = Dim("five", size=5)
    graph = scan(op.mul.at(Real[n], Real[n]), over=five).graph()
    assert list(long_runs("def prefixes(", graph)) == []
