"""Algebras: the number systems in which one arrow has its several meanings.

An *algebra* interprets the finite vocabulary below (constants, ring operations, contractions,
index maps, segment sums, named pointwise functions, maxima, comparisons) on arrays of one kind of
number. The interpreter is written once against this interface; floats, dual numbers and prime
fields are three instances.

Laws. Every instance is a commutative ring pointwise, `einsum` is multilinear, `sum`,
`segment_sum`, `gather` and `structural` are linear; hence a polynomial circuit commutes with every
homomorphism of rings between two instances (integers to floats, fractions to residues).

Axes are positions, as in numpy. Boolean and index wires are plain numpy `bool` and `int64` arrays
in every algebra; `structural`, `gather` and `where` accept them in place of values. A comparison
gives a *condition*: a plain boolean array, or in a prime field a 0/1 integer oracle.

>>> import numpy as np
>>> from categorical.semantics import FloatAlgebra
>>> algebra = FloatAlgebra()
>>> algebra.einsum("ij,j->i", algebra.constant(np.eye(2)), algebra.constant(np.array([3, 4])))
array([3., 4.])

A letter of one size cannot be contracted with a letter of another size:

>>> algebra.einsum("ij,j->i", algebra.zeros((2, 2)), algebra.zeros((3,)))
Traceback (most recent call last):
    ...
ValueError: einsum 'ij,j->i': letter j is 2 and 3
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

V = TypeVar("V")

Numbers = NDArray[Any]
Index = NDArray[np.int64]
Condition = NDArray[Any]
Number = int | float | complex | Fraction
IndexMap = Callable[[Numbers], Numbers]
IndexMapN = Callable[[Sequence[Numbers]], Numbers]


class Resample(ArithmeticError):
    """The random point met a zero divisor: draw another point, another prime, and try again."""


class OutsideFragment(ArithmeticError):
    """The operation has no meaning in this algebra (an infinity in a finite field, say)."""


#: The named pointwise functions, with their parameters and the parameters' defaults.
FUNCTIONS: Mapping[str, Mapping[str, float]] = {
    "abs": {},
    "cos": {},
    "elu": {"alpha": 1.0},
    "erf": {},
    "exp": {},
    "gelu": {},
    "gelu_tanh": {},
    "hard_tanh": {},
    "identity": {},
    "leaky_relu": {"slope": 0.01},
    "log": {},
    "log1p": {},
    "logsigmoid": {},
    "mish": {},
    "reciprocal": {},
    "relu": {},
    "relu6": {},
    "rsqrt": {},
    "sigmoid": {},
    "sign": {},
    "silu": {},
    "sin": {},
    "softplus": {},
    "softsign": {},
    "sqrt": {},
    "square": {},
    "tanh": {},
}


def parameters_of(name: str, given: Mapping[str, float]) -> dict[str, float]:
    """The parameters of a named function, defaults filled in; unknown ones are refused."""
    if name not in FUNCTIONS:
        raise ValueError(f"no pointwise function is called {name!r}")
    defaults = FUNCTIONS[name]
    for key in given:
        if key not in defaults:
            known = ", ".join(defaults) or "none"
            raise ValueError(f"{name} has no parameter {key!r} (it has: {known})")
    return {**defaults, **given}


class Algebra(ABC, Generic[V]):
    """A ring of arrays with named functions, an order and index maps. `V` is one array of it."""

    #: A maximum, an argmax or a comparison was evaluated under a made-up order: the verdict of
    #: such a run is a test of one order, never exact.
    used_ordered: bool = False

    # values -------------------------------------------------------------------------------------

    @abstractmethod
    def shape(self, v: V) -> tuple[int, ...]:
        """The shape of a value."""

    @abstractmethod
    def constant(self, array_or_number: Numbers | Number) -> V:
        """A literal, a boolean (as 0 and 1), an index or a condition as a value."""

    def zeros(self, shape: tuple[int, ...]) -> V:
        return self.constant(np.zeros(shape, dtype=np.int64))

    def ones(self, shape: tuple[int, ...]) -> V:
        return self.constant(np.ones(shape, dtype=np.int64))

    @abstractmethod
    def export(self, v: V) -> Numbers:
        """A plain array to show (a field shows residues, a dual number its value)."""

    @abstractmethod
    def random(
        self,
        shape: tuple[int, ...],
        rng: np.random.Generator,
        kind: str = "real",
        values_size: int | None = None,
        scale: float = 1.0,
    ) -> V | Numbers:
        """A random array of a kind of wire: `real`, `complex`, `bool`, `fin` (below a size)."""

    # the ring -----------------------------------------------------------------------------------

    @abstractmethod
    def add(self, a: V, b: V) -> V: ...

    @abstractmethod
    def neg(self, a: V) -> V: ...

    @abstractmethod
    def mul(self, a: V, b: V) -> V: ...

    @abstractmethod
    def div(self, a: V, b: V) -> V: ...

    def sub(self, a: V, b: V) -> V:
        return self.add(a, self.neg(b))

    def power_int(self, v: V, k: int) -> V:
        """`v` to a whole power; a negative power is a power of the reciprocal."""
        if k < 0:
            return self.power_int(self.apply("reciprocal", v), -k)
        result, base = self.ones(self.shape(v)), v
        while k:
            if k & 1:
                result = self.mul(result, base)
            k >>= 1
            if k:
                base = self.mul(base, base)
        return result

    # linear maps --------------------------------------------------------------------------------

    @abstractmethod
    def einsum(self, spec: str, *vs: V) -> V:
        """Contraction: letters absent from the output are summed, repeated ones are diagonals."""

    @abstractmethod
    def sum(self, v: V, axes: int | Sequence[int]) -> V: ...

    @abstractmethod
    def structural(self, v: V, f: IndexMap) -> V:
        """A linear map with coefficients 0 and 1: transpose, reshape, take, flip, pad, diag."""

    @abstractmethod
    def structural_n(self, vs: Sequence[V], f: IndexMapN) -> V:
        """The same for a map of several arrays: concatenate, stack."""

    @abstractmethod
    def segment_sum(self, v: V, index: Index, size: int, axis: int) -> V:
        """Sum the entries along an axis that carry the same index; `size` segments."""

    def gather(self, v: V, index: Index, axis: int) -> V:
        """`numpy.take`: the axis is replaced by the axes of the index array."""
        return self.structural(v, lambda a: np.take(a, index, axis=axis))

    # functions ----------------------------------------------------------------------------------

    @abstractmethod
    def apply(self, name: str, v: V, **params: float) -> V:
        """A named pointwise function, one of `FUNCTIONS`."""

    def offset(self, v: V, axes: int | Sequence[int], where: Condition | None = None) -> V:
        """What to subtract before `exp` in `softmax` and `logsumexp`, which do not depend on it.

        Floats subtract the maximum, against overflow; exact algebras subtract nothing, and so
        need no order. The axes are kept, with size 1. The offset has no derivative.
        """
        along = axes_of(axes, len(self.shape(v)))
        kept = tuple(1 if i in along else n for i, n in enumerate(self.shape(v)))
        return self.zeros(kept)

    def stabilised(self, v: V, axes: int | Sequence[int], where: Condition | None = None) -> V:
        """`v` less its offset, and 0 where masked: safe to exponentiate."""
        shifted = self.sub(v, self.offset(v, axes, where))
        if where is None:
            return shifted
        mask = np.broadcast_to(where, self.shape(v))
        return self.where(mask, shifted, self.zeros(self.shape(v)))

    def _exponentials(
        self, v: V, axes: int | Sequence[int], where: Condition | None
    ) -> tuple[V, V]:
        """Exponentials (0 where masked) and their sum (1 where nothing is unmasked)."""
        along = axes_of(axes, len(self.shape(v)))
        terms = self.apply("exp", self.stabilised(v, axes, where))
        if where is not None:
            mask = np.broadcast_to(where, self.shape(v))
            terms = self.where(mask, terms, self.zeros(self.shape(v)))
        total = self.structural(self.sum(terms, along), lambda a: np.expand_dims(a, along))
        if where is not None:
            some = np.any(mask != 0, axis=along, keepdims=True)
            total = self.where(some, total, self.ones(self.shape(total)))
        return terms, total

    def softmax(self, v: V, axes: int | Sequence[int], where: Condition | None = None) -> V:
        """Exponentials over their sum, along axes, among the entries where the mask is true.

        Masked entries are 0; where nothing is unmasked, all are.
        """
        terms, total = self._exponentials(v, axes, where)
        return self.div(terms, total)

    def logsumexp(self, v: V, axes: int | Sequence[int], where: Condition | None = None) -> V:
        """Logarithm of the sum of exponentials; 0 where nothing is unmasked."""
        along = axes_of(axes, len(self.shape(v)))
        _, total = self._exponentials(v, axes, where)
        result = self.add(self.offset(v, along, where), self.apply("log", total))
        return self.structural(result, lambda a: np.squeeze(a, axis=along))

    # order --------------------------------------------------------------------------------------

    @abstractmethod
    def max(self, v: V, axes: int | Sequence[int], where: Condition | None = None) -> V:
        """Largest entry along axes, among those where the mask is true."""

    def first_max(self, v: V, axes: int | Sequence[int], where: Condition | None = None) -> V:
        """The same, but the derivative is that of the first largest entry, not shared by ties."""
        return self.max(v, axes, where)

    def min(self, v: V, axes: int | Sequence[int], where: Condition | None = None) -> V:
        return self.neg(self.max(self.neg(v), axes, where))

    @abstractmethod
    def argmax(self, v: V, axis: int) -> Index: ...

    @abstractmethod
    def segment_max(self, v: V, index: Index, size: int, axis: int, empty: Number = 0) -> V: ...

    @abstractmethod
    def maximum(self, a: V, b: V) -> V: ...

    def minimum(self, a: V, b: V) -> V:
        return self.neg(self.maximum(self.neg(a), self.neg(b)))

    # conditions ---------------------------------------------------------------------------------

    @abstractmethod
    def less(self, a: V, b: V) -> Condition: ...

    @abstractmethod
    def less_equal(self, a: V, b: V) -> Condition: ...

    @abstractmethod
    def equal(self, a: V, b: V) -> Condition: ...

    @abstractmethod
    def where(self, condition: Condition, a: V, b: V) -> V: ...

    def logical_and(self, a: Condition, b: Condition) -> Condition:
        return np.logical_and(a, b)

    def logical_or(self, a: Condition, b: Condition) -> Condition:
        return np.logical_or(a, b)

    def logical_not(self, a: Condition) -> Condition:
        return np.logical_not(a)

    # comparison of results ----------------------------------------------------------------------

    @abstractmethod
    def difference(self, a: V, b: V) -> Numbers:
        """How far two results are apart, entry by entry; 0 everywhere means equal."""

    @abstractmethod
    def equal_arrays(self, a: V, b: V) -> bool:
        """Do two results agree, shape included?"""


def axes_of(axes: int | Sequence[int], rank: int) -> tuple[int, ...]:
    """Axes as a sorted tuple of positions from 0."""
    given = (axes,) if isinstance(axes, int) else tuple(axes)
    for axis in given:
        if not -rank <= axis < rank:
            raise ValueError(f"axis {axis} of an array with {rank} axes")
    positions = tuple(sorted(axis % rank for axis in given))
    if len(set(positions)) != len(positions):
        raise ValueError(f"an axis is named twice in {given}")
    return positions


def first_true(chosen: Condition, axes: Sequence[int]) -> Condition:
    """The first true entry along axes taken together (the last of them fastest), no other."""
    kept = [i for i in range(chosen.ndim) if i not in axes]
    order = [*kept, *axes]
    moved = np.transpose(chosen, order)
    flat = moved.reshape(*moved.shape[: len(kept)], -1)
    only = flat & (np.cumsum(flat, axis=-1) == 1)
    return np.transpose(only.reshape(moved.shape), np.argsort(order))


def segments(length: int, index: Index, size: int) -> Index:
    """Check a segment index against the axis it runs along and the number of segments."""
    if index.shape != (length,):
        raise ValueError(f"segment index of shape {index.shape} along an axis of size {length}")
    if length and not (int(index.min()) >= 0 and int(index.max()) < size):
        raise ValueError(f"segment index outside 0..{size - 1}")
    return index


def random_plain(
    shape: tuple[int, ...], rng: np.random.Generator, kind: str, values_size: int | None
) -> Numbers:
    """A random boolean or index array, the same in every algebra."""
    if kind == "bool":
        return rng.integers(0, 2, size=shape).astype(np.bool_)
    if kind == "fin":
        if values_size is None or values_size < 1:
            raise ValueError("a random index needs the size of its finite set, at least 1")
        return rng.integers(0, values_size, size=shape, dtype=np.int64)
    raise ValueError(f"no wire has kind {kind!r}")
