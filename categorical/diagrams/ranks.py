"""Which columns of a matrix over a prime field are independent, by blocked elimination.

Definition.  ``pivots(a, p)`` are the columns that are no combination of the columns before them.
Blocks of columns are eliminated together, so that nearly all work is products of matrices of
floats, which are exact below 2⁵³.

Law.  The rank over a prime field is at most the rank over the rationals: columns that are
independent modulo p are independent.

>>> import numpy as np
>>> pivots(np.array([[1, 2, 0], [2, 4, 1]]), PRIME).tolist()
[0, 2]

A prime for which the products would not be exact is refused:

>>> pivots(np.eye(2), 2**31 - 1)
Traceback (most recent call last):
...
ValueError: the prime 2147483647 is above 2^23
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

PRIME, ANOTHER = 8388593, 8388587  # below 2²³: sums of 64 products stay below 2⁵³
_BLOCK = 64


def pivots(matrix: Any, p: int) -> NDArray[np.int64]:
    """The columns that are independent of those before them."""
    if p >= 1 << 23:
        raise ValueError(f"the prime {p} is above 2^23")
    a = np.mod(np.asarray(matrix), p).astype(np.float64)
    rows, columns = a.shape
    found: list[int] = []
    done = 0
    for start in range(0, columns, _BLOCK):
        stop = min(start + _BLOCK, columns)
        if done == rows:
            break
        panel = a[done:, start:stop]
        lower, chosen = _panel(panel, a[done:, stop:], p)
        found += [start + j for j in chosen]
        many = len(chosen)
        if many and stop < columns:
            top, rest = a[done : done + many, stop:], a[done + many :, stop:]
            for i in range(1, many):  # the rows of the pivots, one after the other
                top[i] = np.mod(top[i] - lower[i, :i] @ top[:i], p)
            rest -= np.mod(lower[many:] @ top, p)
            np.mod(rest, p, out=rest)
        done += many
    return np.array(found, dtype=np.int64)


def _panel(
    panel: NDArray[np.float64], beside: NDArray[np.float64], p: int
) -> tuple[NDArray[np.float64], list[int]]:
    """Eliminate in a few columns, in place; rows are swapped in the columns beside them too.

    Returns the factors by which the rows of the pivots were subtracted, and the pivots' columns.
    """
    rows, columns = panel.shape
    lower = np.zeros((rows, columns))
    chosen: list[int] = []
    for j in range(columns):
        done = len(chosen)
        below = np.flatnonzero(panel[done:, j])
        if not len(below):
            continue
        pivot = done + int(below[0])
        if pivot != done:
            for part in (panel, beside, lower):
                part[[done, pivot]] = part[[pivot, done]]
        factors = np.mod(panel[done + 1 :, j] * pow(int(panel[done, j]), -1, p), p)
        lower[done + 1 :, done] = factors
        panel[done + 1 :, j:] = np.mod(
            panel[done + 1 :, j:] - factors[:, None] * panel[done, None, j:], p
        )
        chosen.append(j)
        if done + 1 == rows:
            break
    return lower[:, : len(chosen)], chosen
