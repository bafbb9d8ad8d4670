"""Dual numbers: a value together with its derivative along one direction.

A dual array `x + t·ε`, ε² = 0, carries a tangent `t`; running an arrow on it computes the value and
the Jacobian-vector product at once. Laws: the value part is the float meaning; the tangent part is
linear in the input tangents and obeys the chain rule; constants have tangent 0.

At kinks the derivative is a convention, PyTorch's: `relu`, `abs` and `sign` have 0 at 0, `relu6`
and `hard_tanh` have 0 at both ends, `leaky_relu` has its slope at 0, `elu` its alpha. `max` and
`segment_max` split the tangent evenly among ties (as `amax`), `first_max` gives it to the first of
them (as `max_pool`), `maximum` one half to each side. Boolean and index wires have no tangent: they
are plain arrays here too.

>>> import numpy as np
>>> algebra = DualAlgebra()
>>> x = Dual(np.array([0.0, 3.0]), np.array([1.0, 1.0]))
>>> algebra.apply("square", x).tangent, algebra.apply("relu", x).tangent
(array([0., 6.]), array([0., 1.]))
>>> Dual(np.zeros(2), np.zeros(3))
Traceback (most recent call last):
    ...
ValueError: a tangent has the shape of its value: (3,) is not (2,)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

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
    first_true,
    parameters_of,
)
from categorical.semantics.floats import (
    FORMULAS,
    GELU_CUBIC,
    GELU_SLOPE,
    FloatAlgebra,
    normal_cdf,
    segment_total,
    sigmoid,
    softplus,
)


class Dual:
    """An array and its tangent, of one shape."""

    __slots__ = ("tangent", "value")

    def __init__(self, value: Numbers, tangent: Numbers) -> None:
        value, tangent = np.asarray(value), np.asarray(tangent)
        if value.shape != tangent.shape:
            raise ValueError(
                f"a tangent has the shape of its value: {tangent.shape} is not {value.shape}"
            )
        self.value = value
        self.tangent = tangent

    @property
    def shape(self) -> tuple[int, ...]:
        return self.value.shape

    def __repr__(self) -> str:
        return f"Dual({self.value!r}, {self.tangent!r})"


def _gelu_slope(x: Numbers) -> Numbers:
    density = np.exp(-x * x / 2) / math.sqrt(2 * math.pi)
    return np.asarray(normal_cdf(x) + x * density)


def _gelu_tanh_slope(x: Numbers) -> Numbers:
    t = np.tanh(GELU_SLOPE * (x + GELU_CUBIC * x * x * x))
    inner = GELU_SLOPE * (1 + 3 * GELU_CUBIC * x * x)
    return np.asarray((1 + t) / 2 + x * (1 - t * t) * inner / 2)


def _silu_slope(x: Numbers) -> Numbers:
    s = sigmoid(x)
    return np.asarray(s * (1 + x * sigmoid(-x)))


def _mish_slope(x: Numbers) -> Numbers:
    t = np.tanh(softplus(x))
    return np.asarray(t + x * (1 - t * t) * sigmoid(x))


def _inside(x: Numbers, low: float, high: float) -> Numbers:
    return ((x > low) & (x < high)).astype(np.float64)


Slope = Callable[[Numbers, Numbers, Mapping[str, float]], Numbers]

#: The derivative of every pointwise function, from its argument `x` and its value `y`.
SLOPES: Mapping[str, Slope] = {
    "abs": lambda x, y, _: np.sign(x),
    "cos": lambda x, y, _: -np.sin(x),
    "elu": lambda x, y, p: np.where(x > 0, 1.0, p["alpha"] * np.exp(np.minimum(x, 0))),
    "erf": lambda x, y, _: 2 / math.sqrt(math.pi) * np.exp(-x * x),
    "exp": lambda x, y, _: y,
    "gelu": lambda x, y, _: _gelu_slope(x),
    "gelu_tanh": lambda x, y, _: _gelu_tanh_slope(x),
    "hard_tanh": lambda x, y, _: _inside(x, -1, 1),
    "identity": lambda x, y, _: np.ones_like(x),
    "leaky_relu": lambda x, y, p: np.where(x > 0, 1.0, p["slope"]),
    "log": lambda x, y, _: 1 / x,
    "log1p": lambda x, y, _: 1 / (1 + x),
    "logsigmoid": lambda x, y, _: sigmoid(-x),
    "mish": lambda x, y, _: _mish_slope(x),
    "reciprocal": lambda x, y, _: -y * y,
    "relu": lambda x, y, _: (x > 0).astype(np.float64),
    "relu6": lambda x, y, _: _inside(x, 0, 6),
    "rsqrt": lambda x, y, _: -y * y * y / 2,
    "sigmoid": lambda x, y, _: y * sigmoid(-x),
    "sign": lambda x, y, _: np.zeros_like(x),
    "silu": lambda x, y, _: _silu_slope(x),
    "sin": lambda x, y, _: np.cos(x),
    "softplus": lambda x, y, _: sigmoid(x),
    "softsign": lambda x, y, _: 1 / (1 + np.abs(x)) ** 2,
    "sqrt": lambda x, y, _: 1 / (2 * y),
    "square": lambda x, y, _: 2 * x,
    "tanh": lambda x, y, _: 1 - y * y,
}


def _value(x: Dual | Numbers) -> Numbers:
    return x.value if isinstance(x, Dual) else x


def _plain(x: object) -> bool:
    """Is this a boolean or index wire, which carries no tangent?"""
    return not isinstance(x, Dual)


class DualAlgebra(Algebra[Dual]):
    """Dual numbers over double precision arrays."""

    def __init__(self, tolerance: float = 1e-9) -> None:
        self.floats = FloatAlgebra(tolerance)

    def shape(self, v: Dual) -> tuple[int, ...]:
        return v.value.shape

    def constant(self, array_or_number: Numbers | Number) -> Dual:
        value = self.floats.constant(array_or_number)
        return Dual(value, np.zeros_like(value))

    def export(self, v: Dual) -> Numbers:
        return _value(v)

    def random(
        self,
        shape: tuple[int, ...],
        rng: np.random.Generator,
        kind: str = "real",
        values_size: int | None = None,
        scale: float = 1.0,
    ) -> Dual | Numbers:
        value = self.floats.random(shape, rng, kind, values_size, scale)
        if kind not in ("real", "complex"):
            return value
        return Dual(value, self.floats.random(shape, rng, kind, values_size, scale))

    def add(self, a: Dual, b: Dual) -> Dual:
        return Dual(a.value + b.value, a.tangent + b.tangent)

    def sub(self, a: Dual, b: Dual) -> Dual:
        return Dual(a.value - b.value, a.tangent - b.tangent)

    def neg(self, a: Dual) -> Dual:
        return Dual(-a.value, -a.tangent)

    def mul(self, a: Dual, b: Dual) -> Dual:
        return Dual(a.value * b.value, a.tangent * b.value + a.value * b.tangent)

    def div(self, a: Dual, b: Dual) -> Dual:
        with np.errstate(divide="ignore", invalid="ignore"):
            value = a.value / b.value
            return Dual(value, (a.tangent - value * b.tangent) / b.value)

    def einsum(self, spec: str, *vs: Dual) -> Dual:
        values = [v.value for v in vs]
        value = self.floats.einsum(spec, *values)
        tangent = np.zeros_like(value)
        for i, v in enumerate(vs):
            if np.any(v.tangent):
                moved = [*values[:i], v.tangent, *values[i + 1 :]]
                tangent = tangent + self.floats.einsum(spec, *moved)
        return Dual(value, tangent)

    def sum(self, v: Dual, axes: int | Sequence[int]) -> Dual:
        return Dual(self.floats.sum(v.value, axes), self.floats.sum(v.tangent, axes))

    def structural(self, v: Dual, f: IndexMap) -> Dual:
        if _plain(v):
            return cast(Dual, f(cast(Any, v)))
        return Dual(f(v.value), f(v.tangent))

    def structural_n(self, vs: Sequence[Dual], f: IndexMapN) -> Dual:
        if all(_plain(v) for v in vs):
            return cast(Dual, f(cast(Any, vs)))
        return Dual(f([v.value for v in vs]), f([v.tangent for v in vs]))

    def segment_sum(self, v: Dual, index: Index, size: int, axis: int) -> Dual:
        return Dual(
            segment_total(v.value, index, size, axis),
            segment_total(v.tangent, index, size, axis),
        )

    def apply(self, name: str, v: Dual, **params: float) -> Dual:
        filled = parameters_of(name, params)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore", under="ignore"):
            value = np.asarray(FORMULAS[name](v.value, filled))
            return Dual(value, SLOPES[name](v.value, value, filled) * v.tangent)

    def offset(self, v: Dual, axes: int | Sequence[int], where: Condition | None = None) -> Dual:
        return self.constant(self.floats.offset(v.value, axes, where))

    def max(self, v: Dual, axes: int | Sequence[int], where: Condition | None = None) -> Dual:
        along = axes_of(axes, v.value.ndim)
        value = self.floats.max(v.value, along, where)
        attained = v.value == np.expand_dims(value, along)
        if where is not None:
            attained &= np.broadcast_to(where, v.value.shape)
        ties = np.maximum(attained.sum(axis=along), 1)
        return Dual(value, np.where(attained, v.tangent, 0.0).sum(axis=along) / ties)

    def first_max(self, v: Dual, axes: int | Sequence[int], where: Condition | None = None) -> Dual:
        along = axes_of(axes, v.value.ndim)
        value = self.floats.max(v.value, along, where)
        attained = v.value == np.expand_dims(value, along)
        if where is not None:
            attained &= np.broadcast_to(where, v.value.shape)
        first = first_true(attained, along)
        return Dual(value, np.where(first, v.tangent, 0.0).sum(axis=along))

    def argmax(self, v: Dual, axis: int) -> Index:
        return self.floats.argmax(v.value, axis)

    def segment_max(self, v: Dual, index: Index, size: int, axis: int, empty: Number = 0) -> Dual:
        value = self.floats.segment_max(v.value, index, size, axis, empty)
        attained = v.value == np.take(value, index, axis=axis)
        ties = segment_total(attained.astype(np.float64), index, size, axis)
        moved = segment_total(np.where(attained, v.tangent, 0.0), index, size, axis)
        return Dual(value, moved / np.maximum(ties, 1))

    def maximum(self, a: Dual, b: Dual) -> Dual:
        share = np.where(a.value == b.value, 0.5, (a.value > b.value).astype(np.float64))
        with np.errstate(invalid="ignore"):
            first = np.where(share > 0, share * a.tangent, 0.0)
            second = np.where(share < 1, (1 - share) * b.tangent, 0.0)
        return Dual(np.maximum(a.value, b.value), first + second)

    def less(self, a: Dual, b: Dual) -> Condition:
        return np.less(a.value, b.value)

    def less_equal(self, a: Dual, b: Dual) -> Condition:
        return np.less_equal(a.value, b.value)

    def equal(self, a: Dual, b: Dual) -> Condition:
        return np.equal(a.value, b.value)

    def where(self, condition: Condition, a: Dual, b: Dual) -> Dual:
        if _plain(a) and _plain(b):
            return cast(Dual, np.where(condition, cast(Any, a), cast(Any, b)))
        return Dual(
            np.where(condition, a.value, b.value), np.where(condition, a.tangent, b.tangent)
        )

    def difference(self, a: Dual, b: Dual) -> Numbers:
        if _plain(a) or _plain(b):
            return self.floats.difference(_value(a), _value(b))
        return np.maximum(
            self.floats.difference(a.value, b.value),
            self.floats.difference(a.tangent, b.tangent),
        )

    def equal_arrays(self, a: Dual, b: Dual) -> bool:
        if _value(a).shape != _value(b).shape:
            return False
        return bool(np.all(self.difference(a, b) <= self.floats.tolerance))
