"""The algebra of real and complex floating-point arrays, in double precision.

Values are `float64` arrays (`complex128` on complex wires). Functions are the numerically stable
ones. Two results agree when they differ by at most `tolerance`, relative to the largest entry of
the two, so the laws of a ring hold up to rounding.

>>> import numpy as np
>>> algebra = FloatAlgebra()
>>> algebra.apply("softplus", algebra.constant(np.array([-1000.0, 1000.0])))
array([   0., 1000.])
>>> algebra.apply("relu", algebra.constant(1), slope=0.1)
Traceback (most recent call last):
    ...
ValueError: relu has no parameter 'slope' (it has: none)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np

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

GELU_SLOPE = math.sqrt(2 / math.pi)
GELU_CUBIC = 0.044715

_ERF = np.frompyfunc(math.erf, 1, 1)
_ERFC = np.frompyfunc(math.erfc, 1, 1)


def erf(x: Numbers) -> Numbers:
    return np.asarray(_ERF(x), dtype=np.float64)


def normal_cdf(x: Numbers) -> Numbers:
    """The distribution function of the standard normal, accurate in the lower tail."""
    return np.asarray(_ERFC(-x / math.sqrt(2)), dtype=np.float64) / 2


def sigmoid(x: Numbers) -> Numbers:
    small = np.exp(-np.abs(x))
    return np.asarray(np.where(x >= 0, 1.0, small) / (1 + small))


def softplus(x: Numbers) -> Numbers:
    return np.asarray(np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))))


def silu(x: Numbers) -> Numbers:
    return x * sigmoid(x)


def gelu_tanh(x: Numbers) -> Numbers:
    return np.asarray(x * (1 + np.tanh(GELU_SLOPE * (x + GELU_CUBIC * x * x * x))) / 2)


Formula = Callable[[Numbers, Mapping[str, float]], Numbers]

FORMULAS: Mapping[str, Formula] = {
    "abs": lambda x, _: np.abs(x),
    "cos": lambda x, _: np.cos(x),
    "elu": lambda x, p: np.where(x > 0, x, p["alpha"] * np.expm1(np.minimum(x, 0))),
    "erf": lambda x, _: erf(x),
    "exp": lambda x, _: np.exp(x),
    "gelu": lambda x, _: x * normal_cdf(x),
    "gelu_tanh": lambda x, _: gelu_tanh(x),
    "hard_tanh": lambda x, _: np.clip(x, -1, 1),
    "identity": lambda x, _: x,
    "leaky_relu": lambda x, p: np.where(x > 0, x, p["slope"] * x),
    "log": lambda x, _: np.log(x),
    "log1p": lambda x, _: np.log1p(x),
    "logsigmoid": lambda x, _: -softplus(-x),
    "mish": lambda x, _: x * np.tanh(softplus(x)),
    "reciprocal": lambda x, _: 1 / x,
    "relu": lambda x, _: np.maximum(x, 0),
    "relu6": lambda x, _: np.clip(x, 0, 6),
    "rsqrt": lambda x, _: 1 / np.sqrt(x),
    "sigmoid": lambda x, _: sigmoid(x),
    "sign": lambda x, _: np.sign(x),
    "silu": lambda x, _: silu(x),
    "sin": lambda x, _: np.sin(x),
    "softplus": lambda x, _: softplus(x),
    "softsign": lambda x, _: x / (1 + np.abs(x)),
    "sqrt": lambda x, _: np.sqrt(x),
    "square": lambda x, _: x * x,
    "tanh": lambda x, _: np.tanh(x),
}


def to_floats(array_or_number: Numbers | Number) -> Numbers:
    """Any array or number in double precision, complex numbers staying complex."""
    if isinstance(array_or_number, Fraction):
        array_or_number = float(array_or_number)
    array = np.asarray(array_or_number)
    if array.dtype == object:
        array = np.array([float(x) for x in array.ravel()]).reshape(array.shape)
    return array.astype(np.complex128 if np.iscomplexobj(array) else np.float64)


def segment_total(v: Numbers, index: Index, size: int, axis: int) -> Numbers:
    """Sum the entries of an array that share a segment, along one axis."""
    first = np.moveaxis(v, axis, 0)
    result = np.zeros((size, *first.shape[1:]), dtype=v.dtype)
    np.add.at(result, segments(first.shape[0], index, size), first)
    return np.moveaxis(result, 0, axis)


def segment_largest(v: Numbers, index: Index, size: int, axis: int, empty: Numbers) -> Numbers:
    """The largest entry of every segment along one axis; a segment without entries is `empty`."""
    first = np.moveaxis(v, axis, 0)
    floor = np.iinfo(v.dtype).min if np.issubdtype(v.dtype, np.integer) else -np.inf
    result = np.full((size, *first.shape[1:]), floor, dtype=v.dtype)
    np.maximum.at(result, segments(first.shape[0], index, size), first)
    result[np.bincount(index, minlength=size) == 0] = empty
    return np.moveaxis(result, 0, axis)


def relative_difference(a: Numbers, b: Numbers) -> Numbers:
    """Distance entry by entry over the largest finite magnitude; a NaN is infinitely far."""
    if a.shape != b.shape:
        raise ValueError(f"two results have different shapes, {a.shape} and {b.shape}")
    if not a.size:
        return np.zeros(a.shape)
    if not (np.issubdtype(a.dtype, np.inexact) and np.issubdtype(b.dtype, np.inexact)):
        return np.where(a == b, 0.0, np.inf)
    with np.errstate(invalid="ignore", over="ignore"):
        magnitude = np.maximum(np.abs(a), np.abs(b))
        scale = float(np.max(magnitude, where=np.isfinite(magnitude), initial=0.0))
        gap = np.where(a == b, 0.0, np.abs(a - b) / (scale or 1.0))
    return np.where(np.isnan(gap), np.inf, gap)


class FloatAlgebra(Algebra[Numbers]):
    """Double precision arrays. `tolerance` is the relative error at which two results agree."""

    ring = Ring(multiply=np.multiply, matmul=np.matmul, total=lambda a, axes: np.sum(a, axis=axes))

    def __init__(self, tolerance: float = 1e-9) -> None:
        self.tolerance = tolerance

    def shape(self, v: Numbers) -> tuple[int, ...]:
        return v.shape

    def constant(self, array_or_number: Numbers | Number) -> Numbers:
        return to_floats(array_or_number)

    def export(self, v: Numbers) -> Numbers:
        return v

    def random(
        self,
        shape: tuple[int, ...],
        rng: np.random.Generator,
        kind: str = "real",
        values_size: int | None = None,
        scale: float = 1.0,
    ) -> Numbers:
        if kind == "real":
            return np.asarray(scale * rng.standard_normal(shape))
        if kind == "complex":
            parts = rng.standard_normal((2, *shape))
            return np.asarray(scale * (parts[0] + 1j * parts[1]))
        return random_plain(shape, rng, kind, values_size)

    def add(self, a: Numbers, b: Numbers) -> Numbers:
        return np.add(a, b)

    def sub(self, a: Numbers, b: Numbers) -> Numbers:
        return np.subtract(a, b)

    def neg(self, a: Numbers) -> Numbers:
        return np.negative(a)

    def mul(self, a: Numbers, b: Numbers) -> Numbers:
        return np.multiply(a, b)

    def div(self, a: Numbers, b: Numbers) -> Numbers:
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.divide(a, b)

    def einsum(self, spec: str, *vs: Numbers) -> Numbers:
        return contract(spec, vs, self.ring)

    def sum(self, v: Numbers, axes: int | Sequence[int]) -> Numbers:
        return np.asarray(np.sum(v, axis=axes_of(axes, v.ndim)))

    def structural(self, v: Numbers, f: IndexMap) -> Numbers:
        return f(v)

    def structural_n(self, vs: Sequence[Numbers], f: IndexMapN) -> Numbers:
        return f(vs)

    def segment_sum(self, v: Numbers, index: Index, size: int, axis: int) -> Numbers:
        return segment_total(v, index, size, axis)

    def apply(self, name: str, v: Numbers, **params: float) -> Numbers:
        filled = parameters_of(name, params)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
            return np.asarray(FORMULAS[name](v, filled))

    def offset(
        self, v: Numbers, axes: int | Sequence[int], where: Condition | None = None
    ) -> Numbers:
        along = axes_of(axes, v.ndim)
        largest = self.max(v, along, where)
        return np.expand_dims(np.where(np.isfinite(largest), largest, 0.0), along)

    def max(self, v: Numbers, axes: int | Sequence[int], where: Condition | None = None) -> Numbers:
        chosen = True if where is None else np.broadcast_to(where, v.shape)
        return np.asarray(np.max(v, axis=axes_of(axes, v.ndim), initial=-np.inf, where=chosen))

    def argmax(self, v: Numbers, axis: int) -> Index:
        return np.asarray(np.argmax(v, axis=axis), dtype=np.int64)

    def segment_max(
        self, v: Numbers, index: Index, size: int, axis: int, empty: Number = 0
    ) -> Numbers:
        return segment_largest(v, index, size, axis, to_floats(empty))

    def maximum(self, a: Numbers, b: Numbers) -> Numbers:
        return np.maximum(a, b)

    def less(self, a: Numbers, b: Numbers) -> Condition:
        return np.less(a, b)

    def less_equal(self, a: Numbers, b: Numbers) -> Condition:
        return np.less_equal(a, b)

    def equal(self, a: Numbers, b: Numbers) -> Condition:
        return np.equal(a, b)

    def where(self, condition: Condition, a: Numbers, b: Numbers) -> Numbers:
        return np.where(condition, a, b)

    def difference(self, a: Numbers, b: Numbers) -> Numbers:
        return relative_difference(a, b)

    def equal_arrays(self, a: Numbers, b: Numbers) -> bool:
        if a.shape != b.shape:
            return False
        return bool(np.all(self.difference(a, b) <= self.tolerance))
