"""Geometric deep learning: graphs, spheres, groups, and two pixels (appendices C and H.1–H.3).

Layers are solved for, not written down; a solved layer states that it is all there is.
"""

from categorical import Dim, Real, arrow, laws, op
from categorical.groups import Acting, Cyclic, Symmetric, cube, cyclic
from categorical.inventory import remark, statement
from categorical.representations import regular
from synthesis import convolution, natural

vertex, channel, hidden, side = Dim.named("vertex channel hidden side")
to = vertex.at("to")
renumbering = Symmetric(vertex)

# --- C.1: graphs -------------------------------------------------------------------------------


@arrow
def graph_layer(x: Real[vertex, channel], a: Real[vertex, to]) -> Real[vertex, hidden]:
    """Own features, and the sum over neighbours."""
    own = op.linear(channel, hidden, name="own")(x)
    sent = op.linear(channel, hidden, bias=False, name="sent")(x)
    heard = op.einsum(vertex, hidden)(a, op.relabel(vertex, to)(sent))
    return op.relu(own + heard)


from_vertices = natural(Real[vertex], Real[vertex], under=renumbering)
from_pairs = natural(Real[vertex, to], Real[vertex], under=renumbering)


@arrow
def linear_part(x: Real[vertex, channel], a: Real[vertex, to, channel]) -> Real[vertex, hidden]:
    """All linear maps of features and adjacency to vertices."""
    return from_vertices.layer(channel, hidden, bias=False, name="x")(x) + from_pairs.layer(
        channel, hidden, bias=False, name="a"
    )(a)


graphs = statement(
    "C.1",
    "graph networks: Σ_n acts on (X, A) by (P X, P A Pᵀ) and on the answer by P; 2 + 5 linear maps",
    arrow=graph_layer,
    laws=[
        laws.equivariant(under=renumbering),
        laws.parameters(2 * channel * hidden + hidden),
    ],
    name="graph_networks",
)
listed = graph_layer >> op.roll(vertex, 1)
in_a_row = statement(
    "C.1",
    "graph networks: a layer that looks at the next vertex of the list is none",
    arrow=listed,
    laws=[laws.equivariant(under=renumbering).fails("the list has no order that counts")],
    name="order_of_vertices",
)
seven = statement(
    "C.1",
    "the linear part R^n ⊕ R^{n×n} → R^n has dimension Bell(2) + Bell(3) = 7",
    arrow=linear_part,
    laws=[
        laws.equivariant(under=renumbering),
        laws.complete(under=renumbering),
        laws.parameters(7 * channel * hidden),
        laws.parameters(8 * channel * hidden).fails(),
    ],
    name="seven_maps",
)

# --- C.2, C.3: spheres and groups ---------------------------------------------------------------

rotation, turn = Dim("rotation", size=24), Dim("turn", size=4)
x, y, z = side.at("x"), side.at("y"), side.at("z")
row, column = side.at("row"), side.at("column")
ROTATIONS = Acting(cube(), {rotation: regular(cube())}, grid=(x, y, z))
TURNS = Acting(cyclic(4), {turn: regular(cyclic(4))}, grid=(row, column))


@arrow
def lift(volume: Real[1, x, y, z]) -> Real[hidden, rotation, x, y, z]:
    """The correlation with a kernel in every one of the 24 positions of the cube."""
    return convolution(target_fibre=rotation, channels=(1, hidden), under=ROTATIONS, name="lift")(
        volume
    )


@arrow
def lift_of_one_position(volume: Real[1, x, y, z]) -> Real[hidden, rotation, x, y, z]:
    """A plain convolution, repeated for all positions."""
    seen = op.conv(1, hidden, over=(x, y, z), kernel=3, padding="circular")(volume)
    return op.transpose(hidden, rotation, x, y, z)(op.expand(rotation)(seen))


spherical = statement(
    "C.2",
    "lifting to a group, f ↦ (R ↦ ⟨f, ψ(R⁻¹ −)⟩): for the 24 rotations of a cube in place of SO(3)",
    arrow=lift,
    laws=[laws.equivariant(under=ROTATIONS), laws.complete(under=ROTATIONS)],
    name="lift",
)
unlifted = statement(
    "C.2",
    "one position of the kernel is not enough",
    arrow=lift_of_one_position,
    laws=[laws.equivariant(under=ROTATIONS).fails()],
    name="one_position",
)
continuous = remark(
    "C.2",
    "functions on the sphere and on SO(3) themselves",
    "no array holds a function on a continuum; harmonics are the coordinates (specs of spheres)",
)


