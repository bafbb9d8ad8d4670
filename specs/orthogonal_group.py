"""A group of low-rank corrections that is kept orthogonal: to what is known, and among themselves.

A trained transformer stands still; the queries and values of each block get a group of thin
corrections.  Two penalties preserve and diversify: what a correction reads is to be orthogonal to
what the trained map reads, and to what the others read.  Where nothing is paid, the corrections
change nothing for inputs of the kind that the trained map reads.  Merged into the trained weights,
the group costs nothing to run.

Hu, Zhang, Qi, Shi and Gao, "Learn to Preserve and Diversify: Parameter-Efficient Group with
Orthogonal Regularization for Domain Generalization", 2024.
"""

from categorical import Dim, Fin, Real, architecture, arrow, discard, identity, laws, op
from categorical.composites import mlp, residual
from categorical.composites.attention import dot_product_attention
from categorical.composites.typed import typed, wired
from categorical.derivatives import gradient
from categorical.groups import Symmetric
from categorical.learning.games import learner
from categorical.learning.losses import cross_entropy
from categorical.learning.optimisers_adaptive import adam
from categorical.records import Init
from categorical.schemas.constructions import orthogonal

patch, pixel, width, heads, digit = Dim.named("patch pixel width heads digit")
member, rank, rest = Dim.named("member rank rest")
out, asked = width.at("out"), member.at("asked")
BLOCKS, SHARE = 2, 0.1
SIZES = dict(patch=8, pixel=8, width=32, heads=4, digit=10, member=3, rank=2)
Tokens = Real[patch, width]

# --- one adapted map ------------------------------------------------------------------------------


def spaces(inner):
    """The trained weights of a map, and a group's: what it reads, and what it writes."""
    return Real[out, inner], Real[member, rank, inner], Real[member, out, rank]


Base, Down, Up = spaces(width)


@typed(Tokens, Base, Down, Up, name="unmerged", inline=True)
def unmerged(x, base, down, up):
    """The trained map, and every correction beside it."""
    read = op.einsum(patch, member, rank)(x, down)
    return op.einsum(patch, out)(x, base) + op.einsum(patch, out)(read, up)


@typed(Tokens, Base, Down, Up, name="merged", inline=True)
def merged(x, base, down, up):
    """The same as one map."""
    return op.einsum(patch, out)(x, base + op.einsum(out, width)(up, down))


@typed(Tokens, Base, Down, Up, name="one_alone", inline=True)
def one_alone(x, base, down, up):
    """Broken: of the corrections only the first."""
    first, second = op.take(member, at=0)(down), op.take(member, at=0)(up)
    return op.einsum(patch, out)(x, base + op.einsum(out, width)(second, first))


def without_corrections(x, base, down):
    """The map where the corrections write nothing."""
    return unmerged(x, base, down, op.zeros(Up)())


def trained(x, base):
    """The trained map."""
    return op.einsum(patch, out)(x, base)


# --- what is paid ---------------------------------------------------------------------------------


def penalty(inner):
    """Preserve and diversify, for maps that read `inner`."""
    base, down, _ = spaces(inner)

    @typed(base, down, name="penalty", inline=True)
    def paid(base, down):
        known = op.einsum(member, rank, out)(down, base)
        again = op.relabel(rank, rank.at("asked"))(op.relabel(member, asked)(down))
        alike = op.einsum(member, rank, asked, rank.at("asked"))(down, again)
        others = op.ones(Real[member, asked])() - op.eye(member, asked)()
        alike = op.einsum(member, asked)(op.square(alike), others)
        return op.sum(member, rank, out)(op.square(known)) + op.sum(member, asked)(alike)

    return paid


# Orthogonal by construction: the rows of a product of reflections, some for each.
WHOLE = rest + member * rank
row, known = WHOLE.at("row"), rest.at("row")
mirrors = orthogonal(WHOLE, row, name="mirror")
Mixing, Written = Real[out, known], Real[patch, out]


def rows():
    """Orthonormal rows: those for the trained map, and those of the group."""
    every = mirrors.forward(op.transpose(WHOLE, row)(op.eye(row, WHOLE)()))
    first, free = op.unconcat(known, member * rank, of=row)(op.transpose(row, WHOLE)(every))
    return first, op.split(member * rank, member, rank)(free)


def kept_apart(mixing):
    """A trained map and a group that read nothing in common."""
    first, free = rows()
    return op.einsum(out, WHOLE)(mixing, first), free


def alike(mixing):
    """Broken: all corrections read the same."""
    base, free = kept_apart(mixing)
    return base, op.expand(member)(op.take(member, at=0)(free))


def mingled(mixing):
    """Broken: the trained map reads what the first correction does."""
    base, free = kept_apart(mixing)
    first = op.take(rank, at=0)(op.take(member, at=0)(free))
    return base + op.expand(out)(first), free


def made(function):
    """The arrow of such weights."""
    return wired((Mixing,), ("mixing",), function, inline=False)


nothing = discard(Mixing) >> op.zeros(Real.scalar)


def seen_through(written, mixing, up):
    """What the corrections write for what the trained map reads."""
    base, down = kept_apart(mixing)
    tokens = op.einsum(patch, WHOLE)(written, base)
    return op.einsum(patch, out)(op.einsum(patch, member, rank)(tokens, down), up)


