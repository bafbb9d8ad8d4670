"""Token numbers declared as floats."""

from categorical import Dim, Real, architecture, arrow, op

token, letter, width = Dim.named("token letter width")


@arrow
def embed(text: Real[token]) -> Real[token, width]:
    """A vector for every letter."""
    return op.embedding(letter, width)(text)


model = architecture(embed, sizes=dict(letter=26, width=8))
