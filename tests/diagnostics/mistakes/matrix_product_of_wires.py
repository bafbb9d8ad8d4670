"""A weight applied by `@`."""

from categorical import Dim, Real, architecture, arrow, op

feature, hidden = Dim.named("feature hidden")


@arrow
def transform(x: Real[feature]) -> Real[hidden]:
    """A linear map, by hand."""
    weight = op.parameter(Real[hidden, feature], name="weight")()
    return weight @ x


model = architecture(transform, sizes=dict(feature=8, hidden=4))
