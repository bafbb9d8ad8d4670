"""The text of a size: for people, and as a Python expression.

Law.  The Python expression has the value of the size wherever its conditions hold.

>>> from categorical.sizes import Size, floor_div
>>> h = Size.symbol("h")
>>> size_text(floor_div(h + 1, 2) + 1, None)
'⌊(h + 1)/2⌋ + 1'
>>> size_text(2 * h, {"h": "self.h"})
'2*self.h'

A symbol without a Python name is refused:

>>> size_text(h, {})
Traceback (most recent call last):
...
ValueError: no Python name for the size h
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from categorical.polynomials import ONE, Mono, Terms

if TYPE_CHECKING:
    from categorical.sizes import Size

_SIMPLE = re.compile(r"\w+(\.\w+|\[[\w'\"]+\])*")
UNIT: Terms = ((ONE, 1),)
FLOORS: dict[str, tuple[Size, int]] = {}  # what each floor atom stands for


def is_floor(mono: Mono) -> bool:
    return len(mono) == 1 and mono[0][1] == 1 and mono[0][0] in FLOORS


def size_text(size: Size, names: Mapping[str, str] | None) -> str:
    """The sum of whole terms, quotients and the constant; for people, or (with names) in Python."""
    whole, quotients = size._parts()
    shift = 0
    if whole and whole[-1][0] == ONE and whole[-1][1] < 0:  # ⌊(h + 1)/2⌋ - 1 is ⌊(h - 1)/2⌋
        floors = [m for m, c in whole if c == 1 and is_floor(m)]
        if len(floors) == 1 and dict(FLOORS[floors[0][0][0]][0]._num).get(ONE):
            shift = whole[-1][1]
    pieces: list[tuple[bool, str]] = []
    constants: list[tuple[bool, str]] = []
    for mono, c in whole:
        if mono == ONE:
            constants = [(c < 0, str(abs(c)))] if not shift else []
        elif shift and c == 1 and is_floor(mono):
            argument, s = FLOORS[mono[0][0]]
            pieces.append((False, floor_text(argument + s * shift, s, names, True)))
        else:
            pieces.append((c < 0, _term_text(mono, abs(c), names)))
    for num, den in quotients:
        sign = num[0][1] < 0
        above = tuple((m, -c) for m, c in num) if sign else num
        pieces.append((sign, _quotient_text(above, den, names)))
    return _joined(pieces + constants)


def _joined(pieces: list[tuple[bool, str]]) -> str:
    if not pieces:
        return "0"
    if pieces[0][0]:
        first = next((i for i, (negative, _) in enumerate(pieces) if not negative), 0)
        pieces = [pieces[first], *pieces[:first], *pieces[first + 1 :]]
    out = pieces[0][1]
    if pieces[0][0]:  # -(a//2) and (-a)//2 differ
        out = f"-({out})" if "//" in out else f"-{out}"
    return out + "".join((" - " if negative else " + ") + text for negative, text in pieces[1:])


def sum_text(side: Terms, names: Mapping[str, str] | None = None) -> str:
    return _joined([(c < 0, _term_text(m, abs(c), names)) for m, c in side])


def _term_text(mono: Mono, c: int, names: Mapping[str, str] | None) -> str:
    alone = c == 1 and len(mono) == 1 and mono[0][1] == 1
    factors = [] if c == 1 and mono else [str(c)]
    for atom, e in mono:
        text = _atom_text(atom, names, alone)
        factors.append(text if e == 1 else f"{text}**{e}")
    return "*".join(factors)


def _atom_text(atom: str, names: Mapping[str, str] | None, alone: bool) -> str:
    if atom in FLOORS:
        argument, s = FLOORS[atom]
        return floor_text(argument, s, names, alone)
    if names is None:
        return atom
    if atom not in names:
        raise ValueError(f"no Python name for the size {atom}")
    return names[atom] if _SIMPLE.fullmatch(names[atom]) else f"({names[atom]})"


def floor_text(argument: Size, s: int, names: Mapping[str, str] | None, alone: bool) -> str:
    inner = size_text(argument, names)
    if len(argument._num) != 1 or argument._den != UNIT:
        inner = f"({inner})"
    if names is None:
        return f"⌊{inner}/{s}⌋"
    return f"{inner}//{s}" if alone else f"({inner}//{s})"


def _quotient_text(num: Terms, den: Terms, names: Mapping[str, str] | None) -> str:
    above, below = sum_text(num, names), sum_text(den, names)
    if len(num) > 1 or (names is not None and is_floor(num[0][0])):
        above = f"({above})"
    simple = len(den) == 1 and (den[0][0] == ONE or (den[0][1] == 1 and len(den[0][0]) == 1))
    if not simple or (names is not None and any(is_floor(m) for m, _ in den)):
        below = f"({below})"
    return f"{above}//{below}"
