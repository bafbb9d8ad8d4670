"""Exact numbers: rationals and the cyclotomic fields Q(ζₙ).

Definition.  ζₙ = exp(2πi/n).  An element of Q(ζₙ) is a polynomial in ζₙ of degree below φ(n) with
rational coefficients, reduced modulo the n-th cyclotomic polynomial, so equality is equality of
coefficients.  Sums of elements of two fields live in the field of the least common order.  The
cosines and sines of rational angles and the square roots of 2, 3, 5 and 6 are such numbers.

Laws.  A field; ``conjugate`` is an automorphism; ``residue(p, …)`` is a homomorphism of rings.

>>> cos(8) * cos(8), sqrt(2) * sqrt(2), cos(8) * 2 == sqrt(2)
(Fraction(1, 2), Fraction(2, 1), True)
>>> root(3) ** 3, 1 + root(3) + root(3) ** 2
(Fraction(1, 1), Fraction(0, 1))
>>> float(cos(5)) == __import__("math").cos(2 * __import__("math").pi / 5)
True

Other square roots are in larger fields, which are not known here:

>>> sqrt(7)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM044]: √7 is outside the known fields
...
"""

from __future__ import annotations

import cmath
import math
from fractions import Fraction
from functools import cache

from categorical.errors import SpecError


@cache
def cyclotomic_polynomial(n: int) -> tuple[int, ...]:
    """The coefficients of Φₙ, constant term first: (xⁿ − 1) / ∏ Φ_d over the d that divide n."""
    rest = [-1, *[0] * (n - 1), 1]
    for d in range(1, n):
        if n % d == 0:
            rest = _quotient(rest, cyclotomic_polynomial(d))
    return tuple(rest)


def _quotient(dividend: list[int], divisor: tuple[int, ...]) -> list[int]:
    """An exact quotient of polynomials by a monic one."""
    rest, found = list(dividend), [0] * (len(dividend) - len(divisor) + 1)
    for place in range(len(found) - 1, -1, -1):
        found[place] = factor = rest[place + len(divisor) - 1]
        for i, c in enumerate(divisor):
            rest[place + i] -= factor * c
    return found


def _reduced(coefficients: list[Fraction], n: int) -> tuple[Fraction, ...]:
    """A polynomial in ζₙ modulo Φₙ."""
    modulus = cyclotomic_polynomial(n)
    degree = len(modulus) - 1
    folded = [Fraction(0)] * n
    for power, c in enumerate(coefficients):
        folded[power % n] += c
    for power in range(n - 1, degree - 1, -1):
        c = folded[power]
        if c:
            for i in range(degree + 1):
                folded[power - degree + i] -= c * modulus[i]
    return tuple(folded[:degree])


class Cyclotomic:
    """An irrational element of Q(ζₙ); rational results are ``Fraction``s."""

    __slots__ = ("coefficients", "order")

    def __init__(self, order: int, coefficients: tuple[Fraction, ...]) -> None:
        self.order, self.coefficients = order, coefficients

    def lifted(self, order: int) -> list[Fraction]:
        """The coefficients of powers of ζ_order, where ``order`` is a multiple of this order."""
        step = order // self.order
        found = [Fraction(0)] * (step * (len(self.coefficients) - 1) + 1)
        for power, c in enumerate(self.coefficients):
            found[step * power] = c
        return found

    def __add__(self, other: Number) -> Number:
        if not isinstance(other, (int, Fraction, Cyclotomic)):
            return NotImplemented
        n, a, b = _common(self, other)
        longest = max(len(a), len(b))
        a, b = a + [Fraction(0)] * (longest - len(a)), b + [Fraction(0)] * (longest - len(b))
        return _number(n, [x + y for x, y in zip(a, b)])

    __radd__ = __add__

    def __neg__(self) -> Number:
        return Cyclotomic(self.order, tuple(-c for c in self.coefficients))

    def __sub__(self, other: Number) -> Number:
        return self + (-other)

    def __rsub__(self, other: Number) -> Number:
        return (-self) + other

    def __mul__(self, other: Number) -> Number:
        if isinstance(other, (int, Fraction)):
            return _number(self.order, [c * other for c in self.coefficients])
        if not isinstance(other, Cyclotomic):
            return NotImplemented
        n, a, b = _common(self, other)
        found = [Fraction(0)] * (len(a) + len(b) - 1)
        for i, x in enumerate(a):
            if x:
                for j, y in enumerate(b):
                    found[i + j] += x * y
        return _number(n, found)

    __rmul__ = __mul__

    def __pow__(self, power: int) -> Number:
        base: Number = self if power >= 0 else inverse(self)
        found: Number = Fraction(1)
        for _ in range(abs(power)):
            found = found * base
        return found

    def __truediv__(self, other: Number) -> Number:
        return self * inverse(other)

    def __rtruediv__(self, other: Number) -> Number:
        return other * inverse(self)

    def conjugate(self) -> Number:
        """The complex conjugate: ζ ↦ ζ⁻¹."""
        return self.galois(-1)

    def galois(self, k: int) -> Number:
        """The automorphism ζ ↦ ζᵏ, for k prime to the order."""
        found = [Fraction(0)] * self.order
        for power, c in enumerate(self.coefficients):
            found[power * k % self.order] += c
        return _number(self.order, found)

    def residue(self, p: int, zeta: int) -> int:
        """The image modulo a prime in which ``zeta`` is a root of unity of exactly this order."""
        total = 0
        for power, c in enumerate(self.coefficients):
            total += c.numerator * pow(c.denominator, -1, p) * pow(zeta, power, p)
        return total % p

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Cyclotomic):
            return False  # a rational number is never a Cyclotomic
        if other.order == self.order:
            return self.coefficients == other.coefficients
        return self - other == 0

    def __hash__(self) -> int:
        return hash(round(complex(self).real, 6))

    def __complex__(self) -> complex:
        zeta = 2j * cmath.pi / self.order
        return sum((float(c) * cmath.exp(zeta * k) for k, c in enumerate(self.coefficients)), 0j)

    @property
    def is_real(self) -> bool:
        return self.conjugate() == self

    def __float__(self) -> float:
        if not self.is_real:
            raise TypeError(f"{self!r} is not real")
        return math.fsum(
            float(c) * math.cos(2 * math.pi * k / self.order)
            for k, c in enumerate(self.coefficients)
        )

    def __repr__(self) -> str:
        terms = [
            f"{c}" if not k else f"{c}*root({self.order})**{k}"
            for k, c in enumerate(self.coefficients)
            if c
        ]
        return " + ".join(terms)


