"""Slips of the paper and of neighbouring work, each as a refutation that is expected.

What is printed is stated as it stands and refuted; where there is a correct reading, it is stated
beside it.  Caveats are true statements of the theory that are easily read for more than they say.
"""

from itertools import product
from math import comb, cos, log, pi

from categorical import Dim, Real, SpecError, arrow, discard, identity, laws, op
from categorical.algebras import Algebra, X, strength
from categorical.algebras.families import Family, equal_families, times
from categorical.algebras.lax import para
from categorical.arrows import Wiring
from categorical.groups import Acting, Cyclic, Rotation, Sign, Symmetric, cyclic
from categorical.inventory import called, failing, statement
from categorical.recursion import fold, foldr, mealy_cell, moore_cell, unfold_cell

a, n, o, p, s, t, x, i, letter = Dim.named("a n o p s t x i letter")
A, O, P, S, V, R = Real[a], Real[o], Real[p], Real[s], Real[n], Real.scalar


def as_printed(name, cases):
    """What is printed, beside what is derived: a law that fails, and a twin that fails too."""
    return laws.enumerated(name, cases, scope="as printed", twin=cases).fails()


def outcome(make):
    """Whether a construction is accepted."""
    try:
        make()
    except SpecError:
        return "refused"
    return "accepted"


# --- H.3: two pixels ------------------------------------------------------------------

pixel = Dim("pixel", size=2)
swap_pixels = Acting(cyclic(2), {pixel: cyclic(2).points()})


@arrow
def weighted_sums(image: Real[pixel]) -> Real[pixel]:
    """(w₁ s, w₃ s) for s = x₁ + x₂."""
    weights = op.parameter(Real[pixel], name="weights")()
    return op.expand(pixel)(op.sum(pixel)(image)) * weights


@arrow
def dot_product(image: Real[pixel]) -> R:
    """w₁ x₁ + w₃ x₂."""
    return op.sum(pixel)(op.parameter(Real[pixel], name="weights")() * image)


pixels_differ = statement(
    "erratum H.3",
    "printed: all output pixels of the invariant layer are equal",
    arrow=weighted_sums,
    laws=[
        laws.commutes(
            weighted_sums >> op.take(pixel, 0), weighted_sums >> op.take(pixel, 1), name="y₁ = y₂"
        ).fails(),
    ],
    name="equal_pixels",
)
not_a_dot_product = statement(
    "erratum H.3",
    "printed: the invariant layer is the dot product with [w₁ w₃]",
    arrow=dot_product,
    laws=[laws.invariant(under=swap_pixels).fails()],
    name="dot_product",
)

# --- J.1: the parameter of the untied composite ---------------------------------------

LISTS = 1 + A * X
cell_q = Family(  # cell(q, Nil) = q, cell(q, (a, s)) = q s
    ((S,), (S, A, S)),
    ((S,),),
    ((0, identity(S)), (0, (identity(S) @ discard(A) @ identity(S)) >> op.mul)),
)
composite = times(identity(S), para(LISTS, S, op.mul.at(S, S), S)) >> cell_q
printed_nil = Family(((S, S),), ((S,),), ((0, discard(S) @ identity(S)),))
derived_nil = Family(((S, S),), ((S,),), ((0, identity(S) @ discard(S)),))
at_nil = Family(composite.dom[:1], composite.cod, composite.branches[:1])
untied = statement(
    "erratum J.1",
    "printed: the untied composite of (q, p) at Nil is cell(p, Nil); it is cell(q, Nil)",
    laws=[
        *failing(
            called("as printed", equal_families("(q, p, Nil) ↦ cell(p, Nil)", at_nil, printed_nil))
        ),
        *called("as derived", equal_families("(q, p, Nil) ↦ cell(q, Nil)", at_nil, derived_nil)),
    ],
    name="untied_composite",
)

# --- types: I.5, H.8, J.5, Figures 7–9, E2.6 ------------------------------------------

MOORE = O * X**i
sigma = strength(MOORE, P, Real[x])


def moore_strength():
    yield "the domain P × O × (I → O)", sigma.dom[0], (P, O, Real[i, o])


strength_of_moore = statement(
    "erratum I.5",
    "printed: the strength of Moore machines starts at P × O × (I → O); it is P × O × (I → X)",
    laws=[
        as_printed("P × O × (I → O)", moore_strength),
        laws.enumerated(
            "P × O × (I → X) → O × (I → P × X)",
            lambda: (
                ("domain", sigma.dom[0], (P, O, Real[i, x])),
                ("codomain", sigma.cod[0], (O, Real[i, p], Real[i, x])),
            ),
            scope="both ends",
            twin=moore_strength,
        ),
    ],
    name="strength_of_moore",
)


