"""From one graph to another: classes are known on the first, and both are to look alike inside.

One graph network, with one set of weights, sees two graphs.  It pays for wrong classes on the
first, and for the distance between what its vertices become and what those of the second become:
the maximum mean discrepancy of the two samples, by Gaussian kernels of several widths.  Equal
samples are at no distance, in whatever order they are listed.

"PyGDA: A Python Library for Graph Domain Adaptation", 2025; the discrepancy: Gretton et al., "A
Kernel Two-Sample Test", 2012.
"""

from categorical import Dim, Fin, Real, architecture, arrow, copy, laws, op, tie
from categorical.composites.typed import typed
from categorical.derivatives import gradient
from categorical.groups import Symmetric
from categorical.learning.games import Player, game
from categorical.learning.optimisers_adaptive import adam

vertex, edge, node, link = (Dim(name, varies=True) for name in ("vertex", "edge", "node", "link"))
feature, hidden, label = Dim.named("feature hidden label")
SIZES = dict(feature=16, hidden=16, label=4)
WIDTHS, SHARE = (0.5, 1.0, 2.0), 1.0

# --- how far two samples are apart ----------------------------------------------------------------


def likeness(x, y, one, two):
    """The mean of the kernels at all pairs of one sample and another."""
    again, trait = two.at("again"), x.type.axes[-1]
    y = op.relabel(two, again)(y)
    apart = op.expand(again)(op.sum(trait)(op.square(x)))
    apart = op.transpose(one, again)(apart) + op.expand(one)(op.sum(trait)(op.square(y)))
    apart = apart - op.scale(2.0)(op.einsum(one, again)(x, y))
    near = [op.mean(one, again)(op.exp(op.scale(-1 / (2 * w * w))(apart))) for w in WIDTHS]
    return op.scale(1 / len(WIDTHS))(sum(near[1:], near[0]))


def within(one, two):
    """The likeness of each of two samples with itself."""

    @typed(Real[one, hidden], Real[two, hidden], name="within", inline=True)
    def added(x, y):
        return likeness(x, x, one, one) + likeness(y, y, two, two)

    return added


def across(one, two):
    """Twice the likeness of one sample with the other."""

    @typed(Real[one, hidden], Real[two, hidden], name="across", inline=True)
    def doubled(x, y):
        return op.scale(2.0)(likeness(x, y, one, two))

    return doubled


def discrepancy(one, two):
    """The square of the maximum mean discrepancy of samples along two index sets."""

    @typed(Real[one, hidden], Real[two, hidden], name="discrepancy", inline=True)
    def paid(x, y):
        return within(one, two)(x, y) - across(one, two)(x, y)

    return paid


@typed(Real[vertex, hidden], Real[vertex, hidden], name="first_moments", inline=True)
def first_moments(x, y):
    """Broken: only the means are compared."""
    return op.sum(hidden)(op.square(op.mean(vertex)(x) - op.mean(vertex)(y)))


Sample, Other = Real[vertex, hidden], Real[node, hidden]
same = discrepancy(vertex, vertex)


@arrow
def swapped(x: Sample, y: Sample) -> Real:
    """The other way round."""
    return same(y, x)


def on_equal(arrow):
    """An arrow of two samples where they are one."""
    return copy(Sample) >> arrow


inner, outer = within(vertex, vertex), across(vertex, vertex)
distance = architecture(
    same.named("distance"),
    laws=[
        # The discrepancy is inner − outer: it and its slope vanish where the two are equal.
        laws.commutes(on_equal(inner), on_equal(outer), name="equal samples: none"),
        laws.commutes(
            on_equal(gradient(inner)), on_equal(gradient(outer)), name="equal samples: no slope"
        ),
        laws.commutes(inner, outer, name="any samples").fails("they differ"),
        laws.equal(swapped, name="symmetric"),
        laws.equal(first_moments, name="the distance of means").fails("kernels see more"),
        laws.invariant(under=Symmetric(vertex)),
    ],
    sizes=dict(hidden=16),
    batch="none",
    name="distance",
    atlas="pygda",
)
listed = architecture(
    discrepancy(vertex, node).named("listed"),
    laws=[laws.invariant(under=Symmetric(vertex)), laws.invariant(under=Symmetric(node))],
    sizes=dict(hidden=16),
    batch="none",
    atlas="pygda",
)

# --- one network for two graphs -------------------------------------------------------------------

first = tie(op.linear(feature, hidden, name="first"))
second = tie(op.linear(hidden, hidden.at("out"), name="second"))
scores = tie(op.linear(hidden, label, name="scores"))


def propagate(x, source, target, vertex, edge):
    """D^-1/2 (A + I) D^-1/2 x."""
    kept = [a for a in x.type.axes if a.index is not vertex]
    weight = op.rsqrt(op.degree(vertex, edge)(target) + 1)
    scaled = op.einsum(vertex, *kept)(weight, x)
    arrived = op.scatter(vertex)(op.gather(vertex)(scaled, source), target)
    return op.einsum(vertex, *kept)(weight, arrived + scaled)


def inside(x, source, target, vertex, edge):
    """What the vertices of a graph become."""
    seen = op.relu(propagate(first(x), source, target, vertex, edge))
    return op.relabel(hidden.at("out"), hidden)(
        propagate(second(seen), source, target, vertex, edge)
    )


@arrow
def network(
    x: Real[vertex, feature], source: Fin(vertex)[edge], target: Fin(vertex)[edge]
) -> Real[vertex, label]:
    """The scores of every vertex."""
    return scores(op.relu(inside(x, source, target, vertex, edge)))


@arrow
def graph_adaptation(
    x: Real[vertex, feature],
    source: Fin(vertex)[edge],
    target: Fin(vertex)[edge],
    answer: Fin(label)[vertex],
    y: Real[node, feature],
    start: Fin(node)[link],
    end: Fin(node)[link],
) -> Real:
    """The surprise at classes of one graph, and the distance between the two inside."""
    one = inside(x, source, target, vertex, edge)
    two = inside(y, start, end, node, link)
    logits = scores(op.relu(one))
    wrong = op.mean(vertex)(op.logsumexp(label)(logits) - op.gather(label)(logits, answer))
    return wrong + op.scale(SHARE)(discrepancy(vertex, node)(one, two))


model = architecture(
    network,
    laws=[
        laws.equivariant(under=Symmetric(vertex)),
        laws.invariant(under=Symmetric(edge)),
        laws.parameters(
            feature * hidden + hidden + hidden * hidden + hidden + hidden * label + label
        ),
    ],
    sizes=SIZES,
    batch="union",
    atlas="pygda",
)
both_graphs = architecture(
    graph_adaptation,
    laws=[
        laws.invariant(under=Symmetric(vertex)),
        laws.invariant(under=Symmetric(node)),
        laws.invariant(under=Symmetric(link)),
        laws.parameters(
            feature * hidden + hidden + hidden * hidden + hidden + hidden * label + label
        ),
    ],
    sizes=SIZES,
    batch="none",
    atlas="pygda",
)
OWNED = ("first", "second", "scores")
training = game(
    graph_adaptation,
    [Player("network", 0, adam(0.01), owns=OWNED)],
    sizes=SIZES,
    name="adaptation",
)
