"""The cell of a tree takes the states of the children first and the label last."""

from categorical import Dim, Real, architecture, arrow, op
from categorical.recursion import rose_fold

node = Dim("node", varies=True)
child, feature, hidden = Dim.named("child feature hidden")


@arrow
def cell(below: Real[child, hidden], x: Real[feature]) -> Real[hidden]:
    return op.tanh(op.linear(feature, hidden)(x) + op.linear(hidden, hidden)(op.sum(child)(below)))


model = architecture(rose_fold(cell, over=node, arity=child).named("trees"), batch="union")
