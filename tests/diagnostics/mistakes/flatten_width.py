"""A convolutional network: the last layer forgets the pixels that are left after pooling."""

from categorical import Dim, Real, architecture, arrow, op

height, width, maps, label = Dim.named("height width maps label")


@arrow
def classifier(image: Real[1, height, width]) -> Real[label]:
    """Scores of the digits."""
    edges = op.relu(op.conv(1, maps, over=(height, width), kernel=3)(image))
    coarse = op.max_pool(height, width, kernel=2)(edges)
    flat = op.merge(*coarse.type.axes)(coarse)
    return op.linear(maps, label)(flat)


model = architecture(classifier, sizes=dict(maps=8, label=10, height=28, width=28))
