"""New classes by boosting: a new network answers what the old leaves over; then both become one.

The old network stands still.  When classes are added, a new network of features is set beside it,
and one affine map reads the features of both: that is a sum of two networks, the old one, whose
answer for new classes is open, and one that corrects it.  Where the new one says nothing, the sum
is the old.  Then a single network is distilled from the sum; it pays nothing where it agrees.

Wang, Zhou, Ye and Zhan, "FOSTER: Feature Boosting and Compression for Class-Incremental Learning",
2022.
"""

from functools import reduce
from operator import matmul

from categorical import (
    Dim,
    Fin,
    Real,
    architecture,
    arrow,
    copy,
    discard,
    identity,
    laws,
    op,
    stack,
    tie,
)
from categorical.architecture import BATCH
from categorical.composites import group_norm, residual
from categorical.composites.typed import typed
from categorical.groups import Symmetric
from categorical.learning.games import Player, game
from categorical.learning.losses import cross_entropy, divergence
from categorical.learning.optimisers import descent
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.step import step

height, width = Dim.named("height width")
known, fresh = Dim.named("known fresh")  # classes from before, and new ones
before, added, small = Dim.named("before added small")  # features
places, CLASSES = (height, width), known + fresh
DATA = dict(height=8, width=8, known=6, fresh=4)
OLD, NEW, SMALL = (dict(height=8, width=8, **{d: 16}) for d in ("before", "added", "small"))
Image, Scores, Answers = Real[height, width], Real[known], Real[CLASSES]

# --- networks of features, and their heads --------------------------------------------------------


def features(channel, name):
    """Convolutions and a residual block, as the mean over all places."""

    @typed(Image, name=name)
    def run(image):
        edges = op.conv(1, channel, over=places, kernel=3, name="edges")(op.unsqueeze()(image))
        one = op.conv(channel, channel, over=places, kernel=3, bias=False, name="one")
        two = op.conv(channel, channel, over=places, kernel=3, bias=False, name="two")
        normalised = group_norm(channel, channel, *places)
        seen = residual(one >> normalised >> op.relu >> two >> normalised)(op.relu(edges))
        return op.mean(*places)(op.relu(seen))

    return run


Old, New = Real[before], Real[added]
Corner, Bias = Real[known, before], Real[known]
Open, Further, Rest = Real[fresh, before], Real[CLASSES, added], Real[fresh]


@typed(Old, Corner, Bias, name="answered", inline=True)
def answered(seen, corner, bias):
    """The scores of known classes, as the old network gives them."""
    return op.einsum(known)(corner, seen) + bias


@typed(Old, New, Corner, Bias, Open, Further, Rest, name="at_once", inline=True)
def at_once(seen, also, corner, bias, opened, further, rest):
    """All scores by one affine map of both networks' features."""
    left = op.concat(known, fresh)(corner, opened)
    both = op.concat(before, added)(op.transpose(CLASSES, before)(left), further)
    shift = op.concat(known, fresh)(bias, rest)
    return op.einsum(CLASSES)(both, op.concat(before, added)(seen, also)) + shift


@typed(Old, New, Corner, Bias, Open, Further, Rest, name="added_up", inline=True)
def added_up(seen, also, corner, bias, opened, further, rest):
    """The old network, its answers for new classes, and the corrections of the new one."""
    fresh_scores = op.einsum(fresh)(opened, seen) + rest
    whole = op.concat(known, fresh)(answered(seen, corner, bias), fresh_scores)
    return whole + op.einsum(CLASSES)(further, also)


@typed(Old, New, Corner, Bias, Open, Further, Rest, name="averaged", inline=True)
def averaged(seen, also, corner, bias, opened, further, rest):
    """Broken: the mean of the two, as in an ensemble."""
    return op.scale(0.5)(added_up(seen, also, corner, bias, opened, further, rest))


@typed(Old, New, Corner, Bias, Open, Rest, name="silent", inline=True)
def silent(seen, also, corner, bias, opened, rest):
    """The scores of known classes where the new network corrects nothing."""
    every = added_up(seen, also, corner, bias, opened, op.zeros(Further)(), rest)
    return op.unconcat(known, fresh)(every)[0]


