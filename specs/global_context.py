"""The global context block (Cao et al. 2019): one attention map, one context for all positions.

The context does not depend on the position, and permuting positions permutes the result.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Symmetric

channel, position, reduced = Dim.named("channel position reduced")


@arrow
def attention_map(x: Real[channel, position]) -> Real[position]:
    """How much each position counts: positive, summing to one."""
    scores = op.squeeze()(op.linear(channel, 1, name="scores")(x))
    return op.softmax(position)(scores)


@arrow
def context(x: Real[channel, position]) -> Real[channel]:
    """The weighted mean of the positions."""
    return op.einsum(channel)(x, attention_map(x))


@arrow
def simple_context_block(x: Real[channel, position]) -> Real[channel, position]:
    """The context, transformed once, added at every position (a simplified non-local block)."""
    update = op.linear(channel, channel, name="transform")(context(x))
    return x + op.transpose(channel, position)(op.expand(position)(update))


@arrow
def global_context_block(x: Real[channel, position]) -> Real[channel, position]:
    """The context through a bottleneck with layer normalisation, added at every position."""
    narrow = op.linear(channel, reduced, name="reduce")(context(x))
    inner = op.relu(op.layer_norm(reduced)(narrow))
    update = op.linear(reduced, channel, name="widen")(inner)
    return x + op.transpose(channel, position)(op.expand(position)(update))


weights = architecture(
    attention_map,
    laws=[
        laws.equivariant(under=Symmetric(position)),
        laws.sums_to(1, over=position),
        laws.bounded(0, 1),
    ],
    sizes=dict(channel=32),
)
pooled = architecture(
    context,
    name="position_independent_context",
    laws=[laws.invariant(under=Symmetric(position))],
    sizes=dict(channel=32),
)
simple = architecture(
    simple_context_block,
    atlas="gcnet",
    laws=[laws.equivariant(under=Symmetric(position))],
    sizes=dict(channel=32),
)
bottleneck = architecture(
    global_context_block,
    atlas="global-context-networks",
    laws=[laws.equivariant(under=Symmetric(position))],
    sizes=dict(channel=32, reduced=8),
)
