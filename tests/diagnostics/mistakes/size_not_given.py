"""A size for a dim that does not occur: the name is misspelt."""

from categorical import Dim, Real, architecture, op

feature, hidden, label = Dim.named("feature hidden label")

net = op.linear(feature, hidden) >> op.relu >> op.linear(hidden, label)
model = architecture(net, name="net", sizes=dict(feature=8, hiden=16, label=2))
