"""A decision on a value that exists only when the model runs."""

from categorical import Dim, Real, architecture, arrow, op

width = Dim("width")


@arrow
def clipped(x: Real[width]) -> Real[width]:
    """Zero below zero."""
    if x > 0:
        return x
    return op.scale(0.01)(x)


model = architecture(clipped, sizes=dict(width=8))
