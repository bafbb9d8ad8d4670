"""The scene of a graph: boxes, wires and texts in their places, before any file format.

Definition.  A graph becomes vertices and nets for the layout; a named part or an iteration becomes
a frame around the scene of its body, down to a depth.  A body that was drawn before is a plain box
the second time.

Laws.  Texts, boxes of one frame and the dots of copies never overlap; a wire meets its boxes at
its ports.  A scene holds no pixel formats and no colours, only roles.

>>> from categorical import Dim, Real, op
>>> n, c, h = Dim.named("n c h")
>>> scene = build((op.linear(c, h) >> op.relu).at(Real[n, c]).graph())
>>> [box.title for box in scene.boxes]
['linear', 'relu']
>>> [text.text for text in scene.texts if text.role == "type"]
['n, h']

A wire that the graph does not have cannot be highlighted:

>>> build(op.relu.at(Real[n]).graph(), highlight="scores")
Traceback (most recent call last):
...
ValueError: the diagram has no wire `scores`
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from backends.diagrams.labels import box_label, shorten, text_width, type_label
from backends.diagrams.layout import GAP, Net, Segment, Vertex, place
from categorical.graph import Graph, Node, OperatorBox
from categorical.records import Box

NAME, SMALL = 12.0, 10.0  # font sizes
HEIGHT, LINE = 26.0, 14.0
TITLE, PAD = 22.0, 12.0
_WIRING = frozenset(
    "expand relabel transpose merge split squeeze concat unconcat slice take flip roll diagonal".split()
)
_GREEK = "αβγδεζηθκλμνξπρστυφχψω"


@dataclass
class Rect:
    """A box or a frame; ``level`` is the depth of its frame."""

    x: float
    y: float
    width: float
    height: float
    role: str
    title: str
    tooltip: str
    level: int


@dataclass
class Text:
    """A text with its left end (or middle) on the base line; ``width`` is what it may take."""

    x: float
    y: float
    text: str
    role: str
    size: float
    anchor: str = "start"

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        width = text_width(self.text, self.size)
        left = self.x - (width / 2 if self.anchor == "middle" else 0.0)
        return left, self.y - 0.78 * self.size, left + width, self.y + 0.22 * self.size


@dataclass
class Line:
    """A wire: its segments, what it is, and whether it is the highlighted one."""

    segments: list[Segment]
    role: str
    tooltip: str
    marked: bool = False


@dataclass
class Dot:
    x: float
    y: float
    role: str  # "copy", "discard", or the role of a resource
    tooltip: str = ""
    marked: bool = False


@dataclass
class Scene:
    """All shapes, in absolute coordinates."""

    width: float = 0.0
    height: float = 0.0
    boxes: list[Rect] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    dots: list[Dot] = field(default_factory=list)


@dataclass
class _Block:
    """A laid-out piece: its size, the offsets of its ports, and how to draw it at a place."""

    width: float
    height: float
    ins: list[float]
    outs: list[float]
    draw: Callable[[float, float, int], None]


def build(
    graph: Graph,
    *,
    highlight: int | str | None = None,
    expand_depth: int = 2,
    max_nodes: int = 400,
) -> Scene:
    """The scene of a graph.

    ``highlight`` is a wire of the graph by number, or one at any depth by name.  Beyond
    ``max_nodes`` boxes, frames are closed from the inside, and then the end is cut off.
    """
    depth = expand_depth
    while depth > 0 and _count(graph, depth) > max_nodes:
        depth -= 1
    builder = _Builder(highlight, depth, max_nodes)
    block = builder.graph(graph, 0)
    if highlight is not None and not builder.found:
        raise ValueError(f"the diagram has no wire `{highlight}`")
    block.draw(0.0, 0.0, 0)
    builder.scene.width, builder.scene.height = block.width, block.height
    return builder.scene


def _count(graph: Graph, depth: int) -> int:
    total = len(graph.nodes)
    if depth > 0:
        total += sum(_count(r, depth - 1) for node in graph.nodes for r in node.regions)
    return total


def shape_key(graph: Graph) -> tuple[Any, ...]:
    """What two graphs share when one picture serves both."""
    nodes = tuple(
        (
            (node.box.name, str(node.box.attrs), *map(shape_key, node.regions))
            if isinstance(node.box, OperatorBox)
            else (id(node.box),),
            node.ins,
            node.outs,
        )
        for node in graph.nodes
    )
    return graph.name, tuple(graph.inputs), tuple(graph.outputs), nodes


def _parameters(graph: Graph) -> str:
    sizes = [r.space.size for r in graph.sources.values() if r.role in ("weight", "frozen")]
    if not sizes:
        return ""
    total = sizes[0]
    for one in sizes[1:]:
        total = total + one
    return str(total)


def _plural(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}{'es' if what[-1] == 'x' else 's'}"


class _Builder:
    def __init__(self, highlight: int | str | None, depth: int, max_nodes: int) -> None:
        self.highlight, self.depth, self.max_nodes = highlight, depth, max_nodes
        self.scene = Scene()
        self.drawn: set[tuple[Any, ...]] = set()
        self.found = False

    # --- one graph -----------------------------------------------------------------------------

    def graph(self, graph: Graph, level: int) -> _Block:
        vertices: list[Vertex] = []
        draws: list[Callable[[float, float, int], None]] = []
        made: dict[int, tuple[int, int]] = {}
        reads: dict[int, list[tuple[int, int]]] = {}

        def add(vertex: Vertex, draw: Callable[[float, float, int], None]) -> int:
            vertices.append(vertex)
            draws.append(draw)
            return len(vertices) - 1

        nodes, rest = graph.nodes[: self.max_nodes], graph.nodes[self.max_nodes :]
        consumers = self._consumers(graph)
        for wire in graph.inputs:
            made[wire] = (add(*self._input(graph, wire, level)), 0)
        shared = {w: t for t, w in zip(_GREEK, self._shared(graph))}
        for node in nodes:
            ins = [w for i, w in enumerate(node.ins) if self._is_port(graph, node, i)]
            outs = self._outs(graph, node, consumers)
            for w in ins:
                if w in graph.sources and w not in made:
                    made[w] = (add(*self._source(graph, w)), 0)
            number = add(*self._node(graph, node, ins, outs, shared, level))
            for port, w in enumerate(ins):
                reads.setdefault(w, []).append((number, port))
            for port, w in enumerate(outs):
                made[w] = (number, port)
        if rest:
            self._ellipsis(graph, rest, made, reads, add)
        for wire in graph.outputs:
            if wire in graph.sources and wire not in made:
                made[wire] = (add(*self._source(graph, wire)), 0)
            number = add(*self._output(graph, wire, level))
            reads.setdefault(wire, []).append((number, 0))
        wires = [w for w in made if w in reads]
        placed = place(vertices, [Net(made[w], reads[w]) for w in wires])
        ports = [placed.points[i] for i, v in enumerate(vertices) if v.band == "first"]
        ends = [placed.points[i] for i, v in enumerate(vertices) if v.band == "last"]

        def draw(dx: float, dy: float, depth: int) -> None:
            head = TITLE if level else 0.0
            foot = PAD if level else 0.0
            for point, one, vertex in zip(placed.points, draws, vertices, strict=True):
                one(dx + point.x, dy + point.y, depth)
                if level and vertex.band == "first":
                    top = dy + point.y
                    self.scene.lines.append(
                        Line([Segment(dx + point.x, top - head, top, top, dx + point.x, top)], "", "")
                    )
            for wire, segments, forks in zip(wires, placed.segments, placed.forks, strict=True):
                self._line(graph, wire, segments, forks, dx, dy, foot, {e.y for e in ends})
            for wire, (number, port) in made.items():
                vertex = vertices[number]
                if wire not in reads and vertex.outs:
                    point = placed.points[number]
                    x = dx + point.x + vertex.outs[port]
                    y = dy + point.y + vertex.height - vertex.foot
                    self.scene.lines.append(
                        Line([Segment(x, y, y + 9, y + 9, x, y + 9)], "", self._tip(graph, wire))
                    )
                    self.scene.dots.append(Dot(x, y + 9, "discard", "discarded"))

        return _Block(placed.width, placed.height, [p.x for p in ports], [p.x for p in ends], draw)
