"""Two copies side by side have the features n + n, not n."""

from categorical import Dim, Real, architecture, arrow, op

n, label = Dim.named("n label")


@arrow
def both(left: Real[n], right: Real[n]) -> Real[label]:
    """A linear layer on two vectors side by side."""
    joined = op.concat(n, n)(left, right)
    return op.linear(n, label)(joined)


model = architecture(both, sizes=dict(n=8, label=2))
