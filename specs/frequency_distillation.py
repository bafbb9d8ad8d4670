"""From a graph network to an MLP: what is smooth on the graph and what is not are taught apart.

The student sees a vertex and not its neighbours, so it is quick to run.  The teacher is a graph
network.  What a network makes is split into the part that neighbours share and the part in which
they differ; the two add up to the whole.  The student learns both: its answers are to be those of
the teacher at the vertex and at its neighbours, and differences along edges are to be as large.

Wu, Lin, Huang, Fan and Li, "Extracting Low-/High-Frequency Knowledge from Graph Neural Networks and
Injecting it into MLPs: An Effective GNN-to-MLP Distillation Framework", 2023.
"""

from functools import reduce
from operator import matmul

from categorical import Bool, Dim, Fin, Real, architecture, arrow, discard, identity, laws, op, tie
from categorical.composites.typed import wired
from categorical.groups import Symmetric
from categorical.learning.games import Player, game
from categorical.learning.optimisers import descent
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.step import step

vertex, edge = Dim("vertex", varies=True), Dim("edge", varies=True)
feature, wide, narrow, label = Dim.named("feature wide narrow label")
TEACHER, STUDENT = dict(feature=16, wide=32, label=4), dict(feature=16, narrow=16, label=4)
SIZES = {**TEACHER, **STUDENT}
LOW, HIGH = 0.6, 0.4  # the weights of what is taught, beside the labels
SHARP = 4.0  # of differences along edges
Features, Ends, Scores = Real[vertex, feature], Fin(vertex)[edge], Real[vertex, label]

# --- frequencies on a graph -----------------------------------------------------------------------


def propagate(x, source, target):
    """D^-1/2 (A + I) D^-1/2 x."""
    kept = [a for a in x.type.axes if a.index is not vertex]
    weight = op.rsqrt(op.degree(vertex, edge)(target) + 1)
    scaled = op.einsum(vertex, *kept)(weight, x)
    arrived = op.scatter(vertex)(op.gather(vertex)(scaled, source), target)
    return op.einsum(vertex, *kept)(weight, arrived + scaled)


def low(x, source, target):
    """What neighbours share: halfway to what arrives."""
    return op.scale(0.5)(x + propagate(x, source, target))


def high(x, source, target):
    """In what they differ."""
    return op.scale(0.5)(x - propagate(x, source, target))


def both(x, source, target):
    """The two parts, added."""
    return low(x, source, target) + high(x, source, target)


def low_twice(x, source, target):
    """Broken: what neighbours share, twice."""
    return low(x, source, target) + low(x, source, target)


# --- the networks ---------------------------------------------------------------------------------


@arrow
def teacher(x: Features, source: Ends, target: Ends) -> Scores:
    """Two graph convolutions."""
    first = op.relu(propagate(op.linear(feature, wide, name="first")(x), source, target))
    return propagate(op.linear(wide, label, name="second")(first), source, target)


@arrow
def student(x: Features) -> Scores:
    """Two layers at every vertex."""
    first = op.relu(op.linear(feature, narrow, name="first")(x))
    again = op.relu(op.linear(narrow, narrow.at("out"), name="second")(first))
    return op.linear(narrow.at("out"), label, name="third")(again)


teacher_alone = architecture(
    teacher,
    laws=[laws.equivariant(under=Symmetric(vertex)), laws.invariant(under=Symmetric(edge))],
    sizes=TEACHER,
    batch="union",
    atlas="ff-g2m",
)
student_alone = architecture(
    student,
    laws=[laws.equivariant(under=Symmetric(vertex)), laws.per_sample(over=vertex)],
    sizes=STUDENT,
    batch="union",
    atlas="ff-g2m",
)
MODELS = dict(teacher=teacher_alone, student=student_alone)
know, learn = tie(teacher), tie(student)

# --- what is taught -------------------------------------------------------------------------------


def log_shares(scores):
    """The logarithms of the shares of classes."""
    total = op.expand(label)(op.logsumexp(label)(scores))
    return scores - op.transpose(*scores.type.axes)(total)


def divergence(scores, taught):
    """How far shares are from those that are taught, wherever there are scores."""
    wrong = log_shares(taught) - log_shares(scores)
    kept = [a for a in scores.type.axes if a.index is not label]
    return op.einsum(*kept)(op.softmax(label)(taught), wrong)


