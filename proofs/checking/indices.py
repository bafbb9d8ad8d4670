"""Index terms: what an entry of a wire is read at.

``("f", axis, part)`` is a free index, ``("b", k)`` a bound one, ``("t", …)`` a slot of an atom,
``("c", k)`` a fixed position, ``("v", atom, args, part)`` a value of an index array,
``("j", args, ids, whole)`` an index put together from parts and ``("p", i, term, ids)`` a part of
one, ``("s", args, k, whole)`` an index of a disjoint union that lies in its term k, and
``("r", term, count)`` the place that is as far from the end as the term is from the start.

>>> x, y = ("b", 0), ("b", 1)
>>> part(1, join((x, y), (5, 6), 7), (5, 6))
('b', 1)
>>> join((part(0, x, (5, 6)), part(1, x, (5, 6))), (5, 6), 7)
('b', 0)
>>> mirrored(mirrored(x, None), None), mirrored(("c", 0), 4), mirrored(("c", 0), None)
(('b', 0), ('c', 3), ('c', -1))
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations
from typing import Any

Term = tuple[Any, ...]
TRIES = 24  # orders of bound indices that are tried where they look alike


def leaves(term: Term) -> Iterator[Term]:
    """The variables in an index term."""
    if term[0] in ("f", "b", "t"):
        yield term
    elif term[0] == "v":
        for one in term[2]:
            yield from leaves(one)
    elif term[0] in ("j", "s"):
        for one in term[1]:
            yield from leaves(one)
    elif term[0] == "p":
        yield from leaves(term[2])
    elif term[0] == "r":
        yield from leaves(term[1])


def mirrored(term: Term, count: int | None) -> Term:
    """The place that is as far from the end; a place from the end is counted below 0."""
    if term[0] == "r":
        inner: Term = term[1]
        return inner
    if term[0] != "c":
        return ("r", term, count)
    return ("c", (count or 0) - 1 - term[1] if term[1] >= 0 else -1 - term[1])


def put(term: Term, at: Mapping[Term, Term]) -> Term:
    """Substitute variables."""
    kind = term[0]
    if kind in ("f", "b", "t"):
        return at.get(term, term)
    if kind == "v":
        return ("v", term[1], tuple(put(t, at) for t in term[2]), term[3])
    if kind == "j":
        return join(tuple(put(t, at) for t in term[1]), term[2], term[3])
    if kind == "p":
        return part(term[1], put(term[2], at), term[3])
    if kind == "s":
        return ("s", tuple(put(t, at) for t in term[1]), term[2], term[3])
    if kind == "r":
        return mirrored(put(term[1], at), term[2])
    return term


def join(args: tuple[Term, ...], ids: tuple[int, ...], whole: int) -> Term:
    """The index made of parts; the parts of one index give it back."""
    first = args[0]
    if first[0] == "p" and first[3] == ids:
        if all(a == ("p", i, first[2], ids) for i, a in enumerate(args)):
            whole_term: Term = first[2]
            return whole_term
    return ("j", args, ids, whole)


def part(i: int, term: Term, ids: tuple[int, ...]) -> Term:
    """Part i of an index whose parts range over ``ids``."""
    if term[0] == "j" and term[2] == ids:
        inner: Term = term[1][i]
        return inner
    return ("p", i, term, ids)


def joined(term: Term) -> Iterator[Term]:
    """The joins in a term, outermost first."""
    if term[0] == "j":
        yield term
    inner = {"v": 2, "j": 1, "s": 1}.get(term[0])
    if inner is not None:
        for one in term[inner]:
            yield from joined(one)
    elif term[0] == "p":
        yield from joined(term[2])
    elif term[0] == "r":
        yield from joined(term[1])


def joined_count(term: Term, wanted: Term) -> int:
    return sum(t == wanted for t in joined(term))


def swapped(term: Term, old: Term, new: Term) -> Term:
    """A join replaced by a variable."""
    if term == old:
        return new
    if term[0] == "v":
        return ("v", term[1], tuple(swapped(t, old, new) for t in term[2]), term[3])
    if term[0] == "j":
        return join(tuple(swapped(t, old, new) for t in term[1]), term[2], term[3])
    if term[0] == "p":
        return part(term[1], swapped(term[2], old, new), term[3])
    if term[0] == "s":
        return ("s", tuple(swapped(t, old, new) for t in term[1]), term[2], term[3])
    if term[0] == "r":
        return mirrored(swapped(term[1], old, new), term[2])
    return term


def turns(term: Term) -> int:
    """How many places in a term are counted from the end."""
    inner = {"v": 2, "j": 1, "s": 1}.get(term[0])
    if inner is not None:
        return sum(map(turns, term[inner]))
    if term[0] == "p":
        return turns(term[2])
    return 1 + turns(term[1]) if term[0] == "r" else 0


def orders(groups: list[list[Term]]) -> Iterator[list[Term]]:
    """Orders of the variables that keep the groups; a few, where there are too many."""
    total = 1
    for group in groups:
        for k in range(2, len(group) + 1):
            total *= k
    if total > TRIES:
        yield [v for group in groups for v in group]
        return
    if not groups:
        yield []
        return
    for first in permutations(groups[0]):
        for rest in orders(groups[1:]):
            yield [*first, *rest]
