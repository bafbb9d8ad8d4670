"""Actegories and strength, 2-monads, Para: parameters and how they are handed on (appendices E–G).

Parameters are wires here where a statement is about them, and weights where a network is built;
the action of parameters on spaces is the product.
"""

from categorical import Dim, Real, copy, discard, identity, laws, op, reparametrise, swap
from categorical.algebras import Algebra, Lax, X, lax_homomorphism, strength_laws
from categorical.algebras.containers import list_terms
from categorical.algebras.families import Family, equal_families, family, identities, times
from categorical.algebras.free import equivalence_laws, term_strength_laws
from categorical.algebras.lax import comonoid_laws, para, untied
from categorical.algebras.monads import maybe, reader, state, writer
from categorical.algebras.standard import additive, affine
from categorical.algebras.strength import strength
from categorical.arrows import Wiring
from categorical.inventory import called, failing, refused, remark, span, statement
from categorical.spaces import One, product_space

a, n, x, y, z, p, q, i, s = Dim.named("a n x y z p q i s")
A, N, P, Q, U, V, W = Real[a], Real[n], Real[p], Real[q], Real[x], Real[y], Real[z]
LISTS, TREES = 1 + A * X, A + X**2

# --- actegories and strength -----------------------------------------------------------------


def coherent(product):
    """Unit and associativity of the action are equalities."""
    yield "1 × X = X", str(product(One, U)), str(U)
    yield (
        "(P × Q) × X = P × (Q × X)",
        str(product(product(P, Q), U)),
        str(product(P, product(Q, U))),
    )


def shorter_first(left, right):
    """A broken product: the shorter factor first."""
    first, second = sorted((left, right), key=lambda one_: len(one_.wires))
    return product_space(first, second)


actegories = statement(
    span("E", 1, 10),
    "actegories: parameters act on spaces, P ▷ X = P × X, strictly associative and unital",
    laws=[
        laws.enumerated(
            "coherence is equality of spaces",
            lambda: coherent(product_space),
            scope="the unit and the associativity",
            twin=lambda: coherent(shorter_first),
        ),
    ],
    name="actegories",
)
strong = statement(
    span("E", 1, 10),
    "strong functors and monads: AS1–AS4 for the derived strength P × T X → T(P × X)",
    laws=[
        *called("1 + A×X", strength_laws(LISTS)),
        *called("A + X²", strength_laws(TREES)),
        *called("(A×X)^I", strength_laws((A * X) ** i)),
        *called("M × X", writer(affine(n)).strength_laws()),
        *called("1 + X", maybe().strength_laws()),
        *called("X^I", reader(i).strength_laws()),
        *called("(S×X)^S", state(s).strength_laws()),
        *called(
            "a strength that negates",
            failing(
                [
                    law
                    for law in strength_laws(
                        A * X,
                        lambda p_, x_: (
                            (
                                times(op.neg.at(*p_.wires), identities((A * X)(x_)))
                                if len(p_.wires) == 1
                                else identities(p_ * (A * X)(x_))
                            )
                            >> strength(A * X, p_, x_)
                        ),
                    )
                    if law.name == "AS2"
                ]
            ),
        ),
        refused(
            "a strength needs a product of arrays as parameters",
            {"a sum": lambda: strength(LISTS, One + A, U)},
            accepted=strength(LISTS, P, U),
        ),
    ],
    name="strong_monads",
)

of_lists = Family(
    ((P,), (P, A, U)),
    ((), (A, P, U)),
    ((0, discard(P)), (1, Wiring((P, A, U), (1, 0, 2), "distribute"))),
)
of_trees = Family(
    ((P, A), (P, U, U)),
    ((A,), (P, U, P, U)),
    ((0, discard(P) @ identity(A)), (1, Wiring((P, U, U), (0, 1, 0, 2), "distribute"))),
)


def distributed(parameter, term):
    """σ(p, Nil) = Nil, σ(p, z) = (p, z), σ(p, Cons(a, as)) = Cons(a, σ(p, as))."""
    if term[0] == "cons":
        return ("cons", term[1], distributed(parameter, term[2]))
    return ("var", (parameter, term[1])) if term[0] == "var" else term


def pairs(pair):
    for term in list_terms.generic(1, 6):
        yield f"{term}", distributed("p", term), list_terms.map(pair, term)


explicit = statement(
    "E.11",
    "the strengths of 1 + A×−, of A + (−)² and of their free monads, by structural recursion",
    laws=[
        *called("1 + A×X", equal_families("σ", strength(LISTS, P, U), of_lists)),
        *called("A + X²", equal_families("σ", strength(TREES, P, U), of_trees)),
        *called("Free(1 + A×−)", term_strength_laws(LISTS, 1, 1)),
        *called("Free(A + (−)²)", term_strength_laws(TREES, 1, 1)),
        laws.enumerated(
            "σ on lists with an end",
            lambda: pairs(lambda z_: ("p", z_)),
            scope="all terms of at most 6 nodes",
            twin=lambda: pairs(lambda z_: (z_, "p")),
        ),
    ],
    name="strengths",
)

