"""The route of diagrams: known dimensions, exact invariance, agreement with orbits."""

from __future__ import annotations

import time

import numpy as np
import pytest

from categorical.diagrams import Diagrams
from categorical.exact.matrices import Matrix
from categorical.groups import (
    FiniteGroup,
    LieGroup,
    alternating,
    cyclic,
    direct,
    general_linear,
    lorentz,
    orthogonal,
    proper_lorentz,
    special_linear,
    special_orthogonal,
    special_unitary,
    symmetric,
    symplectic,
)
from categorical.representations.representation import Representation
from synthesis.solver.diagrammatic import (
    basis_of_diagrams,
    diagrams_between,
    dimension_of_diagrams,
)
from synthesis.solver.orbits import basis_of_orbits

O3, SO2, SO3 = orthogonal(3), special_orthogonal(2), special_orthogonal(3)


def tensor(v: Representation, rank: int) -> Representation:
    return v**rank


def defects(x: Representation, y: Representation) -> int:
    """The number of (map, generator) pairs that do not commute, exactly."""
    basis, found = basis_of_diagrams(x, y), 0
    assert basis is not None
    for number in range(basis.count):
        w = basis.matrix(number)
        found += sum(w @ x.map(g) != y.map(g) @ w for g in x.of.arrows)
        found += sum(w @ x.derivative(a) != y.derivative(a) @ w for a in x.of.algebra)
    return found


@pytest.mark.parametrize(
    ("group", "source", "target", "wanted"),
    [
        (symmetric(2), 2, 2, 8),
        (symmetric(3), 2, 2, 14),
        (symmetric(4), 2, 2, 15),
        (symmetric(3), 1, 1, 2),
        (orthogonal(2), 3, 3, 10),
        (O3, 3, 3, 15),
        (O3, 2, 1, 0),
        (SO2, 1, 1, 2),
        (SO2, 2, 2, 6),
        (SO2, 3, 3, 20),
        (SO3, 2, 1, 1),
        (SO3, 3, 2, 6),
        (lorentz(), 2, 2, 3),
        (proper_lorentz(), 2, 2, 4),
        (lorentz(), 3, 3, 15),
        (symplectic(2), 2, 2, 2),
        (symplectic(4), 2, 2, 3),
        (general_linear(2), 2, 2, 2),
        (general_linear(2), 3, 3, 5),
        (special_linear(2), 3, 1, 2),
        (special_linear(3), 3, 0, 1),
    ],
)
def test_known_dimensions(group, source: int, target: int, wanted: int):
    v = group.standard()
    x, y = tensor(v, source), tensor(v, target)
    basis = basis_of_diagrams(x, y)
    assert basis is not None
    assert basis.shape == (y.dimension, x.dimension)
    assert basis.count == wanted == dimension_of_diagrams(x, y)
    if x.dimension * y.dimension < 1000:
        assert np.linalg.matrix_rank(basis.stack().floats()) == wanted
        assert defects(x, y) == 0


def test_duals():
    v = lorentz().standard()
    x, y = v * v.dual, v.dual * v
    assert dimension_of_diagrams(x, y) == 3
    assert defects(x, y) == 0
    w = general_linear(2).standard()
    assert dimension_of_diagrams(w * w.dual, w.dual * w) == 2
    assert defects(w * w.dual, w.dual * w) == 0
    assert dimension_of_diagrams(w, w.dual) == 0
    assert dimension_of_diagrams((w * w).dual, (w * w).dual) == 2
    u = special_linear(2).standard()
    assert dimension_of_diagrams(u, u.dual) == 1
    assert defects(u, u.dual) == 0


@pytest.mark.parametrize("n", [2, 3, 4])
def test_orbits_span_the_same(n: int):
    v = symmetric(n).standard()
    for k, l in ((1, 1), (2, 1), (1, 2), (2, 2)):
        x, y = tensor(v, k), tensor(v, l)
        one, other = basis_of_diagrams(x, y), basis_of_orbits(x, y)
        assert one is not None
        assert one.count == other.count
        both = np.vstack([one.stack().floats(), other.stack().floats()])
        assert np.linalg.matrix_rank(both) == one.count


def test_products_of_groups():
    both = direct(symmetric(3), O3)
    n, v = both.inflate(0, symmetric(3).standard()), both.inflate(1, O3.standard())
    x, y = n * v, v * n * v * v
    found = diagrams_between(x, y)
    assert isinstance(found, Diagrams)
    assert len(found.factors) == 2
    assert dimension_of_diagrams(x, y) == 2 * 3
    assert defects(x, y) == 0
    grid = direct(symmetric(3), symmetric(4))
    a, b = (grid.inflate(i, g.standard()) for i, g in enumerate(grid.factors))
    assert dimension_of_diagrams(a * b, a * b) == 4
    assert defects(a * b, a * b) == 0


def test_only_groups_that_are_certainly_of_a_family():
    swap = FiniteGroup("S3", {"r": (1, 2, 0)}, relations=(("r", "r", "r"),))
    assert diagrams_between(swap.standard(), swap.standard()) is None
    for group in (cyclic(4), alternating(4), special_unitary(2)):
        assert diagrams_between(group.standard(), group.standard()) is None
    spin = LieGroup(
        "O(3)",
        {"J": Matrix.of([[0, -1, 0], [1, 0, 0], [0, 0, 0]])},
        form=Matrix.identity(3),
        family="O",
        parameters=(3,),
    )
    assert diagrams_between(spin.standard(), spin.standard()) is None
    v = O3.standard()
    assert diagrams_between(v + v, v) is None
    other = Representation(O3, O3.standard().map, O3.standard().derivative, kind="standard")
    assert diagrams_between(other, other) is None


def test_a_reflection_excludes_the_cross_product():
    """The same algebra, with one more component: the maps with ε are lost."""
    assert "epsilon" in diagrams_between(SO3.standard() ** 2, SO3.standard()).family
    assert "epsilon" not in diagrams_between(O3.standard() ** 2, O3.standard()).family
    turned = LieGroup(
        "SO(2) and a half turn",
        {"J": Matrix.of([[0, -1], [1, 0]])},
        {"h": Matrix.of([[-1, 0], [0, -1]])},
        (("h", "h"),),
        form=Matrix.identity(2),
    )
    v = turned.standard()
    assert dimension_of_diagrams(v, v) == 2
    assert defects(v, v) == 0


def test_large_problems_are_quick():
    """Loose bounds; the numbers of the documentation are measured elsewhere."""
    v = O3.standard()
    start = time.process_time()
    assert basis_of_diagrams(v**4, v**4).count == 91
    assert basis_of_diagrams(v**5, v**5).count == 603
    w = symmetric(100).standard()
    assert dimension_of_diagrams(w * w, w * w) == 15
    assert time.process_time() - start < 8
