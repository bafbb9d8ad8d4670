"""Generative adversarial network: a painter and a critic, and who moves when.

The critic scores real images and painted ones: two uses of one set of weights.  Both losses are one
parametric map of images, noises and the weights of the two; training is a game on it.  Gradient
descent–ascent is the game in which one number is lowered by the critic and raised by the painter at
once; usual training takes turns, and lets the painter follow another loss, whose slope does not
vanish where the critic is sure.

Goodfellow et al., "Generative Adversarial Networks", 2014; the library of such games: Pal and Das,
"TorchGAN: A Flexible Framework for GAN Training and Evaluation", 2021; the parametric map with a
tied critic: Gavranović, "Fundamental Components of Deep Learning", 2024, Definition 7.15.
"""

from categorical import Dim, Real, architecture, arrow, laws, op, stack, tie
from categorical.architecture import BATCH
from categorical.composites.typed import wired
from categorical.derivatives import explicit, reverse
from categorical.learning.games import Player, game
from categorical.learning.losses import binary_cross_entropy
from categorical.learning.optimisers import ascent, descent, product
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.step import moves, step

latent, height, width = Dim.named("latent height width")
coarse, fine, hidden = Dim.named("coarse fine hidden")
PAINTER = dict(latent=16, height=8, width=8, coarse=8, fine=16)
CRITIC = dict(height=8, width=8, hidden=64)
SIZES = {**PAINTER, **CRITIC}
RATE = 0.05


@arrow
def painter(noise: Real[latent]) -> Real[height, width]:
    """A noise becomes an image: a coarse picture, and two convolutions over it."""
    flat = op.relu(op.linear(latent, coarse * height * width, name="sketch")(noise))
    sketch = op.split(coarse * height * width, coarse, height, width)(flat)
    strokes = op.relu(op.conv(coarse, fine, over=(height, width), kernel=3, name="strokes")(sketch))
    image = op.conv(fine, 1, over=(height, width), kernel=3, name="image")(strokes)
    return op.sigmoid(op.squeeze()(image))


@arrow
def critic(image: Real[height, width]) -> Real:
    """The logit of an image being real."""
    flat = op.merge(height, width)(image)
    seen = op.leaky_relu(0.2)(op.linear(height * width, hidden, name="look")(flat))
    return op.squeeze()(op.linear(hidden, 1, name="verdict")(seen))


Images, Noises = Real[BATCH, height, width], Real[BATCH, latent]
painter_alone = architecture(painter, laws=[laws.bounded(low=0, high=1)], sizes=PAINTER)
critic_alone = architecture(critic, sizes=CRITIC)
MODELS = dict(painter=painter_alone, critic=critic_alone)
paint = tie(stack(painter, BATCH).named("painter"))
judge = tie(stack(critic, BATCH).named("critic"))
judge_painted = tie(stack(critic, BATCH).named("second_critic"))


def surprise(scores, real):
    """The mean surprise at scores, by a truth: 1 for real, 0 for painted."""
    each = stack(binary_cross_entropy(Real.scalar), BATCH)
    return op.mean(BATCH)(each(scores, op.full_like(real)(scores)))


@arrow
def minimax(real: Images, noise: Noises) -> Real:
    """What the critic lowers and the painter raises."""
    return surprise(judge(real), 1.0) + surprise(judge(paint(noise)), 0.0)


@arrow
def opposed(real: Images, noise: Noises) -> tuple[Real, Real]:
    """One number for each, the other's opposite."""
    told_apart = surprise(judge(real), 1.0) + surprise(judge(paint(noise)), 0.0)
    return told_apart, op.neg(told_apart)


@arrow
def non_saturating(real: Images, noise: Noises) -> tuple[Real, Real]:
    """The painter wants to be taken for real."""
    seen, painted = judge(real), judge(paint(noise))
    return surprise(seen, 1.0) + surprise(painted, 0.0), surprise(painted, 1.0)


@arrow
def two_critics(real: Images, noise: Noises) -> Real:
    """Nothing is tied: each image has a critic of its own."""
    return surprise(judge(real), 1.0) + surprise(judge_painted(paint(noise)), 0.0)


# --- the games --------------------------------------------------------------------------------


def played(losses, critic_by, painter_by, order="alternating", name=""):
    """The game of the two; both have the first loss if there is only one."""
    players = [
        Player("critic", 0, critic_by),
        Player("painter", len(losses.cod) - 1, painter_by),
    ]
    drawn = {"noise": "normal"}
    return game(losses, players, order=order, draws=drawn, sizes=SIZES, models=MODELS, name=name)


ADAM = adam(2e-3, betas=(0.5, 0.999))
training = played(non_saturating, ADAM, ADAM, name="gan")
at_once = played(minimax, descent(RATE), ascent(RATE), "simultaneous", "descent_ascent")
opposite = played(opposed, descent(RATE), descent(RATE), "simultaneous")
in_turn = played(minimax, descent(RATE), ascent(RATE))
usual = played(non_saturating, descent(RATE), descent(RATE))

# --- what they have in common -------------------------------------------------------------------

WEIGHTS = at_once.weights
painters = at_once.owned(at_once.players[1])
sides = product(*(ascent(RATE) if p in painters else descent(RATE) for p in WEIGHTS))
pull = reverse(explicit(minimax))


def descent_ascent(*wires):
    """The lenses of descent and ascent side by side, all slopes at the old weights."""
    *weights, real, noise = wires
    _, _, *slopes = pull(real, noise, *weights, op.ones(Real.scalar)())
    return sides.put(*WEIGHTS.values())(*weights, *slopes)


