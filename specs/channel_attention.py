"""Efficient channel attention (Wang et al. 2020): a convolution over channels makes a gate.

The gate lies in (0, 1), ignores the order of positions, and moves with the channels where the
convolution is circular; with zero padding the first and last channel are special.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Cyclic, Symmetric

channel, position = Dim.named("channel position")


def channel_gate(padding, name):
    """The gate of every channel from its own mean and those of its neighbours."""

    def gate(x: Real[channel, position]) -> Real[channel]:
        """One number in (0, 1) for each channel."""
        means = op.mean(position)(x)
        near = op.conv(over=channel, kernel=3, padding=padding, bias=False, name="near")(means)
        return op.sigmoid(near)

    gate.__name__ = name
    return arrow(gate)


gate = channel_gate("circular", "channel_gate")


@arrow
def channel_attention(x: Real[channel, position]) -> Real[channel, position]:
    """Every channel times its gate."""
    return op.einsum(channel, position)(x, gate(x))


gates = architecture(
    gate,
    laws=[
        laws.bounded(0, 1, strict=True),
        laws.invariant(under=Symmetric(position)),
        laws.equivariant(under=Cyclic(channel)),
        laws.parameters(3),
    ],
    sizes=dict(channel=32),
)
zero_padded = architecture(
    channel_gate("zero", "channel_gate_zero"),
    laws=[
        laws.bounded(0, 1, strict=True),
        laws.invariant(under=Symmetric(position)),
        laws.equivariant(under=Cyclic(channel)).fails("zero padding singles out the end channels"),
    ],
    sizes=dict(channel=32),
)
block = architecture(
    channel_attention,
    atlas="eca-net",
    laws=[
        laws.equivariant(under=Symmetric(position)),
        laws.equivariant(under=Cyclic(channel)),
    ],
    sizes=dict(channel=32),
)
