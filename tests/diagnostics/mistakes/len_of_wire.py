"""Dividing by the number of items, read from the data."""

from categorical import Dim, Real, architecture, arrow, op

item, width = Dim.named("item width")


@arrow
def average(items: Real[item, width]) -> Real[width]:
    """The mean."""
    return op.sum(item)(items) / len(items)


model = architecture(average, sizes=dict(width=8))
