"""GLGENN: multivector layers whose weights are shared by grades that are equal modulo 4.

The grades of a Clifford algebra fall into four quaternion types, which reversion and the grade
involution tell apart.  A linear layer has one weight for each type and pair of channels, at most 4
instead of n + 1; a product has one for each path of types, a mask of 4 × 4 × 4, at most 32 instead
of a number that grows with n³.  In Cl(5): 4 and 32, against 6 and 56.

The layer is the one by grades with its weights tied: the same function, when the weights of the
grades are computed from those of the types.  So it is equivariant, and it leaves maps out.  Here
both are normalised by types, which no tie would do.

Filimoshina and Shirokov, "GLGENN: a novel parameter-light equivariant neural networks architecture
based on Clifford geometric algebras", 2025 (arXiv 2506.09625; counts as in its published code).
"""

from categorical import Dim, Real, architecture, arrow, laws, op, reparametrise
from categorical.composites.multivectors import part_norm
from categorical.groups import Acting, orthogonal
from categorical.index import Axis, points
from categorical.representations import clifford, isometries

narrow, wide = Dim.named("narrow wide")
SIZES = dict(narrow=4, wide=8)


def linear(algebra, blade, channels, split, name):
    """One weight for each part and pair of channels: parts are grades or types."""
    source, target = channels
    maps = algebra.projections(split)
    return op.hom(maps, ((blade,),), (blade,), channels=(source,), out=target, name=name)


def product(algebra, blade, channel, split):
    """A product of multivectors, a weight for each path of parts and channel."""
    return op.hom(
        algebra.product(split),
        ((blade,), (blade,)),
        (blade,),
        channels=(channel, channel),
        mix="each",
        name="product",
    )


def layer(algebra, blade, split):
    """A linear map; the result times a normalised linear map of itself."""

    @arrow
    def multiplied(x: Real[blade, narrow]) -> Real[blade, wide]:
        left = linear(algebra, blade, (narrow, wide), split, "first")(x)
        right = linear(algebra, blade, (wide, wide), split, "right")(left)
        right = part_norm(algebra, blade, wide, split="types")(right)
        return product(algebra, blade, wide, split)(left, right)

    return multiplied


def acting(isometries_of_vectors, algebra, blade):
    """A group of isometries, on multivectors."""
    return Acting(isometries_of_vectors, {blade: algebra.action(isometries_of_vectors.standard())})


def weights(parts, paths, types):
    """Two linear maps, a product, and the normalisation by types."""
    return parts * (narrow.size * wide.size + wide.size * wide.size) + (paths + types) * wide.size


cl5 = clifford(5)
blade = Dim("blade", size=cl5.dimension)
O5 = acting(orthogonal(5), cl5, blade)
tied, untied = layer(cl5, blade, "types"), layer(cl5, blade, "grades")


def share(net, weight, fine):
    """The weights of grades (or of their paths) are computed from those of types, by a matrix that
    has a 1 where the grade lies in the type; ``fine`` has the type of each."""
    coarse = sorted(set(fine))
    space = net.parameters[weight]
    maps, *rest = space.axes
    types = Axis(points(len(coarse)), "map")
    table = [[int(of == one) for one in coarse] for of in fine]

    @arrow
    def shared(weight_of_type: Real[types, *rest]) -> space:
        return op.einsum(*space.axes)(op.table(Real[maps, types], table)(), weight_of_type)

    return reparametrise(net, weight, by=shared, names=["types"])


grades = [k % 4 for k in range(cl5.n + 1)]
paths = [tuple(k % 4 for k in path) for path in cl5.paths()]
shared = share(
    share(share(untied, "first.weight", grades), "right.weight", grades), "product.weight", paths
)

model = architecture(
    tied.named("glgenn"),
    laws=[
        laws.equivariant(under=O5),
        laws.parameters(weights(4, 32, 4)),
        laws.equal(
            shared,
            renaming={f"{name}.types": f"{name}.weight" for name in ("first", "right", "product")},
            name="equal[by grades, tied]",
        ),
        laws.complete(under=O5).fails("the types leave out that grades 0 and 4 are scaled apart"),
    ],
    sizes=SIZES,
    atlas="glgenn",
)
by_grades = architecture(
    untied.named("by_grades"),
    laws=[laws.equivariant(under=O5), laws.parameters(weights(6, 56, 4))],
    sizes=SIZES,
)
every_linear = architecture(
    linear(cl5, blade, (narrow, wide), "grades", "first"),
    name="linear_by_grades",
    laws=[laws.equivariant(under=O5), laws.complete(under=O5)],
    sizes=SIZES,
)

# The same layer for a quadratic form with a null vector: rotations, reflections and shears.
pga = clifford(3, 0, 1)
element = Dim("element", size=pga.dimension)
ISOMETRIES = acting(isometries(3, 0, 1), pga, element)
degenerate = architecture(
    layer(pga, element, "types").named("degenerate"),
    laws=[laws.equivariant(under=ISOMETRIES)],
    sizes=SIZES,
)

# … and for the form of space-time.
sta = clifford(1, 3)
spacetime = Dim("spacetime", size=sta.dimension)
LORENTZ = acting(isometries(1, 3), sta, spacetime)
relativistic = architecture(
    layer(sta, spacetime, "types").named("relativistic"),
    laws=[laws.equivariant(under=LORENTZ)],
    sizes=SIZES,
)
