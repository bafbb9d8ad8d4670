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

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from backends.diagrams.labels import (
    box_label,
    operator_title,
    repetition,
    runs_by_port,
    shorten,
    stem,
    text_width,
    type_label,
)
from backends.diagrams.layout import Net, Segment, Vertex, place
from backends.diagrams.shapes import NAME, SMALL, Dot, Line, Rect, Scene, Text, label_width
from backends.diagrams.spread import GAP
from categorical.graph import Graph, Node, OperatorBox

HEIGHT, LINE = 26.0, 14.0
TITLE, PAD = 22.0, 12.0
_WIRING = frozenset(
    [
        "expand",
        "relabel",
        "transpose",
        "merge",
        "split",
        "squeeze",
        "concat",
        "unconcat",
        "slice",
        "take",
        "flip",
        "roll",
        "diagonal",
    ]
)
Draw = Callable[[float, float, int], None]
_GREEK = "αβγδεζηθκλμνξπρστυφχψω"


@dataclass
class _Block:
    """A laid-out piece: its size, the offsets of its ports, and how to draw it at a place."""

    width: float
    height: float
    ins: list[float]
    outs: list[float]
    draw: Draw


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
    builder = _Builder(graph, highlight, depth, max_nodes)
    block = builder.graph(graph, 0)
    block.draw(0.0, 0.0, 0)
    if highlight is not None and not any(line.marked for line in builder.scene.lines):
        raise ValueError(f"the diagram has no wire `{highlight}`")
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


@dataclass
class _Sketch:
    """A graph on its way to the layout: vertices with how to draw them, and the wires."""

    vertices: list[Vertex] = field(default_factory=list)
    draws: list[Draw] = field(default_factory=list)
    made: dict[int, tuple[int, int]] = field(default_factory=dict)
    reads: dict[int, list[tuple[int, int]]] = field(default_factory=dict)

    def add(self, vertex: Vertex, draw: Draw, ins: list[int], outs: list[int]) -> None:
        number = len(self.vertices)
        self.vertices.append(vertex)
        self.draws.append(draw)
        for port, wire in enumerate(ins):
            self.reads.setdefault(wire, []).append((number, port))
        for port, wire in enumerate(outs):
            self.made[wire] = (number, port)


