"""Diagrams as text: one line a box, one column a wire.

Definition.  ``○`` is an input, ``●`` a box in the column of its first wire, ``◆`` an output.  A
wire that is read again runs on (``├``), one that ends turns into the box (``╯``).  Dots after a
name are weights; the types of the outputs stand on the right.

Law.  A line joins exactly the columns that its box reads; ``┼`` is a crossing.

>>> from categorical import Dim, Real, arrow, op
>>> n, d, h = Dim.named("n d h")
>>> @arrow
... def residual(x: Real[n, d]) -> Real[n, d]:
...     return x + op.linear(h, d)(op.relu(op.linear(d, h)(x)))
>>> print(ascii(residual))
residual
○    x              Real[n, d]
├─●  linear d→h ••  n, h
│ ●  relu           n, h
│ ●  linear h→d ••  n, d
●─╯  add            n, d
◆    result         Real[n, d]

What is no arrow and no graph has no picture:

>>> ascii("residual")
Traceback (most recent call last):
...
TypeError: 'residual' is not an arrow or a graph
"""

from __future__ import annotations

from dataclasses import dataclass

from backends.diagrams.labels import box_label, repetition, type_label
from categorical.arrows import Arrow
from categorical.graph import Graph, Node, OperatorBox

_PLAIN = str.maketrans("○●◆│─├┤┼┿┴┬╯╰╮•→×√Σℝ┄…", "o*#|-+++++''`.*>xvSR:.")


@dataclass
class _Row:
    columns: str
    text: str
    types: str


def ascii(arrow: Arrow | Graph, *, expand_depth: int = 2, plain: bool = False) -> str:
    """The diagram as text; ``plain`` keeps to the characters that every terminal has."""
    if not isinstance(arrow, (Arrow, Graph)):
        raise TypeError(f"{arrow!r} is not an arrow or a graph")
    graph = arrow.graph() if isinstance(arrow, Arrow) else arrow
    rows = _Lanes(graph, expand_depth, True).rows
    columns = max((len(row.columns) for row in rows), default=0)
    texts = max((len(row.text) for row in rows), default=0)
    lines = [graph.name] if graph.name else []
    for row in rows:
        lines.append(f"{row.columns:<{columns}}  {row.text:<{texts}}  {row.types}".rstrip())
    text = "\n".join(lines)
    return text.translate(_PLAIN) if plain else text


class _Lanes:
    """The columns while a graph is written down: which wire each one holds."""

    def __init__(self, graph: Graph, depth: int, top: bool) -> None:
        self.graph, self.depth = graph, depth
        self.lanes: list[int | None] = []
        self.rows: list[_Row] = []
        self.left: dict[int, int] = {}  # readings of each wire that are still to come
        for node in graph.nodes:
            for w in self._ins(node):
                self.left[w] = self.left.get(w, 0) + 1
        for w in graph.outputs:
            self.left[w] = self.left.get(w, 0) + 1
        for w in graph.inputs:
            self._start(w, graph.wire_name(w))
        for node in graph.nodes:
            self._node(node)
        for place, w in enumerate(graph.outputs):
            self._open(w)
            name = "result" if len(graph.outputs) == 1 else f"result {place + 1}"
            self._row(
                self.lanes.index(w),
                "◆",
                [],
                name if top else "",
                str(graph.types[w]) if top else "",
            )
            self._read(w)

    def _ins(self, node: Node) -> list[int]:
        """What a box reads by wire; weights that no box computes are dots after its name."""
        count, sources = len(node.box.dom), self.graph.sources
        return [w for i, w in enumerate(node.ins) if i < count or w not in sources]

    def _start(self, wire: int, name: str) -> None:
        """A line of its own for a wire that no box makes."""
        lane = self._free(-1)
        self._row(lane, "○", [], name, str(self.graph.types[wire]))
        self.lanes[lane] = wire if self.left.get(wire) else None

    def _open(self, wire: int) -> None:
        if wire not in self.lanes:
            self._start(wire, self.graph.wire_name(wire))

    def _free(self, after: int) -> int:
        while self.lanes and self.lanes[-1] is None and len(self.lanes) > after + 1:
            self.lanes.pop()
        for lane in range(after + 1, len(self.lanes)):
            if self.lanes[lane] is None:
                return lane
        self.lanes.append(None)
        return len(self.lanes) - 1

    def _read(self, wire: int) -> None:
        self.left[wire] -= 1
        if not self.left[wire]:
            self.lanes[self.lanes.index(wire)] = None

    def _node(self, node: Node) -> None:
        ins = self._ins(node)
        for w in ins:
            self._open(w)
        at = [self.lanes.index(w) for w in ins]
        last = bool(ins) and self.left[ins[0]] == ins.count(ins[0])
        lane = at[0] if last else self._free(at[0] if at else -1)
        others = [
            (i, self.left[w] > ins.count(w)) for i, w in zip(at, ins, strict=True) if i != lane
        ]
        outs = node.outs[: len(node.box.cod)]
        used = [w for w in node.outs if self.left.get(w)]
        types = " × ".join(type_label(self.graph.types[w]) for w in outs)
        self._row(lane, "●", others, self._label(node), types if used else f"{types} (not read)")
        for w in ins:
            self._read(w)
        self._body(node, lane)
        if used:
            self.lanes[lane] = used[0]
            new = []
            for w in used[1:]:
                new.append(self._free(lane))
                self.lanes[new[-1]] = w
            if new:
                self._row(lane, "├", [(i, None) for i in new], "", "")

    def _label(self, node: Node) -> str:
        box = node.box
        if isinstance(box, OperatorBox):
            return f"{node.name.rpartition('.')[2]} {repetition(box)}".rstrip()
        name, attrs = box_label(box)
        dots = "•" * sum(w in self.graph.sources for w in node.ins[len(box.dom) :])
        return " ".join(filter(None, [name, attrs, dots]))

    def _body(self, node: Node, lane: int) -> None:
        """The inside of a part, further to the right, with the outer wires running past it."""
        if self.depth <= 0 or len(node.regions) != 1:
            return
        cells = ["│" if wire is not None else " " for wire in self.lanes]
        cells[lane] = "┄"
        while cells[-1] == " ":
            cells.pop()
        inner = _Lanes(node.regions[0], self.depth - 1, False)
        for row in inner.rows:
            columns = " ".join([*cells, "", row.columns])
            self.rows.append(_Row(columns, f"  {row.text}", row.types))

    def _row(
        self, lane: int, sign: str, others: list[tuple[int, bool | None]], text: str, types: str
    ) -> None:
        """A line: the sign in its column, joined to others that run on, end, or begin (None)."""
        cells = ["│" if wire is not None else " " for wire in self.lanes]
        reach = [lane, *(i for i, _ in others)]
        low, high = min(reach), max(reach)
        for i in range(low, high + 1):
            cells[i] = "┼" if cells[i] == "│" else "─"
        for i, runs in others:
            if runs is None:
                cells[i] = "╮" if i == high else "┬"
            elif low < i < high:
                cells[i] = "┿" if runs else "┴"
            else:
                cells[i] = ("├" if runs else "╰") if i < lane else ("┤" if runs else "╯")
        cells[lane] = sign
        line = ""
        for i, cell in enumerate(cells):
            line += cell + ("─" if low <= i < high else " ")
        self.rows.append(_Row(line.rstrip(), text, types))
