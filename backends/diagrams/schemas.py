"""Schemas as pictures: objects, edges as arrows between them, and the equations beneath.

Definition.  Objects stand on a circle (two of them side by side), edges between two objects are
curves side by side, edges from an object to itself are loops that point outwards.  Equations and
cones are listed below, each equation with its verdict if one is given.

Laws.  As for arrows: well-formed XML, a function of the schema alone, every name escaped.

>>> from categorical.schemas import Schema
>>> cycle = Schema("cycle", "A B", {"f": ("A", "B"), "g": ("B", "A")}, {"round": "f g = 1"})
>>> text = schema_svg(cycle, verdicts={"round": "refuted"})
>>> text.count('class="edge"'), "round: f ; g = 1 on A" in text, "refuted" in text
(2, True, True)

A verdict of an equation that the schema does not have is no part of its picture:

>>> schema_svg(cycle, verdicts={"back": "refuted"})
Traceback (most recent call last):
...
ValueError: `cycle` has no equation `back`
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from math import cos, hypot, pi, sin
from typing import Any

from backends.diagrams.labels import text_width
from backends.diagrams.style import STYLE
from backends.diagrams.svg import MARGIN, _n, _verdicts
from categorical.schemas import Schema

Point = tuple[float, float]
GAP, LOOP, HEAD, ROW = 26.0, 46.0, 7.0, 17.0
MARKS = {"proved": "✓ ", "refuted": "✗ "}


def schema_svg(
    schema: Schema, *, verdicts: Mapping[str, object] | Iterable[Any] | None = None
) -> str:
    """The picture of a schema; ``verdicts`` are findings, or a mapping from equations to verdicts.

    Of findings, those that are about no equation of the schema are left out.
    """
    known = dict(_verdicts(verdicts))
    if isinstance(verdicts, Mapping):
        for name in known:
            if name not in schema.equations:
                raise ValueError(f"`{schema.name}` has no equation `{name}`")
    at = _places(schema)
    drawn = [*_edges(schema, at), *_objects(schema, at)]
    xs = [x for x, _ in at.values()] or [0.0]
    ys = [y for _, y in at.values()] or [0.0]
    reach = _reach(schema)
    left, right = min(xs) - reach, max(xs) + reach
    top, bottom = min(ys) - reach, max(ys) + reach
    rows = _rows(schema, known)
    wide = max([right - left, *(text_width(text, 12) for text, _ in rows)])
    height = (bottom - top) + 26 + ROW * len(rows)
    whole = (wide + 2 * MARGIN, height + 2 * MARGIN)
    shift = (MARGIN - left + (wide - (right - left)) / 2, MARGIN + 26 - top)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="commute" width="{_n(whole[0])}" '
        f'height="{_n(whole[1])}" viewBox="0 0 {_n(whole[0])} {_n(whole[1])}" '
        f'role="img" aria-label="{escape(repr(schema))}">',
        f"<style>{STYLE}</style>",
        '<rect class="bg" width="100%" height="100%"/>',
        f'<text class="head" x="{_n(MARGIN)}" y="{_n(MARGIN + 13)}">{escape(schema.name)}</text>',
        f'<g transform="translate({_n(shift[0])} {_n(shift[1])})">',
        *drawn,
        "</g>",
    ]
    y = MARGIN + 26 + (bottom - top)
    for text, verdict in rows:
        y += ROW
        kind = f' class="{verdict}"' if verdict else ' class="name"'
        parts.append(
            f'<text{kind} x="{_n(MARGIN)}" y="{_n(y - 4)}" font-size="12">{escape(text)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _rows(schema: Schema, verdicts: Mapping[str, str]) -> list[tuple[str, str]]:
    """The equations and cones, each with its verdict ("" if none is known)."""
    found = []
    for name, equation in schema.equations.items():
        verdict = verdicts.get(name, "")
        said = f"{MARKS.get(verdict, '')}{equation.stated}{f' · {verdict}' if verdict else ''}"
        found.append((said, verdict))
    return found + [(str(cone), "") for cone in schema.cones]


def _places(schema: Schema) -> dict[str, Point]:
    """The middle of every object."""
    count = len(schema.objects)
    if count == 1:
        return {schema.objects[0]: (0.0, 0.0)}
    widest = max((text_width(one, 12) for one in (*schema.objects, *schema.edges)), default=0.0)
    radius = max(80.0 if count == 2 else 110.0, (widest + 50.0) * count / (2 * pi))
    turn = pi if count == 2 else -pi / 2
    found = {}
    for k, one in enumerate(schema.objects):
        angle = turn + 2 * pi * k / count
        found[one] = (radius * cos(angle), radius * sin(angle))
    return found


def _reach(schema: Schema) -> float:
    """How far the drawing goes beyond the middles of the objects."""
    loops = any(a == b for a, b in schema.edges.values())
    beside = max((len(group) for group in _groups(schema).values()), default=1)
    names = max((text_width(one, 12) for one in schema.objects), default=0.0) / 2 + 12
    return max(names, 24.0, LOOP + 20.0 * beside if loops else 0.0, GAP * beside / 2 + 16)


def _groups(schema: Schema) -> dict[tuple[str, str], list[str]]:
    """Edges by the pair of objects that they join, in the order of the schema."""
    order = {one: k for k, one in enumerate(schema.objects)}
    found: dict[tuple[str, str], list[str]] = {}
    for edge, ends in schema.edges.items():
        first, last = sorted(ends, key=order.__getitem__)
        found.setdefault((first, last), []).append(edge)
    return found


def _edges(schema: Schema, at: Mapping[str, Point]) -> Iterable[str]:
    sizes = {one: max(text_width(one, 12) / 2 + 8, 13.0) for one in schema.objects}
    for (first, last), edges in _groups(schema).items():
        for k, edge in enumerate(edges):
            if first == last:
                yield from _loop(edge, at[first], sizes[first], k)
                continue
            off = GAP * (k - (len(edges) - 1) / 2)
            source, target = schema.edges[edge]
            yield from _curve(edge, at, (first, last), (source, target), sizes, off)


def _curve(
    edge: str,
    at: Mapping[str, Point],
    line: tuple[str, str],
    ends: tuple[str, str],
    sizes: Mapping[str, float],
    off: float,
) -> Iterable[str]:
    """An edge as a bend of the line between two objects, ``off`` to its side."""
    (x1, y1), (x2, y2) = at[line[0]], at[line[1]]
    long = hypot(x2 - x1, y2 - y1)
    normal = ((y1 - y2) / long, (x2 - x1) / long)
    middle = ((x1 + x2) / 2, (y1 + y2) / 2)
    control = (middle[0] + 2 * off * normal[0], middle[1] + 2 * off * normal[1])
    start = _towards(at[ends[0]], control, sizes[ends[0]])
    end = _towards(at[ends[1]], control, sizes[ends[1]])
    away = off + (9 + text_width(edge, 11) / 2 * abs(normal[0])) * (1.0 if off >= 0 else -1.0)
    label = (middle[0] + away * normal[0], middle[1] + away * normal[1])
    d = f"M{_at(start)}Q{_at(control)} {_at(end)}"
    yield from _arrow(edge, d, control, end, label)


def _loop(edge: str, middle: Point, size: float, k: int) -> Iterable[str]:
    """An edge from an object to itself, away from the others; the k-th is wider."""
    x, y = middle
    long = hypot(x, y)
    out = (x / long, y / long) if long > 1 else (0.0, -1.0)
    far, wide = size + LOOP + 20 * k, 26.0 + 10 * k
    side = (-out[1], out[0])
    controls = [
        (x + far * out[0] + s * wide * side[0], y + far * out[1] + s * wide * side[1])
        for s in (-1, 1)
    ]
    start, end = (_towards(middle, one, size) for one in controls)
    label = (x + (0.75 * far + size / 4 + 8) * out[0], y + (0.75 * far + size / 4 + 8) * out[1])
    d = f"M{_at(start)}C{_at(controls[0])} {_at(controls[1])} {_at(end)}"
    yield from _arrow(edge, d, controls[1], end, label)


def _arrow(edge: str, d: str, before: Point, end: Point, label: Point) -> Iterable[str]:
    """A curve with a head at its end and its name beside it."""
    long = hypot(end[0] - before[0], end[1] - before[1]) or 1.0
    along = ((end[0] - before[0]) / long, (end[1] - before[1]) / long)
    base = (end[0] - HEAD * along[0], end[1] - HEAD * along[1])
    wing = (-along[1] * HEAD / 2, along[0] * HEAD / 2)
    left, right = (base[0] + wing[0], base[1] + wing[1]), (base[0] - wing[0], base[1] - wing[1])
    yield f'<path class="edge" d="{d}"/>'
    yield f'<path class="copy" d="M{_at(end)}L{_at(left)}L{_at(right)}Z"/>'
    yield (
        f'<text class="wire" x="{_n(label[0])}" y="{_n(label[1] + 4)}" text-anchor="middle" '
        f'font-size="11">{escape(edge)}</text>'
    )


def _objects(schema: Schema, at: Mapping[str, Point]) -> Iterable[str]:
    for one in schema.objects:
        x, y = at[one]
        wide = max(text_width(one, 12) + 14, 24.0)
        yield (
            f'<rect class="plain" x="{_n(x - wide / 2)}" y="{_n(y - 12)}" width="{_n(wide)}" '
            'height="24" rx="12"/>'
        )
        yield (
            f'<text class="title" x="{_n(x)}" y="{_n(y + 4)}" text-anchor="middle">'
            f"{escape(one)}</text>"
        )


def _towards(start: Point, end: Point, distance: float) -> Point:
    """The point at a distance from one point towards another."""
    long = hypot(end[0] - start[0], end[1] - start[1]) or 1.0
    share = distance / long
    return start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share


def _at(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


__all__ = ["schema_svg"]
