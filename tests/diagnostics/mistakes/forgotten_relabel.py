"""Queries and keys come from one array, so both range over `token`: nothing says which is which."""

from categorical import Dim, Real, architecture, arrow, op

token, width = Dim.named("token width")


@arrow
def scores(x: Real[token, width]) -> Real[token, token.at("key")]:
    """All products of a query and a key."""
    query = op.linear(width, width, name="query")(x)
    key = op.linear(width, width, name="key")(x)
    return op.einsum(token, token.at("key"))(query, key)


model = architecture(scores, sizes=dict(width=8))
