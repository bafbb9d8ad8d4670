"""CycleGAN: a functor on the schema A ⇄ B whose two round trips are to be the identity.

The schema has two edges and two equations.  Two residual generators with free weights are a functor
on its paths; they satisfy neither equation, and what they pay for each is a cycle loss; an identity
loss asks each generator to leave images of its own target alone.  Coupling layers satisfy both
equations for all weights: their cycle losses are 0, and only the adversaries have to be trained.

Zhu et al., "Unpaired Image-to-Image Translation using Cycle-Consistent Adversarial Networks", 2017;
Gavranović, "Compositional Deep Learning", 2019; the couplings are those of Dinh et al., "Density
estimation using Real NVP", 2017.
"""

from categorical import Dim, Real, architecture, arrow, discard, identity, laws, op
from categorical.architecture import BATCH
from categorical.composites import group_norm, residual
from categorical.groups import Symmetric
from categorical.learning.games import Player, game
from categorical.learning.optimisers_adaptive import adam
from categorical.schemas import Schema, contest, functor, losses
from categorical.schemas.constructions import masked_coupling

shade, feature, height, width = Dim.named("shade feature height width")
places = (height, width)
IMAGE = Real[shade, height, width]
SIZES = dict(shade=1, feature=16, height=8, width=8)
CYCLE, IDENTITY = 10.0, 5.0

schema = Schema(
    "CycleGAN",
    "A B",
    {"f": ("A", "B"), "g": ("B", "A")},
    {"f then g": "f g = 1", "g then f": "g f = 1"},
)

# --- free weights -----------------------------------------------------------------------------


def block(name):
    """Two convolutions with instance normalisation, added to what goes in."""
    normalised = group_norm(feature, feature, height, width)
    first = op.conv(feature, feature, over=places, kernel=3, bias=False, name=f"{name}_first")
    second = op.conv(feature, feature, over=places, kernel=3, bias=False, name=f"{name}_second")
    return residual(first >> normalised >> op.relu >> second >> normalised)


def generator():
    """A convolution, two residual blocks, a convolution; images have entries in (−1, 1)."""
    into = op.conv(shade, feature, over=places, kernel=3, name="into").at(IMAGE)
    out = op.conv(feature, shade, over=places, kernel=3, name="out")
    return into >> op.relu >> block("block1") >> block("block2") >> out >> op.tanh


def critic(name, space=IMAGE, stride=2):
    """A score for every patch of an image, and their mean: is it of the domain?"""
    over = tuple(axis.index for axis in space.axes[1:])

    @arrow
    def critic(image: space) -> Real:
        """Three convolutions; the second may skip every other place."""
        seen = op.conv(shade, feature, over=over, kernel=3, name="conv1")(image)
        seen = op.leaky_relu(0.2)(seen)
        seen = op.conv(feature, feature, over=over, kernel=3, stride=stride, name="conv2")(seen)
        seen = op.leaky_relu(0.2)(seen)
        rows = seen.type.axes[1:]
        scores = op.conv(feature, 1, over=rows, kernel=3, name="conv3")(seen)
        return op.mean(*scores.type.axes)(scores)

    return critic.named(name)


translators = functor(
    schema, {"A": IMAGE, "B": IMAGE}, {"f": generator(), "g": generator()}, name="translators"
)
WEIGHTS = {
    "f then g": CYCLE,
    "g then f": CYCLE,
    "identity f": IDENTITY,
    "identity g": IDENTITY,
}
paid = losses(translators, "l1", weights=WEIGHTS, identities=["f", "g"])
both = 2 * (2 * 9 * shade * feature + feature + shade + 4 * 9 * feature * feature)

model = architecture(
    paid.arrow.named("cycle_losses"),
    laws=[
        laws.bounded(low=0),
        laws.parameters(both),
        *(law.fails("free weights: the equations are losses") for law in translators.laws()),
    ],
    sizes=SIZES,
    atlas="compositional-deep-learning",
)

