"""Line plots as SVG, for examples: panels side by side that share their axes.

>>> drawing = lines([Panel("a", [Line("one", [0.5, 1.0])])], ["5", "20"], "size", "score")
>>> drawing.startswith("<svg") and "one" in drawing and "score" in drawing
True
"""

from __future__ import annotations

import math
from html import escape
from typing import NamedTuple

COLOURS = ("#1b6ca8", "#d1495b", "#6b705c", "#edae49", "#66a182", "#7b4b94")
WIDTH, HEIGHT, GAP, TOP, LEFT = 300, 240, 36, 64, 56


class Line(NamedTuple):
    """Values in [0, 1] at the ticks of the horizontal axis."""

    title: str
    values: list[float]


class Panel(NamedTuple):
    """One pair of axes."""

    title: str
    lines: list[Line]


def lines(panels: list[Panel], ticks: list[str], across: str, up: str) -> str:
    """The drawing: values as percent, from the tens below the least one to 100."""
    least = min(v for panel in panels for line in panel.lines for v in line.values)
    low = math.floor(least * 10) / 10
    width = LEFT + len(panels) * (WIDTH + GAP)
    height = TOP + HEIGHT + 56
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="13" fill="#222">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        _legend([line.title for line in panels[0].lines]),
    ]
    for number, panel in enumerate(panels):
        parts += _panel(panel, LEFT + number * (WIDTH + GAP), low, ticks, across, number == 0)
    middle = TOP + HEIGHT / 2
    turned = f'transform="rotate(-90 16 {middle:.0f})" text-anchor="middle"'
    parts.append(f'<text x="16" y="{middle:.0f}" {turned}>{escape(up)}, percent</text>')
    return "\n".join([*parts, "</svg>", ""])


def _legend(titles: list[str]) -> str:
    parts, x = [], LEFT
    for title, colour in zip(titles, COLOURS):
        parts.append(
            f'<line x1="{x}" y1="18" x2="{x + 22}" y2="18" stroke="{colour}" stroke-width="3"/>'
            f'<text x="{x + 28}" y="22">{escape(title)}</text>'
        )
        x += 48 + 7 * len(title)
    return "".join(parts)


def _panel(
    panel: Panel, left: int, low: float, ticks: list[str], across: str, named: bool
) -> list[str]:
    def at(place: int, value: float) -> tuple[float, float]:
        x = left + 24 + place * (WIDTH - 48) / max(1, len(ticks) - 1)
        return x, TOP + HEIGHT * (1 - value) / (1 - low)

    right, bottom = left + WIDTH, TOP + HEIGHT
    centre = (left + right) / 2
    parts = [
        f'<text x="{centre:.0f}" y="{TOP - 14}" text-anchor="middle" font-weight="bold">'
        f"{escape(panel.title)}</text>"
    ]
    for tens in range(round(low * 10), 11):
        _, y = at(0, tens / 10)
        parts.append(f'<path d="M{left} {y:.1f}H{right}" stroke="#ddd"/>')
        if named:
            parts.append(
                f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{10 * tens}</text>'
            )
    for place, tick in enumerate(ticks):
        x, _ = at(place, 1)
        parts.append(
            f'<text x="{x:.1f}" y="{bottom + 18}" text-anchor="middle">{escape(tick)}</text>'
        )
    parts.append(
        f'<text x="{centre:.0f}" y="{bottom + 40}" text-anchor="middle">{escape(across)}</text>'
    )
    for line, colour in zip(panel.lines, COLOURS):
        points = [at(i, v) for i, v in enumerate(line.values)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        )
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"/>' for x, y in points]
    return parts
