"""StackGAN++: a tree of generators, a critic at every scale, and colours that agree between scales.

One noise grows into hidden features at three scales, each made of the one before and of the noise
once more; from each an image branches off.  Each scale has a critic of its own.  The generators pay
for what all critics say, added, and for the distance between the colours of neighbouring scales:
the mean colour and the covariance of the colours.  Training is a game of four on one arrow.

Zhang et al., "StackGAN++: Realistic Image Synthesis with Stacked Generative Adversarial Networks",
2018.
"""

from categorical import (
    Dim,
    Real,
    architecture,
    arrow,
    copy,
    discard,
    identity,
    laws,
    op,
    stack,
    tie,
)
from categorical.architecture import BATCH
from categorical.composites import group_norm, residual
from categorical.composites.typed import typed
from categorical.groups import Symmetric
from categorical.learning.games import Player, game
from categorical.learning.losses import binary_cross_entropy
from categorical.learning.optimisers import descent
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.step import moves

latent, shade, feature, seen = Dim.named("latent shade feature seen")
height, width = Dim.named("height width")
GROWN = [(Dim("tall", size=2), Dim("wide", size=2)), (Dim("taller", size=2), Dim("wider", size=2))]
MEAN, COVARIANCE, COLOURS = 1.0, 5.0, 50.0  # the weights of the colours
PAINTER = dict(latent=16, shade=3, feature=16, height=2, width=2)
SIZES = dict(PAINTER, seen=32)

# --- scales: a pixel becomes four, and back -------------------------------------------------------


def doubled(channel, places, grown):
    """Every pixel four times."""
    (rows, columns), (tall, wide) = places, grown

    @typed(Real[channel, rows, columns], name="doubled", inline=True)
    def more(image):
        image = op.transpose(channel, rows, tall, columns, wide)(op.expand(tall, wide)(image))
        return op.merge(columns, wide)(op.merge(rows, tall)(image))

    return more


def halved(channel, places, grown):
    """The mean of every four pixels."""
    (rows, columns), (tall, wide) = places, grown
    large = doubled(channel, places, grown).cod[0]

    @typed(large, name="halved", inline=True)
    def less(image):
        image = op.split(large.axes[1], rows, tall)(op.split(large.axes[2], columns, wide)(image))
        return op.mean(tall, wide)(image)

    return less


PLACES = [(height, width)]
for pair in GROWN:
    PLACES.append(doubled(shade, PLACES[-1], pair).cod[0].axes[1:])
IMAGES = [Real[shade, *places] for places in PLACES]
SCALES = range(len(PLACES))

# --- the tree -------------------------------------------------------------------------------------


def branch(places):
    """Features and the noise become features."""
    first = op.conv(feature + latent, feature, over=places, kernel=3, bias=False, name="join")
    inner = op.conv(feature, feature, over=places, kernel=3, bias=False, name="inner")
    normalised = group_norm(feature, feature, *places)
    again = residual(inner >> normalised >> op.relu)

    @typed(Real[feature, *places], Real[latent], name="branch", inline=True)
    def grow(hidden, noise):
        everywhere = op.transpose(latent, *places)(op.expand(*places)(noise))
        return again(op.relu(first(op.concat(feature, latent)(hidden, everywhere))))

    return grow


def image(places, name):
    """Features become an image."""
    return op.conv(feature, shade, over=places, kernel=3, name=name) >> op.tanh


@arrow
def painter(noise: Real[latent]) -> tuple[IMAGES[0], IMAGES[1], IMAGES[2]]:
    """A noise becomes three images, small to large."""
    flat = op.relu(op.linear(latent, feature * height * width, name="start")(noise))
    hidden = op.split(feature * height * width, feature, height, width)(flat)
    images = [image(PLACES[0], "image_0")(hidden)]
    for scale, grown in enumerate(GROWN, 1):
        larger = doubled(feature, PLACES[scale - 1], grown)(hidden)
        hidden = branch(PLACES[scale]).named(f"branch_{scale}")(larger, noise)
        images.append(image(PLACES[scale], f"image_{scale}")(hidden))
    return tuple(images)


