"""Learners as closed composites of lenses, and what a step of them keeps.

A model, a loss whose parameter is the label, a rate and an optimiser compose to one map
S × P × X × Y → S × P.  It is written twice: box by box (`step`) and as a composite in Para(Lens);
the two are equal.  A step with another optimiser, or with a rate that an optimiser sees, is not.

Cruttwell, Gavranović, Ghani, Wilson, Zanasi, "Categorical Foundations of Gradient-Based Learning",
2021; Fong, Spivak, Tuyéras, "Backprop as Functor", 2019.
"""

from categorical import Dim, Fin, Real, architecture, arrow, laws, op
from categorical.learning import learner, losses, optimisers, step
from categorical.learning.composite import closed
from categorical.learning.optimisers_adaptive import adam

pixel, hidden, label = Dim.named("pixel hidden label")
SIZES = dict(pixel=64, hidden=32, label=10)


@arrow
def classifier(image: Real[pixel]) -> Real[label]:
    """Scores of the classes, from one hidden layer."""
    return op.linear(hidden, label, name="scores")(
        op.tanh(op.linear(pixel, hidden, name="parts")(image))
    )


score = losses.cross_entropy(Real[label])
momentum, adaptive = optimisers.sgd(0.1, momentum=0.9), adam(1e-3)
ahead = optimisers.nesterov(0.1, 0.9)

descent = learner(classifier, score, momentum, label=Fin(label), sizes=SIZES, name="descent")
adaptation = learner(classifier, score, adaptive, label=Fin(label), sizes=SIZES, name="adaptation")
look_ahead = learner(classifier, score, ahead, label=Fin(label), sizes=SIZES, name="look_ahead")


def _stated(game, optimiser, **options):
    """The step of a learner with the law that it is the closed composite."""
    made = closed(classifier, score, optimiser, **options)
    return laws.equal(made, name="closed composite in Para(Lens)")


one_step = architecture(
    step(descent),
    name="momentum_step",
    laws=[
        _stated(descent, momentum),
        laws.equal(
            closed(classifier, score, optimisers.sgd(0.1, momentum=0.9, nesterov=True)),
            name="a look-ahead changes nothing",
        ).fails("Nesterov's step is another one"),
    ],
    sizes=SIZES,
    batch="none",
)
adam_step = architecture(
    step(adaptation),
    name="adam_step",
    laws=[
        _stated(adaptation, adaptive),
        laws.equal(
            closed(classifier, score, adaptive, alpha=0.5), name="half the rate of the loss"
        ).fails("Adam divides by the size of the gradient, up to its eps"),
    ],
    sizes=SIZES,
    batch="none",
)
nesterov_step = architecture(
    step(look_ahead),
    name="nesterov_step",
    laws=[_stated(look_ahead, ahead)],
    sizes=SIZES,
    batch="none",
)
