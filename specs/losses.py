"""Losses: what comes back from each, and which of them are one loss.

A loss scores one sample; its parameter is the label.  The reverse derivative R of a loss, at the
rate α, says what the model is told: for half the squared error α(ŷ − y), for the cross-entropy of
logits α(softmax(z) − y), for the dot product αy, and for the exclusive or of circuits, read in Z₂,
α itself.

Cruttwell, Gavranović, Ghani, Wilson and Zanasi, "Categorical Foundations of Gradient-Based
Learning", 2022; Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015;
Arjovsky, Chintala and Bottou, "Wasserstein GAN", 2017.
"""

from categorical import Dim, Fin, Real, architecture, arrow, copy, discard, identity, laws, op, swap
from categorical.derivatives import reverse
from categorical.learning.losses import (
    absolute_error,
    binary_cross_entropy,
    cross_entropy,
    divergence,
    dot_product,
    exclusive_or,
    hinge,
    huber,
    mean_squared_error,
    smooth_absolute_error,
    soft_cross_entropy,
)

n, k = Dim.named("n k")
V, Z, Y, ONE = Real[n], Real[k], Fin(k).scalar, Real.scalar
SIZES = dict(n=6, k=5)


def stated(name, loss, *claims):
    """A loss with its laws, at a size."""
    sizes = {d: SIZES[d] for d in loss.graph().dims if d in SIZES}
    return architecture(loss.named(name), laws=claims, sizes=sizes, name=name)


def told(loss):
    """What comes back to the prediction."""
    back = reverse(loss)
    return back >> (identity(back.cod[0]) @ discard(tuple(back.cod[1:])))


# --- numbers ----------------------------------------------------------------------------------


@arrow
def half_squares(prediction: V, label: V) -> ONE:
    """Σ (ŷ − y)² / 2."""
    return 0.5 * op.sum(n)(op.square(prediction - label))


@arrow
def differences(prediction: V, label: V, rate: ONE) -> V * V:
    """α(ŷ − y), α(y − ŷ)."""
    change = op.expand(n)(rate) * (prediction - label)
    return change, op.neg(change)


@arrow
def mean_of_squares(prediction: V, label: V) -> ONE:
    """The mean of (ŷ − y)², by sums."""
    ones = op.full_like(1)(prediction)
    return op.sum(n)(op.square(prediction - label)) / op.sum(n)(ones)


squared = stated(
    "squared_error",
    half_squares,
    laws.commutes(reverse(half_squares), differences, name="R = (α(ŷ − y), α(y − ŷ))"),
    laws.equal(swap(V, V) >> half_squares, name="symmetric"),
    laws.degree(2),
)
averaged = stated(
    "mean_squared_error",
    mean_squared_error(V),
    laws.equal(mean_of_squares, name="the sum over the number"),
    laws.equal(half_squares, name="half the sum").fails(),
    laws.commutes(copy(V) >> mean_squared_error(V), discard(V) @ op.zeros(ONE), name="0 at y"),
    laws.bounded(low=0),
)
robust = stated(
    "huber",
    huber(V),
    laws.equal(smooth_absolute_error(V), name="the smooth absolute error, at width 1"),
    laws.equal(huber(V, 2.0), name="at width 2").fails(),
    laws.equal(swap(V, V) >> huber(V), name="symmetric"),
    laws.bounded(low=0),
)
margin = stated(
    "hinge",
    hinge(V),
    laws.equal((op.neg.at(V) @ op.neg.at(V)) >> hinge(V), name="signs of both"),
    laws.equal((op.neg.at(V) @ identity(V)) >> hinge(V), name="the sign of one").fails(),
    laws.bounded(low=0),
)


@arrow
def labels_and_predictions(prediction: V, label: V, rate: ONE) -> V * V:
    """αy, αŷ."""
    at_each = op.expand(n)(rate)
    return at_each * label, at_each * prediction


@arrow
def critic_gap(real: ONE, fake: ONE) -> ONE:
    """The score of a real sample, less that of a made one."""
    return real - fake


