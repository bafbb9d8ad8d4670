"""A layer applied outside an arrow, to a dim, as if it were a tensor."""

from categorical import Dim, architecture, op

feature, label = Dim.named("feature label")

scores = op.linear(feature, label)(feature)
model = architecture(scores, name="scores", sizes=dict(feature=8, label=2))
