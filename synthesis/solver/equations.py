"""The equations of naturality as sparse matrices, and their solution.

Definition.  The unknowns are the entries of W_c, object by object, row by row.  An arrow u: c → d
gives the rows Y(u) W_c − W_d X(u), that is Y(u) ⊗ 1 − 1 ⊗ X(u)ᵀ; an infinitesimal generator a
gives Y(a) ⊗ 1 − 1 ⊗ X(a)ᵀ.

>>> from categorical.groups import orthogonal
>>> vector = orthogonal(3).standard()
>>> basis_of_equations(vector * vector, vector * vector, 1 << 30).count
3

Equations that need more memory than there is are refused:

>>> basis_of_equations(vector * vector, vector * vector, 1 << 10)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM044]: this problem is too large to solve by elimination
...
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from categorical.exact.basis import Basis
from categorical.exact.matrices import Matrix
from categorical.representations.representation import Representation
from synthesis.solver.nullspace import null_space
from synthesis.solver.orbits import refuse_unless_fits


def unknowns(x: Representation, y: Representation) -> int:
    """The number of entries of all blocks."""
    return sum(x.dims[c] * y.dims[c] for c in x.of.objects)


def equations(x: Representation, y: Representation) -> list[Matrix]:
    """One block of equations for each generating arrow and infinitesimal generator."""
    start, total = {}, 0
    for c in x.of.objects:
        start[c] = total
        total += x.dims[c] * y.dims[c]
    found = []
    for u, (c, d) in x.of.arrows.items():
        left = y.map(u).kron(Matrix.identity(x.dims[c]))
        right = Matrix.identity(y.dims[d]).kron(x.map(u).T)
        found.append(_placed(left, start[c], total) - _placed(right, start[d], total))
    for a in getattr(x.of, "generating", x.of.algebra):
        left = y.derivative(a).kron(Matrix.identity(x.dimension))
        found.append(left - Matrix.identity(y.dimension).kron(x.derivative(a).T))
    return found


def _placed(block: Matrix, start: int, total: int) -> Matrix:
    if block.shape[1] == total:
        return block
    return Matrix((block.shape[0], total), block.rows, block.cols + start, block.values)


def positions(x: Representation, y: Representation) -> NDArray[np.int64]:
    """The place of each unknown in the block-diagonal matrix."""
    row, col, found = 0, 0, [np.zeros(0, np.int64)]
    for c in x.of.objects:
        m, n = y.dims[c], x.dims[c]
        found.append(((row + np.arange(m))[:, None] * x.dimension + col + np.arange(n)).ravel())
        row, col = row + m, col + n
    return np.concatenate(found)


def taken(x: Representation, y: Representation, basis: Basis) -> Matrix:
    """The elements of a block-diagonal basis as rows of unknowns."""
    where = np.full(basis.size, -1, dtype=np.int64)
    places = positions(x, y)
    where[places] = np.arange(len(places))
    return Matrix((basis.count, len(places)), basis.which, where[basis.places], basis.values)


def needs(x: Representation, y: Representation) -> int:
    """The memory of elimination in bytes, roughly: the equations, and one dense component."""
    n = unknowns(x, y)
    arrows = len(x.of.arrows) + len(getattr(x.of, "generating", x.of.algebra))
    return 200 * n * max(arrows, 1) + n * n * 2


def basis_of_equations(x: Representation, y: Representation, limit: int) -> Basis:
    """A basis of Hom(X, Y) by exact elimination."""
    n = unknowns(x, y)
    refuse_unless_fits(needs(x, y), limit, n, "elimination")
    system = sorted(equations(x, y), key=lambda one: len(one.values))
    return laid_out(x, y, null_space(system, n))


def laid_out(x: Representation, y: Representation, rows: Matrix) -> Basis:
    """Rows of unknowns as a basis of block-diagonal matrices."""
    shape = (y.dimension, x.dimension)
    return Basis(shape, rows.shape[0], rows.rows, positions(x, y)[rows.cols], rows.values)
