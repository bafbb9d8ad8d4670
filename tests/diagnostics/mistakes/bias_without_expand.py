"""A bias is added to every item without saying so."""

from categorical import Dim, Real, architecture, arrow, op

item, feature, hidden = Dim.named("item feature hidden")


@arrow
def layer(items: Real[item, feature]) -> Real[item, hidden]:
    """A linear layer with a bias of its own."""
    bias = op.parameter(Real[hidden], name="bias")()
    return op.linear(feature, hidden, bias=False)(items) + bias


model = architecture(layer, sizes=dict(feature=8, hidden=8))
