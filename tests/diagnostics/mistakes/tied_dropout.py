"""A dropout layer made once and used twice, as if both uses dropped the same entries."""

from categorical import Dim, Real, architecture, arrow, op, tie

width = Dim("width")
drop = tie(op.dropout(0.1).at(Real[width]))


@arrow
def net(x: Real[width]) -> Real[width]:
    """Dropout before and after a layer."""
    return drop(op.relu(op.linear(width, width)(drop(x))))


model = architecture(net, sizes=dict(width=8))
