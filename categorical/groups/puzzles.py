"""Rubik's cube: the group of the face turns on its 48 stickers.

Definition.  A sticker is a cubelet with one of its faces, both points of {−1, 0, 1}³; the centres
stay where they are.  ``U D L R F B`` turn a face by a quarter, clockwise as seen from outside.

Laws.  The order is 8! · 3⁷ · 12! · 2¹⁰ = 43 252 003 274 489 856 000 (D. Singmaster, *Notes on
Rubik's magic cube*, 1981): corners and edges are twisted and permuted with three constraints.
Opposite turns commute, neighbours have a product of order 105.

>>> rubik().order, rubik().degree, rubik().generators
(43252003274489856000, 48, ('U', 'D', 'L', 'R', 'F', 'B'))

Permutations of 48 stickers that break the constraints are another group; its order betrays it:

>>> import numpy as np
>>> swapped = rubik().permutations | {"twist": np.array([1, 0, *range(2, 48)])}
>>> FiniteGroup("cube?", swapped, order=rubik().order)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: `cube?` has the order ..., not 43252003274489856000
...
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from itertools import product

from categorical.categories.presented import Path
from categorical.groups.finite import FiniteGroup

Point = tuple[int, int, int]
ORDER = 43_252_003_274_489_856_000
#: The axis and the side of each face.
FACES = {"U": (2, 1), "D": (2, -1), "L": (0, -1), "R": (0, 1), "F": (1, -1), "B": (1, 1)}


def stickers() -> list[tuple[Point, Point]]:
    """(cubelet, outward normal) of the 48 stickers that move, face by face."""
    found: list[tuple[Point, Point]] = []
    for axis, side in FACES.values():
        normal: Point = _point(side if i == axis else 0 for i in range(3))
        for cubelet in product((-1, 0, 1), repeat=3):
            if cubelet[axis] == side and sum(map(abs, cubelet)) > 1:
                found.append((_point(cubelet), normal))
    return found


def _point(values: Iterable[int]) -> Point:
    x, y, z = values
    return (x, y, z)


def _clockwise(point: Point, axis: int, side: int) -> Point:
    """A quarter turn about an axis, clockwise as seen from its positive (or negative) end."""
    moved = list(point)
    a, b = (axis + 1) % 3, (axis + 2) % 3
    moved[a], moved[b] = side * point[b], -side * point[a]
    return _point(moved)


@cache
def rubik() -> FiniteGroup:
    """The group of Rubik's cube on 48 stickers, its order checked by Schreier–Sims."""
    listed = stickers()
    numbers = {one: i for i, one in enumerate(listed)}
    turns: dict[str, list[int]] = {}
    for face, (axis, side) in FACES.items():
        turns[face] = [
            numbers[_clockwise(cubelet, axis, side), _clockwise(normal, axis, side)]
            if cubelet[axis] == side
            else i
            for i, (cubelet, normal) in enumerate(listed)
        ]
    opposite = [(f, g) for f, g in ("UD", "LR", "FB")]
    beside = [(f, g) for f in "UD" for g in "LRFB"] + [(f, g) for f in "LR" for g in "FB"]
    relations: list[Path] = [(f,) * 4 for f in FACES]
    relations += [(f, g, f"{f}^-1", f"{g}^-1") for f, g in opposite]
    relations += [(f, g) * 105 for f, g in beside]
    return FiniteGroup("Rubik", turns, relations, order=ORDER)
