"""Tensors of degree 0, 1 and 2 in space, and all linear and bilinear maps between them.

A feature has nine numbers: a scalar, a vector, and a symmetric traceless matrix, the irreducible
representations of O(3) of degree 0, 1 and 2.  Linear maps keep the degree (Schur's lemma): there
are three.  Two such features have eleven products, one for each allowed triple of degrees; a layer
trains one weight for each product and each pair of channels.  Both are solved for, with exact
entries (√3 among them); nothing about spherical harmonics is written by hand.

Thomas et al., "Tensor field networks", 2018; Geiger and Smidt, "e3nn", 2022.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.groups import Acting, orthogonal
from categorical.representations import spherical
from synthesis import natural

tensor = Dim("tensor", size=9)
channel, hidden = Dim.named("channel hidden")
shape = tensor.at("shape")

vector = orthogonal(3).standard()
degrees = [spherical(vector, degree, basis="orthonormal") for degree in range(3)]
O3 = Acting(orthogonal(3), {tensor: degrees[0] + degrees[1] + degrees[2]})

one_degree = natural(Real[tensor], Real[tensor], under=O3)
products = natural((Real[tensor], Real[shape]), Real[tensor], under=O3)
SIZES = dict(channel=16, hidden=8)

linear = architecture(
    one_degree.layer(channel, hidden, bias=False),
    name="linear",
    laws=[
        laws.equivariant(under=O3),
        laws.complete(under=O3),
        laws.parameters(3 * hidden * channel),
    ],
    sizes=SIZES,
)


def product(x, y, name):
    """All products of features with one shape, and the channels mixed."""
    made = op.hom(
        products.maps,
        ((tensor,), (shape,)),
        (tensor,),
        channels=(channel, None),
        out=hidden,
        under=O3,
        name=name,
    )
    return made(x, y)


@arrow
def tensor_product(x: Real[tensor, channel], y: Real[shape]) -> Real[tensor, hidden]:
    """Features times a shape: what a point hears from a neighbour in the direction of y."""
    return product(x, y, "products")


model = architecture(
    tensor_product,
    laws=[
        laws.equivariant(under=O3),
        laws.complete(under=O3),
        laws.linear("x"),
        laws.linear("y"),
        laws.parameters(11 * hidden * channel),
    ],
    sizes=SIZES,
)
