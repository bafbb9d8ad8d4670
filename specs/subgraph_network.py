"""Subgraph networks: a graph as the bag of the neighbourhoods of its vertices.

A neighbourhood is a small graph on as many places; it is known only up to a renumbering of its
places, so the maps inside one commute with those: fifteen from pairs to pairs, of all sizes, the
same for every neighbourhood.  The bag has no order.  With places told apart by whether they are the
centre there are more maps, because fewer renumberings are left.

Mitton and Murray-Smith, "Subgraph permutation equivariant networks", 2021.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Symmetric
from synthesis import natural

neighbourhood, place = Dim.named("neighbourhood place")
to = place.at("to")
feature, hidden, label = Dim.named("feature hidden label")
inside = Symmetric(place)
pairs = natural(Real[place, to], Real[place, to], under=inside)
pooled = natural(Real[place, to], Real.scalar, under=inside)


@arrow
def subgraph_network(bag: Real[neighbourhood, place, to, feature]) -> Real[label]:
    """Scores of a graph, from the adjacency matrices of its neighbourhoods and what is on them."""
    first = op.relu(pairs.layer(feature, hidden, name="first")(bag))
    second = op.relu(pairs.layer(hidden, hidden, name="second")(first))
    found = op.relu(pooled.layer(hidden, hidden, name="pool")(second))
    return op.linear(hidden, label, name="scores")(op.mean(neighbourhood)(found))


scores = architecture(
    subgraph_network,
    laws=[
        laws.invariant(under=Symmetric(neighbourhood) * inside),
        laws.complete(under=inside),
        laws.parameters(
            15 * feature * hidden
            + 15 * hidden * hidden
            + 4 * hidden
            + 2 * hidden * hidden
            + hidden
            + hidden * label
            + label
        ),
    ],
    sizes=dict(feature=4, hidden=16, label=3),
    atlas="spen",
)
