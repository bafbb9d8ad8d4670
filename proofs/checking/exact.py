"""Exact numbers and sparse matrices of the checker: rationals and cyclotomic coefficient lists.

Definition.  A number is a whole number, a fraction as text, or ``[n, coefficients]``: a polynomial
in ζₙ = exp(2πi/n), kept modulo Φₙ.  ``residue`` maps it into a prime field with an n-th root of 1.

>>> root = read([8, ["0", "1", "0", "-1"]])
>>> root * root == 2, read("1/2") + 1
(True, Fraction(3, 2))

Anything else is refused:

>>> read(0.5)
Traceback (most recent call last):
...
proofs.checking.programs.Refusal: 0.5 is no exact number
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import gcd
from typing import Any

from proofs.checking.programs import Refusal, need

Number = Any  # int, Fraction or Root
LARGEST_ORDER = 240


@lru_cache(maxsize=256)
def polynomial(n: int) -> tuple[int, ...]:
    """Φₙ, the constant term first: xⁿ − 1 over all Φ_d with d | n, d < n."""
    rest = [-1, *[0] * (n - 1), 1]
    for d in range(1, n):
        if n % d == 0:
            rest = _divided(rest, polynomial(d))
    return tuple(rest)


def _divided(top: list[int], by: tuple[int, ...]) -> list[int]:
    rest, found = list(top), [0] * (len(top) - len(by) + 1)
    for place in reversed(range(len(found))):
        found[place] = rest[place + len(by) - 1]
        for i, c in enumerate(by):
            rest[place + i] -= found[place] * c
    return found


class Root:
    """An element of Q(ζₙ): coefficients of 1, ζ, …, reduced modulo Φₙ."""

    __slots__ = ("of", "terms")

    def __init__(self, of: int, terms: list[Fraction]) -> None:
        modulus = polynomial(of)
        folded = [Fraction(0)] * max(of, len(modulus))
        for power, c in enumerate(terms):
            folded[power % of] += c
        degree = len(modulus) - 1
        for power in reversed(range(degree, len(folded))):
            c = folded[power]
            if c:
                for i, m in enumerate(modulus):
                    folded[power - degree + i] -= c * m
        self.of, self.terms = of, tuple(folded[:degree])

    def _with(self, other: Number) -> tuple[int, list[Fraction], list[Fraction]]:
        if not isinstance(other, Root):
            return self.of, list(self.terms), [Fraction(other)]
        common = self.of * other.of // gcd(self.of, other.of)
        return common, _lifted(self, common), _lifted(other, common)

    def __add__(self, other: Number) -> Root:
        n, a, b = self._with(other)
        longest = max(len(a), len(b))
        a, b = a + [Fraction(0)] * (longest - len(a)), b + [Fraction(0)] * (longest - len(b))
        return Root(n, [x + y for x, y in zip(a, b, strict=True)])

    __radd__ = __add__

    def __mul__(self, other: Number) -> Root:
        n, a, b = self._with(other)
        found = [Fraction(0)] * (len(a) + len(b) - 1)
        for i, x in enumerate(a):
            for j, y in enumerate(b):
                found[i + j] += x * y
        return Root(n, found)

    __rmul__ = __mul__

    def __neg__(self) -> Root:
        return Root(self.of, [-c for c in self.terms])

    def __sub__(self, other: Number) -> Root:
        return self.__add__(-other)

    def __rsub__(self, other: Number) -> Root:
        return (-self).__add__(other)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (int, Fraction, Root)):
            return NotImplemented
        _, a, b = self._with(other)
        if isinstance(other, Root):
            return not any((self - other).terms)
        return a[0] == b[0] and not any(a[1:])

    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return any(self.terms)


def _lifted(one: Root, to: int) -> list[Fraction]:
    step = to // one.of
    found = [Fraction(0)] * (step * (len(one.terms) - 1) + 1)
    for power, c in enumerate(one.terms):
        found[step * power] = c
    return found


def read(one: Any) -> Number:
    """A number of a certificate."""
    if type(one) is int:
        return one
    if isinstance(one, str):
        return fraction(one)
    if isinstance(one, (list, tuple)) and len(one) == 2 and type(one[0]) is int:
        order, terms = one
        good = isinstance(terms, (list, tuple)) and terms and 1 <= order <= LARGEST_ORDER
        need(good and all(isinstance(c, str) for c in terms), f"{one!r} is no exact number")
        return Root(order, [fraction(c) for c in terms])
    raise Refusal(f"{one!r} is no exact number")


def fraction(text: str) -> Fraction:
    """A quotient of whole numbers, without powers of ten."""
    need(text and set(text) <= set("0123456789-/") and len(text) <= 4000, "no exact number")
    return Fraction(text)


def real(one: Number) -> bool:
    """Whether a number is its complex conjugate."""
    if not isinstance(one, Root):
        return True
    turned = [Fraction(0)] * one.of
    for power, c in enumerate(one.terms):
        turned[-power % one.of] += c
    return bool(Root(one.of, turned) == one)


def order(one: Number) -> int:
    """The order of the root of 1 that a number needs."""
    return one.of if isinstance(one, Root) else 1


class Sparse:
    """A square matrix: the entries of every column and of every row."""

    def __init__(self, size: int, entries: list[tuple[int, int, Number]]) -> None:
        self.size = size
        self.columns: list[dict[int, Number]] = [{} for _ in range(size)]
        self.rows: list[dict[int, Number]] = [{} for _ in range(size)]
        for row, column, value in entries:
            self.columns[column][row] = value
            self.rows[row][column] = value

    @classmethod
    def unit(cls, size: int) -> Sparse:
        return cls(size, [(i, i, 1) for i in range(size)])

    def entries(self) -> list[tuple[int, int, Number]]:
        return [(r, c, v) for r, row in enumerate(self.rows) for c, v in sorted(row.items())]

    @property
    def signed(self) -> tuple[list[int], list[int]] | None:
        """Where a signed permutation sends each index, and with which sign; else None."""
        image, signs = [], []
        for column in self.columns:
            if len(column) != 1:
                return None
            ((row, value),) = column.items()
            if value not in (1, -1):
                return None
            image.append(row)
            signs.append(1 if value == 1 else -1)
        return (image, signs) if len(set(image)) == self.size else None

    def is_unit(self) -> bool:
        return all(len(c) == 1 and c.get(j) == 1 for j, c in enumerate(self.columns))

    def zero(self) -> bool:
        return not any(self.columns)

    def orthogonal(self) -> bool:
        """Mᵀ M = 1."""
        return preserves(self, Sparse.unit(self.size))

    def antisymmetric(self) -> bool:
        return all(self.rows[c].get(r, 0) == -v for r, c, v in self.entries())


def preserves(one: Sparse, form: Sparse) -> bool:
    """Whether Mᵀ B M = B."""
    return all(
        equal(pulled(one, form, i, j), form.rows[i].get(j, 0))
        for i in range(one.size)
        for j in range(one.size)
    )


def pulled(one: Sparse, form: Sparse, i: int, j: int) -> Number:
    """Entry (i, j) of Mᵀ B M."""
    total: Number = 0
    for a, x in one.columns[i].items():
        for b, y in form.rows[a].items():
            if j in one.rows[b]:
                total = total + x * y * one.rows[b][j]
    return total


def annihilates(one: Sparse, form: Sparse) -> bool:
    """Whether Aᵀ B + B A = 0."""
    for i in range(one.size):
        for j in range(one.size):
            total: Number = 0
            for a, x in one.columns[i].items():
                total = total + x * form.rows[a].get(j, 0)
            for b, y in form.rows[i].items():
                total = total + y * one.rows[b].get(j, 0)
            if not equal(total, 0):
                return False
    return True


def equal(a: Number, b: Number) -> bool:
    return bool(a == b)


def determinant(one: Sparse) -> Number:
    """Leibniz' formula by columns, over subsets of rows: exact in every ring (at most 12 rows)."""
    need(one.size <= 12, "a determinant of more than 12 rows")
    found: dict[int, Number] = {0: 1}
    for column in one.columns:
        after: dict[int, Number] = {}
        for used, value in found.items():
            for row, entry in column.items():
                if used >> row & 1:
                    continue
                swaps = bin(used >> row + 1).count("1")
                term = value * entry * (-1 if swaps % 2 else 1)
                key = used | 1 << row
                after[key] = after[key] + term if key in after else term
        found = after
    return found.get((1 << one.size) - 1, 0)


