"""Reading a trained network: its families of hidden units, and their factors under ⊗.

Definition.  ``families`` takes three tables of real numbers apart: each hidden unit has a share of
its Fourier coefficients at ±k, for every k; it is *pure* where one share is above a threshold, and
*dead* where it adds less to the output than a fraction of the largest.  The live units at one k are
the family there, triples (u_a, u_b, u_c) of complex numbers.

``factor`` says how far a family of n·m triples is from a product of n and m triples: over all
arrangements of the units in a grid, the relative distance (in the Frobenius norm) of u_p to
matrices of rank one, all three parts together.  A unit is known up to the sign of (u_a, u_b), and
up to (λu_a, λu_b, u_c/λ²) for λ > 0, which leave the network as it is: signs are tried, and sizes
are balanced.

Laws.  The distance is 0 exactly for products; it does not depend on the order of the units, on
those signs and sizes, or on a further factor of one unit.

>>> from categorical.hidden_units.networks import tables
>>> from categorical.hidden_units.solutions import order_four, order_six
>>> found = families(tables(order_six(7)))
>>> [(one.frequency, one.width, factor(one).shape, round(factor(one).distance, 9)) for one in found]
[(1, 6, (2, 3), 0.0), (2, 6, (2, 3), 0.0), (3, 6, (2, 3), 0.0)]

Six units with random phases are no product:

>>> import numpy as np
>>> apart = np.exp(2j * np.pi * np.random.default_rng(0).random((6, 3)))
>>> factor(Family(7, 1, apart, 1.0)).distance > 0.1
True
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, permutations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from categorical.errors import SpecError
from categorical.hidden_units.solutions import SQUARES, monomials

Triples = NDArray[np.complex128]
Floats = NDArray[np.float64]
SHAPES = ((2, 2), (2, 3))


@dataclass(frozen=True)
class Family:
    """The live hidden units at one frequency of Z_d: ``triples`` is units × (a, b, c); ``purity``
    is the least share of a unit's coefficients that lies at ±k."""

    modulus: int
    frequency: int
    triples: Triples
    purity: float

    @property
    def width(self) -> int:
        """The number of units."""
        return len(self.triples)

    def open(self, tolerance: float = 1e-2) -> tuple[str, ...]:
        """The monomials whose sums must vanish and do not, against the sum of u_a·u_b·u_c."""
        u = self.triples.T
        goal = abs(np.prod(u, 0).sum())
        sums = {name: abs(v.sum()) for name, v in monomials(list(u), list(u.conj())).items()}
        real = 2 * self.frequency % self.modulus == 0
        must = (SQUARES,) if real else tuple(sums)
        return tuple(name for name in must if sums[name] > tolerance * goal)


@dataclass(frozen=True)
class Factored:
    """The nearest product: its shape, its distance, and its two families of triples."""

    shape: tuple[int, int]
    distance: float
    left: Triples
    right: Triples


# --- from tables to families ----------------------------------------------------------------------


def spectrum(tables: Mapping[str, Any]) -> Triples:
    """The coefficients z[p, k, j] of tables (place × unit): p in the order a, b, c."""
    arrays = [np.asarray(tables[p], dtype=np.float64) for p in "abc"]
    shapes = {one.shape for one in arrays}
    if len(shapes) != 1 or arrays[0].ndim != 2:
        raise SpecError(
            "CM042",
            f"tables of the shapes {', '.join(map(str, sorted(shapes)))}",
            help=["a, b and c are tables of d rows and one column for each hidden unit"],
        )
    d = len(arrays[0])
    turns = np.exp(-2j * np.pi * (np.outer(np.arange(d), np.arange(d)) % d) / d) / d
    a, b, c = arrays
    return np.stack([turns @ a, turns @ b, turns.conj() @ c])


