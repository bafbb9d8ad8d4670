"""Exact null spaces: unlucky primes, large entries, irrational entries; each against the truth."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from categorical.errors import SpecError
from categorical.exact import Matrix
from categorical.exact.numbers import cos, root, sqrt
from synthesis.solver import modular
from synthesis.solver.nullspace import annihilates, fraction, null_space, rank_bound

FIRST = next(modular.primes())


@given(
    st.integers(1, 6).flatmap(
        lambda n: st.lists(st.lists(st.integers(-3, 3), min_size=n, max_size=n), max_size=7)
    )
)
@settings(max_examples=60, deadline=None)
def test_the_dimension_is_that_of_exact_elimination(rows: list[list[int]]) -> None:
    import sympy

    if not rows:
        return
    found = null_space([Matrix.of(rows)], len(rows[0]))
    assert found.shape[0] == len(rows[0]) - sympy.Matrix(rows).rank()
    assert not len((Matrix.of(rows) @ found.T).values)


def test_blocks_are_met_one_after_the_other() -> None:
    a, b = Matrix.of([[1, -1, 0, 0]]), Matrix.of([[0, 1, -1, 0]])
    assert null_space([a, b], 4) == Matrix.of([[1, 1, 1, 0], [0, 0, 0, 1]])
    assert null_space([], 2) == Matrix.identity(2)


def test_a_prime_that_hides_an_equation() -> None:
    """Modulo the first prime there is a solution; there is none."""
    assert null_space([Matrix.of([[FIRST, 0], [0, 1]])], 2).shape == (0, 2)
    assert null_space([Matrix.of([[FIRST, 1]])], 2) == Matrix.of([[1, -FIRST]])


def test_entries_larger_than_many_primes() -> None:
    big = 3**120 + 1
    found = null_space([Matrix.of([[big, -7]])], 2)
    assert found == Matrix.of([[1, Fraction(big, 7)]])
    with pytest.raises(SpecError, match="CM044"):
        null_space([Matrix.of([[2**2000 + 1, -7]])], 2)


def test_a_denominator_that_a_prime_divides() -> None:
    found = null_space([Matrix.of([[Fraction(1, FIRST), 1]])], 2)
    assert found == Matrix.of([[1, Fraction(-1, FIRST)]])


@pytest.mark.parametrize("number", [sqrt(2), sqrt(6), cos(5), cos(7), root(5), sqrt(3) * cos(16)])
def test_cyclotomic_entries(number: object) -> None:
    found = null_space([Matrix.of([[number, -1, 0]])], 3)
    assert found == Matrix.of([[1, number, 0], [0, 0, 1]])


def test_a_dependence_that_floats_would_miss() -> None:
    """√2 · √3 = √6 exactly: the two equations are one."""
    system = [Matrix.of([[sqrt(2), 1], [sqrt(6), sqrt(3)]])]
    assert null_space(system, 2).shape[0] == 1
    near = [Matrix.of([[sqrt(2), 1], [sqrt(6), sqrt(3) + Fraction(1, 10**30)]])]
    assert null_space(near, 2).shape[0] == 0


def test_the_check_notices_a_wrong_answer() -> None:
    system = [Matrix.of([[1, -1]])]
    assert annihilates(system, Matrix.of([[1, 1]]), 1)
    assert not annihilates(system, Matrix.of([[1, 2]]), 1)
    irrational = [Matrix.of([[sqrt(2), -1]])]
    assert annihilates(irrational, Matrix.of([[1, sqrt(2)]]), 8)
    assert not annihilates(irrational, Matrix.of([[1, Fraction(7, 5)]]), 8)


def test_rank_modulo_another_prime() -> None:
    assert rank_bound([Matrix.of([[1, -1, 0]])], 3) == 2
    assert rank_bound([Matrix.of([[sqrt(2), -1]])], 2) == 1


def test_fractions_are_read_back() -> None:
    p = FIRST
    for value in (Fraction(3, 7), Fraction(-512, 333), Fraction(0), Fraction(-1)):
        residue = value.numerator * pow(value.denominator, -1, p) % p
        assert fraction(residue, p) == value
    assert fraction(pow(1031, -1, p) * 1033 % p, p) is None or p > 2 * 1033**2


def test_primes_have_the_roots_of_unity() -> None:
    for order in (1, 5, 8, 60):
        assert all((p - 1) % order == 0 for p in islice(modular.primes(order), 5))
    assert not modular.is_prime(1) and modular.is_prime(2) and not modular.is_prime(2047)


def test_wide_echelon_forms_are_blocked_exactly() -> None:
    """More rows than one batch, a rank that is known, products of two random factors."""
    rng = np.random.default_rng(0)
    p = FIRST
    a = modular.times(
        rng.integers(0, p, (150, 70)).astype(float), rng.integers(0, p, (70, 120)).astype(float), p
    )
    reduced, pivots = modular.echelon(a, p)
    assert len(pivots) == 70 and (reduced[:, pivots] == np.eye(70)).all()
