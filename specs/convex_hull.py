"""The volume of the convex hull of points in five dimensions: six networks and their symmetries.

The volume does not change when the points are numbered anew, rotated, reflected or shifted.

`exterior` has all of these symmetries.  The points are moved to their mean; each gets weights that
depend on its distance from there, and the weighted sums of x ⊗ x are symmetric tensors of rank 2,
one a channel.  Their exterior powers live on planes, volumes, … (Λᵏ ⊗ Λᵏ); traces of these are the
invariants, up to the determinant.  The exterior product and the traces are solved for: between
these types O(5) leaves one map each.

The others are networks from the literature.  `by_grades` and `by_types` are those of the experiment
in which CGENN and GLGENN were compared: the points are channels of multivectors, so O(5) is a
symmetry, and the numbering is not.  `vector_neurons` has both; `deep_sets` knows only permutations,
`plain` nothing.

Ruhe et al. 2023 (arXiv 2305.11141); Filimoshina and Shirokov 2025 (arXiv 2506.09625); Deng et al.
2021 (arXiv 2104.12229); Zaheer et al. 2017 (arXiv 1703.06114).
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.composites.equivariant import vector_relu
from categorical.composites.mlp import mlp
from categorical.composites.multivectors import part_norm, part_squares
from categorical.groups import Acting, Orthogonal, Symmetric, orthogonal
from categorical.representations import clifford, exterior_power
from synthesis import natural

inner, channel, head = Dim.named("inner channel head")
point, space = Dim("point", size=16), Dim("space", size=5, action="rotation")
to, other = space.at("to"), point.at("other")
vector = orthogonal(5).standard()


def score(invariants, width=head):
    """One number from all invariants."""
    merged = op.merge(*invariants.type.axes)(invariants)
    found = op.silu(op.linear(merged.type.axes[0], width, name="invariants")(merged))
    return op.linear(width, 1, name="volume")(found)


# --- exterior powers ------------------------------------------------------------------------------

plane, solid = Dim("plane", size=10), Dim("solid", size=10)
four, five = Dim("four", size=5), Dim("five", size=1)
powers = (space, plane, solid, four, five)
O5 = Acting(orthogonal(5), {d: exterior_power(vector, k) for k, d in enumerate(powers, 1)})


def the_map(sources, target):
    """The equivariant map between these types, where there is one up to a factor."""
    found = natural(tuple(Real[one] for one in sources), Real[target], under=O5)
    assert found.dimension == 1
    return op.hom(found.maps, sources, target, coefficients=(1,))


def times(power, tensors, k):
    """(Λᵏ S) ∧ S / (k + 1) = Λᵏ⁺¹ S, by rows and then by columns."""
    old, new = powers[k - 1], powers[k]
    far = space.at("far")
    rows = the_map(((old,), (space,)), (new,))(power, op.relabel(to, far)(tensors))
    columns = the_map(((old.at("to"), far),), (new.at("to"),))
    return op.scale(1 / (k + 1))(columns(rows))


def invariants_of(away):
    """The volume, from the exterior powers of weighted sums of x ⊗ x."""
    distance = op.transpose(point, 1)(op.unsqueeze(1)(op.einsum(point)(away, away)))
    weights = op.softplus(mlp(1, inner, channel, activation=op.silu)(distance))
    tensors = op.einsum(space, to, channel)(weights, away, op.relabel(space, to)(away))
    tensors = op.scale(1 / 16)(tensors)  # the mean
    power, found = tensors, []
    for k, d in enumerate(powers, 1):
        trace = the_map(((d, d.at("to")),), ())(power)
        found.append(op.unsqueeze(1)(op.sqrt(trace + op.full_like(1e-4)(trace))))
        power = times(power, tensors, k) if k < len(powers) else power
    return score(op.concat(*[one.type.axes[0] for one in found])(*found))


@arrow
def exterior(x: Real[point, space]) -> Real[1]:
    """The volume of the hull of the points."""
    return invariants_of(x - op.expand(point)(op.mean(point)(x)))


@arrow
def after_a_shift(x: Real[point, space], shift: Real[space]) -> Real[1]:
    """The same of shifted points."""
    return exterior(x + op.expand(point)(shift))


@arrow
def after_the_opposite(x: Real[point, space], shift: Real[space]) -> Real[1]:
    """The same of points shifted the other way: with any shift and any points, any two shifts."""
    return exterior(x - op.expand(point)(shift))


# --- networks of the literature -------------------------------------------------------------------

algebra = clifford(5)
blade = Dim("blade", size=algebra.dimension)
MULTIVECTORS = Acting(orthogonal(5), {space: vector, blade: algebra.action(vector)})
embed = natural(Real[space], Real[blade], under=MULTIVECTORS)


def product(x, split):
    """A linear map plus a product of x with a normalised linear map of itself, by parts."""

    def linear(name):
        maps = algebra.projections(split)
        return op.hom(maps, ((blade,),), (blade,), channels=(channel,), out=channel, name=name)

    right = part_norm(algebra, blade, channel, split=split)(linear("right")(x))
    maps, both = algebra.product(split), (channel, channel)
    multiply = op.hom(
        maps, ((blade,), (blade,)), (blade,), channels=both, mix="each", name="product"
    )
    return op.scale(0.5**0.5)(linear("left")(x) + multiply(x, right))


def multivectors(split):
    @arrow
    def network(x: Real[point, space]) -> Real[1]:
        """The volume; the points are channels of multivectors."""
        y = op.transpose(blade, channel)(embed.layer(point, channel, bias=False, name="embed")(x))
        y = product(product(y, split), split)
        return score(op.log1p(part_squares(algebra, blade, split)(y, y)))

    return network


@arrow
def vector_neurons(x: Real[point, space]) -> Real[1]:
    """The volume, by vectors at each pair of points and then at each point."""
    linear = natural(Real[space], Real[space], under=Orthogonal(space))
    here = op.transpose(point, other, space)(op.expand(other)(x))
    away = here - op.transpose(point, other, space)(op.expand(point)(op.relabel(point, other)(x)))
    pair = op.concat(1, 1)(
        *[op.transpose(point, other, 1, space)(op.unsqueeze(1)(v)) for v in (here, away)]
    )
    edge = linear.layer(2, channel, name="edge")(op.transpose(point, other, space, 2)(pair))
    edge = vector_relu(space, channel, point, other)(edge)
    node = linear.layer(channel, channel, name="node")(op.mean(other)(edge))
    node = vector_relu(space, channel, point)(node)
    frame = linear.layer(channel, channel.at("frame"), name="frame")(node)
    return score(op.mean(point)(op.contract(space)(node, frame)))


@arrow
def deep_sets(x: Real[point, space]) -> Real[1]:
    """The volume, from the mean of what each point says."""
    each = mlp(space, inner, inner, activation=op.silu)(x)
    return mlp(inner, inner, 1, activation=op.silu)(op.mean(point)(each))


@arrow
def plain(x: Real[point, space]) -> Real[1]:
    """The volume, by a perceptron that sees 80 numbers."""
    flat = op.merge(point, space)(x)
    return mlp(flat.type.axes[0].index, inner, inner, 1, activation=op.silu)(flat)


# --- what holds -----------------------------------------------------------------------------------


@arrow
def of_differences(away: Real[point, space]) -> Real[1]:
    """`exterior` before the points are moved to their mean: O(5) fixes the origin."""
    return invariants_of(away)


SIZES = dict(inner=16, channel=4, head=32)
model = architecture(exterior, laws=[laws.invariant(under=Symmetric(point))], sizes=SIZES)
around_the_mean = architecture(
    of_differences,
    laws=[laws.invariant(under=O5), laws.invariant(under=Symmetric(point))],
    sizes=SIZES,
)
translated = architecture(
    after_a_shift,
    name="translated",
    laws=[laws.equal(after_the_opposite, name="equal[shifted the other way]")],
    sizes=SIZES,
)
by_grades = architecture(
    multivectors("grades").named("by_grades"),
    laws=[laws.invariant(under=MULTIVECTORS)],
    sizes=dict(channel=8, head=16),
)
by_types = architecture(
    multivectors("types").named("by_types"),
    laws=[laws.invariant(under=MULTIVECTORS)],
    sizes=dict(channel=8, head=16),
)
neurons = architecture(
    vector_neurons,
    laws=[laws.invariant(under=Symmetric(point)), laws.invariant(under=Orthogonal(space))],
    sizes=dict(channel=8, head=16),
)
sets = architecture(
    deep_sets,
    laws=[laws.invariant(under=Symmetric(point))],
    sizes=dict(inner=64),
)
perceptron = architecture(plain, laws=[], sizes=dict(inner=16))
