"""Levels of one transformer: weights are coalesced, de-coalesced and interpolated.

A level below has half the heads, half the hidden units and half the blocks.  Downwards, two neurons
become one: the weights into them are averaged, those out of them added; two blocks become their
mean.  Upwards, every neuron gets a twin, and what is sent on is halved, so that both together send
as much; every block gets a copy.  Up and down again is the identity.  Up is a reparametrisation of
the large network: with more heads and units it computes what the small network computes, with more
blocks it does not.  Twins have equal slopes and would never part, so the weights from below are
mixed with those from before.

Zou, Zhang and Deng, "A Multi-Level Framework for Accelerating Training Transformer Models", 2024.
"""

from categorical import Dim, Real, architecture, identity, laws, op, reparametrise
from categorical.composites import attention, mlp, residual
from categorical.composites.typed import typed, wired
from categorical.derivatives import explicit, reverse
from categorical.groups import Symmetric
from categorical.index import Axis
from categorical.learning.games import learner
from categorical.learning.losses import cross_entropy
from categorical.learning.optimisers_adaptive import adam

row, pixel, digit = Dim.named("row pixel digit")
head, part, unit = Dim.named("head part unit")
twin = Dim("twin", size=2)
SIZES = dict(row=8, pixel=8, digit=10, head=2, part=8, unit=32)

# --- one network, at two levels -------------------------------------------------------------------


def block(heads, width, units):
    """What a token takes from all others, and what it makes of itself."""
    look = op.layer_norm(width, name="norm") >> attention(row, width, heads)
    think = op.layer_norm(width, name="norm") >> mlp(width, units, width, activation=op.gelu)
    return residual(look.named("look")) >> residual(think.named("think"))


def network(name, heads, units, blocks):
    """The scores of an image of rows."""
    width = heads * part

    @typed(Real[row, pixel], name=name)
    def scores(image):
        place = op.parameter(Real[row, width], name="place")()
        tokens = op.linear(pixel, width, name="embed")(image) + place
        for number in range(blocks):
            tokens = block(heads, width, units).named(f"block_{number}")(tokens)
        return op.linear(width, digit, name="scores")(op.mean(row)(tokens))

    return scores


small = network("small", head, unit, 1)
wide = network("wide", head * twin, unit * twin, 1)
large = network("large", head * twin, unit * twin, 2)
TINY = {d: 2 for d in ("row", "pixel", "digit", "head", "part", "unit")}
SMALL, WIDE, LARGE = (
    {path: one.space for path, one in net.graph().resources(TINY).items()}
    for net in (small, wide, large)
)

# --- one weight, up and down ----------------------------------------------------------------------

WIDTH = head * part


def around(axis):
    """The parts of an axis of neurons, those before a twin and those after; None for other axes."""
    index, label = axis.index, axis.label
    found = {WIDTH: ((head,), (part,)), unit: ((unit,), ())}.get(index)
    if found is None:
        return None
    return [tuple(Axis(one, label) for one in side) for side in found]


def receives(path, space, place):
    """Whether an axis of a weight is the one that a layer reads."""
    return path.endswith(".weight") and len(space.axes) == 2 and place == 1


def decoalesced(path):
    """A weight of the small network as one of the wide."""
    space = SMALL[path]

    @typed(space, name="decoalesced", inline=True)
    def up(weight):
        for place, axis in enumerate(space.axes):
            if around(axis) is None:
                continue
            before, after = around(axis)
            second = Axis(twin, axis.label)
            if after:
                weight = op.split(axis, *before, *after)(weight)
            order = list(weight.type.axes)
            order.insert(order.index(before[-1]) + 1, second)
            weight = op.transpose(*order)(op.expand(second)(weight))
            weight = op.merge(*before, second, *after, label=axis.label)(weight)
            if receives(path, space, place):
                weight = op.scale(0.5)(weight)
        return weight

    return up


def coalesced(path):
    """A weight of the wide network as one of the small."""
    space, large_space = SMALL[path], WIDE[path]

    @typed(large_space, name="coalesced", inline=True)
    def down(weight):
        for place, axis in enumerate(space.axes):
            if around(axis) is None:
                continue
            before, after = around(axis)
            second = Axis(twin, axis.label)
            weight = op.split(large_space.axes[place], *before, second, *after)(weight)
            total = op.sum if receives(path, space, place) else op.mean
            weight = total(second)(weight)
            if after:
                weight = op.merge(*before, *after, label=axis.label)(weight)
        return weight

    return down


# --- all weights, up and down ---------------------------------------------------------------------

BLOCKS = ("block_0", "block_1")
SHARE = 0.25  # of what comes from below


def source(path):
    """The weight of the small network that a weight of the large one comes from."""
    return path.replace("block_1", "block_0", 1)


def names(paths):
    """Paths as names of wires."""
    return [path.replace(".", "_") for path in paths]


def decoalesce(*weights):
    """All weights, one level up: twins, and a copy of every block."""
    below = dict(zip(SMALL, weights, strict=True))
    return tuple(decoalesced(source(path))(below[source(path)]) for path in LARGE)


def coalesce(*weights):
    """All weights, one level down: twins become one, and two blocks their mean."""
    above = dict(zip(LARGE, weights, strict=True))
    found = []
    for path in SMALL:
        ours = [other for other in LARGE if source(other) == path]
        down = [coalesced(path)(above[other]) for other in ours]
        found.append(down[0] if len(down) == 1 else op.scale(0.5)(down[0] + down[1]))
    return tuple(found)