def two_moves(*wires):
    """The critic, and then the painter, who sees the same images and noises."""
    data = wires[len(WEIGHTS) :]
    return moves(in_turn, ["painter"])(*moves(in_turn, ["critic"])(*wires), *data)


def on_weights(function):
    """The arrow of a function of weights and data."""
    names = (*(p.replace(".", "_") for p in WEIGHTS), "real", "noise")
    return wired((*WEIGHTS.values(), Images, Noises), names, function)


painting = latent * coarse * height * width + coarse * height * width
painting += (9 * coarse + 1) * fine + 9 * fine + 1
judging = (height * width + 2) * hidden + 1

tied = architecture(
    minimax,
    laws=[laws.parameters(painting + judging)],
    sizes=SIZES,
    batch="none",
    name="tied",
    atlas="gan",
)
untied = architecture(
    two_critics,
    laws=[
        laws.parameters(painting + 2 * judging),
        laws.parameters(painting + judging).fails("there are two"),
    ],
    sizes=SIZES,
    batch="none",
    name="untied",
    atlas="gan",
)
simultaneous = architecture(
    step(at_once),
    laws=[
        laws.equal(on_weights(descent_ascent), name="the product of descent and ascent"),
        laws.equal(step(opposite), name="two learners, of L and −L"),
        laws.equal(moves(at_once, [("painter", "critic")]), name="who is named first"),
        laws.equal(step(in_turn), name="alternating play").fails("the second sees the first move"),
    ],
    sizes=SIZES,
    batch="none",
    name="simultaneous",
    atlas="gan",
)
alternating = architecture(
    step(in_turn),
    laws=[
        laws.equal(on_weights(two_moves), name="a move of each, composed"),
        laws.equal(moves(in_turn, ["painter", "critic"]), name="the painter first").fails(),
    ],
    sizes=SIZES,
    batch="none",
    name="alternating",
    atlas="torchgan",
)
two_losses = architecture(
    moves(usual, ["critic"]),
    laws=[laws.equal(moves(in_turn, ["critic"]), name="the critic moves as in minimax play")],
    sizes=SIZES,
    batch="none",
    name="two_losses",
    atlas="torchgan",
)
painting_moves = architecture(
    moves(usual, ["painter"]),
    laws=[
        laws.equal(moves(in_turn, ["painter"]), name="and the painter").fails(
            "its loss has another slope"
        )
    ],
    sizes=SIZES,
    batch="none",
    name="two_losses_of_the_painter",
    atlas="torchgan",
)

# --- the gradient of the critic, written by hand --------------------------------------------------


@arrow
def told_apart(real: Images, painted: Images) -> Real:
    """The loss of the critic on images that are there already."""
    return surprise(judge(real), 1.0) + surprise(judge(painted), 0.0)


pulled = reverse(explicit(told_apart))
LOOK, LOOK_BIAS, VERDICT, VERDICT_BIAS = pulled.dom[2:6]
LEAK = 0.2


def backwards(leak):
    """Backpropagation through the critic, layer by layer; `leak` is the lesser slope."""

    def of_images(images, truth, look, look_bias, verdict, verdict_bias):
        """The slopes by the four weights, at each image."""
        flat = op.merge(height, width)(images)
        before = op.einsum(BATCH, hidden)(flat, look) + op.expand(BATCH)(look_bias)
        seen = op.leaky_relu(LEAK)(before)
        scores = op.einsum(BATCH, 1)(seen, verdict) + op.expand(BATCH)(verdict_bias)
        wrong = op.squeeze()(op.sigmoid(scores))
        wrong = wrong - op.full_like(truth)(wrong)
        above = op.sign(op.relu(before))
        slope = op.scale(1 - leak)(above) + op.full_like(leak)(above)
        down = op.einsum(BATCH, hidden)(wrong, op.squeeze()(verdict)) * slope
        by_look = op.einsum(BATCH, hidden, height * width)(down, flat)
        by_verdict = op.unsqueeze()(op.einsum(BATCH, hidden)(wrong, seen))
        return by_look, down, by_verdict, op.unsqueeze()(wrong)

    @arrow
    def by_hand(
        real: Images,
        painted: Images,
        look: LOOK,
        look_bias: LOOK_BIAS,
        verdict: VERDICT,
        verdict_bias: VERDICT_BIAS,
    ) -> tuple[LOOK, LOOK_BIAS, VERDICT, VERDICT_BIAS]:
        """The gradient: means over both batches, added."""
        ours = (look, look_bias, verdict, verdict_bias)
        sides = zip(of_images(real, 1.0, *ours), of_images(painted, 0.0, *ours), strict=True)
        return tuple(op.mean(BATCH)(one) + op.mean(BATCH)(other) for one, other in sides)

    return by_hand


@arrow
def derived(
    real: Images,
    painted: Images,
    look: LOOK,
    look_bias: LOOK_BIAS,
    verdict: VERDICT,
    verdict_bias: VERDICT_BIAS,
) -> tuple[LOOK, LOOK_BIAS, VERDICT, VERDICT_BIAS]:
    """The gradient as the reverse derivative gives it."""
    one = op.ones(Real.scalar)()
    return pulled(real, painted, look, look_bias, verdict, verdict_bias, one)[2:]


slopes = architecture(
    derived,
    laws=[
        laws.equal(backwards(LEAK), name="the gradient written by hand"),
        laws.equal(backwards(0.0), name="as if the leak were shut").fails(
            "below 0 the slope is not 0"
        ),
    ],
    sizes=CRITIC,
    batch="none",
    name="slopes",
    atlas="torchgan",
)
