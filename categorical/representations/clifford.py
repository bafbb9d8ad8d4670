"""Clifford algebras Cl(p, q, r): exact sign tables, grades, quaternion types, products as tensors.

Definition.  Basis vectors e₁ … eₙ anticommute; p of them square to 1, then q to −1, then r to 0.
The 2ⁿ blades are products of distinct basis vectors, ordered by grade and then by their indices (so
each grade is one block, and the algebra is 1 ⊕ V ⊕ Λ²V ⊕ … ⊕ ΛⁿV).  The product of two blades is a
sign (or 0) times a blade; everything is computed with whole numbers and bits.

Laws.  Associative; eᵢeⱼ + eⱼeᵢ = 2 δᵢⱼ eᵢ²; the grade involution is an automorphism, reversion and
conjugation are antiautomorphisms; every isometry of V extends to one automorphism (``action``), so
ρ(xy) = ρ(x)ρ(y), for degenerate forms too.  Quaternion type m = grades ≡ m modulo 4
(Filimoshina and Shirokov 2025, arXiv 2506.09625); the paths of the product by grades are those of
Ruhe et al. 2023 (arXiv 2305.11141).

>>> cl = clifford(3)
>>> cl, cl.blade("12"), cl.times("12", "23"), cl.times("1", "1")
(Cl(3, 0, 0), 4, (1, '13'), (1, ''))
>>> clifford(2).type_dimensions, len(clifford(3).paths()), clifford(0, 0, 1).times("1", "1")
((1, 2, 1, 0), 20, (0, ''))

A map that does not keep the quadratic form extends to nothing:

>>> from categorical.groups import FiniteGroup
>>> swap = FiniteGroup("Z2", {"s": (1, 0)}, relations=(("s", "s"),))
>>> clifford(1, 1).action(Representation.of_permutations(swap, swap.permutations))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: `points` does not keep the quadratic form of Cl(1, 1, 0)
...
"""

from __future__ import annotations

from functools import cache, cached_property
from itertools import combinations
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact.basis import Basis
from categorical.exact.matrices import Matrix
from categorical.representations.isometries import Part, isometries
from categorical.representations.powers import exterior_power
from categorical.representations.representation import Representation

Index = NDArray[np.int64]
Path = tuple[int, int, int]
Split = Literal["grades", "types"]
LIMIT = 8
"""The most basis vectors: the sign table has 4ⁿ entries."""


