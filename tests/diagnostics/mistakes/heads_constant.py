"""The same mistake with numbers: 12 heads on 100 features."""

from categorical import Dim, Real, architecture, arrow, op

token = Dim("token")


@arrow
def heads_apart(x: Real[token, 100]) -> Real[token, 12, 8]:
    """One axis for the heads, one for the features of a head."""
    return op.split(100, 12)(x)


model = architecture(heads_apart)
