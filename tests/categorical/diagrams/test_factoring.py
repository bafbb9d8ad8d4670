"""Every diagram is one pair of halves of one core."""

from __future__ import annotations

import pytest

from categorical.diagrams import Diagrams, Factor, Port, pair_diagrams, partition_diagrams
from categorical.diagrams.factoring import cores, factors, halves

SETS, MORE, SPACE, WALL = (
    Factor("partition", "n"),
    Factor("partition", "m"),
    Factor("brauer", "v"),
    Factor("walled", "w"),
)
V, DUAL = Port(0), Port(0, True)


@pytest.mark.parametrize(
    "diagrams",
    [
        *(partition_diagrams(k, l) for k in range(4) for l in range(4)),
        pair_diagrams(3, 3),
        pair_diagrams(2, 4, "metric", signs=(1, -1)),
        Diagrams((SETS, MORE), (0, 1), (0, 1)),
        Diagrams((SETS, MORE), (1, 0, 0), (0, 1)),
        Diagrams((SETS, SPACE), (1, 0), (0, 1, 1, 1)),
        Diagrams((WALL,), (V, DUAL, V), (V, DUAL, V)),
        Diagrams((WALL,), (V, DUAL), (DUAL, V, V, DUAL)),
    ],
    ids=str,
)
def test_cores_are_full_products_and_blocks_of_the_weight(diagrams: Diagrams):
    number = 0
    for core in cores(diagrams):
        assert core.first == number
        for out in core.outs:
            for pool in core.pools:
                found = halves(diagrams.diagrams[number], diagrams.kind)
                assert found == (core.indices, out, pool)
                assert len(out.kept) == len(pool.kept) == len(core.indices)
                number += 1
    assert number == diagrams.count


def test_with_epsilon_or_a_choice_there_are_no_cores():
    assert not factors(pair_diagrams(1, 2, "brauer+epsilon", size=3))
    assert not factors(partition_diagrams(1, 1).choose((0,)))
    assert factors(pair_diagrams(2, 2, "brauer+epsilon", size=3))