critic = dot_product(ONE)
wasserstein = stated(
    "dot_product",
    dot_product(V),
    laws.commutes(reverse(dot_product(V)), labels_and_predictions, name="R = (αy, αŷ)"),
    laws.linear(0),
    laws.linear(1),
    laws.linear().fails("it is bilinear"),
    laws.commutes(
        (
            ((identity(ONE) @ op.full(ONE, 1)) >> critic)
            @ ((identity(ONE) @ op.full(ONE, -1)) >> critic)
        )
        >> op.add,
        critic_gap,
        name="the labels 1 and −1 give the critic of a Wasserstein GAN",
    ),
)

# --- classes ----------------------------------------------------------------------------------

hard, soft = cross_entropy(Z), soft_cross_entropy(Z)
to_one_hot = identity(Z) @ op.one_hot(k).at(Y)


@arrow
def surplus(logits: Z, label: Z, rate: ONE) -> Z:
    """α(Σy · softmax(z) − y)."""
    total = op.expand(k)(op.sum(k)(label))
    return op.expand(k)(rate) * (total * op.softmax(k)(logits) - label)


@arrow
def shifted(logits: Z, label: Y, shift: ONE) -> ONE:
    """The cross-entropy of logits that are all moved alike."""
    return hard(logits + op.expand(k)(shift), label)


@arrow
def with_entropy(student: Z, teacher: Z) -> ONE:
    """The divergence and the entropy of the teacher."""
    belief = op.softmax(k)(teacher)
    surprise = op.expand(k)(op.logsumexp(k)(teacher)) - teacher
    return divergence(Z)(student, teacher) + op.sum(k)(belief * surprise)


@arrow
def distilled(student: Z, teacher: Z) -> ONE:
    """The cross-entropy with the beliefs of a teacher."""
    return soft(student, op.softmax(k)(teacher))


classes = stated(
    "cross_entropy",
    hard,
    laws.equal(to_one_hot >> soft, name="of the one-hot distribution"),
    laws.commutes((to_one_hot @ identity(ONE)) >> told(soft), told(hard), name="what is told"),
    laws.commutes(
        shifted, (identity(Z, Y) @ discard(ONE)) >> hard, name="logits that are moved alike"
    ),
    laws.equal(cross_entropy(Z, smoothing=0.1), name="smoothed").fails(),
    laws.bounded(low=0),
)
distributions = stated(
    "soft_cross_entropy",
    soft,
    laws.commutes(told(soft), surplus, name="told: α(softmax(z) − y), for Σy = 1"),
    laws.linear(1),
)
students = stated(
    "divergence",
    divergence(Z),
    laws.commutes(with_entropy, distilled, name="the cross-entropy less the entropy"),
    laws.commutes(copy(Z) >> divergence(Z), discard(Z) @ op.zeros(ONE), name="0 at the teacher"),
    laws.equal(swap(Z, Z) >> divergence(Z), name="symmetric").fails(),
)

# --- circuits ---------------------------------------------------------------------------------

bits = stated(
    "exclusive_or",
    exclusive_or(V),
    laws.commutes(reverse(exclusive_or(V)), discard((V, V)) @ copy(V), name="R = (α, α)"),
    laws.equal(swap(V, V) >> exclusive_or(V), name="symmetric"),
)
closeness = stated("absolute_error", absolute_error(V), laws.bounded(low=0))

# --- yes or no --------------------------------------------------------------------------------

binary = binary_cross_entropy(ONE)
two = op.concat(1, 1).at(Real[1], Real[1]).cod[0]


@arrow
def exchanged(logit: ONE, label: ONE) -> ONE:
    """The loss of no instead of yes."""
    return binary(op.neg(logit), 1 - label)


@arrow
def as_two_classes(logit: ONE, label: ONE) -> ONE:
    """The cross-entropy of the logits (0, z) with (1 − y, y)."""
    both, alone = op.concat(1, 1), op.unsqueeze(1)
    logits = both(alone(op.full_like(0)(logit)), alone(logit))
    labels = both(alone(1 - label), alone(label))
    return soft_cross_entropy(two)(logits, labels)


yes_or_no = stated(
    "binary_cross_entropy",
    binary,
    laws.equal(exchanged, name="yes and no exchanged"),
    laws.equal(as_two_classes, name="two classes"),
    laws.equal((op.neg.at(ONE) @ identity(ONE)) >> binary, name="the other logit").fails(),
)
