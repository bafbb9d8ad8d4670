"""Split back in another order than it was merged."""

from categorical import Dim, Real, architecture, arrow, op

height, width = Dim.named("height width")


@arrow
def smooth(image: Real[height, width]) -> Real[width, height]:
    """A dense layer over all pixels, as an image again."""
    flat = op.merge(height, width)(image)
    mixed = op.linear(height * width, height * width)(flat)
    return op.split(height * width, width, height)(mixed)


model = architecture(smooth, sizes=dict(height=8, width=8))
