"""Degrees: how large the polynomials are whose values a law compares in a prime field.

Definition.  A value is a shape with a bound (d, e) for all its entries: each is a quotient of
polynomials of degrees at most d and e in the random numbers drawn and in the answers of oracles,
which count as fresh variables.  Evaluating a graph (or a whole law) in this algebra is one more
functor.

Laws.  A quotient of degrees (d, e) that is not zero vanishes at a random point modulo p with
probability at most d / p (Schwartz, Zippel).  Two different arguments of one oracle collide with
probability at most (d + e) / p; all pairs are counted in ``collisions``.

>>> import numpy as np
>>> algebra = DegreeAlgebra()
>>> x = algebra.random((3,), np.random.default_rng(0))
>>> algebra.einsum("i,i->", x, x)
Degree((), 2, 0)
>>> algebra.apply("gelu", algebra.mul(x, x)), algebra.collisions
(Degree((3,), 3, 0), 12)

An oracle that is not called costs nothing, an inverse is exact:

>>> other = DegreeAlgebra()
>>> other.apply("reciprocal", x), other.oracles
(Degree((3,), 0, 1), 0)
"""

from __future__ import annotations

from collections.abc import Sequence
from math import comb, prod
from typing import Any

import numpy as np

from categorical.semantics.algebra import Algebra, axes_of, parameters_of, random_plain

#: How many oracle answers, and of which degree, a named function multiplies.
_EXACT = {"identity": (1, 0), "square": (2, 0), "reciprocal": (0, 1)}


class Degree:
    """A shape with a bound on the degrees of numerators and denominators."""

    __slots__ = ("d", "e", "shape")

    def __init__(self, shape: tuple[int, ...], d: int, e: int = 0) -> None:
        self.shape, self.d, self.e = shape, d, e

    @property
    def size(self) -> int:
        return prod(self.shape)

    def __repr__(self) -> str:
        return f"Degree({self.shape}, {self.d}, {self.e})"


def _shape_of(v: Any) -> tuple[int, ...]:
    return tuple(v.shape)


