"""Numbers and axes that nothing can be made of."""

from __future__ import annotations

import math

import pytest

from categorical import Dim, Real, SpecError, laws, op

n, c = Dim.named("n c")


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: op.scale(math.nan), "CM041"),
        (lambda: op.scale(-math.inf), "CM041"),
        (lambda: op.scale(10**400), "CM041"),
        (lambda: op.leaky_relu(math.nan), "CM041"),
        (lambda: laws.bounded(2, 1), "CM041"),
        (lambda: laws.bounded(), "CM041"),
        (lambda: laws.bounded(math.nan, 1), "CM041"),
        (lambda: laws.sums_to(math.inf, over=n), "CM041"),
        (lambda: op.sum(), "CM005"),
        (lambda: op.softmax(), "CM005"),
        (lambda: op.max(), "CM005"),
        (lambda: laws.linear(5).boundary(op.relu.at(Real[c]).graph()), "CM021"),
        (lambda: laws.linear(-1).boundary(op.relu.at(Real[c]).graph()), "CM021"),
    ],
)
def test_refused(make, code):
    with pytest.raises(SpecError, match=code):
        make()


def test_accepted():
    assert op.scale(1e300).op["by"] == 1e300
    laws.bounded(0, 0)
    laws.linear(0).boundary(op.relu.at(Real[c]).graph())