def seen_by_all(written, mixing, up):
    """Broken: the same for the mingled map."""
    base, down = mingled(mixing)
    tokens = op.einsum(patch, WHOLE)(written, base)
    return op.einsum(patch, out)(op.einsum(patch, member, rank)(tokens, down), up)


SEEN, NAMES = (Written, Mixing, Up), ("written", "mixing", "up")
silent = discard(SEEN) >> op.zeros(Written)
paid = architecture(
    penalty(width).named("penalty"),
    laws=[
        laws.commutes(made(kept_apart) >> penalty(WHOLE), nothing, name="kept apart: nothing"),
        laws.commutes(made(alike) >> penalty(WHOLE), nothing, name="all alike").fails(),
        laws.commutes(made(mingled) >> penalty(WHOLE), nothing, name="mingled").fails(),
        laws.commutes(
            made(kept_apart) >> gradient(penalty(WHOLE)),
            discard(Mixing) >> (op.zeros(Real[out, WHOLE]) @ op.zeros(Real[member, rank, WHOLE])),
            name="kept apart: no slope",
        ),
        laws.invariant(under=Symmetric(member)),
        laws.invariant(under=Symmetric(rank)),
        laws.bounded(low=0),
    ],
    sizes=dict(width=32, member=3, rank=2),
    batch="none",
    name="paid",
    atlas="peg-orthogonal",
)
preserved = architecture(
    unmerged.named("corrected"),
    laws=[
        laws.equal(merged, name="merged"),
        laws.equal(one_alone, name="the first correction alone").fails(),
        laws.commutes(
            wired((Tokens, Base, Down), ("x", "base", "down"), without_corrections),
            (identity(Tokens) @ identity(Base) @ discard(Down))
            >> wired((Tokens, Base), ("x", "base"), trained),
            name="corrections of zero",
        ),
        laws.commutes(
            wired(SEEN, NAMES, seen_through, inline=False),
            silent,
            name="kept apart: what is known stays",
        ),
        laws.commutes(
            wired(SEEN, NAMES, seen_by_all, inline=False), silent, name="mingled: it does not"
        ).fails(),
        laws.invariant(under=Symmetric(member)),
    ],
    sizes=dict(width=32, member=3, rank=2),
    batch="none",
    name="preserved",
    atlas="peg-orthogonal",
)

# --- the network and its learner ------------------------------------------------------------------

part = width // heads
asks, offers = patch, patch.at("key")
core = dot_product_attention(asks, offers, heads, part)
CORRECTED = ("query", "value")


def weights(name, number):
    """The trained weights of a map, and those of its group; corrections write nothing at first."""
    return [
        op.parameter(space, name=f"{kind}_{name}_{number}", init=init)()
        for kind, space, init in (
            ("trained", Base, Init("normal", (0.1,))),
            ("read", Down, Init("normal", (0.1,))),
            ("write", Up, Init("zeros")),
        )
    ]


def split_heads(one):
    """A token's features, head by head."""
    return op.split(width, heads, part)(op.relabel(out, width)(one))


@arrow
def corrected_transformer(image: Real[patch, pixel]) -> tuple[Real[digit], Real]:
    """The scores of an image of rows, and what is paid for the groups."""
    tokens = op.linear(pixel, width, name="embed")(image)
    tokens = tokens + op.parameter(Tokens, name="place")()
    total = []
    for number in range(BLOCKS):
        seen = op.layer_norm(width, name=f"norm_{number}")(tokens)
        made = {}
        for name in CORRECTED:
            base, down, up = weights(name, number)
            made[name] = split_heads(unmerged(seen, base, down, up))
            total.append(penalty(width)(base, down))
        keys = op.split(width, heads, part)(op.linear(width, width, name=f"key_{number}")(seen))
        near = [op.relabel(patch, offers)(one) for one in (keys, made["value"])]
        looked = op.merge(heads, part)(core(made["query"], *near))
        tokens = tokens + op.linear(width, width, name=f"out_{number}")(looked)
        think = op.layer_norm(width, name="norm") >> mlp(
            width, 2 * width, width, activation=op.gelu
        )
        tokens = residual(think).named(f"think_{number}")(tokens)
    return op.linear(width, digit, name="scores")(op.mean(patch)(tokens)), sum(total[1:], total[0])


@arrow
def regularised(scores: Real[digit], paid: Real, label: Fin(digit)) -> Real:
    """The cross-entropy, and a share of what is paid for the groups."""
    return cross_entropy(Real[digit])(scores, label) + op.scale(SHARE)(paid)


LEARNT = ("read_", "write_", "scores")
PATHS = [*corrected_transformer.graph().resources({d: 2 for d in SIZES} | {"width": 4})]
FROZEN = [path for path in PATHS if not path.startswith(LEARNT)]
model = architecture(
    corrected_transformer,
    laws=[
        laws.parameters(
            (pixel + 1) * width
            + patch * width
            + BLOCKS * (2 * width * width + 2 * 2 * member * rank * width)  # maps and their groups
            + BLOCKS * (4 * width + 2 * (width * width + width) + 4 * width * width + 3 * width)
            + width * digit
            + digit
        ),
        laws.invariant(under=Symmetric(patch)).fails("a row has a place"),
    ],
    sizes=SIZES,
    atlas="peg-orthogonal",
)
training = learner(
    model,
    regularised,
    adam(1e-3),
    frozen=[f"corrected_transformer.{path}" for path in FROZEN],
    name="orthogonal_group",
)
