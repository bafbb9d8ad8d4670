"""The five cells and the networks unrolled from them (Figure 1, appendices H.4–H.8, I and J).

A cell is an algebra or a coalgebra with parameters; its unrolled network has the parameters once,
by the 2-cell Δ that copies them (the weights of all steps are one set).
"""

from categorical import Bool, Dim, Fin, Real, arrow, copy, discard, identity, laws, op, tie
from categorical.algebras import Algebra, Coalgebra, Lax, X, lax_homomorphism, reads
from categorical.algebras.families import cases
from categorical.algebras.free import history_laws
from categorical.inventory import called, failing, refused, statement
from categorical.recursion import (
    binary,
    fold,
    foldr,
    leaf_labelled,
    mealy,
    moore,
    moore_cell,
    unfold,
    unfold_cell,
)
from categorical.spaces import One

a, s, h, i, o, past, late, t = Dim.named("a s h i o past late t")
p, q, k = Dim.named("p q k")
A, S, I, O = Real[a], Real[s], Real[i], Real[o]
ONE, STEPS = 1, 3

into, back = op.linear(a, s, name="into"), op.linear(s, s, bias=False, name="back")
folding_cell = ((back @ into) >> op.add >> op.tanh).named("cell")
start = op.parameter(S, name="start").at()
out, go = op.linear(s, o, name="out"), op.linear(s, s, name="next") >> op.tanh
unfolding_cell = unfold_cell(out, go)
node = (op.linear(s, s, name="left") @ op.linear(s, s, name="right")) >> op.add >> op.tanh
leaf = op.linear(a, s, name="leaf")
read = (
    op.linear(s, h, name="from_state") @ op.linear(i, h, bias=False, name="from_input")
) >> op.add
mealy_cell = read >> op.tanh >> op.linear(h, o + s, name="both") >> op.unconcat(o, s)
next_state = (
    (op.linear(s, s, name="keep") @ op.linear(i, s, bias=False, name="see")) >> op.add >> op.tanh
)

# --- the cells -------------------------------------------------------------------------------

folding = statement(
    ("I.1", "Fig 1"),
    "the folding cell P × (1 + A×S) → S; it splits into a learned start P → S and P × A × S → S",
    arrow=folding_cell,
    laws=[
        laws.bounded(low=-1, high=1),
        laws.enumerated(
            "P × (1 + A×S) = P + P×A×S",
            lambda: (("its cases", cases(Real[p] * (One + A * S)), ((Real[p],), (Real[p], A, S))),),
            scope="the two cases",
            twin=lambda: (("its cases", cases(Real[p] * (One + A * S)), ((), (A, S))),),
        ),
        refused(
            "the carrier is the state",
            {"the entry as carrier": lambda: Algebra(1 + S * X, A, [start, folding_cell])},
            accepted=Algebra(1 + S * X, S, [start, op.add.at(S, S)]),
        ),
    ],
    name="folding_cell",
)
recursive = statement(
    ("I.2", "Fig 1"),
    "the recursive cell A + S² → S of trees",
    arrow=node,
    laws=[
        laws.parameters(2 * s * s + 2 * s),
        refused(
            "one branch for each case",
            {"leaf and node exchanged": lambda: Algebra(A + X**2, S, [node, leaf])},
            accepted=Algebra(A + X**2, S, [leaf, node]),
        ),
    ],
    name="recursive_cell",
)
unfolding = statement(
    ("I.3", "Fig 1"),
    "the unfolding cell ⟨out, next⟩ : S → O × S",
    arrow=unfolding_cell,
    laws=[
        laws.commutes(
            identity(S) >> unfolding_cell >> (identity(O) @ discard(S)),
            identity(S) >> out,
            name="its output is out",
            apart=True,
        ),
        *called("histories", history_laws(Coalgebra(O * X, S, unfolding_cell), 1, 1)),
    ],
    name="unfolding_cell",
)
full = statement(
    ("I.4", "Fig 1"),
    "the full recurrent cell P × S × I → O × S: a coalgebra of I → O×−",
    arrow=mealy_cell,
    laws=[
        refused(
            "the input stands beside the state",
            {"no input": lambda: Coalgebra(O * X, S, mealy_cell)},
            accepted=Coalgebra(reads(I, O * X), S, mealy_cell),
        ),
    ],
    name="mealy_cell",
)
moore_machine = statement(
    ("I.5", "Fig 1"),
    "the Moore cell P×S → O and P×S×I → S: the output is read before the input",
    arrow=moore_cell(out, next_state),
    laws=[
        laws.commutes(
            moore_cell(out, next_state) >> (identity(O) @ discard(S)),
            (identity(S) @ discard(I)) >> out,
            name="the output ignores the input",
            apart=True,
        ),
        laws.commutes(
            mealy_cell >> (identity(O) @ discard(S)),
            (identity(S) @ (op.scale(0.0).at(I))) >> mealy_cell >> (identity(O) @ discard(S)),
            name="every Mealy cell is one",
        ).fails(),
    ],
    name="moore_cell",
)

