"""Categories, functors and natural transformations (section 1).

Objects are spaces, arrows are typed arrows; a functor is given on arrows, and a natural
transformation is a family of arrows, stated at a generic space.
"""

from itertools import product

from categorical import Dim, Real, arrow, copy, identity, laws, op, stack
from categorical.algebras import X, unary_theory
from categorical.algebras.families import equal_families, identities
from categorical.categories.presented import Presentation
from categorical.groups import dihedral
from categorical.inventory import called, failing, statement

x, y, z, w, n, many = Dim.named("x y z w n many")
A, B, C = Real[x], Real[y], Real[z]

f = (op.linear(x, y) >> op.tanh).named("f")
g = (op.linear(y, z) >> op.relu).named("g")
h = op.linear(z, w).named("h")

category = statement(
    "D1.1",
    "a category: composition is associative and has identities",
    laws=[
        laws.commutes((f >> g) >> h, f >> (g >> h), name="associative"),
        laws.commutes(identity(A) >> f >> g, f >> g, name="left unit"),
        laws.commutes(f >> g >> identity(C), f >> g, name="right unit"),
        laws.commutes((f >> g) @ (f >> g), (f @ f) >> (g @ g), name="products compose", apart=True),
        *failing(
            [laws.commutes(f >> op.neg, op.neg.at(A) >> f, name="every pair of arrows commutes")]
        ),
    ],
    name="category",
)


@arrow
def positive_minus_negative(v: Real[n]) -> Real[n]:
    """The positive part less that of the opposite."""
    return op.relu(v) - op.relu(-v)


sets = statement(
    "E1.2",
    "Set: arrows are functions, and equal when all values agree",
    arrow=positive_minus_negative,
    laws=[
        laws.equal(identity(Real[n]), name="equal[the identity]"),
        laws.equal(op.abs.at(Real[n]), name="equal[the modulus]").fails(),
    ],
    name="functions",
)

# --- groups as categories with one object ---------------------------------------------------

D4 = dihedral(4)
ELEMENTS = {tuple(int(i) for i in D4.word(path)) for path in D4.elements()}


def then(first, second):
    """Follow one permutation, then another."""
    return tuple(second[i] for i in first)


def forgets(first, second):
    """A broken composite: the second alone, unless it stays."""
    return second if second != (0, 1, 2, 3) else first


def associative(compose):
    return lambda: (
        (f"{a}, {b}, {c}", compose(compose(a, b), c), compose(a, compose(b, c)))
        for a, b, c in product(sorted(ELEMENTS), repeat=3)
    )


def invertible(compose):
    return lambda: (
        (f"{a}", sum(compose(a, b) == (0, 1, 2, 3) for b in ELEMENTS), 1) for a in sorted(ELEMENTS)
    )


def subtract(first, second):
    """Not associative: back along the second."""
    back = tuple(second.index(i) for i in range(4))
    return then(first, back)


group = statement(
    "E1.3",
    "a monoid is a category with one object, a group one with inverses: the square's D4",
    laws=[
        laws.enumerated(
            "associative",
            associative(then),
            scope="all 512 triples of D4",
            twin=associative(subtract),
        ),
        laws.enumerated(
            "inverses", invertible(then), scope="all 8 elements of D4", twin=invertible(forgets)
        ),
    ],
    name="group",
)

quarter = Dim("quarter", size=4)
corner = Real[quarter]
turns = unary_theory(
    Presentation(
        "D4",
        ("*",),
        {"r": ("*", "*"), "s": ("*", "*")},
        ((("r",) * 4, ()), (("s", "s"), ()), (("s", "r", "s", "r"), ())),
    )
)
turn, mirror = op.roll(quarter, 1).at(corner), op.flip(quarter).at(corner)

lists, powers = 1 + Real[n] * X, X**many
functor = statement(
    "D1.4",
    "a functor keeps identities and composites",
    laws=[
        *called(
            "1 + A×X", equal_families("composites", lists.map(f >> g), lists.map(f) >> lists.map(g))
        ),
        *called(
            "1 + A×X", equal_families("identity", lists.map(identity(A)), identities(lists(A)))
        ),
        *called(
            "batching",
            [
                laws.commutes(
                    stack(f >> g, many), stack(f, many) >> stack(g, many), name="composites"
                )
            ],
        ),
        *called("D4 on the corners of a square", turns.laws({"r": turn, "s": mirror}, corner)),
        *called(
            "a turn by 3 of 5",
            failing(
                turns.laws(
                    {"r": op.roll(Dim("fifth", size=5), 3), "s": op.flip(Dim("fifth", size=5))},
                    Real[Dim("fifth", size=5)],
                )[:1]
            ),
        ),
    ],
    name="functor",
)

spread, everywhere = op.expand(many).at(A), op.expand(many).at(B)
average = op.mean(many).at(Real[many, x])
transformation = statement(
    "D1.5",
    "a natural transformation: α ∘ F(f) = G(f) ∘ α for every f",
    laws=[
        laws.commutes(spread >> stack(f, many), f >> everywhere, name="repeating is natural"),
        laws.commutes(
            identity(A) >> f >> copy(B), copy(A) >> (f @ f), {"f_2": "f"}, "copying is natural"
        ),
        laws.commutes(
            average >> op.linear(x, y, name="f"),
            op.linear(x, y, name="f").at(Real[many, x]) >> op.mean(many),
            name="the mean is natural for linear maps",
        ),
        laws.commutes(
            average >> op.relu,
            op.relu.at(Real[many, x]) >> op.mean(many),
            name="the mean is natural",
        ).fails(),
    ],
    name="transformation",
)
