"""SENetV2 (Narayanan 2023): squeeze, several dense branches side by side, excite.

The gate of every channel is computed from means over positions, so it ignores their order.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Symmetric

channel, position, reduced = Dim.named("channel position reduced")
BRANCHES = 4


@arrow
def aggregated_gate(x: Real[channel, position]) -> Real[channel]:
    """One number in (0, 1) for each channel, from four reduced views of the channel means."""
    means = op.mean(position)(x)
    views = [op.relu(op.linear(channel, reduced, name=f"view{i}")(means)) for i in range(BRANCHES)]
    joined = op.concat(*[reduced] * BRANCHES)(*views)
    return op.sigmoid(op.linear(joined.type.axes[0], channel, name="excite")(joined))


@arrow
def squeeze_aggregated(x: Real[channel, position]) -> Real[channel, position]:
    """Every channel times its gate."""
    return op.einsum(channel, position)(x, aggregated_gate(x))


gate = architecture(
    aggregated_gate,
    laws=[
        laws.invariant(under=Symmetric(position)),
        laws.bounded(0, 1, strict=True),
        laws.parameters(4 * (channel * reduced + reduced) + 4 * reduced * channel + channel),
    ],
    sizes=dict(channel=32, reduced=4),
)
block = architecture(
    squeeze_aggregated,
    atlas="senetv2",
    laws=[laws.equivariant(under=Symmetric(position))],
    sizes=dict(channel=32, reduced=4),
)
