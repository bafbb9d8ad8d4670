"""What the ladder says of laws that stand on no architecture of their own."""

from __future__ import annotations

from collections.abc import Sequence

from categorical import Architecture, Dim, Real, identity
from categorical.laws import Law
from synthesis.ladder import check


def verdicts(laws: Sequence[Law]) -> dict[str, str]:
    """The verdict of each law by its name; there is at least one law."""
    assert laws
    arrow = identity(Real[Dim("x")]).named("holder")
    found = check(Architecture("holder", arrow, tuple(laws), {}, None, "stack", None))
    named = {one.law: one.verdict.value for one in found}
    assert len(named) == len(laws)
    return named


def every(laws: Sequence[Law]) -> set[str]:
    """The verdicts that occur."""
    return set(verdicts(laws).values())