class DegreeAlgebra(Algebra[Any]):
    """Bounds instead of numbers; index and boolean wires stay what they are."""

    def __init__(self) -> None:
        self.used_ordered = False
        self.arguments: dict[str, int] = {}
        self.argument_degree = 0
        self.largest = 0

    @property
    def oracles(self) -> int:
        """Oracle answers asked for."""
        return sum(self.arguments.values())

    @property
    def collisions(self) -> int:
        """Pairs of arguments of one oracle, times the degree of their difference."""
        return self.argument_degree * sum(comb(k, 2) for k in self.arguments.values())

    def _new(self, shape: tuple[int, ...], d: int, e: int = 0) -> Degree:
        self.largest = max(self.largest, d, e)
        return Degree(shape, d, e)

    def _total(self, one: Degree, terms: int) -> tuple[int, int]:
        """The degrees of a sum of so many entries, over a common denominator."""
        return (one.d + (terms - 1) * one.e, one.e * terms) if terms > 0 else (0, 0)

    # values -------------------------------------------------------------------------------------

    def shape(self, v: Any) -> tuple[int, ...]:
        return _shape_of(v)

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
            return self._new(tuple(shape), 1)
        return random_plain(shape, rng, kind, values_size)

    # the ring -----------------------------------------------------------------------------------

    def add(self, a: Any, b: Any) -> Degree:
        shape = np.broadcast_shapes(a.shape, b.shape)
        if a.e == 0 == b.e:
            return self._new(shape, max(a.d, b.d))
        return self._new(shape, max(a.d + b.e, b.d + a.e), a.e + b.e)

    def neg(self, a: Any) -> Any:
        return a

    def mul(self, a: Any, b: Any) -> Degree:
        return self._new(np.broadcast_shapes(a.shape, b.shape), a.d + b.d, a.e + b.e)

    def div(self, a: Any, b: Any) -> Degree:
        return self._new(np.broadcast_shapes(a.shape, b.shape), a.d + b.e, a.e + b.d)

    def einsum(self, spec: str, *vs: Any) -> Degree:
        left, _, out = spec.replace(" ", "").partition("->")
        size: dict[str, int] = {}
        for letters, v in zip(left.split(","), vs, strict=True):
            size.update(zip(letters, v.shape, strict=True))
        product = Degree((), sum(v.d for v in vs), sum(v.e for v in vs))
        terms = prod(n for letter, n in size.items() if letter not in out)
        return self._new(tuple(size[x] for x in out), *self._total(product, terms))

    def sum(self, v: Any, axes: int | Sequence[int]) -> Degree:
        along = axes_of(axes, len(v.shape))
        terms = prod(v.shape[i] for i in along)
        kept = tuple(n for i, n in enumerate(v.shape) if i not in along)
        return self._new(kept, *self._total(v, terms))

    def structural(self, v: Any, f: Any) -> Any:
        if isinstance(v, np.ndarray):
            return f(v)
        return Degree(f(np.broadcast_to(np.int8(0), v.shape)).shape, v.d, v.e)

    def structural_n(self, vs: Any, f: Any) -> Any:
        if all(isinstance(v, np.ndarray) for v in vs):
            return f(vs)
        parts = [v if isinstance(v, Degree) else self.constant(v) for v in vs]
        shape = f([np.broadcast_to(np.int8(0), v.shape) for v in parts]).shape
        return Degree(shape, max(v.d for v in parts), max(v.e for v in parts))

    def segment_sum(self, v: Any, index: Any, size: int, axis: int) -> Degree:
        place = axis % len(v.shape)
        most = int(np.bincount(index, minlength=1).max()) if index.size else 0
        shape = (*v.shape[:place], size, *v.shape[place + 1 :])
        return self._new(shape, *self._total(v, most))

    # functions ----------------------------------------------------------------------------------

    def apply(self, name: str, v: Any, **params: float) -> Degree:
        parameters_of(name, params)
        if name in _EXACT:
            d, e = _EXACT[name]
            return self._new(v.shape, d * v.d + e * v.e, d * v.e + e * v.d)
        # every rule of the field is a quotient of low degree in x and at most two oracle answers
        inner = 3 if name == "gelu_tanh" else 2 if name in ("tanh", "mish") else 1
        self._ask("tanh" if name == "mish" else name, v.size, inner * max(v.d, v.e, 1))
        if name in ("exp", "tanh"):
            return self._new(v.shape, 1, 1)
        if name in ("cos", "sin"):
            return self._new(v.shape, 2, 2)
        if name == "sqrt":  # the answer of the oracle is counted as that of 1 / sqrt
            return self._new(v.shape, 0, 1)
        if name in ("rsqrt", "erf", "sign", "sigmoid", "log", "log1p"):
            return self._new(v.shape, 1)
        if name == "softsign":
            return self._new(v.shape, v.d, max(v.e, v.d + 1))
        return self._new(v.shape, v.d + 1, v.e)

    def _ask(self, name: str, count: int, degree: int) -> None:
        self.arguments[name] = self.arguments.get(name, 0) + count
        self.argument_degree = max(self.argument_degree, 2 * degree)

    # order: a fresh symmetric function --------------------------------------------------------

    def _ordered(self, shape: tuple[int, ...], *vs: Any) -> Degree:
        self.used_ordered = True
        self._ask("order", sum(v.size for v in vs), max(max(v.d, v.e) for v in vs))
        return self._new(shape, max(1, *(v.d for v in vs)), max(v.e for v in vs))

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
        return Degree(shape, max(a.d, b.d), max(a.e, b.e))

    # comparison of results ----------------------------------------------------------------------

    def difference(self, a: Any, b: Any) -> Any:
        return np.zeros(a.shape)

    def equal_arrays(self, a: Any, b: Any) -> bool:
        return False
