"""The result is declared with its axes the other way round."""

from categorical import Dim, Real, architecture, arrow, op

item, feature, hidden = Dim.named("item feature hidden")


@arrow
def encode(items: Real[item, feature]) -> Real[hidden, item]:
    """A code for each item."""
    return op.relu(op.linear(feature, hidden)(items))


model = architecture(encode, sizes=dict(feature=16, hidden=16))
