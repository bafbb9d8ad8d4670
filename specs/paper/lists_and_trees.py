"""Lists, trees and automata: initial algebras, terminal coalgebras, folds and unfolds (section 2).

Finite values are data, compared on all shapes; folds are arrows, stated for sequences of every
length.  The paper's lists are cons lists, so its fold is ``foldr``; a recurrent network is a
``fold``.
"""

from categorical import (
    Bool,
    Dim,
    Fin,
    Real,
    arrow,
    discard,
    laws,
    op,
    tie,
)
from categorical.algebras import Algebra, X, reads
from categorical.algebras.algebra import shared
from categorical.algebras.containers import lists, trees
from categorical.algebras.families import equal_families
from categorical.algebras.free import evaluation, operations
from categorical.groups import Symmetric
from categorical.inventory import called, statement
from categorical.recursion import binary, fold, foldr, leaf_labelled, mealy
from categorical.recursion.tree_laws import again

a, s, h, i, o, past, early, late = Dim.named("a s h i o past early late")
A, S = Real[a], Real[s]
ONE = 1
TREE = A + X**2


def equations(algebra, depth):
    """f ∘ in = a ∘ F(f) on the terms of a depth."""
    functor, a_ = algebra.functor, shared(algebra.structure, "a")
    inside = operations(functor, depth, algebra.carrier)
    below = functor.map(evaluation(algebra, depth, a_)) >> a_
    return equal_families("f ∘ in = a ∘ F f", inside >> evaluation(algebra, depth + 1, a_), below)


# --- data: structure maps are isomorphisms ---------------------------------------------------


def cons(value):
    """[Nil, Cons] : 1 + A × List(A) → List(A)."""
    return () if value is None else (value[0], *value[1])


def uncons(values):
    """The inverse."""
    return None if not values else (values[0], values[1:])


def both_ways(out):
    for xs in lists.generic(1, 6):
        yield f"{xs}", cons(out(xs)), xs
        if xs:
            yield f"uncons of cons of {xs}", out(cons((xs[0], xs[1:]))), (xs[0], xs[1:])


lists_of = statement(
    ("E2.9",),
    "List(A) is the initial algebra of 1 + A×−: [Nil, Cons] is an isomorphism (Lambek)",
    laws=[
        laws.enumerated(
            "[Nil, Cons] is invertible",
            lambda: both_ways(uncons),
            scope="all lists of at most 5 labels",
            twin=lambda: both_ways(lambda xs: None if not xs else (xs[-1], xs[:-1])),
        ),
    ],
    name="list_algebra",
)


def folded(leaf, node, tree):
    """The fold of a tree."""
    if tree[0] == "leaf":
        return leaf(tree[1])
    return node(*(folded(leaf, node, part) for part in tree[1:]))


def closed(size):
    """Trees without variables, all labels distinct."""
    return (t for t in trees.generic(1, size) if "var" not in repr(t))


def folded_by_constructors(node):
    for tree in closed(7):
        yield f"{tree}", folded(lambda x: ("leaf", x), node, tree), tree


trees_of = statement(
    ("E2.10",),
    "Tree(A) is the initial algebra of A + (−)²: folding by the constructors is the identity",
    laws=[
        laws.enumerated(
            "fold(in) = id",
            lambda: folded_by_constructors(lambda x, y: ("node", x, y)),
            scope="all trees of at most 4 leaves",
            twin=lambda: folded_by_constructors(lambda x, y: ("node", y, x)),
        ),
        laws.enumerated(
            "variants: labels at nodes, any number of children",
            lambda: (
                (f"{F} at S", str(F(S)), wanted)
                for F, wanted in (
                    (TREE, "Real[a] + (Real[s] × Real[s])"),
                    (1 + A * X**2, "One + (Real[a] × Real[s] × Real[s])"),
                    (A * X ** Dim("child"), "Real[a] × Real[child, s]"),
                )
            ),
            scope="three functors at S",
            twin=lambda: (("lists", str((1 + A * X)(S)), "One"),),
        ),
    ],
    name="tree_algebra",
)

