"""Sizes read from a configuration file as text."""

from categorical import Dim, architecture, op

feature, label = Dim.named("feature label")

net = op.linear(feature, label)
model = architecture(net, name="net", sizes=dict(feature="64", label=2))
