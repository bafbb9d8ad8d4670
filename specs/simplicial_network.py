"""A simplicial network: signals on the oriented edges and triangles of a complex.

The complex is the surface of a tetrahedron: 4 vertices, 6 edges, 4 triangles.  A permutation of its
vertices moves edges and triangles, and may reverse their orientation, which changes the sign of a
signal: so the linear maps are those that commute with signed permutations (the boundary, the
coboundary and the Hodge Laplacians are among them), and nonlinearities must be odd.
"""

from categorical import Dim, Real, architecture, arrow, categories, laws, op
from categorical.groups import Acting, symmetric
from categorical.representations import oriented_chains
from synthesis import natural

surface = categories.simplicial_complex("tetrahedron", [(0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3)])
group = symmetric(4)
edge, triangle = Dim("edge", size=6, action="sign"), Dim("triangle", size=4, action="sign")
feature, hidden, label = Dim.named("feature hidden label")
symmetries = Acting(
    group,
    {edge: oriented_chains(surface, group, 1), triangle: oriented_chains(surface, group, 2)},
)

on_edges = natural(Real[edge], Real[edge], under=symmetries)
to_triangles = natural(Real[edge], Real[triangle], under=symmetries)
to_edges = natural(Real[triangle], Real[edge], under=symmetries)


@arrow
def simplicial_network(flow: Real[edge, feature]) -> Real[edge, hidden]:
    """A new flow on the edges, from the old one and what circulates around triangles."""
    around = op.tanh(to_triangles.layer(feature, hidden, name="curl")(flow))
    along = on_edges.layer(feature, hidden, name="along")(flow)
    return op.tanh(along + to_edges.layer(hidden, hidden, name="back")(around))


flows = architecture(
    simplicial_network,
    laws=[laws.equivariant(under=symmetries), laws.complete(under=symmetries)],
    sizes=dict(feature=4, hidden=8),
)

# The energy of a flow does not change with the orientation of edges: any function of it may follow.
energies = natural((Real[edge], Real[edge]), Real.scalar, under=symmetries)


@arrow
def flow_scores(flow: Real[edge, feature]) -> Real[label]:
    """Scores of a flow, from its quadratic invariants."""
    inner = op.tanh(on_edges.layer(feature, hidden, name="along")(flow))
    energy = energies.layer(hidden, mix="each", name="energy", bias=False)(inner, inner)
    return op.linear(hidden, label, name="scores")(op.relu(energy))


scores = architecture(
    flow_scores,
    laws=[laws.invariant(under=symmetries), laws.complete(under=symmetries)],
    sizes=dict(feature=4, hidden=8, label=3),
)

# Twin: an even function of a signed signal.  The type of `edge` would refuse `op.relu`; here the
# signs are left out of the declaration, and the law finds what is wrong.
plain = Dim("plain", size=6)
signs = Acting(group, {plain: oriented_chains(surface, group, 1)})
rectified = architecture(
    (natural(Real[plain], Real[plain], under=signs).layer(feature, hidden) >> op.relu).named(
        "rectified"
    ),
    laws=[laws.equivariant(under=signs).fails()],
    sizes=dict(feature=4, hidden=8),
)
