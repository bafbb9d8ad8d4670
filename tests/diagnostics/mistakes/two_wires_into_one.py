"""Two wires are given to a layer that takes one, as if it concatenated them."""

from categorical import Dim, Real, architecture, arrow, op

width, hidden = Dim.named("width hidden")


@arrow
def joined(x: Real[width], y: Real[width]) -> Real[hidden]:
    """A layer on two vectors."""
    return op.linear(width, hidden)(x, y)


model = architecture(joined, sizes=dict(width=8, hidden=8))
