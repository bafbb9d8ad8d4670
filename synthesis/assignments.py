"""Assignments: the sizes at which a law is tried, and what one try costs.

Definition.  A *plan* is a short list of assignments of sizes to dims.  The first is the main one:
independent dims get distinct sizes, the dims of the law at least 3 (2 where that is impossible), so
that neither equal sizes nor an axis with one element hides a swapped axis.  Then come sizes beyond
the numbers in the graph (a window of 20 is all there is at n = 13), tiny ones (2, 1) and random
ones up to 13.

Laws.  Every assignment satisfies all conditions that the graphs collect; dims with a fixed size are
no dims of the plan.  Nothing is allocated: an ``Account`` counts the entries of wires and weights.

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
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from math import prod

from categorical.graph import Graph, OperatorBox
from categorical.recursion.forests import crowded
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


class Account:
    """Counts the entries of all wires of one run of a graph, bodies once for each repetition."""

    def __init__(self, graph: Graph) -> None:
        self.spaces: Counter[tuple[Size, ...]] = Counter()
        self.repeats: set[str] = set()
        pending: list[tuple[Graph, tuple[Size, ...]]] = [(graph, ())]
        while pending:
            one, times = pending.pop()
            for type_ in one.types:
                self.spaces[(*times, *(a.size for a in type_.axes))] += 1
            for node in one.nodes:
                if isinstance(node.box, OperatorBox):
                    count = node.box.attrs.get("times")
                    inner = (*times, count.size) if count is not None else times
                    if count is not None:
                        self.repeats |= count.size.symbols
                    pending.extend((region, inner) for region in node.regions)
        axes = {size for space in self.spaces for size in space}
        #: dims that only say how often something is repeated
        self.repeats -= {
            d for one in graph.types for a in one.axes for d in a.size.symbols if one.axes
        }
        self.sizes = tuple(axes)

    def __call__(self, sizes: Mapping[str, int]) -> int:
        value = {one: one.evaluate(sizes) for one in self.sizes}
        return sum(many * prod(value[a] for a in space) for space, many in self.spaces.items())


def by_total(graphs: Sequence[Graph], largest: int = 13, most: int = 400) -> Iterator[Sizes]:
    """Assignments in the order of their sums: where a counterexample is sought first."""
    names, needed = dims(graphs), conditions(graphs)
    found: dict[tuple[int, ...], Sizes] = {}
    for bound in (b for b in (2, 3, 4, 5, 6, 9, 13) if b <= largest):
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
    accounts = [Account(graph) for graph in graphs]
    free = frozenset.intersection(*(frozenset(one.repeats) for one in accounts))

    def cost(sizes: Sizes) -> int:
        return max(one(sizes) for one in accounts)

    if not names:
        _afford(cost({}), {}, limit)
        return [{}]
    pool = list(islice(by_total(graphs, 5, 300), 300))
    if not pool:
        raise TooLarge("no small sizes satisfy the conditions on the dims")
    _afford(cost(pool[0]), pool[0], limit)

    def rank(sizes: Sizes) -> tuple[int, int, int]:
        short = sum(sizes[d] < 3 for d in focus if d in sizes) * 2
        short += sum(sizes[d] < 2 for d in names if d not in free)
        seen = [v for d, v in sizes.items() if d not in free]
        return (short, len(seen) - len(set(seen)), sum(sizes.values()))

    rng = random.Random(seed)
    near = solutions(needed, names, avoid_equal=True, rng=rng, bound=len(names) + 2)
    wide = solutions(needed, names, avoid_equal=True, rng=rng, bound=13)
    others = [{d: one[d] for d in names} for one in islice(wide, 4)]
    distinct = [{d: one[d] for d in names} for one in islice(near, 40)]
    ranked = sorted((*pool, *distinct, *others), key=rank)
    main = next((s for s in ranked[:40] if cost(s) <= 4 * COMFORT), pool[0])
    twos = [s for s in pool if all(v > 1 for d, v in s.items() if d not in free)]
    chosen = [main]
    for sizes in _beyond(graphs, main, needed):
        if sizes not in chosen and cost(sizes) <= 4 * COMFORT:
            chosen.append(sizes)
    count += len(chosen) - 1
    for sizes in (*twos[:1], *pool[:1], *others, *ranked[1:4]):
        if len(chosen) >= count:
            break
        if sizes not in chosen and cost(sizes) <= COMFORT:
            chosen.append(sizes)
    return chosen


def _beyond(
    graphs: Sequence[Graph], main: Sizes, needed: Sequence[Condition], most: int = 2
) -> Iterator[Sizes]:
    """The main assignment with a dim larger than a number that the graph speaks of (a window),
    and enough nodes for trees."""
    found: dict[tuple[str, int], None] = {}
    for graph in graphs:
        found.update((one, None) for one in (crowded(graph, main).items() - main.items()))
        for _, node in graph.walk():
            if isinstance(node.box, OperatorBox):
                continue
            widest = [v for v in node.box.op.attrs.values() if type(v) is int and 2 < v <= 200]
            names = sorted({d.name for t in (*node.box.dom, *node.box.cod) for d in t.atoms})
            found.update(((d, max(widest) + 2), None) for d in names if widest and d in main)
    count = 0
    for name, size in found:
        sizes = {**main, name: size}
        if size > main[name] and count < most and all(c.holds(sizes) for c in needed):
            count += 1
            yield sizes


def _afford(total: int, sizes: Sizes, limit: int) -> None:
    if total > limit:
        where = f" (at {show(sizes)})" if sizes else ""
        raise TooLarge(f"the smallest instance{where} has {total:,} numbers, more than {limit:,}")


def show(sizes: Mapping[str, int]) -> str:
    """``n=3, c=2``."""
    return ", ".join(f"{k}={v}" for k, v in sizes.items())
