"""Towers of prime fields: exact arithmetic in which `exp` turns sums into products.

In one prime field `exp` can only be an oracle. A value of a tower is a family of residues, one for
each of a chain of primes p₀, p₁, …, where pᵢ ≡ 1 modulo 4 pᵢ₊₁: the residue modulo pᵢ₊₁ serves as
an exponent for an element g of order pᵢ₊₁ modulo pᵢ. Laws, beside those of `fields`:

- `exp(x + y) = exp(x) exp(y)`, so a softmax does not see a common shift, and
  `sigmoid`, `tanh`, `silu`, `gelu_tanh`, `mish` follow by their definitions;
- with i² = −1 in every field, `cos(x) = (exp(ix) + exp(−ix)) / 2` and `sin` likewise: the addition
  theorems hold, so rotary positions act by relative position.

These hold for the first `levels − 1` exponentials on a path; at the last level `exp` is an oracle.
Results are compared at level 0. A false law of degree D survives a point with probability at most
D (1/p₀ + 1/p₁ + …), about D · 2⁻²⁵ with two levels, so take several seeds. Other functions are
oracles level by level; an order is read at level 0 (`"symmetric"` only) and sets `used_ordered`.

>>> import numpy as np
>>> tower = TowerAlgebra(seed=1)
>>> x, y = (tower.random((4,), np.random.default_rng(k)) for k in range(2))
>>> sum_first = tower.apply("exp", tower.add(x, y))
>>> tower.equal_arrays(sum_first, tower.mul(tower.apply("exp", x), tower.apply("exp", y)))
True
>>> tower.equal_arrays(sum_first, tower.add(tower.apply("exp", x), tower.apply("exp", y)))
False
>>> TowerAlgebra(seed=1, levels=9)
Traceback (most recent call last):
    ...
ValueError: a tower has 2 or 3 levels, not 9
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from categorical.semantics import modular
from categorical.semantics.algebra import (
    Algebra,
    Condition,
    Index,
    IndexMap,
    IndexMapN,
    Number,
    Numbers,
    parameters_of,
    random_plain,
)
from categorical.semantics.fields import FieldAlgebra
from categorical.semantics.floats import GELU_CUBIC, GELU_SLOPE

_WINDOW = 14


class Residues:
    """One array of residues for each prime of a tower."""

    __slots__ = ("levels",)

    def __init__(self, levels: Sequence[Index]) -> None:
        self.levels = tuple(levels)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.levels[0].shape

    def __repr__(self) -> str:
        return f"Residues({', '.join(map(repr, self.levels))})"


def draw_chain(rng: np.random.Generator, levels: int) -> tuple[int, ...]:
    """Random primes p₀ > p₁ > …, each congruent to 1 modulo 4 times the next, p₀ below 2³¹."""
    bits = {2: 25, 3: 20}
    if levels not in bits:
        raise ValueError(f"a tower has 2 or 3 levels, not {levels}")
    for _ in range(100_000):
        start = int(rng.integers(1 << (bits[levels] - 3), 1 << (bits[levels] - 2))) * 4 + 1
        chain = [start]
        while modular.is_prime(chain[0]) and len(chain) < levels:
            room = (1 << (31 if len(chain) == levels - 1 else 26)) // (4 * chain[0])
            found = [c for c in range(1, room) if modular.is_prime(4 * c * chain[0] + 1)]
            if not found:
                break
            chain.insert(0, 4 * found[-1] * chain[0] + 1)
        if len(chain) == levels:
            return tuple(chain)
    raise ValueError("found no chain of primes")


class _Powers:
    """Powers of an element of order q modulo p, for arrays of exponents below q."""

    def __init__(self, p: int, q: int) -> None:
        self.p = p
        base = next(g for g in (pow(b, (p - 1) // q, p) for b in range(2, p)) if g != 1)
        self.low = self._table(base)
        self.high = self._table(pow(base, 1 << _WINDOW, p))

    def _table(self, base: int) -> Index:
        table = np.ones(1, dtype=np.int64)
        for k in range(_WINDOW):
            table = np.concatenate((table, table * pow(base, 1 << k, self.p) % self.p))
        return table

    def __call__(self, exponent: Index) -> Index:
        low = self.low[exponent & ((1 << _WINDOW) - 1)]
        return np.asarray(low * self.high[exponent >> _WINDOW] % self.p)


def _plain(x: object) -> bool:
    """Is this a boolean or index wire, the same at every level?"""
    return not isinstance(x, Residues)


class TowerAlgebra(Algebra[Residues]):
    """A chain of prime fields; `exp` is a homomorphism above the last level."""

    def __init__(self, seed: int = 0, levels: int = 2) -> None:
        self.primes = draw_chain(np.random.default_rng(seed), levels)
        self.fields = tuple(FieldAlgebra(p, seed) for p in self.primes)
        self.powers = tuple(_Powers(*pair) for pair in zip(self.primes, self.primes[1:]))
        self.roots = tuple(modular.root_of_unity(4, p) for p in self.primes)
        self.used_ordered = False

    def _each(self, f: Callable[..., Index], *vs: Residues) -> Residues:
        """Do the same at every level: `f` is given the field and one residue array a value."""
        return Residues([f(e, *(v.levels[i] for v in vs)) for i, e in enumerate(self.fields)])

    # values -------------------------------------------------------------------------------------

    def shape(self, v: Residues) -> tuple[int, ...]:
        return v.levels[0].shape

    def constant(self, array_or_number: Numbers | Number) -> Residues:
        return self._each(lambda field: field.constant(array_or_number))

    def export(self, v: Residues) -> Numbers:
        return v.levels[0]

    def random(
        self,
        shape: tuple[int, ...],
        rng: np.random.Generator,
        kind: str = "real",
        values_size: int | None = None,
        scale: float = 1.0,
    ) -> Residues | Numbers:
        """Uniform residues, independent at every level; a scale is ignored."""
        if kind in ("real", "complex"):
            return self._each(lambda field: field.random(shape, rng))
        return random_plain(shape, rng, kind, values_size)

    # the ring and its linear maps ---------------------------------------------------------------

    def add(self, a: Residues, b: Residues) -> Residues:
        return self._each(FieldAlgebra.add, a, b)

    def sub(self, a: Residues, b: Residues) -> Residues:
        return self._each(FieldAlgebra.sub, a, b)

    def neg(self, a: Residues) -> Residues:
        return self._each(FieldAlgebra.neg, a)

    def mul(self, a: Residues, b: Residues) -> Residues:
        return self._each(FieldAlgebra.mul, a, b)

    def div(self, a: Residues, b: Residues) -> Residues:
        return self._each(FieldAlgebra.div, a, b)

    def einsum(self, spec: str, *vs: Residues) -> Residues:
        return self._each(lambda field, *xs: field.einsum(spec, *xs), *vs)

    def sum(self, v: Residues, axes: int | Sequence[int]) -> Residues:
        return self._each(lambda field, x: field.sum(x, axes), v)

    def structural(self, v: Residues, f: IndexMap) -> Residues:
        if _plain(v):
            return cast(Residues, f(cast(Any, v)))
        return self._each(lambda field, x: f(x), v)

    def structural_n(self, vs: Sequence[Residues], f: IndexMapN) -> Residues:
        if all(_plain(v) for v in vs):
            return cast(Residues, f(cast(Any, vs)))
        return self._each(lambda field, *xs: f(xs), *vs)

    def segment_sum(self, v: Residues, index: Index, size: int, axis: int) -> Residues:
        return self._each(lambda field, x: field.segment_sum(x, index, size, axis), v)

    # functions ----------------------------------------------------------------------------------

    def apply(self, name: str, v: Residues, **params: float) -> Residues:
        filled = parameters_of(name, params)
        if name in _EXPONENTIAL:
            return _EXPONENTIAL[name](self, v)
        return self._each(lambda field, x: field.apply(name, x, **filled), v)

    def exp(self, v: Residues) -> Residues:
        raised = [power(v.levels[i + 1]) for i, power in enumerate(self.powers)]
        return Residues([*raised, self.fields[-1].apply("exp", v.levels[-1])])

    def sigmoid(self, v: Residues) -> Residues:
        raised = self.exp(v)
        return self.div(raised, self.add(self.constant(1), raised))

    def tanh(self, v: Residues) -> Residues:
        twice = self.mul(self.constant(2), self.sigmoid(self.mul(self.constant(2), v)))
        return self.sub(twice, self.constant(1))

    def gelu_tanh(self, v: Residues) -> Residues:
        inner = self.add(v, self.mul(self.constant(GELU_CUBIC), self.power_int(v, 3)))
        return self.mul(v, self.sigmoid(self.mul(self.constant(2 * GELU_SLOPE), inner)))

    def mish(self, v: Residues) -> Residues:
        return self.mul(v, self.tanh(self.apply("softplus", v)))

    def circle(self, v: Residues, name: str) -> Residues:
        """`cos` or `sin` by Euler's formulas, an oracle at the last level."""
        result = []
        for i, power in enumerate(self.powers):
            p, turned = self.primes[i], v.levels[i + 1] * self.roots[i + 1] % self.primes[i + 1]
            one, other = power(turned), power(-turned % self.primes[i + 1])
            if name == "cos":
                result.append((one + other) % p * pow(2, -1, p) % p)
            else:
                result.append((one - other) % p * pow(2 * self.roots[i], -1, p) % p)
        return Residues([*result, self.fields[-1].apply(name, v.levels[-1])])

    # order --------------------------------------------------------------------------------------

    def max(
        self, v: Residues, axes: int | Sequence[int], where: Condition | None = None
    ) -> Residues:
        self.used_ordered = True
        return self._each(lambda field, x: field.max(x, axes, where), v)

    def argmax(self, v: Residues, axis: int) -> Index:
        self.used_ordered = True
        return self.fields[0].argmax(v.levels[0], axis)

    def segment_max(
        self, v: Residues, index: Index, size: int, axis: int, empty: Number = 0
    ) -> Residues:
        self.used_ordered = True
        return self._each(lambda field, x: field.segment_max(x, index, size, axis, empty), v)

    def maximum(self, a: Residues, b: Residues) -> Residues:
        self.used_ordered = True
        return self._each(FieldAlgebra.maximum, a, b)

    # conditions ---------------------------------------------------------------------------------

    def less(self, a: Residues, b: Residues) -> Condition:
        self.used_ordered = True
        return self.fields[0].less(a.levels[0], b.levels[0])

    def less_equal(self, a: Residues, b: Residues) -> Condition:
        self.used_ordered = True
        return self.fields[0].less_equal(a.levels[0], b.levels[0])

    def equal(self, a: Residues, b: Residues) -> Condition:
        self.used_ordered = True
        return self.fields[0].equal(a.levels[0], b.levels[0])

    def where(self, condition: Condition, a: Residues, b: Residues) -> Residues:
        if _plain(a) and _plain(b):
            return cast(Residues, np.where(condition != 0, cast(Any, a), cast(Any, b)))
        return self._each(lambda field, x, y: field.where(condition, x, y), a, b)

    def logical_and(self, a: Condition, b: Condition) -> Condition:
        return self.fields[0].logical_and(a, b)

    def logical_or(self, a: Condition, b: Condition) -> Condition:
        return self.fields[0].logical_or(a, b)

    def logical_not(self, a: Condition) -> Condition:
        return self.fields[0].logical_not(a)

    # comparison of results ----------------------------------------------------------------------

    def difference(self, a: Residues, b: Residues) -> Numbers:
        return self.fields[0].difference(_top(a), _top(b))

    def equal_arrays(self, a: Residues, b: Residues) -> bool:
        return self.fields[0].equal_arrays(_top(a), _top(b))


def _top(v: Residues | Numbers) -> Numbers:
    return v.levels[0] if isinstance(v, Residues) else v


_EXPONENTIAL: Mapping[str, Callable[[TowerAlgebra, Residues], Residues]] = {
    "cos": lambda a, v: a.circle(v, "cos"),
    "exp": TowerAlgebra.exp,
    "gelu_tanh": TowerAlgebra.gelu_tanh,
    "mish": TowerAlgebra.mish,
    "sigmoid": TowerAlgebra.sigmoid,
    "silu": lambda a, v: a.mul(v, a.sigmoid(v)),
    "sin": lambda a, v: a.circle(v, "sin"),
    "tanh": TowerAlgebra.tanh,
}
