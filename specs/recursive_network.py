"""Recursive neural networks: one map composes the vectors of two parts, all the way up a tree.

A leaf has the vector of its word, a node ``tanh(W [left; right] + b)`` (Socher et al. 2011).  This
is the fold of the algebra ``A + S² → S`` on binary trees whose leaves have labels.  As matrices and
vectors (Socher et al. 2012) are two wires of a state, the second fold shows that a state may be
several things at once: a vector, and how many leaves it speaks for.
"""

from categorical import Bool, Dim, Fin, Real, architecture, arrow, identity, laws, op
from categorical.groups import Symmetric
from categorical.recursion import binary, leaf_labelled, rooted
from categorical.recursion.tree_laws import again

node = Dim("node", varies=True)
vector, word = Dim.named("vector word")
SIZES = dict(vector=6)


@arrow
def compose(left: Real[vector], right: Real[vector]) -> Real[vector]:
    """The vector of two parts together."""
    own = op.linear(vector, vector, name="from_left")(left)
    return op.tanh(own + op.linear(vector, vector, bias=False, name="from_right")(right))


network = leaf_labelled(identity(Real[vector]), binary(compose), over=node, arity=2)

states = architecture(
    network,
    name="recursive_network",
    laws=[
        laws.equivariant(under=Symmetric(node)),
        laws.equal(again(network), name="equal[the map at every node]"),
        laws.parameters(2 * (vector * vector) + vector),
        laws.bounded(low=-1, high=1).fails(),  # the vectors of leaves are what they are
    ],
    sizes=SIZES,
    batch="union",
)


@arrow
def phrase(
    words: Fin(word)[node],
    children: Fin(node)[node, 2],
    present: Bool[node, 2],
    root: Fin(node)[()],
) -> Real[vector]:
    """The vector of a phrase: words are looked up, inner nodes have a number that is not read."""
    leaves = op.embedding(word, vector, name="vectors")(words)
    return rooted(network, node)(leaves, children, present, root)


model = architecture(
    phrase,
    laws=[laws.invariant(under=Symmetric(node))],
    sizes=dict(**SIZES, word=20),
    batch="union",
)


# A map of the sum of both parts does not see their order: the trees have mirror images.
@arrow
def together(left: Real[vector], right: Real[vector]) -> Real[vector]:
    """The vector of two parts in any order."""
    return op.tanh(op.linear(vector, vector, name="both")(left + right))


side = Dim("side", size=2)
whole = op.sum(side).at(Real[side, vector]) >> op.linear(vector, vector, name="both") >> op.tanh

mirrored = architecture(
    leaf_labelled(identity(Real[vector]), whole, over=node, arity=side),
    name="mirrored",
    laws=[laws.equivariant(under=Symmetric(node)), laws.invariant(under=Symmetric(side))],
    sizes=SIZES,
    batch="union",
)


# A state of two wires: how many leaves a node has, and the mean of their vectors.
@arrow
def alone(x: Real[vector]) -> Real[vector] * Real[()]:
    """A leaf is the mean of itself."""
    return x, op.ones(Real[()])()


@arrow
def averaged(
    left: Real[vector], left_count: Real[()], right: Real[vector], right_count: Real[()]
) -> Real[vector] * Real[()]:
    """The mean over both parts, weighted by their numbers of leaves."""
    count = left_count + right_count
    total = op.einsum(vector)(left_count, left) + op.einsum(vector)(right_count, right)
    return op.einsum(vector)(op.reciprocal(count), total), count


mean_of_leaves = leaf_labelled(alone, binary(averaged), over=node, arity=2)

means = architecture(
    mean_of_leaves,
    name="mean_of_leaves",
    laws=[
        laws.equivariant(under=Symmetric(node)),
        laws.equal(again(mean_of_leaves), name="equal[the mean at every node]"),
    ],
    sizes=SIZES,
    batch="union",
)
