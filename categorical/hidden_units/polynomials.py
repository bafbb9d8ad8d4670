"""Polynomials with exact coefficients, for weights that are variables.

Definition.  A polynomial over Q(ζₙ) in named variables: a finite map from monomials to numbers
that are not zero.  It adds and multiplies with numbers on either side, so whatever is computed of
weights by sums and products is computed of variables as well.

Laws.  A commutative ring; two polynomials are equal when they are equal at every point, and
``at`` (substitution) is a homomorphism.

>>> from categorical.exact import root
>>> x, y = Polynomial.variable("x"), Polynomial.variable("y")
>>> (x + root(3) * y) * (x + root(3, 2) * y) == x * x - x * y + y * y
True
>>> (x * x - 2 * y).at({"x": 3, "y": 4})
Fraction(1, 1)

A product with another variable is another polynomial:

>>> x * x == x * y
False
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from categorical.exact.numbers import Number
from categorical.polynomials import ONE, Mono, mono_mul, order


class Polynomial:
    """A polynomial; see the module."""

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Mono, Number]) -> None:
        self.terms: dict[Mono, Number] = {m: c for m, c in terms.items() if c != 0}

    @classmethod
    def variable(cls, name: str) -> Polynomial:
        """A variable."""
        return cls({((name, 1),): Fraction(1)})

    def __add__(self, other: Ring) -> Polynomial:
        found = dict(self.terms)
        for mono, c in _terms(other).items():
            found[mono] = found[mono] + c if mono in found else c
        return Polynomial(found)

    __radd__ = __add__

    def __neg__(self) -> Polynomial:
        return Polynomial({m: -c for m, c in self.terms.items()})

    def __sub__(self, other: Ring) -> Polynomial:
        return self + (-1) * other

    def __rsub__(self, other: Ring) -> Polynomial:
        return (-self) + other

    def __mul__(self, other: Ring) -> Polynomial:
        if not isinstance(other, Polynomial):
            return Polynomial({m: c * other for m, c in self.terms.items()})
        found: dict[Mono, Number] = {}
        for left, c in self.terms.items():
            for right, e in other.terms.items():
                mono, value = mono_mul(left, right), c * e
                found[mono] = found[mono] + value if mono in found else value
        return Polynomial(found)

    __rmul__ = __mul__

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Polynomial):
            return self.terms == other.terms
        return isinstance(other, Number) and self.terms == _terms(other)

    def __hash__(self) -> int:
        return hash(frozenset(self.terms))

    def at(self, values: Mapping[str, Number]) -> Number:
        """The value at a point."""
        total: Number = Fraction(0)
        for mono, c in self.terms.items():
            for name, power in mono:
                for _ in range(power):
                    c = c * values[name]
            total = total + c
        return total

    @property
    def variables(self) -> list[str]:
        """The variables that occur, in order."""
        return sorted({name for mono in self.terms for name, _ in mono})

    def leading(self) -> tuple[Mono, Number]:
        """The greatest monomial and its coefficient."""
        mono = min(self.terms, key=order)
        return mono, self.terms[mono]

    def __repr__(self) -> str:
        return " + ".join(written(m, c) for m, c in sorted(self.terms.items(), key=_place)) or "0"


Ring = Number | Polynomial


def _place(term: tuple[Mono, Number]) -> tuple[int, tuple[tuple[str, int], ...]]:
    return order(term[0])


def _terms(value: Ring) -> dict[Mono, Number]:
    if isinstance(value, Polynomial):
        return value.terms
    return {ONE: value} if value != 0 else {}


def written(mono: Mono, c: Number) -> str:
    """One term as text."""
    names = "·".join(name if power == 1 else f"{name}^{power}" for name, power in mono)
    return f"({c})·{names}" if names else f"({c})"
