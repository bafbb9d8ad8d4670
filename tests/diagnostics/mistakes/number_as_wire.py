"""A plain number where a wire is expected."""

from categorical import Dim, Real, architecture, arrow, op

width = Dim("width")


@arrow
def clipped(x: Real[width]) -> Real[width]:
    """At most six."""
    return op.minimum(x, 6.0)


model = architecture(clipped, sizes=dict(width=8))
