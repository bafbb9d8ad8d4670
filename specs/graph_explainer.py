"""GNNExplainer: which edges and which features of a graph does an answer rest on?

The network is trained already and stands still.  What learns is an input: a number for every edge
and one for every feature, which a sigmoid turns into how much of it is let through.  The answer at
one vertex is to stay, while little is let through and each share is near 0 or 1.  With all let
through the network answers as it does; with no edge, every vertex is alone.

Ying et al., "GNNExplainer: Generating Explanations for Graph Neural Networks", 2019.
"""

from functools import reduce
from operator import matmul

from categorical import (
    Dim,
    Fin,
    Real,
    architecture,
    arrow,
    discard,
    identity,
    laws,
    op,
    tie,
)
from categorical.groups import Symmetric
from categorical.learning.games import Player, game
from categorical.learning.losses import cross_entropy
from categorical.learning.optimisers import descent
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.step import step

vertex, edge = Dim("vertex", varies=True), Dim("edge", varies=True)
feature, hidden, label = Dim.named("feature hidden label")
SIZES = dict(feature=16, hidden=16, label=4)
Features, Ends, Shares, Parts = Real[vertex, feature], Fin(vertex)[edge], Real[edge], Real[feature]
SMALL, CERTAIN = 0.05, 0.1  # what is paid for letting through, and for being unsure

# --- a network that is told how much of each edge and feature it sees -----------------------------


def propagate(x, source, target, shares):
    """D^-1/2 (A + I) D^-1/2 x, where of each message only a share arrives."""
    kept = [a for a in x.type.axes if a.index is not vertex]
    weight = op.rsqrt(op.degree(vertex, edge)(target) + 1)
    scaled = op.einsum(vertex, *kept)(weight, x)
    sent = op.gather(vertex)(scaled, source)
    arrived = op.scatter(vertex)(op.einsum(edge, *kept)(shares, sent), target)
    return op.einsum(vertex, *kept)(weight, arrived + scaled)


@arrow
def network(
    x: Features, source: Ends, target: Ends, edges: Shares, features: Parts
) -> Real[vertex, label]:
    """Two graph convolutions: the scores of every vertex."""
    seen = op.einsum(vertex, feature)(x, features)
    first = propagate(op.linear(feature, hidden, name="first")(seen), source, target, edges)
    second = op.linear(hidden, label, name="second")(op.relu(first))
    return propagate(second, source, target, edges)


convolve = tie(network)


@arrow
def unmasked(x: Features, source: Ends, target: Ends) -> Real[vertex, label]:
    """The network with all edges and features."""
    degree = op.rsqrt(op.degree(vertex, edge)(target) + 1)

    def whole(x):
        kept = [a for a in x.type.axes if a.index is not vertex]
        scaled = op.einsum(vertex, *kept)(degree, x)
        arrived = op.scatter(vertex)(op.gather(vertex)(scaled, source), target)
        return op.einsum(vertex, *kept)(degree, arrived + scaled)

    first = whole(op.linear(feature, hidden, name="first")(x))
    return whole(op.linear(hidden, label, name="second")(op.relu(first)))


@arrow
def alone(x: Features, target: Ends) -> Real[vertex, label]:
    """The network at vertices that hear nothing, and are normalised as before."""
    weight = op.rsqrt(op.degree(vertex, edge)(target) + 1)
    share = weight * weight
    first = op.einsum(vertex, hidden)(share, op.linear(feature, hidden, name="first")(x))
    second = op.linear(hidden, label, name="second")(op.relu(first))
    return op.einsum(vertex, label)(share, second)


def with_shares(edges, features):
    """The network where a number says how much of every edge, and of every feature, is seen."""

    @arrow
    def shown(x: Features, source: Ends, target: Ends) -> Real[vertex, label]:
        every_edge = op.full(Shares, edges)()
        return convolve(x, source, target, every_edge, op.full(Parts, features)())

    return shown