class CliffordAlgebra:
    """Cl(p, q, r) with its 2ⁿ blades, n = p + q + r; made by ``clifford(p, q, r)``.

    ``times`` multiplies blades, ``blade`` numbers them (by grade, then indices), ``action`` makes
    a representation on the algebra of one on its vectors.  Source: Ruhe et al., "Clifford group
    equivariant neural networks", 2023.  Errors: CM042 for negative numbers, CM044 for too many."""

    def __init__(self, p: int, q: int = 0, r: int = 0) -> None:
        if min(p, q, r) < 0:
            raise SpecError("CM042", f"Cl({p}, {q}, {r}): the three numbers are 0, 1, 2, …")
        if p + q + r > LIMIT:
            raise SpecError(
                "CM044",
                f"Cl({p}, {q}, {r}) has 2^{p + q + r} blades",
                facts=[("the most basis vectors", LIMIT)],
            )
        self.p, self.q, self.r, self.n = p, q, r, p + q + r
        self.squares: tuple[int, ...] = (1,) * p + (-1,) * q + (0,) * r
        self.form = Matrix((self.n, self.n), range(self.n), range(self.n), self.squares)
        self.blades: tuple[tuple[int, ...], ...] = tuple(
            indices for k in range(self.n + 1) for indices in combinations(range(self.n), k)
        )
        """The indices (from 0) of the basis vectors of each blade."""
        self.dimension = len(self.blades)
        self.grades: Index = np.array([len(blade) for blade in self.blades], dtype=np.int64)
        self._bits: Index = np.array([sum(1 << i for i in b) for b in self.blades], dtype=np.int64)
        self._place = np.argsort(self._bits)

    # --- the product -----------------------------------------------------------------------------

    @cached_property
    def signs(self) -> Index:
        """signs[a, b] ∈ {−1, 0, 1}: blade a times blade b is this times the blade targets[a, b]."""
        a, b = np.broadcast_arrays(self._bits[:, None], self._bits[None, :])
        swaps = np.zeros(a.shape, dtype=np.int64)
        for i in range(self.n):  # each vector of b passes the later vectors of a
            swaps += ((b >> i) & 1) * _ones(a >> (i + 1))
        found: Index = 1 - 2 * (swaps & 1)
        for i, square in enumerate(self.squares):
            both = (a & b) >> i & 1
            found = np.where(both == 1, found * square, found)
        return found

    @cached_property
    def targets(self) -> Index:
        """The number of the blade on which the product of two blades lies."""
        found: Index = self._place[self._bits[:, None] ^ self._bits[None, :]]
        return found

    @checked
    def blade(self, name: str) -> int:
        """The number of a blade written by the indices of its vectors from 1: ``"12"``, ``""``."""
        indices = tuple(int(c) - 1 for c in name) if name.isdigit() or not name else (-1,)
        if indices not in self.blades:
            raise SpecError(
                "CM042",
                f"`{name}` is no blade of {self}",
                help=["write increasing indices from 1, such as `12`; the empty text is the unit"],
            )
        return self.blades.index(indices)

    def name_of(self, number: int) -> str:
        """The indices of a blade from 1, as text."""
        return "".join(str(i + 1) for i in self.blades[number])

    def times(self, left: str, right: str) -> tuple[int, str]:
        """The product of two blades: (sign, blade)."""
        a, b = self.blade(left), self.blade(right)
        sign = int(self.signs[a, b])
        return sign, self.name_of(int(self.targets[a, b])) if sign else ""

    def multiply(self, x: Index, y: Index) -> Index:
        """The product of two multivectors, arrays of shape [2ⁿ] (whole or exact numbers)."""
        found = np.zeros(self.dimension, dtype=np.result_type(x, y))
        np.add.at(found, self.targets.ravel(), (self.signs * np.multiply.outer(x, y)).ravel())
        return found

    def paths(self, split: Split = "grades") -> tuple[Path, ...]:
        """The nonzero paths (i, j, k): parts of the left and right factor and of the product."""
        label = self._label(split)
        keep = self.signs != 0
        i, j = np.nonzero(keep)
        found = np.stack((label[i], label[j], label[self.targets[keep]]), axis=1)
        return tuple((int(a), int(b), int(c)) for a, b, c in np.unique(found, axis=0))

    def product(self, split: Split | None = None) -> Basis:
        """The product as tensors of shape (2ⁿ, 2ⁿ, 2ⁿ): product, left factor, right factor.

        One tensor, or one for each of ``paths(split)``, in that order; entries are ±1."""
        left, right = np.nonzero(self.signs)
        target = self.targets[left, right]
        which = np.zeros(len(left), dtype=np.int64)
        count = 1
        if split is not None:
            label, known = self._label(split), self.paths(split)
            number = {path: i for i, path in enumerate(known)}
            triples = zip(label[left].tolist(), label[right].tolist(), label[target].tolist())
            which, count = np.array([number[t] for t in triples], dtype=np.int64), len(known)
        size = self.dimension
        places = (target * size + left) * size + right
        return Basis((size,) * 3, count, which, places, self.signs[left, right])

    def _label(self, split: Split) -> Index:
        if split not in ("grades", "types"):
            raise SpecError("CM042", f"a product is split by `grades` or `types`, not `{split}`")
        return self.grades if split == "grades" else self.grades % 4

    # --- parts -----------------------------------------------------------------------------------

    def grade(self, k: int) -> slice:
        """The block of the blades of one grade."""
        at = np.flatnonzero(self.grades == k)
        return slice(int(at[0]), int(at[-1]) + 1) if len(at) else slice(0, 0)

    @property
    def grade_dimensions(self) -> tuple[int, ...]:
        """The number of blades of grades 0 … n."""
        return tuple(int(np.sum(self.grades == k)) for k in range(self.n + 1))

    @property
    def type_dimensions(self) -> tuple[int, int, int, int]:
        """The number of blades of quaternion types 0 … 3, counted and never rounded."""
        zero, one, two, three = (int(np.sum(self.grades % 4 == m)) for m in range(4))
        return zero, one, two, three

    def projections(self, split: Split = "grades") -> Basis:
        """The projections onto the (nonempty) grades or types: a basis of shape (2ⁿ, 2ⁿ).

        Linear layers Σ θₖ⟨x⟩ₖ: n + 1 maps by grades, at most 4 by types."""
        label = self._label(split)
        number = {int(v): i for i, v in enumerate(np.unique(label))}
        which = [number[int(v)] for v in label]
        at = np.arange(self.dimension)
        return Basis(
            (self.dimension,) * 2, len(number), which, at * (self.dimension + 1), np.ones_like(at)
        )

    def _diagonal(self, signs: Index) -> Matrix:
        return Matrix.signed(np.arange(self.dimension), signs)

    @property
    def grade_involution(self) -> Matrix:
        """x ↦ x̂ = Σ (−1)ᵏ⟨x⟩ₖ, an automorphism."""
        return self._diagonal(1 - 2 * (self.grades % 2))

    @property
    def reversion(self) -> Matrix:
        """x ↦ x̃ = Σ (−1)^(k(k−1)/2)⟨x⟩ₖ, an antiautomorphism."""
        return self._diagonal(1 - 2 * (self.grades * (self.grades - 1) // 2 % 2))

    @property
    def conjugation(self) -> Matrix:
        """Clifford conjugation: reversion after the grade involution."""
        return self.reversion @ self.grade_involution

    @property
    def inner(self) -> Matrix:
        """The form ⟨x̃ y⟩₀: the product of the squares of the vectors of each blade."""
        values = [int(np.prod([self.squares[i] for i in blade])) for blade in self.blades]
        at = np.arange(self.dimension)
        return Matrix((self.dimension,) * 2, at, at, values)

    def norms(self, split: Split = "grades") -> Basis:
        """The invariant quadratic forms ⟨x̃ x⟩₀ of each grade or type, as bilinear maps of shape
        (1, 2ⁿ, 2ⁿ).  Parts on which the form vanishes (degenerate ones) have none."""
        label, inner = self._label(split), self.inner
        parts = {int(v): i for i, v in enumerate(np.unique(label[inner.rows]))}
        which = [parts[int(label[row])] for row in inner.rows]
        places = inner.rows * (self.dimension + 1)
        return Basis((1, self.dimension, self.dimension), len(parts), which, places, inner.values)

    # --- isometries ------------------------------------------------------------------------------

    @checked
    def action(self, vector: Representation) -> Representation:
        """The representation on the algebra that extends one on V by isometries.

        It is 1 ⊕ V ⊕ Λ²V ⊕ … (kind ``sum``), because the images of orthogonal vectors are
        orthogonal.  CM043 unless every map keeps the form (gᵀηg = η, Aᵀη + ηA = 0)."""
        if set(vector.dims.values()) != {self.n}:
            raise SpecError(
                "CM043",
                f"{self} is generated by a space of dimension {self.n}, and `{vector}` is none",
                facts=[("its dimensions", ", ".join(map(str, vector.dims.values())))],
            )
        for g in vector.of.arrows:
            map_ = vector.map(g)
            self._kept(vector, g, map_.T @ self.form @ map_ - self.form)
        for a in vector.of.algebra:
            derivative = vector.derivative(a)
            self._kept(vector, a, derivative.T @ self.form + self.form @ derivative)
        found = Representation.trivial(vector.of)
        for k in range(1, self.n + 1):
            found = found + exterior_power(vector, k)
        found.name = repr(self)
        return found

    @checked
    def representation(self, part: Part = "all", *, radical: bool = False) -> Representation:
        """The action of the isometries of its own form: O(p, q) and the shears into null vectors
        (all of them, those of determinant 1, or the connected component)."""
        return self.action(
            isometries(self.p, self.q, self.r, part=part, radical=radical).standard()
        )

    def _kept(self, vector: Representation, generator: str, defect: Matrix) -> None:
        if len(defect.values):
            at = (int(defect.rows[0]), int(defect.cols[0]))
            raise SpecError(
                "CM043",
                f"`{vector}` does not keep the quadratic form of {self}",
                facts=[(generator, f"changes its entry {at} by {defect.values[0]}")],
                help=["the form is diagonal: p times 1, then q times −1, then r times 0"],
            )

    def __repr__(self) -> str:
        return f"Cl({self.p}, {self.q}, {self.r})"


def _ones(words: Index) -> Index:
    """The number of bits of each word (below 2^LIMIT)."""
    found = np.zeros(words.shape, dtype=np.int64)
    for i in range(LIMIT):
        found += (words >> i) & 1
    return found


@checked
@cache
def clifford(p: int, q: int = 0, r: int = 0) -> CliffordAlgebra:
    """The Clifford algebra of a quadratic form with p ones, q minus ones and r zeros."""
    return CliffordAlgebra(p, q, r)
