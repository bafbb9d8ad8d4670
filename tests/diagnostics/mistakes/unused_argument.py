"""The mask is passed in and forgotten."""

from categorical import Bool, Dim, Real, architecture, arrow, op

token, width = Dim.named("token width")


@arrow
def pooled(tokens: Real[token, width], present: Bool[token]) -> Real[width]:
    """The mean of the tokens that are present."""
    return op.mean(token)(tokens)


model = architecture(pooled, sizes=dict(width=8))
