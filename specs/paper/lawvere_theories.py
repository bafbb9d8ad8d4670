"""Lawvere theories: operations and equations, and the laws of their models (appendix D)."""

from itertools import product

from categorical import Dim, Real, identity, laws, op
from categorical.algebras import Theory, unary_theory
from categorical.algebras.containers import closure, lists, morphism_laws, sets
from categorical.algebras.standard import (
    abelian_group,
    additive,
    affine,
    bisemigroup,
    bounded_semilattice,
    commutative_monoid,
    commutative_semigroup,
    commutative_semiring,
    diagonal_affine,
    largest,
    matrices,
    module,
    monoid,
    scaling,
    semigroup,
    semilattice,
)
from categorical.categories.presented import Presentation
from categorical.inventory import called, failing, refused, remark, span, statement

n = Dim("n")
V, R = Real[n], Real.scalar

theories = statement(
    span("D", 1, 6),
    "a theory is operations with arities and equations of terms; each equation is a diagram",
    laws=[
        *called("(R, +, 0)", commutative_monoid.laws(*additive(n))),
        *called("2 × 2 and larger matrices", monoid.laws(*matrices(n))),
        *called("affine maps", monoid.laws(*affine(n))),
        *called("diagonal affine maps", monoid.laws(*diagonal_affine(n))),
        *called("(R, +, 0, −)", abelian_group.laws({**additive(n)[0], "inv": op.neg}, V)),
        *called("vectors over R", module.laws(scaling(n), r=R, v=V)),
        *called("subtraction", failing(semigroup.laws({"mul": op.sub}, V))),
        *called("the mean", failing(semigroup.laws({"mul": op.add >> op.scale(0.5)}, V))),
        *called("matrices commute", failing(commutative_monoid.laws(*matrices(n))[3:])),
        refused(
            "terms have the arities of their operations",
            {
                "one argument of two": lambda: Theory("t", {"mul": 2}, {"e": "mul(x) = x"}),
                "an unknown operation": lambda: Theory("t", {"mul": 2}, {"e": "add(x, y) = x"}),
            },
            accepted=semigroup,
        ),
    ],
    name="theories",
)
subtheories = remark(
    span("D", 1, 6),
    "the categories of a theory and their inclusions K¹ ⊂ Kᴺ ⊂ K ⊂ C; sketches",
    "a theory is used by its operations and equations; the category of all terms is infinite",
)

# --- D.7: polynomials --------------------------------------------------------------------------

numbers = {"add": op.add, "mul": op.mul, "zero": op.zeros(V), "one": op.ones(V)}


def polynomial(term):
    """The polynomial of a term in the two variables, a coefficient for each monomial."""
    if isinstance(term, str):
        return {(int(term == "x"), int(term == "y")): 1}
    head, *parts = term
    left, right = map(polynomial, parts)
    found = dict(left) if head == "+" else {}
    if head == "+":
        for monomial, count in right.items():
            found[monomial] = found.get(monomial, 0) + count
        return found
    for (i, j), p in left.items():
        for (k, m), q in right.items():
            found[i + k, j + m] = found.get((i + k, j + m), 0) + p * q
    return found


VARIABLES = ("x", "y")
TERMS = [*VARIABLES, *((sign, p, q) for sign in "+*" for p, q in product(VARIABLES, repeat=2))]


def distributes(read):
    """Two terms that the equations make equal have one polynomial."""
    for p, q, r in product(TERMS, repeat=3):
        yield f"{p}·({q} + {r})", read(("*", p, ("+", q, r))), read(("+", ("*", p, q), ("*", p, r)))


def without_products(term):
    """A broken reading: products are read as sums."""
    if isinstance(term, str):
        return polynomial(term)
    left, right = map(without_products, term[1:])
    return {m: left.get(m, 0) + right.get(m, 0) for m in {**left, **right}}


semirings = statement(
    "D.7",
    "commutative semirings: the free ones are polynomials with coefficients in N",
    laws=[
        *called("(R, +, ×)", commutative_semiring.laws(numbers, V)),
        *called("(R, max, +)", bisemigroup.laws({"add": op.maximum, "mul": op.add}, V)),
        laws.enumerated(
            "terms that distributivity makes equal are one polynomial",
            lambda: distributes(polynomial),
            scope=f"all {len(TERMS)}³ triples of terms in x and y of depth at most 1",
            twin=lambda: distributes(without_products),
        ),
        *called(
            "(R, max, ×)", failing(bisemigroup.laws({"add": op.maximum, "mul": op.mul}, V)[-2:])
        ),
    ],
    name="semirings",
)

# --- D.8: monoids by generators and relations ---------------------------------------------------

quarter, fifth = Dim("quarter", size=4), Dim("fifth", size=5)
Z4 = unary_theory(Presentation("Z4", ("*",), {"r": ("*", "*")}, ((("r",) * 4, ()),)))
idempotent = unary_theory(
    Presentation("{1, e}", ("*",), {"e": ("*", "*")}, ((("e", "e"), ("e",)),))
)
actions = statement(
    "D.8",
    "M-sets are the models of a unary theory: an operation a generator, an equation a relation",
    laws=[
        *called("Z4 turns four points", Z4.laws({"r": op.roll(quarter, 1)}, Real[quarter])),
        *called("relu is idempotent", idempotent.laws({"e": op.relu}, V)),
        *called("the identity", idempotent.laws({"e": identity(V)}, V)),
        *called("Z4 turns five points", failing(Z4.laws({"r": op.roll(fifth, 1)}, Real[fifth]))),
        *called("tanh is idempotent", failing(idempotent.laws({"e": op.tanh}, V))),
    ],
    name="actions_of_monoids",
)

suplattices = remark(
    "D.9",
    "algebras of the powerset monad are complete lattices with suprema",
    "not finitary: suprema of all subsets have no finite arity; the finite powerset is D.10",
)

# --- D.10: semilattices -------------------------------------------------------------------------


def free_semilattice(join):
    """The free semilattice on k generators has 2ᵏ − 1 elements."""
    for k in range(1, 5):
        points = [frozenset((i,)) for i in range(k)]
        yield f"{k} generators", len(closure(points, join)), 2**k - 1


positive = {"mul": op.maximum, "one": op.zeros(V)}
nonnegative = bounded_semilattice.laws(positive, V)
semilattices = statement(
    "D.10",
    "algebras of the finite powerset are semilattices: commutative idempotent monoids",
    laws=[
        *called("(R, max)", semilattice.laws(*largest(n))),
        *called("finite sets", sets.laws(3)),
        *called(
            "the largest of a set",
            sets.algebra_laws(lambda t: max(t, default=0), range(3), lambda t: len(t), 2),
        ),
        *called("lists to sets", morphism_laws(lists, sets, frozenset, lambda t: frozenset(t[1:]))),
        laws.enumerated(
            "the free semilattice",
            lambda: free_semilattice(frozenset.union),
            scope="1 to 4 generators",
            twin=lambda: free_semilattice(frozenset.symmetric_difference),
        ),
        *called(
            "the sum of a set",
            failing(sets.algebra_laws(sum, range(3), lambda t: len(t) + 1, 2)[1:]),
        ),
        *called(
            "max has the unit 0 on all real numbers",
            failing([one for one in nonnegative if "unit" in one.name]),
        ),
        *called(
            "sums are idempotent",
            failing(
                [one for one in semilattice.laws({"mul": op.add}, V) if one.name == "idempotent"]
            ),
        ),
        *called(
            "means are a semilattice",
            failing(commutative_semigroup.laws({"mul": op.add >> op.scale(0.5)}, V)[:1]),
        ),
    ],
    name="semilattices",
)
