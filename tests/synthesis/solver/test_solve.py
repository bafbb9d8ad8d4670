"""All natural maps: every route against a dense rank, and against each other; what is refused."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from categorical import groups as G
from categorical import representations as R
from categorical.categories.posets import chain
from categorical.categories.products import product
from categorical.categories.quivers import monoid, quiver
from categorical.errors import SpecError
from categorical.exact import Basis, Matrix
from categorical.exact.numbers import sqrt
from categorical.groups.lie import LieGroup
from categorical.representations import Representation
from synthesis.solver import Hom, bilinear, invariants, nearest, polynomial, solve
from synthesis.solver.hom import affine
from synthesis.solver.orbits import signed_action

Pair = tuple[Representation, Representation]


def rank_of_equations(x: Representation, y: Representation) -> int:
    """The dimension of Hom(X, Y) in floats, written down once more, densely."""
    start, total = {}, 0
    for c in x.of.objects:
        start[c] = total
        total += x.dims[c] * y.dims[c]
    rows = [np.zeros((1, total))]
    for u, (c, d) in x.of.arrows.items():
        block = np.zeros((y.dims[d] * x.dims[c], total))
        a, b = y.map(u).floats(), x.map(u).floats()
        block[:, start[c] : start[c] + y.dims[c] * x.dims[c]] += np.kron(a, np.eye(x.dims[c]))
        block[:, start[d] : start[d] + y.dims[d] * x.dims[d]] -= np.kron(np.eye(y.dims[d]), b.T)
        rows.append(block)
    for g in x.of.algebra:
        a, b = y.derivative(g).floats(), x.derivative(g).floats()
        rows.append(np.kron(a, np.eye(x.dimension)) - np.kron(np.eye(y.dimension), b.T))
    return total - int(np.linalg.matrix_rank(np.concatenate(rows), tol=1e-8))


def naturality(found: Hom) -> None:
    """Every map commutes with every arrow, entry by entry, and all are independent."""
    found.check()
    stack = found.basis.stack().floats()
    assert np.linalg.matrix_rank(stack) == found.dimension if found.dimension else True


def tensors(group: object, k: int, l: int) -> Pair:
    v = group.standard()  # type: ignore[attr-defined]
    return v**k, v**l


def square_of_order_two() -> Pair:
    """A monoid: an idempotent, which has no inverse."""
    of = monoid("idempotent", ("e",), (("e e", "e"),))
    x = Representation(of, {"e": Matrix.of([[1, 0], [0, 0]])})
    y = Representation(of, {"e": Matrix.of([[1, 1, 0], [0, 0, 0], [0, 0, 1]])})
    return x, y


def collapsing() -> Pair:
    """A quiver whose arrow is not square."""
    of = quiver("arrow", {"f": ("a", "b")})
    x = Representation(of, {"f": Matrix.of([[1, 0, 2], [0, 1, 1]])})
    y = Representation(of, {"f": Matrix.of([[1, 1]])})
    return x, y


def empty_fibre() -> Pair:
    of = quiver("arrow", {"f": ("a", "b")})
    x = Representation(of, {"f": Matrix.zero(2, 0)}, dims={"a": 0, "b": 2})
    return x, x


def prefixes() -> Pair:
    """Causal maps: the prefixes of a sequence, which extend one another."""
    order = chain(3)
    maps = {
        u: Matrix(
            (int(d) + 1, int(c) + 1), range(int(c) + 1), range(int(c) + 1), [1] * (int(c) + 1)
        )
        for u, (c, d) in order.arrows.items()
    }
    return Representation(order, maps), Representation(order, maps)


def signed_quiver() -> Pair:
    """Signed permutations between objects."""
    of = quiver("two ways", {"f": ("a", "b"), "g": ("a", "b")})
    turn = Matrix.signed([1, 0], [1, -1])
    x = Representation(of, {"f": Matrix.identity(2), "g": turn})
    return x, x


def sheared() -> Pair:
    """Whole matrices of order 3 that are neither orthogonal nor permutations."""
    group = G.cyclic(3)
    x = Representation(group, {group.generators[0]: Matrix.of([[0, -1], [1, -1]])})
    return x * x, x + Representation.trivial(group)


CASES: dict[str, Callable[[], Pair]] = {
    "S4 T2→T1": lambda: tensors(G.symmetric(4), 2, 1),
    "octahedral T2→T2": lambda: tensors(G.octahedral(), 2, 2),
    "D5 ω⊗ω": lambda: (R.irrep(G.dihedral(5), 1) ** 2, R.irrep(G.dihedral(5), 2)),
    "Z8 ω⊗ω": lambda: (lambda w: (w * w, w * w))(R.irrep(G.cyclic(8), 1)),
    "SO(3) T2→T1": lambda: tensors(G.special_orthogonal(3), 2, 1),
    "O(3) T2→T1": lambda: tensors(G.orthogonal(3), 2, 1),
    "SU(2) T1→T2": lambda: tensors(G.special_unitary(2), 1, 2),
    "SE(2) T1→T2": lambda: tensors(G.special_euclidean(2), 1, 2),
    "O(1,3) T1→T1*": lambda: (
        G.lorentz().standard(),
        G.lorentz().standard().dual,
    ),
    "sheared": sheared,
    "monoid": square_of_order_two,
    "collapsing": collapsing,
    "empty fibre": empty_fibre,
    "prefixes": prefixes,
    "signed quiver": signed_quiver,
}


@pytest.mark.parametrize("case", CASES)
def test_against_a_dense_rank(case: str) -> None:
    x, y = CASES[case]()
    found = solve(x, y)
    assert found.dimension == rank_of_equations(x, y) == found.count.dimension
    naturality(found)


def test_prefixes_are_the_lower_triangle() -> None:
    x, y = prefixes()
    found = solve(x, y)
    assert found.dimension == 6  # one number for each pair of positions j ≤ i


@pytest.mark.parametrize("n,dimension", [(2, 8), (3, 14), (4, 15), (5, 15)])
def test_small_symmetric_groups(n: int, dimension: int) -> None:
    v = G.symmetric(n).standard()
    assert solve(v * v, v * v).dimension == dimension


@pytest.mark.parametrize("route", ["orbits", "nullspace"])
def test_routes_agree_on_signed_permutations(route: str) -> None:
    v = G.octahedral().standard()
    found = solve(v**2, v**2, route=route)
    assert found.basis == solve(v**2, v**2).basis
    assert found.route == route


@pytest.mark.parametrize("group", [G.special_orthogonal(3), G.symplectic(2), G.general_linear(2)])
def test_diagrams_and_elimination_span_the_same(group: LieGroup) -> None:
    v = group.standard()
    one = solve(v**2, v**2)
    other = solve(v**2, v**2, route="infinitesimal")
    assert one.route == "diagrams" and one.dimension == other.dimension
    both = np.concatenate((one.basis.stack().floats(), other.basis.stack().floats()))
    assert np.linalg.matrix_rank(both) == one.dimension


def test_orbits_through_stabilisers_are_those_of_the_graph(monkeypatch: pytest.MonkeyPatch) -> None:
    from synthesis.solver import orbits

    group = G.wreath(G.symmetric(3), G.cyclic(2))
    x = group.standard() + Representation.trivial(group, 2)
    y = group.standard() ** 2
    graph = solve(x, y).basis
    monkeypatch.setattr(orbits, "LARGE", 1)
    assert solve(x, y).basis == graph
    assert solve(y, x).dimension == graph.count


def test_images_by_index_arithmetic_are_the_matrices() -> None:
    v = G.octahedral().standard()
    one = (v * v + Representation.trivial(v.of, 2)) * v.dual
    signed = False
    for g in v.of.arrows:
        action = signed_action(one, g)
        assert action is not None
        image, signs = action
        signed = signed or signs is not None
        signs = [1] * len(image) if signs is None else signs
        assert Matrix.signed(image, signs) == one.map(g)
    assert signed


def test_blocks_are_the_whole() -> None:
    v = G.special_orthogonal(3).standard()
    x, y = v + Representation.trivial(v.of), v * v + v
    found = solve(x, y)
    assert found.route == "blocks"
    assert found.dimension == solve(x, y, route="infinitesimal").dimension == 3
    naturality(found)


def test_products_multiply_and_keep_the_order_of_indices() -> None:
    both = G.direct(G.symmetric(3), G.octahedral())
    v, w = (both.inflate(i, one.standard()) for i, one in enumerate(both.factors))
    x, y = v * w * v, w * v
    found = solve(x, y)
    assert found.route == "product" and found.dimension == 5
    assert found.basis.count == solve(x, y, route="orbits").dimension
    naturality(found)


def test_products_of_categories() -> None:
    over = product(chain(2), G.symmetric(3))
    left = Representation.trivial(over.left, 2)
    one = R.outer(left, over.right.standard(), over)
    found = solve(one, one)
    assert found.route == "product" and found.dimension == 4 * 2
    assert found.dimension == solve(one, one, route="orbits").dimension
    naturality(found)


def test_exact_entries() -> None:
    """The maps ω1 ⊗ ω1 → ω2 of D8 have √2 in them when ω2 is written in another basis."""
    group = G.dihedral(8)
    one, two = R.irrep(group, 1), R.irrep(group, 2)
    change = Matrix.of([[1, sqrt(2)], [0, 1]])
    tilted = Representation(
        group, {g: change @ two.map(g) @ change.inverse() for g in group.generators}
    )
    found = solve(one * one, tilted)
    assert found.dimension == 1 and found.route == "nullspace"
    naturality(found)


def test_bilinear_invariants_polynomial_affine() -> None:
    v = G.special_orthogonal(3).standard()
    cross = bilinear(v, v, v)
    tensor = cross.basis.tensor(0)
    assert cross.basis.shape == (3, 3, 3) and cross.dimension == 1
    assert (tensor == -tensor.transpose(0, 2, 1)).all()
    assert invariants(v * v).dimension == 1 and invariants(v).dimension == 0
    norms = polynomial(v, Representation.trivial(v.of), 4)
    assert [one.dimension for one in norms] == [1, 0, 1, 0, 1]
    linear, bias = affine(v + Representation.trivial(v.of), v + Representation.trivial(v.of))
    assert (linear.dimension, bias.dimension) == (2, 1)


def test_nearest_is_exact_and_the_mean_where_actions_are_orthogonal() -> None:
    v = G.symmetric(3).standard()
    found = solve(v, v)
    given = [[1, 2, 3], [4, 5, 6], [7, 8, 10]]
    theta, whole = found.nearest(given)
    assert theta.tolist() == [Fraction(16, 3), 5] and whole[0][0] == Fraction(16, 3)
    assert Matrix.of(whole) == found.mean(given)
    floats, matrix = found.nearest(np.array(given, dtype=float))
    assert np.allclose(floats, [16 / 3, 5]) and np.allclose(matrix, whole.astype(float))
    again, _ = nearest(found.basis, whole)
    assert again.tolist() == theta.tolist()


def test_nearest_of_a_basis_that_overlaps() -> None:
    basis = Basis.of_matrices([Matrix.of([[1, 1]]), Matrix.of([[0, 1]])])
    theta, whole = nearest(basis, [[3, 7]])
    assert theta.tolist() == [3, 4] and whole.tolist() == [[3, 7]]
    assert np.allclose(nearest(basis, np.array([[3.0, 7.0]]))[0], [3, 4])


def test_the_mean_of_a_sheared_action_is_natural_but_not_nearest() -> None:
    x, _ = sheared()
    group = x.of
    one = Representation(group, {g: x.parts[0].map(g) for g in group.arrows})
    found = solve(one, one)
    mean = found.mean([[1, 0], [0, 0]])
    assert nearest(found.basis, mean.dense())[1].tolist() == mean.dense().tolist()
    assert nearest(found.basis, [[1, 0], [0, 0]])[1].tolist() != mean.dense().tolist()


# --- what is refused -----------------------------------------------------------------------------


def test_too_large_is_refused_with_what_would_fit() -> None:
    v = G.symmetric(200).standard()
    with pytest.raises(SpecError, match=r"CM044.*too large") as caught:
        solve(v * v, v * v)
    assert "would fit" in str(caught.value)
    with pytest.raises(SpecError, match="CM044"):
        solve(G.special_euclidean(3).standard() ** 3, G.special_euclidean(3).standard() ** 5)


def test_too_few_generators_are_noticed() -> None:
    turn = {"A12": Matrix.of([[0, -1, 0], [1, 0, 0], [0, 0, 0]])}
    claimed = LieGroup("SO(3)?", turn, family="SO", parameters=(3,))
    v = claimed.standard()
    with pytest.raises(SpecError, match=r"CM044") as caught:
        solve(v, v, route="infinitesimal")
    assert "too few generators" in str(caught.value)
    assert solve(v, v, route="infinitesimal", confirm=False).dimension == 3


def test_a_wrong_basis_does_not_pass_the_check() -> None:
    v = G.symmetric(3).standard()
    wrong = Hom(v, v, Basis.of_matrices([Matrix.of([[1, 0, 0], [0, 0, 0], [0, 0, 0]])]), "guess")
    with pytest.raises(SpecError, match="not natural"):
        wrong.check()
    assert not wrong.confirmed


def test_wrong_calls() -> None:
    v, w = G.symmetric(3).standard(), G.cyclic(3).standard()
    with pytest.raises(SpecError, match="CM043"):
        solve(v, w)
    with pytest.raises(SpecError, match="CM042"):
        solve(v, v, route="svd")
    with pytest.raises(SpecError, match="CM042"):
        solve(R.irrep(G.cyclic(8), 1), R.irrep(G.cyclic(8), 1), route="orbits")
    with pytest.raises(SpecError, match="CM042"):
        solve(3, v)  # type: ignore[arg-type]
    with pytest.raises(SpecError, match="CM002"):
        solve(v, v).nearest([[1, 2]])
    with pytest.raises(SpecError, match="CM042"):
        solve(G.orthogonal(2).standard(), G.orthogonal(2).standard()).mean([[1, 0], [0, 1]])
