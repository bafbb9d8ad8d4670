"""Independent counts: each against another, and against what a wrong theory would say."""

from __future__ import annotations

import pytest

from categorical import groups as G
from categorical import representations as R
from categorical.diagrams.partition import bell
from categorical.representations import Representation
from synthesis.solver.counts import count, pairs_of_orbits
from synthesis.solver.dimensions import Row, problems, rows, table
from synthesis.solver.equations import equations, unknowns
from synthesis.solver.nullspace import rank_bound
from synthesis.solver.weights import homs_by_weights


def test_stirling_numbers_are_below_the_bell_number_at_small_n() -> None:
    found = [count(*[G.symmetric(n).standard() ** 3] * 2).dimension for n in (2, 3, 6)]
    assert found == [32, 122, 203] and bell(6) == 203


@pytest.mark.parametrize(
    "make,method",
    [
        (lambda: G.symmetric(4).standard() ** 2, "Stirling numbers"),
        (lambda: G.cyclic(6).standard() ** 2, "a free module"),
        (lambda: R.regular(G.quaternion()), "a free module"),
        (lambda: G.dihedral(6).standard(), "Burnside"),
        (lambda: G.octahedral().standard() ** 2, "characters"),
        (lambda: G.orthogonal(3).standard() ** 2, "weights"),
        (lambda: G.special_euclidean(2).standard(), "rank modulo another prime"),
    ],
)
def test_methods(make: object, method: str) -> None:
    one: Representation = make()  # type: ignore[operator]
    found = count(one, one)
    assert found.method == method
    assert found.dimension == rank_bound(equations(one, one), unknowns(one, one), skip=3)


def test_orbits_of_stabilisers() -> None:
    group = G.wreath(G.symmetric(3), G.symmetric(2))
    x, y = group.standard() ** 2, group.standard()
    assert pairs_of_orbits(x, y) == pairs_of_orbits(y, x) == R.homs(x, y)


def test_the_cube_group_is_the_true_one() -> None:
    v = G.rubik().standard()
    assert count(v, v) == (9, "orbits of stabilisers")


@pytest.mark.parametrize(
    "group,k,dimension",
    [
        (G.orthogonal(2), 4, 3),
        (G.special_orthogonal(2), 4, 6),
        (G.orthogonal(3), 6, 15),
        (G.special_orthogonal(3), 5, 6),
        (G.orthogonal(3), 5, 0),
        (G.orthogonal(4), 4, 3),
        (G.special_orthogonal(4), 4, 4),
        (G.lorentz(), 6, 15),
        (G.symplectic(4), 6, 14),
        (G.special_linear(2), 6, 5),
        (G.special_linear(3), 3, 1),
        (G.general_linear(3), 3, 0),
        (G.special_unitary(2), 4, 32),
        (G.unitary(2), 4, 12),
    ],
)
def test_invariants_of_classical_groups(group: object, k: int, dimension: int) -> None:
    v = group.standard()  # type: ignore[attr-defined]
    assert homs_by_weights(R.Representation.trivial(v.of), v**k) == dimension


def test_weights_of_powers() -> None:
    v = G.orthogonal(3).standard()
    sym, wedge = R.symmetric_power(v, 2), R.exterior_power(v, 2)
    assert homs_by_weights(sym, sym) == 2 and homs_by_weights(wedge, v) == 0
    w = G.special_orthogonal(3).standard()
    assert homs_by_weights(R.exterior_power(w, 2), w) == 1
    assert homs_by_weights(R.traceless(w, 2), w * w) == 1
    plane = G.special_orthogonal(2).standard()  # dimension 2 in every degree
    assert homs_by_weights(R.traceless(plane, 2), plane) == 0
    assert homs_by_weights(R.traceless(plane, 2), R.symmetric_power(plane, 2)) == 2
    assert count(R.traceless(plane, 2), plane).dimension == 0
    g = G.general_linear(3).standard()
    assert homs_by_weights(g, g.dual) == 0 and homs_by_weights(g * g.dual, g.dual * g) == 2
    assert homs_by_weights(*[G.euclidean(2).standard()] * 2) is None


def test_the_table() -> None:
    assert len({(group, source, target) for group, source, target, _ in problems()}) >= 60
    found = rows("SO(2)")
    assert len(found) >= 6 and all(row.agrees for row in found)
    wrong = Row("S2", "V⊗V", "V⊗V", "guess", 15, "Stirling numbers", 8)
    assert not wrong.agrees and table([wrong])[1].endswith("DISAGREES")