# --- unrolled networks -----------------------------------------------------------------------

unrolled = fold(folding_cell, over=STEPS, start=0)
untied = fold(folding_cell, over=STEPS, start=0, weights="untied")
paths = {f"cell.{step}": "cell" for step in range(STEPS)}


@arrow
def head_then_tail(xs: Real[ONE + past, a]) -> S:
    """cell(a, fold(as)) for Cons(a, as)."""
    first, rest = op.unconcat(ONE, past)(xs)
    return folding_cell(foldr(folding_cell, over=past, start=0)(rest), op.squeeze(ONE)(first))


iterated = statement(
    ("J.1", "eq 17"),
    "the iterated folding network: fold_p ∘ in = cell_p ∘ F(fold_p), with the 2-cell Δ_P",
    arrow=foldr(folding_cell, over=ONE + past, start=0).named("fold"),
    laws=[
        laws.equal(head_then_tail, {"cell_2": "cell"}, "fold ∘ Cons = cell ∘ (A × fold)"),
        laws.parameters(a * s + s * s + s),
        laws.commutes(unrolled, untied, paths, "tied by Δ: the untied network at (p, p, p)"),
        laws.commutes(
            untied, unrolled, {"cell": "cell.0"}, "untied at (p, q, r), as if tied"
        ).fails(),
    ],
    name="folding_network",
)


@arrow
def first_then_stream(state: S) -> Real[ONE + late, o] * S:
    """The first output, then the stream of the next state."""
    both = tie(unfolding_cell.named("cell"))
    said, state = both(state)
    more, state = unfold(unfolding_cell, over=late)(state)
    return op.concat(ONE, late)(op.unsqueeze(ONE)(said), more), state


streaming = statement(
    ("J.2", "eq 18"),
    "the iterated unfolding network: stream(x) = (out x, stream(next x)), with the 2-cell Δ_P",
    arrow=unfold(unfolding_cell, over=ONE + late).named("stream"),
    laws=[
        laws.equal(first_then_stream, {"cell_2": "cell"}, "out ∘ stream = F(stream) ∘ cell"),
        laws.commutes(
            unfold(unfolding_cell, over=STEPS),
            unfold(unfolding_cell, over=STEPS, weights="untied"),
            paths,
            "tied by Δ",
        ),
        laws.commutes(
            unfold(unfolding_cell, over=STEPS, weights="untied"),
            unfold(unfolding_cell, over=STEPS),
            {"cell": "cell.0"},
            "untied, as if tied",
        ).fails(),
    ],
    name="unfolding_network",
)

three = Dim("three", size=3)
forest = leaf_labelled(leaf, binary(node), over=three, arity=2)
children = op.table(Fin(three)[three, 2], [[0, 0], [0, 0], [0, 1]])
present = op.table(Bool[three, 2], [[False, False], [False, False], [True, True]])


@arrow
def of_a_node(labels: Real[three, a]) -> S:
    """tree(Node(Leaf x, Leaf y))."""
    return op.take(three, 2)(forest(labels, children(), present()))


