"""A Python function without @arrow in a chain."""

from categorical import Dim, Real, architecture, op

width, hidden = Dim.named("width hidden")


def swish(x: Real[hidden]) -> Real[hidden]:
    """x times its own gate."""
    return x * op.sigmoid(x)


net = op.linear(width, hidden) >> swish >> op.linear(hidden, width)
model = architecture(net, name="net", sizes=dict(width=8, hidden=8))
