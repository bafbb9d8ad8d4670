"""Deep dreaming: an image moves so that a digit classifier sees more of a class in it.

The composite of model and score is that of a learner.  A learner moves the weights on one port; a
dream moves the image on the other.  Both are parts of the step that moves everything at once.

Mordvintsev, Olah and Tyka, "Inceptionism: Going Deeper into Neural Networks", 2015; on the input
port: Gavranović, "Fundamental Components of Deep Learning", 2024, Section 8.2.2.
"""

from categorical import Dim, Fin, Real, architecture, arrow, discard, identity, laws, op
from categorical.learning.dreaming import dream
from categorical.learning.games import Player, game, learner
from categorical.learning.losses import cross_entropy
from categorical.learning.optimisers import descent, sgd
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.step import step

height, width, narrow, wide, digit = Dim.named("height width narrow wide digit")
SIZES = dict(height=8, width=8, narrow=8, wide=16, digit=10)
RATE = 0.004


@arrow
def classifier(image: Real[height, width]) -> Real[digit]:
    """Two smooth convolutions and scores of the digits."""
    plane = op.unsqueeze()(image)
    edges = op.tanh(op.conv(1, narrow, over=(height, width), kernel=3, name="edges")(plane))
    strokes = op.conv(narrow, wide, over=(height, width), kernel=3, name="strokes")(edges)
    seen = op.merge(wide, height, width)(op.tanh(strokes))
    return op.linear(wide * height * width, digit, name="scores")(seen)


model = architecture(classifier, sizes=SIZES)


@arrow
def certainty(scores: Real[digit], wanted: Fin(digit)) -> Real:
    """The logarithm of the probability of the digit that is dreamt of."""
    return op.gather(digit)(scores, wanted) - op.logsumexp(digit)(scores)


# First the weights move, then the image; what fades keeps the image from growing without bound.
training = learner(model, cross_entropy(Real[digit]), adam(3e-3), name="from_labels")
dreaming = dream(model, certainty, sgd(RATE, momentum=0.9, weight_decay=0.01), name="dreaming")
plain = dream(model, certainty, descent(RATE))

# The same composite: who moves the weights, who the image, and who both.
composite = plain.arrow
learning = game(composite, [Player("learner", 0, descent(RATE), ("classifier",))], sizes=SIZES)
everything = game(
    composite, [Player("all", 0, descent(RATE), ("classifier", "image"))], sizes=SIZES
)

HELD = tuple(learning.weights.values())
IMAGES, LABEL = plain.weights["image"], plain.data["label"]
keep_weights = identity(*HELD) @ discard(IMAGES)
keep_image = discard(HELD) @ identity(IMAGES)

dreamt = architecture(
    step(plain),
    laws=[
        laws.commutes(
            step(plain) >> keep_weights, keep_weights @ discard(LABEL), name="the weights stay"
        ),
        laws.commutes(
            step(plain) >> keep_image,
            step(everything) >> keep_image,
            name="the image moves as where all moves",
        ),
        laws.commutes(
            step(plain) >> keep_image, keep_image @ discard(LABEL), name="the image stays"
        ).fails(),
    ],
    sizes=SIZES,
    batch="none",
    name="dreamt",
)
learnt = architecture(
    step(everything),
    laws=[
        laws.commutes(
            step(everything) >> keep_weights,
            step(learning),
            name="its other part is the learner",
        ),
        laws.equal(step(plain), name="it is no dream").fails("the weights move"),
    ],
    sizes=SIZES,
    batch="none",
    name="learnt",
)
