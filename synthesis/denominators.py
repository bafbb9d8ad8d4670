"""Denominators: which entries of an array share one.

Definition.  A *factor* is a polynomial of a bounded degree for each entry of an array, to a power;
equal labels mark equal polynomials.  Every entry is a quotient by the product of its factors.

Laws.  A sum of entries with one denominator keeps it; with k different ones it gets their product.
Labels may call equal polynomials different, never different ones equal, so that degrees computed
from them are upper bounds.

>>> import numpy as np
>>> rows = Factor(7, 2, 1, np.array([[0, 0, 0], [1, 1, 1]]))
>>> summed, more = rows.total(np.array([1]), fresh=9)
>>> summed.degree, summed.labels.tolist(), more
(2, [0, 1], 0)
>>> mixed, more = rows.total(np.array([0]), fresh=9)
>>> mixed.degree, more
(4, 2)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]

#: More factors than this are multiplied out.
MOST = 6


@dataclass(frozen=True)
class Factor:
    """Polynomials of one ``kind`` and degree to a ``power``, told apart by labels."""

    kind: int
    degree: int
    power: int
    labels: Labels

    @property
    def weight(self) -> int:
        """What it adds to the degree of the denominator."""
        return self.degree * self.power

    def broadcast(self, shape: tuple[int, ...]) -> Factor:
        return replace(self, labels=np.broadcast_to(self.labels, shape))

    def total(self, axes: NDArray[Any] | Sequence[int], fresh: int) -> tuple[Factor, int]:
        """The common denominator along axes, and what it adds to the degree of every numerator."""
        along = tuple(int(a) for a in axes)
        kept = tuple(i for i in range(self.labels.ndim) if i not in along)
        outer = tuple(self.labels.shape[i] for i in kept)
        moved = np.transpose(self.labels, kept + along).reshape(int(np.prod(outer)), -1)
        if not moved.size:
            return replace(self, labels=np.zeros(outer, dtype=np.int64)), 0
        ordered = np.sort(moved, axis=1)
        several = 1 + int((ordered[:, 1:] != ordered[:, :-1]).sum(axis=1).max(initial=0))
        if several == 1:
            return replace(self, labels=ordered[:, 0].reshape(outer)), 0
        _, rows = np.unique(ordered, axis=0, return_inverse=True)
        labels = rows.reshape(outer).astype(np.int64)
        found = Factor(fresh, self.degree * several, self.power, labels)
        return found, self.weight * (several - 1)


Factors = tuple[Factor, ...]


def union(left: Factors, right: Factors) -> tuple[Factors, int, int]:
    """The common denominator of two arrays of one shape, and what each numerator gains."""
    found = list(left)
    gain_left, gain_right = 0, sum(f.weight for f in left)
    for other in right:
        place = next((i for i, f in enumerate(found) if _same(f, other)), None)
        if place is None:
            found.append(other)
            gain_left += other.weight
            continue
        mine = found[place]
        gain_right -= mine.degree * min(mine.power, other.power)
        if other.power > mine.power:
            gain_left += mine.degree * (other.power - mine.power)
            found[place] = other
    return tuple(found), gain_left, gain_right


def product(left: Factors, right: Factors) -> Factors:
    """The denominator of a product of two arrays of one shape."""
    found = list(left)
    for other in right:
        place = next((i for i, f in enumerate(found) if _same(f, other)), None)
        if place is None:
            found.append(other)
        else:
            found[place] = replace(found[place], power=found[place].power + other.power)
    return tuple(found)


def quotient(left: Factors, right: Factors) -> tuple[Factors, int]:
    """Left over right: what stays below, and the degree that moves up."""
    found, up = list(left), 0
    for other in right:
        place = next((i for i, f in enumerate(found) if _same(f, other)), None)
        rest = other.power
        if place is not None:
            common = min(found[place].power, other.power)
            rest -= common
            found[place] = replace(found[place], power=found[place].power - common)
        up += other.degree * rest
    return tuple(f for f in found if f.power), up


def condensed(factors: Factors, fresh: int) -> Factors:
    """At most ``MOST`` factors: the last ones multiplied out."""
    if len(factors) <= MOST:
        return factors
    kept, merged = factors[: MOST - 1], factors[MOST - 1 :]
    shape = merged[0].labels.shape
    stack = np.stack([f.labels.reshape(-1) for f in merged], axis=1)
    _, rows = np.unique(stack, axis=0, return_inverse=True)
    labels = rows.reshape(shape).astype(np.int64)
    return (*kept, Factor(fresh, sum(f.weight for f in merged), 1, labels))


def _same(one: Factor, two: Factor) -> bool:
    return one.kind == two.kind and np.array_equal(one.labels, two.labels)