def mixed(*weights):
    """Weights from before and from below, as the large network goes on with them."""
    half = len(weights) // 2
    return tuple(
        op.scale(1 - SHARE)(old) + op.scale(SHARE)(new)
        for old, new in zip(weights[:half], weights[half:], strict=True)
    )


def mixed_above(*weights):
    """The same, where those from below come from the small network."""
    old, below = weights[: len(LARGE)], weights[len(LARGE) :]
    return coalesce(*mixed(*old, *decoalesce(*below)))


def mixed_below(*weights):
    """The same mixture, made in the small network."""
    old, below = weights[: len(LARGE)], weights[len(LARGE) :]
    return mixed(*coalesce(*old), *below)


small_wires, large_wires = tuple(SMALL.values()), tuple(LARGE.values())
up = wired(small_wires, names(SMALL), decoalesce)
down = wired(large_wires, names(LARGE), coalesce)
BOTH = (*large_wires, *small_wires)
BOTH_NAMES = [*names(LARGE), *(f"{one}_below" for one in names(SMALL))]

levels = architecture(
    down >> up,
    laws=[
        laws.commutes(up >> down, identity(*small_wires), name="up and down: the identity"),
        laws.equal(identity(*large_wires), name="down and up").fails("twins were not alike"),
        laws.commutes(down >> up >> down >> up, down >> up, name="down and up, twice"),
        laws.linear(),
        laws.commutes(
            wired(BOTH, BOTH_NAMES, mixed_above),
            wired(BOTH, BOTH_NAMES, mixed_below),
            name="mixing above is mixing below",
        ),
    ],
    sizes=SIZES,
    batch="none",
    name="levels",
    atlas="multi-level-transformer",
)

# --- up is a reparametrisation --------------------------------------------------------------------


def from_below(network, weights, rise):
    """A network whose weights are made of those of the small one."""
    read = {}
    for path in weights:
        origin = source(path)
        parent, _, last = path.rpartition(".")
        if origin in read:
            network = reparametrise(
                network, path, by=rise(origin), names=["below"], read={"below": read[origin]}
            )
        else:
            network = reparametrise(network, path, by=rise(origin), names=[f"{last}_below"])
            read[origin] = f"{parent}.{last}_below" if parent else f"{last}_below"
    return network, read


def unhalved(path):
    """Broken: what twins send on is not halved."""
    whole = decoalesced(path)
    twice = any(
        receives(path, SMALL[path], i) and around(a) for i, a in enumerate(SMALL[path].axes)
    )
    return whole >> op.scale(2.0) if twice else whole


widened, PATHS = from_below(wide, WIDE, decoalesced)
deepened, _ = from_below(large, LARGE, decoalesced)
loud, _ = from_below(wide, WIDE, unhalved)
preserved = architecture(
    widened.named("widened"),
    laws=[
        laws.equal(small, renaming=PATHS, name="more heads and units: the small network"),
        laws.equal(loud, name="nothing is halved").fails("twins send twice as much"),
    ],
    sizes=SIZES,
    atlas="multi-level-transformer",
)
copied = architecture(
    deepened.named("deepened"),
    laws=[
        laws.equal(small, renaming=PATHS, name="a copy of every block").fails("it acts twice"),
    ],
    sizes=SIZES,
    atlas="multi-level-transformer",
)

# --- twins have equal slopes ----------------------------------------------------------------------

opened = explicit(wide)
pulled = reverse(opened)
ORDER = [opened.graph().wire_name(w) for w in opened.graph().inputs[1:]]
HIDDEN = "block_0_think_linear_bias"
READ = [path for path in SMALL if path != "scores.bias"]  # no slope depends on that


def slopes(*wires):
    """The slopes of the biases of hidden units and their twins, at de-coalesced weights."""
    image, *below, back = wires
    weights = {
        name: decoalesced(path)(one)
        for name, path, one in zip(names(READ), READ, below, strict=True)
    }
    weights["scores_bias"] = op.zeros(Real[digit])()
    _, *found = pulled(image, *(weights[name] for name in ORDER), back)
    return op.split(unit * twin, unit, twin)(found[ORDER.index(HIDDEN)])


def exchanged(*wires):
    """The same, with every twin in the place of the other."""
    return op.flip(twin)(slopes(*wires))


def lopsided(*wires):
    """Broken: the second of two twins has half the slope."""
    found = slopes(*wires)
    return op.einsum(unit, twin)(found, op.table(Real[twin], [1.0, 0.5])())


ENDS = (Real[row, pixel], *(SMALL[path] for path in READ), Real[digit])
END_NAMES = ["image", *names(READ), "back"]
twins = architecture(
    wired(ENDS, END_NAMES, slopes),
    laws=[
        laws.equal(wired(ENDS, END_NAMES, exchanged), name="twins have equal slopes"),
        laws.equal(wired(ENDS, END_NAMES, lopsided), name="half of them").fails(),
    ],
    sizes=SIZES,
    batch="none",
    name="twins",
    atlas="multi-level-transformer",
)

# --- the learners: a level below, and two above ---------------------------------------------------

LOSS, QUICK = cross_entropy(Real[digit]), adam(1e-3)
small_alone = architecture(
    small,
    laws=[laws.invariant(under=Symmetric(row)).fails("a row has a place")],
    sizes=SIZES,
    atlas="multi-level-transformer",
)
large_alone = architecture(large, sizes=SIZES, atlas="multi-level-transformer")
below = learner(small_alone, LOSS, QUICK, name="below")
above = learner(large_alone, LOSS, QUICK, name="above")
through_twins = learner(preserved, LOSS, QUICK, name="through_twins")
