"""Labels that are distributions of classes, and a loss for classes."""

from categorical import Dim, Real, op
from categorical.learning import learner, losses
from categorical.learning.optimisers import sgd

pixel, digit = Dim.named("pixel digit")
scores = op.linear(pixel, digit).named("scores")

training = learner(scores, losses.cross_entropy(Real[digit]), sgd(0.1), label=Real[digit])
