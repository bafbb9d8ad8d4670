"""The named functions on a prime field: exact where rational, else built from oracles.

Each rule is an identity that the real function obeys, with a random oracle for what is left over
(the list is in `oracles`). Under a total order, `sign` is ±1, which makes `relu`, `abs`,
`leaky_relu`, `relu6`, `hard_tanh` and `elu` the piecewise functions of that order.

>>> import numpy as np
>>> x = np.array([0, 4, 97])
>>> functions = Functions(101, Oracles(101, seed=1), total=True)
>>> bool(np.all(functions("relu", x, {}) * functions("relu", (101 - x) % 101, {}) == 0))
True

A zero divisor is refused:

>>> functions("reciprocal", x, {})
Traceback (most recent call last):
    ...
categorical.semantics.algebra.Resample: division by zero modulo 101
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

import numpy as np

from categorical.semantics import modular
from categorical.semantics.algebra import Index, Number, Resample
from categorical.semantics.floats import GELU_CUBIC, GELU_SLOPE
from categorical.semantics.oracles import Oracles


class Functions:
    """All named functions of one field; `total` reads signs off a random total order."""

    def __init__(self, p: int, oracles: Oracles, total: bool) -> None:
        self.p = p
        self.oracles = oracles
        self.total = total
        self.one_half = (p + 1) // 2

    def __call__(self, name: str, x: Index, params: Mapping[str, float]) -> Index:
        return np.asarray(RULES[name](self, x, params) % self.p, dtype=np.int64)

    # arithmetic ---------------------------------------------------------------------------------

    def mul(self, a: Index, b: Index | int) -> Index:
        return np.asarray(a * b % self.p)

    def half(self, a: Index) -> Index:
        return np.asarray(a % self.p * self.one_half % self.p)

    def number(self, x: Number) -> int:
        return int(modular.residues(x, self.p))

    def inverse(self, a: Index) -> Index:
        return modular.inverse(np.asarray(a % self.p), self.p)

    # building blocks ----------------------------------------------------------------------------

    def positive(self, x: Index) -> Index:
        """Is x above 0 in the total order? As 0 or 1."""
        return (self.oracles.rank(x) > 0).astype(np.int64)

    def sign(self, x: Index) -> Index:
        if self.total:
            return np.sign(self.oracles.rank(x))
        return self.oracles.odd("sign", x)

    def abs(self, x: Index) -> Index:
        return np.asarray(x * self.sign(x) % self.p)

    def relu(self, x: Index) -> Index:
        return self.half(x + self.abs(x))

    def sigmoid(self, x: Index) -> Index:
        return np.asarray((self.one_half + self.oracles.odd("sigmoid", x)) % self.p)

    def exp(self, x: Index) -> Index:
        s = self.sigmoid(x)
        return self.mul(s, self.inverse(np.asarray(1 - s)))

    def tanh(self, x: Index) -> Index:
        return np.asarray((2 * self.sigmoid(2 * x % self.p) - 1) % self.p)

    def softplus(self, x: Index) -> Index:
        return np.asarray((self.half(x) + self.oracles.even("softplus", x)) % self.p)

    def gelu_tanh(self, x: Index) -> Index:
        cube = self.mul(self.mul(x, x), x)
        inner = (x + self.number(GELU_CUBIC) * cube) % self.p
        return self.mul(x, self.sigmoid(2 * self.number(GELU_SLOPE) * inner % self.p))

    def circle(self, x: Index) -> tuple[Index, Index]:
        """Cosine and sine, through the tangent of the half angle."""
        t = self.oracles.odd("half angle", x)
        square = self.mul(t, t)
        scale = self.inverse(np.asarray(1 + square))
        return self.mul((1 - square) % self.p, scale), self.mul(2 * t % self.p, scale)

    def sqrt(self, x: Index) -> Index:
        y = self.oracles.zero_at_zero("sqrt", x)
        return np.where(x == 1, 1, y)

    def log(self, x: Index) -> Index:
        if not np.all(x):
            raise Resample("the logarithm of zero")
        return np.where(x == 1, 0, self.oracles.plain("log", x))

    def elu(self, x: Index, alpha: float) -> Index:
        if not self.total:
            return self.oracles.zero_at_zero("elu", x, {"alpha": alpha})
        below = self.number(alpha) * ((self.exp(x) - 1) % self.p)
        return np.where(self.positive(x) == 1, x, below % self.p)

    def clip(self, name: str, x: Index, low: int, high: int) -> Index:
        """`x` between two bounds under the total order (an oracle without one)."""
        if not self.total:
            return self.oracles.odd(name, x) if low else self.oracles.zero_at_zero(name, x)
        bottom, top = np.asarray(low % self.p), np.asarray(high % self.p)
        rank = self.oracles.rank
        raised = np.where(rank(x) > rank(bottom), x, bottom)
        return np.where(rank(raised) < rank(top), raised, top)


Rule = Callable[[Functions, Index, Mapping[str, float]], Index]

RULES: Mapping[str, Rule] = {
    "abs": lambda f, x, _: f.abs(x),
    "cos": lambda f, x, _: f.circle(x)[0],
    "elu": lambda f, x, p: f.elu(x, p["alpha"]),
    "erf": lambda f, x, _: f.oracles.odd("erf", x),
    "exp": lambda f, x, _: f.exp(x),
    "gelu": lambda f, x, _: f.mul(x, (f.one_half + f.oracles.odd("gelu", x)) % f.p),
    "gelu_tanh": lambda f, x, _: f.gelu_tanh(x),
    "hard_tanh": lambda f, x, _: f.clip("hard_tanh", x, -1, 1),
    "identity": lambda f, x, _: x,
    "leaky_relu": lambda f, x, p: x + f.mul(f.relu(-x % f.p), f.number(1 - Fraction(p["slope"]))),
    "log": lambda f, x, _: f.log(x),
    "log1p": lambda f, x, _: f.log((1 + x) % f.p),
    "logsigmoid": lambda f, x, _: x - f.softplus(x),
    "mish": lambda f, x, _: f.mul(x, f.tanh(f.softplus(x))),
    "reciprocal": lambda f, x, _: f.inverse(x),
    "relu": lambda f, x, _: f.relu(x),
    "relu6": lambda f, x, _: f.clip("relu6", x, 0, 6),
    "rsqrt": lambda f, x, _: f.inverse(f.sqrt(x)),
    "sigmoid": lambda f, x, _: f.sigmoid(x),
    "sign": lambda f, x, _: f.sign(x),
    "silu": lambda f, x, _: f.mul(x, f.sigmoid(x)),
    "sin": lambda f, x, _: f.circle(x)[1],
    "softplus": lambda f, x, _: f.softplus(x),
    "softsign": lambda f, x, _: f.mul(x, f.inverse(np.asarray(1 + f.abs(x)))),
    "sqrt": lambda f, x, _: f.sqrt(x),
    "square": lambda f, x, _: f.mul(x, x),
    "tanh": lambda f, x, _: f.tanh(x),
}

#: The functions whose total-order reading samples branches of one made-up order.
PIECEWISE = frozenset(
    {"abs", "elu", "hard_tanh", "leaky_relu", "relu", "relu6", "sign", "softsign"}
)