class _Builder:
    def __init__(self, top: Graph, highlight: int | str | None, depth: int, max_nodes: int) -> None:
        self.top, self.highlight, self.depth, self.max_nodes = top, highlight, depth, max_nodes
        self.scene = Scene()
        self.drawn: set[tuple[Any, ...]] = set()
        self.known: dict[int, tuple[set[int], dict[int, tuple[str, str]]]] = {}

    def graph(self, graph: Graph, level: int) -> _Block:
        """Lay out one graph; its inputs end at the top edge, its outputs at the bottom."""
        sketch = _Sketch()
        for wire in graph.inputs:
            sketch.add(*self._input(graph, wire, level), [], [wire])
        shown, rest = graph.nodes[: self.max_nodes], graph.nodes[self.max_nodes :]
        readers = graph.consumers()
        shared = _shared(graph)
        for node in shown:
            ins = [w for i, w in enumerate(node.ins) if _is_port(graph, node, i)]
            count = len(node.box.cod)
            outs = list(node.outs[:count]) + [w for w in node.outs[count:] if w in readers]
            self._sources(graph, sketch, ins)
            sketch.add(*self._node(graph, node, ins, outs, shared, level), ins, outs)
        if rest:
            inside = {w for node in rest for w in node.outs}
            ins = list(dict.fromkeys(w for n in rest for w in n.data if w not in inside))
            outs = [w for w in dict.fromkeys(graph.outputs) if w in inside]
            self._sources(graph, sketch, ins)
            title = f"… {_plural(len(rest), 'more box')}"
            sketch.add(
                *self._box(graph, (title, ""), "closed", title, [], ins, outs, level), ins, outs
            )
        self._sources(graph, sketch, graph.outputs)
        for wire in graph.outputs:
            sketch.add(*self._output(graph, wire, level), [wire], [])
        return self._block(graph, sketch)

    def _block(self, graph: Graph, sketch: _Sketch) -> _Block:
        wires = [w for w in sketch.made if w in sketch.reads]
        placed = place(sketch.vertices, [Net(sketch.made[w], sketch.reads[w]) for w in wires])

        def draw(dx: float, dy: float, level: int) -> None:
            for point, one in zip(placed.points, sketch.draws, strict=True):
                one(dx + point.x, dy + point.y, level)
            for wire, segments, forks in zip(wires, placed.segments, placed.forks, strict=True):
                moved = [_moved(one, dx, dy) for one in segments]
                self._line(graph, wire, moved, [(dx + x, dy + y) for x, y in forks])
            for wire, (number, port) in sketch.made.items():
                vertex, point = sketch.vertices[number], placed.points[number]
                if wire not in sketch.reads and vertex.outs:
                    x = dx + point.x + vertex.outs[port]
                    y = dy + point.y + vertex.height - vertex.foot
                    self._line(graph, wire, [Segment(x, y, y + 9, y + 9, x, y + 9)], [])
                    self.scene.dots.append(Dot(x, y + 9, "discard", "discarded"))

        def ends(band: str) -> list[float]:
            pairs = zip(placed.points, sketch.vertices, strict=True)
            return [point.x for point, vertex in pairs if vertex.band == band]

        return _Block(placed.width, placed.height, ends("first"), ends("last"), draw)

    def _line(
        self, graph: Graph, wire: int, segments: list[Segment], forks: list[tuple[float, float]]
    ) -> None:
        marked = self.highlight in (wire, graph.wire_name(wire)) and (
            not isinstance(self.highlight, int) or graph is self.top
        )
        type_ = graph.types[wire]
        tip = f"{graph.wire_name(wire)}: {type_}"
        self.scene.lines.append(Line(segments, type_.kind, tip, marked))
        self.scene.dots += [Dot(x, y, "copy", tip, marked) for x, y in forks]

    # --- ends and sources --------------------------------------------------------------------

    def _input(self, graph: Graph, wire: int, level: int) -> tuple[Vertex, Draw]:
        name, type_ = graph.wire_name(wire), graph.types[wire]
        if level:
            height = TITLE + LINE
            vertex = Vertex(4, 6 + text_width(name, SMALL), height, [], [0.0], height, "first")
            return vertex, self._text(name, "wire", 5, TITLE + SMALL, SMALL)
        text = f"{name}: {type_}"
        half = text_width(text, NAME) / 2
        vertex = Vertex(half, half, 18, [], [0.0], 0, "first")
        return vertex, self._text(text, "end", 0, NAME, NAME, "middle")

    def _output(self, graph: Graph, wire: int, level: int) -> tuple[Vertex, Draw]:
        if level:
            return Vertex(4, 4, 0, [0.0], [], 0, "last"), lambda x, y, level: None
        text = str(graph.types[wire])
        half = text_width(text, NAME) / 2
        return Vertex(half, half, 20, [0.0], [], 0, "last"), self._text(
            text, "end", 0, NAME + 4, NAME, "middle"
        )

    def _text(
        self, text: str, role: str, dx: float, dy: float, size: float, anchor: str = "start"
    ) -> Draw:
        def draw(x: float, y: float, level: int) -> None:
            self.scene.texts.append(Text(x + dx, y + dy, text, role, size, anchor))

        return draw

    def _sources(self, graph: Graph, sketch: _Sketch, wires: list[int]) -> None:
        """Resources that are read as data stand in the diagram as tags of their own."""
        for wire in wires:
            if wire in graph.sources and wire not in sketch.made:
                one = graph.sources[wire]
                tip = f"{one.role} {one.name}: {one.space}"
                found = self._box(graph, (one.name, ""), "source", tip, [], [], [wire], 0)
                sketch.add(*found, [], [wire])

    # --- nodes ---------------------------------------------------------------------------------

    def _node(
        self,
        graph: Graph,
        node: Node,
        ins: list[int],
        outs: list[int],
        shared: dict[int, str],
        level: int,
    ) -> tuple[Vertex, Draw]:
        box = node.box
        if isinstance(box, OperatorBox):
            return self._operator(graph, node, box, ins, outs, level)
        label = box_label(box)
        marks = []
        for place_, spec in enumerate(box.resources):
            wire = node.ins[len(box.dom) + place_]
            if wire in graph.sources:
                numbers = "" if spec.space.axes == () else f", {spec.space.size} numbers"
                text = f"{spec.role} {graph.sources[wire].name}: {spec.space}{numbers}"
                tied = f" (shared: {shared[wire]})" if wire in shared else ""
                marks.append((spec.role, text + tied, shared.get(wire, "")))
        tip = f"{box.op!r}: {' × '.join(map(str, box.dom))} → {' × '.join(map(str, box.cod))}"
        role = "weights" if marks else "wiring" if box.name in _WIRING else "plain"
        own = node.name if box.resources and stem(node.name) != box.name else ""
        if own and box.name == "parameter":
            label, own = (own, "parameter"), ""
        return self._box(graph, label, role, tip, marks, ins, outs, level, own)

    def _box(
        self,
        graph: Graph,
        label: tuple[str, str],
        role: str,
        tip: str,
        marks: list[tuple[str, str, str]],
        ins: list[int],
        outs: list[int],
        level: int,
        own: str = "",
    ) -> tuple[Vertex, Draw]:
        """A box with its label, its weights as marks, and room for the labels of its wires."""
        name, attrs = label
        ties = "".join(dict.fromkeys(tag for _, _, tag in marks))
        marks_width = 6 + 7 * len(marks) + text_width(ties, SMALL) if marks else 0.0
        width = max(label_width(name, attrs), text_width(own, SMALL)) + marks_width + 20
        height = HEIGHT + (LINE if own else 0.0)
        ports, labels = self._labels(graph, outs)
        width = max(width, 14.0 * (len(ins) + 1), ports[-1] - ports[0] + 20 if ports else 0.0)
        entries = [round((i + 1) / (len(ins) + 1) * width - width / 2, 1) for i in range(len(ins))]
        foot = LINE if outs else 0.0
        right = max([width / 2] + [p + 5 + _label_width(t) for p, t in zip(ports, labels)])
        vertex = Vertex(width / 2, right, height + foot, entries, ports, foot)

        def draw(x: float, y: float, depth: int) -> None:
            scene = self.scene
            left = x - width / 2
            scene.boxes.append(Rect(left, y, width, height, role, name, tip, depth))
            middle = left + (width - (marks_width - 4 if marks else 0.0)) / 2
            if own:
                scene.texts.append(Text(middle, y + 13, own, "wire", SMALL, "middle"))
            base = y + (28 if own else 17)
            scene.texts.append(Text(middle, base, name, "name", NAME, "middle", attrs))
            at = left + width - marks_width
            for kind, text, _ in marks:
                scene.dots.append(Dot(at + 3, y + height / 2, kind, text))
                at += 7
            if ties:
                scene.texts.append(Text(at + 1, y + height / 2 + 3.5, ties, "tie", SMALL))
            self._write_labels(x, y + height + SMALL, ports, labels)

        return vertex, draw

    def _labels(
        self, graph: Graph, outs: list[int], fixed: list[float] | None = None
    ) -> tuple[list[float], list[tuple[str, str]]]:
        """The ports of outputs, apart by their labels, and the labels: variable and type."""
        labels, ports, at = [], [], 0.0
        for place_, wire in enumerate(outs):
            label = self._label(graph, wire)
            if fixed is not None and place_ + 1 < len(fixed):
                room = fixed[place_ + 1] - fixed[place_] - 8
                if _label_width(label) > room:
                    label = ("", label[1])
                if _label_width(label) > room:
                    label = ("", "")
            labels.append(label)
            ports.append(at)
            at += max(24.0, _label_width(label) + GAP)
        middle = (ports[-1] / 2) if ports else 0.0
        return fixed or [round(p - middle, 1) for p in ports], labels

    def _label(self, graph: Graph, wire: int) -> tuple[str, str]:
        """The user's variable and the type; what the end of the wire says is not repeated."""
        if id(graph) not in self.known:
            read = {w for node in graph.nodes for w in node.ins}
            own = {
                w: (stem(node.name), stem(node.box.name)) for node in graph.nodes for w in node.outs
            }
            self.known[id(graph)] = read, own
        read, own = self.known[id(graph)]
        name = graph.names.get(wire, "")
        if re.sub(r"_out\d*$", "", stem(name)) in own.get(wire, (name,)) or "." in name:
            name = ""
        if wire not in graph.outputs or wire in read:
            return shorten(name, 24), type_label(graph.types[wire])
        return "" if graph is self.top else shorten(name, 24), ""

    def _write_labels(
        self, x: float, y: float, ports: list[float], labels: list[tuple[str, str]]
    ) -> None:
        for port, (name, type_) in zip(ports, labels, strict=True):
            if name:
                text = Text(x + port + 5, y, name, "wire", SMALL, "start", type_)
                self.scene.texts.append(text)
            elif type_:
                self.scene.texts.append(Text(x + port + 5, y, type_, "type", SMALL))

    # --- parts ---------------------------------------------------------------------------------

    def _operator(
        self,
        graph: Graph,
        node: Node,
        box: OperatorBox,
        ins: list[int],
        outs: list[int],
        level: int,
    ) -> tuple[Vertex, Draw]:
        region = box.regions[0]
        note = repetition(box)
        title = shorten(operator_title(node, box), 40)
        boxes = sum(1 for _ in region.walk())
        weights = _parameters(region)
        tip = f"{title} {note}".strip() + f": {_plural(boxes, 'box')}"
        tip += f", {weights} parameters" if weights else ""
        tip += f"\n{' × '.join(map(str, box.dom))} → {' × '.join(map(str, box.cod))}"
        tip += f"\n{region.doc}" if region.doc else ""
        key = shape_key(region)
        fits = (region.dom, region.cod) == (box.dom, box.cod) or runs_by_port(box)
        fits = fits and len(box.regions) == 1
        if level >= self.depth or key in self.drawn or not fits:
            attrs = ", ".join(filter(None, [note, "as above" if key in self.drawn else ""]))
            return self._box(graph, (title, attrs), "closed", tip, [], ins, outs, level)
        self.drawn.add(key)
        return self._frame(graph, self.graph(region, level + 1), title, note, tip, outs)

    def _frame(
        self, graph: Graph, inner: _Block, title: str, note: str, tip: str, outs: list[int]
    ) -> tuple[Vertex, Draw]:
        """A part drawn open; its title stands left of the wires that come in."""
        title_width = label_width(title, note, NAME, True)
        room = min(inner.ins, default=inner.width + PAD)
        pad = max(PAD, title_width + 18 - room)
        head = 0.0 if inner.ins else TITLE
        width = max(pad + inner.width + PAD, title_width + 16)
        height = head + inner.height
        middle = round(pad + (sum(inner.ins) / len(inner.ins) if inner.ins else inner.width / 2), 1)
        ports = [round(pad + x - middle, 1) for x in inner.outs]
        labels = self._labels(graph, outs, ports)[1]
        right = max([width - middle] + [p + 5 + _label_width(t) for p, t in zip(ports, labels)])
        entries = [round(pad + x - middle, 1) for x in inner.ins]
        vertex = Vertex(middle, right, height + LINE, entries, ports, LINE)

        def draw(x: float, y: float, depth: int) -> None:
            left = x - middle
            self.scene.boxes.append(Rect(left, y, width, height, "frame", title, tip, depth))
            self.scene.texts.append(Text(left + 8, y + 16, title, "title", NAME, "start", note))
            inner.draw(left + pad, y + head, depth + 1)
            self._write_labels(x, y + height + SMALL, ports, labels)

        return vertex, draw


