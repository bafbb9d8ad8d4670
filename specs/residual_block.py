"""The basic block of a residual network, with a stride and batch normalisation (He et al. 2016).

Batch normalisation couples the samples of a batch, so the sample axis stands in the type.  In
evaluation mode samples are independent; in training mode they are not, and the law says so.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Symmetric

sample, height, width = Dim.named("sample height width")
narrow, wide = Dim.named("narrow wide")
image = (height, width)


def normalised(channel, name):
    """Batch normalisation over samples and positions."""

    def apply(x):
        positions = [a for a in x.type.axes if a.index is not channel]
        return op.batch_norm(channel, over=positions, name=name)(x)

    return apply


@arrow
def residual_block(x: Real[sample, narrow, height, width]):
    """Two 3 × 3 convolutions beside a strided shortcut."""
    down = op.conv(narrow, wide, over=image, kernel=3, stride=2, bias=False, name="conv1")(x)
    inner = op.relu(normalised(wide, "norm1")(down))
    places = inner.type.axes[2:]
    again = op.conv(wide, wide, over=places, kernel=3, bias=False, name="conv2")(inner)
    update = normalised(wide, "norm2")(again)
    across = op.conv(narrow, wide, over=image, kernel=1, stride=2, bias=False, name="shortcut")(x)
    shortcut = normalised(wide, "norm3")(across)
    return op.relu(update + shortcut)


block = architecture(
    residual_block,
    laws=[
        laws.equivariant(under=Symmetric(sample)),
        laws.bounded(low=0),
        laws.per_sample(sample).in_mode("eval"),
        laws.per_sample(sample).in_mode("train").fails("the statistics are those of the batch"),
        laws.parameters(9 * narrow * wide + 9 * wide * wide + narrow * wide + 6 * wide),
    ],
    sizes=dict(narrow=16, wide=32),
    batch="none",
)
