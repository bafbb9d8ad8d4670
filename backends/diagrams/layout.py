"""Layered layout of one diagram: where every vertex stands and how every wire runs.

Definition.  A vertex has a width, a height and ports; a net runs from one port to others.  Layers
come from longest paths; a net that crosses layers passes a point in each, shared by all its
readers, so that a copy is a fork of one wire.  Orders come from barycentres, places from
``backends.diagrams.spread``.

Laws.  The layout is a function of its input: no randomness, no clock.  Extents of two vertices of
one layer never overlap, layers do not overlap, and wires bend only between layers.

>>> top, bottom = Vertex(20, 20, 10, outs=[0]), Vertex(20, 20, 10, ins=[0])
>>> placed = place([top, bottom], [Net((0, 0), [(1, 0)])])
>>> [point.x for point in placed.points], placed.points[0].y < placed.points[1].y
([20.0, 20.0], True)

A net that returns to its own past has no layers:

>>> loop = [Vertex(9, 9, 9, ins=[0], outs=[0]) for _ in range(2)]
>>> place(loop, [Net((0, 0), [(1, 0)]), Net((1, 0), [(0, 0)])])
Traceback (most recent call last):
...
ValueError: the diagram has a cycle
"""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass, field

from backends.diagrams.spread import spread

BEND = 16.0  # the least height in which wires bend
Port = tuple[int, int]


@dataclass
class Vertex:
    """``left`` and ``right`` of its centre line, a height, and port offsets from the centre line.

    ``foot`` is the part of the height below the box: labels stand there, wires run straight.
    """

    left: float
    right: float
    height: float
    ins: list[float] = field(default_factory=list)
    outs: list[float] = field(default_factory=list)
    foot: float = 0.0
    band: str = ""  # "first": in the first layer, "last": in the last, in the given order


@dataclass
class Net:
    """A wire: the port that makes it, and the ports that read it."""

    source: Port
    targets: list[Port]


@dataclass
class Point:
    """A vertex in its place: centre line ``x``, top ``y``, and the band of its layer."""

    x: float
    y: float
    layer: int


@dataclass
class Segment:
    """A wire between two layers, bending between ``bend_from`` and ``bend_to``."""

    x1: float
    y1: float
    bend_from: float
    bend_to: float
    x2: float
    y2: float


@dataclass
class Placement:
    """Points of the vertices, and for every net its segments and forks."""

    points: list[Point]
    segments: list[list[Segment]]
    forks: list[list[tuple[float, float]]]
    width: float
    height: float


def place(vertices: list[Vertex], nets: list[Net]) -> Placement:
    """Lay a diagram out."""
    layers = _layers(vertices, nets)
    grid = _Grid(vertices, nets, layers)
    grid.order()
    grid.spread()
    return grid.placement()


def _layers(vertices: list[Vertex], nets: list[Net]) -> list[int]:
    """Longest paths from above; then a vertex sinks where that shortens wires."""
    count = len(vertices)
    after: list[set[int]] = [set() for _ in range(count)]
    before: list[set[int]] = [set() for _ in range(count)]
    for net in nets:
        for target, _ in net.targets:
            after[net.source[0]].add(target)
            before[target].add(net.source[0])
    waiting = [len(b) for b in before]
    ready = [v for v in range(count) if not waiting[v]]
    order = []
    first = any(one.band == "first" for one in vertices)
    layer = [int(first and one.band != "first") for one in vertices]
    while ready:
        v = ready.pop()
        order.append(v)
        for w in after[v]:
            layer[w] = max(layer[w], layer[v] + 1)
            waiting[w] -= 1
            if not waiting[w]:
                ready.append(w)
    if len(order) < count:
        raise ValueError("the diagram has a cycle")
    reading: list[list[Net]] = [[] for _ in range(count)]
    for net in nets:
        for target in {t for t, _ in net.targets}:
            reading[target].append(net)
    for v in reversed(order):
        if vertices[v].band or not after[v]:
            continue
        lowest = min(layer[w] for w in after[v]) - 1
        longer = sum(all(layer[t] < lowest for t, _ in net.targets if t != v) for net in reading[v])
        if lowest > layer[v] and longer < len(vertices[v].outs):
            layer[v] = lowest
    last = max((n for v, n in enumerate(layer) if vertices[v].band != "last"), default=0) + 1
    return [
        0 if one.band == "first" else last if one.band == "last" else layer[v]
        for v, one in enumerate(vertices)
    ]


