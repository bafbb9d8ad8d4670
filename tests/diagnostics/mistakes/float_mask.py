"""A mask of zeros and ones in floats, as torch code often has it."""

from categorical import Dim, Real, architecture, arrow, op

token, width = Dim.named("token width")


@arrow
def pooled(x: Real[token, width], present: Real[token]) -> Real[width]:
    """The mean of the tokens that are present."""
    return op.mean(token, masked=True)(x, present)


model = architecture(pooled, sizes=dict(width=8))
