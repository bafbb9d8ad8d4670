"""Linearity is claimed in an input that does not exist."""

from categorical import Dim, Real, architecture, arrow, laws, op

width = Dim("width")


@arrow
def gated(value: Real[width], gate: Real[width]) -> Real[width]:
    """A gated value."""
    return value * op.sigmoid(gate)


model = architecture(gated, laws=[laws.linear("values")], sizes=dict(width=8))
