"""The classic silent bug: predictions of shape (n, 1) against targets of shape (n,)."""

from categorical import Dim, Real, architecture, arrow, op

sample, feature = Dim.named("sample feature")


@arrow
def loss(x: Real[sample, feature], target: Real[sample]) -> Real[()]:
    """The mean squared error of a linear model."""
    prediction = op.linear(feature, 1)(x)
    return op.mean(sample)(op.square(prediction - target))


model = architecture(loss, sizes=dict(feature=4), batch="none")
