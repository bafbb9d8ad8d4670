"""Face maps, complexes, sheaves, groupoids of subgraphs."""

from itertools import product

import numpy as np
import pytest

from categorical.categories import (
    action_groupoid,
    balls,
    cell_complex,
    face_maps,
    graph,
    pair_groupoid,
    simplicial_complex,
    subgraphs,
)
from categorical.categories.subgraphs import isomorphism
from categorical.errors import SpecError
from categorical.exact import Matrix
from categorical.groups import FiniteGroup
from categorical.representations import (
    Representation,
    chains,
    coboundary,
    exterior_power,
    laplacian,
    oriented_chains,
    vertices,
)
from tests.categorical.representations.small import points, rank, symmetric

PRIME = 2_147_483_629
SPHERE = [(0, 1, 2), (0, 1, 3), (0, 2, 3), (1, 2, 3)]
# the seven-vertex torus
TORUS = [
    tuple(sorted(((i) % 7, (i + a) % 7, (i + b) % 7)))
    for i in range(7)
    for a, b in ((1, 3), (2, 3))
]


def test_face_maps_of_the_simplices_themselves():
    """Sequences of n + 1 letters, with and without repetition of a letter."""
    letters = 2
    words = {n: list(product(range(letters), repeat=n + 1)) for n in range(4)}
    identities = face_maps(3, degeneracies=True)
    maps = {}
    for arrow in identities.arrows:
        kind, rest = arrow[0], arrow[1:]
        i, n = (int(x) for x in rest.split(":"))
        m = n - 1 if kind == "d" else n + 1
        place = {w: k for k, w in enumerate(words[m])}
        images = [
            place[w[:i] + w[i + 1 :] if kind == "d" else w[: i + 1] + w[i:]] for w in words[n]
        ]
        maps[arrow] = Matrix(
            (len(place), len(images)), images, range(len(images)), [1] * len(images)
        )
    space = Representation(identities, maps)
    assert space.dims == {str(n): letters ** (n + 1) for n in range(4)}
    assert len(face_maps(3).relations) == 3 + 6
    swapped = maps | {"d0:2": maps["d1:2"], "d1:2": maps["d0:2"]}
    with pytest.raises(SpecError, match="no representation"):
        Representation(identities, swapped)


def betti(complex_):
    ranks = (
        [0]
        + [
            rank(complex_.boundary(k).dense().tolist(), PRIME)
            for k in range(1, complex_.dimension + 1)
        ]
        + [0]
    )
    return [len(cells) - ranks[k] - ranks[k + 1] for k, cells in enumerate(complex_.cells)]


def test_boundaries():
    sphere, torus = simplicial_complex("sphere", SPHERE), simplicial_complex("torus", TORUS)
    assert betti(sphere) == [1, 0, 1] and betti(torus) == [1, 2, 1]
    for one in (sphere, torus):
        assert not len((one.boundary(1) @ one.boundary(2)).values)
        functor = chains(one)
        total = functor.map("d0:2") - functor.map("d1:2") + functor.map("d2:2")
        assert total == one.boundary(2)
        assert len(one.faces.arrows) == 2 * len(one.cells[1]) + 3 * len(one.cells[2])
    assert repr(sphere) == "sphere: 4, 6, 4 cells"


def test_a_square_as_a_cell_complex():
    cells = dict.fromkeys("pqrs", 0) | dict.fromkeys("abcd", 1) | {"D": 2}
    ends = {"a": "pq", "b": "qr", "c": "rs", "d": "sp"}
    signs = {(f, e): s for e, (x, y) in ends.items() for f, s in ((x, -1), (y, 1))}
    signs |= {(e, "D"): 1 for e in "abcd"}
    assert betti(cell_complex("square", cells, signs)) == [1, 0, 0]
    with pytest.raises(SpecError, match="boundary of the boundary of `D`"):
        cell_complex("square", cells, signs | {("a", "D"): -1})
    with pytest.raises(SpecError, match="no face of"):
        cell_complex("square", cells, {("p", "D"): 1})
    with pytest.raises(SpecError, match="no face of"):
        cell_complex("square", cells, signs | {("p", "a"): 2})


def sheaf_on(complex_, seed):
    """Stalks of dimension 2, restrictions g_cell g_face⁻¹: they commute whatever g is."""
    random = np.random.default_rng(seed)
    change = {}
    for level in complex_.cells:
        for cell in level:
            a, b = (int(x) for x in random.integers(-3, 4, 2))
            change[cell] = Matrix.of([[1, a], [0, 1]]) @ Matrix.of([[1, 0], [b, 1]])
    maps = {
        f: change[cell] @ change[face].inverse()
        for f, (face, cell) in complex_.faces.arrows.items()
    }
    return Representation(complex_.faces, maps)


def test_sheaves():
    torus = simplicial_complex("torus", TORUS)
    sheaf = sheaf_on(torus, 0)
    zero, one = coboundary(torus, sheaf, 0), coboundary(torus, sheaf, 1)
    assert not len((one @ zero).values) and len(zero.values)
    flat = Representation.trivial(torus.faces)
    assert coboundary(torus, flat, 1) == torus.boundary(2).T
    for k, dimension in enumerate((2, 4, 2)):  # locally constant with two-dimensional stalks
        middle = laplacian(torus, sheaf, k)
        assert middle == middle.T
        assert middle.shape[0] - rank(middle.dense().tolist(), PRIME) == dimension
    with pytest.raises(SpecError, match="is no sheaf on"):
        coboundary(torus, Representation.trivial(simplicial_complex("t", TORUS).faces), 0)


