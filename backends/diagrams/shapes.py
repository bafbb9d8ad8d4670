"""The shapes of a scene: rectangles, texts, wires and dots, with roles instead of colours.

>>> text = Text(10.0, 20.0, "linear", "name", NAME)
>>> left, top, right, bottom = text.extent
>>> left, right - left > 30, bottom > 20 > top
(10.0, True, True)

A scene has no shapes by itself:

>>> Scene().boxes
[]
"""

from __future__ import annotations

from dataclasses import dataclass, field

from backends.diagrams.labels import text_width
from backends.diagrams.layout import Segment

NAME, SMALL = 12.0, 10.0  # font sizes


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
    """A text on its base line at its left end or its middle, with a smaller ``extra`` after it."""

    x: float
    y: float
    text: str
    role: str
    size: float
    anchor: str = "start"
    extra: str = ""

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        width = label_width(self.text, self.extra, self.size, self.role == "title")
        left = self.x - (width / 2 if self.anchor == "middle" else 0.0)
        return left, self.y - 0.78 * self.size, left + width, self.y + 0.22 * self.size


def label_width(text: str, extra: str, size: float = NAME, bold: bool = False) -> float:
    """The width of a text and the smaller text after it."""
    width = text_width(text, size) * (1.1 if bold else 1.0)
    return width + (text_width("  " + extra, SMALL) if extra else 0.0)


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
