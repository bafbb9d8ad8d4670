"""Hom(X, Y): all linear natural maps between two representations, exactly.

Definition.  A natural map of functors X, Y from a finitely presented category is a matrix W_c at
each object with Y(u) W_c = W_d X(u) for each generating arrow u: c → d (and for infinitesimal
generators a: Y(a) W = W X(a)).  ``solve`` returns a basis of all of them.

Laws.  Each element of the basis is natural (``check``), in exact arithmetic; the elements are
independent; their number is confirmed by a count that solves nothing (``count``).

>>> from categorical.groups import symmetric
>>> points = symmetric(5).standard()
>>> maps = solve(points * points, points * points)
>>> maps, maps.count, maps.confirmed
(<15 maps V ⊗ V → V ⊗ V of S5, by orbits>, Count(dimension=15, method='Stirling numbers'), True)

Two functors on different categories have no natural maps:

>>> solve(points, symmetric(4).standard())
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: natural maps V → V need one group or category
...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, reduce
from math import lcm
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from categorical.checked import checked
from categorical.diagrams.ranks import PRIME, pivots
from categorical.errors import SpecError
from categorical.exact.basis import Basis
from categorical.exact.matrices import Matrix
from categorical.representations.representation import Representation
from synthesis.solver.orbits import basis_of_orbits, bytes_needed, is_signed, refuse_unless_fits

LIMIT = 2 << 30


class Count(NamedTuple):
    """A dimension that was found without solving, and how."""

    dimension: int
    method: str


@dataclass(frozen=True, eq=False)
class Hom:
    """All natural maps; ``basis.shape`` is (dim target, dim source), or one more for each source.

    For several objects the blocks lie on the diagonal of one matrix."""

    source: Representation
    target: Representation
    basis: Basis
    route: str

    @property
    def dimension(self) -> int:
        return self.basis.count

    @cached_property
    def count(self) -> Count:
        """The dimension by an independent route."""
        from synthesis.solver.counts import count

        return count(self.source, self.target)

    @property
    def confirmed(self) -> bool:
        """The independent count agrees."""
        return self.count.dimension == self.dimension

    def confirm(self) -> Hom:
        """Itself; CM044 where the count disagrees, which means too few generators."""
        if not self.confirmed:
            raise SpecError(
                "CM044",
                f"{self.source} → {self.target} has {self.dimension} maps that commute with the "
                f"generators of {self.source.of}, and {self.count.dimension} that commute with "
                "all of it",
                facts=[("counted by", self.count.method)],
                help=["the group is given by too few generators: add those that are missing"],
            )
        return self

    def check(self) -> None:
        """CM044 unless every element of the basis is natural, in exact arithmetic."""
        from synthesis.solver.equations import equations, taken
        from synthesis.solver.nullspace import annihilates, field_order

        shape = (self.target.dimension, self.source.dimension)
        one = self.basis
        flat = Basis(shape, one.count, one.which, one.places, one.values)
        system = equations(self.source, self.target)
        rows = taken(self.source, self.target, flat)
        if not annihilates(system, rows, lcm(*(field_order(m) for m in (rows, *system)))):
            raise SpecError("CM044", f"a map of {self} is not natural")

    def mean(self, matrix: Any) -> Matrix:
        """The Reynolds operator: the mean of Y(g) W X(g)⁻¹ over a finite group, exact.

        A projection to the natural maps; the nearest one where both actions are orthogonal.
        CM042 for anything but a finite group, CM044 for one too large to list."""
        from categorical.representations.elements import Elements, finite

        elements = Elements.of(finite(self.source.of, "the Reynolds operator"))
        moved = [Matrix.of(matrix)]
        for parent, g in elements.parents[1:]:
            moved.append(self.target.map(g) @ moved[parent] @ self.source.map(f"{g}^-1"))
        return reduce(Matrix.__add__, moved) * Fraction(1, elements.count)

    def at(self, *places: str) -> Basis:
        """A basis of the maps at these objects (one after the other) that extend to all others.

        Where no family is zero there, and none depends on others, families keep their numbers: one
        weight then combines the maps at different objects into one natural map."""
        for place in places:
            if place not in self.source.dims:
                raise SpecError(
                    "CM042",
                    f"{self.source.of} has no object `{place}`",
                    facts=[("objects", ", ".join(self.source.dims))],
                )
        rows, height = _among(self.target.dims, places)
        columns, width = _among(self.source.dims, places)
        r, c = np.divmod(self.basis.places, self.basis.shape[1])
        inside = (rows[r] >= 0) & (columns[c] >= 0)
        moved = rows[r[inside]] * width + columns[c[inside]]
        which, values = self.basis.which[inside], self.basis.values[inside]
        found = Basis((height, width), self.dimension, which, moved, values)
        whole = found.stack() * int(np.lcm.reduce([Fraction(v).denominator for v in found.values]))
        chosen = pivots(whole.dense().T, PRIME)
        if len(chosen) == self.dimension:
            return found
        return Basis.of_matrices([found.matrix(int(i)) for i in chosen], (height, width))

    def nearest(self, matrix: Any) -> tuple[Any, Any]:
        """(coefficients, matrix) of the natural map nearest to a given matrix; see ``nearest``."""
        return nearest(self.basis, matrix)

    def __repr__(self) -> str:
        maps = "1 map" if self.dimension == 1 else f"{self.dimension} maps"
        return f"<{maps} {self.source} → {self.target} of {self.source.of}, by {self.route}>"


@checked
def _among(dims: Mapping[str, int], places: Sequence[str]) -> tuple[NDArray[np.int64], int]:
    """The new number of each index over all objects among some of them, −1 for the others."""
    starts = dict(zip(dims, np.cumsum([0, *dims.values()]).tolist()))
    found, total = np.full(sum(dims.values()), -1, dtype=np.int64), 0
    for place in places:
        found[starts[place] : starts[place] + dims[place]] = np.arange(dims[place]) + total
        total += dims[place]
    return found, total


def solve(
    x: Representation,
    y: Representation,
    *,
    route: str | None = None,
    limit_bytes: int = LIMIT,
    confirm: bool = True,
) -> Hom:
    """A basis of all natural maps X → Y.

    ``route`` is ``orbits``, ``product``, ``blocks``, ``nullspace``, ``infinitesimal`` or
    ``diagrams``; left out, the cheapest that fits.  CM043 for functors on two categories, CM044
    where the problem is too large for ``limit_bytes`` or the independent count disagrees (unless
    ``confirm`` is left out), CM042 for a route that does not apply."""
    for one in (x, y):
        if not isinstance(one, Representation):
            raise SpecError(
                "CM042",
                f"natural maps join representations, not {one!r}",
                help=["for example symmetric(4).standard()"],
            )
    if x.of is not y.of:
        raise SpecError(
            "CM043",
            f"natural maps {x} → {y} need one group or category",
            facts=[(str(x), x.of), (str(y), y.of)],
        )
    if route is None:
        route = _route(x, y)
    basis = _by(route, x, y, limit_bytes)
    if basis is None:
        raise SpecError(
            "CM042",
            f"the route `{route}` does not fit {x} → {y} of {x.of}",
            facts=[("routes", "orbits, product, blocks, nullspace, infinitesimal, diagrams")],
            help=["leave the route out"],
        )
    found = Hom(x, y, basis, route)
    return found.confirm() if confirm else found


def _route(x: Representation, y: Representation) -> str:
    from synthesis.solver.product import factored

    if factored(x, y) is not None:
        return "product"
    if is_signed(x) and is_signed(y):
        return "orbits"
    if x.kind == "sum" or y.kind == "sum":
        return "blocks"
    if not x.of.algebra:
        return "nullspace"
    from synthesis.solver.diagrammatic import diagrams_between

    return "infinitesimal" if diagrams_between(x, y) is None else "diagrams"


def _by(route: str, x: Representation, y: Representation, limit: int) -> Basis | None:
    unknowns = sum(x.dims[c] * y.dims[c] for c in x.dims)
    if route == "orbits":
        if is_signed(x) and is_signed(y):
            refuse_unless_fits(bytes_needed(x, y), limit, unknowns, "orbits")
        return basis_of_orbits(x, y)
    if route == "product":
        from synthesis.solver.product import basis_of_product

        return basis_of_product(x, y, limit)
    if route == "blocks":
        from synthesis.solver.blocks import basis_of_blocks

        return basis_of_blocks(x, y, limit)
    if route in ("nullspace", "infinitesimal"):
        from synthesis.solver.equations import basis_of_equations

        if (route == "infinitesimal") != bool(x.of.algebra):
            return None
        return basis_of_equations(x, y, limit)
    if route == "diagrams":
        from synthesis.solver.diagrammatic import basis_of_diagrams

        refuse_unless_fits(unknowns * 100, limit, unknowns, "diagrams")
        return basis_of_diagrams(x, y)
    return None


@checked
def invariants(y: Representation, **options: Any) -> Hom:
    """Hom(1, Y): the invariant vectors (the biases of an affine map)."""
    return solve(Representation.trivial(y.of), y, **options)


@checked
def bilinear(x1: Representation, x2: Representation, y: Representation, **options: Any) -> Hom:
    """All bilinear natural maps X₁ × X₂ → Y; ``basis.shape`` is (dim Y, dim X₁, dim X₂)."""
    if len(x1.of.objects) != 1:
        raise SpecError("CM042", "bilinear maps are solved for over one object")
    flat = solve(x1 * x2, y, **options)
    one = flat.basis
    shape = (y.dimension, x1.dimension, x2.dimension)
    basis = Basis(shape, one.count, one.which, one.places, one.values)
    return Hom(flat.source, y, basis, flat.route)


@checked
def polynomial(
    x: Representation, y: Representation, degree: int, **options: Any
) -> tuple[Hom, ...]:
    """All natural polynomial maps X → Y up to a degree: Hom(Symᵏ X, Y) for k = 0 … degree.

    The basis of Symᵏ X has the monomials x_i x_j … with i ≤ j ≤ …"""
    from categorical.representations.powers import symmetric_power

    return tuple(solve(symmetric_power(x, k), y, **options) for k in range(degree + 1))


@checked
def affine(x: Representation, y: Representation, **options: Any) -> tuple[Hom, Hom]:
    """The natural affine maps: (linear maps X → Y, invariant vectors of Y)."""
    return solve(x, y, **options), invariants(y, **options)


# --- the nearest natural map ---------------------------------------------------------------------


@checked
def nearest(basis: Basis, matrix: Any) -> tuple[Any, Any]:
    """(coefficients θ, Σ θᵢ Bᵢ) of the element of the span nearest to ``matrix``.

    The orthogonal projection in the sum of squares; for orthogonal representations it is the mean
    over the group (Reynolds).  Whole numbers and fractions are projected exactly; floats in
    float64.  CM002 for a matrix of another size."""
    given = np.asarray(matrix)
    if given.size != basis.size:
        raise SpecError(
            "CM002", f"an array of {given.shape} is not near maps of shape {basis.shape}"
        )
    if given.dtype.kind == "f":
        theta = _solved(basis, given.ravel().astype(np.float64))
        return theta, basis.combine(theta)
    return _exactly(basis, given.ravel())


def _solved(basis: Basis, flat: NDArray[np.float64]) -> NDArray[np.float64]:
    values = basis.floats()
    right = np.bincount(basis.which, weights=values * flat[basis.places], minlength=basis.count)
    if basis.disjoint:
        norms = np.bincount(basis.which, weights=values * values, minlength=basis.count)
        found: NDArray[np.float64] = right / norms
        return found
    from scipy.sparse import csr_matrix

    rows = csr_matrix((values, (basis.which, basis.places)), shape=(basis.count, basis.size))
    solved: NDArray[np.float64] = np.linalg.solve((rows @ rows.T).toarray(), right)
    return solved


def _exactly(basis: Basis, flat: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    vector = Matrix.of(flat.astype(object).reshape(-1, 1))
    rows = basis.stack()
    right = rows @ vector
    if basis.disjoint:
        gram = [Fraction(0)] * basis.count
        for i, v in zip(basis.which.tolist(), basis.values.tolist()):
            gram[i] = gram[i] + v * v
        one = Matrix.of([[1]])
        inverse = [Matrix.of([[g]]).inverse() for g in gram]
        scale = reduce(Matrix.plus, inverse) if inverse else Matrix.zero(0, 0) @ (one * 0)
    else:
        scale = (rows @ rows.T).inverse()
    theta = scale @ right
    whole = (rows.T @ theta).dense().reshape(basis.shape)
    return theta.dense().ravel(), whole
