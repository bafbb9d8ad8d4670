"""The whole type as a string that names a dim nobody declared."""

from categorical import Dim, Real, architecture, arrow, op

feature, label = Dim.named("feature label")


@arrow
def scores(x: "Real[item, feature]") -> "Real[item, label]":
    """A linear classifier."""
    return op.linear(feature, label)(x)


model = architecture(scores, sizes=dict(feature=8, label=2))
