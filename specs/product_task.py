"""The product task: objects are inserted into images and taken out again, without paired examples.

The schema has the objects A (backgrounds), B (what is inserted) and C (images), a product cone
AB = A × B, and two edges c : AB → C and d : C → AB that are to be inverse to each other.  Taking
out and forgetting the object, `d ; p`, deletes it; that it gives the background back is a path
equation that follows from the two others.  Convolutional networks with free weights satisfy none of
them; a coupling of the background with the object satisfies all.

Gavranović, "Compositional Deep Learning", 2019, and "Learning Functors using Gradient Descent",
2020.
"""

from categorical import Dim, Real, architecture, arrow, discard, identity, laws, op
from categorical.architecture import BATCH
from categorical.composites import mlp, residual
from categorical.groups import Symmetric
from categorical.learning.games import Player, game
from categorical.learning.optimisers_adaptive import adam
from categorical.schemas import Schema, contest, functor, losses, product
from categorical.schemas.constructions import coupling
from categorical.schemas.morphisms import derivable

shade, feature, trait, height, width, hidden = Dim.named("shade feature trait height width hidden")
places = (height, width)
IMAGE, OBJECT = Real[shade, height, width], Real[trait]
SIZES = dict(shade=1, feature=16, trait=6, height=8, width=8)

EDGES = {"c": ("AB", "C"), "d": ("C", "AB")}
EQUATIONS = {
    "insert, then take out": "c d = 1",
    "take out, then insert": "d c = 1",
    "deleting an insertion": "c d p = p",
    "the object of an insertion": "c d q = q",
}
cone = product("AB", p="A", q="B")
schema = Schema("product task", "A B AB C", EDGES, EQUATIONS, [cone])
first, second = list(EQUATIONS.items())[:2]
task = Schema("the two round trips", "A B AB C", EDGES, dict([first, second]), [cone])
one_way = Schema("one round trip", "A B AB C", EDGES, dict([first]), [cone])


def follow(given):
    """Whether each equation is derived from those of another schema."""
    for name, equation in schema.equations.items():
        yield name, derivable(given, equation.left, equation.right), True


# --- free weights -----------------------------------------------------------------------------


def block():
    """Two convolutions beside their input."""
    first = op.conv(feature, feature, over=places, kernel=3, name="first")
    second = op.conv(feature, feature, over=places, kernel=3, name="second")
    return residual(first >> op.relu >> second)


@arrow
def compose(background: IMAGE, object: OBJECT) -> IMAGE:
    """The object as further channels of the background."""
    everywhere = op.transpose(trait, *places)(op.expand(*places)(object))
    told = op.concat(shade, trait)(background, everywhere)
    seen = op.relu(op.conv(shade + trait, feature, over=places, kernel=3, name="into")(told))
    return op.conv(feature, shade, over=places, kernel=3, name="out")(block()(seen))


@arrow
def decompose(image: IMAGE) -> IMAGE * OBJECT:
    """Features of the image, read by two heads: the background, and the object in it."""
    seen = op.relu(op.conv(shade, feature, over=places, kernel=3, name="into")(image))
    seen = block()(seen)
    background = op.conv(feature, shade, over=places, kernel=3, name="background")(seen)
    return background, op.linear(feature, trait, name="object")(op.mean(*places)(seen))


SPACES = {"A": IMAGE, "B": OBJECT}
learned = functor(task, {**SPACES, "C": IMAGE}, {"c": compose, "d": decompose}, name="learned")
paid = losses(learned, "l1", weights={"take out, then insert": 10.0})

model = architecture(
    paid.arrow.named("round_trips"),
    laws=[
        laws.bounded(low=0),
        *(law.fails("free weights: the equations are losses") for law in learned.laws()),
        laws.enumerated(
            "the others follow",
            lambda: follow(task),
            scope=f"all {len(EQUATIONS)} equations, by derivations",
            twin=lambda: follow(one_way),
        ),
    ],
    sizes=SIZES,
    atlas="compositional-deep-learning",
)

delete = architecture(
    learned("d p").named("delete"),
    laws=[
        laws.commutes(
            learned("c d p"), identity(IMAGE) @ discard(OBJECT), name="deleting an insertion"
        ).fails("free weights"),
    ],
    sizes=SIZES,
)

# --- the game ---------------------------------------------------------------------------------


@arrow
def critic_of_images(image: IMAGE) -> Real:
    """A score: is it an image with an object in it?"""
    seen = op.leaky_relu(0.2)(op.conv(shade, feature, over=places, kernel=3, name="conv1")(image))
    seen = op.leaky_relu(0.2)(op.conv(feature, feature, over=places, kernel=3, name="conv2")(seen))
    return op.squeeze()(op.linear(feature, 1, name="score")(op.mean(*places)(seen)))


@arrow
def critic_of_pairs(background: IMAGE, object: OBJECT) -> Real:
    """A score: are they a background and an object?"""
    seen = op.conv(shade, feature, over=places, kernel=3, name="conv1")(background)
    seen = op.mean(*places)(op.leaky_relu(0.2)(seen))
    told = op.concat(feature, trait)(seen, object)
    inner = op.leaky_relu(0.2)(op.linear(feature + trait, feature, name="both")(told))
    return op.squeeze()(op.linear(feature, 1, name="score")(inner))


batches = losses(learned, "l1", weights={"take out, then insert": 10.0}, over=BATCH)
found = contest(batches, {"C": critic_of_images, "AB": critic_of_pairs}, "squares")
ADAM = adam(2e-4, betas=(0.5, 0.999))
training = game(
    found.arrow,
    [Player("critics", 1, ADAM, found.critics), Player("edges", 0, ADAM, found.edges)],
    sizes=SIZES,
    name="product_task",
)
played = architecture(
    found.arrow,
    laws=[laws.bounded(low=0), laws.invariant(under=Symmetric(BATCH))],
    sizes=SIZES,
    batch="none",
)

# --- by construction --------------------------------------------------------------------------


def object_to_image():
    """What the object does to an image: a picture from its traits."""
    into = mlp(trait, hidden, feature)
    return into >> op.tanh >> op.expand(*places) >> op.transpose(feature, *places) >> (
        op.conv(feature, shade, over=places, kernel=3, name="drawn")
    )  # fmt: skip


def image_to_object():
    """What an image does to the object: features of it, averaged."""
    seen = op.conv(shade, feature, over=places, kernel=3, name="seen").at(IMAGE)
    return seen >> op.relu >> op.mean(*places) >> op.linear(feature, trait)


drawn = coupling(OBJECT, IMAGE, object_to_image(), name="draw", second=True)
seen = coupling(IMAGE, OBJECT, image_to_object(), name="look")
pair = drawn >> seen
exact = functor(
    schema,
    {**SPACES, "C": IMAGE * OBJECT},
    {"c": pair.forward, "d": pair.backward},
    name="exact",
)

coupled = architecture(
    exact("c").named("coupled"),
    laws=[
        *exact.laws(),
        laws.commutes(
            pair.forward >> drawn.backward >> seen.backward,
            identity(IMAGE, OBJECT),
            name="undone in the same order",
        ).fails("the last coupling is undone first"),
        laws.commutes(
            losses(exact, "l2").total,
            discard([IMAGE, OBJECT, IMAGE, OBJECT]) >> op.zeros(Real),
            name="all losses are 0",
        ),
    ],
    sizes={**SIZES, "hidden": 10},
)
