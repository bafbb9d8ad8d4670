"""Set partitions: the diagrams of the symmetric groups.

Definition.  A partition of m ports into blocks is a tuple of blocks, each an ascending tuple of
ports, sorted by first port.  It stands for the tensor that is 1 where the indices of every block
are equal.  These tensors span the invariants of S_n in the m-th tensor power of Rⁿ (Jones 1994).

Laws.  There are Bell(m) partitions.  At size n those with at most n blocks are linearly
independent and span; there are Σ_{t ≤ n} S(m, t) of them, with Stirling numbers S.

>>> len(partitions(4)), [dimension(4, n) for n in (1, 2, 3, 4, 100)]
(15, [1, 8, 14, 15, 15])
>>> partitions(2)
(((0, 1),), ((0,), (1,)))

Numbers of ports below zero make no partition:

>>> partitions(-1)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: a partition of -1 ports
...
"""

from __future__ import annotations

from functools import cache

from categorical.errors import SpecError

Blocks = tuple[tuple[int, ...], ...]

LARGEST = 10  # Bell(10) = 115,975 diagrams


@cache
def partitions(ports: int) -> tuple[Blocks, ...]:
    """All partitions of the ports 0, …, m − 1: from one block to m blocks, then in order."""
    if ports < 0:
        raise SpecError("CM042", f"a partition of {ports} ports")
    if ports > LARGEST:
        raise SpecError(
            "CM044",
            f"{bell(ports)} partitions of {ports} ports are too many",
            help=[f"use tensors with at most {LARGEST} indices, source and target together"],
        )
    found: list[list[list[int]]] = [[]]
    for port in range(ports):
        found = [
            [
                *(list(b) for b in blocks[:i]),
                [*blocks[i], port],
                *(list(b) for b in blocks[i + 1 :]),
            ]
            if i < len(blocks)
            else [*(list(b) for b in blocks), [port]]
            for blocks in found
            for i in range(len(blocks) + 1)
        ]
    frozen = [tuple(map(tuple, blocks)) for blocks in found]
    return tuple(sorted(frozen, key=lambda b: (len(b), b)))


@cache
def stirling(m: int, t: int) -> int:
    """The number of partitions of m things into t blocks."""
    if m == 0 or t == 0:
        return int(m == t)
    return t * stirling(m - 1, t) + stirling(m - 1, t - 1)


def bell(m: int) -> int:
    """The number of partitions of m things."""
    return sum(stirling(m, t) for t in range(m + 1))


def dimension(ports: int, n: int) -> int:
    """The dimension of the invariants of S_n in the tensor power."""
    return sum(stirling(ports, t) for t in range(min(ports, n) + 1))


def independent(ports: int, n: int) -> tuple[int, ...]:
    """The numbers of the partitions with at most n blocks: independent at size n, and spanning.

    A partition tensor is the sum of the indicators of all coarser equality patterns, and the
    indicators with at most n classes are the nonzero ones: the change of basis is triangular.
    """
    return tuple(i for i, blocks in enumerate(partitions(ports)) if len(blocks) <= n)
