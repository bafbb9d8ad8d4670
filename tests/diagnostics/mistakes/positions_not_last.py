"""A per-position weight is multiplied in: its axis is the first, so expanding is not enough."""

from categorical import Dim, Real, architecture, arrow, op

token, width = Dim.named("token width")


@arrow
def weighted(x: Real[token, width], weight: Real[token]) -> Real[token, width]:
    """Every token times its weight."""
    return x * weight


model = architecture(weighted, sizes=dict(width=8))
