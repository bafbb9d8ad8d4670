"""An arrow called `forward`, as in a module."""

from categorical import Dim, Real, architecture, arrow, op

feature, label = Dim.named("feature label")


@arrow
def forward(x: Real[feature]) -> Real[label]:
    """A linear classifier."""
    return op.linear(feature, label)(x)


model = architecture(forward, sizes=dict(feature=8, label=2))
