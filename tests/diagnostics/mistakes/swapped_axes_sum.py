"""Two arrays over the same axes in different orders are added; the sizes are equal."""

from categorical import Dim, Real, architecture, arrow, op

row, column = Dim.named("row column")


@arrow
def symmetrise(x: Real[row, column], y: Real[column, row]) -> Real[row, column]:
    """The mean of two tables."""
    return op.scale(0.5)(x + y)


model = architecture(symmetrise, sizes=dict(row=8, column=8))
