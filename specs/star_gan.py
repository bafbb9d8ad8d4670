"""StarGAN: one translator for many domains, a functor on a schema that is indexed by domains.

The schema has an object for each domain and an edge for each ordered pair of them; translating
there and back is to be the identity.  All edges go to one arrow `translate(image, domain)` at
different domains, so they share its weights, and the equations are losses: the cycle loss of the
paper at each pair.  A second functor sends every domain to a common space by couplings of its own
and back: round trips and composites then hold for all weights.

Choi et al., "StarGAN: Unified Generative Adversarial Networks for Multi-Domain Image-to-Image
Translation", 2018.
"""

from itertools import permutations

from categorical import Dim, Fin, Real, architecture, arrow, discard, identity, laws, op, stack, tie
from categorical.architecture import BATCH
from categorical.composites import group_norm, residual
from categorical.groups import Symmetric
from categorical.learning.games import Player, game
from categorical.learning.losses import absolute_error, cross_entropy, mean_squared_error
from categorical.learning.optimisers_adaptive import adam
from categorical.schemas import Schema, functor, losses
from categorical.schemas.constructions import masked_coupling

DOMAINS = 3
domain = Dim("domain", size=DOMAINS)
shade, feature, height, width = Dim.named("shade feature height width")
places = (height, width)
IMAGE, CHOICE, SCORE = Real[shade, height, width], Fin(domain)[()], Real.scalar
SIZES = dict(shade=1, feature=12, height=8, width=8)
CYCLE = 10.0

PAIRS = list(permutations(range(DOMAINS), 2))
OBJECTS = [f"X{d}" for d in range(DOMAINS)]
EDGES = {f"t{d}{e}": (f"X{d}", f"X{e}") for d, e in PAIRS}
ROUNDS = {f"{d} to {e} and back": f"t{d}{e} t{e}{d} = 1" for d, e in PAIRS}
COMPOSITES = {
    f"{d} to {e} to {k}": f"t{d}{e} t{e}{k} = t{d}{k}"
    for d, e, k in permutations(range(DOMAINS), 3)
}
schema = Schema("StarGAN", OBJECTS, EDGES, ROUNDS)

# --- one translator for all pairs -------------------------------------------------------------


@arrow
def translate(image: IMAGE, to: CHOICE) -> IMAGE:
    """The domain as further channels, then convolutions and a residual block."""
    wanted = op.transpose(domain, *places)(op.expand(*places)(op.one_hot(domain)(to)))
    told = op.concat(shade, domain)(image, wanted)
    seen = op.relu(op.conv(shade + domain, feature, over=places, kernel=3, name="into")(told))
    normalised = group_norm(feature, feature, height, width)
    first = op.conv(feature, feature, over=places, kernel=3, bias=False, name="first")
    second = op.conv(feature, feature, over=places, kernel=3, bias=False, name="second")
    seen = residual(first >> normalised >> op.relu >> second >> normalised)(seen)
    return op.tanh(op.conv(feature, shade, over=places, kernel=3, name="out")(seen))


@arrow
def critic(image: IMAGE) -> SCORE * Real[domain]:
    """Is the image real, and of which domain is it?"""
    seen = op.leaky_relu(0.2)(op.conv(shade, feature, over=places, kernel=3, name="conv1")(image))
    seen = op.leaky_relu(0.2)(op.conv(feature, feature, over=places, kernel=3, name="conv2")(seen))
    seen = op.mean(*places)(seen)
    real = op.squeeze()(op.linear(feature, 1, name="real")(seen))
    return real, op.linear(feature, domain, name="domains")(seen)


translator = tie(translate)


def to(number):
    """The translator at one domain."""
    return (identity(IMAGE) @ op.full(CHOICE, number)) >> translator


translators = functor(
    schema,
    dict.fromkeys(OBJECTS, IMAGE),
    {f"t{d}{e}": to(e) for d, e in PAIRS},
    name="translators",
)
paid = losses(translators, "l1", weights=dict.fromkeys(ROUNDS, CYCLE))
weights = 9 * feature * (2 * shade + DOMAINS + 2 * feature) + feature + shade

model = architecture(
    paid.arrow.named("cycle_losses"),
    laws=[
        laws.bounded(low=0),
        laws.parameters(weights),
        *(law.fails("free weights: the equations are losses") for law in translators.laws()),
    ],
    sizes=SIZES,
    atlas="stargan",
)


