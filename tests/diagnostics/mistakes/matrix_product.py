"""Scores of queries and keys, as a product of matrices."""

from categorical import Dim, Real, architecture, arrow

token, memory, width = Dim.named("token memory width")


@arrow
def scores(query: Real[token, width], key: Real[memory, width]) -> Real[token, memory]:
    """All products of a query and a key."""
    return query @ key.T


model = architecture(scores, sizes=dict(width=8))
