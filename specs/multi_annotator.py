"""Learning from several annotators who err: a network of the truth and a network of the annotators.

The truth is never seen.  One network gives the distribution of the true class; another gives for
every annotator, and every sample, a confusion matrix: the distribution of what the annotator says
for each true class.  Together they are a joint distribution of truth and annotation, whose marginal
is compared with what was said.  An annotator who is always right has the identity for a matrix; one
who guesses has equal rows, and says nothing of the sample.

Herde, Huseljic and Sick, "Multi-annotator Deep Learning: A Probabilistic Framework for
Classification", 2023.
"""

from categorical import Dim, Fin, Real, architecture, arrow, discard, identity, laws, op, stack, tie
from categorical.architecture import BATCH
from categorical.composites.typed import typed
from categorical.groups import Symmetric
from categorical.learning.games import Player, game
from categorical.learning.optimisers import descent
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.step import step

feature, hidden, label, annotator = Dim.named("feature hidden label annotator")
trait, mixed = Dim.named("trait mixed")
TRUTH = dict(feature=16, hidden=32, label=4)
ANNOTATORS = dict(feature=16, label=4, annotator=6, trait=8, mixed=32)
SIZES = {**TRUTH, **ANNOTATORS}
true, said = label.at(""), label.at("said")
Sample, Who = Real[feature], Fin(annotator)
Shares, Matrix, Logits = Real[label], Real[true, said], Real[true, said]
RIGHT = 2.0  # annotators are taken to be right at first

# --- the two networks -----------------------------------------------------------------------------


@arrow
def truth(sample: Sample) -> Shares:
    """Scores of the true class."""
    inner = op.relu(op.linear(feature, hidden, name="first")(sample))
    again = op.relu(op.linear(hidden, hidden.at("out"), name="second")(inner))
    return op.linear(hidden.at("out"), label, name="scores")(again)


@arrow
def annotators(sample: Sample, who: Who) -> Logits:
    """Scores of what an annotator says of a sample, for each true class."""
    known = op.embedding(annotator, trait, name="traits")(who)
    seen = op.tanh(op.linear(feature, trait, name="seen")(sample))
    both = op.concat(trait, trait)(known, seen)
    inner = op.relu(op.linear(trait + trait, mixed, name="mix")(both))
    flat = op.linear(mixed, label * label, name="confusion")(inner)
    return op.split(label * label, true, said)(flat) + op.scale(RIGHT)(op.eye(true, said)())


def log_softmax(over, scores):
    """The logarithms of shares."""
    total = op.expand(over)(op.logsumexp(over)(scores))
    return scores - op.transpose(*scores.type.axes)(total)


@arrow
def confusion(sample: Sample, who: Who) -> Matrix:
    """The confusion matrix: a distribution in every row."""
    return op.softmax(said)(annotators(sample, who))


@arrow
def by_columns(sample: Sample, who: Who) -> Matrix:
    """Broken: a distribution in every column."""
    return op.softmax(true)(annotators(sample, who))


# --- the joint distribution and its marginals -----------------------------------------------------


def joint(normalise):
    """Truth and annotation together, for a way to make a matrix of scores."""

    @typed(Shares, Logits, name="joint", inline=True)
    def made(scores, logits):
        return op.einsum(true, said)(op.softmax(label)(scores), normalise(logits))

    return made


rows, columns = joint(op.softmax(said)), joint(op.softmax(true))


true_class = op.softmax(label).at(Shares) @ discard(Logits)


@typed(Shares, Logits, name="annotation", inline=True)
def annotation(scores, logits):
    """The distribution of what is said."""
    return op.einsum(said)(op.softmax(label)(scores), op.softmax(said)(logits))


@typed(Shares, name="always_right")
def always_right(scores):
    """What is said where the matrix is the identity."""
    return op.einsum(said)(op.softmax(label)(scores), op.eye(true, said)())


@typed(Shares, name="the_truth")
def the_truth(scores):
    """The true class, as an annotation."""
    return op.relabel(label, said)(op.softmax(label)(scores))


