"""Differences of neighbours: one index less."""

from categorical import Dim, Real, architecture, arrow, op

time = Dim("time")


@arrow
def steps(x: Real[time]) -> Real[time - 1]:
    """What changes from step to step."""
    return op.sub(x, x)


model = architecture(steps)