def _label_width(label: tuple[str, str]) -> float:
    name, type_ = label
    return label_width(name, type_, SMALL) if name else text_width(type_, SMALL)


def _moved(one: Segment, dx: float, dy: float) -> Segment:
    return Segment(
        one.x1 + dx, one.y1 + dy, one.bend_from + dy, one.bend_to + dy, one.x2 + dx, one.y2 + dy
    )


def _is_port(graph: Graph, node: Node, place_: int) -> bool:
    """Data, and weights that are computed by other boxes; other resources are marks."""
    return place_ < len(node.box.dom) or node.ins[place_] not in graph.sources


def _shared(graph: Graph) -> dict[int, str]:
    """A letter for every instance whose resources more than one node reads."""
    readers: dict[int, set[str]] = {}
    for number, node in enumerate(graph.nodes):
        for wire in node.ins[len(node.box.dom) :]:
            readers.setdefault(wire, set()).add(str(number))
    letters: dict[str, str] = {}
    found = {}
    for wire, who in readers.items():
        if len(who) > 1 and wire in graph.sources:
            owner = graph.sources[wire].name.rpartition(".")[0] or graph.sources[wire].name
            letter = letters.setdefault(owner, _GREEK[len(letters) % len(_GREEK)])
            found[wire] = letter
    return found
