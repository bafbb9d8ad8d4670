"""A Tree-LSTM that classifies syntax trees (Tai et al. 2015, with two children).

A syntax tree has nodes with any number of children, in an order that matters.  As a binary tree,
each node has its first child on the left and its next sibling on the right, and either may be
missing: this is the fold of ``A × (1 + X)²``.  Every node has a kind, whose vector is learnt.

The fold depends on the subtree alone, so subtrees that are equal may be one node of the forest
(``forests.forest(…, shared=True)``): a batch of functions then has about a third of the nodes.
"""

from categorical import Bool, Dim, Fin, Real, architecture, arrow, laws, op
from categorical.groups import Symmetric
from categorical.recursion import rooted, rose_fold
from categorical.recursion.tree_laws import again

node = Dim("node", varies=True)
kind, feature, hidden, label = Dim.named("kind feature hidden label")
side = Dim("side", size=2)  # the first child, and the next sibling
SIZES = dict(feature=16, hidden=32)


@arrow
def cell(
    x: Real[feature], state: Real[side, hidden], memory: Real[side, hidden]
) -> Real[hidden] * Real[hidden]:
    """Gates from the label and both states; each side has a forget gate of its own."""
    from_label = op.linear(feature, 5 * hidden, name="from_label")(x)
    both = op.merge(side, hidden)(state)
    from_children = op.linear(side * hidden, 5 * hidden, bias=False, name="from_children")(both)
    logits = op.split(5 * hidden, 5, hidden)(from_label + from_children)
    enter, show, candidate, first, second = (op.take(5, i)(logits) for i in range(5))
    kept = op.sigmoid(first) * op.take(side, 0)(memory)
    kept = kept + op.sigmoid(second) * op.take(side, 1)(memory)
    memory = op.sigmoid(enter) * op.tanh(candidate) + kept
    return op.sigmoid(show) * op.tanh(memory), memory


fold = rose_fold(cell, over=node, arity=side, name="tree_lstm")

states = architecture(
    fold,
    name="syntax_states",
    laws=[
        laws.equivariant(under=Symmetric(node)),
        laws.equal(again(fold), name="equal[the cell at every node]"),
        laws.invariant(under=Symmetric(side)).fails(),  # a child is no sibling
    ],
    sizes=SIZES,
    batch="union",
)


@arrow
def syntax_classifier(
    kinds: Fin(kind)[node],
    children: Fin(node)[node, side],
    present: Bool[node, side],
    root: Fin(node)[()],
) -> Real[label]:
    """Scores of a tree, from the state of its root."""
    x = op.embedding(kind, feature, name="vectors")(kinds)
    state, _ = rooted(fold, node)(x, children, present, root)
    return op.linear(hidden, label, name="scores")(state)


model = architecture(
    syntax_classifier,
    laws=[laws.invariant(under=Symmetric(node))],
    sizes=dict(**SIZES, kind=96, label=2),
    batch="union",
)
