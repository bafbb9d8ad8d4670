"""Limits, free monads and cofree comonads (appendices A and B).

The free monad of a functor is the union of a chain; here its finite stages are functors of their
own, with the terms of at most so many operations.  What needs the whole chain is a remark.
"""

from categorical import Dim, Real, arrow, case, copy, discard, identity, laws, op, swap
from categorical.algebras import Algebra, Coalgebra, X, homomorphism
from categorical.algebras.comonads import coreader, store
from categorical.algebras.containers import list_terms, terms, trees
from categorical.algebras.families import equal_families, family, inclusion
from categorical.algebras.free import (
    equivalence_laws,
    free_monad_laws,
    history_laws,
    include,
    stage,
)
from categorical.algebras.monads import pointed
from categorical.inventory import called, failing, remark, span, statement
from categorical.recursion import fold

a, b, n, o, x, i, early, late = Dim.named("a b n o x i early late")
A, B, S, R = Real[a], Real[b], Real[n], Real.scalar
LISTS, TREES = 1 + A * X, A + X**2

# --- limits ----------------------------------------------------------------------------------

f, g = op.linear(x, a, name="w").named("f"), op.linear(x, b, name="w").named("g")
both = copy(Real[x]) >> (f @ g)
sums = case(op.linear(a, n), op.linear(b, n))
limits = statement(
    span("A", 1, 6),
    "terminal objects, products and sums: their universal arrows",
    laws=[
        laws.commutes(
            both >> (identity(A) @ discard(B)),
            identity(Real[x]) >> f,
            name="⟨f, g⟩ then first",
            apart=True,
        ),
        laws.commutes(
            both >> (discard(A) @ identity(B)),
            identity(Real[x]) >> g,
            name="⟨f, g⟩ then second",
            apart=True,
        ),
        laws.commutes(
            identity(Real[x]) >> f >> copy(A),
            copy(Real[x]) >> (f @ f),
            {"f_2": "f"},
            name="⟨h, h⟩ is h copied",
        ),
        laws.commutes(
            identity(A) >> sums.branches[0],
            (inclusion(A + B, 0) >> family(sums)).arrows[0],
            name="[f, g] at the first case",
        ),
        laws.commutes(swap(A, B) >> swap(B, A), identity(A * B), name="products commute"),
        laws.commutes(swap(A, A), identity(A * A), name="the exchange is the identity").fails(),
    ],
    name="limits",
)
equivalences = remark(
    span("A", 1, 6),
    "equivalences of categories, general limits and colimits",
    "properties of whole categories; the finite products and sums that arrows use are stated",
)

# --- coalgebras, pointed functors -------------------------------------------------------------

counted = Coalgebra(coreader(R), S, copy(S) >> (op.sum(n) @ identity(S)))
coalgebras = statement(
    "B.2",
    "a comonad and its coalgebras: ε ∘ a = id and δ ∘ a = W a ∘ a",
    laws=[
        *called("A × X", coreader(A).laws()),
        *called("I × (I → X)", store(i).laws()),
        *called("a vector with its sum", counted.laws()),
        *called(
            "a vector with its sum, then relu",
            failing(Coalgebra(coreader(R), S, copy(S) >> (op.sum(n) @ op.relu)).laws()),
        ),
    ],
    name="coalgebras",
)

branches = [op.zeros(S).at(), (op.linear(a, n) @ op.linear(n, n)) >> op.add >> op.tanh]
cell = Algebra(LISTS, S, branches)
as_pointed = Algebra(pointed(LISTS), S, [identity(S), *branches], "cell")
left, right = op.linear(n, n, name="left"), op.linear(n, n, name="right")
tree_cell = Algebra(TREES, S, [op.linear(a, n), (left @ right) >> op.add >> op.tanh])
pointed_endofunctors = statement(
    span("B", 3, 8),
    "pointed endofunctors: the algebras of F are those of F + id as a pointed functor (B.7)",
    laws=[
        *called("[id, cell]", as_pointed.laws()),
        *called(
            "a homomorphism of cells is one of pointed algebras",
            homomorphism(identity(S), as_pointed, as_pointed),
        ),
        *called(
            "[relu, cell]", failing(Algebra(pointed(LISTS), S, [op.relu.at(S), *branches]).laws())
        ),
    ],
    name="pointed",
)
algebraically_free = statement(
    span("B", 3, 8),
    "the algebraically free monad: cells are its algebras, both ways",
    laws=[
        *called("1 + A×X", equivalence_laws(cell, 1, 2)),
        *called("A + X²", equivalence_laws(tree_cell, 1, 1)),
    ],
    name="algebraically_free",
)

# --- the chain -------------------------------------------------------------------------------

