"""A size of -1, as in a reshape."""

from categorical import Dim, architecture, op

feature, label = Dim.named("feature label")

net = op.linear(feature, label)
model = architecture(net, name="net", sizes=dict(feature=-1, label=2))
