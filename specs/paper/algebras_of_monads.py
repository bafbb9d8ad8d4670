"""Monads, their algebras and homomorphisms: group actions and equivariance (section 2)."""

from categorical import Dim, Real, arrow, case, copy, identity, laws, op
from categorical.algebras import Algebra, Homomorphism, X, homomorphism, unary_theory
from categorical.algebras.algebra import trivial
from categorical.algebras.containers import acting, lists, morphism_laws, sets, trees
from categorical.algebras.monads import exceptions, maybe, reader, state, writer
from categorical.algebras.morphisms import along_monoid, augmentation
from categorical.algebras.standard import additive, affine, multiplicative
from categorical.categories.presented import Presentation
from categorical.groups import Acting, Cyclic, Symmetric, dihedral
from categorical.inventory import called, failing, refused, statement

n, x, i, s, e, c, a = Dim.named("n x i s e c a")
height, width, side = Dim.named("height width side")
V, R = Real[n], Real.scalar
plus = additive()
clock = writer(plus)

# --- monads -----------------------------------------------------------------------------------

monads = statement(
    ("D2.1", "B.1"),
    "a monad: μ ∘ Mμ = μ ∘ μM and μ ∘ Mη = id = μ ∘ ηM; of spaces by proof, of data on all shapes",
    laws=[
        *called("1 + X", maybe().laws()),
        *called("E + X", exceptions(Real[e]).laws()),
        *called("X^i", reader(i).laws()),
        *called("(S×X)^S", state(s).laws()),
        *called("List", lists.laws(6)),
        *called("Tree", trees.laws(5)),
        *called("finite sets", sets.laws(3)),
        *called(
            "lists, reversed when joined", failing(lists.broken().laws(5, twin=lists.broken())[:1])
        ),
        *called(
            "lists, a unit that doubles",
            failing(lists.with_unit("twice", lambda v: (v, v)).laws(4, twin=lists.broken())[1:]),
        ),
    ],
    name="monads",
)

subtraction = {"mul": op.sub.at(R, R), "one": op.zeros(R)}, R
D4 = dihedral(4)
ELEMENTS = sorted({tuple(int(p) for p in D4.word(path)) for path in D4.elements()})
IDENTITY = (0, 1, 2, 3)


def after(g, h):
    """g after h, as permutations of the corners."""
    return tuple(g[h[k]] for k in range(4))


MOTIONS = acting("D4", ELEMENTS, after, IDENTITY, lambda g: g[::-1])


actions = statement(
    "E2.2",
    "the group action monad G×−: η x = (e, x), μ (g, (h, x)) = (g h, x); a monoid is enough",
    laws=[
        *called("(R, +)", clock.laws()),
        *called("affine maps", writer(affine(n)).laws()),
        *called("D4", MOTIONS.laws(1)),
        *called("(R, −)", failing(writer(subtraction).laws()[:2])),
    ],
    name="action_monad",
)

# --- algebras ---------------------------------------------------------------------------------

shift = Algebra(clock, V, (op.expand(n).at(R) @ identity(V)) >> op.add, "shift")
twice = Algebra(clock, V, ((op.scale(2.0) >> op.expand(n)).at(R) @ op.scale(2.0).at(V)) >> op.add)


@arrow
def apply_affine(matrix: Real[n, n.at("column")], offset: V, v: V) -> V:
    """A v + b."""
    return op.einsum(n)(matrix, op.relabel(n, n.at("column"))(v)) + offset


moved = Algebra(writer(affine(n)), V, apply_affine, "affine")
algebras = statement(
    "D2.3",
    "an algebra of a monad: a ∘ η = id and a ∘ M a = a ∘ μ",
    laws=[
        *called("(R, +) shifts", shift.laws()),
        *called("affine maps act", moved.laws()),
        *called("sums, of List", lists.algebra_laws(sum, range(3), lambda t: sum(t) + 1, 5)),
        *called("shifts that double", failing(twice.laws())),
    ],
    name="algebras",
)


def loop(name, order):
    return unary_theory(Presentation(name, ("*",), {"g": ("*", "*")}, ((("g",) * order, ()),)))


IMAGE = Real[height, width]
four = Dim("four", size=4)
SQUARE = Real[four.at("row"), four.at("column")]
row, column = SQUARE.axes


@arrow
def exchange(image: SQUARE) -> SQUARE:
    """Rows as columns."""
    old = four.at("old")
    renamed = op.relabel(column, row)(op.relabel(row, old)(image))
    return op.transpose(row, column)(op.relabel(old, column)(renamed))


quarter_turn = op.flip(row).at(SQUARE) >> exchange

stretch = (op.expand(height, width).at(R) @ identity(IMAGE)) >> op.mul
still = writer(multiplicative())
projection = (op.scale(0.0).at(R) >> op.expand(height, width)) @ identity(IMAGE) >> op.add
group_actions = statement(
    "E2.4",
    "actions on images: shifts, turns, permutations, reflections, scalings, and the trivial one",
    laws=[
        *called("shift of 4 rows", loop("Z4", 4).laws({"g": op.roll(row, 1)}, SQUARE)),
        *called("quarter turn", loop("Z4", 4).laws({"g": quarter_turn}, SQUARE)),
        *called("reflection", loop("Z2", 2).laws({"g": op.flip(width)}, IMAGE)),
        *called("exchange of the axes", loop("Z2", 2).laws({"g": exchange}, SQUARE)),
        *called("scaling", Algebra(still, IMAGE, stretch).laws()),
        *called("trivial", Algebra(clock, IMAGE, projection).laws()),
        *called(
            "a quarter turn is no reflection",
            failing(loop("Z2", 2).laws({"g": quarter_turn}, SQUARE)),
        ),
    ],
    name="group_actions",
)

