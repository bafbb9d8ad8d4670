"""Natural maps of constructed representations and of functors of several objects."""

import numpy as np
import pytest

from categorical import categories
from categorical.exact import Matrix
from categorical.groups import cyclic, symmetric
from categorical.representations import (
    Representation,
    chains,
    clifford,
    induce,
    isometries,
    outer,
    sign,
    specht,
    spherical,
    subgroup,
    vertices,
)
from synthesis.solver.hom import bilinear, solve
from tests.categorical.representations import small


@pytest.mark.parametrize(
    ("signature", "part", "maps"),
    [
        ((3,), "all", 4),
        ((3,), "connected", 8),
        ((1, 3), "all", 5),
        ((1, 3), "connected", 10),
        ((3, 0, 1), "all", 9),
        ((3, 0, 1), "connected", 16),
    ],
)
def test_linear_maps_of_clifford_algebras(signature, part, maps):
    """n + 1 grades, twice that with the volume; E(3) 9, SE(3) 16; Lorentz 5 and 10."""
    rho = clifford(*signature).representation(part)
    found = solve(rho, rho)
    assert found.dimension == maps == small.homs(rho, rho)


@pytest.mark.parametrize("signature", [(1,), (2,), (3,), (1, 1)])
def test_products_by_grades_are_all_bilinear_maps(signature):
    cl = clifford(*signature)
    rho = cl.representation()
    assert bilinear(rho, rho, rho).dimension == len(cl.paths())


def test_a_degenerate_form_has_more_bilinear_maps_than_products():
    """Cl(2, 0, 1), the plane's E(2): 19 products by grades among 33 equivariant bilinear maps."""
    cl = clifford(2, 0, 1)
    rho = cl.representation()
    found = bilinear(rho, rho, rho)
    assert (len(cl.paths()), found.dimension) == (19, 33)
    products, stacked = cl.product("grades").stack(), found.basis.stack()
    both = np.concatenate((stacked.floats(), products.floats()))
    assert np.linalg.matrix_rank(both) == 33


def test_a_map_over_a_chain_of_prefixes_is_causal():
    """Prefixes included in longer ones: naturality is triangularity, n(n + 1)/2 maps."""
    n = 5
    line = categories.chain(n)
    maps = {
        f"{i}<{i + 1}": Matrix.of([[int(a == b) for b in range(i + 1)] for a in range(i + 2)])
        for i in range(n - 1)
    }
    prefixes = Representation(line, maps)
    for one in (prefixes, prefixes.transpose):
        assert solve(one, one).dimension == n * (n + 1) // 2


def test_a_group_and_a_chain_at_once():
    line = categories.chain(3)
    maps = {"0<1": Matrix.of([[1], [0]]), "1<2": Matrix.of([[1, 0], [0, 1], [0, 0]])}
    prefixes, points = Representation(line, maps), cyclic(3).standard()
    both = outer(points, prefixes, categories.product(points.of, line))
    assert solve(both, both).dimension == 3 * 6


def test_maps_over_the_balls_of_a_graph():
    """One equivariant map for each class: End of the two ends and of the four middles."""
    path = categories.graph([(i, i + 1) for i in range(5)])
    functor = vertices(categories.balls("path", path, 1))
    ends, middles = 4, 5  # 2 points told apart; 3 points, of which two are exchanged
    assert solve(functor, functor).dimension == ends + middles


def test_maps_of_chains_commute_with_faces():
    """Chains of the full simplex: every face map is met, so the only maps are multiples of 1."""
    space = chains(categories.simplicial_complex("triangle", [(0, 1, 2)]))
    found = solve(space, space)
    assert found.dimension == 1 and found.check() is None


def test_constructed_representations():
    group = symmetric(5)
    module = specht(group, (3, 2))
    assert solve(module, module).dimension == 1
    assert solve(module, group.standard() ** 2).dimension == 1
    inside = subgroup(group, {"x": "swap"})
    assert solve(induce(sign(inside.source), inside), sign(group)).dimension == 1
    vector = isometries(3).standard()
    assert bilinear(vector, vector, spherical(vector, 2, basis="orthonormal")).dimension == 1
    assert bilinear(vector, vector, spherical(vector, 1)).dimension == 0


def test_the_maps_at_one_object():
    """Over a chain the last component determines all others; the first does not."""
    line = categories.chain(3)
    maps = {
        f"{i}<{i + 1}": Matrix.of([[int(a == b) for b in range(i + 1)] for a in range(i + 2)])
        for i in range(2)
    }
    found = solve(*[Representation(line, maps)] * 2)
    last = found.at("2")
    assert last.count == 6
    assert all(not np.tril(last.matrix(i).floats(), -1).any() for i in range(6))
    first = found.at("0")
    assert first.count == 1  # of the six families, four are zero there
