"""Batch norm over the vertices in a disjoint union of graphs: samples would be mixed."""

from categorical import Dim, Fin, Real, architecture, arrow, op

vertex, edge = Dim("vertex", varies=True), Dim("edge", varies=True)
feature = Dim("feature")


@arrow
def layer(
    x: Real[vertex, feature], source: Fin(vertex)[edge], target: Fin(vertex)[edge]
) -> Real[vertex, feature]:
    """Normalise, then add up over the neighbours."""
    calm = op.batch_norm(feature, over=(vertex,))(x)
    return op.scatter(vertex)(op.gather(vertex)(calm, source), target)


model = architecture(layer, sizes=dict(feature=8), batch="union")
