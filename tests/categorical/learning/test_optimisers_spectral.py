"""Muon: what its iteration does to singular values, and what it does not see."""

import numpy as np
import pytest

from categorical import Dim, Real, SpecError, architecture, identity, laws, op
from categorical.composites.typed import typed
from categorical.learning.optimisers_adaptive import adam
from categorical.learning.optimisers_spectral import COEFFICIENTS, muon, near_orthogonal, stretched
from categorical.learning.preserving import Reparametrisation, matrix, preserved
from categorical.learning.rates import cosine
from categorical.records import Context
from categorical.semantics import FloatAlgebra
from categorical.semantics.interpreter import run
from synthesis.ladder import check

n, m = Dim.named("n m")
x, y = Dim("x", size=2), Dim("y", size=3)
M = Real[x, y]
ROTATION = matrix("rotation", x, [[3, -4], [4, 3]], over=5)
WIDER = matrix("rotation", y, [[1, 2, 2], [2, 1, -2], [2, -2, 1]], over=3)


def along_x(r) -> Reparametrisation:
    """The map on each column of a matrix."""

    def lifted(one):
        return op.transpose(y, x).at(M) >> one.over(y) >> op.transpose(x, y)

    return Reparametrisation("columns", lifted(r.map), lifted(r.squares))


COLUMNS = along_x(ROTATION)
ROWS = Reparametrisation("rows", WIDER.map.over(x), WIDER.squares.over(x))
SIGN = Reparametrisation(
    "sign", (identity(M) @ op.table(M, [[1, 1, 1], [1, -1, 1]])) >> op.mul, identity(M)
)


def verdicts(*claims):
    model = architecture(op.relu.at(M), laws=claims, name="spectral")
    return [found.verdict.name for found in check(model)]


def value(arrow, given: np.ndarray) -> np.ndarray:
    sizes = {"n": given.shape[0], "m": given.shape[1]}
    [out] = run(arrow.graph(), Context(FloatAlgebra(), sizes), [given], {}).outputs
    return out


def test_rotations_of_rows_and_columns_are_not_seen_and_signs_of_entries_are() -> None:
    one = muon(0.1, steps=1, eps=0.0)
    assert verdicts(preserved(one, COLUMNS), preserved(one, ROWS)) == ["EXACT", "EXACT"]
    assert verdicts(preserved(one, SIGN).fails()) == ["REFUTED"]
    assert verdicts(preserved(adam(0.1), COLUMNS).fails()) == ["REFUTED"]
    assert verdicts(preserved(adam(0.1), SIGN)) == ["EXACT"]


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 4), (1, 6)])
def test_singular_values_come_near_one_and_vectors_stay(shape) -> None:
    arrow = typed(Real[n, m], name="nearer")(
        lambda one: near_orthogonal(one, COEFFICIENTS, 5, 1e-7)
    )
    rng = np.random.default_rng(0)
    left, _, right = np.linalg.svd(rng.normal(size=shape), full_matrices=False)
    given = left @ np.diag(rng.uniform(0.2, 5.0, size=min(shape))) @ right
    found = value(arrow, given)
    inner = left.T @ found @ right.T
    assert np.abs(inner - np.diag(np.diag(inner))).max() < 1e-12
    assert np.diag(inner).min() > 0.6 and np.diag(inner).max() < 1.3
    before = np.linalg.svd(given)[1]
    assert before.min() < 0.6 or before.max() > 1.3


def test_tall_matrices_are_stretched() -> None:
    fixed, free = Real[y, x], Real[n, m]
    tall = typed(fixed, name="tall")(stretched)
    assert np.allclose(value(tall, np.ones((3, 2))), np.sqrt(1.5))
    general = typed(free, name="general")(stretched)
    assert np.allclose(value(general, np.ones((3, 2))), np.sqrt(1.5))
    assert np.allclose(value(general, np.ones((2, 3))), 1.0)


def test_the_states_and_what_is_refused() -> None:
    assert [one.name for one in muon(0.1).states] == ["buffer"]
    assert [one.name for one in muon(cosine(0.1, 5)).states] == ["buffer", "step"]
    assert muon(0.02).torch == ("Muon", {"lr": 0.02})
    for space in (Real[n], Real.scalar, Real[n, m, x]):
        with pytest.raises(SpecError, match="CM011"):
            muon(0.1).put(space)
    for wrong in ({"momentum": 1.0}, {"steps": 0}, {"eps": -1.0}, {"coefficients": (1.0, 2.0)}):
        with pytest.raises(SpecError, match=r"CM04[12]"):
            muon(0.1, **wrong)


def test_without_look_ahead_it_is_another_step() -> None:
    first, second = (muon(0.1, nesterov=one, steps=1, eps=0.0).put(M) for one in (True, False))
    assert verdicts(laws.commutes(first, second, name="same").fails()) == ["REFUTED"]
