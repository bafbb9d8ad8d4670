"""Sparse exact matrices, with permutations and signed permutations told apart.

Definition.  A matrix is a list of entries (row, column, value) sorted by row and column, without
zeros; values are whole numbers in an int64 array where they fit, else exact numbers in an object
array.  ``Matrix.permutation(image)`` sends the basis vector j to the basis vector ``image[j]``.

Laws.  (A ⊗ B)(C ⊗ D) = AC ⊗ BD, (A B)ᵀ = Bᵀ Aᵀ, and ``permutation`` is a homomorphism.

>>> cycle = Matrix.permutation([1, 2, 0])
>>> (cycle @ cycle @ cycle).is_identity, cycle.image.tolist()
(True, [1, 2, 0])
>>> turn = Matrix.of([[0, -1], [1, 0]])
>>> turn[0, 1], turn[:, 0].tolist(), turn.signed_image
(-1, [0, 1], (array([1, 0]), array([ 1, -1])))

Floats are refused, because nothing exact follows from them:

>>> Matrix.of([[0.5]])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM041]: the entry 0.5 is a float
...
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from categorical.errors import SpecError
from categorical.exact.numbers import Cyclotomic, Number, inverse

Index = NDArray[np.int64]
Values = NDArray[Any]
_SAFE = 1 << 30


class Matrix:
    """An exact sparse matrix; see the module."""

    __slots__ = ("cols", "rows", "shape", "values")

    def __init__(self, shape: tuple[int, int], rows: Any, cols: Any, values: Any) -> None:
        """From entries in any order; equal places are added, zeros are dropped."""
        rows, cols = np.asarray(rows, dtype=np.int64), np.asarray(cols, dtype=np.int64)
        values = exact(values)
        key = rows * shape[1] + cols
        if len(key) > 1 and not np.all(key[1:] > key[:-1]):
            order = np.argsort(key, kind="stable")
            key, values = key[order], values[order]
            first = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
            if len(first) != len(key):
                values = np.add.reduceat(values, first)
                key = key[first]
        keep = values != 0
        if not np.all(keep):
            key, values = key[keep], values[keep]
        self.shape = shape
        self.rows, self.cols = key // max(shape[1], 1), key % max(shape[1], 1)
        self.values = _narrow(values)

    # --- construction ----------------------------------------------------------------------------

    @classmethod
    def of(cls, rows: Any) -> Matrix:
        """From nested lists or an array of exact numbers."""
        dense = np.array(rows, dtype=object)
        if dense.ndim != 2:
            raise SpecError("CM002", f"a matrix has two axes, not {dense.ndim}")
        for entry in dense.flat:
            if isinstance(entry, (float, np.floating)):
                raise SpecError(
                    "CM041",
                    f"the entry {entry} is a float",
                    help=["write an int, a Fraction, or cos(n, k), sin(n, k), sqrt(m)"],
                )
        at = np.nonzero(dense != 0)
        return cls((dense.shape[0], dense.shape[1]), at[0], at[1], dense[at])

    @classmethod
    def identity(cls, n: int) -> Matrix:
        return cls.permutation(np.arange(n))

    @classmethod
    def zero(cls, rows: int, cols: int) -> Matrix:
        return cls((rows, cols), [], [], [])

    @classmethod
    def permutation(cls, image: Sequence[int] | Index) -> Matrix:
        """Basis vector j goes to basis vector ``image[j]``."""
        return cls.signed(image, np.ones(len(image), dtype=np.int64))

    @classmethod
    def signed(cls, image: Sequence[int] | Index, signs: Sequence[int] | Index) -> Matrix:
        """Basis vector j goes to ``signs[j]`` times basis vector ``image[j]``."""
        given = np.asarray(image)
        whole = given.ndim == 1 and (not given.size or np.issubdtype(given.dtype, np.integer))
        image = given.astype(np.int64) if whole else given
        n = len(image)
        if not whole or not np.array_equal(np.sort(image), np.arange(n)):
            raise SpecError(
                "CM042",
                f"{image.tolist()} is no permutation",
                help=[f"write every index from 0 to {n - 1} once"],
            )
        return cls((n, n), image, np.arange(n), np.asarray(signs, dtype=np.int64))

    # --- algebra ---------------------------------------------------------------------------------

    def __matmul__(self, other: Matrix) -> Matrix:
        if self.shape[1] != other.shape[0]:
            raise SpecError(
                "CM002",
                f"a matrix of {self.shape} does not compose with one of {other.shape}",
            )
        mine, theirs = self.signed_image, other.signed_image
        if mine is not None and theirs is not None:
            return Matrix.signed(mine[0][theirs[0]], mine[1][theirs[0]] * theirs[1])
        shape = (self.shape[0], other.shape[1])
        starts = np.searchsorted(other.rows, self.cols, side="left")
        counts = np.searchsorted(other.rows, self.cols, side="right") - starts
        left = np.repeat(np.arange(len(self.rows)), counts)
        offset = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
        right = np.repeat(starts, counts) + offset
        a, b = _pair(self.values, other.values)
        return Matrix(shape, self.rows[left], other.cols[right], a[left] * b[right])

    def __add__(self, other: Matrix) -> Matrix:
        self._same_shape(other)
        a, b = _pair(self.values, other.values)
        return Matrix(
            self.shape,
            np.concatenate((self.rows, other.rows)),
            np.concatenate((self.cols, other.cols)),
            np.concatenate((a, b)),
        )

    def __sub__(self, other: Matrix) -> Matrix:
        return self + other * -1

    def __mul__(self, scalar: Number) -> Matrix:
        values, factor = self.values, scalar
        if not (isinstance(scalar, int) and abs(scalar) < _SAFE and _small(values)):
            values = values.astype(object)
        return Matrix(self.shape, self.rows, self.cols, values * factor)

    __rmul__ = __mul__

    def __neg__(self) -> Matrix:
        return self * -1

    @property
    def T(self) -> Matrix:
        """The transpose."""
        return Matrix((self.shape[1], self.shape[0]), self.cols, self.rows, self.values)

    def kron(self, other: Matrix) -> Matrix:
        """The tensor product; the index of ``other`` runs fastest."""
        (m, n), (p, q) = self.shape, other.shape
        a, b = _pair(self.values, other.values)
        return Matrix(
            (m * p, n * q),
            (self.rows[:, None] * p + other.rows[None, :]).ravel(),
            (self.cols[:, None] * q + other.cols[None, :]).ravel(),
            (a[:, None] * b[None, :]).ravel(),
        )

    def plus(self, other: Matrix) -> Matrix:
        """The direct sum: two blocks on the diagonal."""
        (m, n), (p, q) = self.shape, other.shape
        a, b = _pair(self.values, other.values)
        return Matrix(
            (m + p, n + q),
            np.concatenate((self.rows, other.rows + m)),
            np.concatenate((self.cols, other.cols + n)),
            np.concatenate((a, b)),
        )

    def inverse(self) -> Matrix:
        """The inverse, by elimination over the field of the entries."""
        n = self.shape[0]
        known = self.signed_image
        if known is not None:
            image, signs = known
            back = np.empty_like(image)
            back[image] = np.arange(n)
            return Matrix.signed(back, signs[back])
        rows: list[list[Number]] = [
            [*row, *(int(i == j) for j in range(n))] for i, row in enumerate(self.dense().tolist())
        ]
        if n != self.shape[1]:
            raise SpecError("CM002", f"a matrix of {self.shape} has no inverse")
        for place in range(n):
            pivot = next((r for r in range(place, n) if rows[r][place] != 0), None)
            if pivot is None:
                raise SpecError("CM042", "a matrix without inverse is no element of a group")
            rows[place], rows[pivot] = rows[pivot], rows[place]
            factor = inverse(rows[place][place])
            rows[place] = [x * factor for x in rows[place]]
            for r in range(n):
                if r != place and rows[r][place] != 0:
                    scale = rows[r][place]
                    rows[r] = [x - scale * y for x, y in zip(rows[r], rows[place])]
        return Matrix.of([row[n:] for row in rows])

    def __pow__(self, power: int) -> Matrix:
        base = self if power >= 0 else self.inverse()
        found, power = Matrix.identity(self.shape[0]), abs(power)
        while power:
            if power & 1:
                found = found @ base
            power >>= 1
            if power:
                base = base @ base
        return found

    def trace(self) -> Number:
        total: Number = 0
        for value in self.values[self.rows == self.cols].tolist():
            total = total + value
        return total

    def conjugate(self) -> Matrix:
        """The complex conjugate of every entry."""
        if self.values.dtype != object:
            return self
        return Matrix(
            self.shape,
            self.rows,
            self.cols,
            [v.conjugate() if isinstance(v, Cyclotomic) else v for v in self.values],
        )

    # --- what kind of matrix ---------------------------------------------------------------------

    @property
    def signed_image(self) -> tuple[Index, Index] | None:
        """(image, signs) of a signed permutation, else None."""
        n = self.shape[0]
        square = n == self.shape[1] and len(self.rows) == n and self.values.dtype == np.int64
        if not square or not np.array_equal(self.rows, np.arange(n)):
            return None
        image, signs = np.full(n, -1, dtype=np.int64), np.zeros(n, dtype=np.int64)
        image[self.cols] = self.rows
        signs[self.cols] = self.values
        good = (image >= 0).all() and (np.abs(signs) == 1).all()
        return (image, signs) if good else None

    @property
    def image(self) -> Index:
        """The image of a permutation matrix (``ValueError`` for any other)."""
        found = self.signed_image
        if found is None or (found[1] < 0).any():
            raise ValueError("this is no permutation matrix")
        return found[0]

    @property
    def is_permutation(self) -> bool:
        found = self.signed_image
        return found is not None and bool((found[1] > 0).all())

    @property
    def is_identity(self) -> bool:
        return self == Matrix.identity(self.shape[0])

    @property
    def is_orthogonal(self) -> bool:
        return (self @ self.T).is_identity

    @property
    def is_rational(self) -> bool:
        return not any(isinstance(v, Cyclotomic) for v in self.values.tolist())

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Matrix)
            and self.shape == other.shape
            and np.array_equal(self.rows, other.rows)
            and np.array_equal(self.cols, other.cols)
            and bool(np.all(self.values == other.values))
        )

    def __hash__(self) -> int:
        return hash((self.shape, self.rows.tobytes(), self.cols.tobytes()))

    # --- out -------------------------------------------------------------------------------------

    def __getitem__(self, place: Any) -> Any:
        """The exact entry ``m[i, j]``, or a part as an array: ``m[i]``, ``m[:, j]``."""
        found = self.dense()[place]
        return found.item() if isinstance(found, np.generic) else found

    def dense(self) -> Values:
        """All entries, as an int64 or object array."""
        found = np.zeros(self.shape, dtype=self.values.dtype)
        found[self.rows, self.cols] = self.values
        return found

    def floats(self) -> NDArray[np.float64]:
        """All entries as float64."""
        found = np.zeros(self.shape)
        found[self.rows, self.cols] = [float(v) for v in self.values.tolist()]
        return found

    def _same_shape(self, other: Matrix) -> None:
        if self.shape != other.shape:
            raise SpecError("CM002", f"a matrix of {self.shape} plus one of {other.shape}")

    def __repr__(self) -> str:
        if self.shape[0] * self.shape[1] <= 36:
            return f"Matrix.of({self.dense().tolist()})"
        digest = hashlib.sha256(repr((self.rows, self.cols, self.values)).encode()).hexdigest()[:8]
        return f"<matrix {self.shape[0]}×{self.shape[1]}, {len(self.rows)} entries, {digest}>"


def exact(values: Iterable[Any]) -> Values:
    """Numbers as an array: int64 where all are whole and small, else objects."""
    array = values if isinstance(values, np.ndarray) else np.array(list(values), dtype=object)
    if array.dtype == np.int64:
        return array
    if array.dtype.kind in "iub":
        return array.astype(np.int64)
    return array


def _narrow(values: Values) -> Values:
    if values.dtype != object:
        return values
    plain = [
        v.numerator if isinstance(v, Fraction) and v.denominator == 1 else v
        for v in values.tolist()
    ]
    if all(isinstance(v, int) and abs(v) < 1 << 62 for v in plain):
        return np.array(plain, dtype=np.int64)
    found = np.empty(len(plain), dtype=object)
    found[:] = plain
    return found


def _small(values: Values) -> bool:
    return values.dtype == np.int64 and (not len(values) or int(np.abs(values).max()) < _SAFE)


def _pair(a: Values, b: Values) -> tuple[Values, Values]:
    """Two arrays whose products do not overflow."""
    if _small(a) and _small(b):
        return a, b
    return a.astype(object), b.astype(object)
