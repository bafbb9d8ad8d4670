"""Null spaces modulo a prime, for sparse systems: one block of equations after the other.

Definition.  ``kernel(blocks, n, p)`` is the reduced echelon basis of the vectors of length n that
every block of equations annihilates, over the field of p elements.  The kernel of the first block
is found, the second is restricted to it, and so on; each restricted block falls into connected
components of its sparsity pattern, which are eliminated by themselves, densely.

Laws.  The dimension modulo p is at least that over the rationals.  Primes are below 2²¹, so sums of
2 048 products of residues are exact in float64.

>>> import numpy as np
>>> from scipy.sparse import csr_matrix
>>> kernel([csr_matrix(np.array([[1, 1, 0]]))], 3, 2097143).toarray().tolist()
[[1, 2097142, 0], [0, 0, 1]]

A prime for which the products would not be exact is refused:

>>> kernel([], 2, 2**31 - 1)
Traceback (most recent call last):
...
ValueError: the prime 2147483647 is above 2^21
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Dense = NDArray[Any]
_CHUNK = 2048
_BATCH = 32


def is_prime(n: int) -> bool:
    """By trial division; n is below 2²¹."""
    if n < 2 or (n > 2 and n % 2 == 0):
        return False
    return all(n % d for d in range(3, int(n**0.5) + 1, 2))


def primes(order: int = 1) -> Iterator[int]:
    """Primes below 2²¹, largest first, that are 1 modulo ``order``."""
    top = (1 << 21) - 1
    candidate = top - (top - 1) % order
    while candidate > 1 << 12:
        if is_prime(candidate):
            yield candidate
        candidate -= order


def times(a: Dense, b: Dense, p: int) -> Dense:
    """A product of matrices of residues, in float64, exact."""
    found = np.zeros((a.shape[0], b.shape[1]))
    for start in range(0, a.shape[1], _CHUNK):
        found += a[:, start : start + _CHUNK] @ b[start : start + _CHUNK]
        np.mod(found, p, out=found)
    return found


def echelon(a: Dense, p: int) -> tuple[Dense, list[int]]:
    """(the reduced echelon form without zero rows, the columns of its pivots)."""
    done = np.zeros((0, a.shape[1]))
    pivots: list[int] = []
    for start in range(0, a.shape[0], _BATCH):
        rows = np.array(a[start : start + _BATCH], dtype=np.float64)
        if pivots:
            rows = np.mod(rows - times(rows[:, pivots], done, p), p)
        rows = rows[rows.any(axis=1)]
        if not len(rows):
            continue
        rows, fresh = _small(rows, p)
        if pivots:
            done = np.mod(done - times(done[:, fresh], rows, p), p)
        done = np.concatenate((done, rows))
        pivots += fresh
        if len(pivots) == a.shape[1]:
            break
    order = np.argsort(pivots, kind="stable")
    return done[order], [pivots[i] for i in order]


def _small(rows: Dense, p: int) -> tuple[Dense, list[int]]:
    pivots: list[int] = []
    while len(pivots) < len(rows):
        at = len(pivots)
        alive = rows[at:].any(axis=1)
        if not alive.any():
            break
        pick = at + int(np.argmax(alive))
        if pick != at:
            rows[[at, pick]] = rows[[pick, at]]
        column = int(np.argmax(rows[at] != 0))
        rows[at] = np.mod(rows[at] * pow(int(rows[at, column]), -1, p), p)
        factors = rows[:, column].copy()
        factors[at] = 0
        hit = np.flatnonzero(factors)
        if len(hit):
            rows[hit] = np.mod(rows[hit] - factors[hit, None] * rows[at], p)
        pivots.append(column)
    return rows[: len(pivots)], pivots


def _null(a: Dense, p: int) -> Dense:
    """A basis of the null space of a dense matrix, as columns."""
    reduced, pivots = echelon(a, p)
    n = a.shape[1]
    free = np.setdiff1d(np.arange(n), pivots)
    found = np.zeros((n, len(free)))
    found[free, np.arange(len(free))] = 1
    if pivots:
        found[pivots] = np.mod(-reduced[:, free], p)
    return found


def components(matrix: Any) -> Iterator[tuple[Dense, Dense, Dense]]:
    """(rows, columns, dense block) for each component of the pattern of a sparse matrix."""
    from scipy.sparse import coo_matrix, csr_matrix
    from scipy.sparse.csgraph import connected_components

    m, n = matrix.shape
    of = coo_matrix(matrix)
    graph = csr_matrix((np.ones(len(of.data)), (of.row, of.col + m)), shape=(m + n, m + n))
    count, label = connected_components(graph, directed=False)
    entry = label[of.row]
    order = np.argsort(entry, kind="stable")
    row, col, data = of.row[order], of.col[order], of.data[order]
    ends = np.searchsorted(entry[order], np.arange(count + 1))
    local = np.zeros(m + n, dtype=np.int64)
    members = np.argsort(label, kind="stable")
    bounds = np.searchsorted(label[members], np.arange(count + 1))
    for k in range(count):
        inside = members[bounds[k] : bounds[k + 1]]
        split = int(np.searchsorted(inside, m))
        rows, cols = inside[:split], inside[split:] - m
        local[inside[:split]] = np.arange(split)
        local[inside[split:]] = np.arange(len(cols))
        block = np.zeros((split, len(cols)))
        a, b = ends[k], ends[k + 1]
        block[local[row[a:b]], local[col[a:b] + m]] = data[a:b]
        yield rows, cols, block


def _assembled(parts: list[tuple[Dense, Dense]], n: int) -> Any:
    """Columns, each given on some rows, side by side as one sparse matrix."""
    from scipy.sparse import csr_matrix

    rows, cols, data, at = [], [], [], 0
    for places, block in parts:
        r, c = np.nonzero(block)
        rows.append(places[r])
        cols.append(c + at)
        data.append(block[r, c])
        at += block.shape[1]
    empty = np.zeros(0, np.int64)
    joined = [np.concatenate([empty, *x]).astype(np.int64) for x in (data, rows, cols)]
    return csr_matrix((joined[0], (joined[1], joined[2])), shape=(n, at))


def _reduced(matrix: Any, p: int) -> Any:
    found = matrix.tocsr()
    found.data %= p
    found.eliminate_zeros()
    return found


def kernel(blocks: Sequence[Any], n: int, p: int) -> Any:
    """The common null space of sparse blocks of residues: basis vectors as rows, reduced."""
    from scipy.sparse import identity

    if p >= 1 << 21:
        raise ValueError(f"the prime {p} is above 2^21")
    space = identity(n, dtype=np.int64, format="csr")
    known: dict[tuple[Any, ...], Any] = {}
    for block in blocks:
        restricted = _reduced(block @ space, p)
        parts = []
        for _, columns, dense in components(restricted):
            if len(columns):
                key = (dense.shape, dense.tobytes())
                if key not in known:
                    known[key] = _null(dense, p)
                parts.append((columns, known[key]))
        space = _reduced(space @ _assembled(parts, space.shape[1]), p)
    parts = []
    for rows, columns, dense in components(space):
        if len(columns):
            parts.append((rows, echelon(dense.T, p)[0].T))
    found = _reduced(_assembled(parts, n), p).T.tocsr()
    found.sort_indices()
    lead = found.indices[found.indptr[:-1]] if found.shape[0] else np.zeros(0, np.int64)
    return found[np.argsort(lead, kind="stable")]
