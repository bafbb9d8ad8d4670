"""Sizes: the cardinalities of index sets, in a true normal form.

Definition. A size is a fraction of two coprime integer polynomials over symbols (positive integers)
and floor atoms ``⌊p/s⌋`` (``s`` a positive integer). An exact quotient ``p // q`` is a promise: it
carries the condition ``q | p``, written here as everywhere in number theory.

Laws. Sizes are a commutative ring; ``q * (p // q) = p``; ``⌊(s*m + r)/s⌋ = m + ⌊r/s⌋``;
``⌊⌊p/a⌋/b⌋ = ⌊p/(a*b)⌋``. Sizes are interned: without floors two sizes are one object if and only
if they agree wherever both are defined; with floors, one object implies equal, and ``always_equal``
decides the rest. ``conditions`` says when the quotients, as they are printed, are whole. That can
be weaker than what the parts asked for (``3*(d//h)`` is whole if ``h | 3*d``): who builds ``d//h``
collects its conditions there.

Accepted:

>>> n, d, h = Size.symbol("n"), Size.symbol("d"), Size.symbol("h")
>>> h * (d // h) is d, n + n is 2 * n, n + n is n
(True, True, False)
>>> floor_div(n - 1, 2) + 1, (d // h).evaluate({"d": 12, "h": 3})
(Size(⌊(n + 1)/2⌋), 4)

Rejected:

>>> (d // h).evaluate({"d": 1, "h": 2})
Traceback (most recent call last):
ValueError: d//h is not a whole number: h | d fails at d=1, h=2
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import ClassVar, Union

from categorical import polynomials as poly
from categorical.assignments import least_counterexample, solutions
from categorical.errors import SpecError
from categorical.polynomials import ONE, Parts, Poly, Terms
from categorical.size_text import FLOORS, UNIT, floor_text, is_floor, size_text, sum_text

__all__ = [
    "Condition",
    "Size",
    "SizeLike",
    "always_equal",
    "ceil_div",
    "divides",
    "equal",
    "exact_quotient",
    "floor_div",
    "least_counterexample",
    "nonneg",
    "positive",
    "solutions",
    "to_python",
]

SizeLike = Union[int, "Size"]

_SYMBOL = re.compile(r"[^\W\d][\w.'#@:]*")


class Size:
    """An interned normal form; ``==`` is identity. Build with ``of``, ``symbol`` and arithmetic."""

    __slots__ = ("_den", "_num", "_parts_cache", "_symbols", "_text")

    _table: ClassVar[dict[tuple[Terms, Terms], "Size"]] = {}

    _num: Terms
    _den: Terms
    _text: str | None
    _symbols: frozenset[str] | None
    _parts_cache: Parts | None

    def __init__(self) -> None:
        raise TypeError("build a Size with Size.of(...) or Size.symbol(...)")

    @staticmethod
    def of(value: SizeLike) -> "Size":
        """The constant size of an int; a Size is returned as it is."""
        if isinstance(value, Size):
            return value
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(f"a size is an int or a Size, not {value!r}")
        return _intern(poly.constant(value), poly.constant(1))

    @staticmethod
    def symbol(name: str) -> "Size":
        """The size named ``name``: an unknown positive integer."""
        if not _SYMBOL.fullmatch(name):
            raise ValueError(f"{name!r} is not a name for a size")
        return _intern({((name, 1),): 1}, poly.constant(1))

    # -- arithmetic ---------------------------------------------------------------------------

    def __add__(self, other: SizeLike) -> "Size":
        return self._plus(other, 1)

    def __sub__(self, other: SizeLike) -> "Size":
        return self._plus(other, -1)

    def __rsub__(self, other: SizeLike) -> "Size":
        return Size.of(other)._plus(self, -1)

    def __mul__(self, other: SizeLike) -> "Size":
        other = Size.of(other)
        num = poly.mul(dict(self._num), dict(other._num))
        return _make(num, poly.mul(dict(self._den), dict(other._den)))

    __radd__ = __add__
    __rmul__ = __mul__

    def __neg__(self) -> "Size":
        return self * -1

    def __pow__(self, exponent: int) -> "Size":
        if exponent < 0:
            raise ValueError("a size has no negative powers; use an exact quotient")
        out = Size.of(1)
        for _ in range(exponent):
            out = out * self
        return out

    def __floordiv__(self, other: SizeLike) -> "Size":
        """The exact quotient (it carries ``other | self``); see ``floor_div`` to round down."""
        return exact_quotient(self, other)

    def __rfloordiv__(self, other: SizeLike) -> "Size":
        return exact_quotient(other, self)

    def _plus(self, other: SizeLike, sign: int) -> "Size":
        other = Size.of(other)
        a, b = dict(self._num), dict(other._num)
        if self._den is other._den or self._den == other._den:
            return _make(poly.add(a, b, sign), dict(self._den))
        c, d = dict(self._den), dict(other._den)
        return _make(poly.add(poly.mul(a, d), poly.mul(b, c), sign), poly.mul(c, d))

    # -- reading ------------------------------------------------------------------------------

    @property
    def is_constant(self) -> bool:
        """True for an integer."""
        return not self._num or (self._num[0][0] == ONE and self._den == UNIT)

    def __int__(self) -> int:
        if not self.is_constant:
            raise ValueError(f"{self} is not a constant")
        return self._num[0][1] if self._num else 0

    @property
    def symbols(self) -> frozenset[str]:
        """The names it depends on, inside floors too."""
        if self._symbols is None:
            found: set[str] = set()
            for atom in self._atoms():
                found |= FLOORS[atom][0].symbols if atom in FLOORS else {atom}
            self._symbols = frozenset(found)
        return self._symbols

    @property
    def conditions(self) -> frozenset["Condition"]:
        """What makes each quotient in it whole, as it is printed; floors inside included."""
        out: set[Condition] = set()
        for num, den in self._parts().quotients:
            condition = _divisibility(num, den)
            if condition is not None:
                out.add(condition)
        for atom in self._atoms():
            if atom in FLOORS:
                out |= FLOORS[atom][0].conditions
        return frozenset(out)

    def evaluate(self, env: Mapping[str, int]) -> int:
        """The value at an assignment; ValueError on a missing name or a broken condition."""
        above, below = _value(self._num, env), _value(self._den, env)
        if below and above % below == 0:
            return above // below
        fails = next(
            f"{sum_text(den)} | {sum_text(num)}"
            for num, den in self._parts().quotients
            if _value(den, env) == 0 or _value(num, env) % _value(den, env)
        )
        at = ", ".join(f"{s}={env[s]}" for s in sorted(self.symbols))
        raise ValueError(f"{self} is not a whole number: {fails} fails at {at}")

    def substitute(self, env: Mapping[str, SizeLike]) -> "Size":
        """The size with some names replaced, in normal form again."""
        if not self.symbols & env.keys():
            return self
        sizes = {name: Size.of(value) for name, value in env.items()}
        num, den = (_substitute(side, sizes) for side in (self._num, self._den))
        return num if den is Size.of(1) else exact_quotient(num, den)

    def __str__(self) -> str:
        if self._text is None:
            self._text = size_text(self, None)
        return self._text

    def __repr__(self) -> str:
        return f"Size({self})"

    def __copy__(self) -> "Size":
        return self

    def __deepcopy__(self, memo: object) -> "Size":
        return self

    def __reduce__(self) -> tuple[object, ...]:
        floors = tuple(FLOORS[a] for a in sorted(self._atoms()) if a in FLOORS)
        return _restore, (self._num, self._den, floors)

    def _atoms(self) -> set[str]:
        return poly.atoms(dict(self._num)) | poly.atoms(dict(self._den))

    def _parts(self) -> Parts:
        if self._parts_cache is None:
            self._parts_cache = poly.split(dict(self._num), dict(self._den))
        return self._parts_cache


@dataclass(frozen=True)
class Condition:
    """A requirement on sizes: ``left | right``, ``left >= 0``, ``left >= 1`` or ``left == right``.

    >>> d, h = Size.symbol("d"), Size.symbol("h")
    >>> print(divides(h, d), divides(h, d).holds({"h": 2, "d": 1}))
    h | d False
    """

    kind: str
    left: Size
    right: Size

    def __post_init__(self) -> None:
        if self.kind not in ("divides", "nonneg", "positive", "equal"):
            raise ValueError(f"unknown kind of condition: {self.kind!r}")

    @property
    def symbols(self) -> frozenset[str]:
        """The names it speaks of."""
        return self.left.symbols | self.right.symbols

    def holds(self, env: Mapping[str, int]) -> bool:
        """Whether it is true there; a side that is not a whole number makes it false."""
        missing = self.symbols - env.keys()
        if missing:
            raise ValueError(f"no value for {', '.join(sorted(missing))} in the condition {self}")
        try:
            left, right = self.left.evaluate(env), self.right.evaluate(env)
        except ValueError:
            return False
        if self.kind == "divides":
            return left != 0 and right % left == 0
        if self.kind == "equal":
            return left == right
        return left >= (1 if self.kind == "positive" else 0)

    def substitute(self, env: Mapping[str, SizeLike]) -> "Condition":
        """The condition with some names replaced."""
        return Condition(self.kind, self.left.substitute(env), self.right.substitute(env))

    def to_python(self, names: Mapping[str, str]) -> str:
        """A Python expression of its truth, where both sides are whole."""
        left, right = to_python(self.left, names), to_python(self.right, names)
        if self.kind == "divides":
            return f"({right}) % ({left}) == 0"
        if self.kind == "equal":
            return f"{left} == {right}"
        return f"{left} >= {1 if self.kind == 'positive' else 0}"

    def __str__(self) -> str:
        if self.kind in ("divides", "equal"):
            return f"{self.left} {'|' if self.kind == 'divides' else '=='} {self.right}"
        return f"{self.left} >= {1 if self.kind == 'positive' else 0}"


def divides(q: SizeLike, p: SizeLike) -> Condition:
    """The condition ``q | p``."""
    return Condition("divides", Size.of(q), Size.of(p))


def nonneg(p: SizeLike) -> Condition:
    """The condition ``p >= 0``."""
    return Condition("nonneg", Size.of(p), Size.of(0))


def positive(p: SizeLike) -> Condition:
    """The condition ``p >= 1``."""
    return Condition("positive", Size.of(p), Size.of(0))


def equal(p: SizeLike, q: SizeLike) -> Condition:
    """The condition ``p == q``."""
    return Condition("equal", Size.of(p), Size.of(q))


def exact_quotient(p: SizeLike, q: SizeLike) -> Size:
    """``p // q``, promised to be exact; it reduces wherever the polynomials divide."""
    p, q = Size.of(p), Size.of(q)
    if not q._num:
        raise ValueError(f"{p} cannot be divided by zero")
    num = poly.mul(dict(p._num), dict(q._den))
    return _make(num, poly.mul(dict(p._den), dict(q._num)))


