"""Losses: parametric maps from predictions to numbers, whose parameter is the label.

Definition.  A loss is an arrow ``(prediction, label) → Real`` for one sample, the label last.
Losses of numbers average over all axes of the prediction; losses of classes run along one axis,
``classes`` (the last), and average over the others, as torch's ``reduction="mean"`` does.

Laws.  Each is the function of ``torch.nn.functional`` that it names.  Cross-entropy with a class is
that with its one-hot distribution.  The exclusive or is read in Z₂, where y + y′ = 0 exactly if
y = y′; in a ring of another characteristic it is the sum.

>>> from categorical import Dim, Fin, Real
>>> n, k = Dim.named("n k")
>>> mean_squared_error(Real[n]).type_text(), cross_entropy(Real[n, k]).type_text()
('Real[n] × Real[n] → Real[()]', 'Real[n, k] × Fin(k)[n] → Real[()]')
>>> loss = with_label(op.linear(n, k), cross_entropy(Real[k]), Fin(k))
>>> loss.type_text()
'Real[n] × Fin(k)[()] → Real[()]'

The label of the data is the label of the loss:

>>> with_label(op.linear(n, k), cross_entropy(Real[k]), Real[k])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM057]: the label of `cross_entropy` is not that of the data
...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from categorical import op
from categorical.arrows import Arrow, identity
from categorical.checked import checked
from categorical.composites.typed import typed
from categorical.errors import SpecError
from categorical.index import Axis, IndexSet
from categorical.learning.rates import number
from categorical.messages import difference, side
from categorical.ops import common
from categorical.spaces import Array, Bool, Kind, Real, Space, space


def _numbers(name: str, prediction: Space | Kind) -> Array:
    one = space(prediction)
    if not isinstance(one, Array):
        raise SpecError(
            "CM011",
            f"`{name}` needs one array of predictions and got {one}",
            help=["a loss of each array, and their sum"],
        )
    common.real(name, one)
    return one


def _mean(one: Any) -> Any:
    """The mean over all axes of a wire."""
    axes = one.type.axes
    return op.mean(*axes)(one) if axes else one


def _sum(one: Any) -> Any:
    axes = one.type.axes
    return op.sum(*axes)(one) if axes else one


def _loss(name: str, prediction: Array, label: Array, body: Callable[..., Any]) -> Arrow:
    def made(prediction: Any, label: Any) -> Any:
        return body(prediction, label)

    return typed(prediction, label, name=name)(made)


# --- numbers ------------------------------------------------------------------------------------


@checked
def mean_squared_error(prediction: Space | Kind) -> Arrow:
    """The mean of (ŷ − y)²: ``mse_loss``."""
    one = _numbers("mean_squared_error", prediction)
    return _loss("mean_squared_error", one, one, lambda p, y: _mean(op.square(p - y)))


@checked
def absolute_error(prediction: Space | Kind) -> Arrow:
    """The mean of |ŷ − y|: ``l1_loss``."""
    one = _numbers("absolute_error", prediction)
    return _loss("absolute_error", one, one, lambda p, y: _mean(op.abs(p - y)))


@checked
def huber(prediction: Space | Kind, delta: float = 1.0) -> Arrow:
    """The mean of d²/2 where |d| ≤ δ and δ(|d| − δ/2) beyond, d = ŷ − y: ``huber_loss``.

    With c = min(|d|, δ) both are c(|d| − c/2), which needs no case.
    """
    return _huber("huber", prediction, delta, 1.0)


@checked
def smooth_absolute_error(prediction: Space | Kind, beta: float = 1.0) -> Arrow:
    """Huber's loss over its δ = β: ``smooth_l1_loss``."""
    return _huber("smooth_absolute_error", prediction, beta, 1 / _above("the width", beta))


def _above(what: str, value: float) -> float:
    if number("huber", what, value) == 0:
        raise SpecError("CM041", f"`huber`: {what} is 0", help=["at 0 it is absolute_error"])
    return value


def _huber(name: str, prediction: Space | Kind, delta: float, factor: float) -> Arrow:
    one = _numbers(name, prediction)
    _above("the width", delta)

    def body(p: Any, y: Any) -> Any:
        far = op.abs(p - y)
        near = op.minimum(far, op.full_like(delta)(far))
        mean = _mean(near * (far - op.scale(0.5)(near)))
        return mean if factor == 1 else op.scale(factor)(mean)

    return _loss(name, one, one, body)


