"""The next state is given in place of the output, and the output in place of the next state."""

from categorical import Dim, Real, architecture, arrow, op
from categorical.recursion import moore

time, feature, hidden, label = Dim.named("time feature hidden label")


@arrow
def step(state: Real[hidden], x: Real[feature]) -> Real[hidden]:
    return op.tanh(op.linear(feature, hidden)(x) + op.linear(hidden, hidden)(state))


look = op.linear(hidden, label)
model = architecture(moore(step, look, over=time, start=0).named("machine"))
