"""Message passing with learned messages, and scores of a whole graph (Gilmer et al. 2017).

Samples are graphs of different sizes.  They are batched as one disjoint union: the vertices and
edges of all graphs in a row, and a map that says which graph each one is from.
"""

from categorical import Dim, Fin, Real, architecture, arrow, laws, op
from categorical.groups import Symmetric

vertex = Dim("vertex", varies=True)
edge = Dim("edge", varies=True)
feature, hidden, label = Dim.named("feature hidden label")


@arrow
def message_layer(
    x: Real[vertex, feature], source: Fin(vertex)[edge], target: Fin(vertex)[edge]
) -> Real[vertex, hidden]:
    """Each edge computes a message from both ends; each vertex adds up what it receives."""
    sent = op.linear(feature, hidden, name="sent")(op.gather(vertex)(x, source))
    received = op.linear(feature, hidden, bias=False, name="received")(op.gather(vertex)(x, target))
    messages = op.relu(sent + received)
    heard = op.scatter(vertex)(messages, target)
    return op.relu(op.linear(feature, hidden, name="kept")(x) + heard)


@arrow
def message_passing(
    x: Real[vertex, feature], source: Fin(vertex)[edge], target: Fin(vertex)[edge]
) -> Real[label]:
    """One layer of messages, the mean over vertices, and scores."""
    vertices = message_layer(x, source, target)
    return op.linear(hidden, label, name="scores")(op.mean(vertex)(vertices))


# Looking up is a product with the matrix of a map (a one in each row), pushing forward one with its
# transpose: the same network without any index.
@arrow
def with_matrices(
    x: Real[vertex, feature], source: Fin(vertex)[edge], target: Fin(vertex)[edge]
) -> Real[label]:
    """The scores, with the matrices of both maps."""
    sources, targets = op.one_hot(vertex)(source), op.one_hot(vertex)(target)
    sent = op.einsum(edge, hidden)(sources, op.linear(feature, hidden, name="sent")(x))
    known = op.linear(feature, hidden, bias=False, name="received")(x)
    messages = op.relu(sent + op.einsum(edge, hidden)(targets, known))
    arrived = op.einsum(vertex, hidden)(targets, messages)
    updated = op.relu(arrived + op.linear(feature, hidden, name="kept")(x))
    return op.linear(hidden, label, name="scores")(op.mean(vertex)(updated))


graph_scores = architecture(
    message_passing,
    laws=[
        laws.invariant(under=Symmetric(vertex)),
        laws.invariant(under=Symmetric(edge)),
        laws.equal(
            with_matrices,
            renaming={name: f"message_layer.{name}" for name in ("sent", "received", "kept")},
            name="equal[with the matrices of both maps]",
        ),
    ],
    sizes=dict(feature=6, hidden=16, label=3),
    batch="union",
)
