"""A group convolutional network of volumes: scores that do not change when a volume is turned.

The 24 rotations of the cube map a grid of voxels to itself, so nothing is sampled and nothing is
lost.  The first convolution lifts a volume to one response for each rotation, with 27 free kernels;
the second uses all 648 kernels between such responses (3 × 3 × 3 voxels).

Worrall and Brostow, "CubeNet: equivariance to 3D rotation and translation", 2018.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Acting, cube
from categorical.representations import regular
from synthesis import convolution

side, narrow, wide, label = Dim.named("side narrow wide label")
x, y, z = side.at("x"), side.at("y"), side.at("z")
rotation = Dim("rotation", size=24)
ROTATIONS = Acting(cube(), {rotation: regular(cube())}, grid=(x, y, z))


@arrow
def cube_cnn(volume: Real[1, x, y, z]) -> Real[label]:
    """Scores of a volume, whichever of its faces lies below."""
    lift = convolution(target_fibre=rotation, channels=(1, narrow), under=ROTATIONS, name="edges")
    turn = convolution(
        source_fibre=rotation,
        target_fibre=rotation,
        channels=(narrow, wide),
        under=ROTATIONS,
        name="parts",
    )
    parts = op.relu(turn(op.relu(lift(volume))))
    return op.linear(wide, label, name="scores")(op.mean(x, y, z)(op.max(rotation)(parts)))


@arrow
def faces(volume: Real[narrow, rotation, x, y, z]) -> Real[wide, rotation, x, y, z]:
    """One group convolution of a volume."""
    return convolution(
        source_fibre=rotation, target_fibre=rotation, channels=(narrow, wide), under=ROTATIONS
    )(volume)


classifier = architecture(
    cube_cnn,
    laws=[
        laws.invariant(under=ROTATIONS),
        laws.complete(under=ROTATIONS),
        laws.parameters(
            (27 + 1) * narrow.size
            + (648 * narrow.size + 1) * wide.size
            + (wide.size + 1) * label.size
        ),
    ],
    sizes=dict(narrow=4, wide=8, label=10),
)
layer = architecture(
    faces,
    name="cube_convolution",
    laws=[laws.equivariant(under=ROTATIONS), laws.complete(under=ROTATIONS)],
    sizes=dict(narrow=4, wide=4),
)
