"""Merged in the wrong order: a `view` that would shuffle the pixels."""

from categorical import Dim, Real, architecture, arrow, op

height, width, label = Dim.named("height width label")


@arrow
def scores(image: Real[height, width]) -> Real[label]:
    """Scores of an image, read column by column."""
    flat = op.merge(height, width)(image)
    return op.linear(width * height, label)(flat)


model = architecture(scores, sizes=dict(height=8, width=8, label=10))
