"""A deep plain convolutional network whose filters are kept orthonormal, and its modulated signal.

Without residual connections a deep network trains only if each layer keeps the length of what goes
forwards and of what comes back.  A map with orthonormal filters does.  So the filters of a layer
are a wire that is read twice: by the convolution, and by a penalty that is 0 exactly where they are
orthonormal, the squared distance of their Gram matrix from the identity.  What comes back is
brought to a given length besides: a lens whose `put` is not the reverse derivative of its `get`.

Xie, Xiong and Pu, "All You Need is Beyond a Good Init: Exploring Better Solution for Training
Extremely Deep Convolutional Neural Networks with Orthonormality and Modulation", 2017.
"""

from categorical import Dim, Fin, Real, architecture, arrow, discard, identity, laws, op
from categorical.composites import group_norm
from categorical.composites.typed import typed
from categorical.derivatives import explicit, gradient, pullback
from categorical.groups import Symmetric
from categorical.learning.games import learner
from categorical.learning.losses import cross_entropy
from categorical.learning.optimisers import sgd
from categorical.schemas.constructions import orthogonal

channel, height, width, digit = Dim.named("channel height width digit")
places = (height, width)
SIZES = dict(channel=8, height=8, width=8, digit=10)
DEPTH, SHARE = 6, 0.05

# --- filters and what is paid for them ------------------------------------------------------------

convolution = explicit(
    op.conv(channel, channel, over=places, kernel=3, bias=False).at(Real[channel, *places])
)
Filters = convolution.dom[1]
out, into, *taps = Filters.axes
other = channel.at("other")


def gram(filters):
    """The inner product of every filter with every other."""
    return op.einsum(out, other)(filters, op.relabel(out, other)(filters))


@arrow
def penalty(filters: Filters) -> Real:
    """How far the Gram matrix is from the identity: the sum of squares."""
    return op.sum(out, other)(op.square(gram(filters) - op.eye(out, other)()))


@arrow
def expanded(filters: Filters) -> Real:
    """The same, multiplied out."""
    products = op.sum(out, other)(op.square(gram(filters)))
    lengths = op.sum(*Filters.axes)(op.square(filters))
    return products - op.scale(2.0)(lengths) + op.sum(out)(op.ones(Real[out])())


@arrow
def slope(filters: Filters) -> Filters:
    """The slope of the penalty, by hand: 4 (F Fᵀ − 1) F."""
    apart = gram(filters) - op.eye(out, other)()
    return op.scale(4.0)(op.einsum(*Filters.axes)(apart, op.relabel(out, other)(filters)))