chain = statement(
    span("B", 9, 17),
    "the chain X → X + F X → …: its stages, the inclusions, and the monad on them",
    laws=[
        *called(
            "1 + A×X, inclusions",
            equal_families(
                "compose",
                include(LISTS, 1, 2, Real[x]) >> include(LISTS, 2, 3, Real[x]),
                include(LISTS, 1, 3, Real[x]),
            ),
        ),
        *called("1 + A×X", free_monad_laws(LISTS, 1, Real[x])),
        *called("A + X²", free_monad_laws(TREES, 1, Real[x])),
    ],
    name="chain",
)
transfinite = remark(
    span("B", 9, 17),
    "the transfinite construction: colimits of chains of any length, and their convergence",
    "a stage beyond ω has no finite value; polynomial functors with finite powers need none",
)

# --- free monads and cofree comonads ---------------------------------------------------------


def types():
    """The stages of Free(F)(Z) = μX. F X + Z and of Cofree(F)(Z) = νX. F X × Z."""
    yield (
        "Free₂(1 + A×−)",
        str(stage(LISTS, 2)),
        "X + 1 + Real[a] × X + Real[a] + Real[a] × Real[a] × X",
    )
    yield "Free₁(A + (−)²)", str(stage(TREES, 1)), "X + Real[a] + X²"


constructors = statement(
    "B.18",
    "Free(F)(Z) = μX.(F X + Z) and Cofree(F)(Z) = νX.(F X × Z)",
    laws=[
        laws.enumerated(
            "the stages of Free(F)",
            types,
            scope="two functors",
            twin=lambda: (("Free₁", str(stage(LISTS, 1)), str(stage(LISTS, 2))),),
        ),
        *called("Free, on data", terms({"nil": (0, 0), "cons": (1, 1)}).laws(5)),
        *called(
            "Cofree, to depth 2",
            history_laws(
                Coalgebra(Real[o] * X, S, copy(S) >> (op.linear(n, o) @ op.linear(n, n))),
                1,
                1,
            ),
        ),
    ],
    name="constructors",
)


def ended(term):
    """A term of 1 + A×− as a list of labels and its end: Nil, or a variable."""
    labels = []
    while term[0] == "cons":
        labels.append(term[1])
        term = term[2]
    return tuple(labels), term


def termed(labels, end):
    """The inverse."""
    for label in reversed(labels):
        end = ("cons", label, end)
    return end


def round_trips(back):
    for term in list_terms.generic(1, 6):
        yield f"{term}", back(*ended(term)), term


def variables_as_leaves(term):
    """Free(A + (−)²)(Z) as trees whose leaves are labels or variables."""
    if term[0] == "node":
        return ("node", variables_as_leaves(term[1]), variables_as_leaves(term[2]))
    return ("leaf", term)


def leaves_as_variables(tree):
    if tree[0] == "node":
        return ("node", leaves_as_variables(tree[1]), leaves_as_variables(tree[2]))
    return tree[1]


def tree_round_trips(back):
    for term in trees.generic(1, 5):
        yield f"{term}", back(variables_as_leaves(term)), term


step = (op.linear(n, n) @ op.linear(a, n)) >> op.add >> op.tanh


@arrow
def resumed(state: S, xs: Real[early + late, a]) -> S:
    """The first part, then the second from the state that is left."""
    first, second = op.unconcat(early, late)(xs)
    return fold(step, over=late)(fold(step, over=early)(state, first), second)


free_examples = statement(
    span("B", 19, 20),
    "Free(1 + A×−) is lists that end in Nil or a state, Free(A + (−)²) is trees with A or a state "
    "at the leaves",
    laws=[
        laws.enumerated(
            "terms of 1 + A×− are lists with an end",
            lambda: round_trips(termed),
            scope="all terms of at most 6 nodes",
            twin=lambda: round_trips(lambda labels, end: termed(labels[::-1], end)),
        ),
        laws.enumerated(
            "terms of A + (−)² are trees over A + Z",
            lambda: tree_round_trips(leaves_as_variables),
            scope="all terms of at most 5 nodes",
            twin=lambda: tree_round_trips(lambda tree: leaves_as_variables(("node", tree, tree))),
        ),
        laws.commutes(
            identity(S, Real[early + late, a]) >> fold(step, over=early + late),
            resumed,
            {"cell_2": "cell"},
            "the state is the variable: split and resume",
        ),
        *called("lists with an end", list_terms.laws(6)),
        *called("trees", trees.laws(5)),
    ],
    name="free_examples",
)
stream = Coalgebra(Real[o] * X, S, copy(S) >> (op.linear(n, o) @ (op.linear(n, n) >> op.tanh)))
answer = copy(S) >> (op.linear(n, o) @ op.linear(n, n))
asked = Coalgebra((Real[o] * X) ** i, S, answer >> (op.expand(i) @ op.expand(i)))
cofree_examples = statement(
    span("B", 21, 22),
    "Cofree(O×−) is streams of states and outputs, Cofree(I → O×−) trees of them with a branch for "
    "each input (finite I, finite depth)",
    laws=[
        *called("O × X", history_laws(stream, 2, 1)),
        *called("(O × X)^I", history_laws(asked, 1, 1)),
    ],
    name="cofree_examples",
)
