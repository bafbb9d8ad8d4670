"""Harmonic polynomials as representations of groups of orthogonal matrices.

Definition.  A homogeneous polynomial h of degree m on Rᵈ is harmonic when Δh = 0.  Let h(x) be the
vector of a basis of them.  A group that acts on Rᵈ by orthogonal matrices acts on them by the
representation ρ with h(g·x) = ρ(g) h(x).

Laws.  In the plane there are two of each degree m > 0, Re and Im of (x + iy)ᵐ: rotation by θ acts
as rotation by mθ.  In space there are 2m + 1: the irreducible representations of SO(3).

>>> from categorical.categories.presented import Presentation
>>> from categorical.exact import Matrix
>>> so2 = Presentation("SO(2)", ("*",), {}, (), invertible=True, algebra=("J",))
>>> plane = Representation(so2, {}, {"J": Matrix.of([[0, -1], [1, 0]])}, kind="standard")
>>> harmonic(plane, 3).derivative("J")
Matrix.of([[0, -3], [3, 0]])
>>> polynomials(2, 2)
({(2, 0): 1, (0, 2): -1}, {(1, 1): 2})

A matrix that is not orthogonal does not map harmonic polynomials to harmonic ones:

>>> shear = Presentation("shears", ("*",), {}, (), invertible=True, algebra=("N",))
>>> harmonic(Representation(shear, {}, {"N": Matrix.of([[0, 1], [0, 0]])}), 2)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: `atom` of shears is not orthogonal
...
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations_with_replacement

from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.exact.numbers import Number
from categorical.representations.representation import Representation

Powers = tuple[int, ...]
Polynomial = dict[Powers, Number]
Whole = dict[Powers, int]


@cache
def polynomials(axes: int, degree: int) -> tuple[Whole, ...]:
    """A basis of the harmonic polynomials of a degree: coefficients by exponents, all whole.

    One for each monomial in which the last variable z has the exponent e ≤ 1:
    Σⱼ (−1)ʲ z^(2j+e) / (2j+e)! Δʲ q(x), which is determined by these monomials.
    """
    found = []
    for e in (0, 1):
        for q in _monomials(axes - 1, degree - e):
            total: dict[Powers, Fraction] = {}
            part = {q: degree if e else 1}
            j = 0
            while part:
                for powers, c in part.items():
                    height = 2 * j + e
                    total[(*powers, height)] = Fraction((-1) ** j * c, math.factorial(height))
                part, j = _laplacian(part), j + 1
            scale = math.lcm(*(c.denominator for c in total.values()))
            found.append({k: int(c * scale) for k, c in total.items()})
    return tuple(found)


def _monomials(axes: int, degree: int) -> list[Powers]:
    """All exponents of a degree."""
    if degree < 0:
        return []
    return [
        tuple(places.count(i) for i in range(axes))
        for places in combinations_with_replacement(range(axes), degree)
    ]


def _laplacian(of: Whole) -> Whole:
    found: Whole = {}
    for powers, c in of.items():
        for i, k in enumerate(powers):
            if k >= 2:
                lower = (*powers[:i], k - 2, *powers[i + 1 :])
                found[lower] = found.get(lower, 0) + c * (k * (k - 1))
    return {k: c for k, c in found.items() if c != 0}


def evaluate(one: Whole, at: Sequence[Number]) -> Number:
    """The value of a polynomial at a point."""
    total: Number = 0
    for powers, c in one.items():
        term: Number = c
        for x, k in zip(at, powers, strict=True):
            for _ in range(k):
                term = term * x
        total = total + term
    return total


def harmonic(space: Representation, degree: int) -> Representation:
    """The representation on harmonic polynomials of a degree; CM043 unless ``space`` is orthogonal.

    Of SO(2) on the plane it is the rotation of frequency ``degree``; of SO(3) on space it is the
    irreducible one of dimension 2·degree + 1.
    """
    if not space.is_orthogonal:
        raise SpecError(
            "CM043",
            f"`{space}` of {space.of} is not orthogonal",
            help=["harmonic polynomials are those of the sum of squares, which must be kept"],
        )
    if type(degree) is not int or degree < 0:
        raise SpecError("CM042", f"harmonic polynomials of the degree {degree!r}")
    axes = space.dimension
    basis = polynomials(axes, degree)
    if degree == 0 or not basis:
        return Representation.trivial(space.of, len(basis))
    return Representation(
        space.of,
        lambda g: _read([_moved(h, space.map(g)) for h in basis], basis),
        lambda a: _read([_along(h, space.derivative(a)) for h in basis], basis),
        dims={space.of.objects[0]: len(basis)},
        kind="harmonic",
        name=f"H{degree}",
        parts=(space,),
        checked=False,
    )


def _read(moved: list[Polynomial], basis: tuple[Whole, ...]) -> Matrix:
    """Harmonic polynomials as combinations of the basis, read off the monomials that decide."""
    rows = []
    for one in moved:
        row: list[Number] = []
        for h in basis:
            powers = next(k for k in h if k[-1] < 2)
            row.append(one.get(powers, 0) * Fraction(1, h[powers]))
        rows.append(row)
    return Matrix.of(rows)


def _moved(one: Whole, matrix: Matrix) -> Polynomial:
    """x ↦ h(M x)."""
    axes = matrix.shape[0]
    unit = [tuple(int(i == j) for i in range(axes)) for j in range(axes)]
    dense = matrix.dense().tolist()
    forms = [{unit[j]: dense[i][j] for j in range(axes) if dense[i][j] != 0} for i in range(axes)]
    total: Polynomial = {}
    for powers, c in one.items():
        part: Polynomial = {(0,) * axes: c}
        for form, k in zip(forms, powers, strict=True):
            for _ in range(k):
                part = _times(part, form)
        for place, value in part.items():
            total[place] = total.get(place, 0) + value
    return total


def _along(one: Whole, matrix: Matrix) -> Polynomial:
    """x ↦ the derivative of h along A x."""
    total: Polynomial = {}
    entries = zip(matrix.rows.tolist(), matrix.cols.tolist(), matrix.values.tolist(), strict=True)
    for i, j, a in entries:
        for powers, c in one.items():
            if powers[i]:
                place = list(powers)
                place[i] -= 1
                place[j] += 1
                key = tuple(place)
                total[key] = total.get(key, 0) + c * a * powers[i]
    return total


def _times(a: Polynomial, b: Polynomial) -> Polynomial:
    found: Polynomial = {}
    for p, x in a.items():
        for q, y in b.items():
            place = tuple(i + j for i, j in zip(p, q, strict=True))
            found[place] = found.get(place, 0) + x * y
    return found
