"""A wire of one arrow is kept and used in another."""

from categorical import Dim, Real, architecture, arrow, op

width = Dim("width")
skips = []


@arrow
def encode(x: Real[width]) -> Real[width]:
    """The encoder keeps its input for the decoder."""
    skips.append(x)
    return op.relu(op.linear(width, width)(x))


@arrow
def decode(code: Real[width]) -> Real[width]:
    """The decoder adds what the encoder kept."""
    return op.linear(width, width)(code) + skips[0]


model = architecture(encode >> decode, name="unet", sizes=dict(width=8))