@checked
def hinge(prediction: Space | Kind, margin: float = 1.0) -> Arrow:
    """The mean of max(0, m − yŷ) for labels ±1: ``margin_ranking_loss(ŷ, 0, y, margin=m)``."""
    one = _numbers("hinge", prediction)
    number("hinge", "the margin", margin)
    return _loss("hinge", one, one, lambda p, y: _mean(op.relu(margin - p * y)))


@checked
def dot_product(prediction: Space | Kind) -> Arrow:
    """Σ ŷy: with the labels 1 and −1 it is the loss of the critic of a Wasserstein GAN."""
    one = _numbers("dot_product", prediction)
    return _loss("dot_product", one, one, lambda p, y: _sum(p * y))


# --- classes ------------------------------------------------------------------------------------


def _classes(
    name: str, prediction: Space | Kind, classes: IndexSet | Axis | None
) -> tuple[Array, Axis]:
    one = _numbers(name, prediction)
    if classes is None and not one.axes:
        raise SpecError(
            "CM005",
            f"`{name}` needs an axis of classes, and {one} has none",
            help=["of two classes with one logit: binary_cross_entropy"],
        )
    return one, one.axes[-1] if classes is None else common.pick(name, one, classes)


@checked
def cross_entropy(
    prediction: Space | Kind, classes: IndexSet | Axis | None = None, smoothing: float = 0.0
) -> Arrow:
    """log Σ exp z − z_y of logits z and a class y, ``Fin(k)``: ``cross_entropy``.

    With a smoothing ε, the label is y with weight 1 − ε and every class alike with ε.
    """
    one, axis = _classes("cross_entropy", prediction, classes)
    number("cross_entropy", "the smoothing", smoothing, below=1)
    rest = tuple(a for a in one.axes if a is not axis)

    def body(p: Any, y: Any) -> Any:
        chosen = op.gather(axis)(p, y)
        if smoothing:
            chosen = op.scale(1 - smoothing)(chosen) + op.scale(smoothing)(op.mean(axis)(p))
        return _mean(op.logsumexp(axis)(p) - chosen)

    return _loss("cross_entropy", one, Array("fin", rest, axis.index), body)


@checked
def soft_cross_entropy(
    prediction: Space | Kind, classes: IndexSet | Axis | None = None, smoothing: float = 0.0
) -> Arrow:
    """Σ q (log Σ exp z − z) of logits z and a distribution q of classes: ``cross_entropy``."""
    one, axis = _classes("soft_cross_entropy", prediction, classes)
    number("soft_cross_entropy", "the smoothing", smoothing, below=1)

    def body(p: Any, y: Any) -> Any:
        surprise = op.expand(axis)(op.logsumexp(axis)(p))
        surprise = op.transpose(*one.axes)(surprise) - p
        found = op.sum(axis)(y * surprise)
        if smoothing:
            found = op.scale(1 - smoothing)(found) + op.scale(smoothing)(op.mean(axis)(surprise))
        return _mean(found)

    return _loss("soft_cross_entropy", one, one, body)


@checked
def binary_cross_entropy(prediction: Space | Kind, mask: bool = False) -> Arrow:
    """The mean of softplus(z) − yz of logits: ``binary_cross_entropy_with_logits``.

    The label is a number in [0, 1], or with ``mask`` a Bool.  The softplus is −logsigmoid(−z),
    because torch's own ``softplus`` is the identity above 20.
    """
    one = _numbers("binary_cross_entropy", prediction)

    def body(p: Any, y: Any) -> Any:
        label = op.indicator(y) if mask else y
        return _mean(op.neg(op.logsigmoid(op.neg(p))) - label * p)

    label = Bool[one.axes] if mask else one
    return _loss("binary_cross_entropy", one, label, body)