LIKE = {"network.first": "first", "network.second": "second"}
answer = architecture(
    unmasked,
    laws=[
        laws.equal(with_shares(1.0, 1.0), LIKE, name="mask 1: the network"),
        laws.equal(with_shares(0.5, 1.0), LIKE, name="half of every edge").fails(),
        laws.equal(with_shares(1.0, 0.0), LIKE, name="no feature").fails(),
        laws.commutes(
            with_shares(0.0, 1.0),
            (identity(Features) @ discard(Ends) @ identity(Ends)) >> alone,
            {"alone.first": "network.first", "alone.second": "network.second"},
            name="no edge: every vertex is alone",
        ),
        laws.equivariant(under=Symmetric(vertex)),
        laws.invariant(under=Symmetric(edge)),
    ],
    sizes=SIZES,
    batch="union",
    atlas="gnnexplainer",
)
explained = architecture(
    network,
    laws=[laws.equivariant(under=Symmetric(vertex)), laws.invariant(under=Symmetric(edge))],
    sizes=SIZES,
    batch="none",
    atlas="gnnexplainer",
)

# --- the game: a player that owns inputs ----------------------------------------------------------

Vertex, Class = Fin(vertex)[()], Fin(label)[()]


def unsure(logits):
    """The entropy of each share: how far it is from 0 and 1."""
    share = op.sigmoid(logits)
    present = share * op.softplus(op.neg(logits))
    return present + (op.full_like(1.0)(share) - share) * op.softplus(logits)


@arrow
def explaining(
    x: Features,
    source: Ends,
    target: Ends,
    place: Vertex,
    answer: Class,
    edge_mask: Shares,
    feature_mask: Parts,
) -> Real:
    """The surprise at the answer of the masked network, and what the masks cost."""
    edges, features = op.sigmoid(edge_mask), op.sigmoid(feature_mask)
    scores = op.gather(vertex)(convolve(x, source, target, edges, features), place)
    wrong = cross_entropy(Real[label])(scores, answer)
    size = op.scale(SMALL)(op.sum(edge)(edges) + op.sum(feature)(features))
    doubt = op.mean(edge)(unsure(edge_mask)) + op.mean(feature)(unsure(feature_mask))
    return wrong + size + op.scale(CERTAIN)(doubt)


def explained_by(optimiser, name=""):
    """The game of the masks before a network that stands still."""
    player = Player("masks", 0, optimiser, owns=("edge_mask", "feature_mask"))
    return game(
        explaining,
        [player],
        frozen=["network"],
        sizes=dict(SIZES, edge=12),
        models=dict(network=explained),
        name=name,
    )


training = explained_by(adam(0.01), "explaining")
plain = explained_by(descent(0.1))
KINDS = plain.weights
MASKS = ("edge_mask", "feature_mask")
GRAPH = tuple(plain.data.values())


def keeping(masks):
    """Drops the weights of the network, or the masks."""
    kept = [identity(k) if (n in MASKS) == masks else discard(k) for n, k in KINDS.items()]
    return reduce(matmul, kept)


def stays(masks, name):
    """The law that some weights leave a step as they entered it."""
    kept = keeping(masks)
    return laws.commutes(step(plain) >> kept, kept @ discard(GRAPH), name=name)


stepped = architecture(
    step(plain),
    laws=[
        stays(False, "the network stays"),
        stays(True, "the masks stay").fails("they learn"),
    ],
    sizes=SIZES,
    batch="none",
    name="stepped",
    atlas="gnnexplainer",
)


@arrow
def entropy(logit: Real.scalar) -> Real:
    """How unsure a share is."""
    return unsure(logit)


@arrow
def by_shares(logit: Real.scalar) -> Real:
    """The same by its definition: − s log s − (1 − s) log (1 − s)."""
    share = op.sigmoid(logit)
    rest = op.full_like(1.0)(share) - share
    return op.neg(share * op.log(share) + rest * op.log(rest))


doubt = architecture(
    entropy,
    laws=[
        laws.equal(by_shares, name="the entropy"),
        laws.equal(op.neg.at(Real.scalar) >> entropy, name="of a share and of what is held back"),
        laws.linear().fails(),
        laws.bounded(low=0),
    ],
    name="doubt",
    atlas="gnnexplainer",
)
