"""Assignments: the sizes at which a law is tried, and what one try costs.

Definition.  A *plan* is a short list of assignments of sizes to dims.  The first is the main one:
independent dims get distinct sizes, the dims of the law at least 3 (2 where that is impossible), so
that neither equal sizes nor an axis with one element hides a swapped axis.  Then come tiny ones (1,
2) and random ones up to 13.

Laws.  Every assignment satisfies all conditions that the graphs collect; dims with a fixed size are
no dims of the plan.  Nothing is allocated: ``numbers`` counts the entries of all wires and weights.

>>> from categorical import Dim, Real, op
>>> n, d, h = Dim.named("n d h")
>>> graph = (op.split(d, h, d // h) >> op.relu).at(Real[n, d]).graph()
>>> for sizes in plan((graph,), focus=("n",), seed=1)[:2]:
...     assert sizes["d"] % sizes["h"] == 0
>>> plan((graph,), focus=("n",), seed=1)[0]["n"] >= 3
True

A graph that is too large at its smallest sizes is refused by counting, before anything exists:

>>> huge = op.relu.at(Real[Dim("a", size=10**6), Dim("b", size=10**6)]).graph()
>>> plan((huge,), focus=(), seed=1)
Traceback (most recent call last):
...
synthesis.assignments.TooLarge: the smallest instance has 2,000,000,000,000 numbers...
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from categorical.graph import Graph, OperatorBox
from categorical.sizes import Condition, Size, solutions

#: Entries of all wires of one run: more are refused.
LIMIT = 4_000_000
#: Entries of one run that the policy prefers to stay under.
COMFORT = 30_000

Sizes = dict[str, int]


class TooLarge(ValueError):
    """Even the smallest instance has more numbers than a check may allocate."""


def dims(graphs: Iterable[Graph]) -> tuple[str, ...]:
    """The symbols of all sizes of some graphs, sorted."""
    return tuple(sorted({d for graph in graphs for d in graph.dims}))


def conditions(graphs: Iterable[Graph]) -> list[Condition]:
    """The side conditions of all sizes of some graphs."""
    return sorted({c for graph in graphs for c in graph.conditions()}, key=str)


def numbers(graph: Graph, sizes: Mapping[str, int]) -> int:
    """The entries of all wires of one run, bodies counted once for each repetition."""
    total, pending = 0, [(graph, 1)]
    known: dict[Size, int] = {}
    while pending:
        one, times = pending.pop()
        for type_ in one.types:
            if type_.size not in known:
                known[type_.size] = type_.size.evaluate(sizes)
            total += times * known[type_.size]
        for node in one.nodes:
            if isinstance(node.box, OperatorBox):
                count = node.box.attrs.get("times")
                inner = times * (count.size.evaluate(sizes) if count is not None else 1)
                pending.extend((region, inner) for region in node.regions)
    return total


def by_total(graphs: Sequence[Graph], largest: int = 13, most: int = 400) -> Iterator[Sizes]:
    """Assignments in the order of their sums: where a counterexample is sought first."""
    names, needed = dims(graphs), conditions(graphs)
    found: dict[tuple[int, ...], Sizes] = {}
    for bound in (2, 3, 4, 6, 9, largest):
        pool = solutions(needed, names, avoid_equal=False, rng=random.Random(0), bound=bound)
        for sizes in islice(pool, most):
            found.setdefault(tuple(sizes[d] for d in names), {d: sizes[d] for d in names})
        if len(found) >= most:
            break
    for key in sorted(found, key=lambda k: (sum(k), k)):
        yield found[key]


def plan(
    graphs: Sequence[Graph], focus: Sequence[str], seed: int, count: int = 5, limit: int = LIMIT
) -> list[Sizes]:
    """Up to ``count`` assignments, the main one first; ``TooLarge`` where none is affordable."""
    names, needed = dims(graphs), conditions(graphs)
    rng = random.Random(seed)
    if not names:
        _afford(graphs, {}, limit)
        return [{}]

    def cost(sizes: Sizes) -> int:
        return max(numbers(graph, sizes) for graph in graphs)

    middle = _some(needed, names, rng, 6)
    small = _some(needed, names, rng, 2, distinct=False)
    wide = _some(needed, names, rng, 13)
    pool = [s for s in (*middle, *small, *wide) if cost(s) <= limit]
    if not pool:
        smallest = min((*middle, *small, *wide), key=cost, default=None)
        if smallest is None:
            raise TooLarge("no small sizes satisfy the conditions on the dims")
        _afford(graphs, smallest, limit)
    comfortable = [s for s in pool if cost(s) <= COMFORT] or [min(pool, key=cost)]

    def rank(sizes: Sizes) -> tuple[int, int, int, int]:
        short = sum(sizes[d] < 3 for d in focus if d in sizes) * 2
        short += sum(sizes[d] < 2 for d in names)
        equal = len(names) - len(set(sizes.values()))
        return (short, equal, sum(sizes.values()), cost(sizes))

    main = min(comfortable, key=rank)
    chosen = [main]
    tiny = sorted((s for s in small if s in comfortable), key=lambda s: sum(s.values()))
    twos = [s for s in tiny if all(v > 1 for v in s.values())]
    others = [s for s in wide if s in comfortable]
    rng.shuffle(others)
    for sizes in (*twos[:1], *others[:2], *tiny[:1], *middle, *others[2:]):
        if len(chosen) >= count:
            break
        if sizes not in chosen and sizes in comfortable:
            chosen.append(sizes)
    return chosen


def _some(
    needed: list[Condition],
    names: Sequence[str],
    rng: random.Random,
    bound: int,
    distinct: bool = True,
) -> list[Sizes]:
    """Some solutions up to a bound, restricted to the dims that occur."""
    pool = solutions(needed, names, avoid_equal=distinct, rng=rng, bound=bound)
    return [{d: s[d] for d in names} for s in islice(pool, 24)]


def _afford(graphs: Sequence[Graph], sizes: Sizes, limit: int) -> None:
    total = max(numbers(graph, sizes) for graph in graphs)
    if total > limit:
        at = ", ".join(f"{k}={v}" for k, v in sizes.items())
        where = f" (at {at})" if at else ""
        raise TooLarge(f"the smallest instance{where} has {total:,} numbers, more than {limit:,}")


def show(sizes: Mapping[str, int]) -> str:
    """``n=3, c=2``."""
    return ", ".join(f"{k}={v}" for k, v in sizes.items())
