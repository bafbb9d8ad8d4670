"""A layer with a name that is code."""

from categorical import Dim, architecture, op

feature, label = Dim.named("feature label")

net = op.linear(feature, label, name="__import__('os')")
model = architecture(net, name="net", sizes=dict(feature=8, label=2))
