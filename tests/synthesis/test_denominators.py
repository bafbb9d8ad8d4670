"""Denominators: common ones are shared, others are multiplied."""

from __future__ import annotations

from math import prod

import numpy as np
import pytest

from synthesis.denominators import MOST, Factor, condensed, product, quotient, union


def factor(kind: int, degree: int, power: int, *labels: int) -> Factor:
    return Factor(kind, degree, power, np.array(labels, dtype=np.int64))


def test_union_takes_the_larger_power_and_says_what_numerators_gain() -> None:
    left = (factor(1, 2, 1, 0, 0), factor(2, 3, 1, 0, 1))
    right = (factor(1, 2, 3, 0, 0),)
    found, more_left, more_right = union(left, right)
    assert sum(f.weight for f in found) == 2 * 3 + 3
    assert more_left == 4  # a / uv = a u² / u³v
    assert more_right == 3  # b / u³ = b v / u³v


def test_other_labels_are_another_denominator() -> None:
    found, more_left, more_right = union((factor(1, 2, 1, 0, 0),), (factor(1, 2, 1, 0, 1),))
    assert sum(f.weight for f in found) == 4
    assert (more_left, more_right) == (2, 2)


def test_products_add_powers_and_quotients_cancel() -> None:
    one = (factor(1, 2, 1, 0, 1),)
    assert product(one, one)[0].power == 2
    rest, up = quotient(product(one, one), one)
    assert sum(f.weight for f in rest) == 2
    assert up == 0
    rest, up = quotient((), one)
    assert rest == ()
    assert up == 2


@pytest.mark.parametrize("seed", range(20))
def test_a_total_is_the_least_common_multiple(seed: int) -> None:
    """Labels stand for distinct primes: the degree bounds the number of primes in the lcm."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, size=(4, 5))
    one = Factor(1, 1, 1, labels)
    found, more = one.total((1,), fresh=2)
    for row, total in zip(labels, found.labels.reshape(-1), strict=True):
        distinct = len(set(row.tolist()))
        assert found.degree >= distinct
        assert more >= distinct - 1
        assert isinstance(int(total), int)
    # rows with one set of labels share the common denominator
    sets = [tuple(sorted(row.tolist())) for row in labels]
    for i in range(4):
        for j in range(4):
            if found.kind == 2 and found.labels[i] == found.labels[j]:
                assert sets[i] == sets[j]


def test_many_factors_are_multiplied_out_without_losing_degree() -> None:
    factors = tuple(factor(k, 2, 1, 0, k % 2) for k in range(MOST + 3))
    found = condensed(factors, fresh=99)
    assert len(found) == MOST
    assert sum(f.weight for f in found) == sum(f.weight for f in factors)
    assert prod(f.labels.size for f in found) > 0
