"""Prime fields: exact arithmetic at a random point, functions replaced by random oracles.

Values are int64 arrays of residues modulo a random 31-bit prime p. A polynomial law of degree D
that fails for real numbers survives one random point with probability at most D / p (Schwartz and
Zippel), plus the unlikely p that divides one of its constants; several primes multiply the odds.
Laws: constants embed by a ring homomorphism (integers, fractions, floats as dyadic rationals), so a
polynomial circuit run on fractions and reduced modulo p equals the circuit run here. Division by a
zero divisor raises `Resample`. `square`, `identity`, `reciprocal` are exact; other functions are
the oracles of `oracles`, with the identities listed there.

Order does not exist in a field; whatever needs one sets `used_ordered`, and the caller reports
TESTED instead of EXACT. Two readings are offered by `order`:

- `"symmetric"` (default): a maximum is a random symmetric function of the multiset of unmasked
  residues (with max{x, x} = x); a law that passes holds for every symmetric aggregator. A
  comparison is a random bit of the difference, with exactly one of a < b, a = b, b < a.
- `"total"`: a random total order in which small integers keep their places and a < b iff −b < −a.
  Maxima are elements, nested maxima merge, `relu(x) = max(x, 0)`, `sign` is ±1, `abs` follows.
  Not modelled: the order is compatible neither with addition nor with positive scaling.

`argmax` always uses the total order. Comparisons give 0/1 int64 *oracle conditions*.

>>> from fractions import Fraction
>>> import numpy as np
>>> field = FieldAlgebra(10007, seed=3)
>>> third = field.constant(Fraction(1, 3))
>>> int(field.add(third, field.add(third, third))), field.used_ordered
(1, False)
>>> field.constant(np.array([0.0, -np.inf]))
Traceback (most recent call last):
    ...
categorical.semantics.algebra.OutsideFragment: infinities and NaN have no residue: mask with `where`
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

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
    axes_of,
    parameters_of,
    random_plain,
    segments,
)
from categorical.semantics.contraction import Ring, contract
from categorical.semantics.field_functions import PIECEWISE, Functions
from categorical.semantics.floats import segment_largest, segment_total
from categorical.semantics.modular import draw_prime, is_prime
from categorical.semantics.oracles import Hashes, Oracles, mix

__all__ = ["FieldAlgebra", "draw_prime"]

Order = Literal["symmetric", "total"]
_LOWEST = np.iinfo(np.int64).min


class FieldAlgebra(Algebra[Index]):
    """Residues modulo a prime p below 2³¹ (drawn from the seed when not given)."""

    def __init__(self, p: int | None = None, seed: int = 0, order: Order = "symmetric") -> None:
        if p is None:
            p = draw_prime(np.random.default_rng(seed))
        if not (2 < p < 1 << 31 and is_prime(p)):
            raise ValueError(f"{p} is not an odd prime below 2**31")
        if order not in ("symmetric", "total"):
            raise ValueError(f"order is 'symmetric' or 'total', not {order!r}")
        self.p = p
        self.seed = seed
        self.order = order
        self.oracles = Oracles(p, seed)
        self.functions = Functions(p, self.oracles, order == "total")
        self.used_ordered = False
        self.ring = Ring(
            multiply=lambda a, b: modular.multiply(a, b, p),
            matmul=lambda a, b: modular.matmul(a, b, p),
            total=lambda a, axes: np.asarray(a.sum(axis=axes) % p),
        )

    # values -------------------------------------------------------------------------------------

    def shape(self, v: Index) -> tuple[int, ...]:
        return v.shape

    def constant(self, array_or_number: Numbers | Number) -> Index:
        return modular.residues(array_or_number, self.p)

    def root_of_unity(self, order: int) -> Index:
        """A primitive root of unity, as a scalar; needs p ≡ 1 modulo the order."""
        return np.asarray(modular.root_of_unity(order, self.p), dtype=np.int64)

    def export(self, v: Index) -> Numbers:
        return v

    def random(
        self,
        shape: tuple[int, ...],
        rng: np.random.Generator,
        kind: str = "real",
        values_size: int | None = None,
        scale: float = 1.0,
    ) -> Numbers:
        """Uniform residues; a scale has no meaning here and is ignored."""
        if kind in ("real", "complex"):
            return rng.integers(0, self.p, size=shape, dtype=np.int64)
        return random_plain(shape, rng, kind, values_size)

    # the ring -----------------------------------------------------------------------------------

    def add(self, a: Index, b: Index) -> Index:
        return np.asarray((a + b) % self.p)

    def sub(self, a: Index, b: Index) -> Index:
        return np.asarray((a - b) % self.p)

    def neg(self, a: Index) -> Index:
        return np.asarray(-a % self.p)

    def mul(self, a: Index, b: Index) -> Index:
        return np.asarray(a * b % self.p)

    def div(self, a: Index, b: Index) -> Index:
        return np.asarray(a * modular.inverse(b, self.p) % self.p)

    def einsum(self, spec: str, *vs: Index) -> Index:
        return contract(spec, vs, self.ring)

    def sum(self, v: Index, axes: int | Sequence[int]) -> Index:
        return np.asarray(v.sum(axis=axes_of(axes, v.ndim)) % self.p)

    def structural(self, v: Index, f: IndexMap) -> Index:
        return f(v)

    def structural_n(self, vs: Sequence[Index], f: IndexMapN) -> Index:
        return f(vs)

    def segment_sum(self, v: Index, index: Index, size: int, axis: int) -> Index:
        return np.asarray(segment_total(v, index, size, axis) % self.p)

    # functions ----------------------------------------------------------------------------------

    def apply(self, name: str, v: Index, **params: float) -> Index:
        filled = parameters_of(name, params)
        if self.order == "total" and name in PIECEWISE:
            self.used_ordered = True
        return self.functions(name, v, filled)

    # order --------------------------------------------------------------------------------------

    def max(self, v: Index, axes: int | Sequence[int], where: Condition | None = None) -> Index:
        self.used_ordered = True
        along = axes_of(axes, v.ndim)
        kept = tuple(axis for axis in range(v.ndim) if axis not in along)
        outer = tuple(v.shape[axis] for axis in kept)
        flat = np.transpose(v, kept + along).reshape(*outer, -1)
        chosen = np.ones(flat.shape, dtype=np.bool_)
        if where is not None:
            mask = np.broadcast_to(where, v.shape) != 0
            chosen = np.transpose(mask, kept + along).reshape(flat.shape)
        count = chosen.sum(axis=-1)
        if self.order == "total":
            rank = np.max(self.oracles.rank(flat), axis=-1, initial=_LOWEST, where=chosen)
            hit = chosen & (self.oracles.rank(flat) == rank[..., None])
            largest = np.max(flat, axis=-1, initial=0, where=hit)
            return np.where(count == 0, self._nothing(), largest)
        words = self.oracles.hashes("max", flat)
        total = np.asarray(np.where(chosen, words, np.uint64(0)).sum(axis=-1, dtype=np.uint64))
        low = np.min(flat, axis=-1, initial=self.p, where=chosen)
        high = np.max(flat, axis=-1, initial=-1, where=chosen)
        return self._symmetric(total, count, low, high)

    def _symmetric(self, total: Hashes, count: Index, low: Index, high: Index) -> Index:
        """The random symmetric function, from the sum of the hashes of a multiset."""
        words = mix(np.atleast_1d(total) + self.oracles.key("max").reshape(1))
        oracle = self.oracles.residues(words).reshape(total.shape)
        several = np.where(low == high, high, oracle)
        return np.where(count == 0, self._nothing(), several)

    def _nothing(self) -> Index:
        """The maximum of no entries, minus infinity among floats: a random constant."""
        return self.oracles.plain("max of nothing", np.zeros((), dtype=np.int64))

    def argmax(self, v: Index, axis: int) -> Index:
        self.used_ordered = True
        return np.asarray(np.argmax(self.oracles.rank(v), axis=axis), dtype=np.int64)

    def segment_max(self, v: Index, index: Index, size: int, axis: int, empty: Number = 0) -> Index:
        self.used_ordered = True
        first = np.moveaxis(v, axis, 0)
        shape = (size, *first.shape[1:])
        nothing = self.constant(empty)
        if self.order == "total":
            rank = self.oracles.rank(first)
            top = segment_largest(rank, index, size, 0, np.asarray(0))
            entries, *rest = np.nonzero(rank == np.take(top, index, axis=0))
            result = np.broadcast_to(nothing, shape).copy()
            result[(index[entries], *rest)] = first[(entries, *rest)]
            return np.moveaxis(result, 0, axis)
        segments(first.shape[0], index, size)
        total = np.zeros(shape, dtype=np.uint64)
        np.add.at(total, index, self.oracles.hashes("max", first))
        low, high = np.full(shape, self.p), np.full(shape, -1)
        np.minimum.at(low, index, first)
        np.maximum.at(high, index, first)
        result = self._symmetric(total, np.ones(shape, dtype=np.int64), low, high)
        result[np.bincount(index, minlength=size) == 0] = nothing
        return np.moveaxis(result, 0, axis)

    def maximum(self, a: Index, b: Index) -> Index:
        return self.max(np.stack(np.broadcast_arrays(a, b)), 0)

    # conditions ---------------------------------------------------------------------------------

    def less(self, a: Index, b: Index) -> Condition:
        self.used_ordered = True
        if self.order == "total":
            return np.asarray(self.oracles.rank(a) < self.oracles.rank(b), dtype=np.int64)
        difference = self.sub(a, b)
        words = self.oracles.hashes("less", self.oracles.canonical(difference))
        bit = (words & np.uint64(1)).astype(np.bool_) ^ (difference > self.oracles.half)
        return np.asarray(bit & (difference != 0), dtype=np.int64)

    def less_equal(self, a: Index, b: Index) -> Condition:
        return np.asarray(1 - self.less(b, a))

    def equal(self, a: Index, b: Index) -> Condition:
        self.used_ordered = True
        return np.asarray(np.equal(a, b), dtype=np.int64)

    def where(self, condition: Condition, a: Index, b: Index) -> Index:
        return np.where(condition != 0, a, b)

    def logical_and(self, a: Condition, b: Condition) -> Condition:
        if a.dtype == b.dtype == np.bool_:
            return np.logical_and(a, b)
        return np.asarray(a.astype(np.int64) * b)

    def logical_or(self, a: Condition, b: Condition) -> Condition:
        if a.dtype == b.dtype == np.bool_:
            return np.logical_or(a, b)
        one, two = a.astype(np.int64), b.astype(np.int64)
        return np.asarray(one + two - one * two)

    def logical_not(self, a: Condition) -> Condition:
        if a.dtype == np.bool_:
            return np.logical_not(a)
        return np.asarray(1 - a)

    # comparison of results ----------------------------------------------------------------------

    def difference(self, a: Index, b: Index) -> Numbers:
        if a.shape != b.shape:
            raise ValueError(f"two results have different shapes, {a.shape} and {b.shape}")
        return np.asarray(a != b, dtype=np.int64)

    def equal_arrays(self, a: Index, b: Index) -> bool:
        return a.shape == b.shape and bool(np.array_equal(a, b))
