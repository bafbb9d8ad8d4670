"""Axis names as strings, as in einops."""

from categorical import Dim, Real, architecture, arrow, op

feature, label = Dim.named("feature label")


@arrow
def scores(x: Real["batch", feature]) -> Real["batch", label]:
    """A linear classifier."""
    return op.linear(feature, label)(x)


model = architecture(scores, sizes=dict(feature=8, label=2), batch="none")
