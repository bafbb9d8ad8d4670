"""Tree-structured long short-term memory: child-sum and binary (Tai et al. 2015).

A node has a state and a memory, computed from those of its children: each child has a forget gate
of its own.  The child-sum cell adds up the states of its children, so their order does not matter;
the binary cell has weights for the left and for the right child, and it does.

Samples are trees of different shapes.  They are batched as one forest: the nodes of all trees in a
row, and the root of each.

Tai, Socher and Manning, "Improved Semantic Representations From Tree-Structured Long Short-Term
Memory Networks", 2015.
"""

from categorical import Bool, Dim, Fin, Real, architecture, arrow, laws, op
from categorical.groups import Symmetric
from categorical.recursion import leaf_labelled, rooted, rose_fold
from categorical.recursion.tree_laws import again

node = Dim("node", varies=True)
child, feature, hidden, label = Dim.named("child feature hidden label")
side = Dim("side", size=2)
SIZES = dict(feature=6, hidden=8)


@arrow(inline=True)
def remember(
    enter: Real[hidden], show: Real[hidden], candidate: Real[hidden], kept: Real[hidden]
) -> Real[hidden] * Real[hidden]:
    """The state and the memory, from the logits of gates and what is kept of the children."""
    memory = op.sigmoid(enter) * op.tanh(candidate) + kept
    return op.sigmoid(show) * op.tanh(memory), memory


# --- child-sum: any number of children, every node has a label ------------------------------------


@arrow
def child_sum_cell(
    x: Real[feature], state: Real[child, hidden], memory: Real[child, hidden]
) -> Real[hidden] * Real[hidden]:
    """The sum of the children's states makes the gates; each child's own makes its forget gate."""
    logits = op.split(3 * hidden, 3, hidden)(
        op.linear(feature, 3 * hidden, name="from_label")(x)
        + op.linear(hidden, 3 * hidden, bias=False, name="from_children")(op.sum(child)(state))
    )
    own = op.expand(child)(op.linear(feature, hidden, name="forget_label")(x))
    forget = op.sigmoid(own + op.linear(hidden, hidden, bias=False, name="forget_child")(state))
    enter, show, candidate = (op.take(3, i)(logits) for i in range(3))
    return remember(enter, show, candidate, op.sum(child)(forget * memory))


child_sum = rose_fold(child_sum_cell, over=node, arity=child)

states = architecture(
    child_sum,
    name="child_sum_states",
    laws=[
        laws.equivariant(under=Symmetric(node)),
        laws.invariant(under=Symmetric(child)),
        laws.equal(again(child_sum), name="equal[the cell at every node]"),
        laws.parameters(4 * (feature * hidden + hidden) + 4 * (hidden * hidden)),
    ],
    sizes=SIZES,
    batch="union",
)


@arrow
def child_sum_tree_lstm(
    x: Real[node, feature],
    children: Fin(node)[node, child],
    present: Bool[node, child],
    root: Fin(node)[()],
) -> Real[label]:
    """Scores of a tree, from the state of its root."""
    state, _ = rooted(child_sum, node)(x, children, present, root)
    return op.linear(hidden, label, name="scores")(state)


model = architecture(
    child_sum_tree_lstm,
    laws=[laws.invariant(under=Symmetric(node)), laws.invariant(under=Symmetric(child))],
    sizes=dict(**SIZES, label=3),
    batch="union",
)


# --- binary: two children or none, the leaves have labels -----------------------------------------


@arrow
def leaf_cell(x: Real[feature]) -> Real[hidden] * Real[hidden]:
    """State and memory of a leaf: nothing is kept."""
    logits = op.split(3 * hidden, 3, hidden)(op.linear(feature, 3 * hidden, name="from_label")(x))
    enter, show, candidate = (op.take(3, i)(logits) for i in range(3))
    return remember(enter, show, candidate, op.full_like(0)(enter))


@arrow
def binary_cell(
    state: Real[side, hidden], memory: Real[side, hidden]
) -> Real[hidden] * Real[hidden]:
    """All five gates read both states, each side with weights of its own."""
    both = op.merge(side, hidden)(state)
    logits = op.split(5 * hidden, 5, hidden)(
        op.linear(side * hidden, 5 * hidden, name="from_children")(both)
    )
    enter, show, candidate, left, right = (op.take(5, i)(logits) for i in range(5))
    kept = op.sigmoid(left) * op.take(side, 0)(memory)
    kept = kept + op.sigmoid(right) * op.take(side, 1)(memory)
    return remember(enter, show, candidate, kept)


binary_fold = leaf_labelled(leaf_cell, binary_cell, over=node, arity=side)

binary_states = architecture(
    binary_fold,
    name="binary_states",
    laws=[
        laws.equivariant(under=Symmetric(node)),
        laws.equal(again(binary_fold), name="equal[the cell at every node]"),
        laws.parameters(3 * (feature * hidden + hidden) + 10 * (hidden * hidden) + 5 * hidden),
        laws.invariant(under=Symmetric(side)).fails(),  # left and right are told apart
    ],
    sizes=SIZES,
    batch="union",
)


@arrow
def binary_tree_lstm(
    x: Real[node, feature],
    children: Fin(node)[node, side],
    present: Bool[node, side],
    root: Fin(node)[()],
) -> Real[label]:
    """Scores of a binary tree, from the state of its root."""
    state, _ = rooted(binary_fold, node)(x, children, present, root)
    return op.linear(hidden, label, name="scores")(state)


binary_model = architecture(
    binary_tree_lstm,
    laws=[laws.invariant(under=Symmetric(node))],
    sizes=dict(**SIZES, label=3),
    batch="union",
)