def matrix(one: Any) -> Sparse:
    """A matrix of a certificate: its size, and its entries sorted by row and column."""
    need(isinstance(one, dict) and set(one) == {"size", "entries"}, "no such matrix")
    size, entries = one["size"], one["entries"]
    need(type(size) is int and 1 <= size <= 100_000, "a matrix has no size")
    places = [(r, c) for r, c, _ in entries]
    good = all(type(n) is int and 0 <= n < size for place in places for n in place)
    need(good and places == sorted(set(places)), "the entries of a matrix are not in order")
    values = [read(v) for _, _, v in entries]
    need(all(v != 0 for v in values), "an entry of a matrix is 0")
    need(all(map(real, values)), "an entry of a matrix is not real")
    return Sparse(size, [(r, c, v) for (r, c), v in zip(places, values, strict=True)])


# --- prime fields ---------------------------------------------------------------------------------


def prime_for(n: int, start: int = 1 << 30) -> int:
    """The first prime p = 1 modulo n above ``start``."""
    p = start - start % n + n + 1
    while not _prime(p):
        p += n
    return p


def _prime(p: int) -> bool:
    """Miller–Rabin with bases that decide below 3.3 · 10²⁴."""
    if p % 2 == 0:
        return p == 2
    odd, twos = p - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41):
        if base % p == 0:
            continue
        x = pow(base, odd, p)
        if x in (1, p - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % p
            if x == p - 1:
                break
        else:
            return False
    return True


def root_of_one(n: int, p: int) -> int:
    """A number of exact order n modulo p."""
    divisors = [d for d in range(1, n) if n % d == 0]
    for base in range(2, 10_000):
        found = pow(base, (p - 1) // n, p)
        if all(pow(found, d, p) != 1 for d in divisors):
            return found
    raise Refusal("no root of 1")


def residue(one: Number, p: int, root: int, n: int) -> int:
    """The image of a number in the prime field, ζₙ going to ``root``."""
    if isinstance(one, int):
        return one % p
    if isinstance(one, Fraction):
        need(one.denominator % p, "a denominator vanishes modulo the prime")
        return one.numerator * pow(one.denominator, -1, p) % p
    zeta = pow(root, n // one.of, p)
    total, power = 0, 1
    for c in one.terms:
        total = (total + residue(c, p, root, n) * power) % p
        power = power * zeta % p
    return total


class Echelon:
    """Independent rows modulo a prime, kept by their first place."""

    def __init__(self, p: int) -> None:
        self.p = p
        self.pivots: dict[int, dict[int, int]] = {}

    def reduced(self, row: dict[int, int]) -> dict[int, int]:
        """What the rows leave of another one."""
        p, row = self.p, {k: v % self.p for k, v in row.items() if v % self.p}
        while row:
            place = min(row)
            value, pivot = row[place], self.pivots.get(place)
            if pivot is None:
                return row
            for k, v in pivot.items():
                new = (row.get(k, 0) - value * v) % p
                if new:
                    row[k] = new
                else:
                    row.pop(k, None)
        return row

    def add(self, row: dict[int, int]) -> bool:
        """Whether a row is independent of those before it."""
        rest = self.reduced(row)
        if not rest:
            return False
        place = min(rest)
        scale = pow(rest[place], -1, self.p)
        self.pivots[place] = {k: v * scale % self.p for k, v in rest.items()}
        return True

    @property
    def rank(self) -> int:
        return len(self.pivots)