mirrors = orthogonal(into, out, name="mirror")
CENTRE = [[0.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]
SPREAD = [[0.5, 0.0, 0.0], [0.0, 0.5, -0.5], [0.0, 0.5, 0.0]]


def orthonormal(shape):
    """Filters that are orthonormal by construction: a product of reflections, and a unit shape."""

    @typed(name="orthonormal")
    def made():
        turned = mirrors.forward(op.transpose(into, out)(op.eye(out, into)()))
        return op.einsum(*Filters.axes)(turned, op.table(Real[tuple(taps)], shape)())

    return made


@typed(name="all_alike")
def all_alike():
    """Filters of length 1 that are all the same."""
    first = op.table(Real[tuple(taps)], CENTRE)()
    turned = mirrors.forward(op.transpose(into, out)(op.eye(out, into)()))
    one = op.take(out, at=0)(turned)
    return op.einsum(*Filters.axes)(op.expand(out)(one), first)


nothing = op.zeros(Real.scalar)
paid = architecture(
    penalty,
    laws=[
        laws.commutes(orthonormal(CENTRE) >> penalty, nothing, name="orthonormal filters"),
        laws.commutes(orthonormal(SPREAD) >> penalty, nothing, name="of another shape"),
        laws.equal(discard(Filters) >> nothing, name="any filters").fails("they are not"),
        laws.commutes(all_alike >> penalty, nothing, name="unit filters, all alike").fails(
            "length 1 is not enough"
        ),
        laws.equal(expanded, name="multiplied out"),
        laws.commutes(gradient(penalty), slope, name="the slope by hand"),
        laws.commutes(
            orthonormal(SPREAD) >> gradient(penalty),
            op.zeros(Filters),
            name="orthonormal filters rest",
        ),
        laws.invariant(under=Symmetric(channel)),
        laws.bounded(low=0),
    ],
    sizes=dict(channel=8),
    batch="none",
    name="paid",
    atlas="orthonormal-init",
)

# --- what orthonormal maps keep -------------------------------------------------------------------

Signal = Real[into]
turn = orthogonal(into, name="mirror").forward
mixing = op.linear(channel, channel, bias=False, name="mixing").at(Signal)


def length(signal):
    """The square of the length of a signal."""
    return op.sum(into)(op.square(signal))


@arrow
def turned(signal: Signal) -> Real:
    """The length after an orthonormal map."""
    return length(turn(signal))


@arrow
def untouched(signal: Signal) -> Real:
    """The length before."""
    return length(signal)


@arrow
def mixed(signal: Signal) -> Real:
    """The length after any map."""
    return length(op.relabel(mixing.cod[0].axes[0], into)(mixing(signal)))


@arrow
def returned(back: Signal) -> Real:
    """The length of what comes back through an orthonormal map."""
    return length(pullback(turn)(op.zeros(Signal)(), back))


kept = architecture(
    turned,
    laws=[
        laws.equal(untouched, name="forwards: the length stays"),
        laws.commutes(returned, untouched, name="backwards: the length stays"),
        laws.commutes(mixed, untouched, name="of any map").fails("it stretches"),
    ],
    sizes=dict(channel=8),
    atlas="orthonormal-init",
)


def brought(size):
    """What comes back, at a given length."""

    @typed(Signal, name="modulated")
    def modulated(back):
        factor = op.scale(size)(op.rsqrt(length(back)))
        return op.einsum(into)(factor, back)

    return modulated


SIZE = 2.0
modulated = architecture(
    brought(SIZE),
    laws=[
        laws.commutes(
            brought(SIZE) >> untouched,
            discard(Signal) >> op.full(Real.scalar, SIZE**2),
            name="the length is given",
        ),
        laws.equal(brought(SIZE) >> brought(SIZE), name="twice is once"),
        laws.commutes(
            brought(SIZE) >> turn, turn >> brought(SIZE), name="before or after an orthonormal map"
        ),
        laws.linear().fails("it is no derivative"),
        laws.equal(identity(Signal), name="what came back as it was").fails(),
    ],
    sizes=dict(channel=8),
    name="modulated",
    atlas="orthonormal-init",
)

# --- the network and its learner ------------------------------------------------------------------


@arrow
def deep_network(image: Real[height, width]) -> tuple[Real[digit], Real]:
    """Many plain layers: the scores, and what is paid for all filters."""
    signal = op.conv(1, channel, over=places, kernel=3, name="edges")(op.unsqueeze()(image))
    total = None
    for number in range(DEPTH):
        filters = op.parameter(Filters, name=f"filters_{number}")()
        made = convolution(op.relu(signal), filters)
        signal = group_norm(channel, channel, *places)(made)
        total = penalty(filters) if total is None else total + penalty(filters)
    return op.linear(channel, digit, name="scores")(op.mean(*places)(op.relu(signal))), total


@arrow
def regularised(scores: Real[digit], paid: Real, label: Fin(digit)) -> Real:
    """The cross-entropy, and a share of the penalty."""
    return cross_entropy(Real[digit])(scores, label) + op.scale(SHARE)(paid)


layers = 9 * channel + channel + DEPTH * 9 * channel * channel + channel * digit + digit
model = architecture(
    deep_network, laws=[laws.parameters(layers)], sizes=SIZES, name="deep", atlas="orthonormal-init"
)
training = learner(model, regularised, sgd(0.05, momentum=0.9), name="orthonormal_training")
