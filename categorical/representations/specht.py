"""Specht modules: the irreducible representations of symmetric groups, with whole entries.

Definition.  A tableau of a partition λ of n has the points in rows of lengths λ₁ ≥ λ₂ ≥ …;
forgetting the order in the rows leaves a *tabloid*.  The *polytabloid* of a tableau is the signed
sum of the tabloids that the permutations of its columns make.  The Specht module is the span of all
polytabloids; those of the standard tableaux are a basis (James 1978, §§4 and 8).

Laws.  The modules of all partitions of n are pairwise inequivalent, and Σ dim² = n!; (n) is
trivial, (1, …, 1) the sign, (n − 1, 1) the points without their sum; restricted to S(n−1) a module
is the sum of those with one box less.

>>> from categorical.groups import symmetric
>>> [(shape, specht(symmetric(4), shape).dimension) for shape in partitions(4)]
[((4,), 1), ((3, 1), 3), ((2, 2), 2), ((2, 1, 1), 3), ((1, 1, 1, 1), 1)]

What is no partition of n is refused:

>>> specht(symmetric(4), (1, 3))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: (1, 3) is no partition of 4
...
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations, product
from math import factorial

from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.groups.finite import FiniteGroup
from categorical.representations.representation import Representation
from categorical.representations.subspaces import subrepresentation

Partition = tuple[int, ...]
Tableau = tuple[tuple[int, ...], ...]
LIMIT = 1000
"""The most tabloids."""


def partitions(n: int, largest: int | None = None) -> Iterator[Partition]:
    """The partitions of n, in decreasing lexicographic order."""
    if n == 0:
        yield ()
    for first in range(min(n, n if largest is None else largest), 0, -1):
        for rest in partitions(n - first, first):
            yield (first, *rest)


@checked
def specht(group: FiniteGroup, partition: tuple[int, ...]) -> Representation:
    """The irreducible representation of S(n) of a partition of n; whole entries.

    ``group`` is all of S(n) on its n points (CM042 else).  CM044 where there are more than 1 000
    tabloids, n! / ∏ λᵢ!."""
    n = group.degree
    if group.order != factorial(n):
        raise SpecError("CM042", f"`{group}` is not the group of all permutations of {n} points")
    if partition not in set(partitions(n)):
        raise SpecError("CM042", f"{partition} is no partition of {n}")
    count = factorial(n)
    for row in partition:
        count //= factorial(row)
    if count > LIMIT:
        raise SpecError(
            "CM044",
            f"the partition {partition} has {count} tabloids",
            facts=[("the limit", LIMIT)],
        )
    number = {tabloid: i for i, tabloid in enumerate(_tabloids(partition))}
    maps: dict[str, Matrix] = {}
    for g, image in group.permutations.items():
        moved = []
        for tabloid in number:
            rows = [0] * n
            for point, row in enumerate(tabloid):
                rows[int(image[point])] = row
            moved.append(number[tuple(rows)])
        maps[g] = Matrix.permutation(moved)
    tabloids = Representation(
        group, maps, dims={"*": count}, kind="permutation", name="tabloids", checked=False
    )
    entries: list[tuple[int, int, int]] = []
    tableaux = list(_standard(partition))
    for column, tableau in enumerate(tableaux):
        entries += [(number[t], column, sign) for t, sign in _polytabloid(tableau, n)]
    places, columns, signs = zip(*entries)
    span = Matrix((count, len(tableaux)), places, columns, signs)
    found = subrepresentation(tabloids, span, name=f"S{partition}")
    found.kind = "irrep"
    return found


def _tabloids(partition: Partition) -> Iterator[tuple[int, ...]]:
    """The row of each point."""

    def filled(left: list[int], rows: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if not any(left):
            yield rows
        for row, free in enumerate(left):
            if free:
                left[row] -= 1
                yield from filled(left, (*rows, row))
                left[row] += 1

    return filled(list(partition), ())


def _standard(partition: Partition) -> Iterator[Tableau]:
    """The tableaux that increase along rows and columns."""
    n = sum(partition)

    def filled(rows: tuple[tuple[int, ...], ...], point: int) -> Iterator[Tableau]:
        if point == n:
            yield rows
            return
        for i, row in enumerate(rows):
            if len(row) < partition[i] and (i == 0 or len(rows[i - 1]) > len(row)):
                yield from filled((*rows[:i], (*row, point), *rows[i + 1 :]), point + 1)

    return filled(((),) * len(partition), 0)


def _polytabloid(tableau: Tableau, n: int) -> Iterator[tuple[tuple[int, ...], int]]:
    """(tabloid, sign) for every permutation of the columns."""
    columns = [
        [row[j] for row in tableau if j < len(row)]
        for j in range(len(tableau[0]) if tableau else 0)
    ]
    for choice in product(*(permutations(range(len(column))) for column in columns)):
        rows, sign = [0] * n, 1
        for column, order in zip(columns, choice):
            for row, i in enumerate(order):
                rows[column[i]] = row
            sign *= (-1) ** sum(a > b for k, a in enumerate(order) for b in order[k + 1 :])
        yield tuple(rows), sign
