"""A permutation law for a dim that the architecture does not have."""

from categorical import Dim, Real, architecture, laws, op
from categorical.groups import Symmetric

item, feature, label = Dim.named("item feature label")

net = op.linear(feature, label).at(Real[feature])
model = architecture(
    net,
    name="net",
    laws=[laws.invariant(under=Symmetric(item))],
    sizes=dict(feature=8, label=2),
)