def shared(scores, taught, source, target):
    """The low part: the student at a vertex against the teacher there and at its neighbours."""
    own = op.mean(vertex)(divergence(scores, taught))
    here, there = op.gather(vertex)(scores, target), op.gather(vertex)(taught, source)
    return own + op.mean(edge)(divergence(here, there))


def difference(scores, source, target):
    """How far the ends of every edge are apart, class by class."""
    ends = op.gather(vertex)(scores, source) - op.gather(vertex)(scores, target)
    return op.scale(SHARP)(op.abs(ends))


def differing(scores, taught, source, target):
    """The high part: differences along edges against those of the teacher."""
    ours, theirs = (difference(one, source, target) for one in (scores, taught))
    return op.mean(edge)(divergence(ours, theirs))


GRAPH, GRAPH_NAMES = (Ends, Ends), ("source", "target")


def agreeing(loss):
    """A loss where the student answers what the teacher does."""

    def agreed(scores, source, target):
        return loss(scores, scores, source, target)

    return wired((Scores, *GRAPH), ("scores", *GRAPH_NAMES), agreed)


def paid(loss):
    """A loss as an arrow."""
    types, names = (Scores, Scores, *GRAPH), ("scores", "taught", *GRAPH_NAMES)
    return wired(types, names, loss, inline=False)


def of_features(function):
    """A part of features as an arrow."""
    return wired((Features, *GRAPH), ("x", *GRAPH_NAMES), function, inline=False)


nothing = discard((Scores, *GRAPH)) >> op.zeros(Real.scalar)
whole = identity(Features) @ discard(GRAPH)
parts = architecture(
    of_features(low),
    laws=[
        laws.commutes(of_features(both), whole, name="low and high: the whole"),
        laws.commutes(of_features(low_twice), whole, name="low twice").fails(),
        laws.linear("x"),
        laws.equivariant(under=Symmetric(vertex)),
        laws.invariant(under=Symmetric(edge)),
    ],
    sizes=dict(feature=16),
    batch="union",
    name="parts",
    atlas="ff-g2m",
)
taught_high = architecture(
    paid(differing),
    laws=[
        laws.commutes(
            agreeing(differing), nothing, name="who agrees pays nothing for the high part"
        ),
        laws.commutes(agreeing(shared), nothing, name="nor for the low part").fails(
            "the teacher differs between neighbours"
        ),
        laws.invariant(under=Symmetric(vertex)),
        laws.invariant(under=Symmetric(edge)),
        laws.invariant(under=Symmetric(label)),
    ],
    sizes=dict(label=4),
    batch="none",
    name="taught_high",
    atlas="ff-g2m",
)

# --- the game -------------------------------------------------------------------------------------


@arrow
def frequency_distillation(
    x: Features, source: Ends, target: Ends, answer: Fin(label)[vertex], known: Bool[vertex]
) -> Real:
    """The surprise at known classes, and both parts of what the teacher makes."""
    scores, taught = learn(x), know(x, source, target)
    each = op.logsumexp(label)(scores) - op.gather(label)(scores, answer)
    hard = op.mean(vertex, masked=True)(each, known)
    soft = op.scale(LOW)(shared(scores, taught, source, target))
    return hard + soft + op.scale(HIGH)(differing(scores, taught, source, target))


def played(by, name=""):
    """The game of the student before a teacher that stands still."""
    player = Player("student", 0, by)
    return game(
        frequency_distillation, [player], frozen=["teacher"], sizes=SIZES, models=MODELS, name=name
    )


training = played(adam(0.01), "frequency_distillation")
plain = played(descent(0.1))
DATA = tuple(plain.data.values())


def stays(network, name):
    """The law that the weights of a network leave a step as they entered it."""
    kept = reduce(
        matmul,
        [identity(k) if p.startswith(network) else discard(k) for p, k in plain.weights.items()],
    )
    return laws.commutes(step(plain) >> kept, kept @ discard(DATA), name=name)


stepped = architecture(
    step(plain),
    laws=[
        stays("teacher", "the teacher stays"),
        stays("student", "the student stays").fails(),
    ],
    sizes=SIZES,
    batch="none",
    name="stepped",
    atlas="ff-g2m",
)
