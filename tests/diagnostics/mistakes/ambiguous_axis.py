"""Softmax over tokens: over the queries or over the keys?"""

from categorical import Dim, Real, architecture, arrow, op

n, width = Dim.named("n width")


@arrow
def attention_map(query: Real[n, width], key: Real[n.at("key"), width]) -> Real[n, n.at("key")]:
    """Rows that sum to one."""
    scores = op.einsum(n, n.at("key"))(query, key)
    return op.softmax(n)(scores)


model = architecture(attention_map, sizes=dict(width=8))
