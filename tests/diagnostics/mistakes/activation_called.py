"""An activation is made as in torch, with parentheses."""

from categorical import Dim, architecture, op

feature, hidden, label = Dim.named("feature hidden label")

net = op.linear(feature, hidden) >> op.relu() >> op.linear(hidden, label)
model = architecture(net, name="net", sizes=dict(feature=8, hidden=8, label=2))
