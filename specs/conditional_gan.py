"""Conditional GAN on the classes of digits: both players see which digit it should be.

The painter makes an image of a noise and a class; the critic scores an image and a class.  Each
looks the class up in a table of its own.  The class is data that both are given: the painted image
is judged by the class that it was painted for.  So both are coKleisli arrows of the product comonad
"a value, and a class", and the critic after the painter is their composite there.

Mirza and Osindero, "Conditional Generative Adversarial Nets", 2014.
"""

from categorical import Dim, Fin, Real, architecture, arrow, discard, identity, laws, op, stack, tie
from categorical.algebras.comonads import coreader
from categorical.architecture import BATCH
from categorical.learning.games import Player, game
from categorical.learning.losses import binary_cross_entropy
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.step import moves

latent, digit, height, width = Dim.named("latent digit height width")
wide, seen = Dim.named("wide seen")
PAINTER = dict(latent=16, digit=10, height=8, width=8, wide=128)
CRITIC = dict(digit=10, height=8, width=8, seen=128)
SIZES = {**PAINTER, **CRITIC}


@arrow
def painter(noise: Real[latent], shown: Fin(digit)) -> Real[height, width]:
    """A noise and a class become an image."""
    wish = op.embedding(digit, wide, name="wish")(shown)
    idea = op.relu(op.linear(latent, wide, name="idea")(noise) + wish)
    sketch = op.relu(op.linear(wide, wide.at("out"), name="sketch")(idea))
    flat = op.linear(wide.at("out"), height * width, name="image")(sketch)
    return op.sigmoid(op.split(height * width, height, width)(flat))


@arrow
def critic(image: Real[height, width], shown: Fin(digit)) -> Real:
    """The logit of an image being real, and of this class."""
    flat = op.merge(height, width)(image)
    wish = op.embedding(digit, seen, name="wish")(shown)
    look = op.leaky_relu(0.2)(op.linear(height * width, seen, name="look")(flat) + wish)
    again = op.leaky_relu(0.2)(op.linear(seen, seen.at("out"), name="think")(look))
    return op.squeeze()(op.linear(seen.at("out"), 1, name="verdict")(again))


painter_alone = architecture(painter, laws=[laws.bounded(low=0, high=1)], sizes=PAINTER)
critic_alone = architecture(critic, sizes=CRITIC)
MODELS = dict(painter=painter_alone, critic=critic_alone)
paint = tie(stack(painter, BATCH).named("painter"))
judge = tie(stack(critic, BATCH).named("critic"))
Images, Noises, Classes = Real[BATCH, height, width], Real[BATCH, latent], Fin(digit)[BATCH]


def surprise(scores, real):
    """The mean surprise at scores, by a truth: 1 for real, 0 for painted."""
    each = stack(binary_cross_entropy(Real.scalar), BATCH)
    return op.mean(BATCH)(each(scores, op.full_like(real)(scores)))


@arrow
def conditional_gan(real: Images, shown: Classes, noise: Noises) -> tuple[Real, Real]:
    """The losses of the critic and of the painter: one class for each pair of images."""
    seen, painted = judge(real, shown), judge(paint(noise, shown), shown)
    return surprise(seen, 1.0) + surprise(painted, 0.0), surprise(painted, 1.0)


def played(order="alternating"):
    """The game of the two."""
    quick = adam(2e-3, betas=(0.5, 0.999))
    players = [Player("critic", 0, quick), Player("painter", 1, quick)]
    draws = {"noise": "normal"}
    return game(conditional_gan, players, order=order, draws=draws, sizes=SIZES, models=MODELS)


training = played()


def without_images(player):
    """A move in front of black images."""
    *old, _, shown, noise = moves(training, [player]).dom
    blind = identity(*old) @ (discard(Images) >> op.zeros(Images)) @ identity(shown, noise)
    return blind >> moves(training, [player])


painting = architecture(
    moves(training, ["painter"]),
    laws=[laws.equal(without_images("painter"), name="the painter sees no real image")],
    sizes=SIZES,
    batch="none",
    name="painting",
    atlas="cgan",
)
judging = architecture(
    moves(training, ["critic"]),
    laws=[laws.equal(without_images("critic"), name="nor does the critic").fails()],
    sizes=SIZES,
    batch="none",
    name="judging",
    atlas="cgan",
)

# --- conditioning is composition in the coKleisli category ----------------------------------------

conditioned = coreader(Fin(digit))


@arrow(inline=True)
def painted_for(shown: Fin(digit), noise: Real[latent]) -> Real[height, width]:
    """The painter, with its class in front."""
    return painter(noise, shown)


@arrow(inline=True)
def judged_for(shown: Fin(digit), image: Real[height, width]) -> Real:
    """The critic, with its class in front."""
    return critic(image, shown)


@arrow
def score(shown: Fin(digit), noise: Real[latent]) -> Real:
    """The painted image, judged by the class that it was painted for."""
    return critic(painter(noise, shown), shown)


@arrow
def always_zero(shown: Fin(digit), noise: Real[latent]) -> Real:
    """Broken: the critic is told another class."""
    return critic(painter(noise, shown), op.full(Fin(digit), 0)())


painting_first = conditioned.cokleisli(Real[latent], painted_for, judged_for).arrow()
reading_first = conditioned.cokleisli(
    Real[latent], conditioned.counit(Real[latent]), painted_for
).arrow()
scored = architecture(
    score,
    laws=[
        laws.equal(
            painting_first,
            {"painted_for.painter": "painter", "judged_for.critic": "critic"},
            name="the coKleisli composite",
        ),
        laws.commutes(
            reading_first,
            painted_for,
            {"painter": "painted_for.painter"},
            name="after the counit: the painter itself",
        ),
        laws.equal(always_zero, name="judged by one class").fails("the class reaches both"),
        *conditioned.laws(Real[latent]),
    ],
    sizes=SIZES,
    name="scored",
    atlas="cgan",
)