# --- 2-monads, cocycles ----------------------------------------------------------------------

flow = (op.mul.at(N, N) @ identity(N)) >> op.add
clock = writer(additive(n))
tied = Lax(clock, N, N, flow)
lax = statement(
    span("F", 1, 3),
    "lax algebras (a, ε, δ) and lax homomorphisms (f, κ), with the 2-cells as reparametrisations",
    laws=[
        *called("flow along p", tied.laws()[:2]),
        *called(
            "x ↦ 2x with p ↦ 2p",
            lax_homomorphism(
                op.scale(2.0).at(N), One, tied, Lax(clock, N, N, flow), op.scale(2.0).at(N)
            ),
        ),
        *called(
            "x ↦ k x with r(k, p) = (k p, k)",
            lax_homomorphism(
                op.mul.at(N, N),
                N,
                tied,
                Lax(clock, N, N, flow),
                Wiring((N, N), (0, 1, 0), "copy") >> (op.mul @ identity(N)),
            ),
        ),
        *called(
            "oplax: x ↦ 2x with 2p ↦ p",
            lax_homomorphism(
                op.scale(2.0).at(N),
                One,
                tied,
                Lax(clock, N, N, flow),
                op.scale(0.5).at(N),
                oplax=True,
            ),
        ),
        *called(
            "x ↦ 2x with p ↦ p",
            failing(
                lax_homomorphism(
                    op.scale(2.0).at(N), One, tied, Lax(clock, N, N, flow), identity(N)
                )
            ),
        ),
    ],
    name="lax_algebras",
)
two_monads = remark(
    span("F", 1, 3),
    "2-monads on 2-categories, their lax algebras in general",
    "in a cartesian category they are strict algebras for every parameter, which is stated",
)
modules_of_categories = remark(
    "F.4",
    "M-modules as one-object algebras of disc(M) × − on Cat",
    "an algebra on the category of all categories; its one-object case is E2.2",
)
multiply, carrier = affine(n)[0]["mul"], affine(n)[1]
offset = discard(carrier.wires[0]) @ identity(carrier.wires[1])
square = carrier.wires[0]


def cocycle(read):
    """c(g h) = c(g) + g ▶ c(h) for affine maps g, h, where g acts by its matrix."""
    turned = (identity(square) @ op.relabel(n, n.at("column")).at(N)) >> op.einsum(n)
    spread = Wiring((square, N, square, N), (0, 1, 0, 2, 3), "wires")
    one_, two = read(carrier), read(carrier)
    both = (one_ @ identity(square) @ two) >> (identity(N) @ turned) >> op.add
    return laws.commutes(multiply >> read(carrier), spread >> both, name="c(g h) = c(g) + g c(h)")


cocycles = statement(
    "F.5",
    "1-cocycles are lax morphisms 1 → BA: the offset of affine maps is one",
    laws=[
        cocycle(lambda _: offset),
        *called(
            "twice the offset, plus 1",
            failing(
                [cocycle(lambda _: offset >> op.scale(2.0) >> (identity(N) @ op.ones(N)) >> op.add)]
            ),
        ),
    ],
    name="cocycles",
)

# --- Para ------------------------------------------------------------------------------------

f = op.linear(x, y, bias=False, name="f")
doubled = reparametrise(f, "f.weight", op.scale(2.0).at(Real[y, x]), names=["half"])
twice = reparametrise(doubled, "f.half", op.scale(3.0).at(Real[y, x]), names=["sixth"])
composite = statement(
    "G.1",
    "Para: a composite has the parameters of both; 2-cells f^r(q) = f(r(q)) compose backwards",
    arrow=op.linear(x, y) >> op.tanh >> op.linear(y, z),
    laws=[
        laws.parameters(x * y + y + y * z + z),
        laws.commutes(
            doubled >> identity(V), f >> op.scale(2.0), {"f.weight": "f.half"}, "f^r(q) = f(r(q))"
        ),
        laws.commutes(
            twice >> identity(V), f >> op.scale(6.0), {"f.weight": "f.sixth"}, "(f^r)^s = f^(r∘s)"
        ),
        laws.commutes(
            doubled >> identity(V), f >> identity(V), {"f.weight": "f.half"}, "f^r = f"
        ).fails(),
    ],
    name="para",
)
smooth = remark(
    "G.3",
    "Para(Smooth): smooth maps with parameters",
    "the default meaning of every arrow with weights; gradients are compared in each build",
)
trivially = statement(
    "G.4",
    "γ : C → Para(C): arrows without parameters; it keeps composites",
    arrow=op.relu.at(U) >> op.softmax(x),
    laws=[laws.parameters(0), laws.parameters(1).fails()],
    name="trivially_parametric",
)
colimits = remark(
    "G.6",
    "γ preserves connected colimits if X ▷ − does",
    "a property of all colimits; the one used, of chains of terms, is stated as E.11",
)

