"""A comparison of a wire with text."""

from categorical import Dim, Fin, Real, architecture, arrow, op

token, letter, width = Dim.named("token letter width")


@arrow
def embed(text: Fin(letter)[token]) -> Real[token, width]:
    """A vector for every letter."""
    return op.embedding(letter, width)(text) * "mask"


model = architecture(embed, sizes=dict(letter=26, width=8))
