"""Networks of multivectors: O(3) acts on scalars, vectors, planes and volumes at once.

A point of Cl(3) has one part for each grade.  All linear maps that commute with O(3) scale the
grades, one number each; all bilinear ones are sums of products of one grade by another, read at a
third: 20 paths.  Both layers are solved for and not written down; between them the parts are gated
and divided by numbers that do not change under O(3).

Ruhe et al., "Clifford group equivariant neural networks", 2023 (arXiv 2305.11141).
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.composites.multivectors import part_gate, part_norm, part_squares
from categorical.groups import Acting, orthogonal
from categorical.representations import clifford
from synthesis import natural

algebra = clifford(3)
blade = Dim("blade", size=algebra.dimension)
narrow, wide, label = Dim.named("narrow wide label")
o3 = orthogonal(3)
O3 = Acting(o3, {blade: algebra.action(o3.standard())})

linear = natural(Real[blade], Real[blade], under=O3)
products = natural((Real[blade], Real[blade]), Real[blade], under=O3)
GRADES, PATHS = algebra.n + 1, len(algebra.paths())


def product(x, channel):
    """The first-order term plus a product of x with a normalised linear map of itself."""
    right = linear.layer(channel, channel, bias=False, name="right")(x)
    right = part_norm(algebra, blade, channel)(right)
    both = products.layer(channel, bias=False, mix="each", name="product")(x, right)
    return op.scale(0.5**0.5)(linear.layer(channel, channel, name="left")(x) + both)


@arrow
def multivectors(x: Real[blade, narrow]) -> Real[blade, wide]:
    """Multivectors from multivectors: they turn with their inputs."""
    hidden = linear.layer(narrow, wide, name="first")(x)
    gated = part_gate(algebra, blade, wide)(hidden)
    return product(gated, wide)


@arrow
def scores(x: Real[blade, narrow]) -> Real[label]:
    """Scores that do not change: the forms of the grades of the last multivectors."""
    found = multivectors(x)
    squares = part_squares(algebra, blade)(found, found)
    forms = op.merge(*squares.type.axes)(squares)
    code = op.silu(op.linear(forms.type.axes[0], wide, name="code")(forms))
    return op.linear(wide, label, name="scores")(code)


# A weight for each grade and pair of channels, a bias for the unit; a gate has two numbers for each
# grade and channel, a normalisation one.
first = GRADES * narrow.size * wide.size + wide.size
gates = 2 * GRADES * wide.size
step = (2 * wide.size * GRADES + 1 + PATHS + GRADES) * wide.size

SIZES = dict(narrow=4, wide=8)
network = architecture(
    multivectors,
    name="multivectors",
    laws=[
        laws.equivariant(under=O3),
        laws.complete(under=O3),
        laws.parameters(first + gates + step),
    ],
    sizes=SIZES,
)
invariant = architecture(
    scores,
    name="multivector_scores",
    laws=[
        laws.invariant(under=O3),
        laws.parameters(
            first
            + gates
            + step
            + (GRADES * wide.size + 1) * wide.size
            + (wide.size + 1) * label.size
        ),
    ],
    sizes=SIZES | dict(label=3),
)
