"""Scenes as SVG text: one self-contained file, light and dark, without scripts.

Definition.  Shapes are written back to front: frames, wires, boxes, marks, texts.  Colours are
classes of one style sheet, which turns over where the reader prefers a dark page.

Laws.  The text is well-formed XML and a function of the arrow: golden files compare bytes.  Every
name that the user chose is escaped.

>>> from categorical import Dim, op
>>> text = svg(op.linear(*Dim.named("a b")))
>>> text.startswith("<svg "), "linear" in text, "<script" in text
(True, True, False)

What is no arrow and no graph has no picture:

>>> svg("linear")
Traceback (most recent call last):
...
TypeError: 'linear' is not an arrow or a graph
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from backends.diagrams.labels import text_width
from backends.diagrams.layout import Segment
from backends.diagrams.scene import build
from backends.diagrams.shapes import NAME, SMALL, Dot, Line, Rect, Scene, Text
from backends.diagrams.style import STYLE
from categorical.arrows import Arrow
from categorical.graph import Graph

MARGIN = 14.0


def svg(
    arrow: Arrow | Graph,
    *,
    highlight: int | str | None = None,
    verdicts: Mapping[str, object] | Iterable[Any] | None = None,
    expand_depth: int = 2,
    max_nodes: int = 400,
) -> str:
    """The string diagram of an arrow, read from top to bottom.

    ``highlight`` is the wire to show in red: its number in the graph, or its name.  ``verdicts``
    are findings, or a mapping from laws to verdicts; they become badges.
    """
    if not isinstance(arrow, (Arrow, Graph)):
        raise TypeError(f"{arrow!r} is not an arrow or a graph")
    graph = arrow.graph() if isinstance(arrow, Arrow) else arrow
    scene = build(graph, highlight=highlight, expand_depth=expand_depth, max_nodes=max_nodes)
    width = scene.width
    head, top = _header(graph, width, verdicts)
    width = max(width, *(right for _, right in head), 40.0) + 2 * MARGIN
    height = top + scene.height + 2 * MARGIN
    types = " × ".join(map(str, graph.dom)), " × ".join(map(str, graph.cod))
    label = escape(f"{graph.name or 'arrow'}: {types[0]} → {types[1]}")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="commute" width="{_n(width)}" '
        f'height="{_n(height)}" viewBox="0 0 {_n(width)} {_n(height)}" '
        f'role="img" aria-label="{label}">',
        f"<style>{STYLE}</style>",
        '<rect class="bg" width="100%" height="100%"/>',
        f'<g transform="translate({_n(MARGIN)} {_n(MARGIN)})">',
        *(text for text, _ in head),
        "</g>",
        f'<g transform="translate({_n((width - scene.width) / 2)} {_n(MARGIN + top)})">',
        *_body(scene),
        "</g></svg>",
    ]
    return "\n".join(parts) + "\n"


def _n(value: float) -> str:
    """A number without needless digits."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def _tip(text: str) -> str:
    return f"<title>{escape(text, quote=False)}</title>" if text else ""


def _header(
    graph: Graph, width: float, verdicts: Mapping[str, object] | Iterable[Any] | None
) -> tuple[list[tuple[str, float]], float]:
    """The name and the badges, each with its right end, and the height that they take."""
    found: list[tuple[str, float]] = []
    top = 0.0
    if graph.name:
        text = f'<text class="head" x="0" y="13">{_tip(graph.doc)}{escape(graph.name)}</text>'
        found.append((text, text_width(graph.name, 15) + 2))
        top = 26.0
    x = 0.0
    for law, verdict in _verdicts(verdicts):
        text = {"proved": "✓ ", "refuted": "✗ "}.get(verdict, "") + f"{law} · {verdict}"
        long = text_width(text, SMALL) + 14
        if x and x + long > max(width, 360.0):
            x, top = 0.0, top + 21
        badge = (
            f'<g class="badge"><rect class="{verdict}" x="{_n(x)}" y="{_n(top)}" '
            f'width="{_n(long)}" height="17" rx="8.5"/>'
            f'<text x="{_n(x + long / 2)}" y="{_n(top + 12)}" text-anchor="middle">'
            f"{escape(text)}</text></g>"
        )
        found.append((badge, x + long))
        x += long + 6
    return found or [("", 0.0)], top + (30.0 if x else 0.0)


def _verdicts(verdicts: Mapping[str, object] | Iterable[Any] | None) -> list[tuple[str, str]]:
    """Laws with their verdicts in lower case; findings and plain mappings alike."""
    if verdicts is None:
        return []
    pairs = (
        verdicts.items()
        if isinstance(verdicts, Mapping)
        else [(one.law, one.verdict) for one in verdicts]
    )
    found = []
    for law, verdict in pairs:
        name = str(getattr(verdict, "value", verdict)).lower()
        if name not in ("proved", "exact", "tested", "vacuous", "unknown", "refuted"):
            raise ValueError(f"{verdict!r} is not a verdict")
        found.append((str(law), name))
    return found


def _body(scene: Scene) -> Iterable[str]:
    frames = [box for box in scene.boxes if box.role == "frame"]
    yield from map(_rect, frames)
    yield from map(_path, sorted(scene.lines, key=lambda line: line.marked))
    yield from (_rect(box) for box in scene.boxes if box.role != "frame")
    yield from map(_circle, scene.dots)
    yield from map(_text, scene.texts)


def _rect(box: Rect) -> str:
    corner = {"frame": 8, "closed": 6, "source": 13}.get(box.role, 4)
    return (
        f'<rect class="{box.role}" x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" '
        f'height="{_n(box.height)}" rx="{corner}">{_tip(box.tooltip)}</rect>'
    )


def _curve(one: Segment, start: bool) -> str:
    """A segment: straight in the layers, a smooth bend between them."""
    x1, x2 = _n(one.x1), _n(one.x2)
    move = f"M{x1} {_n(one.y1)}" if start else ""
    if x1 == x2:
        return f"{move}V{_n(one.y2)}"
    down = f"V{_n(one.bend_from)}" if one.bend_from > one.y1 + 0.05 else ""
    middle = _n((one.bend_from + one.bend_to) / 2)
    bend = f"C{x1} {middle} {x2} {middle} {x2} {_n(one.bend_to)}"
    last = f"V{_n(one.y2)}" if one.y2 > one.bend_to + 0.05 else ""
    return move + down + bend + last


def _path(line: Line) -> str:
    d, end = "", None
    for one in line.segments:
        follows = end == (one.x1, one.y1)
        d += _curve(one, not follows)
        end = (one.x2, one.y2)
    name = " ".join(
        filter(None, [line.role if line.role != "real" else "", "bad" if line.marked else ""])
    )
    attribute = f' class="{name}"' if name else ""
    return f'<path{attribute} d="{d}">{_tip(line.tooltip)}</path>'


def _circle(dot: Dot) -> str:
    name = dot.role + (" bad" if dot.marked else "")
    place = f'cx="{_n(dot.x)}" cy="{_n(dot.y)}"'
    return f'<circle class="{name}" {place} r="2.6">{_tip(dot.tooltip)}</circle>'


def _text(text: Text) -> str:
    anchor = ' text-anchor="middle"' if text.anchor == "middle" else ""
    kind = "type" if text.role == "wire" else "attrs"
    extra = f'  <tspan class="{kind}">{escape(text.extra)}</tspan>' if text.extra else ""
    return (
        f'<text class="{text.role}" x="{_n(text.x)}" y="{_n(text.y)}"{anchor}>'
        f"{escape(text.text)}{extra}</text>"
    )


assert NAME == 12 and SMALL == 10  # the sizes of the style sheet
