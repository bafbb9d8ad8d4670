"""A loss for each image of a batch, where a player needs one number."""

from categorical import Dim, Real, arrow, op
from categorical.learning import Player, game
from categorical.learning.optimisers import sgd

batch, pixel = Dim.named("batch pixel")
network = op.linear(pixel, pixel).named("network")


@arrow
def missed(image: Real[batch, pixel]) -> Real[batch]:
    """How far each image is from what the network makes of it."""
    return op.mean(pixel)(op.square(network(image) - image))


training = game(missed, [Player("network", 0, sgd(0.1))])
