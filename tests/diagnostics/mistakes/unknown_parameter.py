"""A misspelt parameter name in a low-rank update."""

from categorical import Dim, architecture, low_rank, op

feature, label = Dim.named("feature label")

net = op.linear(feature, label, name="scores")
model = architecture(low_rank(net, "score.weight", 4), name="net", sizes=dict(feature=8, label=2))
