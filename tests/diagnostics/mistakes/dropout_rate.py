"""A dropout rate in percent."""

from categorical import Dim, architecture, op

width = Dim("width")

net = op.linear(width, width) >> op.dropout(10)
model = architecture(net, name="net", sizes=dict(width=8))
