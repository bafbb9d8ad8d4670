"""Distillation from several teachers, with a judge: a student learns the mean of their answers.

The teachers' distributions of classes are averaged; labels are not used.  The student pays for the
divergence of its own distribution from that mean, and for being told apart: a judge of three layers
looks at a distribution and says whether it is the teachers' or the student's.  The teachers stand
still.  Training is a game of two on one arrow.

Shen and Savvides, "MEAL V2: Boosting Vanilla ResNet-50 to 80%+ Top-1 Accuracy on ImageNet without
Tricks", 2020.
"""

from functools import reduce
from operator import matmul

from categorical import (
    Dim,
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
from categorical.derivatives import gradient
from categorical.groups import Symmetric
from categorical.learning.games import Player, game
from categorical.learning.losses import binary_cross_entropy
from categorical.learning.optimisers import descent
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.step import moves, step

height, width, digit = Dim.named("height width digit")
plain, broad, deep, thin, seen = Dim.named("plain broad deep thin seen")
DATA = dict(height=8, width=8, digit=10)
TEACHERS = {"plain_teacher": dict(DATA, plain=16), "deep_teacher": dict(DATA, broad=16, deep=32)}
STUDENT, JUDGE = dict(DATA, thin=6), dict(digit=10, seen=32)
SIZES = {**TEACHERS["plain_teacher"], **TEACHERS["deep_teacher"], **STUDENT, **JUDGE}
Image, Scores, Shares = Real[height, width], Real[digit], Real[digit]
places = (height, width)

# --- the networks: two teachers and a student, of three shapes ------------------------------------


def block(channel):
    """A residual block of two convolutions."""
    first = op.conv(channel, channel, over=places, kernel=3, bias=False, name="first")
    second = op.conv(channel, channel, over=places, kernel=3, bias=False, name="second")
    normalised = group_norm(channel, channel, height, width)
    return residual(first >> normalised >> op.relu >> second >> normalised)


def network(channel, blocks):
    """Convolutions at one resolution, and the scores of their mean."""

    def run(image):
        plane = op.unsqueeze()(image)
        edges = op.relu(op.conv(1, channel, over=places, kernel=3, name="edges")(plane))
        for _ in range(blocks):
            edges = op.relu(block(channel)(edges))
        return op.linear(channel, digit, name="scores")(op.mean(*places)(edges))

    return run


@arrow
def plain_teacher(image: Image) -> Scores:
    """Two residual blocks."""
    return network(plain, 2)(image)


@arrow
def deep_teacher(image: Image) -> Scores:
    """Strokes from edges, at half the resolution."""
    edges = op.conv(1, broad, over=places, kernel=3, name="edges")(op.unsqueeze()(image))
    strokes = op.conv(broad, deep, over=places, kernel=3, name="strokes")(op.relu(edges))
    return op.linear(deep, digit, name="scores")(op.mean(*places)(op.relu(strokes)))


@arrow
def student(image: Image) -> Scores:
    """One residual block of few channels."""
    return network(thin, 1)(image)


@arrow
def judge(shares: Shares) -> Real:
    """The logit of a distribution being the teachers'."""
    look = op.leaky_relu(0.2)(op.linear(digit, seen, name="look")(shares))
    again = op.leaky_relu(0.2)(op.linear(seen, seen.at("out"), name="think")(look))
    return op.squeeze()(op.linear(seen.at("out"), 1, name="verdict")(again))


plain_alone = architecture(plain_teacher, sizes=TEACHERS["plain_teacher"], atlas="meal-v2")
deep_alone = architecture(deep_teacher, sizes=TEACHERS["deep_teacher"], atlas="meal-v2")
student_alone = architecture(student, sizes=STUDENT, atlas="meal-v2")
judge_alone = architecture(judge, sizes=JUDGE, atlas="meal-v2")
MODELS = dict(
    plain_teacher=plain_alone, deep_teacher=deep_alone, student=student_alone, judge=judge_alone
)

# --- what the student is told ---------------------------------------------------------------------


def log_softmax(scores):
    """The logarithms of the shares."""
    return scores - op.expand(digit)(op.logsumexp(digit)(scores))


def mean_of(*answers):
    """The mean of several distributions."""
    total = sum(answers[1:], answers[0])
    return op.scale(1 / len(answers))(total)


@arrow
def ensemble(image: Image) -> Shares:
    """The mean of the teachers' distributions."""
    answers = (plain_teacher(image), deep_teacher(image))
    return mean_of(*(op.softmax(digit)(one) for one in answers))


@arrow(inline=True)
def divergence(scores: Scores, shares: Shares) -> Real:
    """How far a student's distribution is from one that is given: Σ q (log q − log p)."""
    return op.sum(digit)(shares * (op.log(shares) - op.log(op.softmax(digit)(scores))))


@arrow(inline=True)
def surprise(scores: Scores, shares: Shares) -> Real:
    """The same without what the student cannot change: the cross-entropy."""
    return op.neg(op.sum(digit)(shares * log_softmax(scores)))


def agreed(loss):
    """A loss where the shares are the student's own."""
    return copy(Scores) >> (identity(Scores) @ op.softmax(digit).at(Scores)) >> loss


def rests(loss):
    """The slope of a loss by the student's scores, where the shares are its own."""
    slope = gradient(loss) >> (identity(Scores) @ discard(Shares))
    return copy(Scores) >> (identity(Scores) @ op.softmax(digit).at(Scores)) >> slope


nothing = discard(Scores) >> op.zeros(Real.scalar)

taught = architecture(
    ensemble,
    laws=[laws.sums_to(1, over=digit), laws.bounded(low=0, high=1)],
    sizes={**TEACHERS["plain_teacher"], **TEACHERS["deep_teacher"]},
    atlas="meal-v2",
)
agreement = architecture(
    agreed(divergence),
    laws=[
        laws.equal(nothing, name="who agrees pays nothing"),
        laws.equal(agreed(surprise), name="as with the cross-entropy").fails(
            "that has the entropy of the teachers in it"
        ),
        laws.commutes(
            rests(divergence),
            discard(Scores) >> op.zeros(Scores),
            name="and has no slope",
        ),
        laws.commutes(
            gradient(divergence) >> (identity(Scores) @ discard(Shares)),
            gradient(surprise) >> (identity(Scores) @ discard(Shares)),
            name="one slope",
        ),
    ],
    sizes=dict(digit=10),
    name="agreement",
    atlas="meal-v2",
)
told = architecture(
    surprise,
    laws=[
        laws.invariant(under=Symmetric(digit)),
        laws.linear("shares"),
        laws.linear("scores").fails("log Σ exp is not linear"),
    ],
    sizes=dict(digit=10),
    name="told",
    atlas="meal-v2",
)

# --- the game -------------------------------------------------------------------------------------

Images, Answers = Real[BATCH, height, width], Real[BATCH, digit]
teachers = [tie(stack(one, BATCH).named(one.label())) for one in (plain_teacher, deep_teacher)]
learn = tie(stack(student, BATCH).named("student"))
look = tie(stack(judge, BATCH).named("judge"))
SHARE = 1.0  # of being told apart, beside the divergence


def shares_of(scores):
    """The distribution of each sample."""
    return op.softmax(digit)(scores)


def average(loss):
    """The mean of a loss over a batch."""
    return stack(loss, BATCH) >> op.mean(BATCH)


def told_apart(scores, real):
    """The judge's mean surprise, by a truth: 1 for the teachers', 0 for the student's."""
    return average(binary_cross_entropy(Real.scalar))(scores, op.full_like(real)(scores))


def rounds(share):
    """The losses of the student and of the judge."""

    @arrow
    def ensemble_distillation(image: Images) -> tuple[Real, Real]:
        """The student pays for being wrong and for being told apart; the judge for not telling."""
        shares = mean_of(*(shares_of(one(image)) for one in teachers))
        scores = learn(image)
        seen_theirs, seen_ours = look(shares), look(shares_of(scores))
        wrong = average(surprise)(scores, shares)
        if share:
            wrong = wrong + op.scale(share)(told_apart(seen_ours, 1.0))
        return wrong, told_apart(seen_theirs, 1.0) + told_apart(seen_ours, 0.0)

    return ensemble_distillation


def played(share, by, order="alternating", name=""):
    """The game of the student and the judge, before teachers that stand still."""
    players = [Player("judge", 1, by), Player("student", 0, by)]
    return game(
        rounds(share),
        players,
        order=order,
        frozen=list(TEACHERS),
        sizes=SIZES,
        models=MODELS,
        name=name,
    )


training = played(SHARE, adam(1e-3), name="meal_v2")
at_once = played(SHARE, descent(0.1), "simultaneous")
unjudged = played(0.0, descent(0.1), "simultaneous")

kinds = at_once.weights
stay = [path.split(".")[0] in TEACHERS for path in kinds]


def keeping(wanted):
    """Drops the weights that are not wanted."""
    parts = [identity(k) if path in wanted else discard(k) for path, k in kinds.items()]
    return reduce(matmul, parts)


TAUGHT = [path for path, own in zip(kinds, stay, strict=True) if own]
judges, students = (at_once.owned(player) for player in at_once.players)

stepped = architecture(
    step(at_once),
    laws=[
        laws.commutes(
            step(at_once) >> keeping(TAUGHT),
            keeping(TAUGHT) @ discard(Images),
            name="the teachers stay",
        ),
        laws.commutes(
            step(at_once) >> keeping(students),
            keeping(students) @ discard(Images),
            name="the student stays",
        ).fails(),
        laws.commutes(
            step(at_once) >> keeping(judges),
            step(unjudged) >> keeping(judges),
            name="the judge moves as if nobody listened",
        ),
        laws.commutes(
            step(at_once) >> keeping(students),
            step(unjudged) >> keeping(students),
            name="and the student as well",
        ).fails("it listens"),
        laws.equal(moves(at_once, [("student", "judge")]), name="who is named first"),
    ],
    sizes=SIZES,
    batch="none",
    name="stepped",
    atlas="meal-v2",
)