Number = int | Fraction | Cyclotomic


def _number(order: int, coefficients: list[Fraction]) -> Number:
    reduced = _reduced(coefficients, order)
    return Cyclotomic(order, reduced) if any(reduced[1:]) else reduced[0]


def _common(a: Cyclotomic, b: Number) -> tuple[int, list[Fraction], list[Fraction]]:
    if not isinstance(b, Cyclotomic):
        return a.order, list(a.coefficients), [Fraction(b)]
    n = math.lcm(a.order, b.order)
    return n, a.lifted(n), b.lifted(n)


def inverse(x: Number) -> Number:
    """1/x; of an irrational number by its conjugates: the product of all of them is rational."""
    if not isinstance(x, Cyclotomic):
        return 1 / Fraction(x)
    others: Number = Fraction(1)
    for k in range(2, x.order):
        if math.gcd(k, x.order) == 1:
            others = others * x.galois(k)
    norm = x * others
    assert isinstance(norm, Fraction)
    return others * (1 / norm)


def root(n: int, k: int = 1) -> Number:
    """exp(2πi·k/n); CM042 unless n is 1, 2, 3, …"""
    if not isinstance(n, int) or not isinstance(k, int) or n < 1:
        raise SpecError(
            "CM042",
            f"an angle 2π·{k}/{n} is no part of a turn",
            help=["cos(n, k) is the cosine of 2πk/n, for whole numbers k and n = 1, 2, 3, …"],
        )
    return _number(n, [Fraction(int(i == k % n)) for i in range(n)])


def cos(n: int, k: int = 1) -> Number:
    """cos(2πk/n)."""
    return (root(n, k) + root(n, -k)) * Fraction(1, 2)


def sin(n: int, k: int = 1) -> Number:
    """sin(2πk/n) = cos(2π(4k − n)/4n)."""
    return cos(4 * n, 4 * k - n)


def sqrt(m: int) -> Number:
    """√m for m = 2, 3, 5, 6 times a square; CM044 for others, CM042 for no whole number ≥ 0."""
    if not isinstance(m, int) or m < 0:
        raise SpecError("CM042", f"√{m} of a number that is not 0, 1, 2, …", help=["sqrt(2)"])
    square = max(s for s in range(1, math.isqrt(m) + 1) if m % (s * s) == 0) if m else 0
    known: dict[int, Number] = {
        0: Fraction(0),
        1: Fraction(1),
        2: 2 * cos(8),
        3: 2 * cos(12),
        5: 1 + 4 * cos(5),
    }
    known[6] = known[2] * known[3]
    free = m // (square * square) if m else 0
    if free not in known:
        raise SpecError(
            "CM044",
            f"√{m} is outside the known fields",
            facts=[("known", "rational numbers, roots of unity, √2, √3, √5, √6")],
        )
    return square * known[free]
