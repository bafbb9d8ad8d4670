"""How many diagrams are independent: known numbers, and the rank of the tensors themselves."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import factorial

import numpy as np
import pytest

from categorical.diagrams import Diagrams, Factor, Port, pair_diagrams, partition_diagrams
from categorical.diagrams.pairing import pairings, shapes, tableaux
from categorical.diagrams.ranks import ANOTHER, PRIME, pivots
from categorical.errors import SpecError


def exact_rank(rows: list[list[int]]) -> int:
    """By elimination over the rationals: slow, and independent of everything else."""
    left = [[Fraction(x) for x in row] for row in rows]
    rank = 0
    for column in range(len(left[0]) if left else 0):
        pivot = next((r for r in range(rank, len(left)) if left[r][column]), None)
        if pivot is None:
            continue
        left[rank], left[pivot] = left[pivot], left[rank]
        for r in range(rank + 1, len(left)):
            factor = left[r][column] / left[rank][column]
            if factor:
                left[r] = [x - factor * y for x, y in zip(left[r], left[rank])]
        rank += 1
    return rank


def gram_rank(diagrams: Diagrams, n: int) -> int:
    """The rank of all tensors at a size, over the rationals, through their Gram matrix."""
    stack = diagrams.at(n, every=True).stack().dense().astype(object)
    return exact_rank((stack @ stack.T).tolist())


def test_stirling_numbers_not_bell_numbers():
    layer = partition_diagrams(2, 2)
    assert [layer.dimension_at(n) for n in range(1, 6)] == [1, 8, 14, 15, 15]
    assert layer.count == 15
    assert partition_diagrams(1, 1).count == 2
    assert partition_diagrams(2, 1).count == 5
    assert partition_diagrams(2, 0).count == 2


def test_brauer_counts_are_smaller_at_small_sizes():
    found = [pair_diagrams(3, 3).dimension_at(n) for n in (1, 2, 3, 4)]
    assert found == [1, 10, 15, 15]
    assert pair_diagrams(3, 3).count == 15
    assert pair_diagrams(4, 4).dimension_at(3) == 91
    assert pair_diagrams(5, 5).dimension_at(3) == 603
    assert pair_diagrams(2, 1).count == 0


def test_special_orthogonal_counts():
    rotation = [
        Diagrams((Factor("brauer+epsilon", size=2),), (0,) * (m // 2), (0,) * (m // 2))
        for m in (2, 4, 6)
    ]
    assert [d.dimension_at(2) for d in rotation] == [2, 6, 20]
    space = [Diagrams((Factor("brauer+epsilon", size=3),), (0,), (0,) * (m - 1)) for m in (3, 5, 7)]
    assert [d.dimension_at(3) for d in space] == [1, 6, 36]
    assert [len(d.independent_at(3)) for d in space] == [1, 6, 36]


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("m", [1, 2, 3, 4])
def test_partitions_have_the_rank_that_is_claimed(m: int, n: int):
    diagrams = partition_diagrams(m // 2, m - m // 2, scale="sum")
    assert gram_rank(diagrams, n) == diagrams.dimension_at(n) == len(diagrams.independent_at(n))
    assert gram_rank(diagrams.choose(diagrams.independent_at(n)), n) == diagrams.dimension_at(n)


@pytest.mark.parametrize(
    ("factor", "ports", "n"),
    [
        (Factor("brauer"), 4, 1),
        (Factor("brauer"), 6, 2),
        (Factor("brauer"), 4, 3),
        (Factor("metric", signs=(1, -1)), 6, 2),
        (Factor("metric", signs=(1, -1, -1, -1)), 4, 4),
        (Factor("symplectic"), 4, 2),
        (Factor("symplectic"), 6, 2),
        (Factor("symplectic"), 4, 4),
        (Factor("brauer+epsilon", size=2), 6, 2),
        (Factor("brauer+epsilon", size=3), 5, 3),
        (Factor("brauer+epsilon", size=4), 4, 4),
        (Factor("brauer+epsilon", size=1), 3, 1),
        (Factor("metric+epsilon", signs=(1, -1)), 4, 2),
        (Factor("metric+epsilon", signs=(1, -1, -1, -1)), 4, 4),
    ],
    ids=str,
)
def test_pairings_have_the_rank_that_is_claimed(factor: Factor, ports: int, n: int):
    diagrams = Diagrams((factor,), (0,) * (ports // 2), (0,) * (ports - ports // 2), scale="sum")
    assert gram_rank(diagrams, n) == diagrams.dimension_at(n) == len(diagrams.independent_at(n))
    assert gram_rank(diagrams.choose(diagrams.independent_at(n)), n) == diagrams.dimension_at(n)


@pytest.mark.parametrize(
    ("family", "size", "targets", "sources", "n", "wanted"),
    [
        ("walled", None, "V V", "V V", 2, 2),
        ("walled", None, "V V V", "V V V", 2, 5),
        ("walled", None, "V V*", "V V*", 1, 1),
        ("walled", None, "V V*", "V V*", 3, 2),
        ("walled", None, "V", "V*", 3, 0),
        ("walled+epsilon", 2, "V V", "", 2, 1),
        ("walled+epsilon", 2, "V V V", "V", 2, 2),
        ("walled+epsilon", 2, "V", "V*", 2, 1),
        ("walled+epsilon", 2, "V V V V", "", 2, 2),
        ("walled+epsilon", 3, "V* V*", "V", 3, 1),
        ("walled+epsilon", 2, "V", "V V V", 2, 2),
    ],
)
def test_walled_pairings(family, size, targets, sources, n, wanted):
    ports = [[Port(0, p.endswith("*")) for p in text.split()] for text in (targets, sources)]
    diagrams = Diagrams((Factor(family, size=size),), *ports, scale="sum")
    assert diagrams.dimension_at(n) == wanted == len(diagrams.independent_at(n))
    assert gram_rank(diagrams, n) == wanted


def test_products_of_groups_multiply():
    sets, space = Factor("partition", "n"), Factor("brauer", "v")
    both = Diagrams((sets, space), (0, 1), (1, 0, 0, 1, 1), scale="sum")
    assert both.count == 5 * 3 == both.total
    assert [both.dimension_at({"n": n, "v": v}) for n, v in ((2, 2), (3, 3))] == [12, 15]
    assert both.dimension_at((1, 1)) == 1
    small = Diagrams((sets, space), (0, 1), (1, 0), scale="sum")
    for n, v in product((1, 2), repeat=2):
        stack = small.at((n, v), every=True).stack().dense().tolist()
        assert exact_rank(stack) == small.dimension_at((n, v)) == len(small.independent_at((n, v)))


def test_tableaux_fill_the_symmetric_group():
    for cells in range(1, 8):
        assert sum(tableaux(s) ** 2 for s in shapes(cells, cells)) == factorial(cells)


def test_pivots_agree_with_rational_elimination():
    rng = np.random.default_rng(0)
    for _ in range(20):
        rank, rows, columns = rng.integers(1, 90), rng.integers(90, 140), rng.integers(1, 200)
        a = rng.integers(-3, 4, (rows, rank)) @ rng.integers(-3, 4, (rank, columns))
        for p in (PRIME, ANOTHER):
            found = pivots(a, p)
            assert len(found) == np.linalg.matrix_rank(a.astype(float))
            assert np.linalg.matrix_rank(a[:, found].astype(float)) == len(found)
    twice = np.repeat(rng.integers(0, 9, (100, 80)), 2, axis=1)
    assert pivots(twice, PRIME).tolist() == list(range(0, 160, 2))


def test_a_rank_never_grows_modulo_a_prime():
    assert len(pivots(np.diag([PRIME, 1]), PRIME)) == 1


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda: Factor("jellyfish"), "CM042"),
        (lambda: Factor("metric"), "CM042"),
        (lambda: Factor("metric", signs=(1, 2)), "CM042"),
        (lambda: Factor("brauer+epsilon"), "CM044"),
        (lambda: Factor("symplectic", size=3), "CM044"),
        (lambda: partition_diagrams(1, 1, scale="max"), "CM042"),
        (lambda: partition_diagrams(8, 8).count, "CM044"),
        (lambda: pair_diagrams(10, 10).count, "CM044"),
        (lambda: pair_diagrams(2, 2, "symplectic").at(3), "CM044"),
        (lambda: pair_diagrams(2, 2, size=3).at(4), "CM044"),
        (lambda: partition_diagrams(1, 1).at((2, 2)), "CM042"),
        (lambda: partition_diagrams(1, 1).at(2, split=(2,)), "CM042"),
        (lambda: pair_diagrams(6, 6).independent_at(3), "CM044"),
        (lambda: partition_diagrams(2, 2).at(100), "CM044"),
    ],
)
def test_what_has_no_diagrams_is_refused(make, code: str):
    with pytest.raises(SpecError) as raised:
        make()
    assert raised.value.code == code


def test_pairings_are_distinct():
    for m in (0, 2, 4, 6, 8):
        every = pairings(tuple(range(m)))
        assert len(set(every)) == len(every) == np.prod(np.arange(m - 1, 0, -2))
