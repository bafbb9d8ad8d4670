"""A network of particles that every observer agrees on: Lorentz group equivariance.

Particles have a four-momentum and features.  There is one bilinear invariant of two momenta, the
Minkowski product; it is solved for.  Messages see the features of both particles, their product and
that of their difference; a momentum moves along the others, each times a number, and the features
take a sum of messages.  The scores do not change under boosts, rotations, reflections of space and
of time (all four components of O(1, 3)), or when the particles are numbered anew.

An observer who can tell left from right has more maps: under the component of the identity alone,
tensors of rank 2 have a fourth linear map, which contracts with the Levi-Civita symbol.

Gong et al., "An efficient Lorentz equivariant graph neural network for jet tagging", 2022
(arXiv 2201.08187, section 3).
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Lorentz, SpecialLorentz, Symmetric
from synthesis import natural

particle, feature, inner, message, label = Dim.named("particle feature inner message label")
momentum = Dim("momentum", size=4)
other, column = particle.at("other"), momentum.at("column")
O13, SO13 = Lorentz(momentum), SpecialLorentz(momentum)

# --- the invariants -------------------------------------------------------------------------------

products = natural((Real[momentum], Real[momentum]), Real[()], under=O13)


def minkowski(x, y):
    """The solved form, with the coefficient 1: what x and y carry along is kept."""
    assert products.dimension == 1
    form = op.hom(products.maps, ((momentum,), (momentum,)), (), coefficients=(1,), name="product")
    return form(x, y)


def squashed(x):
    """sgn(x) log(1 + |x|): products are as large as energies squared."""
    return op.contract()(op.sign(x), op.log1p(op.abs(x)))


def here(x):
    """What each particle has, for each pair."""
    rest = (a for a in x.type.axes if a.index is not particle)
    return op.transpose(particle, other, *rest)(op.expand(other)(x))


def there(x):
    """What the other particle has, for each pair."""
    rest = (a for a in x.type.axes if a.index is not particle)
    return op.transpose(particle, other, *rest)(op.expand(particle)(op.relabel(particle, other)(x)))


# --- the network ----------------------------------------------------------------------------------


def messages(h, p):
    """The message to each particle from each other."""

    def read(number, name):
        column = op.transpose(particle, other, 1)(op.unsqueeze(1)(squashed(number)))
        return op.linear(1, inner, bias=False, name=name)(column)

    away = here(p) - there(p)
    receiver = op.linear(feature, inner, name="receiver")(h)
    sender = op.linear(feature, inner, bias=False, name="sender")(h)
    code = here(receiver) + there(sender)
    code = code + read(minkowski(p, op.relabel(particle, other)(p)), "product")
    code = code + read(minkowski(away, away), "difference")
    return op.relu(op.linear(inner, message, name="message")(op.relu(code)))


def block(h, p):
    """One layer: new features and new momenta."""
    found = messages(h, p)
    push = op.linear(inner, 1, name="strength")(
        op.relu(op.linear(message, inner, name="push")(found))
    )
    gate = op.sigmoid(op.linear(message, 1, name="gate")(found))
    pulled = op.einsum(particle, momentum)(op.squeeze(1)(push), op.relabel(particle, other)(p))
    heard = op.einsum(particle, message)(op.squeeze(1)(gate), found)
    own = op.linear(feature, inner, name="own")(h)
    thought = op.relu(own + op.linear(message, inner, bias=False, name="heard")(heard))
    return h + op.linear(inner, feature, name="update")(thought), p + pulled


@arrow
def moved(
    h: Real[particle, feature], p: Real[particle, momentum]
) -> Real[particle, feature] * Real[particle, momentum]:
    """Two layers: new features and new momenta."""
    h, p = block(h, p)
    return block(h, p)


@arrow
def scores(h: Real[particle, feature], p: Real[particle, momentum]) -> Real[label]:
    """Scores of a jet of particles."""
    h, p = moved(h, p)
    code = op.relu(op.linear(feature, inner, name="code")(op.mean(particle)(h)))
    return op.linear(inner, label, name="scores")(code)


SIZES = dict(feature=8, inner=16, message=8)
layers = architecture(
    moved,
    name="lorentz_layers",
    laws=[
        laws.equivariant(under=O13),
        laws.equivariant(under=Symmetric(particle)),
        laws.equivariant(under=Symmetric(particle) * O13),
    ],
    sizes=SIZES,
)
model = architecture(
    scores,
    name="lorentz_network",
    laws=[
        laws.invariant(under=O13),
        laws.invariant(under=Symmetric(particle)),
    ],
    sizes=SIZES | dict(label=2),
)

# --- left and right -------------------------------------------------------------------------------

tensors = Real[momentum, column]
every = natural(tensors, tensors, under=O13)
oriented = natural(tensors, tensors, under=SO13)
assert (every.dimension, oriented.dimension) == (3, 4)

of_tensors = architecture(
    every.layer(feature, message, bias=False),
    name="tensors_of_all_observers",
    laws=[
        laws.equivariant(under=O13),
        laws.complete(under=O13),
        laws.parameters(3 * feature.size * message.size),
    ],
    sizes=dict(feature=8, message=8),
)
of_oriented = architecture(
    oriented.layer(feature, message, bias=False),
    name="tensors_of_oriented_observers",
    laws=[
        laws.equivariant(under=SO13),
        laws.complete(under=SO13),
        laws.parameters(4 * feature.size * message.size),
        laws.equivariant(under=O13).fails("a reflection changes the sign of the fourth map"),
    ],
    sizes=dict(feature=8, message=8),
)
