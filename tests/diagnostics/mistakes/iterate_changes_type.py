"""A stack of layers whose output is wider than its input."""

from categorical import Dim, architecture, iterate, op

width, hidden = Dim.named("width hidden")

net = iterate(op.linear(width, hidden) >> op.relu, 6)
model = architecture(net, name="net", sizes=dict(width=8, hidden=16))
