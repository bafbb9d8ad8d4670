"""A parameter made outside the arrow that uses it, as in __init__."""

from categorical import Dim, Real, architecture, arrow, op

width = Dim("width")
shift = op.parameter(Real[width], name="shift")()


@arrow
def shifted(x: Real[width]) -> Real[width]:
    """The input and a learned shift."""
    return x + shift


model = architecture(shifted, sizes=dict(width=8))
