"""Graph convolution on an edge list (Kipf and Welling 2017), with self-loops.

A graph is a pair of maps from edges to vertices.  Renaming the vertices renames the result, and
the order of the edges does not matter: both are proved for graphs of every size.
"""

from categorical import Dim, Fin, Real, architecture, arrow, laws, op
from categorical.groups import Symmetric

vertex = Dim("vertex", varies=True)
edge = Dim("edge", varies=True)
feature, hidden, label = Dim.named("feature hidden label")


def propagate(x, source, target):
    """D^-1/2 (A + I) D^-1/2 x for the graph with an edge from each source to its target."""
    degree = op.degree(vertex, edge)(target)
    weight = op.rsqrt(degree + 1)
    scaled = op.einsum(vertex, *(a for a in x.type.axes if a.index is not vertex))(weight, x)
    arrived = op.scatter(vertex)(op.gather(vertex)(scaled, source), target)
    total = arrived + scaled
    return op.einsum(*total.type.axes)(weight, total)


@arrow
def graph_convolution(
    x: Real[vertex, feature], source: Fin(vertex)[edge], target: Fin(vertex)[edge]
) -> Real[vertex, hidden]:
    """Transform the features, then average over neighbours; the bias is added last."""
    transformed = op.linear(feature, hidden, bias=False, name="linear")(x)
    bias = op.expand(vertex)(op.parameter(Real[hidden], name="bias")())
    return propagate(transformed, source, target) + bias


@arrow
def average_first(
    x: Real[vertex, feature], source: Fin(vertex)[edge], target: Fin(vertex)[edge]
) -> Real[vertex, hidden]:
    """The same layer, averaging before the features are transformed: A (X W) = (A X) W."""
    averaged = propagate(x, source, target)
    bias = op.expand(vertex)(op.parameter(Real[hidden], name="bias")())
    return op.linear(feature, hidden, bias=False, name="linear")(averaged) + bias


@arrow
def two_layers(
    x: Real[vertex, feature], source: Fin(vertex)[edge], target: Fin(vertex)[edge]
) -> Real[vertex, label]:
    """Two graph convolutions: the scores of every vertex."""
    near = op.relu(graph_convolution(x, source, target))
    scores = op.linear(hidden, label, bias=False, name="scores")(near)
    bias = op.expand(vertex)(op.parameter(Real[label], name="bias")())
    return propagate(scores, source, target) + bias


def propagate_densely(x, source, target):
    """The same with the matrix of the graph: how many edges go from each vertex to each other."""
    end, other = vertex.at("end"), vertex.at("start")
    ends = op.relabel(vertex, end)(op.one_hot(vertex)(target))
    starts = op.relabel(vertex, other)(op.one_hot(vertex)(source))
    matrix = op.einsum(end, other)(ends, starts) + op.eye(end, other)()
    scale = op.rsqrt(op.sum(other)(matrix))
    scaled = op.einsum(end, other)(scale, matrix, op.relabel(end, other)(scale))
    start = op.relabel(vertex, other)(x)
    kept = [a for a in x.type.axes if a.index is not vertex]
    return op.relabel(end, vertex)(op.einsum(end, *kept)(scaled, start))


@arrow
def with_matrix(
    x: Real[vertex, feature], source: Fin(vertex)[edge], target: Fin(vertex)[edge]
) -> Real[vertex, hidden]:
    """The layer, with the matrix of the graph."""
    transformed = op.linear(feature, hidden, bias=False, name="linear")(x)
    bias = op.expand(vertex)(op.parameter(Real[hidden], name="bias")())
    return propagate_densely(transformed, source, target) + bias


@arrow
def two_layers_with_matrix(
    x: Real[vertex, feature], source: Fin(vertex)[edge], target: Fin(vertex)[edge]
) -> Real[vertex, label]:
    """Both layers, with the matrix of the graph."""
    near = op.relu(with_matrix(x, source, target))
    scores = op.linear(hidden, label, bias=False, name="scores")(near)
    bias = op.expand(vertex)(op.parameter(Real[label], name="bias")())
    return propagate_densely(scores, source, target) + bias


layer = architecture(
    graph_convolution,
    laws=[
        laws.equal(with_matrix, name="equal[with the matrix of the graph]"),
        laws.equivariant(under=Symmetric(vertex)),
        laws.invariant(under=Symmetric(edge)),
        laws.equal(average_first),
    ],
    sizes=dict(feature=16, hidden=8),
    batch="union",
)

network = architecture(
    two_layers,
    laws=[
        laws.equivariant(under=Symmetric(vertex)),
        laws.invariant(under=Symmetric(edge)),
        laws.equal(
            two_layers_with_matrix,
            renaming={"with_matrix": "graph_convolution"},
            name="equal[with the matrix of the graph]",
        ),
    ],
    sizes=dict(feature=34, hidden=16, label=2),
    batch="none",
)
