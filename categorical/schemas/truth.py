"""Truth values: the unit interval with a t-norm, in which an equation holds to a degree.

Definition.  Ω is [0, 1] with its order, a *t-norm* a ⊗ b (associative, commutative, monotone, with
unit 1) and its residuum a ⇒ b, the largest c with a ⊗ c ≤ b.  ``BOOLEAN`` is {0, 1}; ``GODEL`` has
a ⊗ b = min(a, b), ``PRODUCT`` a · b, ``LUKASIEWICZ`` max(0, a + b − 1).  a ⇔ b is the smaller of
a ⇒ b and b ⇒ a.

A *similarity* turns a distance d ≥ 0 into a degree: ``exponential(scale)`` is exp(−d/scale) and
``linear(scale)`` max(0, 1 − d/scale).  By the triangle inequality the first is ⊗-transitive for the
product t-norm and the second for Łukasiewicz's; neither is for Gödel's, unless d is an ultrametric.

Laws.  a ⊗ b ≤ c exactly if a ≤ b ⇒ c; a ⇔ a = 1.  On fractions all t-norms compute exactly.

>>> from fractions import Fraction
>>> half, third = Fraction(1, 2), Fraction(1, 3)
>>> for truth in (GODEL, PRODUCT, LUKASIEWICZ):
...     print(truth, truth.tensor(half, third), truth.residuum(half, third))
Gödel 1/3 1/3
product 1/6 2/3
Łukasiewicz 0 5/6

A degree is a number in [0, 1]:

>>> GODEL.checked([0.5, 1.5])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM041]: 1.5 is no truth value
...
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from categorical.errors import SpecError

Degree = Any  # a float, a fraction, or an array of either
Similarity = Callable[[Any], Any]


@dataclass(frozen=True)
class Truth:
    """See the module; ``values`` lists the truth values where they are finitely many."""

    name: str
    tensor: Callable[[Degree, Degree], Degree]
    residuum: Callable[[Degree, Degree], Degree]
    values: tuple[int, ...] = ()

    def same(self, a: Degree, b: Degree) -> Degree:
        """The degree to which two truth values are equal: a ⇔ b."""
        return np.minimum(self.residuum(a, b), self.residuum(b, a))

    def checked(self, degrees: Any) -> Any:
        """The degrees as an array; CM041 where one is no truth value."""
        found = np.asarray(degrees)
        bad = [x for x in found.ravel() if not 0 <= x <= 1 or (self.values and x not in (0, 1))]
        if bad:
            raise SpecError(
                "CM041",
                f"{bad[0]} is no truth value",
                facts=[("truth values", "0 and 1" if self.values else "the numbers from 0 to 1")],
                help=["a distance is made a degree by a similarity: exponential(scale)(d)"],
            )
        return found

    def __str__(self) -> str:
        return self.name


def _residuum(below: Callable[[Degree, Degree], Degree]) -> Callable[[Degree, Degree], Degree]:
    """1 where a ≤ b, else what is given."""

    def residuum(a: Degree, b: Degree) -> Degree:
        a, b = np.asarray(a), np.asarray(b)
        found = np.where(a <= b, np.ones_like(a), below(a, b))
        return found if found.shape else found[()]

    return residuum


def _quotient(a: Degree, b: Degree) -> Degree:
    return b / np.where(a <= b, np.ones_like(a), a)


BOOLEAN = Truth("Boolean", np.minimum, _residuum(lambda a, b: b + 0 * a), (0, 1))
GODEL = Truth("Gödel", np.minimum, _residuum(lambda a, b: b + 0 * a))
PRODUCT = Truth("product", np.multiply, _residuum(_quotient))
LUKASIEWICZ = Truth(
    "Łukasiewicz",
    lambda a, b: np.maximum(0, np.add(a, b) - 1),
    _residuum(lambda a, b: 1 - a + b),
)
ALL = (BOOLEAN, GODEL, PRODUCT, LUKASIEWICZ)


def exponential(scale: float = 1.0) -> Similarity:
    """exp(−d / scale)."""
    _positive(scale)
    return lambda distance: np.exp(-np.asarray(distance, dtype=float) / scale)


def linear(scale: float = 1.0) -> Similarity:
    """1 − d / scale, and 0 from the distance ``scale`` on."""
    _positive(scale)
    return lambda distance: np.clip(1 - np.asarray(distance, dtype=float) / scale, 0, 1)


def crisp(distance: Any) -> Any:
    """1 where the distance is 0, else 0: ordinary equality."""
    return (np.asarray(distance) == 0).astype(float)


def _positive(scale: float) -> None:
    if not scale > 0:
        raise SpecError(
            "CM041",
            f"a similarity with the scale {scale}",
            facts=[("needed", "a number above 0: the distance that is far")],
            help=["write crisp for ordinary equality"],
        )


__all__ = [
    "ALL",
    "BOOLEAN",
    "GODEL",
    "LUKASIEWICZ",
    "PRODUCT",
    "Truth",
    "crisp",
    "exponential",
    "linear",
]
