"""A block that calls itself to be deep."""

from categorical import Dim, Real, architecture, arrow, op

width = Dim("width")


@arrow
def deep(x: Real[width]) -> Real[width]:
    """Layers, all the way down."""
    return deep(op.relu(op.linear(width, width)(x)))


model = architecture(deep, sizes=dict(width=8))
