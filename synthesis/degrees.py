"""Degrees: how large the polynomials are whose values a law compares in a prime field.

Definition.  A value is a shape with bounds for its entries: each is a quotient of polynomials in
the random numbers drawn and the answers of oracles, which count as fresh variables; the numerator
has degree at most ``d``, the denominator is a product of ``denominators`` of degree ``e`` in all.
Evaluating a graph (or a whole law) in this algebra is one more functor.

Laws.  A numerator of degree d that is not zero vanishes at a random point modulo p with probability
at most d / p (Schwartz, Zippel).  Two different arguments of one oracle collide with probability at
most (d + e) / p; all pairs are counted in ``collisions``.

>>> import numpy as np
>>> algebra = DegreeAlgebra()
>>> x = algebra.random((3,), np.random.default_rng(0))
>>> algebra.einsum("i,i->", x, x)
Degree((), 2, 0)
>>> algebra.apply("gelu", algebra.mul(x, x)), algebra.collisions
(Degree((3,), 3, 0), 6)

Entries that were divided by one number keep a common denominator in their sum:

>>> shares = algebra.div(x, algebra.sum(algebra.mul(x, x), 0))
>>> algebra.sum(shares, 0), algebra.sum(algebra.apply("reciprocal", x), 0)
(Degree((), 1, 2), Degree((), 2, 3))
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, prod
from typing import Any

import numpy as np

from categorical.semantics.algebra import Algebra, axes_of, parameters_of, random_plain
from synthesis.denominators import Factor, Factors, Labels, condensed, product, quotient, union

#: Index spaces of contractions beyond this are bounded without labels.
LARGEST = 200_000


class Degree:
    """A shape with bounds; ``same`` labels entries that are known to be equal (None: none is)."""

    __slots__ = ("_same", "d", "factors", "shape")

    def __init__(
        self, shape: tuple[int, ...], d: int, factors: Factors = (), same: Labels | None = None
    ) -> None:
        self.shape, self.d, self.factors, self._same = shape, d, factors, same

    @property
    def e(self) -> int:
        return sum(f.weight for f in self.factors)

    @property
    def size(self) -> int:
        return prod(self.shape)

    @property
    def same(self) -> Labels:
        if self._same is None:
            self._same = np.arange(self.size, dtype=np.int64).reshape(self.shape)
        return self._same

    def broadcast(self, shape: tuple[int, ...]) -> Factors:
        return tuple(f.broadcast(shape) for f in self.factors)

    def __repr__(self) -> str:
        return f"Degree({self.shape}, {self.d}, {self.e})"


class DegreeAlgebra(Algebra[Any]):
    """Bounds instead of numbers; index and boolean wires stay what they are."""

    def __init__(self) -> None:
        self.used_ordered = False
        self.arguments: dict[str, int] = {}
        self.argument_degree: dict[str, int] = {}
        self.kinds = 0

    @property
    def oracles(self) -> int:
        """Oracle answers asked for."""
        return sum(self.arguments.values())

    @property
    def collisions(self) -> int:
        """Pairs of arguments of one oracle, times the degree of their difference."""
        return sum(self.argument_degree[name] * comb(k, 2) for name, k in self.arguments.items())

    def _fresh(self) -> int:
        self.kinds += 1
        return self.kinds

    def _new(self, shape: tuple[int, ...], d: int, factors: Factors = ()) -> Degree:
        return Degree(tuple(shape), d, condensed(factors, self._fresh()) if factors else ())

    def _below(self, v: Degree, degree: int) -> Factor:
        """A denominator of that degree for every entry of a value."""
        return Factor(self._fresh(), degree, 1, v.same)

    # values -------------------------------------------------------------------------------------

    def shape(self, v: Any) -> tuple[int, ...]:
        return tuple(v.shape)

    def constant(self, array_or_number: Any) -> Degree:
        return Degree(np.shape(array_or_number), 0)

    def export(self, v: Any) -> Any:
        return np.zeros(v.shape)

    def random(
        self,
        shape: tuple[int, ...],
        rng: np.random.Generator,
        kind: str = "real",
        values_size: int | None = None,
        scale: float = 1.0,
    ) -> Any:
        if kind in ("real", "complex"):
            return self._new(shape, 1)
        return random_plain(shape, rng, kind, values_size)

    # the ring -----------------------------------------------------------------------------------

    def add(self, a: Any, b: Any) -> Degree:
        shape = np.broadcast_shapes(a.shape, b.shape)
        if not a.factors and not b.factors:
            return self._new(shape, max(a.d, b.d))
        factors, more_a, more_b = union(a.broadcast(shape), b.broadcast(shape))
        return self._new(shape, max(a.d + more_a, b.d + more_b), factors)

    def neg(self, a: Any) -> Any:
        return a

    def mul(self, a: Any, b: Any) -> Degree:
        shape = np.broadcast_shapes(a.shape, b.shape)
        return self._new(shape, a.d + b.d, product(a.broadcast(shape), b.broadcast(shape)))

    def div(self, a: Any, b: Any) -> Degree:
        shape = np.broadcast_shapes(a.shape, b.shape)
        factors, up = quotient(a.broadcast(shape), b.broadcast(shape))
        if b.d:
            factors = (*factors, self._below(b, b.d).broadcast(shape))
        return self._new(shape, a.d + up, factors)

    # sums ---------------------------------------------------------------------------------------

    def _total(self, one: Degree, axes: Sequence[int]) -> Degree:
        kept = tuple(n for i, n in enumerate(one.shape) if i not in axes)
        found, d = [], one.d
        for factor in one.factors:
            summed, more = factor.total(axes, self._fresh())
            found.append(summed)
            d += more
        return self._new(kept, d, tuple(found))

    def _coarse(self, shape: tuple[int, ...], one: Degree, terms: int) -> Degree:
        """A sum of so many entries, nothing known of their denominators."""
        if not one.e or terms < 1:
            return self._new(shape, one.d if terms > 0 else 0)
        labels = np.arange(prod(shape), dtype=np.int64).reshape(shape)
        below = Factor(self._fresh(), one.e * terms, 1, labels)
        return self._new(shape, one.d + (terms - 1) * one.e, (below,))

    def einsum(self, spec: str, *vs: Any) -> Degree:
        left, _, out = spec.replace(" ", "").partition("->")
        size: dict[str, int] = {}
        operands = list(zip(left.split(","), vs, strict=True))
        for letters, v in operands:
            size.update(zip(letters, v.shape, strict=True))
        degree = sum(v.d for v in vs)
        shape = tuple(size[x] for x in out)
        if not any(v.factors for v in vs):
            return self._new(shape, degree)
        every = out + "".join(x for x in size if x not in out)
        whole = tuple(size[x] for x in every)
        if prod(whole) > LARGEST:
            below = (Factor(0, sum(v.e for v in vs), 1, np.zeros((), dtype=np.int64)),)
            return self._coarse(shape, Degree((), degree, below), prod(whole[len(out) :]))
        factors: Factors = ()
        for letters, v in operands:
            factors = product(factors, tuple(_spread(f, letters, every, whole) for f in v.factors))
        return self._total(Degree(whole, degree, factors), range(len(out), len(every)))

    def sum(self, v: Any, axes: int | Sequence[int]) -> Degree:
        return self._total(v, axes_of(axes, len(v.shape)))

    def structural(self, v: Any, f: Any) -> Any:
        if isinstance(v, np.ndarray):
            return f(v)
        same = f(v.same)
        factors = tuple(Factor(x.kind, x.degree, x.power, f(x.labels)) for x in v.factors)
        return Degree(same.shape, v.d, factors, same)

    def structural_n(self, vs: Any, f: Any) -> Any:
        if all(isinstance(v, np.ndarray) for v in vs):
            return f(vs)
        parts = [v if isinstance(v, Degree) else self.constant(v) for v in vs]
        shape = f([np.broadcast_to(np.int8(0), v.shape) for v in parts]).shape
        if not any(v.factors for v in parts):
            return self._new(shape, max(v.d for v in parts))
        most = max(v.e for v in parts)
        labels = [v.same + 1_000_000 * i for i, v in enumerate(parts)]
        below = Factor(self._fresh(), most, 1, f(labels))
        return self._new(shape, max(v.d - v.e for v in parts) + most, (below,))

    def segment_sum(self, v: Any, index: Any, size: int, axis: int) -> Degree:
        place = axis % len(v.shape)
        most = int(np.bincount(index, minlength=1).max()) if index.size else 0
        return self._coarse((*v.shape[:place], size, *v.shape[place + 1 :]), v, most)

    # functions ----------------------------------------------------------------------------------

    def apply(self, name: str, v: Any, **params: float) -> Degree:
        parameters_of(name, params)
        if name == "identity":
            return v  # type: ignore[no-any-return]
        if name == "square":
            return self.mul(v, v)
        if name == "reciprocal":
            return self.div(Degree(v.shape, 0), v)
        inner = 3 if name == "gelu_tanh" else 1
        self._ask("sigmoid" if name in _BY_SIGMOID else name, v.size, inner * (v.d + v.e))
        if name == "exp":  # s / (1 - s) for the answer s
            return self._new(v.shape, 1, (self._below(v, 1),))
        if name in ("cos", "sin"):  # through the tangent of the half angle
            return self._new(v.shape, 2, (self._below(v, 2),))
        if name == "sqrt":  # the answer of the oracle is counted as that of 1 / sqrt
            return self._new(v.shape, 0, (self._below(v, 1),))
        if name in ("rsqrt", "erf", "sign", "sigmoid", "tanh", "log", "log1p"):
            return self._new(v.shape, 1)
        if name == "softsign":  # x / (1 + |x|)
            return self._new(v.shape, v.d, (self._below(v, max(v.e, v.d + 1)),))
        if name == "mish":
            self._ask("sigmoid", v.size, max(v.d, v.e + 1))
        return self._new(v.shape, max(v.d, v.e) + 1, v.factors)

    def _ask(self, name: str, count: int, degree: int) -> None:
        self.arguments[name] = self.arguments.get(name, 0) + count
        self.argument_degree[name] = max(self.argument_degree.get(name, 1), degree)

    # order: a fresh symmetric function ----------------------------------------------------------

    def _ordered(self, shape: tuple[int, ...], *vs: Any) -> Degree:
        self.used_ordered = True
        self._ask("order", sum(v.size for v in vs), max(v.d + v.e for v in vs))
        degree = max(1, *(v.d for v in vs))
        return self._coarse(shape, Degree((), degree, _whole(max(v.e for v in vs))), 1)

    def max(self, v: Any, axes: int | Sequence[int], where: Any = None) -> Degree:
        along = axes_of(axes, len(v.shape))
        return self._ordered(tuple(n for i, n in enumerate(v.shape) if i not in along), v)

    def argmax(self, v: Any, axis: int) -> Any:
        self._ordered((), v)
        place = axis % len(v.shape)
        return np.zeros((*v.shape[:place], *v.shape[place + 1 :]), dtype=np.int64)

    def segment_max(self, v: Any, index: Any, size: int, axis: int, empty: Any = 0) -> Degree:
        place = axis % len(v.shape)
        return self._ordered((*v.shape[:place], size, *v.shape[place + 1 :]), v)

    def maximum(self, a: Any, b: Any) -> Degree:
        return self._ordered(np.broadcast_shapes(a.shape, b.shape), a, b)

    def _compare(self, a: Any, b: Any) -> Any:
        self._ordered((), a, b)
        return np.ones(np.broadcast_shapes(a.shape, b.shape), dtype=np.int64)

    less = less_equal = equal = _compare

    def where(self, condition: Any, a: Any, b: Any) -> Any:
        if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
            return np.where(condition != 0, a, b)
        shape = np.broadcast_shapes(np.shape(condition), a.shape, b.shape)
        return self.add(_widened(a, shape), _widened(b, shape))

    # comparison of results ----------------------------------------------------------------------

    def difference(self, a: Any, b: Any) -> Any:
        return np.zeros(a.shape)

    def equal_arrays(self, a: Any, b: Any) -> bool:
        return False


_BY_SIGMOID = frozenset(("exp", "sigmoid", "silu", "tanh", "gelu_tanh"))


def _widened(v: Any, shape: tuple[int, ...]) -> Degree:
    return Degree(shape, v.d, v.broadcast(shape))


def _whole(degree: int) -> Factors:
    return (Factor(0, degree, 1, np.zeros((), dtype=np.int64)),) if degree else ()


def _spread(factor: Factor, letters: str, every: str, whole: tuple[int, ...]) -> Factor:
    """The labels of an operand of a contraction over the whole index space."""
    distinct = "".join(dict.fromkeys(letters))
    labels = factor.labels
    if distinct != letters:
        labels = np.einsum(f"{letters}->{distinct}", labels)
    order = sorted(range(len(distinct)), key=lambda i: every.index(distinct[i]))
    labels = np.transpose(labels, order)
    at = [n if x in distinct else 1 for x, n in zip(every, whole, strict=True)]
    wide = np.broadcast_to(labels.reshape(at), whole)
    return Factor(factor.kind, factor.degree, factor.power, wide)
