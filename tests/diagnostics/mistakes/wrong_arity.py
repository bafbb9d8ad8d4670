"""`where` takes a condition and two values."""

from categorical import Dim, Real, architecture, arrow, op

width = Dim("width")


@arrow
def positive_part(x: Real[width]) -> Real[width]:
    """What is above zero."""
    return op.where(x > 0, x)


model = architecture(positive_part, sizes=dict(width=8))