@checked
def divergence(
    prediction: Space | Kind, classes: IndexSet | Axis | None = None, temperature: float = 1.0
) -> Arrow:
    """T² KL(softmax(t / T) ‖ softmax(z / T)): a student's logits z, and a teacher's t as its label.

    T² times ``kl_div`` of the logarithms of both (Hinton et al. 2015): so that the size of the
    gradient does not depend on T.
    """
    one, axis = _classes("divergence", prediction, classes)
    if number("divergence", "the temperature", temperature) == 0:
        raise SpecError(
            "CM041", "`divergence`: the temperature is 0", help=["write a number above 0"]
        )

    def log_softmax(z: Any) -> Any:
        soft = z if temperature == 1 else op.scale(1 / temperature)(z)
        total = op.transpose(*one.axes)(op.expand(axis)(op.logsumexp(axis)(soft)))
        return soft - total

    def body(p: Any, y: Any) -> Any:
        teacher = log_softmax(y)
        found = _mean(op.sum(axis)(op.exp(teacher) * (teacher - log_softmax(p))))
        return found if temperature == 1 else op.scale(temperature**2)(found)

    return _loss("divergence", one, one, body)


@checked
def exclusive_or(prediction: Space | Kind) -> Arrow:
    """ŷ + y at every index, to be read in Z₂: where a circuit answers wrongly.

    Its value is the cotangent that comes back (the rate is the identity): R is (α, α).
    """
    one = _numbers("exclusive_or", prediction)
    return op.add.at(one, one).named("exclusive_or")


# --- a model with its loss ----------------------------------------------------------------------


@checked
def with_label(model: Arrow, loss: Arrow, label: Space | Kind | None = None) -> Arrow:
    """(x, y) ↦ loss(model(x), y): the model, scored; ``label`` is the type that the data has.

    CM057 where the loss is of other predictions, of another label, or no number.
    """
    made, scored = model.graph().cod, loss.graph().dom
    facts = [
        (f"`{model.label()}` makes", side(made)),
        (f"`{loss.label()}` takes", side(scored)),
    ]
    wanted = scored[len(made) :]
    if label is not None:
        facts += [("the label is", side(wanted)), ("the data has", side(space(label).wires))]
    if scored[: len(made)] != made:
        helps = ["a loss is (prediction, label) → Real, for one sample and without a batch axis"]
        if scored[-len(made) :] == made:
            helps = ["the label of a loss comes last: swap its inputs"]
        elif len(made) == 1 and isinstance(made[0], Array) and made[0].kind == "real":
            helps = [f"make the loss for what the model makes: {loss.label()}({made[0]})"]
        raise SpecError(
            "CM057",
            f"`{loss.label()}` does not score what `{model.label()}` makes",
            facts=facts,
            help=helps,
        )
    if label is not None and space(label).wires != wanted:
        raise _other_label(loss, wanted, space(label).wires, facts)
    if loss.graph().cod != (Real.scalar,):
        raise SpecError(
            "CM057",
            f"`{loss.label()}` is no loss: it ends in {side(loss.graph().cod)}",
            facts=facts,
            help=["a loss is one number for each sample: end it in op.mean or op.sum"],
        )
    return (model @ identity(*wanted)) >> loss


def _other_label(
    loss: Arrow, wanted: tuple[Space, ...], got: tuple[Space, ...], facts: list[tuple[str, str]]
) -> SpecError:
    helps = ["make the loss for the label of the data, or change the label before it"]
    if len(wanted) == len(got) == 1:
        want, have = wanted[0], got[0]
        assert isinstance(want, Array) and isinstance(have, Array)
        text, mend = difference(have, want)
        if text:
            facts.append(("difference", text))
        if (want.kind, have.kind) == ("fin", "real"):
            helps = ["a distribution over the classes is the label of soft_cross_entropy"]
        elif (want.kind, have.kind) == ("real", "fin"):
            helps = ["a class is the label of cross_entropy", f"or op.one_hot({have.values})"]
        elif (want.kind, have.kind) == ("real", "bool"):
            helps = ["a mask is the label of binary_cross_entropy(…, mask=True)"]
        elif mend:
            helps = [str(getattr(mend, "text", mend))]
    return SpecError(
        "CM057",
        f"the label of `{loss.label()}` is not that of the data",
        facts=facts,
        help=helps,
    )


__all__ = [
    "absolute_error",
    "binary_cross_entropy",
    "cross_entropy",
    "divergence",
    "dot_product",
    "exclusive_or",
    "hinge",
    "huber",
    "mean_squared_error",
    "smooth_absolute_error",
    "soft_cross_entropy",
    "with_label",
]