def test_a_broken_sheaf_is_refused():
    triangle = simplicial_complex("triangle", [(0, 1, 2)])
    maps = {f: Matrix.identity(1) for f in triangle.faces.arrows}
    Representation(triangle.faces, maps)
    with pytest.raises(SpecError, match="is violated") as refused:
        Representation(triangle.faces, maps | {"0,1<0,1,2": Matrix.of([[-1]])})
    assert refused.value.code == "CM043"


def test_action_groupoids():
    turn = action_groupoid("turns", {"r": (1, 2, 3, 0), "s": (0, 3, 2, 1)}, ["r r r r", "s r s r"])
    assert len(turn.arrows) == 8 and len(turn.relations) == 8
    maps = {arrow: Matrix.of([[-1 if arrow == "s@0" else 1]]) for arrow in turn.arrows}
    with pytest.raises(SpecError, match="is violated"):
        Representation(turn, maps)
    assert Representation.trivial(turn).dual.dimension == 4
    with pytest.raises(SpecError, match="moves the point 0"):
        action_groupoid("turns", {"r": (1, 2, 0)}, ["r r"])
    with pytest.raises(SpecError, match="no generator `q`"):
        action_groupoid("turns", {"r": (1, 2, 0)}, ["q"])
    assert len(pair_groupoid(5).arrows) == 4
    inverse = action_groupoid("turns", {"r": (1, 2, 0), "t": (2, 0, 1)}, ["r t", "r^-1 t^-1"])
    assert len(inverse.relations) == 6


PETERSEN = [(i, (i + 1) % 5) for i in range(5)] + [(i, i + 5) for i in range(5)]
PETERSEN += [(5 + i, 5 + (i + 2) % 5) for i in range(5)]


@pytest.mark.parametrize(
    ("edges", "order"),
    [
        (PETERSEN, 120),
        ([(i, (i + 1) % 6) for i in range(6)], 12),
        ([(0, i) for i in range(1, 6)], 120),
        ([(0, 1), (1, 2), (2, 3), (1, 3)], 2),
        ([(i, j) for i in range(3) for j in range(3, 6)], 72),
    ],
)
def test_automorphism_groups(edges, order):
    found = subgraphs("one", {"G": graph(edges)})
    assert found.automorphisms["G"].order == order
    functor = vertices(found)
    one = graph(edges)
    adjacency = Matrix.of([[int((a, b) in one.edges) for b in one.vertices] for a in one.vertices])
    for arrow in found.arrows:
        assert functor.map(arrow) @ adjacency == adjacency @ functor.map(arrow)


def test_colours_and_directions_break_symmetry():
    circle = [(i, (i + 1) % 6) for i in range(6)]
    assert subgraphs("d", {"G": graph(circle, directed=True)}).automorphisms["G"].order == 6
    marked = graph(circle, colours={0: -1, 3: -2})
    assert subgraphs("c", {"G": marked}).automorphisms["G"].order == 2
    both = graph(circle, colours={0: -1, 3: -1})
    assert subgraphs("c", {"G": both}).automorphisms["G"].order == 4
    assert isomorphism(graph(circle), marked) is None


def test_graphs_that_refinement_cannot_tell_apart():
    """Two triangles and one hexagon: both regular, and not isomorphic."""
    triangles = graph([(0, 1), (1, 2), (2, 0), (3, 4), (4, 5), (5, 3)])
    hexagon = graph([(i, (i + 1) % 6) for i in range(6)])
    assert isomorphism(triangles, hexagon) is None
    found = subgraphs("two", {"T": triangles, "H": hexagon})
    assert found.classes == (("T",), ("H",)) and found.automorphisms["T"].order == 72


def test_balls_of_a_graph():
    path = graph([(i, i + 1) for i in range(5)])
    found = balls("path", path, 1)
    assert found.classes == (("0", "5"), ("1", "2", "3", "4"))
    assert found.sizes == {"0": 2, "1": 3, "2": 3, "3": 3, "4": 3, "5": 2}
    functor = vertices(found)
    functor.check()
    assert functor.dims == found.sizes and (functor * functor).dims["1"] == 9
    for arrow, (a, b) in found.arrows.items():
        image = found.isomorphisms[arrow]
        one, two = found.graphs[a], found.graphs[b]
        move = {v: two.vertices[image[i]] for i, v in enumerate(one.vertices)}
        assert {(move[v], move[w]) for v, w in one.edges} == set(two.edges)
    with pytest.raises(SpecError, match="no vertex of the graph"):
        path.ball("x", 1)


def test_symmetries_of_a_complex_act_on_oriented_chains():
    """The torus has a symmetry of order 7 and one of order 2; boundaries are equivariant."""
    torus = simplicial_complex("torus", TORUS)
    turn, flip = [(i + 1) % 7 for i in range(7)], [-i % 7 for i in range(7)]
    group = FiniteGroup("D7", {"r": turn, "s": flip}, order=14)
    spaces = [oriented_chains(torus, group, k) for k in range(3)]
    for k in (1, 2):
        for g in group.generators:
            assert spaces[k - 1].map(g) @ torus.boundary(k) == torus.boundary(k) @ spaces[k].map(g)
    assert spaces[2].is_signed and not spaces[2].is_permutation
    with pytest.raises(SpecError, match="does not act on torus"):
        oriented_chains(torus, FiniteGroup("Z2", {"s": (1, 0, 2, 3, 4, 5, 6)}), 2)


def test_all_symmetries_of_a_simplex_give_exterior_powers():
    group = symmetric(4)
    full = simplicial_complex("simplex", [(0, 1, 2, 3)])
    for k in range(4):
        power = exterior_power(points(group), k + 1)
        for g in group.generators:
            assert oriented_chains(full, group, k).map(g) == power.map(g)
