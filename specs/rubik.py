"""A layer for positions of Rubik's cube: what one sticker can tell another, whatever was turned.

The turns of the six faces generate a group of 43,252,003,274,489,856,000 elements, which is checked
when the group is made.  It moves the 24 stickers on corners among themselves and the 24 on edges;
linear maps of the 48 stickers that commute with every turn are nine.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Acting, rubik
from synthesis import natural

sticker = Dim("sticker", size=48)
colour, hidden = Dim.named("colour hidden")
turns = Acting(rubik(), {sticker: rubik().standard()})
layer = natural(Real[sticker], Real[sticker], under=turns)

nine = architecture(
    layer.layer(colour, hidden),
    name="rubik_layer",
    laws=[
        laws.equivariant(under=turns),
        laws.complete(under=turns),
        laws.parameters(9 * colour * hidden + 2 * hidden),
    ],
    sizes=dict(colour=6, hidden=16),
)

to_value = natural(Real[sticker], Real.scalar, under=turns)
score = Dim("score", size=1)


@arrow
def value_of_position(stickers: Real[sticker, colour]) -> Real[score]:
    """A number for a position, the same for all positions that turns make of it."""
    first = op.relu(layer.layer(colour, hidden, name="first")(stickers))
    second = op.relu(layer.layer(hidden, hidden, name="second")(first))
    return to_value.layer(hidden, score, name="value")(second)


invariant = architecture(
    value_of_position,
    laws=[laws.invariant(under=turns), laws.complete(under=turns)],
    sizes=dict(colour=6, hidden=16),
)
