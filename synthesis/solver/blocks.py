"""Direct sums, block by block: Hom(⊕ Xᵢ, ⊕ Yⱼ) = ⊕ Hom(Xᵢ, Yⱼ).

Blocks that occur again are solved once.

>>> from categorical.groups import orthogonal
>>> v = orthogonal(3).standard()
>>> basis_of_blocks(v + v + v * v, v + v * v, 1 << 30).count
5

A representation that is no sum has no blocks:

>>> basis_of_blocks(v, v, 1 << 30) is None
True
"""

from __future__ import annotations

import numpy as np

from categorical.exact.basis import Basis
from categorical.representations.representation import Representation


def parts(of: Representation) -> tuple[Representation, ...]:
    """The summands; one that is no sum is its own."""
    return of.parts if of.kind == "sum" else (of,)


def _offsets(of: Representation) -> list[dict[str, int]]:
    """For each part, where its block starts at each object, in the basis of the whole."""
    base, total = {}, 0
    for c in of.of.objects:
        base[c] = total
        total += of.dims[c]
    found = []
    for part in parts(of):
        found.append(dict(base))
        for c in of.of.objects:
            base[c] += part.dims[c]
    return found


def _places(of: Representation, offset: dict[str, int]) -> np.ndarray:
    """The place in the whole of each basis vector of a part."""
    pieces = [offset[c] + np.arange(of.dims[c]) for c in of.of.objects]
    return np.concatenate([np.zeros(0, np.int64), *pieces])


def basis_of_blocks(x: Representation, y: Representation, limit: int) -> Basis | None:
    """A basis of Hom(X, Y), ordered by (target block, source block); None: neither is a sum."""
    from synthesis.solver.hom import solve

    if x.kind != "sum" and y.kind != "sum":
        return None
    known: dict[tuple[int, int], Basis] = {}
    empty = np.zeros(0, np.int64)
    which, places, values, count = [empty], [empty], [empty], 0
    for row, below in zip(parts(y), _offsets(y)):
        for col, beside in zip(parts(x), _offsets(x)):
            key = (id(row), id(col))
            if key not in known:
                known[key] = solve(col, row, limit_bytes=limit, confirm=False).basis
            one = known[key]
            r, c = _places(row, below), _places(col, beside)
            width = max(col.dimension, 1)
            which.append(one.which + count)
            places.append(r[one.places // width] * x.dimension + c[one.places % width])
            values.append(one.values)
            count += one.count
    shape = (y.dimension, x.dimension)
    return Basis(shape, count, *(np.concatenate(a) for a in (which, places, values)))
