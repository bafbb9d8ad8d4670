"""Vector neurons: clouds of points whose hidden features are vectors, for any dimension of space.

A layer maps c vectors at each point to k.  Under permutations of the points and O(n) there are two
linear maps for each pair of channels: a point's own vectors, and the mean of all (solved for, and
proved complete).  A vector is cut where it points against a learned direction; scores are made
from scalar products of vectors, which no rotation or reflection changes.

Deng et al., "Vector neurons: a general framework for SO(3)-equivariant networks", 2021
(arXiv 2104.12229, equations 2 and 6).
"""

from categorical import Dim, Real, architecture, arrow, laws, op
from categorical.composites.equivariant import vector_relu
from categorical.groups import Orthogonal, Symmetric
from synthesis import natural

point, narrow, wide, label = Dim.named("point narrow wide label")
space = Dim("space", size=3, action="rotation")
GROUP = Symmetric(point) * Orthogonal(space)

linear = natural(Real[point, space], Real[point, space], under=GROUP)
of_cloud = natural(Real[space], Real[space], under=Orthogonal(space))


def neurons(x, source, target, name):
    """A linear map of vectors, and the cut."""
    return vector_relu(space, target, point)(linear.layer(source, target, name=name)(x))


@arrow
def vectors(x: Real[point, space, narrow]) -> Real[point, space, wide]:
    """Vectors at each point: they turn with the points, and are numbered as they are."""
    return neurons(neurons(x, narrow, wide, "first"), wide, wide, "second")


@arrow
def scores(x: Real[point, space, narrow]) -> Real[label]:
    """Scores of the whole cloud."""
    every = op.mean(point)(vectors(x))
    frame = of_cloud.layer(wide, wide.at("frame"), name="frame")(every)
    products = op.contract(space)(every, frame)
    forms = op.merge(*products.type.axes)(products)
    code = op.silu(op.linear(forms.type.axes[0], wide, name="code")(forms))
    return op.linear(wide, label, name="scores")(code)


SIZES = dict(narrow=1, wide=8)
equivariant = architecture(
    vectors,
    name="vector_neurons",
    laws=[
        laws.equivariant(under=Symmetric(point)),
        laws.equivariant(under=Orthogonal(space)),
        laws.equivariant(under=GROUP),
        laws.complete(under=GROUP),
        laws.parameters(2 * wide.size * (narrow.size + wide.size) + 2 * wide.size * wide.size),
    ],
    sizes=SIZES,
)
model = architecture(
    scores,
    name="vector_neuron_scores",
    laws=[
        laws.invariant(under=Symmetric(point)),
        laws.invariant(under=Orthogonal(space)),
    ],
    sizes=SIZES | dict(label=3),
)
