"""Channels last where channels first are expected; all axes have 64 entries: torch is silent."""

from categorical import Dim, Real, architecture, arrow, op

time, channel = Dim.named("time channel")


@arrow
def encode(x: Real[time, channel]) -> Real[channel]:
    """The mean of the transformed frames."""
    return op.mean(time)(op.relu(op.linear(channel, channel)(x)))


@arrow
def model_of(recording: Real[channel, time]) -> Real[channel]:
    """A recording comes with its channels first."""
    return encode(recording)


model = architecture(model_of, sizes=dict(time=64, channel=64))
