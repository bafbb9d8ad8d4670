"""Tree folds against recursion written by hand, in floats and exactly; what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Bool, Dim, Fin, Real, SpecError, arrow, copy, identity, op
from categorical.functors import stack, union
from categorical.records import Context
from categorical.recursion import (
    binary,
    leaf_labelled,
    node_labelled,
    rooted,
    rose_fold,
    tree_fold,
)
from categorical.recursion.forests import forest
from categorical.semantics.duals import Dual, DualAlgebra
from categorical.semantics.fields import FieldAlgebra
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

node = Dim("node", varies=True)
child, a, s, q = Dim.named("child a s q")
SIZES = {"a": 2, "s": 3}

# (label, children): a node of two, one and no child
TREE = (0, [(1, []), (2, [(3, []), (4, [(5, [])])])])
FOREST = forest([TREE, (6, [])], lambda t: t[1], lambda t: t[0])


@arrow
def leaf(x: Real[a]) -> Real[s]:
    return op.tanh(op.linear(a, s, name="leaf")(x))


@arrow
def cell(x: Real[a], below: Real[child, s]) -> Real[s]:
    into = op.linear(a, s, name="into")(x)
    return op.tanh(into + op.linear(s, s, bias=False, name="up")(op.sum(child)(below)))


@arrow
def masked(x: Real[a], below: Real[child, s], there: Bool[child]) -> Real[s]:
    mean = op.mean(child, masked=True)(below, op.expand(s)(there) >> op.transpose(child, s))
    return op.tanh(op.linear(a, s, name="into")(x) + mean)


def context(sizes=None, algebra=None):
    sizes = {**SIZES, "node": len(FOREST.labels), "child": 2, **(sizes or {})}
    return Context(algebra or FloatAlgebra(), sizes)


def drawn(graph, ctx, seed=0):
    rng = np.random.default_rng(seed)
    found = graph.resources(ctx.sizes).items()
    return {p: rng.standard_normal(ctx.shape(r.space)) for p, r in found}


def evaluate(arrow_, inputs, weights, ctx):
    return run(arrow_.graph(), ctx, inputs, weights).outputs


X = np.random.default_rng(1).standard_normal((len(FOREST.labels), 2))
INPUTS = [X, FOREST.children, FOREST.present]


def by_hand(tree, w, start=None):
    """The state of a tree whose labels are rows of X."""
    row, children = tree
    if not children and start is not None:
        return start(X[row])
    total = sum((by_hand(one, w, start) for one in children), np.zeros(3))
    into = X[row] @ w["cell.node.into.weight"].T + w["cell.node.into.bias"]
    return np.tanh(into + total @ w["cell.node.up.weight"].T)


def test_a_rose_fold_is_recursion() -> None:
    net, ctx = rose_fold(cell, over=node, arity=child), context()
    w = drawn(net.graph(), ctx)
    (states,) = evaluate(net, INPUTS, w, ctx)
    np.testing.assert_allclose(states[0], by_hand(TREE, w))
    np.testing.assert_allclose(states[6], by_hand((6, []), w))
    np.testing.assert_allclose(states[2], by_hand(TREE[1][1], w))


def test_leaves_have_an_arrow_of_their_own() -> None:
    net, ctx = tree_fold(leaf, cell, over=node, arity=child), context()
    w = drawn(net.graph(), ctx)
    (states,) = evaluate(net, INPUTS, w, ctx)

    def start(x):
        return np.tanh(x @ w["cell.leaf.leaf.weight"].T + w["cell.leaf.leaf.bias"])

    np.testing.assert_allclose(states[0], by_hand(TREE, w, start))
    np.testing.assert_allclose(states[1], start(X[1]))


def test_labels_at_inner_nodes_only() -> None:
    begin = op.parameter(Real[s], name="begin")
    net, ctx = node_labelled(begin, cell, over=node, arity=child), context()
    w = drawn(net.graph(), ctx)
    (states,) = evaluate(net, INPUTS, w, ctx)
    np.testing.assert_allclose(states[0], by_hand(TREE, w, lambda _: w["cell.leaf.begin"]))
    np.testing.assert_allclose(states[5], w["cell.leaf.begin"])


def test_the_cell_may_know_which_children_are_there() -> None:
    assert net_type(masked) == net_type(cell)
    net, ctx = rose_fold(masked, over=node, arity=child), context()
    w = drawn(net.graph(), ctx)
    (states,) = evaluate(net, INPUTS, w, ctx)
    into = X[2] @ w["cell.node.into.weight"].T + w["cell.node.into.bias"]
    np.testing.assert_allclose(states[2], np.tanh(into + (states[3] + states[4]) / 2))
    into = X[4] @ w["cell.node.into.weight"].T + w["cell.node.into.bias"]
    np.testing.assert_allclose(states[4], np.tanh(into + states[5]))  # of one child, the mean of it


def net_type(one):
    return rose_fold(one, over=node, arity=child).type_text()


def test_left_and_right_of_a_binary_cell() -> None:
    @arrow
    def pair(left: Real[s], more: Real[a], right: Real[s], again: Real[a]) -> Real[s] * Real[a]:
        return left - 2 * right, more - 3 * again

    start = op.linear(a, s, bias=False, name="start")
    both = copy((Real[a],)) >> (start @ identity(Real[a]))
    net = leaf_labelled(both, binary(pair), over=node, arity=2)
    tree = forest([(0, [(1, []), (2, [(3, []), (4, [])])])], lambda t: t[1], lambda t: t[0])
    ctx = context({"node": 5})
    w = drawn(net.graph(), ctx)
    first, second = evaluate(net, [X[:5], tree.children, tree.present], w, ctx)
    leaves = X[:5] @ w["cell.leaf.start.weight"].T
    np.testing.assert_allclose(first[0], leaves[1] - 2 * (leaves[3] - 2 * leaves[4]))
    np.testing.assert_allclose(second[0], X[1] - 3 * (X[3] - 3 * X[4]))


def test_states_may_be_numbers_of_a_finite_set() -> None:
    """A tree automaton: a node has the state that most of its children have."""

    @arrow
    def vote(below: Fin(q)[child], there: Bool[child]) -> Fin(q)[()]:
        votes = op.one_hot(q)(below) * op.transpose(child, q)(op.expand(q)(op.indicator(there)))
        return op.argmax(q)(op.sum(child)(votes))

    net = leaf_labelled(identity(Fin(q)[()]), vote, over=node, arity=child)
    labels = np.array([0, 1, 0, 2, 0, 1, 2])
    (states,) = evaluate(net, [labels, *INPUTS[1:]], {}, context({"q": 3}))
    assert states.tolist() == [1, 1, 1, 2, 1, 1, 2]


def test_a_shared_subtree_is_the_subtree_twice() -> None:
    net = rose_fold(cell, over=node, arity=child)
    small = (2, [(1, []), (1, [])])
    twice = forest([(0, [small, small])], lambda t: t[1], lambda t: t[0])
    once = forest([(0, [small, small])], lambda t: t[1], lambda t: t[0], shared=True)
    assert (len(twice.labels), len(once.labels)) == (7, 3)
    ctx = context({"node": 7})
    w = drawn(net.graph(), ctx)
    (wide,) = evaluate(net, [X[twice.labels], twice.children, twice.present], w, ctx)
    narrow = evaluate(net, [X[once.labels], once.children, once.present], w, context({"node": 3}))[
        0
    ]
    np.testing.assert_allclose(wide[twice.roots], narrow[once.roots])


def test_derivatives_and_residues() -> None:
    net, ctx = rose_fold(cell, over=node, arity=child), context()
    graph = net.graph()
    w = drawn(graph, ctx)
    rng = np.random.default_rng(2)
    along = rng.standard_normal(X.shape)
    dual = Context(DualAlgebra(), ctx.sizes)
    duals = {k: DualAlgebra().constant(v) for k, v in w.items()}
    (found,) = run(graph, dual, [Dual(X, along), *INPUTS[1:]], duals).outputs
    step = 1e-6
    up, down = (evaluate(net, [X + t * along, *INPUTS[1:]], w, ctx)[0] for t in (step, -step))
    np.testing.assert_allclose(found.tangent, (up - down) / (2 * step), atol=1e-8)

    linear = op.linear(a, s, name="into")
    plain = (linear @ op.sum(child).at(Real[child, s])) >> op.add
    sums = rose_fold(plain, over=node, arity=child)
    field = FieldAlgebra(10_007, 3)
    exact = Context(field, ctx.sizes)
    x = field.random(X.shape, rng)
    weights = {
        p: field.random(exact.shape(r.space), rng)
        for p, r in sums.graph().resources(ctx.sizes).items()
    }
    (states,) = run(sums.graph(), exact, [x, *INPUTS[1:]], weights).outputs
    assert field.shape(states) == (7, 3)


def test_a_batch_of_equal_sizes_is_a_stack() -> None:
    net = rose_fold(cell, over=node, arity=child)
    batch = stack(net, Dim("batch"))
    ctx = context({"batch": 2})
    w = drawn(net.graph(), ctx)
    other = np.random.default_rng(3).standard_normal(X.shape)
    flipped = FOREST.children[:, ::-1], FOREST.present[:, ::-1]
    (both,) = evaluate(
        batch,
        [np.stack([X, other]), *(np.stack([u, v]) for u, v in zip(INPUTS[1:], flipped))],
        w,
        ctx,
    )
    np.testing.assert_allclose(both[0], evaluate(net, INPUTS, w, ctx)[0])
    np.testing.assert_allclose(both[1], evaluate(net, [other, *flipped], w, ctx)[0])


def test_a_batch_of_trees_is_one_forest() -> None:
    one = rooted(rose_fold(cell, over=node, arity=child), node)
    batch = union(one, sample=Dim("sample"))
    assert (
        batch.dom
        == (
            Real[node, a],
            Fin(node)[node, child],
            Bool[node, child],
            Fin(Dim("node", varies=True))[Dim("sample")],
        )
        or str(batch.cod[0]) == "Real[sample, s]"
    )
    ctx = context({"sample": 2})
    w = drawn(one.graph(), ctx)
    (roots,) = evaluate(batch, [*INPUTS, FOREST.roots], w, ctx)
    (states,) = evaluate(rose_fold(cell, over=node, arity=child), INPUTS, w, ctx)
    np.testing.assert_allclose(roots, states[[0, 6]])


loose = (op.linear(a, s) @ op.sum(child).at(Real[child, s])) >> op.add  # types still open


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "code", "words"),
    [
        (lambda: leaf_labelled(op.linear(a, q), cell, over=node, arity=child), "CM045", "expected"),
        (lambda: tree_fold(op.linear(a, a), cell, over=node, arity=child), "CM045", "one state"),
        (lambda: rose_fold(op.linear(a, s), over=node, arity=child), "CM045", "algebra"),
        (lambda: node_labelled(leaf, cell, over=node, arity=child), "CM045", "reads a label"),
        (lambda: binary(op.linear(s, s)), "CM045", "two children"),
        (lambda: rose_fold(cell, over=node, arity=child, name="two words"), "CM024", "name"),
        (
            lambda: rose_fold(
                op.sum(child).at(Real[child, node]) >> op.tanh, over=node, arity=child
            ),
            "CM006",
            "has the axis `node` already",
        ),
        (
            lambda: rose_fold(loose, over=node, arity=child).at(
                Real[a, node], Fin(node)[node, child], Bool[node, child]
            ),
            "CM005",
            "in front",
        ),
        (
            lambda: rose_fold(loose, over=node, arity=child).at(
                Real[node, a], Fin(a)[node, child], Bool[node, child]
            ),
            "CM050",
            "no forest",
        ),
        (
            lambda: rose_fold(
                (op.linear(a, s) @ (op.sum(child).at(Real[child, s]) >> op.dropout(0.5))) >> op.add,
                over=node,
                arity=child,
            ),
            "CM014",
            "tied across the nodes",
        ),
    ],
)
def test_cells_that_do_not_fit_are_refused(make, code: str, words: str) -> None:
    with pytest.raises(SpecError, match=words) as found:
        make()
    assert found.value.code == code


def test_a_child_outside_the_forest_is_refused() -> None:
    net, ctx = rose_fold(cell, over=node, arity=child), context()
    children = FOREST.children.copy()
    children[0, 0] = 7
    with pytest.raises(ValueError, match="outside"):
        evaluate(net, [X, children, FOREST.present], drawn(net.graph(), ctx), ctx)
