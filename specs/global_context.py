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
    laws=[
        laws.equivariant(under=Symmetric(position)),
        laws.parameters(channel + 1 + channel * channel + channel),
    ],
    sizes=dict(channel=32),
)


# What is added is the same at every position, so its mean over positions is the update itself.
@arrow
def added(x: Real[channel, position]) -> Real[channel]:
    """The mean over positions of what the block adds to its input."""
    return op.mean(position)(simple_context_block(x) - x)


the_update = architecture(
    added,
    laws=[
        laws.equal(
            context >> op.linear(channel, channel, name="transform"),
            renaming={
                "context": "simple_context_block.context",
                "transform": "simple_context_block.transform",
            },
            name="equal[transformed context]",
        ),
    ],
    sizes=dict(channel=32),
)


@arrow
def added_through_bottleneck(x: Real[channel, position]) -> Real[channel]:
    """The same for the block with a bottleneck."""
    return op.mean(position)(global_context_block(x) - x)


the_bottleneck = architecture(
    added_through_bottleneck,
    laws=[
        laws.equal(
            context
            >> op.linear(channel, reduced, name="reduce")
            >> op.layer_norm(reduced)
            >> op.relu
            >> op.linear(reduced, channel, name="widen"),
            renaming={
                name: f"global_context_block.{name}"
                for name in ("context", "reduce", "layer_norm", "widen")
            },
            name="equal[context, through the bottleneck]",
        ),
    ],
    sizes=dict(channel=32, reduced=8),
)
bottleneck = architecture(
    global_context_block,
    atlas="global-context-networks",
    laws=[laws.equivariant(under=Symmetric(position))],
    sizes=dict(channel=32, reduced=8),
)