kept = identity(Old) @ discard(New) @ identity(Corner) @ identity(Bias) @ discard(Open)
boosted = architecture(
    at_once.named("boosted"),
    laws=[
        laws.equal(added_up, name="one map of both: the sum"),
        laws.equal(averaged, name="their mean").fails("boosting adds"),
        laws.commutes(
            silent,
            (kept @ discard(Rest)) >> answered,
            name="corrections of zero: the old answers",
        ),
        laws.invariant(under=Symmetric(added)),
    ],
    sizes=dict(known=6, fresh=4, before=16, added=16),
    batch="none",
    atlas="foster",
)

# --- the sum, and one network that is distilled from it -------------------------------------------


@arrow
def old_network(image: Image) -> tuple[Old, Scores]:
    """The features of the old network, and its scores of known classes."""
    seen = features(before, "features")(image)
    return seen, op.linear(before, known, name="scores")(seen)


@arrow
def new_network(image: Image, seen: Old) -> tuple[Answers, Rest]:
    """Corrections of all scores, and the scores of new classes by old features."""
    also = features(added, "features")(image)
    corrections = op.linear(added, CLASSES, bias=False, name="corrections")(also)
    return corrections, op.linear(before, fresh, name="open")(seen)


@arrow
def single_network(image: Image) -> Answers:
    """The network that is to take the place of both."""
    return op.linear(small, CLASSES, name="scores")(features(small, "features")(image))


old_alone = architecture(old_network, sizes=dict(OLD, known=6), atlas="foster")
new_alone = architecture(new_network, sizes=dict(NEW, before=16, known=6, fresh=4), atlas="foster")
single_alone = architecture(single_network, sizes=dict(SMALL, known=6, fresh=4), atlas="foster")
MODELS = dict(old=old_alone, new=new_alone, single=single_alone)
know = tie(stack(old_network, BATCH).named("old"))
correct = tie(stack(new_network, BATCH).named("new"))
learn = tie(stack(single_network, BATCH).named("single"))
Images, Labels = Real[BATCH, height, width], Fin(CLASSES)[BATCH]
hard, soft = cross_entropy(Answers), divergence(Answers, temperature=2.0)


def average(loss):
    """The mean of a loss over a batch."""
    return stack(loss, BATCH) >> op.mean(BATCH)


def total(image):
    """The scores of the old network and the new one, added."""
    seen, scores = know(image)
    corrections, opened = correct(image, seen)
    return op.concat(known, fresh)(scores, opened) + corrections


@arrow
def boosting(image: Images, label: Labels) -> Real:
    """The surprise of the sum at a label."""
    return average(hard)(total(image), label)


@arrow
def compression(image: Images) -> Real:
    """How far the single network is from the sum."""
    return average(soft)(learn(image), total(image))


def played(losses, player, frozen, sizes, by, name=""):
    """The game of one network; the others stand still."""
    models = {one: MODELS[one] for one in (player, *frozen)}
    players = [Player(player, 0, by)]
    return game(losses, players, frozen=frozen, sizes=sizes, models=models, name=name)


BOTH = {**DATA, **OLD, **NEW}
training = played(boosting, "new", ["old"], BOTH, adam(1e-3), "boosting")
compressing = played(
    compression, "single", ["old", "new"], {**BOTH, **SMALL}, adam(1e-3), "compression"
)
plain = played(boosting, "new", ["old"], BOTH, descent(0.1))


def stays(network, name):
    """The law that the weights of a network leave a step as they entered it."""
    left = [identity(k) if p.startswith(network) else discard(k) for p, k in plain.weights.items()]
    only = reduce(matmul, left)
    data = discard((Images, Labels))
    return laws.commutes(step(plain) >> only, only @ data, name=name)


stepped = architecture(
    step(plain),
    laws=[stays("old", "the old network stays"), stays("new", "the new one stays").fails()],
    sizes=BOTH,
    batch="none",
    name="stepped",
    atlas="foster",
)
nothing = discard(Answers) >> op.zeros(Real.scalar)
agreement = architecture(
    soft.named("agreement"),
    laws=[
        laws.commutes(copy(Answers) >> soft, nothing, name="who agrees with the sum pays nothing"),
        laws.equal(discard((Answers, Answers)) >> op.zeros(Real.scalar), name="nor others").fails(),
    ],
    sizes=dict(known=6, fresh=4),
    atlas="foster",
)
