"""Horizontal places of the items of a layered drawing, given their order in each layer.

Definition.  Every link wants its two ports above each other, with a weight: long wires most, then
the main line of a box.  Sweeps put each item at the weighted median of its neighbours and keep
neighbours apart (pool adjacent violators); then pieces that are straight already move as wholes.

Laws.  The order of a layer is kept, extents stay ``GAP`` apart, and the shortest of a few fixed
strategies wins: no randomness.

>>> spread([(10, 10), (10, 10), (10, 10)], [[0], [1, 2]], 3, [(0, 1, 0.0), (0, 2, 0.0)], {0, 1})
[10.0, 10.0, 44.0]

Items that are not in a layer have no place:

>>> spread([(10, 10)], [], 1, [], set())
Traceback (most recent call last):
...
ValueError: 1 items and 0 in layers
"""

from __future__ import annotations

from collections.abc import Iterable

GAP = 14.0  # between the extents of neighbours
SLACK = 0.05
Wish = tuple[float, float]


def spread(
    extents: list[tuple[float, float]],
    rows: list[list[int]],
    real: int,
    links: list[tuple[int, int, float]],
    main: set[int],
) -> list[float]:
    """The centre line of every item; a link is (upper item, lower item, offset of the ports)."""
    count = sum(map(len, rows))
    if count != len(extents):
        raise ValueError(f"{len(extents)} items and {count} in layers")
    places = _Places(extents, rows, real, links, main)
    plans = ["udbbbs", "us", "udbbbsus"] if count < 120 else ["udbbs"]
    found = min((places.run(plan) for plan in plans), key=lambda one: one[0])[1]
    least = min((x - left for x, (left, _) in zip(found, extents, strict=True)), default=0.0)
    return [round(x - least, 1) for x in found]


class _Places:
    def __init__(
        self,
        extents: list[tuple[float, float]],
        rows: list[list[int]],
        real: int,
        links: list[tuple[int, int, float]],
        main: set[int],
    ) -> None:
        self.rows, self.links = rows, links
        self.weights = [_weight(one, real, n in main) for n, one in enumerate(links)]
        self.up: list[list[tuple[int, float, float]]] = [[] for _ in extents]
        self.down: list[list[tuple[int, float, float]]] = [[] for _ in extents]
        for (upper, lower, offset), weight in zip(links, self.weights, strict=True):
            self.up[lower].append((upper, offset, weight))
            self.down[upper].append((lower, -offset, weight))
        self.offsets: list[list[float]] = []  # the least place of each item of a row
        for row in rows:
            edges, edge = [], 0.0
            for i, item in enumerate(row):
                if i:
                    edge += extents[row[i - 1]][1] + GAP + extents[item][0]
                edges.append(edge)
            self.offsets.append(edges)
        self.offset = {i: o for row, os in zip(rows, self.offsets) for i, o in zip(row, os)}
        self.x: list[float] = []

    def run(self, plan: str) -> tuple[float, list[float]]:
        """The length and the places after the sweeps of a plan."""
        self.x = [self.offset[item] for item in range(len(self.up))]
        for step in plan:
            if step == "s":
                for _ in range(12):
                    if not self._shift():
                        break
                continue
            depths = range(len(self.rows))
            for depth in reversed(depths) if step == "d" else depths:
                self._settle(depth, step)
        length = sum(
            weight * abs(self.x[upper] + offset - self.x[lower])
            for (upper, lower, offset), weight in zip(self.links, self.weights, strict=True)
        )
        return round(length, 3), self.x

    def _settle(self, depth: int, step: str) -> None:
        """Weighted medians of a layer under the minimal distances."""
        x = self.x
        blocks: list[tuple[float, list[Wish], int]] = []
        for item, edge in zip(self.rows[depth], self.offsets[depth], strict=True):
            near: Iterable[tuple[int, float, float]] = (
                self.up[item]
                if step == "u"
                else self.down[item]
                if step == "d"
                else self.up[item] + self.down[item]
            )
            wishes = [(x[other] + offset - edge, weight) for other, offset, weight in near]
            wishes.append((x[item] - edge, 0.01))
            block = (_median(wishes), wishes, 1)
            while blocks and blocks[-1][0] > block[0]:
                _, others, many = blocks.pop()
                merged = others + block[1]
                block = (_median(merged), merged, many + block[2])
            blocks.append(block)
        places = [where for where, _, many in blocks for _ in range(many)]
        for item, edge, where in zip(self.rows[depth], self.offsets[depth], places, strict=True):
            x[item] = where + edge

    def _shift(self) -> bool:
        """Move straight pieces as wholes, where that shortens bent wires or makes one straight."""
        x = self.x
        piece = list(range(len(x)))

        def root(item: int) -> int:
            while piece[item] != item:
                piece[item] = piece[piece[item]]
                item = piece[item]
            return item

        for upper, lower, offset in self.links:
            if abs(x[upper] + offset - x[lower]) < SLACK:
                piece[root(lower)] = root(upper)
        roots = [root(item) for item in range(len(x))]
        members: dict[int, list[int]] = {}
        for item, one in enumerate(roots):
            members.setdefault(one, []).append(item)
        before: dict[int, tuple[int, float]] = {}  # the neighbour on the left, and the least gap
        after: dict[int, tuple[int, float]] = {}
        for row, edges in zip(self.rows, self.offsets, strict=True):
            for i in range(1, len(row)):
                gap = edges[i] - edges[i - 1]
                before[row[i]], after[row[i - 1]] = (row[i - 1], gap), (row[i], gap)
        moved = False
        for one, group in members.items():
            pulls: list[Wish] = []
            left = right = float("inf")
            for item in group:
                here = x[item]
                other, gap = before.get(item, (item, 0.0))
                if roots[other] != one:
                    left = min(left, here - x[other] - gap)
                other, gap = after.get(item, (item, 0.0))
                if roots[other] != one:
                    right = min(right, x[other] - here - gap)
                for other, offset, weight in self.up[item] + self.down[item]:
                    if roots[other] != one:
                        pulls.append((x[other] + offset - here, weight))
            if not pulls:
                continue
            for room, sign in ((left, -1.0), (right, 1.0)):
                ahead = [(pull * sign, weight) for pull, weight in pulls]
                near = min((pull for pull, _ in ahead if pull > SLACK), default=0.0)
                gain = sum(weight if pull > SLACK else -weight for pull, weight in ahead)
                step = min(near, room)
                if step > SLACK and (gain > 0 or (gain == 0 and near <= room)):
                    for item in group:
                        x[item] += sign * step
                    moved = True
                    break
        return moved


def _weight(link: tuple[int, int, float], real: int, main: bool) -> float:
    """How much a link wants to be straight."""
    upper, lower, _ = link
    if lower < real:
        return 4.0 if main else 1.0
    return 8.0 if upper >= real else 5.0 if main else 2.0


def _median(wishes: list[Wish]) -> float:
    """The weighted median; the mean of the middle pair where two are equally good."""
    if len(wishes) == 2:
        return max(wishes, key=lambda wish: wish[1])[0]
    ordered = sorted(wishes)
    half = sum([weight for _, weight in ordered]) / 2
    total = 0.0
    for i, (wish, weight) in enumerate(ordered):
        total += weight
        if total > half + 1e-9:
            return wish
        if total > half - 1e-9 and i + 1 < len(ordered):
            return (wish + ordered[i + 1][0]) / 2
    return ordered[-1][0]
