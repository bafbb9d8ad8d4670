"""Two sides of an equation with different types."""

from categorical import Dim, Real, architecture, laws, op

item, feature, label = Dim.named("item feature label")

pool_late = (op.linear(feature, label) >> op.mean(item)).at(Real[item, feature])
no_pool = op.linear(feature, label).at(Real[item, feature])
model = architecture(
    pool_late,
    name="net",
    laws=[laws.equal(no_pool)],
    sizes=dict(feature=8, label=2),
)
