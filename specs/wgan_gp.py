"""Wasserstein GAN with a gradient penalty: the loss of the critic has the critic's slope in it.

The critic scores how far apart real and painted images are; it has to be 1-Lipschitz, and the
penalty asks its slope to have length 1 between the two.  So its loss is made of the critic and of
the critic's reverse derivative, with one set of weights, and its slope by these weights is a second
derivative.  Without the penalty the loss is the dot product of two scores with the labels 1 and −1,
and the game is gradient descent–ascent.

Arjovsky et al., "Wasserstein GAN", 2017; Gulrajani et al., "Improved Training of Wasserstein GANs",
2017; as a game: Gavranović, "Fundamental Components of Deep Learning", 2024, Example 8.19.
"""

from categorical import Dim, Real, architecture, arrow, discard, identity, laws, op, stack, tie
from categorical.architecture import BATCH
from categorical.composites.typed import wired
from categorical.derivatives import explicit, pullback, reverse
from categorical.learning.games import Player, game
from categorical.learning.losses import dot_product
from categorical.learning.optimisers import ascent, descent, product
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.step import moves, step

latent, height, width, hidden = Dim.named("latent height width hidden")
PAINTER = dict(latent=16, height=8, width=8, hidden=64)
CRITIC = dict(height=8, width=8, hidden=64)
SIZES = {**PAINTER, **CRITIC}
PENALTY, RATE = 10.0, 0.05
TINY = 1e-12  # the length has no slope at 0


@arrow
def painter(noise: Real[latent]) -> Real[height, width]:
    """A noise becomes an image."""
    seen = op.relu(op.linear(latent, hidden, name="sketch")(noise))
    again = op.relu(op.linear(hidden, hidden.at("out"), name="strokes")(seen))
    flat = op.linear(hidden, height * width, name="image")(
        op.relabel(hidden.at("out"), hidden)(again)
    )
    return op.sigmoid(op.split(height * width, height, width)(flat))


@arrow
def critic(image: Real[height, width]) -> Real:
    """How real an image looks, as any number."""
    flat = op.merge(height, width)(image)
    seen = op.leaky_relu(0.2)(op.linear(height * width, hidden, name="look")(flat))
    again = op.leaky_relu(0.2)(op.linear(hidden, hidden.at("out"), name="think")(seen))
    return op.squeeze()(op.linear(hidden.at("out"), 1, name="verdict")(again))


painter_alone = architecture(painter, laws=[laws.bounded(low=0, high=1)], sizes=PAINTER)
critic_alone = architecture(critic, sizes=CRITIC)
MODELS = dict(painter=painter_alone, critic=critic_alone)
paint = tie(stack(painter, BATCH).named("painter"))
judge = tie(stack(critic, BATCH).named("critic"))
Images, Noises, Scores = Real[BATCH, height, width], Real[BATCH, latent], Real[BATCH]
average = op.mean(BATCH)


def penalty(real, painted, mix):
    """How far the slope's length is from 1, at a point between real and painted images."""
    between = painted + op.transpose(BATCH, height, width)(op.expand(height, width)(mix)) * (
        real - painted
    )
    slope = pullback(judge)(between, op.full_like(1.0)(mix))  # of each score by its own image
    length = op.sqrt(op.sum(height, width)(op.square(slope)) + TINY)
    return average(op.square(length - 1))


@arrow
def wgan(real: Images, noise: Noises) -> Real:
    """What the critic raises and the painter lowers."""
    return average(judge(real)) - average(judge(paint(noise)))


@arrow
def labelled(real: Images, noise: Noises) -> Real:
    """The same as a loss that has a label: 1 for real, −1 for painted."""
    loss = stack(dot_product(Real.scalar), BATCH)
    seen, painted = judge(real), judge(paint(noise))
    truth, lie = op.full(Scores, 1.0)(), op.full(Scores, -1.0)()
    return average(loss(seen, truth) + loss(painted, lie))


@arrow
def wgan_gp(real: Images, noise: Noises, mix: Scores) -> tuple[Real, Real]:
    """The losses of the critic and of the painter; `mix` says where the slope is taken."""
    seen, painted = average(judge(real)), paint(noise)
    told = average(judge(painted))
    return told - seen + op.scale(PENALTY)(penalty(real, painted, mix)), op.neg(told)


# --- games ------------------------------------------------------------------------------------


def played(losses, critic_by, painter_by, order="alternating", turns=1, **more):
    """The game of the two."""
    players = [
        Player("critic", 0, critic_by, moves=turns),
        Player("painter", len(losses.cod) - 1, painter_by),
    ]
    draws = {"noise": "normal", "mix": "uniform"}
    draws = {key: draws[key] for key in draws if len(losses.dom) == 3 or key == "noise"}
    return game(losses, players, order=order, draws=draws, sizes=SIZES, models=MODELS, **more)


ADAM = adam(1e-3, betas=(0.0, 0.9))
training = played(wgan_gp, ADAM, ADAM, turns=5, name="wgan_gp")
at_once = played(wgan, ascent(RATE), descent(RATE), "simultaneous")
with_penalty = played(wgan_gp, descent(RATE), descent(RATE), "simultaneous")

WEIGHTS = at_once.weights
critics = at_once.owned(at_once.players[0])
sides = product(*(ascent(RATE) if p in critics else descent(RATE) for p in WEIGHTS))
pull = reverse(explicit(labelled))


def descent_ascent(*wires):
    """The lenses of descent and ascent side by side, on the labelled loss."""
    *weights, real, noise = wires
    _, _, *slopes = pull(real, noise, *weights, op.ones(Real.scalar)())
    return sides.put(*WEIGHTS.values())(*weights, *slopes)


by_hand = wired(
    (*WEIGHTS.values(), Images, Noises),
    (*(p.replace(".", "_") for p in WEIGHTS), "real", "noise"),
    descent_ascent,
)


def unpenalised(player):
    """A move in the game without the penalty; the place where the slope is taken is not read."""
    kept = identity(*WEIGHTS.values(), Images, Noises)
    return (kept @ discard(Scores)) >> moves(at_once, [player])


scores = architecture(
    wgan,
    laws=[laws.equal(labelled, name="the dot product with the labels 1 and −1")],
    sizes=SIZES,
    batch="none",
    name="scores",
)
simultaneous = architecture(
    step(at_once),
    laws=[laws.equal(by_hand, name="descent–ascent on the dot product")],
    sizes=SIZES,
    batch="none",
    name="simultaneous",
)
painting = architecture(
    moves(with_penalty, ["painter"]),
    laws=[laws.equal(unpenalised("painter"), name="the painter does not see the penalty")],
    sizes=SIZES,
    batch="none",
    name="painting",
)
judging = architecture(
    moves(with_penalty, ["critic"]),
    laws=[
        laws.equal(unpenalised("critic"), name="nor does the critic").fails(
            "its slope is in its loss"
        )
    ],
    sizes=SIZES,
    batch="none",
    name="judging",
)
