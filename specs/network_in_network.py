"""Network in Network (Lin et al. 2013): a small perceptron slid over the image, then one mean.

On a torus (circular padding) the features move with the image, and the scores do not change.
"""

from categorical import Axis, Dim, Real, architecture, arrow, laws, op, reparametrise
from categorical.groups import Cyclic

height, width = Dim.named("height width")
colour, patch, hidden, label = Dim.named("colour patch hidden label")
torus = Cyclic(height) * Cyclic(width)


@arrow
def perceptron_layer(image: Real[colour, height, width]) -> Real[label, height, width]:
    """A convolution, then a two-layer perceptron at every position."""
    places = (height, width)
    seen = op.relu(
        op.conv(colour, patch, over=places, kernel=5, padding="circular", name="patch")(image)
    )
    inner = op.relu(op.linear(patch, hidden, name="inner")(seen))
    return op.relu(op.linear(hidden, label, name="outer")(inner))


@arrow
def network_in_network(image: Real[colour, height, width]) -> Real[label]:
    """The mean of the last feature maps, one for each label, is the score."""
    return op.mean(height, width)(perceptron_layer(image))


def with_unit_convolutions():
    """The layer again, its perceptron written as two 1 × 1 convolutions."""

    @arrow
    def unit_convolutions(image: Real[colour, height, width]) -> Real[label, height, width]:
        """Three convolutions, the last two with kernels of one position."""
        places = (height, width)
        seen = op.relu(
            op.conv(colour, patch, over=places, kernel=5, padding="circular", name="patch")(image)
        )
        inner = op.relu(op.conv(patch, hidden, over=places, kernel=1, name="inner")(seen))
        return op.relu(op.conv(hidden, label, over=places, kernel=1, name="outer")(inner))

    def unit_kernel(source, target):
        """A matrix as a kernel of one position."""
        rows, columns = Axis(1, "k1"), Axis(1, "k2")

        def kernel(weight: Real[target, source]) -> Real[target, source, rows, columns]:
            kernel_first = op.unsqueeze(columns)(op.unsqueeze(rows)(weight))
            return op.transpose(target, source, rows, columns)(kernel_first)

        return arrow(kernel)

    inner = reparametrise(unit_convolutions, "inner.weight", unit_kernel(patch, hidden))
    return reparametrise(inner, "outer.weight", unit_kernel(hidden, label))


layer = architecture(
    perceptron_layer,
    name="nin_layer",
    laws=[laws.equivariant(under=torus), laws.equal(with_unit_convolutions())],
    sizes=dict(colour=3, patch=16, hidden=16, label=10),
)
network = architecture(
    network_in_network,
    atlas="network-in-network",
    laws=[laws.invariant(under=torus)],
    sizes=dict(colour=3, patch=16, hidden=16, label=10),
)
