"""Gated multimodal unit: what is seen and what is read, mixed feature by feature.

Each modality proposes a value for every hidden feature, and a gate that sees both decides how much
each proposal counts: `gate * seen + (1 - gate) * read`.

Arevalo et al., "Gated Multimodal Units for Information Fusion", 2017.
"""

from categorical import Dim, Real, architecture, arrow, discard, identity, laws, op

image, text, hidden = Dim.named("image text hidden")
SIZES = dict(image=24, text=32, hidden=16)


@arrow
def gate(seen: Real[image], read: Real[text]) -> Real[hidden]:
    """How much the image counts, for each hidden feature."""
    both = op.concat(image, text)(seen, read)
    return op.sigmoid(op.linear(image + text, hidden, bias=False, name="both")(both))


@arrow(inline=True)
def mix(share: Real[hidden], first: Real[hidden], second: Real[hidden]) -> Real[hidden]:
    """A convex combination."""
    return share * first + (1 - share) * second


@arrow
def gated_multimodal_unit(seen: Real[image], read: Real[text]) -> Real[hidden]:
    """The fusion of two modalities."""
    first = op.tanh(op.linear(image, hidden, bias=False, name="image_value")(seen))
    second = op.tanh(op.linear(text, hidden, bias=False, name="text_value")(read))
    return mix(gate(seen, read), first, second)


@arrow
def with_roles_swapped(seen: Real[image], read: Real[text]) -> Real[hidden]:
    """The text first, and what the gate leaves over is its share."""
    first = op.tanh(op.linear(image, hidden, bias=False, name="image_value")(seen))
    second = op.tanh(op.linear(text, hidden, bias=False, name="text_value")(read))
    return mix(1 - gate(seen, read), second, first)


model = architecture(
    gated_multimodal_unit,
    laws=[
        laws.equal(with_roles_swapped, name="equal[modalities and gate swapped]"),
        laws.bounded(low=-1, high=1),
        laws.parameters(hidden * image + hidden * text + hidden * (image + text)),
    ],
    sizes=SIZES,
    atlas="gmu",
)

the_gate = architecture(
    gate,
    laws=[laws.bounded(low=0, high=1, strict=True)],
    sizes=SIZES,
    atlas="gmu",
)


# The gate is convex: proposals that agree are kept, and the mix is linear in the two of them.
@arrow
def mix_of_one(share: Real[hidden], value: Real[hidden]) -> Real[hidden]:
    """The mix of a value with itself."""
    return mix(share, value, value)


agreement = architecture(
    mix_of_one,
    laws=[laws.equal(discard(Real[hidden]) @ identity(Real[hidden]), name="equal[the value]")],
    sizes=dict(hidden=16),
    atlas="gmu",
)

convex = architecture(
    mix,
    laws=[laws.linear("first", "second")],
    sizes=dict(hidden=16),
    atlas="gmu",
)
