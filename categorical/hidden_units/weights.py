"""Weights of two-layer quadratic networks over all widths: a commutative semiring.

Definition.  A hidden unit of a network on Z_d has three functions of Z_d (``a`` and ``b`` read the
two inputs, ``c`` writes the output), given by their Fourier coefficients z[p, k]:

    w_p[m] = Σ_k z[p, k] ζᵏᵐ  for p = a, b,      w_c[m] = Σ_k z[c, k] ζ⁻ᵏᵐ,      ζ = exp(2πi/d).

*Weights* are a finite family of units.  ``+`` (⊕) puts two families side by side; ``*`` (⊗) has a
unit for each pair of units, with the products of their coefficients, frequency by frequency.  0 is
the empty family, 1 one unit with all coefficients 1.  Equality is that of multisets, decided
exactly: hidden units have no order.

Laws.  A commutative semiring.  Read categorically, a family is a map J → X from a finite set into
the multiplicative monoid X of units: ⊕ is the coproduct of families, ⊗ the product of the index
sets followed by the product of X.  Weights are real when z[p, −k] is the conjugate of z[p, k].

>>> from categorical.exact import root
>>> pair = Weights.of(7, [{("a", 1): 1, ("b", 1): 1, ("c", 1): 1},
...                       {("a", 1): -1, ("b", 1): 1, ("c", 1): -1}])
>>> triple = Weights.constant(7, [(root(3, j),) * 3 for j in range(3)])
>>> both = pair * triple
>>> both.width, both == triple * pair, (pair + pair) * triple == both + both
(6, True, True)
>>> pair * Weights.one(7) == pair, (pair * Weights.zero(7)).width
(True, 0)

Repeating a unit makes other weights, and weights for another modulus do not add:

>>> pair + pair == pair
False
>>> pair + Weights.one(5)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM042]: weights for Z_7 and for Z_5 do not compose
...
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from categorical.errors import SpecError
from categorical.exact.numbers import Cyclotomic, Number
from categorical.hidden_units.polynomials import Polynomial, Ring

PARTS = ("a", "b", "c")
Place = tuple[str, int]  # a part and a frequency
Unit = tuple[tuple[Place, Ring], ...]  # coefficients that are not zero, by place


@dataclass(frozen=True, eq=False)
class Weights:
    """A finite family of hidden units on Z_d; see the module."""

    modulus: int
    units: tuple[Unit, ...]

    @classmethod
    def of(cls, d: int, units: Iterable[Mapping[Place, Ring]]) -> Weights:
        """From the coefficients of each unit; frequencies count modulo d, what is missing is 0."""
        if not isinstance(d, int) or d < 2:
            raise SpecError(
                "CM042",
                f"no weights for Z_{d}",
                help=["the modulus is 2, 3, 4, …"],
            )
        return cls(d, tuple(_unit(d, one) for one in units))

    @classmethod
    def zero(cls, d: int) -> Weights:
        """No units."""
        return cls.of(d, ())

    @classmethod
    def one(cls, d: int) -> Weights:
        """One unit whose coefficients are 1 at every frequency."""
        return cls.of(d, [{(p, k): 1 for p in PARTS for k in range(d)}])

    @classmethod
    def constant(cls, d: int, units: Sequence[Sequence[Number]]) -> Weights:
        """Real units with one triple (a, b, c) at the frequencies 0 < k < d/2, its conjugate at
        −k, and the triple itself at 0 and d/2 if it is real (else 0)."""
        found = []
        for triple in units:
            one: dict[Place, Ring] = {}
            for p, value in zip(PARTS, triple, strict=True):
                other = conjugate(value)
                for k in range(d):
                    if 2 * k % d == 0:
                        one[p, k] = value if value == other else 0
                    else:
                        one[p, k] = value if 2 * k < d else other
            found.append(one)
        return cls.of(d, found)

    @classmethod
    def frequency(cls, d: int, k: int) -> Weights:
        """One unit with coefficients 1 at k and −k: multiplying by it keeps these frequencies."""
        return cls.of(d, [{(p, m): 1 for p in PARTS for m in {k % d, -k % d}}])

    @classmethod
    def scalar(cls, d: int, value: Number) -> Weights:
        """One unit that multiplies the output by a number: what is of degree 1 in c scales so."""
        return cls.of(d, [{(p, k): value if p == "c" else 1 for p in PARTS for k in range(d)}])

    @classmethod
    def generic(cls, d: int, width: int = 1, name: str = "z") -> Weights:
        """Units whose coefficients are all different variables."""
        return cls.of(
            d,
            (
                {
                    (p, k): Polynomial.variable(f"{name}[{p},{k},{j}]")
                    for p in PARTS
                    for k in range(d)
                }
                for j in range(width)
            ),
        )

    @property
    def width(self) -> int:
        """The number of hidden units."""
        return len(self.units)

    def __add__(self, other: Weights) -> Weights:
        self._alike(other)
        return Weights(self.modulus, self.units + other.units)

    def __mul__(self, other: Weights) -> Weights:
        self._alike(other)
        pairs = product(self.units, map(dict, other.units))
        return Weights(
            self.modulus,
            tuple(
                tuple((place, value * two[place]) for place, value in one if place in two)
                for one, two in pairs
            ),
        )

    def _alike(self, other: Weights) -> None:
        if self.modulus != other.modulus:
            raise SpecError(
                "CM042",
                f"weights for Z_{self.modulus} and for Z_{other.modulus} do not compose",
                help=["both sides of ⊕ and of ⊗ have one modulus"],
            )

    def __eq__(self, other: object) -> bool:
        """Whether both are one multiset of units."""
        if not isinstance(other, Weights) or self.modulus != other.modulus:
            return False
        left: dict[tuple[Place, ...], list[Unit]] = {}
        for unit in other.units:
            left.setdefault(tuple(place for place, _ in unit), []).append(unit)
        for unit in self.units:
            same = left.get(tuple(place for place, _ in unit), [])
            if unit not in same:
                return False
            same.remove(unit)
        return not any(left.values())

    def __hash__(self) -> int:
        return hash((self.modulus, self.width))

    def exchanged(self) -> Weights:
        """The inputs a and b exchanged: the network of the pairs (b, a)."""
        other = {"a": "b", "b": "a", "c": "c"}
        units = ({(other[p], k): value for (p, k), value in unit} for unit in self.units)
        return Weights.of(self.modulus, units)

    @property
    def is_real(self) -> bool:
        """Whether z[p, −k] is the conjugate of z[p, k] everywhere; variables are not known to."""
        for unit in map(dict, self.units):
            for (p, k), value in unit.items():
                other = unit.get((p, -k % self.modulus), 0)
                if isinstance(value, Polynomial) or conjugate(value) != other:
                    return False
        return True

    @property
    def order(self) -> int:
        """The least n such that all coefficients are known to lie in Q(ζₙ)."""
        from math import lcm

        values = (value for unit in self.units for _, value in unit)
        return lcm(1, *(v.order for v in values if isinstance(v, Cyclotomic)))

    def __repr__(self) -> str:
        return f"<{self.width} hidden units on Z_{self.modulus}>"


def conjugate(value: Number) -> Number:
    """The complex conjugate of an exact number."""
    return value.conjugate() if isinstance(value, Cyclotomic) else value


def _unit(d: int, coefficients: Mapping[Place, Ring]) -> Unit:
    found: dict[Place, Ring] = {}
    for (p, k), value in coefficients.items():
        if p not in PARTS or not isinstance(value, (int, Fraction, Cyclotomic, Polynomial)):
            raise SpecError(
                "CM042",
                f"{value!r} is no coefficient of `{p}`",
                facts=[("parts", ", ".join(PARTS)), ("numbers", "exact: int, Fraction, root(n)")],
            )
        if value != 0:
            found[p, k % d] = Fraction(value) if isinstance(value, int) else value
    return tuple(sorted(found.items(), key=lambda one: one[0]))
