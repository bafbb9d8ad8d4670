"""Partially ordered sets as categories: one arrow from a to b where a ≤ b.

Definition.  The generating arrows are the covers a < b (nothing in between), named ``"a<b"``;
any two paths from a to b are equal.  It is enough to say, for each a and each cover c < b above it,
that the chosen path to c followed by the cover is the chosen path to b.

Laws.  A functor is a *sheaf* (a space on every element, a restriction map along every cover, all
diagrams commute); on a chain it is a persistence module, and naturality over the chain of prefixes
is causality.

>>> square = poset("square", [("o", "a"), ("o", "b"), ("a", "t"), ("b", "t"), ("o", "t")])
>>> list(square.arrows), square.relations
(['o<a', 'o<b', 'a<t', 'b<t'], ((('o<a', 'a<t'), ('o<b', 'b<t')),))
>>> chain(3).arrows
{'0<1': ('0', '1'), '1<2': ('1', '2')}

A circle is no order:

>>> poset("circle", [("a", "b"), ("b", "a")])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: `circle` is no partial order: a < b < a
...
"""

from __future__ import annotations

from collections.abc import Iterable

from categorical.categories.presented import Path, Presentation
from categorical.checked import checked
from categorical.errors import SpecError


class Poset(Presentation):
    """A partial order as a category: an arrow ``a<b`` for each cover, all squares commute.

    A representation gives each element a space, and each cover a matrix ``(dim b, dim a)``."""

    def __init__(
        self, name: str, below: Iterable[tuple[str, str]], objects: Iterable[str] = ()
    ) -> None:
        given = list(below)
        for pair in given:
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise SpecError("CM042", f"{pair!r} is no pair of elements a ≤ b of `{name}`")
        pairs = list(dict.fromkeys((str(a), str(b)) for a, b in given if a != b))
        elements = tuple(dict.fromkeys([*map(str, objects), *(x for pair in pairs for x in pair)]))
        up: dict[str, list[str]] = {x: [] for x in elements}
        for a, b in pairs:
            up[a].append(b)
        order = _sorted(name, elements, up)
        self._above: dict[str, frozenset[str]] = {}
        for x in reversed(order):
            self._above[x] = frozenset(up[x]).union(*(self._above[y] for y in up[x]))
        covers = [(a, b) for a, b in pairs if not any(b in self._above[c] for c in up[a] if c != b)]
        arrows = {f"{a}<{b}": (a, b) for a, b in covers}
        if len(arrows) != len(covers):
            raise SpecError("CM042", f"the names of the elements of `{name}` contain `<`")
        rank = {x: i for i, x in enumerate(order)}
        by_source = sorted(covers, key=lambda cover: rank[cover[0]])
        relations: list[tuple[Path, Path]] = []
        for start in elements:
            chosen: dict[str, Path] = {start: ()}
            for a, b in by_source:
                if a not in chosen:
                    continue
                path = (*chosen[a], f"{a}<{b}")
                if b in chosen:
                    relations.append((path, chosen[b]))
                else:
                    chosen[b] = path
        super().__init__(name, elements, arrows, _without_prefixes(relations))

    def leq(self, a: str, b: str) -> bool:
        """Whether a ≤ b."""
        return a == b or b in self._above[a]

    def path(self, a: str, b: str) -> Path | None:
        """A path of covers from a to b, or None where a ≤ b fails."""
        if a == b:
            return ()
        for cover, (source, target) in self.arrows.items():
            if source == a and self.leq(target, b):
                rest = self.path(target, b)
                if rest is not None:
                    return (cover, *rest)
        return None


@checked
def poset(name: str, below: Iterable[tuple[str, str]], *, objects: Iterable[str] = ()) -> Poset:
    """The poset that these pairs a ≤ b generate; covers are found, redundant pairs dropped.

    CM043 where the pairs contain a circle."""
    return Poset(name, below, objects)


@checked
def chain(n: int) -> Poset:
    """The total order 0 < 1 < … < n − 1: elements "0", "1", …, arrows "0<1", "1<2", …

    Errors: CM042 for n < 1."""
    if n < 1:
        raise SpecError("CM042", f"a chain has at least one element, not {n}")
    return Poset(f"chain {n}", [(str(i), str(i + 1)) for i in range(n - 1)], map(str, range(n)))


def _sorted(name: str, elements: tuple[str, ...], up: dict[str, list[str]]) -> list[str]:
    """The elements, lower ones first; CM043 for a circle."""
    state: dict[str, int] = {}
    done: list[str] = []
    for root in elements:
        if root in state:
            continue
        state[root], stack = 1, [(root, iter(up[root]))]
        while stack:
            at, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                state[at] = 2
                done.append(at)
                stack.pop()
            elif state.get(following) == 1:
                trail = [x for x, _ in stack]
                circle = [*trail[trail.index(following) :], following]
                raise SpecError("CM043", f"`{name}` is no partial order: {' < '.join(circle)}")
            elif following not in state:
                state[following] = 1
                stack.append((following, iter(up[following])))
    return done[::-1]


def _without_prefixes(relations: list[tuple[Path, Path]]) -> tuple[tuple[Path, Path], ...]:
    """Relations with common first steps removed: those follow from the shorter ones."""
    short: dict[tuple[Path, Path], None] = {}
    for left, right in relations:
        common = 0
        while left[common] == right[common]:
            common += 1
        short[left[common:], right[common:]] = None
    return tuple(short)
