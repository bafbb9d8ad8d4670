"""Scores of every pair of tokens; the result does not say which axis is which."""

from categorical import Dim, Real, architecture, arrow, op

token, width = Dim.named("token width")


@arrow
def scores(query: Real[token, width], key: Real[token.at("key"), width]) -> Real[token, token]:
    """All products of a query and a key."""
    return op.einsum(token, token.at("key"))(query, key)


model = architecture(scores, sizes=dict(width=8))