@arrow
def group_convolution(
    edges: Real[channel, turn, row, column],
) -> Real[hidden, turn, row, column]:
    """ψ(g⁻¹ h): turning the image turns its responses, and permutes them."""
    return convolution(
        source_fibre=turn,
        target_fibre=turn,
        channels=(channel, hidden),
        under=TURNS,
        padding="circular",
    )(edges)


groups = statement(
    "C.3",
    "group convolutions: the regular representation (G → R), kernels ψ(g⁻¹ h)",
    arrow=group_convolution,
    laws=[
        laws.equivariant(under=TURNS),
        laws.complete(under=TURNS),
        laws.parameters(36 * channel * hidden + hidden),
        laws.parameters(9 * channel * hidden + hidden).fails("as many as one kernel"),
    ],
    name="group_convolution",
)

# --- H.1–H.3: two pixels, and k -----------------------------------------------------------------

pixel = Dim("pixel", size=2)
swap_pixels = Acting(cyclic(2), {pixel: cyclic(2).points()})
mixed = natural(Real[pixel], Real[pixel], under=swap_pixels)
summed = natural(Real[pixel], Real.scalar, under=swap_pixels)


@arrow
def by_two_weights(image: Real[pixel]) -> Real[pixel]:
    """[[w₁, w₂], [w₂, w₁]] applied to two pixels."""
    same = op.parameter(Real.scalar, name="same")()
    other = op.parameter(Real.scalar, name="other")()
    turned = op.roll(pixel, 1)(image)
    return op.expand(pixel)(same) * image + op.expand(pixel)(other) * turned


two_pixels = statement(
    ("H.1", "eq 11"),
    "two pixels: an equivariant matrix is [[w₁, w₂], [w₂, w₁]]",
    arrow=by_two_weights,
    laws=[laws.equivariant(under=swap_pixels), laws.parameters(2)],
    name="two_pixels",
)
all_two = statement(
    ("H.1", "eq 11"),
    "two pixels: there are two such maps, and no more",
    arrow=mixed.layer(channel, hidden, bias=False, name="maps"),
    laws=[
        laws.equivariant(under=swap_pixels),
        laws.complete(under=swap_pixels),
        laws.parameters(2 * channel * hidden),
    ],
    name="two_maps",
)
free_matrix = statement(
    ("H.1", "eq 11"),
    "two pixels: a matrix with four weights is not equivariant",
    arrow=op.linear(pixel, pixel, bias=False),
    laws=[laws.equivariant(under=swap_pixels).fails()],
    name="four_weights",
)

ring = Dim("ring", size=5)
SHIFTS = Acting(cyclic(5), {ring: cyclic(5).points()})
circulant = natural(Real[ring], Real[ring], under=SHIFTS)
circulants = statement(
    "H.2",
    "k pixels: equivariance under Z_k is convolution, k weights of a circulant matrix",
    arrow=circulant.layer(channel, hidden, bias=False, name="maps"),
    laws=[
        laws.equivariant(under=SHIFTS),
        laws.complete(under=SHIFTS),
        laws.parameters(5 * channel * hidden),
    ],
    name="circulants",
)
steps = Dim("steps")
convolutions = statement(
    "H.2",
    "a convolution on a circle of any size commutes with its shifts",
    arrow=op.conv(channel, hidden, over=steps, kernel=3, padding="circular"),
    laws=[laws.equivariant(under=Cyclic(steps))],
    name="convolution_on_a_circle",
)


@arrow
def weighted_sums(image: Real[pixel]) -> Real[2]:
    """(w₁ s, w₃ s) for s = x₁ + x₂: one weight for each output."""
    total = op.sum(pixel)(image)
    weights = op.parameter(Real[2], name="weights")()
    return op.expand(2)(total) * weights


invariance = statement(
    ("H.3", "eq 12"),
    "invariance to a trivial codomain: Hom(R^{Z₂}, trivial²) has one weight for each output",
    arrow=weighted_sums,
    laws=[laws.invariant(under=swap_pixels), laws.parameters(2), laws.linear()],
    name="two_invariants",
)
one_each = statement(
    ("H.3", "eq 12"),
    "invariance: each output is a multiple of the sum, and nothing else",
    arrow=summed.layer(channel, hidden, bias=False, name="maps"),
    laws=[
        laws.invariant(under=swap_pixels),
        laws.complete(under=swap_pixels),
        laws.parameters(channel * hidden),
    ],
    name="one_map_each",
)