@arrow
def by_its_parts(labels: Real[three, a]) -> S:
    """cell₁(cell₀ x, cell₀ y), with one set of weights for both leaves."""
    begin = tie(leaf.named("leaf"))
    left, right = begin(op.take(three, 0)(labels)), begin(op.take(three, 1)(labels))
    return node.named("node")(left, right)


@arrow
def with_other_leaves(labels: Real[three, a]) -> S:
    """The same with weights of its own for each leaf."""
    left = leaf.named("leaf")(op.take(three, 0)(labels))
    right = leaf.named("leaf")(op.take(three, 1)(labels))
    return node.named("node")(left, right)


recursive_network = statement(
    ("J.3", "eq 19"),
    "the recursive network: tree(Node l r) = cell₁(tree l, tree r), with the 2-cell Δ_P",
    arrow=of_a_node,
    laws=[
        laws.equal(
            by_its_parts, {"leaf": "cell.leaf", "node": "cell.node"}, "tree ∘ in = cell ∘ F(tree)"
        ),
        laws.parameters(a * s + s + 2 * s * s + 2 * s),
        laws.commutes(
            with_other_leaves,
            of_a_node,
            {"cell.leaf": "leaf", "cell.node": "node"},
            "untied leaves, as if tied",
        ).fails(),
    ],
    name="recursive_network",
)


@arrow
def step_then_rest(state: S, inputs: Real[ONE + late, i]) -> Real[ONE + late, o] * S:
    """The cell on the first input, the behaviour of the next state on the rest."""
    first, rest = op.unconcat(ONE, late)(inputs)
    said, state = mealy_cell.named("cell")(state, op.squeeze(ONE)(first))
    more, state = mealy(mealy_cell, over=late)(state, rest)
    return op.concat(ONE, late)(op.unsqueeze(ONE)(said), more), state


full_network = statement(
    ("J.4", "eq 20"),
    "the unrolled Mealy machine: mealy(x)(i) = (o, mealy(x′)) for (o, x′) = cell(x, i)",
    arrow=mealy(mealy_cell, over=ONE + late).named("machine"),
    laws=[
        laws.equal(step_then_rest, {"cell_2": "cell"}, "out ∘ mealy = F(mealy) ∘ cell"),
        laws.commutes(
            mealy(mealy_cell, over=STEPS),
            mealy(mealy_cell, over=STEPS, weights="untied"),
            paths,
            "tied by Δ",
        ),
    ],
    name="mealy_network",
)


def moore_rest(shown):
    @arrow
    def output_then_rest(state: S, inputs: Real[ONE + late, i]) -> Real[ONE + late, o] * S:
        """The output of the state, then the behaviour of the next one."""
        first, rest = op.unconcat(ONE, late)(inputs)
        said, after = moore_cell(out, next_state).named("cell")(state, op.squeeze(ONE)(first))
        more, state = moore(out, next_state, over=late)(after if shown else state, rest)
        return op.concat(ONE, late)(op.unsqueeze(ONE)(said), more), state

    return output_then_rest


moore_network = statement(
    ("J.5", "eq 21"),
    "the unrolled Moore machine: moore(x) = (out x, i ↦ moore(next(x, i)))",
    arrow=moore(out, next_state, over=ONE + late).named("machine"),
    laws=[
        laws.equal(moore_rest(True), {"cell_2": "cell"}, "out ∘ moore = F(moore) ∘ cell"),
        laws.equal(moore_rest(False), {"cell_2": "cell"}, "the state stays").fails(),
        laws.equal(
            mealy(moore_cell(out, next_state), over=ONE + late),
            name="a Moore machine is a Mealy machine",
        ),
    ],
    name="moore_network",
)

# --- the 2-cell, with parameters as wires ----------------------------------------------------

