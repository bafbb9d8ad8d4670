"""The product rule: Hom(A ⊠ B, A′ ⊠ B′) = Hom(A, A′) ⊗ Hom(B, B′) over a product of categories.

It holds over every field: a natural map is natural in each variable by itself, and the two
conditions cut out Hom(A, A′) ⊗ all and all ⊗ Hom(B, B′), whose intersection is the product.
Recognised are ``outer`` representations of products of categories, and tensor products of
representations that are inflated from the factors of a ``direct`` product of groups.

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

from functools import reduce
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from categorical.exact.basis import Basis
from categorical.representations.representation import Representation

Index = NDArray[np.int64]


class Factored(NamedTuple):
    """The factors (source, target); where products of basis vectors lie, in source and target."""

    factors: tuple[tuple[Representation, Representation], ...]
    columns: Index
    rows: Index


def factored(x: Representation, y: Representation) -> Factored | None:
    """The factors of two external products over the same product; None for others."""
    if x.kind == y.kind == "outer" and all(a.of is b.of for a, b in zip(x.parts, y.parts)):
        return Factored(tuple(zip(x.parts, y.parts)), _outer(x), _outer(y))
    groups = getattr(x.of, "factors", None)
    if groups is None:
        return None
    found = [_inflated(one, groups) for one in (x, y)]
    if found[0] is None or found[1] is None:
        return None
    (sources, columns), (targets, rows) = found[0], found[1]
    return Factored(tuple(zip(sources, targets)), columns, rows)


def _inflated(
    of: Representation, groups: tuple[object, ...]
) -> tuple[list[Representation], Index] | None:
    """The tensor product over each factor of a direct product of groups, and the index."""
    parts = of.parts if of.kind == "tensor" else (of,)
    if any(p.kind not in ("inflated", "trivial") for p in parts):
        return None
    at = [getattr(p, "factor", 0) if p.kind == "inflated" else 0 for p in parts]
    whole = np.arange(of.dimension).reshape([p.dimension for p in parts])
    order = sorted(range(len(parts)), key=lambda i: at[i])
    spaces = []
    for number, group in enumerate(groups):
        mine = [
            p.parts[0] if p.kind == "inflated" else Representation.trivial(group, p.dimension)
            for p, factor in zip(parts, at)
            if factor == number
        ]
        spaces.append(reduce(lambda a, b: a * b, mine) if mine else Representation.trivial(group))
    return spaces, whole.transpose(order).reshape([one.dimension for one in spaces])


def _outer(of: Representation) -> Index:
    """Where the product of two basis vectors lies, object by object."""
    a, b = of.parts
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


def basis_of_product(x: Representation, y: Representation, limit: int) -> Basis | None:
    """The products of the maps of the factors; None where there are no factors."""
    from synthesis.solver.hom import solve

    found = factored(x, y)
    if found is None:
        return None
    bases = [solve(a, b, limit_bytes=limit, confirm=False).basis for a, b in found.factors]
    which, values = np.zeros(1, np.int64), np.ones(1, np.int64)
    row, column = np.zeros(1, np.int64), np.zeros(1, np.int64)
    for one, (a, b) in zip(bases, found.factors):
        width = max(a.dimension, 1)
        which = (which[:, None] * one.count + one.which[None, :]).ravel()
        values = (values[:, None] * one.values[None, :]).ravel()
        row = (row[:, None] * b.dimension + (one.places // width)[None, :]).ravel()
        column = (column[:, None] * width + (one.places % width)[None, :]).ravel()
    count = prod(one.count for one in bases)
    places = found.rows.ravel()[row] * x.dimension + found.columns.ravel()[column]
    return Basis((y.dimension, x.dimension), count, which, places, values)