there = architecture(
    translators("f").named("there"),
    laws=[
        laws.bounded(low=-1, high=1),
        laws.parameters(both // 2),
        laws.equal(identity(IMAGE), name="equal[the identity]").fails("it translates"),
    ],
    sizes=SIZES,
)

scoring = 9 * feature * (shade + feature + 1) + 2 * feature + 1
score = architecture(critic("critic"), laws=[laws.parameters(scoring)], sizes=SIZES)

# --- the game ---------------------------------------------------------------------------------

batches = losses(translators, "l1", weights=WEIGHTS, identities=["f", "g"], over=BATCH)
found = contest(batches, {"A": critic("critic_A"), "B": critic("critic_B")}, "squares")
ADAM = adam(2e-3, betas=(0.5, 0.999))  # ten times the rate of the paper: images are small
training = game(
    found.arrow,
    [Player("critics", 1, ADAM, found.critics), Player("translators", 0, ADAM, found.edges)],
    sizes=SIZES,
    models={
        **{edge: architecture(generator().named(edge), sizes=SIZES) for edge in "fg"},
        **{one: architecture(critic(one), sizes=SIZES) for one in found.critics},
    },
    name="cycle_gan",
)
played = architecture(
    found.arrow,
    laws=[
        laws.bounded(low=0),
        laws.parameters(both + 2 * scoring),
        laws.invariant(under=Symmetric(BATCH)),
    ],
    sizes=SIZES,
    batch="none",
)

# --- by construction --------------------------------------------------------------------------

row, column = Dim("row", size=8), Dim("column", size=8)
squares = (row, column)
SQUARES = Real[shade, row, column]
BOARD = [[(i + j) % 2 == 0 for j in range(8)] for i in range(8)]


def change(name):
    """What a coupling adds to the squares of one colour, from those of the other."""
    into = op.conv(shade, feature, over=squares, kernel=3, name="into").at(SQUARES)
    mid = op.conv(feature, feature, over=squares, kernel=3, name="mid")
    out = op.conv(feature, shade, over=squares, kernel=3, name="out")
    return (into >> op.relu >> mid >> op.relu >> out).named(name)


def layer(number):
    """A coupling of the two colours of a chess board; the layers take turns."""
    name = f"layer{number}"
    return masked_coupling(SQUARES, BOARD, squares, change(name), name=name, turned=number % 2 == 1)


pair = layer(0) >> layer(1) >> layer(2) >> layer(3)
reversible = functor(
    schema, {"A": SQUARES, "B": SQUARES}, {"f": pair.forward, "g": pair.backward}, name="reversible"
)
nothing = losses(reversible, "l2")

# The layers undone in the order in which they were done are no inverse.
undone = layer(0).inverse >> layer(1).inverse >> layer(2).inverse >> layer(3).inverse

# Only the identity losses and the critics are left to be paid.
alone = losses(
    reversible,
    "l1",
    weights={"identity f": IDENTITY, "identity g": IDENTITY},
    identities=["f", "g"],
    equations=(),
    over=BATCH,
)
boards = {one: critic(f"critic_{one}", SQUARES, stride=1) for one in "AB"}
faced = contest(alone, boards, "squares")
by_construction = game(
    faced.arrow,
    [Player("critics", 1, ADAM, faced.critics), Player("couplings", 0, ADAM, faced.edges)],
    sizes=dict(shade=1, feature=16),
    name="coupled_gan",
)

coupled = architecture(
    reversible("f").named("coupled"),
    laws=[
        *reversible.laws(),
        laws.commutes(
            nothing.arrow,
            discard([SQUARES, SQUARES]) >> (op.zeros(Real) @ op.zeros(Real)),
            name="cycle losses are 0",
        ),
        laws.parameters(4 * (9 * feature * (2 * shade + feature) + 2 * feature + shade)),
        laws.commutes(
            pair.forward >> undone.forward, identity(SQUARES), name="undone in the same order"
        ).fails("the last layer is undone first"),
        laws.equal(identity(SQUARES), name="equal[the identity]").fails("it translates"),
    ],
    sizes=dict(shade=1, feature=16),
)
coupled_back = architecture(
    reversible("g").named("coupled_back"),
    laws=[laws.equal(reversible("f"), name="equal[f]").fails("g is the inverse of f")],
    sizes=dict(shade=1, feature=16),
)
