"""The mean over an axis that was reduced before."""

from categorical import Dim, Real, architecture, arrow, op

height, width, channel = Dim.named("height width channel")


@arrow
def summary(image: Real[height, width, channel]) -> Real[channel]:
    """The mean over all pixels."""
    rows = op.mean(height, width)(image)
    return op.mean(width)(rows)


model = architecture(summary, sizes=dict(channel=3))
