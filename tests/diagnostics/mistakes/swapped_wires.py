"""Two arrows that agree up to the order of their wires."""

from categorical import Dim, Real, architecture, arrow, op

token, width, place = Dim.named("token width place")


@arrow
def encode(x: Real[token, width]) -> Real[token, width] * Real[token, place]:
    """The tokens and their places."""
    return x, op.linear(width, place)(x)


@arrow
def mix(places: Real[token, place], x: Real[token, width]) -> Real[token, width]:
    """The places added to the tokens."""
    return x + op.linear(place, width)(places)


net = encode >> mix
model = architecture(net, name="net", sizes=dict(width=8, place=4))
