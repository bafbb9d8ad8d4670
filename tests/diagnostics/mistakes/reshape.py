"""A reshape to heads, as a view."""

from categorical import Dim, Real, architecture, arrow, op

token, width, heads = Dim.named("token width heads")


@arrow
def apart(x: Real[token, width]) -> Real[token, heads, width // heads]:
    """One axis for the heads."""
    return x.view(token, heads, width // heads)


model = architecture(apart, sizes=dict(width=8, heads=2))
