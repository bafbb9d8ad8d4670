"""Self-attention with a mask that is an input.

The mask says which token may look at which: it is a table over pairs of tokens, so it has two axes
over one index set, told apart by a label.  Reordering the tokens reorders the table on both.

Vaswani et al., "Attention Is All You Need", 2017.
"""

from categorical import Bool, Dim, Real, architecture, arrow, laws, op
from categorical.composites import attention
from categorical.groups import Symmetric

token, width, heads = Dim.named("token width heads")
key = token.at("key")


@arrow
def self_attention(x: Real[token, width], may_look: Bool[token, key]) -> Real[token, width]:
    """Token i takes a weighted mean of the values of those tokens that it may look at."""
    part = width // heads

    def split(wire):
        return op.split(width, heads, part)(wire)

    asks = split(op.linear(width, width, name="query")(x))
    offers = split(op.relabel(token, key)(op.linear(width, width, name="key")(x)))
    values = split(op.relabel(token, key)(op.linear(width, width, name="value")(x)))

    scores = op.scale_root(part)(op.einsum(heads, token, key)(asks, offers))
    weights = op.softmax(key, masked=True)(scores, may_look)
    mixed = op.einsum(token, heads, part)(weights, values)
    return op.linear(width, width, name="out")(op.merge(heads, part)(mixed))


SIZES = dict(width=32, heads=4)

model = architecture(
    self_attention,
    laws=[
        laws.equivariant(under=Symmetric(token)),
        laws.equal(attention(token, width, heads, mask="given"), name="equal[the composite]"),
    ],
    sizes=SIZES,
)


# A mask that hides nothing is no mask.
@arrow
def everyone_sees_everyone(x: Real[token, width]) -> Real[token, width]:
    """Self-attention with a mask that is true everywhere."""
    return self_attention(x, op.full(Bool[token, key], True)())


unmasked = architecture(
    everyone_sees_everyone,
    laws=[
        laws.equal(
            attention(token, width, heads),
            renaming={name: f"self_attention.{name}" for name in ("query", "key", "value", "out")},
            name="equal[no mask]",
        ),
        laws.equivariant(under=Symmetric(token)),
    ],
    sizes=SIZES,
)


# A token that sees itself only gets its own value: attention is then two affine maps.
@arrow
def everyone_alone(x: Real[token, width]) -> Real[token, width]:
    """Self-attention in which no token sees another one."""
    return self_attention(x, op.band_mask(token, key, before=0, after=0)())


alone = architecture(
    everyone_alone,
    laws=[
        laws.equal(
            (op.linear(width, width, name="value") >> op.linear(width, width, name="out")).at(
                Real[token, width]
            ),
            renaming={"value": "self_attention.value", "out": "self_attention.out"},
            name="equal[two affine maps]",
        ),
        laws.per_sample(over=token),
    ],
    sizes=SIZES,
)