def functors():
    yield "O × −", (O * X)(S), MOORE(S)
    yield "I → O × −", ((O * X) ** i)(S), MOORE(S)


functor_of_moore = statement(
    ("erratum H.8", "erratum J.5"),
    "printed: the functor of Moore machines is O × −, and I → O × −; it is O × (I → −)",
    laws=[as_printed("functors at S", functors)],
    name="functor_of_moore",
)
out, go = op.linear(s, o), op.linear(s, s)
read = (op.linear(s, s) @ op.linear(letter, s)) >> op.add
say = (op.linear(s, o) @ op.linear(letter, o)) >> op.add


def cells_as_algebras():
    """The unfolding, Mealy and Moore cells, where an algebra F(S) → S is expected."""
    for what, made in (
        ("the unfolding cell", unfold_cell(out, go)),
        ("the Mealy cell", mealy_cell(say, read)),
        ("the Moore cell", moore_cell(out, read)),
    ):
        yield what, outcome(lambda made=made: Algebra(O * X, S, made)), "accepted"


figures = statement(
    ("erratum Fig 7", "erratum Fig 8", "erratum Fig 9"),
    "printed: these cells are algebras; they are coalgebras",
    laws=[as_printed("the cells of the figures are algebras", cells_as_algebras)],
    name="algebra_for_coalgebra",
)
f = op.linear(n, n).at(V)
indexed = statement(
    "erratum E2.6",
    "printed: f is applied to the value of a pixel; f maps whole images",
    laws=[
        as_printed(
            "f (x_u) is a pixel",
            lambda: (("f after one entry", outcome(lambda: op.take(n, 0).at(V) >> f), "accepted"),),
        ),
    ],
    name="indexed_equation",
)

# --- caveats --------------------------------------------------------------------------

step = (op.linear(s, s) @ op.linear(a, s)) >> op.add >> op.tanh
order = statement(
    "caveat of the order of folds",
    "the paper's fold is a right fold; a recurrent network is a left fold, of the reversed list",
    arrow=fold(step, over=t, start=0).named("recurrent"),
    laws=[
        laws.equal(op.flip(t).at(Real[t, a]) >> foldr(step, over=t, start=0), name="reversed"),
        laws.equal(foldr(step, over=t, start=0), name="the right fold").fails(),
    ],
    name="order_of_folds",
)


def bell_dimensions(most):
    """Orbits of S_n on four indices, and the number of partitions of four things."""
    for size in range(2, most):
        every = product(range(size), repeat=4)
        orbits = {tuple(index.index(k) for k in index) for index in every}
        yield f"n = {size}", len(orbits), 15


counts = statement(
    "caveat of Bell numbers",
    "S_n-equivariant maps of matrices are Bell(4) = 15 for n ≥ 4 only: 8 for n = 2, 14 for n = 3",
    laws=[
        as_printed("15 for every n", lambda: bell_dimensions(7)),
        laws.enumerated(
            "15 from n = 4 on",
            lambda: list(bell_dimensions(7))[2:],
            scope="n = 4, 5, 6",
            twin=lambda: bell_dimensions(4),
        ),
    ],
    name="bell_numbers",
)
pointwise = statement(
    "caveat of activations",
    "a pointwise function commutes with permutations; with signs if odd; with rotations if linear",
    arrow=op.relu.at(V),
    laws=[
        laws.equivariant(under=Symmetric(n)),
        laws.equivariant(under=Cyclic(n)),
        laws.equivariant(under=Sign(n)).fails("relu is not odd"),
        laws.equivariant(under=Rotation(n)).fails("relu is not linear"),
    ],
    name="activations",
)
odd = statement(
    "caveat of activations",
    "an odd pointwise function commutes with signs, and still not with rotations",
    arrow=op.tanh.at(V),
    laws=[laws.equivariant(under=Sign(n)), laws.equivariant(under=Rotation(n)).fails()],
    name="odd_activations",
)

# A log-semiring-linear message is a homomorphism for logsumexp, and not for max.


def message(reduce):
    @arrow
    def linear(weight: V, value: V) -> R:
        """The sum of weight × value, in a semiring whose product is +."""
        return reduce(n)(weight + value)

    return linear


def keeps_maxima(of):
    """of(w, max(x, y)) = max(of(w, x), of(w, y))."""
    both = (identity(V) @ op.maximum.at(V, V)) >> of
    apart = Wiring((V, V, V), (0, 1, 0, 2), "wires") >> (of @ of) >> op.maximum
    return both, apart


