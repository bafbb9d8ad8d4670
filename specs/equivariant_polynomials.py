"""Equivariant polynomials of degree two of a matrix over the vertices of a graph.

Every product of two entries of a matrix, summed over some vertices and placed at others, is a
bilinear map that does not depend on how the vertices are listed: the product of matrices (which
counts walks) and the product of entries are two of 203, one for each way to identify six indices.
Two inputs that are linear maps of one matrix give all its equivariant polynomials of degree two.

Puny et al., "Equivariant polynomials for graph neural networks", 2023; Maron et al., "Provably
powerful graph networks", 2019.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Symmetric
from synthesis import natural

vertex = Dim("vertex")
to, through, start = vertex.at("to"), vertex.at("through"), vertex.at("start")
feature, hidden, label = Dim.named("feature hidden label")
renumbering = Symmetric(vertex)
pair = Real[vertex, to]
linear = natural(pair, pair, under=renumbering)
bilinear = natural((pair, pair), pair, under=renumbering)
to_graph = natural(pair, Real.scalar, under=renumbering)


@arrow
def quadratic(graph: Real[vertex, to, feature]) -> Real[vertex, to, hidden]:
    """All equivariant polynomials of degree two, in every hidden channel."""
    left = linear.layer(feature, hidden, bias=False, name="left")(graph)
    right = linear.layer(feature, hidden, bias=False, name="right")(graph)
    return bilinear.layer(hidden, mix="each", bias=False, name="products")(left, right)


polynomials = architecture(
    quadratic,
    laws=[
        laws.equivariant(under=renumbering),
        laws.complete(under=renumbering),
        laws.degree(2),
        laws.parameters(30 * feature * hidden + 203 * hidden),
    ],
    sizes=dict(feature=2, hidden=4),
    atlas="equivariant-polynomials",
)


@arrow
def walks(graph: Real[vertex, to, feature]) -> Real[label]:
    """Scores from two of the products alone: of matrices, and of entries."""
    left = linear.layer(feature, hidden, name="left")(graph)
    right = linear.layer(feature, hidden, name="right")(graph)
    onwards = op.relabel(to, through)(op.relabel(vertex, start)(left))
    back = op.relabel(vertex, through)(right)
    counted = op.einsum(start, to, hidden)(onwards, back)
    both = op.relu(op.relabel(start, vertex)(counted) + left * right)
    return to_graph.layer(hidden, label, name="scores")(both)


powerful = architecture(
    walks,
    name="provably_powerful",
    laws=[laws.invariant(under=renumbering)],
    sizes=dict(feature=2, hidden=8, label=3),
    atlas="equivariant-polynomials",
)
