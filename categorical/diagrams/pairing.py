"""Perfect pairings: the diagrams of the classical groups.

Definition.  A pairing of the ports joins them in pairs: δ or a metric for O(n) and O(p, q), an
antisymmetric form for Sp(n) (Brauer 1937).  A walled pairing joins each *upper* port to a *lower*
one (GL(n), with V and V*).  With ε, n further ports may meet in a Levi-Civita symbol (SO(n) and
SL(n)).

Laws.  There are (m − 1)!! pairings of m ports and r! walled ones of r + r.  How many are
independent at size n is counted by tableaux: shapes of m cells with at most n rows, all of even
length (O); with all columns of even length (Sp); pairs of tableaux of one shape (GL); all rows of
odd length, n of them (what ε adds for SO).

>>> len(pairings((0, 1, 2, 3))), [orthogonal(6, n) for n in (1, 2, 3)]
(3, [1, 10, 15])
>>> [odd(m, 2) for m in (2, 4, 6)], [symplectic(6, n) for n in (2, 4, 6)], general(3, 2)
([1, 3, 10], [5, 14, 15], 5)

An odd number of ports has no pairing, which is no error; too many pairings are one:

>>> pairings((0, 1, 2))
()
>>> pairings(tuple(range(18)))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM044]: 34459425 diagrams are too many
...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import combinations, permutations
from math import factorial, prod

from categorical.errors import SpecError

Pair = tuple[int, int]
Pairs = tuple[Pair, ...]
Joined = tuple[Pairs, tuple[tuple[int, ...], ...]]  # pairs, and blocks of ε

LARGEST = 2_000_000


@cache
def pairings(ports: tuple[int, ...]) -> tuple[Pairs, ...]:
    """All perfect pairings of ascending ports."""
    _small(prod(range(len(ports) - 1, 0, -2)))
    return tuple(_pairings(ports))


def _pairings(ports: tuple[int, ...]) -> Iterator[Pairs]:
    if not ports:
        yield ()
        return
    first, rest = ports[0], ports[1:]
    for i, partner in enumerate(rest):
        for others in _pairings(rest[:i] + rest[i + 1 :]):
            yield ((first, partner), *others)


def walled(upper: tuple[int, ...], lower: tuple[int, ...]) -> tuple[Pairs, ...]:
    """All pairings of upper with lower ports."""
    if len(upper) != len(lower):
        return ()
    _small(factorial(len(upper)))
    made = (((min(p), max(p)) for p in zip(upper, image)) for image in permutations(lower))
    return tuple(tuple(sorted(pairs)) for pairs in made)


def with_epsilon(ports: tuple[int, ...], n: int) -> tuple[Joined, ...]:
    """Pairings of all ports, then those in which n ports meet in one ε.

    Two ε of one size are a determinant of metrics, so that one is enough.
    """
    plain: list[Joined] = [(pairs, ()) for pairs in pairings(ports)]
    if len(ports) < n or (len(ports) - n) % 2:
        return tuple(plain)
    for chosen in combinations(ports, n):
        rest = tuple(p for p in ports if p not in chosen)
        plain += [(pairs, (chosen,)) for pairs in pairings(rest)]
    return tuple(plain)


def walled_with_epsilon(
    upper: tuple[int, ...], lower: tuple[int, ...], n: int
) -> tuple[Joined, ...]:
    """Walled pairings in which the ports in excess meet n at a time, in an ε each."""
    more = upper if len(upper) > len(lower) else lower
    excess = abs(len(upper) - len(lower))
    if excess % n:
        return ()
    found: list[Joined] = []
    for blocks in _bunches(more, n, excess // n):
        taken = {p for block in blocks for p in block}
        rest = tuple(p for p in more if p not in taken)
        pairs = walled(rest, lower) if more is upper else walled(upper, rest)
        found += [(one, blocks) for one in pairs]
        _small(len(found))
    return tuple(found)


def _bunches(ports: tuple[int, ...], n: int, many: int) -> Iterator[tuple[tuple[int, ...], ...]]:
    if not many:
        yield ()
        return
    for chosen in combinations(ports, n):
        after = tuple(p for p in ports if p not in chosen and p > chosen[0])
        for others in _bunches(after, n, many - 1):
            yield (chosen, *others)


def _small(many: int) -> None:
    if many > LARGEST:
        raise SpecError(
            "CM044",
            f"{many} diagrams are too many",
            help=["use tensors of lower rank", "solve at one size instead of all"],
        )


# --- how many are independent --------------------------------------------------------------------

Shape = tuple[int, ...]


def shapes(cells: int, rows: int, longest: int | None = None) -> Iterator[Shape]:
    """The partitions of a number into at most so many parts, as descending tuples."""
    longest = cells if longest is None else min(longest, cells)
    if not cells:
        yield ()
    elif rows:
        for first in range(longest, 0, -1):
            for rest in shapes(cells - first, rows - 1, first):
                yield (first, *rest)


def tableaux(shape: Shape) -> int:
    """The number of standard tableaux: the hook length formula."""
    hooks = (
        length - column + sum(1 for below in shape[row + 1 :] if below > column)
        for row, length in enumerate(shape)
        for column in range(length)
    )
    return factorial(sum(shape)) // prod(hooks)


def _sum(cells: int, rows: int, good: Callable[[Shape], bool]) -> int:
    return sum(tableaux(shape) for shape in shapes(cells, rows) if good(shape))


@cache
def orthogonal(ports: int, n: int) -> int:
    """Invariants of O(n) (or O(p, q), p + q = n) in the tensor power of Rⁿ."""
    return _sum(ports, n, lambda shape: all(row % 2 == 0 for row in shape))


@cache
def odd(ports: int, n: int) -> int:
    """Tensors in the tensor power of Rⁿ that O(n) multiplies by its determinant."""
    return _sum(ports, n, lambda shape: len(shape) == n and all(row % 2 for row in shape))


@cache
def symplectic(ports: int, n: int) -> int:
    """Invariants of Sp(n) in the tensor power of Rⁿ, n even."""
    # columns are of even length where rows come in equal pairs
    return _sum(ports, n, lambda shape: shape[0::2] == shape[1::2])


@cache
def general(pairs: int, n: int) -> int:
    """Invariants of GL(n) in r copies of Rⁿ times r of its dual."""
    return sum(tableaux(shape) ** 2 for shape in shapes(pairs, n))


@cache
def special_linear(upper: int, lower: int, n: int) -> int:
    """Invariants of SL(n) in copies of Rⁿ and of its dual: shapes that differ by full columns."""
    more, fewer = max(upper, lower), min(upper, lower)
    if (more - fewer) % n:
        return 0
    full = (more - fewer) // n
    found = 0
    for shape in shapes(fewer, n):
        rows = (*shape, *[0] * (n - len(shape)))
        wider = tuple(row + full for row in rows)
        found += tableaux(shape) * tableaux(tuple(row for row in wider if row))
    return found
