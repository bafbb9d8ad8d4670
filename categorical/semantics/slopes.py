"""The derivatives of the pointwise functions, as expressions in the pointwise functions.

Definition.  ``slope(calc, name, x, y, params)`` is f′(x) for y = f(x), written with the sums,
products and named functions of ``calc``: an algebra (then it is an array) or a calculus of wires
(then it is a part of a graph).  One definition serves the tape and the arrows ``R[f]``.

At kinks it is PyTorch's convention (see ``duals``): the step of ``relu`` is ``sign(relu(x))``,
which is 0 at 0, and no order is read for it.  Law: it agrees with ``duals.SLOPES`` everywhere.

>>> import numpy as np
>>> from categorical.semantics.floats import FloatAlgebra
>>> x = np.array([-1.0, 0.0, 2.0])
>>> slope(FloatAlgebra(), "relu", x, np.maximum(x, 0), {})
array([0., 0., 1.])
>>> slope(FloatAlgebra(), "gamma", x, x, {})
Traceback (most recent call last):
    ...
KeyError: 'gamma'
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from categorical.semantics.floats import GELU_CUBIC, GELU_SLOPE


class Calculus(Protocol):
    """What an expression of a derivative is written with: arrays of an algebra, or wires."""

    def add(self, a: Any, b: Any) -> Any: ...
    def sub(self, a: Any, b: Any) -> Any: ...
    def mul(self, a: Any, b: Any) -> Any: ...
    def neg(self, a: Any) -> Any: ...
    def apply(self, name: str, v: Any) -> Any: ...
    def constant(self, array_or_number: float) -> Any: ...


class Expression:
    """A value with the operators of Python, so that a derivative reads as a formula."""

    __slots__ = ("calc", "value")

    def __init__(self, calc: Calculus, value: Any) -> None:
        self.calc, self.value = calc, value

    def _of(self, other: Expression | float) -> Any:
        return other.value if isinstance(other, Expression) else self.calc.constant(other)

    def __add__(self, other: Expression | float) -> Expression:
        return Expression(self.calc, self.calc.add(self.value, self._of(other)))

    def __sub__(self, other: Expression | float) -> Expression:
        return Expression(self.calc, self.calc.sub(self.value, self._of(other)))

    def __rsub__(self, other: float) -> Expression:
        return -self + other

    def __mul__(self, other: Expression | float) -> Expression:
        return Expression(self.calc, self.calc.mul(self.value, self._of(other)))

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Expression:
        return Expression(self.calc, self.calc.neg(self.value))

    def __call__(self, name: str) -> Expression:
        """The named function of this value."""
        return Expression(self.calc, self.calc.apply(name, self.value))


def _step(x: Expression) -> Expression:
    """1 where x is positive, 0 elsewhere."""
    return x("relu")("sign")


def _elu(x: Expression, y: Expression, alpha: float) -> Expression:
    up = _step(x)
    return up + (1 - up) * (x * (1 - up))("exp") * alpha


def _gelu(x: Expression) -> Expression:
    below = ((x * math.sqrt(0.5))("erf") + 1) * 0.5
    density = (x * x * -0.5)("exp") * (1 / math.sqrt(2 * math.pi))
    return below + x * density


def _gelu_tanh(x: Expression) -> Expression:
    t = ((x + x * x * x * GELU_CUBIC) * GELU_SLOPE)("tanh")
    inner = (x * x * (3 * GELU_CUBIC) + 1) * GELU_SLOPE
    return (t + 1) * 0.5 + x * (1 - t * t) * inner * 0.5


def _mish(x: Expression) -> Expression:
    t = x("softplus")("tanh")
    return t + x * (1 - t * t) * x("sigmoid")


def _softsign(x: Expression) -> Expression:
    near = (x("abs") + 1)("reciprocal")
    return near * near


Slope = Callable[[Expression, Expression, Mapping[str, float]], Expression]

#: f′ from the argument x and the value y.  ``sign`` and ``identity`` are constant: see ``slope``.
SLOPES: Mapping[str, Slope] = {
    "abs": lambda x, y, p: x("sign"),
    "cos": lambda x, y, p: -x("sin"),
    "elu": lambda x, y, p: _elu(x, y, p["alpha"]),
    "erf": lambda x, y, p: (x * x * -1)("exp") * (2 / math.sqrt(math.pi)),
    "exp": lambda x, y, p: y,
    "gelu": lambda x, y, p: _gelu(x),
    "gelu_tanh": lambda x, y, p: _gelu_tanh(x),
    "hard_tanh": lambda x, y, p: _step(1 - x) * _step(x + 1),
    "leaky_relu": lambda x, y, p: _step(x) * (1 - p["slope"]) + p["slope"],
    "log": lambda x, y, p: x("reciprocal"),
    "log1p": lambda x, y, p: (x + 1)("reciprocal"),
    "logsigmoid": lambda x, y, p: (-x)("sigmoid"),
    "mish": lambda x, y, p: _mish(x),
    "reciprocal": lambda x, y, p: -(y * y),
    "relu": lambda x, y, p: _step(x),
    "relu6": lambda x, y, p: _step(x) * _step(6 - x),
    "rsqrt": lambda x, y, p: y * y * y * -0.5,
    "sigmoid": lambda x, y, p: y * (-x)("sigmoid"),
    "silu": lambda x, y, p: x("sigmoid") * (x * (-x)("sigmoid") + 1),
    "sin": lambda x, y, p: x("cos"),
    "softplus": lambda x, y, p: x("sigmoid"),
    "softsign": lambda x, y, p: _softsign(x),
    "sqrt": lambda x, y, p: y("reciprocal") * 0.5,
    "square": lambda x, y, p: x + x,
    "tanh": lambda x, y, p: 1 - y * y,
}

#: The functions whose derivative is one number.
FLAT: Mapping[str, float] = {"sign": 0.0, "identity": 1.0}


def slope(calc: Calculus, name: str, x: Any, y: Any, params: Mapping[str, float]) -> Any:
    """f′(x), an array or wire like x; for a function of ``FLAT`` the number as a constant."""
    if name in FLAT:
        return calc.constant(FLAT[name])
    return SLOPES[name](Expression(calc, x), Expression(calc, y), params).value
