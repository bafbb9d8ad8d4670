"""A small causal transformer over characters (GPT-2's block order, Radford et al. 2019).

The claim that matters is causality: the prediction after a character never sees what follows it.
It is proved for texts of every length, with the masks, positions and residual paths as written.
"""

from categorical import Dim, Fin, Init, Real, architecture, arrow, iterate, laws, op
from categorical.composites import attention, mlp, residual

token, letter, width, heads, inner, blocks = Dim.named("token letter width heads inner blocks")


@arrow
def block(x: Real[token, width]) -> Real[token, width]:
    """Attention to earlier characters, then a perceptron, each added to its input."""
    look = op.layer_norm(width, name="norm1") >> attention(token, width, heads, mask="causal")
    think = op.layer_norm(width, name="norm2") >> mlp(width, inner, width, activation=op.gelu)
    return residual(think)(residual(look)(x))


@arrow
def character_model(text: Fin(letter)[token]) -> Real[token, letter]:
    """Scores of the next character at every position."""
    places = op.parameter(Real[token, width], name="places")()
    x = op.embedding(letter, width, init=Init("normal", (0.1,)), name="letters")(text) + places
    x = iterate(block, blocks, name="blocks")(x)
    return op.linear(width, letter, bias=False, name="scores")(op.layer_norm(width, name="last")(x))


model = architecture(
    character_model,
    laws=[
        laws.causal(token),
        laws.parameters(
            2 * letter.size * width.size
            + token.size * width.size
            + 2 * width.size
            + blocks.size
            * (
                4 * (width.size + 1) * width.size
                + 2 * inner.size * width.size
                + inner.size
                + 5 * width.size
            )
        ),
    ],
    sizes=dict(token=64, letter=100, width=64, heads=4, inner=256, blocks=2),
    stream=token,
)
