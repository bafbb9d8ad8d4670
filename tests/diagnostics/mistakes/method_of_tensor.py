"""Methods, as a tensor has them."""

from categorical import Dim, Real, architecture, arrow, op

item, feature, label = Dim.named("item feature label")


@arrow
def scores(items: Real[item, feature]) -> Real[label]:
    """Scores of a set."""
    return op.linear(feature, label)(items.mean(0))


model = architecture(scores, sizes=dict(feature=8, label=2))