def shares(z: Triples) -> Floats:
    """How the square of a unit's coefficients is spread over k = 0 … d/2 (with −k): [k, unit]."""
    d = z.shape[1]
    power = (np.abs(z) ** 2).sum(0)
    pairs = np.stack([power[k] + (power[-k] if 2 * k % d else 0) for k in range(d // 2 + 1)])
    total = pairs.sum(0)
    return np.asarray(pairs / np.where(total > 0, total, 1.0))


def sizes(z: Triples) -> Floats:
    """How much each unit adds to the output: the product of the sizes of its three parts, the part
    of c that is the same for all outputs left out."""
    inner = np.sqrt((np.abs(z[:2]) ** 2).sum((0, 1)))
    outer = np.sqrt((np.abs(z[2, 1:]) ** 2).sum(0))
    return np.asarray(inner**2 * outer)


def families(tables: Mapping[str, Any], dead: float = 1e-3) -> list[Family]:
    """The families of live units by the frequency at which most of a unit lies; see the module."""
    z = spectrum(tables)
    share, size = shares(z), sizes(z)
    live = size > dead * size.max(initial=0.0)
    best = share.argmax(0)
    found = []
    for k in range(len(share)):
        chosen = np.flatnonzero(live & (best == k))
        if len(chosen):
            found.append(Family(z.shape[1], k, z[:, k, chosen].T, float(share[k, chosen].min())))
    return found


# --- factors --------------------------------------------------------------------------------------


def factor(family: Family, shapes: Sequence[tuple[int, int]] = SHAPES) -> Factored | None:
    """The nearest product of the given shapes, or None if the number of units fits none."""
    fitting = [shape for shape in shapes if shape[0] * shape[1] == family.width]
    if not fitting:
        return None
    return min((_nearest(family.triples, *shape) for shape in fitting), key=_distance)


def _distance(found: Factored) -> float:
    return found.distance


def balanced(triples: Triples) -> Triples:
    """(λu_a, λu_b, u_c/λ²), λ > 0, with |u_a|·|u_b| = |u_c|² thereafter, if no entry is 0: sizes
    of products are products of sizes."""
    a, b, c = np.abs(triples).T
    inner, known = np.sqrt(a * b), a * b * c > 0
    by = np.where(known, np.cbrt(c / np.where(known, inner, 1.0)), 1.0)
    return np.stack([triples[:, 0] * by, triples[:, 1] * by, triples[:, 2] / by**2], 1)


def _nearest(triples: Triples, rows: int, columns: int) -> Factored:
    units = balanced(triples)
    grids = arrangements(rows, columns)  # [arrangement, row, column]
    signs = np.array([(1, *rest) for rest in product((1, -1), repeat=len(units) - 1)])
    total = float((np.abs(units) ** 2).sum())
    flipped = units[None] * np.where(np.arange(3) < 2, signs[:, :, None], 1)
    left_over = np.zeros((len(grids), len(signs)))
    for p in range(3):
        matrices = flipped[:, :, p][:, grids].swapaxes(0, 1)  # [arrangement, signs, row, column]
        left_over += _beyond_rank_one(matrices)
    grid, sign = np.unravel_index(int(left_over.argmin()), left_over.shape)
    chosen = flipped[sign][grids[grid]]
    left, right = np.zeros((rows, 3), complex), np.zeros((columns, 3), complex)
    for p in range(3):
        u, s, v = np.linalg.svd(chosen[:, :, p])
        left[:, p], right[:, p] = u[:, 0] * np.sqrt(s[0]), v[0] * np.sqrt(s[0])
    rest = float(np.sum(np.abs(chosen - left[:, None] * right[None]) ** 2))
    return Factored((rows, columns), float(np.sqrt(rest / total)) if total else 0.0, left, right)


def _beyond_rank_one(matrices: NDArray[Any]) -> Floats:
    """The sum of the squares of all singular values but the largest: of 2 × n matrices, the lesser
    root of x² − tr·x + det for the Gram matrix."""
    gram = matrices @ matrices.conj().swapaxes(-1, -2)
    if gram.shape[-1] != 2:
        values = np.linalg.eigvalsh(gram)
        return np.asarray(values[..., :-1].sum(-1))
    trace = (gram[..., 0, 0] + gram[..., 1, 1]).real
    determinant = (gram[..., 0, 0] * gram[..., 1, 1] - gram[..., 0, 1] * gram[..., 1, 0]).real
    root = np.sqrt(np.maximum(trace**2 / 4 - determinant, 0.0))
    return np.asarray(np.maximum(trace / 2 - root, 0.0))


@lru_cache(maxsize=8)
def arrangements(rows: int, columns: int) -> NDArray[np.int64]:
    """All grids of rows·columns units, up to the order of the rows and of the columns: the unit 0
    stands in the corner, the first row and the first column are in order."""
    return np.array(list(_grids(rows, columns)), dtype=np.int64)


def _grids(rows: int, columns: int) -> Iterator[list[list[int]]]:
    others = range(1, rows * columns)
    for top in combinations(others, columns - 1):
        rest = [unit for unit in others if unit not in top]
        for side in combinations(rest, rows - 1):
            inside = [unit for unit in rest if unit not in side]
            for order in permutations(inside):
                grid = [[0, *top]]
                for i, first in enumerate(side):
                    grid.append([first, *order[i * (columns - 1) : (i + 1) * (columns - 1)]])
                yield grid
