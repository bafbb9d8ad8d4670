"""The cell takes what it reads first, as torch's does, and the state last."""

from categorical import Dim, Real, architecture, arrow, op
from categorical.recursion import fold

time, feature, hidden = Dim.named("time feature hidden")


@arrow
def cell(x: Real[feature], state: Real[hidden]) -> Real[hidden]:
    return op.tanh(op.linear(feature, hidden)(x) + op.linear(hidden, hidden)(state))


model = architecture(fold(cell, over=time, start=0).named("reader"))
