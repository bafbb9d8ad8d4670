"""The cell of a binary tree names its two children, and the fold gives them as one axis."""

from categorical import Dim, Real, architecture, arrow, op
from categorical.recursion import tree_fold

node = Dim("node", varies=True)
feature, hidden = Dim.named("feature hidden")


@arrow
def cell(x: Real[feature], left: Real[hidden], right: Real[hidden]) -> Real[hidden]:
    below = op.linear(hidden, hidden, name="left")(left) + op.linear(hidden, hidden)(right)
    return op.tanh(op.linear(feature, hidden, name="label")(x) + below)


model = architecture(
    tree_fold(op.linear(feature, hidden), cell, over=node, arity=2).named("trees"), batch="union"
)
