"""A loss that takes the label before the prediction."""

from categorical import Dim, Real, arrow, op
from categorical.learning import learner
from categorical.learning.optimisers import sgd

pixel, digit, code = Dim.named("pixel digit code")
scores = op.linear(pixel, digit).named("scores")


@arrow
def missed(label: Real[code], prediction: Real[digit]) -> Real:
    """The squared distance of a code."""
    return op.mean(code)(op.square(label - op.linear(digit, code)(prediction)))


training = learner(scores, missed, sgd(0.1))
