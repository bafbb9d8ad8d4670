"""The pre-norm transformer block, as in GPT-2.

Each token first gathers from the tokens before it (causal attention), then thinks by itself (an
MLP).  Both are corrections that are added to the stream, and both read it through a layer norm.

Vaswani et al., "Attention Is All You Need", 2017; Radford et al., "Language Models are Unsupervised
Multitask Learners", 2019.
"""

from categorical import Dim, Real, architecture, arrow, laws, op, reparametrise
from categorical.composites import attention, mlp, residual
from categorical.groups import Symmetric

token, width, heads = Dim.named("token width heads")

# Every head gets `width // heads` features, so `heads` must divide `width`; else CM008.
SIZES = dict(width=64, heads=4)


@arrow
def transformer_block(x: Real[token, width]) -> Real[token, width]:
    """One block of a language model: a token sees itself and the tokens before it."""
    look = attention(token, width, heads, mask="causal", packed=True)
    think = mlp(width, 4 * width, width, activation=op.gelu)
    x = x + look(op.layer_norm(width, name="norm_1")(x))
    return x + think(op.layer_norm(width, name="norm_2")(x))


block_weights = (
    (3 * width * width + 3 * width)  # queries, keys and values
    + (width * width + width)  # out of the heads
    + (4 * width * width + 4 * width)  # up
    + (4 * width * width + width)  # down
    + 4 * width  # two layer norms
)

# The same block as a chain: each half is added to what it reads.
chain = residual(
    op.layer_norm(width, name="norm_1")
    >> attention(token, width, heads, mask="causal", packed=True)
) >> residual(
    op.layer_norm(width, name="norm_2") >> mlp(width, 4 * width, width, activation=op.gelu)
)

model = architecture(
    transformer_block,
    laws=[
        laws.causal(over=token),
        laws.equal(chain, name="equal[the chain]"),
        laws.parameters(block_weights),
    ],
    sizes=SIZES,
)


# The same block without a mask: then no token is special, and reordering them reorders the answers.
encoder_block = (
    residual(op.layer_norm(width, name="norm_1") >> attention(token, width, heads, packed=True))
    >> residual(
        op.layer_norm(width, name="norm_2") >> mlp(width, 4 * width, width, activation=op.gelu)
    )
).named("encoder_block")

unmasked = architecture(
    encoder_block,
    laws=[
        laws.equivariant(under=Symmetric(token)),
        laws.causal(over=token).fails("every token sees every other one"),
        laws.parameters(block_weights),
    ],
    sizes=SIZES,
)


# Packed or separate projections are one architecture: the packed weight is computed from three.
rows = width.at("out")
three_weights = op.concat(rows, rows, rows).at(*3 * [Real[rows, width]])
three_biases = op.concat(width, width, width).at(*3 * [Real[width]])

projected = attention(token, width, heads, mask="causal", packed=True)
projected = reparametrise(
    projected, "qkv.weight", by=three_weights, names=["query", "key", "value"]
)
projected = reparametrise(
    projected, "qkv.bias", by=three_biases, names=["query_bias", "key_bias", "value_bias"]
)

packed = architecture(
    projected.named("packed"),
    laws=[
        laws.equal(
            attention(token, width, heads, mask="causal"),
            renaming={
                f"{name}.{kind}": f"qkv.{name}{suffix}"
                for name in ("query", "key", "value")
                for kind, suffix in (("weight", ""), ("bias", "_bias"))
            },
            name="equal[separate projections]",
        ),
        laws.causal(over=token),
    ],
    sizes=SIZES,
)