# --- machines --------------------------------------------------------------------------------

MEALY = reads(Real[i], Real[o] * X)
step = (
    (op.linear(s, h, name="from_state") @ op.linear(i, h, bias=False, name="from_input"))
    >> op.add
    >> op.tanh
    >> op.linear(h, o + s, name="both")
    >> op.unconcat(o, s)
)


@arrow
def outputs(state: S, inputs: Real[past, i]) -> Real[past, o]:
    """What the machine says."""
    return mealy(step, over=past)(state, inputs)[0]


machine = statement(
    ("E2.11",),
    "a Mealy machine is a coalgebra of I → O×−; its behaviour is a causal function",
    arrow=outputs,
    laws=[laws.causal(past)],
    name="mealy_machine",
)


@arrow
def first_then_rest(state: S, inputs: Real[ONE + late, i]) -> Real[ONE + late, o] * S:
    """The cell on the first input, and the behaviour of the next state on the rest."""
    first, rest = op.unconcat(ONE, late)(inputs)
    said, state = step.named("cell")(state, op.squeeze(ONE)(first))
    more, state = mealy(step, over=late)(state, rest)
    return op.concat(ONE, late)(op.unsqueeze(ONE)(said), more), state


@arrow
def rest_of_the_old_state(state: S, inputs: Real[ONE + late, i]) -> Real[ONE + late, o] * S:
    """The same, with the old state in place of the next."""
    first, rest = op.unconcat(ONE, late)(inputs)
    said, _ = step.named("cell")(state, op.squeeze(ONE)(first))
    more, state = mealy(step, over=late)(state, rest)
    return op.concat(ONE, late)(op.unsqueeze(ONE)(said), more), state


unfolding = statement(
    ("E2.15", "eq 5", "eq 6"),
    "an unfold to a Mealy machine: the first output is the cell's, the rest that of the next state",
    arrow=mealy(step, over=ONE + late).named("behaviour"),
    laws=[
        laws.equal(first_then_rest, {"cell_2": "cell"}, "first output, then the next state"),
        laws.equal(rest_of_the_old_state, {"cell_2": "cell"}, "the state is kept").fails(),
    ],
    name="unfold_to_mealy",
)

# --- folds -----------------------------------------------------------------------------------

cell = (op.linear(s, s, name="back") @ op.linear(a, s, name="into")) >> op.add >> op.tanh


@arrow
def head_then_tail(xs: Real[ONE + past, a]) -> S:
    """r₁(h, f t) for Cons(h, t)."""
    first, rest = op.unconcat(ONE, past)(xs)
    return cell.named("cell")(foldr(cell, over=past, start=0)(rest), op.squeeze(ONE)(first))


@arrow
def head_then_tail_of_a_left_fold(xs: Real[ONE + past, a]) -> S:
    """The same with the left fold."""
    first, rest = op.unconcat(ONE, past)(xs)
    return cell.named("cell")(fold(cell, over=past, start=0)(rest), op.squeeze(ONE)(first))


@arrow
def of_no_entries(xs: Real[past, a]) -> S:
    """The fold of the first 0 entries."""
    return foldr(cell, over=past, start=0, lengths=True)(xs, op.full(Fin(past + 1)[()], 0)())


nothing = discard(Real[past, a]) >> op.zeros(S)
fold_of_lists = statement(
    ("E2.12", "eq 1", "eq 2"),
    "the fold of a list: f(Nil) = r₀ and f(Cons(h, t)) = r₁(h, f t), for lists of every length",
    arrow=foldr(cell, over=ONE + past, start=0).named("fold"),
    laws=[
        laws.equal(head_then_tail, {"cell_2": "cell"}, "f(Cons(h, t)) = r₁(h, f t)"),
        laws.commutes(of_no_entries, nothing, name="f(Nil) = r₀", apart=True),
        laws.equal(
            head_then_tail_of_a_left_fold, {"cell_2": "cell"}, "the left fold has this equation"
        ).fails(),
    ],
    name="fold_of_lists",
)