logarithmic, tropical = keeps_maxima(message(op.logsumexp)), keeps_maxima(message(op.max))
defect = (
    Wiring((V, V, V), (0, 1, 2, 0, 1, 2), "copy") >> (logarithmic[0] @ logarithmic[1]) >> op.sub
)
asynchronous = statement(
    "caveat of cocycles, level 3",
    "a map that is linear over the log-semiring is no homomorphism for max: off by up to log 2",
    arrow=defect,
    laws=[
        laws.commutes(*tropical, name="tropical maps keep maxima"),
        laws.commutes(*logarithmic, name="logarithmic maps keep maxima").fails(),
        laws.bounded(low=-1e-9, high=log(2) + 1e-9),
    ],
    name="cocycles_level_3",
)
# Optimisers as lenses: U(s, p) is where the gradient is taken, U′(s, p, p′) the new state.
MU = 0.9


def momentum(sign):
    """s′ = ± μ s + p′ and p + s′, for p′ = −lr ∇."""

    @arrow
    def put(velocity: V, weight: V, change: V) -> V * V:
        after = op.scale(sign * MU)(velocity) + change
        return after, weight + after

    return put


@arrow
def heavy_ball(velocity: V, weight: V, change: V) -> V * V:
    """torch's SGD with momentum, the buffer times −lr."""
    after = op.scale(MU)(velocity) + change
    return after, weight + after


ahead = (op.scale(MU).at(V) @ identity(V)) >> op.add


def without_gradient(put):
    """The new weights for p′ = 0."""
    return (identity(V, V) @ op.zeros(V)) >> put >> (discard(V) @ identity(V))


optimisers = statement(
    "erratum Ex 3.15 of CFGBL",
    "printed: momentum is s′ = −γ s + p′ with γ > 0; it is s′ = +μ s + p′, and U looks ahead",
    arrow=heavy_ball,
    laws=[
        laws.commutes(momentum(-1), heavy_ball, name="as printed, γ = μ").fails(),
        laws.commutes(momentum(+1), heavy_ball, name="with the other sign"),
        laws.commutes(ahead, without_gradient(momentum(-1)), name="printed: U looks ahead").fails(),
        laws.commutes(ahead, without_gradient(momentum(+1)), name="corrected: U looks ahead"),
    ],
    name="optimisers",
)


@arrow
def adam(first: V, second: V, count: V) -> V:
    """The step of Adam, its averages corrected by β^t."""
    one_less = 1 - op.exp(op.scale(log(0.9))(count))
    two_less = 1 - op.exp(op.scale(log(0.999))(count))
    return (first / one_less) / op.sqrt(second / two_less)


later = (identity(V, V) @ ((identity(V) @ op.ones(V)) >> op.add)) >> adam
no_counter = statement(
    "erratum Adam in CFGBL",
    "printed: the state of Adam is P × P; with bias correction a step counter is needed",
    arrow=adam,
    laws=[laws.equal(later, name="the step does not depend on its number").fails()],
    name="adam",
)


@arrow
def trained_factor(weight: V, gradient: V) -> V:
    """3p + a after a step of size 1: ∂/∂p is three times the gradient."""
    return 3 * (weight - 3 * gradient)


@arrow
def trained(weight: V, gradient: V) -> V:
    """q + a after the same step, at q = 3p."""
    return 3 * weight - gradient


training = statement(
    "caveat of isomorphic parameters",
    "3p + a and q + a are isomorphic in Para, and train differently",
    laws=[
        laws.commutes(
            (op.scale(3.0).at(V) @ identity(V)) >> op.add,
            Wiring((V, V), (0, 0, 0, 1), "copy")
            >> (op.add @ identity(V, V))
            >> (op.add @ identity(V))
            >> op.add,
            name="one arrow after the 2-cell q = 3p",
        ),
        laws.commutes(trained_factor, trained, name="one step of gradient descent").fails(),
    ],
    name="isomorphic_parameters",
)


def grades(formula):
    """How many basis blades of n generators have a grade ≡ 2 mod 4."""
    for size in range(2, 13):
        wanted = sum(comb(size, k) for k in range(2, size + 1, 4))
        yield f"n = {size}", formula(size), wanted


def truncated(size):
    return int(2 ** (size - 2) - 2 ** (size / 2 - 1) * cos(pi * size / 4))


dimensions = statement(
    "erratum GLGENN's code",
    "int(2^(n−2) − 2^(n/2−1) cos(πn/4)) blades of grade 2 mod 4: truncated, wrong at n = 2",
    laws=[
        as_printed("truncated", lambda: grades(truncated)),
        laws.enumerated(
            "rounded",
            lambda: grades(lambda k: round(2 ** (k - 2) - 2 ** (k / 2 - 1) * cos(pi * k / 4))),
            scope="n = 2 to 12",
            twin=lambda: grades(truncated),
        ),
    ],
    name="grades",
)
