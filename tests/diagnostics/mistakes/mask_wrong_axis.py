"""The padding mask of the keys has an axis that the scores do not have."""

from categorical import Bool, Dim, Real, architecture, arrow, op

token, memory, width = Dim.named("token memory width")


@arrow
def look_up(
    query: Real[token, width], key: Real[memory, width], present: Bool[width]
) -> Real[token, memory]:
    """How much each token looks at each entry of the memory."""
    scores = op.einsum(token, memory)(query, key)
    return op.softmax(memory, masked=True)(scores, present)


model = architecture(look_up, sizes=dict(width=8))
