"""A law of a product of groups, of which the output keeps one factor."""

from categorical import Dim, Real, architecture, laws, op
from categorical.groups import Symmetric

row, column, feature, hidden = Dim.named("row column feature hidden")
scores = (op.linear(feature, hidden) >> op.mean(column)).at(Real[row, column, feature])
both = Symmetric(row) * Symmetric(column)
model = architecture(scores, name="scores", laws=[laws.equivariant(under=both)])