# --- homomorphisms ----------------------------------------------------------------------------


@arrow
def centred(v: V) -> V:
    """A vector less its mean."""
    return v - op.expand(n)(op.mean(n)(v))


smoothed = copy(V) >> (identity(V) @ op.roll(n, 1)) >> op.add >> op.scale(0.5)
WORDS = [(), ("a",), ("b",), ("a", "b")]
words = acting("words", WORDS, lambda v, w: v + w, (), lambda w: w[:1])
counts = acting("(N, +)", range(3), lambda k, m: k + m, 0, lambda k: k + 1)
four_turns = acting("Z4", range(4), lambda g, h: (g + h) % 4, 0, lambda g: 3 - g)
two_turns = acting("Z2", range(2), lambda g, h: (g + h) % 2, 0, lambda g: 1 - g)
morphisms = [
    *called(
        "length of words",
        morphism_laws(words, counts, lambda t: (len(t[0]), t[1]), lambda t: (len(t[0]) + 1, t[1])),
    ),
    *called(
        "quotient Z4 → Z2",
        morphism_laws(
            four_turns, two_turns, lambda t: (t[0] % 2, t[1]), lambda t: (1 - t[0] % 2, t[1])
        ),
    ),
    *called(
        "halving Z4 → Z2",
        failing(
            morphism_laws(
                four_turns, two_turns, lambda t: (t[0] // 2, t[1]), lambda t: (t[0] // 2, t[1])
            )[1:]
        ),
    ),
]
line = Algebra(clock, R, op.add.at(R, R), "line")
forget = augmentation(plus)
inside = along_monoid(
    op.eye(n, n.at("column")) @ identity(V), additive(n), affine(n), "translations"
)
own = Algebra(writer(additive(n)), V, op.add.at(V, V), "translations")
homomorphisms = statement(
    "D2.5",
    "a homomorphism: f ∘ a = b ∘ M f; between algebras of two monads, along a morphism of monads",
    laws=[
        *called("the mean", homomorphism(op.mean(n).at(V), shift, line)),
        *called(
            "composites",
            (
                Homomorphism(smoothed, shift, shift)
                >> Homomorphism(centred, shift, trivial(V), forget)
            ).laws(),
        ),
        *called("translations ⇒ affine maps", inside.laws()),
        *called("restriction", Homomorphism(identity(V), own, moved, inside).laws()),
        *called("invariance, along G → 1", forget.laws()[1:]),
        *called("centring is invariant", homomorphism(centred, shift, trivial(V), forget)),
        *morphisms,
        *called("relu, of shifts", failing(homomorphism(op.relu.at(V), shift, shift))),
        *called(
            "tanh is invariant", failing(homomorphism(op.tanh.at(V), shift, trivial(V), forget))
        ),
    ],
    name="homomorphisms",
)

pixels = Dim("pixels")
SHIFTS = Cyclic(pixels)


@arrow
def neighbours(image: Real[pixels]) -> Real[pixels]:
    """A convolution on a circle with weights 1, −2, 1."""
    return op.roll(pixels, 1)(image) + op.roll(pixels, -1)(image) - 2 * image


equivariance = statement(
    "E2.6",
    "equivariance: f(g ▶ x) = g ▶ f(x)",
    arrow=neighbours >> op.relu,
    laws=[
        laws.equivariant(under=SHIFTS),
        laws.equivariant(under=Symmetric(pixels)).fails("a neighbour stays one under shifts only"),
    ],
    name="equivariance",
)

step = Dim("step", size=6)
ROW = Real[step]
by_one, by_two = op.roll(step, 1).at(ROW), op.roll(step, 2).at(ROW)
across = op.roll(step, 1) >> op.relu
functors_and_transformations = statement(
    "R2.7",
    "algebras of M×− are functors BM → Set, homomorphisms are natural transformations: generators "
    "are enough",
    arrow=across.at(ROW),
    laws=[
        laws.commutes(by_one >> across, across.at(ROW) >> by_one, name="square of the generator g"),
        laws.commutes(by_two >> across, across.at(ROW) >> by_two, name="square of g²"),
        laws.commutes(by_one >> by_one, by_two, name="functor: g g = g²"),
        laws.equivariant(under=Acting(dihedral(6), {step: dihedral(6).points()})).fails(
            "a shift does not commute with reflections"
        ),
    ],
    name="natural",
)

functor = 1 + Real[a] * X
cell = case(op.zeros(V), (op.linear(a, n) @ op.linear(n, n)) >> op.add >> op.tanh)
folding = Algebra(functor, V, cell)


endofunctor = statement(
    "D2.8",
    "an algebra of an endofunctor is an arrow F(A) → A, without equations",
    arrow=folding.structure.arrows[1],
    laws=[
        refused(
            "typed case by case",
            {
                "a cell of trees": lambda: Algebra(Real[a] + X**2, V, cell),
                "another carrier": lambda: Algebra(functor, Real[x], cell),
            },
            accepted=folding,
        ),
        *called("the identity is a homomorphism", homomorphism(identity(V), folding, folding)),
        *called(
            "weights of another cell",
            failing(homomorphism(identity(V), folding, Algebra(functor, V, cell))[1:]),
        ),
    ],
    name="endofunctor",
)
