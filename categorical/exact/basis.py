"""A basis: linearly independent sparse tensors of one shape, exact.

Definition.  ``count`` tensors of one ``shape`` (the target's index first, then one index for each
source), as entries (``which`` tensor, ``places`` in row-major order, ``values``), sorted by tensor
and place.  A linear combination is W = Σ θᵢ Bᵢ.

>>> from categorical.exact.matrices import Matrix
>>> both = Basis.of_matrices([Matrix.identity(2), Matrix.of([[0, 1], [1, 0]])])
>>> both, both.combine([3.0, 5.0]).tolist(), both.disjoint
(<basis of 2 tensors 2×2, d760773d>, [[3.0, 5.0], [5.0, 3.0]], True)

Tensors of two shapes make no basis:

>>> Basis.of_matrices([Matrix.identity(2), Matrix.identity(3)])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM002]: a basis of matrices of 2 shapes: (2, 2), (3, 3)
...
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from categorical.errors import SpecError
from categorical.exact.matrices import Index, Matrix, Values, _narrow, exact
from categorical.exact.numbers import Cyclotomic

EXACT = (int, np.integer, Fraction, Cyclotomic)


def _fits(shape: Any, count: Any, which: Index, places: Index, values: Values) -> None:
    """CM002 unless the entries are those of ``count`` tensors of a shape, with exact numbers."""
    sides = isinstance(shape, Sequence) and all(
        isinstance(n, (int, np.integer)) and n >= 0 for n in shape
    )
    size = math.prod(map(int, shape)) if sides else 0
    one = which.ndim == places.ndim == values.ndim == 1 and len(which) == len(places) == len(values)
    inexact = [] if values.dtype == np.int64 else [v for v in values if not isinstance(v, EXACT)]
    problem = (
        f"{shape!r} is no shape"
        if not sides
        else "`which`, `places` and `values` are not lists of one length"
        if not one
        else f"an entry is of none of the {count} tensors"
        if len(which) and not 0 <= which.min() <= which.max() < count
        else f"a place is outside the shape {tuple(shape)}"
        if len(places) and not 0 <= places.min() <= places.max() < size
        else f"{inexact[0]!r} is no exact number"
        if inexact
        else None
    )
    if problem:
        raise SpecError(
            "CM002",
            f"no basis: {problem}",
            help=["entry j of tensor which[j] is values[j], at places[j] in row-major order"],
        )


class Basis:
    """See the module; immutable, equal by content."""

    def __init__(
        self, shape: tuple[int, ...], count: int, which: Any, places: Any, values: Any
    ) -> None:
        which, places = np.asarray(which, dtype=np.int64), np.asarray(places, dtype=np.int64)
        values = exact(values)
        _fits(shape, count, which, places, values)
        order = np.lexsort((places, which))
        self.shape, self.count = tuple(int(n) for n in shape), int(count)
        self.which: Index = which[order]
        self.places: Index = places[order]
        self.values: Values = _narrow(values[order])

    @classmethod
    def of_matrices(cls, matrices: Sequence[Matrix], shape: tuple[int, ...] | None = None) -> Basis:
        """From matrices of one shape (given where there may be none)."""
        shapes = list(dict.fromkeys([*([shape] if shape else []), *(m.shape for m in matrices)]))
        if len(shapes) != 1:
            named = ", ".join(map(str, shapes))
            raise SpecError("CM002", f"a basis of matrices of {len(shapes)} shapes: {named}")
        columns = shapes[0][1]
        return cls(
            shapes[0],
            len(matrices),
            np.concatenate([[], *(np.full(len(m.rows), i) for i, m in enumerate(matrices))]),
            np.concatenate([[], *(m.rows * columns + m.cols for m in matrices)]),
            np.concatenate([np.array([], dtype=np.int64), *(m.values for m in matrices)]),
        )

    @classmethod
    def of_labels(
        cls, labels: NDArray[Any], count: int, signs: NDArray[Any] | None = None
    ) -> Basis:
        """From labels: tensor i is 1 (or its sign) where the label is i; −1 is in none."""
        flat = np.asarray(labels).ravel()
        key = flat.astype(np.int16) if count < 1 << 15 else flat  # sorted by radix where small
        places = np.argsort(key, kind="stable")
        places = places[np.count_nonzero(flat < 0) :]
        found = cls.__new__(cls)
        found.shape, found.count = tuple(int(n) for n in np.shape(labels)), int(count)
        found.which, found.places = flat[places].astype(np.int64), places
        values = np.ones(len(places), np.int64) if signs is None else signs.ravel()[places]
        found.values = np.asarray(values, np.int64)
        return found

    @property
    def size(self) -> int:
        """The number of unknowns: entries of one tensor."""
        return math.prod(self.shape)

    @cached_property
    def disjoint(self) -> bool:
        """Whether no two tensors are nonzero at one place: then W is one gather of θ."""
        return len(np.unique(self.places)) == len(self.places)

    def labels(self) -> tuple[Index, Values] | None:
        """(number of the tensor at each place or −1, value there), where disjoint."""
        if not self.disjoint:
            return None
        found = np.full(self.size, -1, dtype=np.int64)
        found[self.places] = self.which
        values = np.zeros(self.size, dtype=self.values.dtype)
        values[self.places] = self.values
        return found.reshape(self.shape), values.reshape(self.shape)

    def tensor(self, number: int) -> Values:
        """One dense tensor, exact."""
        found = np.zeros(self.size, dtype=self.values.dtype)
        mine = self.which == number
        found[self.places[mine]] = self.values[mine]
        return found.reshape(self.shape)

    def matrix(self, number: int) -> Matrix:
        """One tensor as a matrix: target × all sources together."""
        mine = self.which == number
        rows, columns = self.shape[0], self.size // max(self.shape[0], 1)
        places = self.places[mine]
        return Matrix((rows, columns), places // columns, places % columns, self.values[mine])

    def stack(self) -> Matrix:
        """All tensors as the rows of one matrix."""
        return Matrix((self.count, self.size), self.which, self.places, self.values)

    def floats(self) -> NDArray[np.float64]:
        """Values of the entries as float64."""
        return np.array([float(v) for v in self.values.tolist()])

    def combine(self, theta: Any) -> NDArray[np.float64]:
        """Σ θᵢ Bᵢ in floats."""
        found = np.zeros(self.size)
        np.add.at(found, self.places, self.floats() * np.asarray(theta, dtype=float)[self.which])
        return found.reshape(self.shape)

    @cached_property
    def digest(self) -> str:
        """The hash of the content."""
        text = repr((self.shape, self.count))
        numbers = ",".join(map(str, self.values.tolist()))
        parts = (text.encode(), self.which.tobytes(), self.places.tobytes(), numbers.encode())
        return hashlib.sha256(b"|".join(parts)).hexdigest()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Basis) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        shape = "×".join(map(str, self.shape)) or "1"
        return f"<basis of {self.count} tensors {shape}, {self.digest[:8]}>"