g_p, h_q = op.mul.at(U, U) >> op.tanh, op.add.at(U, U) >> op.relu


def para_laws(functor):
    """Para(T) keeps identities, composites and reparametrisations."""
    both = (identity(U) @ g_p) >> h_q
    lifted = para(functor, U, g_p, U)
    then = times(identities(U), lifted) >> para(functor, U, h_q, U)
    r = op.scale(3.0).at(U)
    return [
        *equal_families("identities", para(functor, One, identity(U), U), identities(functor(U))),
        *equal_families("composites", para(functor, U * U, both, U), then),
        *equal_families(
            "2-cells",
            para(functor, U, (r @ identity(U)) >> g_p, U),
            times(r, identities(functor(U))) >> lifted,
        ),
    ]


swapped = (swap(U, U) @ identity(U)) >> (identity(U) @ g_p) >> h_q
para_of = statement(
    "G.8",
    "a strong monad T gives Para(T): (P, f) ↦ (P, σ ; T f)",
    laws=[
        *called("1 + A×X", para_laws(LISTS)),
        *called("A + X²", para_laws(TREES)),
        *called("M × X", para_laws(clock.functor)),
        *called("X^I", para_laws(X**i)),
        *called(
            "parameters in the other order",
            failing(
                equal_families(
                    "composites",
                    para(X**i, U * U, swapped, U),
                    times(identities(U), para(X**i, U, g_p, U)) >> para(X**i, U, h_q, U),
                )
            ),
        ),
    ],
    name="para_of_a_monad",
)

apart = Lax(clock, N, N, flow, untied(op.scale(2.0).at(N), N))
frozen = Lax(clock, N, N, flow, copy(N) >> (identity(N) @ (discard(N) >> op.ones(N))))
push = (op.linear(n, n, bias=False) @ identity(N)) >> op.add
learned = Algebra(clock, N, push)
inner, outer = push.named("inner"), push.named("outer")
together = (op.add.at(N, N) @ identity(N)) >> push.named("both")
tying = statement(
    "G.10",
    "weight tying: the parameters of a lax algebra are a comonoid; in a cartesian category, copied",
    arrow=push,
    laws=[
        laws.parameters(n * n),
        *called("x + W t, one W", learned.laws()),
        laws.commutes(
            (identity(N) @ inner) >> outer, together, {"both": "outer"}, "x + W t, two W"
        ).fails(),
        *called("P copied", tied.laws()),
        *called(
            "P, and 2P for the inner",
            failing([law for law in apart.laws() if law.name not in ("unit", "counit right")]),
        ),
        *called(
            "P, and 1 for the inner",
            failing(
                [
                    law
                    for law in frozen.laws()
                    if law.name in ("associative", "counit left", "cocommutative")
                ]
            ),
        ),
        *called("two parameters copied", comonoid_laws(P * Q, copy(P * Q))),
    ],
    name="weight_tying",
)
full = remark(
    "G.11",
    "lax algebras → comonoids × lax algebras is full and faithful",
    "about all homomorphisms at once; in a cartesian category there is one comonoid (G.10)",
)

scaled = op.mul.at(N, N)
line = Lax(X, N, One, identity(N))
halving = copy(N) >> ((discard(N) >> op.full(N, 2)) @ op.scale(0.5))
once = Lax(X + X, N, One, [identity(N), identity(N)])
terms = Lax(X + X, N, N, family([discard(N) @ identity(N), scaled]), name="b")
cell = Algebra(
    LISTS, N, [op.zeros(N).at(), (op.linear(a, n) @ op.linear(n, n)) >> op.add >> op.tanh]
)
unit_case, step_case = lax_homomorphism(scaled, N, once, terms, halving)
conjecture = statement(
    "G.12",
    "cells are lax algebras of the free monad (conjecture): on objects, for every parameter; but a "
    "homomorphism of cells may hand out parameters that no copy gives",
    laws=[
        *called("objects", equivalence_laws(cell, 1, 1)),
        *called(
            "a homomorphism of cells",
            lax_homomorphism(scaled, N, line, Lax(X, N, N, scaled, name="b"), halving),
        ),
        *called("the same of terms, at an operation", [step_case]),
        *called("the same of terms, at a variable", failing([unit_case])),
    ],
    name="conjecture",
)
