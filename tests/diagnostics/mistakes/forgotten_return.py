"""The body computes and forgets to return."""

from categorical import Dim, Real, architecture, arrow, op

feature, label = Dim.named("feature label")


@arrow
def scores(x: Real[feature]) -> Real[label]:
    """A linear classifier."""
    result = op.linear(feature, label)(x)


model = architecture(scores, sizes=dict(feature=8, label=2))
