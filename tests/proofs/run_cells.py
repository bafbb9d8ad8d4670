"""Cells and comparisons that the tests of runs share."""

from __future__ import annotations

import itertools

from categorical import Dim, Real, arrow, op
from categorical.laws.equations import _paths
from categorical.recursion import fold
from proofs.certificate import bundle, claim
from proofs.checker import check
from proofs.equality import prove_equal

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
