"""Steerable convolutional networks for rotations that do not map a pixel grid to itself.

Kernels that commute with all rotations of the plane are known in closed form: harmonics of the
angle times rings.  On a grid they are *sampled*, and a rotation by 45° moves pixels between pixels.
So two kinds of sentences can be said of these networks: that they commute with the quarter turns is
proved; that they commute with the other rotations is not a law of any network of pixels, and the
error is measured: ``turning.error("r")`` is 0.14 for waves four pixels long, 0.05 for eight pixels.

The first network has the regular fibre of C8, eight responses a pixel, one for each eighth of a
turn.  The second has fibres that SO(2) rotates: scalars, vectors, and the frequency 2.

Weiler and Cesa, "General E(2)-equivariant steerable CNNs", 2019.
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.composites.equivariant import norm_gate
from categorical.exact import Matrix
from categorical.groups import Acting, cyclic, special_orthogonal
from categorical.representations import Representation, regular
from synthesis import sampled_convolution
from synthesis.solver.sampled import sampled

side, narrow, wide, label = Dim.named("side narrow wide label")
row, column = side.at("row"), side.at("column")
grid = (row, column)

# --- C8: eighths of a turn ------------------------------------------------------------------------

eighth = Dim("eighth", size=8)
c8, c4 = cyclic(8), cyclic(4)
lifting = sampled(Representation.trivial(c8), regular(c8))
turning = sampled(regular(c8), regular(c8))


def quarter(of):
    """A representation of C8 or of SO(2), for the quarter turns in it."""
    return Representation(c4, {"r": of.map("r") @ of.map("r")}, name=f"{of} of quarters")


QUARTERS = Acting(c4, {eighth: quarter(regular(c8))}, grid=grid)


@arrow
def eighths(image: Real[1, row, column]) -> Real[label]:
    """Scores of an image, by responses for each eighth of a turn."""
    lift = sampled_convolution(
        lifting, target_fibre=eighth, channels=(1, narrow), over=grid, name="edges"
    )
    turn = sampled_convolution(
        turning,
        source_fibre=eighth,
        target_fibre=eighth,
        channels=(narrow, wide),
        over=grid,
        name="parts",
    )
    parts = op.relu(turn(op.relu(lift(image))))
    return op.linear(wide, label, name="scores")(op.mean(row, column)(op.max(eighth)(parts)))


# --- SO(2): fibres that rotate --------------------------------------------------------------------

so2 = special_orthogonal(2)
plane, scalar = so2.space(), Representation.trivial(so2)
vector = Dim("vector", size=2, action="rotation")
gradients = sampled(scalar, plane)
flows = sampled(plane, plane, 5)

# a quarter turn as a matrix: what SO(2) is on the grid
turn = Matrix.of([[0, -1], [1, 0]])
ROTATIONS = Acting(c4, {vector: Representation(c4, {"r": turn}, name="vectors")}, grid=grid)


@arrow
def vectors(image: Real[1, row, column]) -> Real[label]:
    """Scores of an image, by vectors at each pixel, gated by their lengths."""
    gradient = sampled_convolution(
        gradients, target_fibre=vector, channels=(1, narrow), over=grid, name="gradients"
    )
    flow = sampled_convolution(
        flows,
        source_fibre=vector,
        target_fibre=vector,
        channels=(narrow, narrow),
        over=grid,
        name="flows",
    )
    field = op.transpose(row, column, vector, narrow)(gradient(image))
    gated = norm_gate(vector, narrow, row, column)(field)
    moved = flow(op.transpose(narrow, vector, row, column)(gated))
    lengths = op.einsum(narrow, row, column)(moved, moved)
    return op.linear(narrow, label, name="scores")(op.mean(row, column)(lengths))


eight = architecture(
    eighths,
    laws=[
        laws.invariant(under=QUARTERS),
        laws.complete(under=QUARTERS).fails("harmonics of the eighths are fewer"),
    ],
    sizes=dict(narrow=4, wide=8, label=10),
)
rotating = architecture(
    vectors,
    laws=[laws.invariant(under=ROTATIONS)],
    sizes=dict(narrow=8, label=10),
)
