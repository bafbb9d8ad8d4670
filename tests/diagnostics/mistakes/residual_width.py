"""A residual connection around a layer that changes the width."""

from categorical import Dim, Real, architecture, arrow, op

width, hidden = Dim.named("width hidden")


@arrow
def block(x: Real[width]) -> Real[width]:
    """A perceptron beside its input."""
    return x + op.relu(op.linear(width, hidden)(x))


model = architecture(block, sizes=dict(width=32, hidden=64))
