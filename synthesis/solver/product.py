"""The product rule: Hom(A ⊠ B, A′ ⊠ B′) = Hom(A, A′) ⊗ Hom(B, B′) over a product of categories.

It holds over every field: a map between A ⊠ B and A′ ⊠ B′ is natural in each variable by itself, and
the two conditions cut out Hom(A, A′) ⊗ all and all ⊗ Hom(B, B′), whose intersection is the product.

>>> from categorical.categories.products import product
>>> from categorical.groups import cyclic, symmetric
>>> from categorical.representations import outer
>>> both = product(symmetric(3), cyclic(4))
>>> v = outer(both.left.standard(), both.right.standard(), both)
>>> basis_of_product(v, v, 1 << 30).count
8

A representation that is not recognised as an external product has no factors:

>>> factored(symmetric(3).standard(), symmetric(3).standard()) is None
True
"""

from __future__ import annotations

import numpy as np

from categorical.exact.basis import Basis
from categorical.representations.representation import Representation

Pairs = tuple[tuple[Representation, Representation], tuple[Representation, Representation]]


def factored(x: Representation, y: Representation) -> Pairs | None:
    """((A, A′), (B, B′)) where both are external products, over the same two factors."""
    if x.kind != "outer" or y.kind != "outer" or len(x.parts) != 2 or len(y.parts) != 2:
        return None
    if any(a.of is not b.of for a, b in zip(x.parts, y.parts)):
        return None
    return (x.parts[0], y.parts[0]), (x.parts[1], y.parts[1])


def basis_of_product(x: Representation, y: Representation, limit: int) -> Basis | None:
    """The products of the maps of the factors; None where there are no factors."""
    from synthesis.solver.hom import solve

    pairs = factored(x, y)
    if pairs is None:
        return None
    left, right = (solve(a, b, limit_bytes=limit).basis for a, b in pairs)
    (a, _), (b, _) = pairs
    rows = _index(pairs[0][1], pairs[1][1])
    columns = _index(a, b)
    n, m = max(a.dimension, 1), max(b.dimension, 1)
    row = rows[(left.places // n)[:, None], (right.places // m)[None, :]]
    column = columns[(left.places % n)[:, None], (right.places % m)[None, :]]
    which = left.which[:, None] * right.count + right.which[None, :]
    values = left.values[:, None] * right.values[None, :]
    places = row * x.dimension + column
    shape = (y.dimension, x.dimension)
    flat = (which.ravel(), places.ravel(), values.ravel())
    return Basis(shape, left.count * right.count, *flat)


def _index(a: Representation, b: Representation) -> np.ndarray:
    """Where the product of two basis vectors lies, object by object."""
    found = np.zeros((a.dimension, b.dimension), dtype=np.int64)
    at, row = 0, 0
    for m in a.dims.values():
        column = 0
        for n in b.dims.values():
            block = np.arange(at, at + m * n).reshape(m, n)
            found[row : row + m, column : column + n] = block
            at, column = at + m * n, column + n
        row += m
    return found
