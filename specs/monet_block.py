"""MONet: image models without activation functions, built from products.

The core of a block (the Mu-layer) multiplies two linear views of its input entry by entry and adds
a skip connection.  The answer is a polynomial of degree two, so a stack of blocks is a polynomial
whose degree doubles with every block.  Spatial shifts and normalisation, which the paper puts
between the layers, change no degree (a shift) or are no polynomial (a norm); they are left out.

Cheng et al., "Multilinear Operator Networks", 2024.
"""

from categorical import Dim, Real, architecture, arrow, laws, op, tie

width, inner, rank = Dim.named("width inner rank")
SIZES = dict(width=32, inner=48, rank=12)


@arrow
def product(left: Real[width], right: Real[width]) -> Real[inner]:
    """The product of two linear views; the second goes through few features (`rank`)."""
    view = op.linear(width, inner, bias=False, name="view")(left)
    narrow = op.linear(width, rank, bias=False, name="narrow")(right)
    return view * op.linear(rank, inner, bias=False, name="widen")(narrow)


@arrow
def monet_block(x: Real[width]) -> Real[width]:
    """`C (A x * B D x + A x)`."""
    view = op.linear(width, inner, bias=False, name="view")(x)
    narrow = op.linear(width, rank, bias=False, name="narrow")(x)
    other = op.linear(rank, inner, bias=False, name="widen")(narrow)
    return op.linear(inner, width, bias=False, name="out")(view * other + view)


model = architecture(
    monet_block,
    laws=[
        laws.degree(2),
        laws.parameters(inner * width + rank * width + inner * rank + width * inner),
    ],
    sizes=SIZES,
    atlas="monet",
)

two_blocks = architecture(
    (monet_block >> monet_block).named("two_blocks"),
    laws=[laws.degree(4)],
    sizes=SIZES,
    atlas="monet",
)

three_blocks = architecture(
    (monet_block >> monet_block >> monet_block).named("three_blocks"),
    laws=[laws.degree(8)],
    sizes=SIZES,
    atlas="monet",
)

# With its two inputs apart, the product is linear in each of them, and so multilinear.
multilinear = architecture(
    product,
    laws=[
        laws.linear("left"),
        laws.linear("right"),
        laws.linear("left", "right").fails("it is bilinear, not linear in both together"),
    ],
    sizes=SIZES,
    atlas="monet",
)


# On the diagonal it is the nonlinear part of the block.
@arrow
def from_product(x: Real[width]) -> Real[width]:
    """The product of the input with itself, and the skip connection."""
    view = op.linear(width, inner, bias=False, name="skip")(x)
    return op.linear(inner, width, bias=False, name="out")(product(x, x) + view)


polarised = architecture(
    tie(from_product, {"skip.weight": "product.view.weight"}).named("from_product"),
    laws=[
        laws.equal(
            monet_block,
            renaming={name: f"product.{name}" for name in ("view", "narrow", "widen")},
            name="equal[monet_block]",
        ),
        laws.degree(2),
    ],
    sizes=SIZES,
    atlas="monet",
)