class BadDivisor(SpecError, ValueError):
    """A floor by something else than a positive integer."""


def floor_div(p: SizeLike, s: int) -> Size:
    """``⌊p/s⌋`` for an integer s >= 1."""
    if isinstance(s, bool) or not isinstance(s, int) or s < 1:
        raise BadDivisor(
            "CM025",
            f"`floor_div` divides by a positive integer, not by {s}",
            facts=[("needed", "a positive integer"), ("got", f"{s} ({type(s).__name__})")],
            help=["exact quotients by a dimension are written d // h"],
        )
    return _floor(Size.of(p), s)


@cache
def _floor(p: Size, s: int) -> Size:
    out = Size.of(0)
    while s > 1:
        whole, quotients = p._parts()
        scale = math.lcm(*(den[0][1] for _, den in quotients if len(den) == 1))
        if scale > 1:  # ⌊(x/a)/b⌋ = ⌊x/(a*b)⌋ for exact quotients too
            p, s = scale * p, scale * s
            continue
        high = {m: c // s for m, c in whole if c // s}
        low = {m: c % s for m, c in whole if c % s}
        out = out + _make(high, poly.constant(1))
        if not quotients:
            shared = math.gcd(s, *(c for m, c in low.items() if m != ONE))
            low, s = {m: c // shared for m, c in low.items() if c // shared}, s // shared
            if s == 1:  # no name is left, and the constant is below s
                return out
        rest = _make(low, poly.constant(1))
        for num, den in quotients:
            rest = rest + _make(dict(num), dict(den))
        inner = next((m[0][0] for m, c in poly.terms(low) if c == 1 and is_floor(m)), None)
        if inner is None:
            name = floor_text(rest, s, None, True)
            if FLOORS.setdefault(name, (rest, s)) != (rest, s):
                raise AssertionError(f"two floors are named {name}")
            return out + _intern({((name, 1),): 1}, poly.constant(1))
        argument, scale = FLOORS[inner]
        atom = _intern({((inner, 1),): 1}, poly.constant(1))
        p, s = argument + scale * (rest - atom), scale * s
    return out + p


def ceil_div(p: SizeLike, s: int) -> Size:
    """``⌈p/s⌉`` for an integer s >= 1, as ``⌊(p + s - 1)/s⌋``."""
    return floor_div(Size.of(p) + (s - 1), s)


def always_equal(p: SizeLike, q: SizeLike, effort: int = 4096) -> bool | None:
    """Whether two sizes agree wherever both are defined; None where ``effort`` does not suffice.

    Floors of polynomials are decided: one period of residues makes every floor a polynomial.

    >>> n = Size.symbol("n")
    >>> always_equal(n, floor_div(n, 2) + ceil_div(n, 2))
    True
    """
    p, q = Size.of(p), Size.of(q)
    if p is q:
        return True
    period, names = math.lcm(_period(p), _period(q)), sorted(_inside_floors(p) | _inside_floors(q))
    if period ** len(names) > effort:
        return None
    for residues in product(range(period), repeat=len(names)):
        env = {
            n: period * (Size.symbol(n) - 1) + r + 1 for n, r in zip(names, residues, strict=True)
        }
        left, right = p.substitute(env), q.substitute(env)
        if left is not right:
            return None if _inside_floors(left) | _inside_floors(right) else False
    return True


def to_python(size: SizeLike, names: Mapping[str, str]) -> str:
    """A Python expression of the value, each symbol replaced by ``names[symbol]``.

    >>> to_python(2 * Size.symbol("n") + 1, {"n": "self.n"})
    '2*self.n + 1'
    """
    return size_text(Size.of(size), names)


# -- the normal form --------------------------------------------------------------------------


def _intern(num: Poly, den: Poly) -> Size:
    key = poly.terms(num), poly.terms(den)
    found = Size._table.get(key)
    if found is None:
        found = object.__new__(Size)
        found._num, found._den = key
        found._text = found._symbols = found._parts_cache = None
        found = Size._table.setdefault(key, found)
    return found


def _make(num: Poly, den: Poly) -> Size:
    """The size num/den in lowest terms."""
    if not num:
        return _intern({}, poly.constant(1))
    if len(den) > 1 or den.get(ONE) != 1:
        common = poly.gcd(num, den)
        num, den = poly.divide(num, common) or {}, poly.divide(den, common) or {}
        if den[poly.leading(den)] < 0:
            num, den = ({m: -c for m, c in side.items()} for side in (num, den))
        if den.keys() == num.keys() == {ONE} and den[ONE] != 1:
            raise ValueError(f"{den[ONE]} does not divide {num[ONE]}: this size is never whole")
    return _intern(num, den)


def _restore(num: Terms, den: Terms, floors: tuple[tuple[Size, int], ...]) -> Size:
    for argument, s in floors:
        floor_div(argument, s)
    return _intern(dict(num), dict(den))


def _inside_floors(size: Size) -> frozenset[str]:
    floors = (FLOORS[a][0] for a in size._atoms() if a in FLOORS)
    return frozenset[str]().union(*(argument.symbols for argument in floors))


def _period(size: Size) -> int:
    """A number such that floors are polynomials on each of its residue classes."""
    floors = (FLOORS[a] for a in size._atoms() if a in FLOORS)
    return math.lcm(*(s * _period(argument) for argument, s in floors))


def _divisibility(num: Terms, den: Terms) -> Condition | None:
    """The condition den | num, in small numbers; None where it always holds."""
    p = dict(num)
    if len(den) == 1 and den[0][0] == ONE:
        s = den[0][1]
        p = {m: c % s for m, c in p.items() if c % s}
        shared = poly.content(p)
        p, s = {m: c // shared for m, c in p.items()}, s // math.gcd(s, shared)
        names = sorted(poly.atoms(p))
        if not FLOORS.keys() & set(names) and s ** len(names) <= 1000:
            points = (
                dict(zip(names, r, strict=True)) for r in product(range(s), repeat=len(names))
            )
            if all(_value(poly.terms(p), point) % s == 0 for point in points):
                return None
        den = ((ONE, s),)
    elif num[0][1] < 0:
        p = {m: -c for m, c in p.items()}
    one = poly.constant(1)
    return Condition("divides", _intern(dict(den), one), _intern(p, one))


def _value(side: Terms, env: Mapping[str, int]) -> int:
    total = 0
    for mono, c in side:
        for atom, e in mono:
            if atom in FLOORS:
                argument, s = FLOORS[atom]
                c *= (argument.evaluate(env) // s) ** e
            elif atom in env:
                c *= env[atom] ** e
            else:
                raise ValueError(f"no value for the size {atom}")
        total += c
    return total


def _substitute(side: Terms, env: Mapping[str, Size]) -> Size:
    total = Size.of(0)
    for mono, c in side:
        value = Size.of(c)
        for atom, e in mono:
            if atom in FLOORS:
                argument, s = FLOORS[atom]
                value = value * floor_div(argument.substitute(env), s) ** e
            else:
                value = value * (env[atom] if atom in env else Size.symbol(atom)) ** e
        total = total + value
    return total
