"""Invariant graph networks: all linear maps of matrices over vertices, however those are listed.

A matrix over the vertices (one entry for each pair) has exactly fifteen linear maps to another such
matrix that commute with every renumbering, and two constant matrices: the identity, and all ones.
They are not written down here but solved for, once for all sizes: a layer that was trained on
graphs of one size runs on graphs of another.  Maps to one number for each vertex are five, to one
number for the graph two.

Maron et al., "Invariant and equivariant graph networks", 2019.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Symmetric
from synthesis import natural

vertex, colour, hidden, label = Dim.named("vertex colour hidden label")
to, third = vertex.at("to"), vertex.at("third")
renumbering = Symmetric(vertex)

between_pairs = natural(Real[vertex, to], Real[vertex, to], under=renumbering)
to_vertices = natural(Real[vertex, to], Real[vertex], under=renumbering)
to_graph = natural(Real[vertex, to], Real.scalar, under=renumbering)

fifteen = architecture(
    between_pairs.layer(colour, hidden),
    name="fifteen_operations",
    laws=[
        laws.equivariant(under=renumbering),
        laws.complete(under=renumbering),
        laws.parameters(15 * colour * hidden + 2 * hidden),
    ],
    sizes=dict(colour=16, hidden=16),
)


@arrow
def invariant_graph_network(graph: Real[vertex, to, colour]) -> Real[label]:
    """Scores of a graph with coloured edges: two layers of pairs, and what is left of them."""
    first = op.relu(between_pairs.layer(colour, hidden, name="first")(graph))
    second = op.relu(between_pairs.layer(hidden, hidden, name="second")(first))
    return to_graph.layer(hidden, label, name="scores")(second)


scores = architecture(
    invariant_graph_network,
    laws=[
        laws.invariant(under=renumbering),
        laws.complete(under=renumbering),
    ],
    sizes=dict(colour=4, hidden=16, label=3),
)


@arrow
def vertex_scores(graph: Real[vertex, to, colour]) -> Real[vertex, label]:
    """Scores of every vertex."""
    pairs = op.relu(between_pairs.layer(colour, hidden, name="pairs")(graph))
    return to_vertices.layer(hidden, label, name="scores")(pairs)


every_vertex = architecture(
    vertex_scores,
    laws=[laws.equivariant(under=renumbering), laws.complete(under=renumbering)],
    sizes=dict(colour=4, hidden=16, label=3),
)

# Triples of vertices: 203 maps to triples, 52 from pairs to triples.
to_triples = natural(Real[vertex, to], Real[vertex, to, third], under=renumbering)
from_triples = natural(Real[vertex, to, third], Real.scalar, under=renumbering)


@arrow
def triples(graph: Real[vertex, to, colour]) -> Real[label]:
    """Scores of a graph that look at triples of vertices."""
    seen = op.relu(to_triples.layer(colour, hidden, name="seen")(graph))
    return from_triples.layer(hidden, label, name="scores")(seen)


third_order = architecture(
    triples,
    laws=[laws.invariant(under=renumbering), laws.complete(under=renumbering)],
    sizes=dict(colour=4, hidden=8, label=3),
)

# A layer that forgets one map: it is equivariant, and not all there is.
some = op.hom(
    between_pairs.maps.choose([i for i in range(15) if i != 1]),
    ((vertex, to),),
    (vertex, to),
    channels=(colour,),
    out=hidden,
    under=renumbering,
    name="fourteen",
)
forgetful = architecture(
    some.at(Real[vertex, to, colour]),
    name="fourteen_operations",
    laws=[
        laws.equivariant(under=renumbering),
        laws.complete(under=renumbering).fails(),
    ],
    sizes=dict(colour=4, hidden=8),
)
