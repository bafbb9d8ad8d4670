"""A sheaf network: values on the vertices of a square, compared along its edges after a turn.

A cellular sheaf has a space at each vertex and each edge (here planes), and a map from each vertex
to its edges.  Values of neighbours are compared on the edge between them, each seen from there: the
coboundary takes the difference, and the Laplacian says how far values are from agreeing.  Layers
that can be computed cell by cell, before or after looking from a vertex to an edge, are natural
maps of the sheaf to itself: here those that commute with the turn that one meets around the square.

Hansen and Gebhart, "Sheaf neural networks", 2020.
"""

from categorical import Dim, Real, architecture, arrow, categories, laws, op
from categorical.exact import Basis, Matrix
from categorical.representations import Representation, coboundary, laplacian
from synthesis import natural

VERTICES, EDGES = ("a", "b", "c", "d"), ("ab", "bc", "cd", "da")
square = categories.cell_complex(
    "square",
    {**dict.fromkeys(VERTICES, 0), **dict.fromkeys(EDGES, 1)},
    {(v, e): 1 if e[1] == v else -1 for e in EDGES for v in e},
)
still, quarter = Matrix.identity(2), Matrix.of([[0, -1], [1, 0]])
turned = {("a", "da"): quarter}
sheaf = Representation(
    square.faces, {f"{v}<{e}": turned.get((v, e), still) for e in EDGES for v in e}
)

at_vertices, at_edges = Dim("at_vertices", size=8), Dim("at_edges", size=8)
feature, hidden = Dim.named("feature hidden")
every = natural(sheaf, sheaf)
differences = op.hom(
    Basis.of_matrices([coboundary(square, sheaf, 0)]),
    ((at_vertices,),),
    (at_edges,),
    coefficients=(1,),
)
disagreement = op.hom(
    Basis.of_matrices([laplacian(square, sheaf, 0)]),
    ((at_vertices,),),
    (at_vertices.at("new"),),
    coefficients=(1,),
)
on_vertices = op.hom(
    every.at(*VERTICES),
    ((at_vertices,),),
    (at_vertices,),
    channels=(feature,),
    out=hidden,
    name="mix",
)
on_edges = op.hom(
    every.at(*EDGES), ((at_edges,),), (at_edges,), channels=(feature,), out=hidden, name="mix"
)


@arrow
def before_looking(values: Real[at_vertices, feature]) -> Real[at_edges, hidden]:
    """The differences of what the layer makes of the values."""
    return differences(on_vertices(values))


@arrow
def after_looking(values: Real[at_vertices, feature]) -> Real[at_edges, hidden]:
    """What the layer makes of the differences, with the same weights."""
    return on_edges(differences(values))


naturality = architecture(
    before_looking,
    name="sheaf_layer",
    laws=[
        laws.equal(after_looking, name="equal[after looking]"),
        laws.parameters(2 * feature * hidden),
    ],
    sizes=dict(feature=4, hidden=4),
)


@arrow
def diffusion(values: Real[at_vertices, feature]) -> Real[at_vertices, feature]:
    """One step towards agreement: x − L x / 4."""
    far = op.relabel(at_vertices.at("new"), at_vertices)(disagreement(values))
    return values - op.scale(0.25)(far)


step = architecture(
    diffusion,
    name="sheaf_diffusion",
    laws=[laws.linear(), laws.parameters(0)],
    sizes=dict(feature=4),
)