scaled = (op.mul.at(S, S) @ identity(S)) >> op.add
cell_p = Lax(S * X, S, S, scaled, name="b")
source = Lax(S * X, S, One, op.add.at(S, S))
# f(k, x) = k x from (S, a + x) to (S, k a + x), with r = Δ: K → Q × K
two_cells = statement(
    ("J.1", "J.2", "J.3", "J.4", "J.5"),
    "the networks are lax homomorphisms: r = Δ_P hands the parameter to the cell and to the rest",
    laws=[
        *called(
            "r = Δ",
            lax_homomorphism(op.mul.at(S, S), S, source, cell_p, copy(S)),
        ),
        *called(
            "r = (p, 2p)",
            failing(
                lax_homomorphism(
                    op.mul.at(S, S), S, source, cell_p, copy(S) >> (identity(S) @ op.scale(2.0))
                )
            ),
        ),
    ],
    name="two_cells",
)

# --- streams ---------------------------------------------------------------------------------

weights_o, weights_n = (
    op.linear(s, o, bias=False, name="out"),
    op.linear(s, s, bias=False, name="next"),
)
linear_cell = unfold_cell(weights_o, weights_n)


@arrow
def impulse_response(x: S) -> Real[STEPS, o]:
    """w_o x, w_o w_n x, w_o w_n² x."""
    shown, turn = tie(weights_o.named("show")), tie(weights_n.named("turn"))
    second = turn(x)
    third = turn(second)
    rows = [op.unsqueeze(ONE)(shown(one)) for one in (x, second, third)]
    return op.concat(ONE, ONE, ONE)(*rows)


@arrow
def linear_stream(x: S) -> Real[STEPS, o]:
    """Three outputs of the linear stream."""
    return unfold(linear_cell, over=STEPS)(x)[0]


streams = statement(
    "H.4",
    "streams, to a finite depth: the outputs and states of a coalgebra of O×−",
    arrow=unfolding_cell,
    laws=called("depth 3", history_laws(Coalgebra(O * X, S, unfolding_cell), 2, 1)),
    name="streams",
)


@arrow
def outputs_first(state: S) -> Real[ONE + late, o]:
    """The first outputs of a stream."""
    return unfold(unfolding_cell, over=ONE + late)(state)[0]


unfolds = statement(
    ("H.5", "eq 13", "eq 14"),
    "the unfold to streams: out(u x) = out x, next(u x) = u(next x)",
    arrow=outputs_first,
    laws=[
        laws.commutes(
            outputs_first >> op.take(ONE + late, 0),
            identity(S) >> out.named("cell"),
            {"cell": "outputs_first.cell"},
            name="out(u x) = out x",
        ),
        laws.commutes(
            identity(S) >> unfold(unfolding_cell, over=ONE + late),
            identity(S) >> first_then_stream,
            {"first_then_stream.cell": "cell", "first_then_stream.cell_2": "cell"},
            name="next(u x) = u(next x)",
        ),
    ],
    name="unfold_to_streams",
)
linear_unfold = statement(
    "H.6",
    "the linear unfold is the matrix [w_o, w_n w_o, w_n² w_o, …]: the kernel of a linear system",
    arrow=linear_stream,
    laws=[
        laws.equal(
            impulse_response,
            {"show": "cell", "turn": "cell"},
            "three rows: w_o, w_o w_n, w_o w_n²",
        ),
        laws.linear(),
    ],
    name="linear_unfold",
)
letters = Coalgebra(O * X**t, S, copy(S) >> (out @ (go >> op.expand(t).at(S))))
moore_coalgebras = statement(
    ("H.7", "H.8", "eq 15", "eq 16"),
    "Moore machines are coalgebras of O × (I → −): for a finite set I, of O × X^I",
    arrow=letters.structure.arrow(),
    laws=[
        *called("finitely many inputs", history_laws(letters, 1, 1)),
        refused(
            "neither O × X nor (O × X)^I",
            {
                "O × X": lambda: Coalgebra(O * X, S, letters.structure),
                "(O × X)^I": lambda: Coalgebra((O * X) ** t, S, letters.structure),
            },
            accepted=letters,
        ),
    ],
    name="moore_coalgebras",
)