# Initiality: an arrow with both equations is the fold, so a map that takes one cell to another
# takes its folds along.
add, wide = op.add.at(S, S), op.add.at(Real[h], Real[h])
out = op.linear(s, h, bias=False, name="out")
uniqueness = statement(
    ("R2.13",),
    "initiality: the fold is the only arrow with its equations; hence fusion",
    arrow=(fold(add, over=past, start=0) >> out).named("fused"),
    laws=[
        laws.equal(
            out.at(Real[past, s]) >> fold(wide, over=past, start=0),
            name="fusion: h ∘ fold(a) = fold(b) where h ∘ a = b ∘ F h",
            by=laws.induction(out),
        ),
        laws.commutes(
            fold(add, over=past, start=0), op.sum(past).at(Real[past, s]), name="the sum is a fold"
        ),
        laws.commutes(
            fold(add, over=past, start=0), foldr(add, over=past, start=0), name="and a right fold"
        ),
        laws.commutes(
            fold(add, over=past, start=0) >> op.relu,
            op.relu.at(Real[past, s]) >> fold(add, over=past, start=0),
            name="fusion without the square",
        ).fails(),
    ],
    name="uniqueness",
)

# --- folds of trees --------------------------------------------------------------------------

leaf = op.linear(a, s, name="leaf")
node = (op.linear(s, s, name="left") @ op.linear(s, s, name="right")) >> op.add >> op.tanh
three = Dim("three", size=3)
network = leaf_labelled(leaf, binary(node), over=three, arity=2)
CHILDREN = op.table(Fin(three)[three, 2], [[0, 0], [0, 0], [0, 1]])
PRESENT = op.table(Bool[three, 2], [[False, False], [False, False], [True, True]])


@arrow
def of_a_node(labels: Real[three, a]) -> S:
    """The fold of Node(Leaf x, Leaf y), as a forest of three nodes."""
    return op.take(three, 2)(network(labels, CHILDREN(), PRESENT()))


@arrow
def by_its_parts(labels: Real[three, a]) -> S:
    """r₁(r₀ x, r₀ y)."""
    start = tie(leaf.named("leaf"))
    left, right = start(op.take(three, 0)(labels)), start(op.take(three, 1)(labels))
    return node.named("node")(left, right)


@arrow
def with_its_parts_exchanged(labels: Real[three, a]) -> S:
    """r₁(r₀ y, r₀ x)."""
    start = tie(leaf.named("leaf"))
    left, right = start(op.take(three, 0)(labels)), start(op.take(three, 1)(labels))
    return node.named("node")(right, left)


PARTS = {"leaf": "cell.leaf", "node": "cell.node"}
tree = Algebra(TREE, S, [leaf, node])
fold_of_trees = statement(
    ("E2.14", "eq 3", "eq 4"),
    "the fold of a tree: f(Leaf x) = r₀ x and f(Node l r) = r₁(f l, f r)",
    arrow=of_a_node,
    laws=[
        laws.equal(by_its_parts, PARTS, "f(Node (Leaf x) (Leaf y)) = r₁(r₀ x, r₀ y)"),
        laws.equal(with_its_parts_exchanged, PARTS, "children have no order").fails(),
        *called("terms of two levels", equations(tree, 1)),
    ],
    name="fold_of_trees",
)

vertex = Dim("node", varies=True)
everywhere = leaf_labelled(leaf, binary(node), over=vertex, arity=2)
fold_of_forests = statement(
    ("E2.14", "eq 3", "eq 4"),
    "the fold of any tree: its algebra, once more at every node, changes nothing",
    arrow=everywhere,
    laws=[
        laws.equal(again(everywhere), name="f ∘ in = a ∘ F f at every node"),
        laws.equivariant(under=Symmetric(vertex)),
        laws.parameters(a * s + s + 2 * s * s + 2 * s),
    ],
    name="fold_of_forests",
    batch="union",
)
