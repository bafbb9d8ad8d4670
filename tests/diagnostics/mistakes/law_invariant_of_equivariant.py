"""Invariance is claimed where the items are still there: permuting them permutes the result."""

from categorical import Dim, Real, architecture, laws, op
from categorical.groups import Symmetric

item, feature, label = Dim.named("item feature label")

net = (op.linear(feature, label) >> op.relu).at(Real[item, feature])
model = architecture(
    net,
    name="net",
    laws=[laws.invariant(under=Symmetric(item))],
    sizes=dict(feature=8, label=2),
)