def critic(scale):
    """The logit of an image of this scale being real."""
    places = PLACES[scale]

    @typed(IMAGES[scale], name=f"critic_{scale}")
    def judge(image):
        look = op.conv(shade, seen, over=places, kernel=3, name="look")(image)
        again = op.conv(seen, seen, over=places, kernel=3, name="think")(op.leaky_relu(0.2)(look))
        found = op.mean(*places)(op.leaky_relu(0.2)(again))
        return op.squeeze()(op.linear(seen, 1, name="verdict")(found))

    return judge


painter_alone = architecture(
    painter,
    laws=[
        laws.bounded(low=-1, high=1),
        laws.parameters(
            (latent + 1) * feature * height * width
            + 2 * (9 * (feature + latent) * feature + 9 * feature * feature)
            + 3 * (9 * feature * shade + shade)
        ),
    ],
    sizes=PAINTER,
    atlas="stackganpp",
)
CRITIC = dict(shade=3, seen=32, height=2, width=2)
critics = [critic(scale) for scale in SCALES]
small_critic, middle_critic, large_critic = (
    architecture(one, sizes=CRITIC, atlas="stackganpp") for one in critics
)
MODELS = dict(
    painter=painter_alone, critic_0=small_critic, critic_1=middle_critic, critic_2=large_critic
)

# --- colours --------------------------------------------------------------------------------------

other = shade.at("other")


def colours(places):
    """The mean colour of an image, and the covariance of its colours."""

    @typed(Real[shade, *places], name="colours", inline=True)
    def measured(image):
        mean = op.mean(*places)(image)
        apart = image - op.transpose(shade, *places)(op.expand(*places)(mean))
        products = op.einsum(shade, other, *places)(apart, op.relabel(shade, other)(apart))
        return mean, op.mean(*places)(products)

    return measured


def disagreement(small, large):
    """How far the colours of an image of one scale are from those of another."""

    @typed(IMAGES[small], IMAGES[large], name="disagreement", inline=True)
    def paid(one, two):
        mean, spread = colours(PLACES[small])(one)
        mean_2, spread_2 = colours(PLACES[large])(two)
        means = op.sum(shade)(op.square(mean - mean_2))
        spreads = op.sum(shade, other)(op.square(spread - spread_2))
        return op.scale(MEAN)(means) + op.scale(COVARIANCE)(spreads)

    return paid


def with_itself(scale):
    """The disagreement of an image with itself, each pixel four times."""
    grow = doubled(shade, PLACES[scale], GROWN[scale])
    return copy(IMAGES[scale]) >> (identity(IMAGES[scale]) @ grow) >> disagreement(scale, scale + 1)


def nothing(*types):
    """The loss that is 0."""
    return discard(types) >> op.zeros(Real.scalar)


agreement = architecture(
    disagreement(0, 1).named("disagreement"),
    laws=[
        *(
            laws.commutes(with_itself(scale), nothing(IMAGES[scale]), name=f"scale {scale}: a copy")
            for scale in SCALES[:-1]
        ),
        laws.equal(nothing(*IMAGES[:2]), name="whatever the images are").fails(),
        laws.bounded(low=0),
        laws.invariant(under=Symmetric(shade)),
        *(
            laws.commutes(
                doubled(shade, PLACES[scale], GROWN[scale])
                >> halved(shade, PLACES[scale], GROWN[scale]),
                identity(IMAGES[scale]),
                name=f"scale {scale}: there and back",
            )
            for scale in SCALES[:-1]
        ),
    ],
    sizes=dict(shade=3, height=2, width=2),
    atlas="stackganpp",
)

# --- the game -------------------------------------------------------------------------------------

