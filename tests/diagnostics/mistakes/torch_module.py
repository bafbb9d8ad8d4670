"""A torch-style list of layers is passed where an arrow is expected."""

from categorical import Dim, architecture, op

feature, hidden, label = Dim.named("feature hidden label")

layers = [op.linear(feature, hidden), op.relu, op.linear(hidden, label)]
model = architecture(layers, name="net", sizes=dict(feature=8, hidden=8, label=2))
