"""The cell returns the state first and the output last."""

from categorical import Dim, Real, architecture, arrow, op
from categorical.recursion import mealy

time, feature, hidden, label = Dim.named("time feature hidden label")


@arrow
def cell(state: Real[hidden], x: Real[feature]) -> Real[hidden] * Real[label]:
    state = op.tanh(op.linear(feature, hidden)(x) + op.linear(hidden, hidden)(state))
    return state, op.linear(hidden, label)(state)


model = architecture(mealy(cell, over=time, start=0).named("tagger"))
