"""A cell with an output beside its state is folded."""

from categorical import Dim, Real, architecture, arrow, op
from categorical.recursion import fold

time, feature, hidden, label = Dim.named("time feature hidden label")


@arrow
def cell(state: Real[hidden], x: Real[feature]) -> Real[label] * Real[hidden]:
    state = op.tanh(op.linear(feature, hidden)(x) + op.linear(hidden, hidden)(state))
    return op.linear(hidden, label)(state), state


model = architecture(fold(cell, over=time).named("tagger"))
