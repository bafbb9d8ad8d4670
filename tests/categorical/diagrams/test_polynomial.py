"""Equivariant polynomials: counted by Burnside's lemma, independent, equivariant."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import factorial, gcd

import numpy as np
import pytest

from categorical.diagrams import image, pair_diagrams, partition_diagrams
from categorical.diagrams.polynomial import contraction, independent, polynomials, up_to_exchange
from categorical.diagrams.ranks import PRIME, pivots
from categorical.errors import SpecError
from categorical.semantics import FieldAlgebra, FloatAlgebra


def cycle_types(n: int, largest: int) -> Iterator[tuple[int, ...]]:
    if n == 0:
        yield ()
    for k in range(min(n, largest), 0, -1):
        for rest in cycle_types(n - k, k):
            yield (k, *rest)


def directed_multigraphs(arcs: int) -> Fraction:
    """Directed multigraphs with loops and so many arcs, by Burnside's lemma on 2d nodes."""
    total = Fraction(0)
    for cycles in cycle_types(2 * arcs, 2 * arcs):
        centraliser, orbits = 1, {}
        for k in set(cycles):
            centraliser *= k ** cycles.count(k) * factorial(cycles.count(k))
        for a in cycles:
            for b in cycles:
                length = a * b // gcd(a, b)
                orbits[length] = orbits.get(length, 0) + gcd(a, b)
        series = [1] + [0] * arcs
        for length, many in orbits.items():
            for _ in range(many):
                for i in range(length, arcs + 1):
                    series[i] += series[i - length]
        total += Fraction(series[arcs], centraliser)
    return total


@pytest.mark.parametrize("degree", [0, 1, 2, 3])
def test_invariants_of_matrices_are_multigraphs(degree: int):
    assert polynomials(2, 0, degree).count == directed_multigraphs(degree)


def test_degree_one_is_the_linear_layer():
    assert polynomials(2, 2, 1).diagrams == partition_diagrams(2, 2).diagrams


@pytest.mark.parametrize(("k", "l"), [(1, 1), (2, 0), (2, 1), (1, 2)])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_rank_at_small_sizes(k: int, l: int, n: int):
    """All polynomials at random points modulo a prime: their rank is the number of those with at
    most n blocks, and these have full rank."""
    every = polynomials(k, l, 2, scale="sum")
    rng, algebra = np.random.default_rng(0), FieldAlgebra(PRIME)
    rows = []
    for _ in range(every.count // n**l + 3):
        x = algebra.constant(rng.integers(0, PRIME, (n,) * k))
        names = [tuple(range(k)), tuple(range(k, 2 * k))]
        values = [
            image(every, algebra, i, [x, x], names, tuple(range(l)), n) for i in range(every.count)
        ]
        rows.append(np.stack([algebra.export(v).ravel() for v in values], axis=1))
    points = np.concatenate(rows)
    good = independent(every, n)
    assert len(pivots(points, PRIME)) == len(good)
    assert len(pivots(points[:, list(good)], PRIME)) == len(good)


def test_contractions_are_the_meaning_and_rename():
    every, n, algebra = polynomials(2, 2, 2, scale="sum"), 3, FloatAlgebra()
    x, order = np.random.default_rng(1).normal(size=(n, n)), np.array([2, 0, 1])
    renamed = x[np.ix_(order, order)]
    plain = 0
    for i, one in enumerate(every.diagrams):

        def value(x: np.ndarray, i: int = i) -> np.ndarray:
            return image(every, algebra, i, [x, x], [(0, 1), (2, 3)], (0, 1), n)

        assert np.allclose(value(renamed), value(x)[np.ix_(order, order)])
        left, right = contraction(one, 2).split("->")
        if set(right) <= set(left) and len(set(right)) == len(right):
            plain += 1
            assert np.allclose(np.einsum(f"{left}->{right}", x, x), value(x))
    assert plain == 32


def test_polynomials_of_vectors_under_rotations():
    """x ⊗ x, and |x|² times the metric: quadratic maps of vectors to matrices."""
    found = up_to_exchange(pair_diagrams(2, 2), 2)
    assert found.count == 2
    with pytest.raises(SpecError, match="CM044"):
        independent(found, 3)


@pytest.mark.parametrize("degree", [-1, 3])
def test_what_is_no_polynomial(degree: int):
    with pytest.raises(SpecError, match="CM042"):
        up_to_exchange(partition_diagrams(4, 1), degree) if degree > 0 else polynomials(2, 0, -1)
