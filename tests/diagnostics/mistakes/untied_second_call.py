"""A layer called twice, as PyTorch code does to share it: here that makes two sets of weights."""

from categorical import Dim, Real, architecture, arrow, op

width = Dim("width")
layer = op.linear(width, width)


@arrow
def siamese(left: Real[width], right: Real[width]) -> Real[()]:
    """The similarity of two codes."""
    return op.einsum()(layer(left), layer(right))


model = architecture(siamese, sizes=dict(width=8))
