"""Group convolutional networks: scores of an image that do not change when the image is turned.

A convolution lifts the image: at every pixel it has one response for each symmetry of the square
grid.  Convolutions of such responses use *all* kernels that commute with the symmetries: 36 for a
pair of channels under the four turns (3 × 3), 72 under turns and reflections.  The last layer reads
the responses out with invariant kernels, and the mean over what is left of the grid is the score.

Both axes of an image are occurrences of one dim: a quarter turn exchanges them.

Cohen and Welling, "Group equivariant convolutional networks", 2016.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Acting, cyclic, dihedral
from categorical.representations import regular
from synthesis import convolution

side, narrow, wide, label = Dim.named("side narrow wide label")
row, column = side.at("row"), side.at("column")
turn, motion = Dim("turn", size=4), Dim("motion", size=8)

C4 = Acting(cyclic(4), {turn: regular(cyclic(4))}, grid=(row, column))
TURNS = Acting(cyclic(4), {}, grid=(row, column))
MIRRORS = Acting(dihedral(4), {}, grid=(row, column))
D4 = Acting(dihedral(4), {motion: regular(dihedral(4))}, grid=(row, column))


def scores(image, under, fibre):
    """Lift, two group convolutions, and invariant kernels as large as what is left of an 8 × 8
    image; the grid stays square, because every window is."""

    def layer(x, source, target, channels, **more):
        convolve = convolution(
            source_fibre=source,
            target_fibre=target,
            channels=channels,
            under=under,
            over=x.type.axes[-2:],
            **more,
        )
        return convolve(x)

    edges = op.relu(layer(image, (), fibre, (1, narrow), name="edges"))
    strokes = layer(edges, fibre, fibre, (narrow, wide), padding="valid", name="strokes")
    parts = layer(op.relu(strokes), fibre, fibre, (wide, wide), padding="valid", name="parts")
    found = layer(
        op.relu(parts), fibre, (), (wide, label), kernel=4, padding="valid", name="scores"
    )
    return op.mean(*found.type.axes[1:])(found)


@arrow
def turned(image: Real[1, row, column]) -> Real[label]:
    """Scores that do not change when the image is turned by 90°."""
    return scores(image, C4, turn)


@arrow
def turned_or_reflected(image: Real[1, row, column]) -> Real[label]:
    """Scores that do not change when the image is turned by 90° or reflected."""
    return scores(image, D4, motion)


@arrow
def strokes(edges: Real[narrow, turn, row, column]) -> Real[wide, turn, row, column]:
    """One group convolution: turning the image turns its responses, and permutes them."""
    convolve = convolution(
        source_fibre=turn, target_fibre=turn, channels=(narrow, wide), under=C4, padding="circular"
    )
    return op.relu(convolve(edges))


@arrow
def plain(image: Real[1, row, column]) -> Real[label]:
    """The same layers without a group, to compare with: nothing is known of a turned image."""

    def layer(x, source, target, kernel=3, padding="valid", name=""):
        over = x.type.axes[-2:]
        return op.conv(source, target, over=over, kernel=kernel, padding=padding, name=name)(x)

    edges = op.relu(layer(image, 1, narrow, padding="zero", name="edges"))
    bends = op.relu(layer(edges, narrow, wide, name="strokes"))
    parts = op.relu(layer(bends, wide, wide, name="parts"))
    found = layer(parts, wide, label, kernel=4, name="scores")
    return op.mean(*found.type.axes[1:])(found)


def weights(kernels, invariant):
    """The number of weights: 9 kernels to lift to a regular fibre, and a bias for each channel."""
    lift = 9 * narrow.size + narrow.size
    inner = kernels * (narrow.size * wide.size + wide.size * wide.size) + 2 * wide.size
    return lift + inner + invariant * wide.size * label.size + label.size


c4 = architecture(
    turned,
    laws=[
        laws.invariant(under=C4),
        laws.complete(under=C4),
        laws.invariant(under=MIRRORS).fails("a reflection is no turn"),
        laws.parameters(weights(36, 16)),
    ],
    sizes=dict(narrow=8, wide=8, label=10),
)
d4 = architecture(
    turned_or_reflected,
    laws=[
        laws.invariant(under=D4),
        laws.complete(under=D4),
        laws.parameters(weights(72, 16)),
    ],
    sizes=dict(narrow=6, wide=6, label=10),
)
unturned = architecture(
    plain,
    laws=[laws.invariant(under=TURNS).fails("a plain convolution tells the directions apart")],
    sizes=dict(narrow=12, wide=15, label=10),
)
layer = architecture(
    strokes,
    name="group_convolution",
    laws=[laws.equivariant(under=C4), laws.complete(under=C4)],
    sizes=dict(narrow=8, wide=8),
)
