"""Causality is claimed of a summary that has no time axis any more."""

from categorical import Dim, Real, architecture, laws, op

time, width = Dim.named("time width")

net = (op.linear(width, width) >> op.mean(time)).at(Real[time, width])
model = architecture(net, name="net", laws=[laws.causal(time)], sizes=dict(width=8))