# In training, domains are data: the loss of one sample, wherever it is from and goes to.
@arrow
def cycle(image: IMAGE, there: CHOICE, back: CHOICE) -> Real:
    """The image translated to one domain, and back to its own."""
    again = translator(translator(image, there), back)
    return op.scale(CYCLE)(absolute_error(IMAGE)(again, image))


def pair_loss(d, e):
    """The law that the loss of data at a pair of domains is the loss of its equation."""
    at = identity(IMAGE) @ op.full(CHOICE, e) @ op.full(CHOICE, d)
    name = f"{d} to {e} and back"
    return laws.commutes(
        at >> cycle, paid.arrows[name], {"translate": "cycle.translate"}, f"the loss of {name}"
    )


def swapped():
    """The loss with the two domains in the wrong places."""
    at = identity(IMAGE) @ op.full(CHOICE, 0) @ op.full(CHOICE, 1)
    return laws.commutes(
        at >> cycle, paid.arrows["0 to 1 and back"], {"translate": "cycle.translate"}, "swapped"
    )


by_data = architecture(
    cycle,
    laws=[
        *(pair_loss(d, e) for d, e in PAIRS),
        swapped().fails("back to another domain than that of the image"),
        laws.bounded(low=0),
    ],
    sizes=SIZES,
    atlas="stargan",
)


# --- the game ---------------------------------------------------------------------------------

IMAGES, CHOICES = Real[BATCH, shade, height, width], Fin(domain)[BATCH]
paint = tie(stack(translate, BATCH).named("translate"))
judge = tie(stack(critic, BATCH).named("critic"))


def told(scores, real):
    """The mean square of the distance of scores from 1, for real, or 0, for made."""
    return mean_squared_error(Real[BATCH])(scores, op.full_like(real)(scores))


def named(logits, choices):
    """The mean cross-entropy of logits with domains."""
    return cross_entropy(Real[BATCH, domain])(logits, choices)


@arrow
def rounds(image: IMAGES, own: CHOICES, to: CHOICES) -> SCORE * SCORE:
    """What the translator pays for images of their own domains, and what the critic pays."""
    made = paint(image, to)
    scores, logits = judge(made)
    known, domains = judge(image)
    again = op.scale(CYCLE)(absolute_error(IMAGES)(paint(made, own), image))
    pays = told(scores, 1.0) + named(logits, to) + again
    return pays, told(known, 1.0) + told(scores, 0.0) + named(domains, own)


judging = 9 * feature * (shade + feature) + feature * (3 + DOMAINS) + 1 + DOMAINS
ADAM = adam(1e-4, betas=(0.5, 0.999))
training = game(
    rounds,
    [Player("critic", 1, ADAM), Player("translate", 0, ADAM)],
    sizes=SIZES,
    models={
        "translate": architecture(translate, sizes=SIZES),
        "critic": architecture(critic, sizes=SIZES),
    },
    name="star_gan",
)
played = architecture(
    rounds,
    laws=[laws.parameters(weights + judging), laws.invariant(under=Symmetric(BATCH))],
    sizes=SIZES,
    batch="none",
    atlas="stargan",
)

# --- by construction --------------------------------------------------------------------------

row, column = Dim("row", size=8), Dim("column", size=8)
squares = (row, column)
SQUARES = Real[shade, row, column]
BOARD = [[(i + j) % 2 == 0 for j in range(8)] for i in range(8)]


def layer(name, turned):
    """A coupling of the two colours of a chess board."""
    into = op.conv(shade, feature, over=squares, kernel=3, name="into").at(SQUARES)
    change = into >> op.relu >> op.conv(feature, shade, over=squares, kernel=3, name="out")
    return masked_coupling(SQUARES, BOARD, squares, change, name=name, turned=turned)


common = [layer(f"even{d}", False) >> layer(f"odd{d}", True) for d in range(DOMAINS)]
strict = Schema("StarGAN, composites too", OBJECTS, EDGES, {**ROUNDS, **COMPOSITES})
through = functor(
    strict,
    dict.fromkeys(OBJECTS, SQUARES),
    {f"t{d}{e}": common[d].forward >> common[e].backward for d, e in PAIRS},
    name="through",
)
nothing = losses(through, "l2")

coupled = architecture(
    through("t01").named("coupled"),
    laws=[
        *through.laws(),
        laws.commutes(
            nothing.arrows["0 to 1 and back"],
            discard(SQUARES) >> op.zeros(Real),
            name="cycle loss is 0",
        ),
        laws.commutes(through("t01"), through("t02"), name="one for all", apart=True).fails(
            "the domains differ"
        ),
    ],
    sizes=dict(shade=1, feature=12),
    atlas="stargan",
)