@typed(Shares, Real[said], name="guessing")
def guessing(scores, habit):
    """What is said where all rows are one."""
    return annotation(scores, op.expand(true)(habit))


@typed(Real[said], name="habit_alone")
def habit_alone(habit):
    """The habit of an annotator."""
    return op.softmax(said)(habit)


@typed(Shares, Logits, Fin(label), name="surprise")
def surprise(scores, logits, answer):
    """The surprise at what was said: −log of the marginal, in logarithms throughout."""
    likely = op.transpose(true, said)(op.expand(said)(log_softmax(label, scores)))
    marginal = op.logsumexp(true)(likely + log_softmax(said, logits))
    return op.neg(op.gather(said)(marginal, answer))


@typed(Shares, Logits, Fin(label), name="by_marginal")
def by_marginal(scores, logits, answer):
    """The same by its definition."""
    return op.neg(op.log(op.gather(said)(annotation(scores, logits), answer)))


truth_alone = architecture(truth, sizes=TRUTH, atlas="madl")
annotators_alone = architecture(annotators, sizes=ANNOTATORS, atlas="madl")
matrices = architecture(
    confusion,
    laws=[
        laws.sums_to(1, over=said),
        laws.bounded(low=0, high=1),
        laws.commutes(
            by_columns >> op.sum(said),
            confusion >> op.sum(said),
            {"confusion": "by_columns"},
            name="as by columns",
        ).fails("then the rows do not sum to 1"),
    ],
    sizes=ANNOTATORS,
    atlas="madl",
)
marginals = architecture(
    rows.named("joint"),
    laws=[
        laws.commutes(rows >> op.sum(said), true_class, name="over what is said: the truth"),
        laws.commutes(columns >> op.sum(said), true_class, name="the same by columns").fails(),
        laws.commutes(rows >> op.sum(true), annotation, name="over the truth: what is said"),
        laws.commutes(always_right, the_truth, name="who is always right says the truth"),
        laws.commutes(
            guessing,
            (discard(Shares) @ identity(Real[said])) >> habit_alone,
            name="who guesses says nothing of the sample",
        ),
        laws.equivariant(under=Symmetric(label)),
        laws.bounded(low=0, high=1),
    ],
    sizes=dict(label=4),
    atlas="madl",
)
paid = architecture(
    surprise,
    laws=[
        laws.equal(by_marginal, name="the surprise at the marginal"),
        laws.bounded(low=0),
        laws.linear("scores").fails(),
    ],
    sizes=dict(label=4),
    atlas="madl",
)

# --- the game -------------------------------------------------------------------------------------

MODELS = dict(truth=truth_alone, annotators=annotators_alone)
think = tie(stack(truth, BATCH).named("truth"))
suspect = tie(stack(annotators, BATCH).named("annotators"))


@arrow
def multi_annotator(
    sample: Real[BATCH, feature], who: Fin(annotator)[BATCH], answer: Fin(label)[BATCH]
) -> Real:
    """The mean surprise at the answers of annotators."""
    each = stack(surprise, BATCH)(think(sample), suspect(sample, who), answer)
    return op.mean(BATCH)(each)


def played(players, name="", order="simultaneous"):
    """The game of one player with all weights, or of one for each network."""
    return game(multi_annotator, players, order=order, sizes=SIZES, models=MODELS, name=name)


BOTH = ("truth", "annotators")
DOWN, QUICK = descent(0.1), adam(1e-3)
training = played([Player("both", 0, QUICK, owns=BOTH)], "multi_annotator")
plain = played([Player("both", 0, DOWN, owns=BOTH)])
apart = played([Player(one, 0, DOWN) for one in BOTH])
in_turn = played([Player(one, 0, DOWN) for one in BOTH], order="alternating")
stepped = architecture(
    step(plain),
    laws=[
        laws.equal(step(apart), name="two players with one loss, at once"),
        laws.equal(step(in_turn), name="in turn").fails("the second sees the first move"),
    ],
    sizes=SIZES,
    batch="none",
    name="stepped",
    atlas="madl",
)