BATCHES = [Real[BATCH, *one.axes] for one in IMAGES]
Noises = Real[BATCH, latent]
paint = tie(stack(painter, BATCH).named("painter"))
judges = [tie(stack(one, BATCH).named(f"critic_{scale}")) for scale, one in enumerate(critics)]
DOWN, ADAM = descent(0.05), adam(2e-4, betas=(0.5, 0.999))
CRITICS = [f"critic_{scale}" for scale in SCALES]


def average(loss):
    """The mean of a loss over a batch."""
    return stack(loss, BATCH) >> op.mean(BATCH)


def surprise(scores, real):
    """The mean surprise at scores, by a truth: 1 for real, 0 for painted."""
    return average(binary_cross_entropy(Real.scalar))(scores, op.full_like(real)(scores))


def paid(real, noise, with_colours=COLOURS):
    """What each critic pays, and what the painter pays."""
    images = paint(noise)
    scores = [judge(one) for judge, one in zip(judges, images, strict=True)]
    told = [
        surprise(judge(one), 1.0) + surprise(score, 0.0)
        for judge, one, score in zip(judges, real, scores, strict=True)
    ]
    taken = [surprise(score, 1.0) for score in scores]
    apart = [
        op.scale(with_colours)(average(disagreement(scale, scale + 1))(*images[scale : scale + 2]))
        for scale in SCALES[:-1]
        if with_colours
    ]
    every = taken + apart
    return *told, sum(every[1:], every[0])


@arrow
def stack_gan(
    small: BATCHES[0], middle: BATCHES[1], large: BATCHES[2], noise: Noises
) -> tuple[Real, Real, Real, Real]:
    """Real images at three scales, and a noise: what the critics and the painter pay."""
    return paid((small, middle, large), noise)


@arrow
def colourless(
    small: BATCHES[0], middle: BATCHES[1], large: BATCHES[2], noise: Noises
) -> tuple[Real, Real, Real, Real]:
    """The same without the colours."""
    return paid((small, middle, large), noise, None)


@arrow
def joined(
    small: BATCHES[0], middle: BATCHES[1], large: BATCHES[2], noise: Noises
) -> tuple[Real, Real]:
    """All critics pay one sum."""
    *told, taken = paid((small, middle, large), noise)
    return sum(told[1:], told[0]), taken


def played(losses, by, order="alternating", name=""):
    """The game of the critics, each for itself or all as one, and the painter."""
    outputs = len(losses.cod)
    players = [Player(one, place, by) for place, one in enumerate(CRITICS)]
    if outputs == 2:
        players = [Player("critics", 0, by, owns=CRITICS)]
    return game(
        losses,
        [*players, Player("painter", outputs - 1, by)],
        order=order,
        draws={"noise": "normal"},
        sizes=SIZES,
        models=MODELS,
        name=name,
    )


training = played(stack_gan, ADAM, name="stack_gan")
plain = played(stack_gan, DOWN)
as_one = played(joined, DOWN)
grey = played(colourless, DOWN)

judging = architecture(
    moves(plain, CRITICS),
    laws=[
        laws.equal(moves(plain, [tuple(CRITICS)]), name="all critics at once"),
        laws.equal(moves(plain, CRITICS[::-1]), name="the last one first"),
        laws.equal(moves(as_one, ["critics"]), name="one player for all of them"),
        laws.equal(moves(grey, CRITICS), name="they do not see the colours"),
        laws.equal(moves(plain, CRITICS[:2]), name="the last one sits out").fails(),
    ],
    sizes=SIZES,
    batch="none",
    name="judging",
    atlas="stackganpp",
)
painting = architecture(
    moves(plain, ["painter"]),
    laws=[
        laws.equal(moves(grey, ["painter"]), name="nor does the painter").fails(
            "it pays for the colours"
        ),
    ],
    sizes=SIZES,
    batch="none",
    name="painting",
    atlas="stackganpp",
)
