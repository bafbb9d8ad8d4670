"""A layer is applied to another layer instead of being composed with it."""

from categorical import Dim, architecture, op

feature, hidden, label = Dim.named("feature hidden label")

net = op.linear(hidden, label)(op.linear(feature, hidden))
model = architecture(net, name="net", sizes=dict(feature=8, hidden=8, label=2))
