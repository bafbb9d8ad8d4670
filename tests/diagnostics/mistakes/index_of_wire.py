"""The first token, by position, as in x[0]."""

from categorical import Dim, Real, architecture, arrow, op

token, width, label = Dim.named("token width label")


@arrow
def classify(tokens: Real[token, width]) -> Real[label]:
    """Scores from the first token."""
    return op.linear(width, label)(tokens[0])


model = architecture(classify, sizes=dict(width=8, label=2))