class _Grid:
    """Vertices and the points of long nets (dummies), layer by layer."""

    def __init__(self, vertices: list[Vertex], nets: list[Net], layers: list[int]) -> None:
        self.nets, self.real = nets, len(vertices)
        self.items = list(vertices)
        self.layer = list(layers)
        self.links: list[tuple[int, int, int, int]] = []  # upper item, port, lower item, port
        self.net_links: list[list[int]] = []
        for net in nets:
            owner, port = net.source
            chain = {layers[owner]: (owner, port)}
            deepest = max((layers[t] for t, _ in net.targets), default=0)
            mine = []
            for depth in range(layers[owner] + 1, deepest):
                self.items.append(Vertex(3, 3, 0, [0.0], [0.0]))
                self.layer.append(depth)
                mine.append(self._link(chain[depth - 1], (len(self.items) - 1, 0)))
                chain[depth] = (len(self.items) - 1, 0)
            mine += [self._link(chain[layers[t] - 1], (t, p)) for t, p in net.targets]
            self.net_links.append(mine)
        self.rows: list[list[int]] = [[] for _ in range(max(self.layer, default=0) + 1)]
        for item, depth in enumerate(self.layer):
            self.rows[depth].append(item)
        self.up: list[list[int]] = [[] for _ in self.items]
        self.down: list[list[int]] = [[] for _ in self.items]
        for number, (upper, _, lower, _) in enumerate(self.links):
            self.down[upper].append(number)
            self.up[lower].append(number)
        # the main line of a diagram: the first link into every vertex, up to the vertex it is from
        self.main = set()
        for links in self.up[: self.real]:
            one = min(links, key=lambda n: self.links[n][3], default=None)
            while one is not None and one not in self.main:
                self.main.add(one)
                above = self.links[one][0]
                one = self.up[above][0] if above >= self.real else None
        self.x: list[float] = []

    def _link(self, upper: Port, lower: Port) -> int:
        self.links.append((*upper, *lower))
        return len(self.links) - 1

    # --- orders ------------------------------------------------------------------------------

    def order(self) -> None:
        """Barycentre sweeps down and up, then swaps of neighbours; the best order is kept."""
        for depth in range(1, len(self.rows)):
            self._sort(depth, True)
        best, kept = self._crossings(), [list(row) for row in self.rows]
        for sweep in range(8):
            if best == 0:
                break
            downwards = sweep % 2 == 1
            depths = range(1, len(self.rows)) if downwards else range(len(self.rows) - 2, -1, -1)
            for depth in depths:
                self._sort(depth, downwards)
            found = self._crossings()
            if found < best:
                best, kept = found, [list(row) for row in self.rows]
        self.rows = kept
        if best:
            self._transpose()

    def _fixed(self, item: int) -> bool:
        return item < self.real and bool(self.items[item].band)

    def _sort(self, depth: int, downwards: bool) -> None:
        """Order a layer by the mean place of its neighbours; fixed items keep their order."""
        row = self.rows[depth]
        near = self.rows[depth - 1 if downwards else depth + 1]
        at = {item: i for i, item in enumerate(near)}
        keys = {}
        for i, item in enumerate(row):
            places = []
            for number in self.up[item] if downwards else self.down[item]:
                upper, out, lower, into = self.links[number]
                if downwards:
                    rank = (out + 1) / (len(self.items[upper].outs) + 1)
                    places.append(at[upper] + rank - into / 64)
                else:
                    rank = (into + 1) / (len(self.items[lower].ins) + 1)
                    places.append(at[lower] + rank - out / 64)
            keys[item] = sum(places) / len(places) if places else float(i)
        fixed = [item for item in row if self._fixed(item)]
        new = sorted(row, key=lambda item: keys[item])
        if fixed:
            queue = iter(fixed)
            new = [next(queue) if self._fixed(item) else item for item in new]
        self.rows[depth] = new

    def _crossings(self) -> int:
        total = 0
        for depth in range(len(self.rows) - 1):
            total += self._between(
                self.rows[depth], {w: i for i, w in enumerate(self.rows[depth + 1])}
            )
        return total

    def _between(self, upper: list[int], lower: dict[int, int]) -> int:
        """Inversions of the links between two layers."""
        seen: list[tuple[int, int]] = []
        total = 0
        for item in upper:
            ends = sorted(
                (self.links[n][1], (lower[self.links[n][2]], self.links[n][3]))
                for n in self.down[item]
            )
            for _, end in ends:
                total += len(seen) - bisect_right(seen, end)
                insort(seen, end)
        return total

    def _pair(self, left: int, right: int, at: list[dict[int, int]], depth: int) -> int:
        """Crossings of the links of two neighbours, in this order."""
        total = 0
        for links, side, near in ((self.up, 0, depth - 1), (self.down, 2, depth + 1)):
            if not 0 <= near < len(self.rows):
                continue
            place = at[near]
            ends = [
                [(place[self.links[n][side]], self.links[n][side + 1]) for n in links[one]]
                for one in (left, right)
            ]
            total += sum(a > b for a in ends[0] for b in ends[1])
        return total

    def _transpose(self) -> None:
        at = [{item: i for i, item in enumerate(row)} for row in self.rows]
        for _ in range(4):
            better = False
            for depth, row in enumerate(self.rows):
                for i in range(len(row) - 1):
                    left, right = row[i], row[i + 1]
                    if self._fixed(left) and self._fixed(right):
                        continue
                    if self._pair(left, right, at, depth) > self._pair(right, left, at, depth):
                        row[i], row[i + 1] = right, left
                        at[depth][left], at[depth][right] = i + 1, i
                        better = True
            if not better:
                return

    def spread(self) -> None:
        """Horizontal places."""
        self.x = spread(
            [(item.left, item.right) for item in self.items],
            self.rows,
            self.real,
            [(u, d, self.items[u].outs[o] - self.items[d].ins[i]) for u, o, d, i in self.links],
            self.main,
        )

    # --- the result --------------------------------------------------------------------------

    def placement(self) -> Placement:
        tops, bottoms = [], []
        y = 0.0
        for depth, row in enumerate(self.rows):
            height = max((self.items[i].height for i in row), default=0.0)
            if depth:
                widest = max(
                    (abs(self._end(n, 0) - self._end(n, 1)) for i in row for n in self.up[i]),
                    default=0.0,
                )
                y += BEND + min(44.0, 0.16 * widest)
            tops.append(y)
            y += height
            bottoms.append(y)
        points = []
        for item, depth in enumerate(self.layer):
            slack = bottoms[depth] - tops[depth] - self.items[item].height
            points.append(Point(self.x[item], tops[depth] + slack / 2, depth))
        segments, forks = [], []
        for mine in self.net_links:
            drawn, starts = [], {}
            for number in mine:
                upper, out, lower, _ = self.links[number]
                start, end = points[upper], points[lower]
                y1 = start.y + self.items[upper].height - self.items[upper].foot
                bend = (bottoms[start.layer], tops[end.layer])
                if (upper, out) in starts:
                    y1 = bend[0]  # the straight piece before a fork is drawn once
                elif upper >= self.real:
                    y1 = tops[start.layer]
                x1, x2 = self._end(number, 0), self._end(number, 1)
                drawn.append(
                    Segment(
                        x1,
                        y1,
                        *bend,
                        x2,
                        end.y if lower < self.real else bend[1],
                    )
                )
                starts.setdefault((upper, out), []).append((x1, bend[0]))
            segments.append(drawn)
            forks.append([ends[0] for ends in starts.values() if len(ends) > 1])
        width = max((self.x[i] + v.right for i, v in enumerate(self.items)), default=0.0)
        return Placement(points[: self.real], segments, forks, round(width, 1), round(y, 1))

    def _end(self, number: int, which: int) -> float:
        upper, out, lower, into = self.links[number]
        if which == 0:
            return self.x[upper] + self.items[upper].outs[out]
        return self.x[lower] + self.items[lower].ins[into]
