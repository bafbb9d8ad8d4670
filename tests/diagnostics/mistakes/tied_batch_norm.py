"""One batch norm for two layers: its running statistics would depend on which ran first."""

from categorical import Dim, Real, architecture, arrow, op, tie

sample, width = Dim.named("sample width")
norm = tie(op.batch_norm(width, over=(sample,)).at(Real[sample, width]))


@arrow
def net(x: Real[sample, width]) -> Real[sample, width]:
    """Two layers with one normalisation."""
    return norm(op.relu(op.linear(width, width)(norm(x))))


model = architecture(net, sizes=dict(width=8), batch="none")
