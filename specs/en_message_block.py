"""Messages between points of space: features are invariant, positions move along differences.

The message from one point to another sees the features of both and their distance: nothing that
changes when all points are rotated, reflected or shifted.  A point is pushed along its differences
from the others, so its new position turns and shifts with them.  This is one layer of an
E(n)-equivariant network, on all pairs of points.

Satorras et al., "E(n) Equivariant Graph Neural Networks", 2021.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Orthogonal, Symmetric

point, space, feature, message = Dim.named("point space feature message")
inner, gate, outer = Dim.named("inner gate outer")
other = point.at("other")


def here(x):
    """What each point has, for each pair: the same whoever the other one is."""
    rest = (a for a in x.type.axes if a.index is not point)
    return op.transpose(point, other, *rest)(op.expand(other)(x))


def there(x):
    """What the other point has, for each pair."""
    rest = (a for a in x.type.axes if a.index is not point)
    return op.transpose(point, other, *rest)(op.expand(point)(op.relabel(point, other)(x)))


def move(x, away, push):
    """The sum of the differences, each times its push, is added to the position."""
    return x + op.einsum(point, space)(push, away)


# A linear map of features put side by side is the sum of one linear map each: nothing is put side
# by side, and what belongs to one point is computed once, not once a pair.
@arrow(inline=True)
def messages(
    h: Real[point, feature], away: Real[point, other, space]
) -> Real[point, other, message]:
    """The message to each point from each other, from both features and the squared distance."""
    distance = op.einsum(point, other)(away, away)
    receiver = op.linear(feature, inner, name="receiver")(h)
    sender = op.linear(feature, inner, bias=False, name="sender")(h)
    far = op.linear(1, inner, bias=False, name="distance")
    far = far(op.transpose(point, other, 1)(op.unsqueeze(1)(distance)))
    code = op.silu(here(receiver) + there(sender) + far)
    return op.silu(op.linear(inner, message, name="message")(code))


@arrow(inline=True)
def pushes(found: Real[point, other, message]) -> Real[point, other]:
    """How strongly each message pushes."""
    strength = op.silu(op.linear(message, gate, name="push")(found))
    return op.squeeze(1)(op.linear(gate, 1, name="strength")(strength))


@arrow(inline=True)
def update(h: Real[point, feature], received: Real[point, message]) -> Real[point, feature]:
    """The features, with what was received."""
    own = op.linear(feature, outer, name="own")(h)
    thought = op.silu(own + op.linear(message, outer, bias=False, name="heard")(received))
    return h + op.linear(outer, feature, name="update")(thought)


@arrow
def message_block(
    h: Real[point, feature], x: Real[point, space]
) -> Real[point, feature] * Real[point, space]:
    """New features and new positions."""
    away = here(x) - there(x)
    found = messages(h, away)
    return update(h, op.sum(other)(found)), move(x, away, pushes(found))


# The textbook puts both features and the distance side by side, for each pair.
@arrow
def side_by_side(
    h: Real[point, feature], x: Real[point, space]
) -> Real[point, feature] * Real[point, space]:
    """The same layer with one weight for everything that a message is made from."""
    away = here(x) - there(x)
    distance = op.transpose(point, other, 1)(op.unsqueeze(1)(op.einsum(point, other)(away, away)))
    seen = op.concat(feature, feature, 1)(here(h), there(h), distance)
    weight = op.concat(feature, feature, 1)(
        op.parameter(Real[inner, feature], name="receiver")(),
        op.parameter(Real[inner, feature], name="sender")(),
        op.parameter(Real[inner, 1], name="distance")(),
    )
    bias = op.expand(point, other)(op.parameter(Real[inner], name="bias")())
    code = op.silu(op.einsum(point, other, inner)(seen, weight) + bias)
    found = op.silu(op.linear(inner, message, name="message")(code))
    return update(h, op.sum(other)(found)), move(x, away, pushes(found))


SIZES = dict(space=3, feature=64, inner=258, message=16, gate=64, outer=128)

model = architecture(
    message_block,
    laws=[
        laws.equivariant(under=Symmetric(point)),
        laws.equivariant(under=Orthogonal(space)),
        laws.equal(
            side_by_side,
            renaming={
                "receiver": "messages.receiver.weight",
                "sender": "messages.sender.weight",
                "distance": "messages.distance.weight",
                "bias": "messages.receiver.bias",
                "message": "messages.message",
            },
            name="equal[side by side]",
        ),
        laws.parameters(
            inner * (2 * feature + 1)
            + inner
            + message * (inner + 1)
            + gate * (message + 1)
            + (gate + 1)
            + outer * (feature + message + 1)
            + feature * (outer + 1)
        ),
    ],
    sizes=SIZES,
)


def shifted(x, shift):
    """All points, shifted."""
    return x + op.expand(point)(shift)


@arrow
def after_a_shift(
    h: Real[point, feature], x: Real[point, space], shift: Real[space]
) -> Real[point, feature] * Real[point, space]:
    """The layer at shifted points."""
    return message_block(h, shifted(x, shift))


@arrow
def before_a_shift(
    h: Real[point, feature], x: Real[point, space], shift: Real[space]
) -> Real[point, feature] * Real[point, space]:
    """The layer, and the new points shifted."""
    features, positions = message_block(h, x)
    return features, shifted(positions, shift)


translated = architecture(
    after_a_shift,
    name="translated",
    laws=[laws.equal(before_a_shift, name="equal[shifted afterwards]")],
    sizes=SIZES,
)
