"""Assignments: small values of symbols that satisfy, or break, conditions on sizes.

Definition. An assignment maps names to positive integers. ``solutions`` yields assignments on which
every condition holds; ``least_counterexample`` finds the least (by sum, then by name order) on
which one fails.

Laws. Every yielded assignment satisfies every condition, and none is yielded twice. Assignments
with distinct values come before those with repeated ones, unless that is not asked for.

>>> from categorical.sizes import Size, divides
>>> d, h = Size.symbol("d"), Size.symbol("h")

Accepted: the divisor is chosen first, its multiples are not guessed.

>>> next(solutions([divides(16 * h, d)], ["d", "h"], bound=3))["d"] % 16
0

Rejected: a reshape that drops a condition, and where it fails first.

>>> least_counterexample([divides(h, d)], ["h", "d"])
{'h': 2, 'd': 1}
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from categorical.sizes import Condition, Size

_EFFORT = 4_000  # nodes of one exhaustive search
_DIVES = 60  # nodes of one random dive, for each symbol


def solutions(
    conditions: Iterable[Condition],
    symbols: Iterable[str],
    avoid_equal: bool = True,
    rng: random.Random | None = None,
    bound: int = 13,
) -> Iterator[dict[str, int]]:
    """Assignments to ``symbols`` satisfying all conditions, in random order, without repetition.

    Values run from 1 to ``bound``; it is doubled a few times where that leaves no solution. A name
    that a condition forces to be a multiple (or equal) of others takes its value from there, even
    beyond the bound.
    """
    rng = random.Random(0) if rng is None else rng
    names = list(dict.fromkeys(symbols))
    needed = _closure(conditions)
    for condition in needed:
        names.extend(sorted(condition.symbols - set(names)))
    for limit in (bound, 2 * bound, 4 * bound, 8 * bound):
        search = _Search(needed, names, limit)
        found = False
        for solution in search.run(rng, avoid_equal):
            found = True
            yield solution
        if found:
            return


def least_counterexample(
    conditions: Iterable[Condition],
    symbols: Iterable[str],
    bound: int = 13,
    given: Iterable[Condition] = (),
) -> dict[str, int] | None:
    """The least small assignment on which a condition fails while all of ``given`` hold, or None.

    Least means: the smallest sum, then the first in the order of ``symbols``.
    """
    names = list(dict.fromkeys(symbols))
    assumed = _closure(given)
    best: tuple[int, tuple[int, ...]] | None = None
    order: list[str] = []
    for condition in conditions:
        order.extend(sorted(condition.symbols - set(order) - set(names)))
    for condition in assumed:
        order.extend(sorted(condition.symbols - set(order) - set(names)))
    order = names + order
    for condition in conditions:
        involved = set(condition.symbols)
        for other in assumed:
            involved |= other.symbols
        free = [n for n in order if n in involved]
        checks = [_compiled(c, tuple(free)) for c in assumed]
        broken = [_compiled(c, tuple(free)) for c in _closure([condition])]
        limit = bound
        while limit > 2 and limit ** len(free) > 50_000:
            limit -= 1
        for values in _by_sum(len(free), limit):
            rest = len(order) - len(free)
            if best is not None and sum(values) + rest > best[0]:
                break
            if all(check(*values) for check in checks) and not all(c(*values) for c in broken):
                chosen = dict(zip(free, values, strict=True))
                full = tuple(chosen.get(n, 1) for n in order)
                if best is None or (sum(full), full) < best:
                    best = (sum(full), full)
    return None if best is None else dict(zip(order, best[1], strict=True))


def _by_sum(length: int, bound: int) -> Iterator[tuple[int, ...]]:
    """All tuples over 1..bound, the smallest sum first, each sum in lexicographic order."""

    def parts(slots: int, total: int) -> Iterator[tuple[int, ...]]:
        if slots == 0:
            if total == 0:
                yield ()
            return
        for first in range(max(1, total - bound * (slots - 1)), min(bound, total - slots + 1) + 1):
            for rest in parts(slots - 1, total - first):
                yield (first, *rest)

    return chain.from_iterable(parts(length, t) for t in range(length, bound * length + 1))


def _closure(conditions: Iterable[Condition]) -> list[Condition]:
    """The conditions and those under which their own sides are whole, in a fixed order."""
    found: dict[Condition, None] = {}
    pending = list(conditions)
    while pending:
        condition = pending.pop()
        if condition not in found:
            found[condition] = None
            pending += [*condition.left.conditions, *condition.right.conditions]
    return sorted(found, key=str)


Check = Callable[..., bool]


@lru_cache(maxsize=4096)
def _compiled(condition: Condition, names: tuple[str, ...]) -> Check:
    """The condition as a function of the values of ``names``."""
    arguments = {name: f"x{i}" for i, name in enumerate(names)}
    text = f"lambda {', '.join(arguments.values())}: {condition.to_python(arguments)}"
    body: Check = eval(text, {"__builtins__": {}})

    def check(*values: int) -> bool:
        try:
            return body(*values)
        except ZeroDivisionError:
            return False

    return check


@lru_cache(maxsize=4096)
def _number(size: Size, names: tuple[str, ...]) -> Callable[..., int]:
    from categorical.sizes import to_python

    arguments = {name: f"x{i}" for i, name in enumerate(names)}
    text = f"lambda {', '.join(arguments.values())}: {to_python(size, arguments)}"
    body: Callable[..., int] = eval(text, {"__builtins__": {}})
    return body


_Maker = tuple[str, Callable[..., int], Callable[..., int], list[int]]


@lru_cache(maxsize=4096)
def _solved(condition: Condition, name: str) -> tuple[Size, Size] | None:
    """What determines ``name`` when all else is known, or None.

    The pair (a, b) stands for ``a | name``, or for ``a*name + b == 0`` if it is an equation.
    """
    from categorical.sizes import Size

    symbol = Size.symbol(name)
    if condition.kind == "divides" and condition.right is symbol:
        return None if name in condition.left.symbols else (condition.left, Size.of(0))
    if condition.kind != "equal":
        return None
    try:
        difference = condition.left - condition.right
        b = difference.substitute({name: 0})
        a = difference.substitute({name: 1}) - b
        whole = not a.conditions and not b.conditions
        return (a, b) if whole and difference is a * symbol + b else None
    except ValueError:
        return None


class _Search:
    """Backtracking over names in an order in which divisors precede their multiples."""

    def __init__(self, conditions: Sequence[Condition], names: Sequence[str], limit: int) -> None:
        self.limit = limit
        self.names = list(names)
        sources: dict[str, list[Size]] = {n: [] for n in names}  # of bare names
        for condition in conditions:
            left, right = condition.left, condition.right
            pairs = {"divides": [(left, right)], "equal": [(left, right), (right, left)]}
            for source, target in pairs.get(condition.kind, []):
                name = str(target)
                if name in sources and name not in source.symbols:
                    sources[name].append(source)
        self.order = _ordered(conditions, self.names, sources)
        place = {n: i for i, n in enumerate(self.order)}
        self.makers: list[list[_Maker]] = [[] for _ in self.order]
        for condition in conditions:
            name = max(condition.symbols, key=lambda n: place[n], default="")
            sides = _solved(condition, name) if name else None
            if sides is not None:
                key = tuple(sorted(sides[0].symbols | sides[1].symbols))
                numbers = _number(sides[0], key), _number(sides[1], key)
                where = [place[n] for n in key]
                self.makers[place[name]].append((condition.kind, *numbers, where))
        self.checks: list[list[tuple[Check, list[int]]]] = [[] for _ in self.order]
        self.possible = True
        for condition in conditions:
            key = _key(condition)
            if key:
                where = [place[n] for n in key]
                self.checks[max(where)].append((_compiled(condition, key), where))
            else:
                self.possible = self.possible and condition.holds({})

    def run(self, rng: random.Random, avoid_equal: bool) -> Iterator[dict[str, int]]:
        """All solutions that the effort allows: random dives first, then a sweep."""
        if not self.possible:
            return
        seen: set[tuple[int, ...]] = set()
        for distinct in (True, False) if avoid_equal else (False,):
            stale = 0
            while stale < 4:
                dive = self._walk(rng, distinct, avoid_equal, _DIVES * (len(self.order) + 1))
                values = next(dive, None)
                if values is None or values in seen:
                    stale += 1
                else:
                    stale = 0
                    seen.add(values)
                    yield self._assignment(values)
            for values in self._walk(rng, distinct, avoid_equal, _EFFORT):
                if values not in seen:
                    seen.add(values)
                    yield self._assignment(values)

    def _assignment(self, values: tuple[int, ...]) -> dict[str, int]:
        env = dict(zip(self.order, values, strict=True))
        return {n: env[n] for n in self.names}

    def _candidates(self, i: int, values: list[int]) -> Sequence[int]:
        multiple = 1
        for kind, first, second, where in self.makers[i]:
            known = [values[w] for w in where]
            try:
                a, b = first(*known), second(*known)
            except ZeroDivisionError:
                return ()
            if kind == "divides":
                if a == 0:
                    return ()
                multiple = math.lcm(multiple, a)
            elif a:
                return (-b // a,) if b % a == 0 and -b // a >= 1 else ()
            elif b:
                return ()
        if 2 * multiple > self.limit:
            return tuple(multiple * k for k in range(1, 5))
        return range(multiple, self.limit + 1, multiple)

    def _walk(
        self, rng: random.Random, distinct: bool, prefer_new: bool, effort: int
    ) -> Iterator[tuple[int, ...]]:
        """Depth-first search in random order; ends early when ``effort`` nodes are spent."""
        depth = len(self.order)
        if depth == 0:
            yield ()
            return
        values: list[int] = []
        stack: list[Iterator[int]] = []

        def choices() -> Iterator[int]:
            options = list(self._candidates(len(values), values))
            rng.shuffle(options)
            if distinct:
                return iter([v for v in options if v not in values])
            if prefer_new:
                options.sort(key=values.count)
            return iter(options)

        stack.append(choices())
        while stack and effort > 0:
            effort -= 1
            value = next(stack[-1], None)
            if value is None:
                stack.pop()
                if values:
                    values.pop()
                continue
            values.append(value)
            if not all(c(*(values[w] for w in where)) for c, where in self.checks[len(values) - 1]):
                values.pop()
            elif len(values) == depth:
                yield tuple(values)
                values.pop()
            else:
                stack.append(choices())


def _key(of: Condition | Size) -> tuple[str, ...]:
    return tuple(sorted(of.symbols))


def _ordered(
    conditions: Sequence[Condition],
    names: Sequence[str],
    sources: Mapping[str, Sequence[Size]],
) -> list[str]:
    """Names that an equation settles at once, then sources before what they define."""
    equations = [c for c in conditions if c.kind == "equal"]
    weight = {n: sum(n in c.symbols for c in conditions) for n in names}
    waiting = sorted(names, key=lambda n: -weight[n])
    order: list[str] = []
    while waiting:
        pending = set(waiting)
        left = [c for c in equations if len(c.symbols & pending) == 1]
        ends = ((c, n) for c in left for n in c.symbols & pending)
        settled = (n for c, n in ends if _solved(c, n) is not None)
        free = (n for n in waiting if not any(s.symbols & pending for s in sources[n]))
        chosen = next(settled, None) or next(free, waiting[0])
        order.append(chosen)
        waiting.remove(chosen)
    return order


def completed(
    conditions: Iterable[Condition],
    symbols: Iterable[str],
    known: Mapping[str, int],
    bound: int = 5,
) -> dict[str, int] | None:
    """Given sizes with the smallest ones for the other symbols; None where there are none.

    >>> from categorical.sizes import Size, nonneg
    >>> n, m = Size.symbol("n"), Size.symbol("m")
    >>> completed([nonneg(m - n)], "nm", {"n": 3}), completed([nonneg(n - 4)], "nm", {"n": 3})
    ({'m': 3, 'n': 3}, None)
    """
    rest = [one.substitute(known) for one in sorted(conditions, key=str)]
    if any(not one.holds({}) for one in rest if not one.symbols):
        return None
    left = [s for s in symbols if s not in known]
    found = next(iter(solutions([one for one in rest if one.symbols], left, bound=bound)), None)
    return None if found is None else dict(sorted({**found, **known}.items()))
