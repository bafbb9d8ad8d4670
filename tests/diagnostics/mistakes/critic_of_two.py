"""A painter that would move the critic's weights too."""

from categorical import Dim, Real, arrow, op, tie
from categorical.learning import Player, game
from categorical.learning.optimisers import sgd

batch, latent, pixel = Dim.named("batch latent pixel")
painter = op.linear(latent, pixel).named("painter")
critic = tie((op.linear(pixel, 1) >> op.squeeze()).named("critic"))


@arrow
def losses(real: Real[batch, pixel], noise: Real[batch, latent]) -> tuple[Real, Real]:
    """What the critic and the painter lower."""
    painted = op.mean(batch)(critic(painter(noise)))
    return painted - op.mean(batch)(critic(real)), op.neg(painted)


players = [
    Player("critic", 0, sgd(0.1)),
    Player("painter", 1, sgd(0.1), owns=("painter", "critic")),
]
training = game(losses, players)
