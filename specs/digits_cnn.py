"""A small convolutional network for 8 × 8 digits, and what can be said of it.

Two laws are proved for all inputs and weights; the third is claimed to show a refutation: zero
padding makes the border special, so the features do not move with the image.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Cyclic
from categorical.sizes import floor_div

height, width = Dim.named("height width")
narrow, wide, hidden, label = Dim.named("narrow wide hidden label")


@arrow
def features(image: Real[1, height, width]) -> Real[wide, height, width]:
    """Two convolutions with zero padding."""
    edges = op.relu(op.conv(1, narrow, over=(height, width), kernel=3, name="edges")(image))
    return op.relu(op.conv(narrow, wide, over=(height, width), kernel=3, name="strokes")(edges))


@arrow
def digits_cnn(image: Real[1, height, width]) -> Real[label]:
    """Scores of the ten digits."""
    coarse = op.max_pool(height, width, kernel=2)(features(image))
    places = coarse.type.axes[1:]
    parts = op.relu(op.conv(wide, hidden, over=places, kernel=3, name="parts")(coarse))
    flat = op.merge(hidden, *places)(parts)
    return op.linear(flat.type.axes[0], label, name="scores")(op.dropout(0.3)(flat))


moving = architecture(
    features,
    laws=[
        laws.equivariant(under=Cyclic(height)).fails("zero padding makes the border special"),
        laws.bounded(low=0),
    ],
    sizes=dict(narrow=8, wide=24),
)
classifier = architecture(
    digits_cnn,
    laws=[
        laws.parameters(
            (9 + 1) * narrow.size
            + (9 * narrow.size + 1) * wide.size
            + (9 * wide.size + 1) * hidden.size
            + (hidden.size * floor_div(height.size, 2) * floor_div(width.size, 2) + 1) * label.size
        ),
    ],
    sizes=dict(narrow=8, wide=24, hidden=32, label=10, height=8, width=8),
)
