"""A cell that reads an input is unfolded."""

from categorical import Dim, Real, architecture, arrow, op
from categorical.recursion import unfold

time, feature, hidden = Dim.named("time feature hidden")


@arrow
def cell(state: Real[hidden], x: Real[feature]) -> Real[feature] * Real[hidden]:
    state = op.tanh(op.linear(feature, hidden)(x) + op.linear(hidden, hidden)(state))
    return op.linear(hidden, feature)(state), state


model = architecture(unfold(cell, over=time, start=0).named("decoder"))
