"""Symmetric traceless tensors, alias harmonic polynomials: the irreducible parts of Symᵏ V.

Definition.  For a form η that V keeps, the trace Symᵏ V → Symᵏ⁻² V is the Laplacian Σ ηᵢ ∂ᵢ² in the
basis vectors; its kernel is the space of harmonic polynomials.  The *rational* basis are the
``polynomials``: with whole coefficients, each determined by its one monomial in which e₁ has the
exponent 0 or 1 (Cauchy and Kovalevskaya); every rational map acts by rational numbers, in every
degree and dimension.  In the *orthonormal* basis of three dimensions (degree ≤ 3) rotations are
orthogonal matrices, and √3, √10 … appear; the order is m = −l … l.

Laws.  dim = C(n + k − 1, k) − C(n + k − 3, k − 2), which is 2l + 1 for n = 3; a functor of V on
isometries; Symᵏ V = Hᵏ ⊕ Hᵏ⁻² ⊕ ….  As functions of a point the polynomials h of degree k move
by the dual: h(g x) = ``traceless(V, k).dual.map(g)`` h(x) for orthogonal g.  In the plane they are
Im and Re of (y + ix)ᵏ, and rotation by θ acts as rotation by kθ.  ``spherical(V, l, parity)`` are
the irreducible representations of O(3): the natural parity is (−1)ˡ, the other one has a
determinant in addition.

>>> from categorical.groups import FiniteGroup
>>> maps = {"z": Matrix.of([[0, -1, 0], [1, 0, 0], [0, 0, 1]])}
>>> turn = FiniteGroup("C4", {"z": (1, 2, 3, 0)}, relations=(("z",) * 4,))
>>> vector = Representation(turn, maps, name="V")
>>> spherical(vector, 2).dimension, spherical(vector, 2, basis="orthonormal").is_orthogonal
(5, True)
>>> polynomials(2, 3)
({(1, 2): 3, (3, 0): -1}, {(0, 3): 1, (2, 1): -3})

Maps that do not keep the form have no traceless part:

>>> swap = FiniteGroup("Z2", {"s": (1, 0)})
>>> traceless(Representation(swap, {"s": Matrix.of([[1, 1], [0, -1]])}), 2)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: `atom` does not keep the form (1, 1)
...
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import cache, reduce
from math import lcm
from typing import Literal

from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.exact.numbers import Number, sqrt
from categorical.representations.powers import determinant, monomials, symmetric_power
from categorical.representations.representation import Representation

Coordinates = Literal["rational", "orthonormal"]
Polynomial = dict[tuple[int, ...], int]
"""Coefficients by the exponents of a monomial."""


def polynomials(n: int, k: int) -> tuple[Polynomial, ...]:
    """The harmonic polynomials of degree k in n variables that are the basis of ``traceless``."""
    return _polynomials((1,) * n, k)


@checked
def traceless(of: Representation, k: int, form: Sequence[int] | None = None) -> Representation:
    """The symmetric traceless tensors of rank k, for a diagonal form of ±1 (default: all 1), in the
    basis of ``polynomials``.

    CM043 unless V keeps the form; CM042 for a form of another length or with zeros."""
    n = of.dimension
    squares = tuple(form) if form is not None else (1,) * n
    if len(squares) != n or any(s not in (1, -1) for s in squares):
        raise SpecError("CM042", f"a form on `{of}` is {n} numbers 1 or −1, not {squares}")
    _keeps(of, squares)
    if k in (0, 1):
        return symmetric_power(of, k)
    tensors = symmetric_power(of, k)
    read, include = _reading(squares, k), _including(squares, k)
    found = Representation(
        of.of,
        lambda g: read @ tensors.map(g) @ include,
        lambda a: read @ tensors.derivative(a) @ include,
        dims=dict.fromkeys(of.dims, read.shape[0]),
        kind="traceless",
        name=f"H^{k} {of.name}",
        parts=(of,),
        checked=False,
        again=lambda other: traceless(other, k, squares),
    )
    found.degree = k
    return found


@checked
def spherical(
    of: Representation, l: int, parity: int | None = None, *, basis: Coordinates = "rational"
) -> Representation:
    """The tensors of type l of a three-dimensional V (of SO(3), O(3) or a subgroup), dim 2l + 1.

    ``parity`` is the sign of −1: (−1)ˡ where it is left out, else ±1 (pseudotensors).
    ``basis="orthonormal"`` makes rotations orthogonal, for l ≤ 3 (CM044 above)."""
    if set(of.dims.values()) != {3}:
        raise SpecError("CM042", f"spherical tensors belong to three dimensions, not to `{of}`")
    if l < 0 or parity not in (None, 1, -1) or basis not in ("rational", "orthonormal"):
        raise SpecError(
            "CM042",
            f"no spherical tensors have the type {l}, the parity {parity}, the basis {basis}",
            facts=[
                ("types", "0, 1, 2, …"),
                ("parities", "1, −1"),
                ("bases", "rational, orthonormal"),
            ],
        )
    found = traceless(of, l)
    if basis == "orthonormal" and l >= 2:
        change, back = _orthonormal(l)
        rational = found
        found = Representation(
            of.of,
            lambda g: back @ rational.map(g) @ change,
            lambda a: back @ rational.derivative(a) @ change,
            dims=rational.dims,
            kind="spherical",
            name=f"Y{l}",
            parts=(of,),
            checked=False,
            again=lambda other: spherical(other, l, basis="orthonormal"),
        )
        found.degree = l
    if parity is not None and parity != (-1) ** l:
        found = found * determinant(of)
    return found


@checked
def harmonics(of: Representation, up_to: int, *, basis: Coordinates = "rational") -> Representation:
    """The functions on the sphere of degree at most ``up_to``: dimension (up_to + 1)²."""
    if up_to < 0:
        raise SpecError("CM042", f"harmonics have a degree 0, 1, 2, …, not {up_to}")
    return reduce(Representation.__add__, (spherical(of, l, basis=basis) for l in range(up_to + 1)))


def _keeps(of: Representation, squares: tuple[int, ...]) -> None:
    n = len(squares)
    form = Matrix((n, n), range(n), range(n), squares)
    defects = [(g, of.map(g).T @ form @ of.map(g) - form) for g in of.of.arrows]
    for a in of.of.algebra:
        derivative = of.derivative(a)
        defects.append((a, derivative.T @ form + form @ derivative))
    for name, defect in defects:
        if len(defect.values):
            at = (int(defect.rows[0]), int(defect.cols[0]))
            raise SpecError(
                "CM043",
                f"`{of}` does not keep the form {squares}",
                facts=[(name, f"changes its entry {at} by {defect.values[0]}")],
            )


def _exponents(n: int, k: int) -> list[tuple[int, ...]]:
    """The monomials of Symᵏ as exponents."""
    return [tuple(m.count(i) for i in range(n)) for m in monomials(n, k, repeated=True)]


@cache
def _polynomials(squares: tuple[int, ...], k: int) -> tuple[Polynomial, ...]:
    """For every monomial with e₁ at most once the polynomial of trace 0 that has no other such."""
    return tuple(
        _continued(squares, start) for start in _exponents(len(squares), k) if start[0] <= 1
    )


def _continued(squares: tuple[int, ...], start: tuple[int, ...]) -> Polynomial:
    """The terms with one exponent of e₁ determine those with two more."""
    layer = {start: Fraction(sum(start) if start[0] else 1)}
    found: dict[tuple[int, ...], Fraction] = {}
    while layer:
        found |= layer
        following: dict[tuple[int, ...], Fraction] = {}
        for (a, *rest), c in layer.items():
            for i, m in enumerate(rest):
                if m >= 2:
                    key = (a + 2, *rest[:i], m - 2, *rest[i + 1 :])
                    factor = Fraction(m * (m - 1), (a + 2) * (a + 1))
                    term = -c * squares[0] * squares[i + 1] * factor
                    following[key] = following.get(key, Fraction(0)) + term
        layer = {powers: c for powers, c in following.items() if c}
    whole = lcm(*(c.denominator for c in found.values()))
    return {powers: int(c * whole) for powers, c in found.items()}


@cache
def _reading(squares: tuple[int, ...], k: int) -> Matrix:
    """Symᵏ → coordinates, by the coefficients at the monomials with e₁ at most once."""
    exponents = _exponents(len(squares), k)
    kept = [i for i, powers in enumerate(exponents) if powers[0] <= 1]
    starts = zip(kept, _polynomials(squares, k), strict=True)
    scales = [Fraction(1, one[exponents[i]]) for i, one in starts]
    return Matrix((len(kept), len(exponents)), range(len(kept)), kept, scales)


@cache
def _including(squares: tuple[int, ...], k: int) -> Matrix:
    """Coordinates → Symᵏ."""
    number = {powers: i for i, powers in enumerate(_exponents(len(squares), k))}
    basis = _polynomials(squares, k)
    terms = [(number[m], column, c) for column, one in enumerate(basis) for m, c in one.items()]
    rows, cols, values = zip(*terms, strict=True) if terms else ((), (), ())
    return Matrix((len(number), len(basis)), rows, cols, values)


_REAL: dict[int, tuple[tuple[dict[str, int], tuple[int, ...]], ...]] = {
    2: (
        ({"xy": 1}, ()),
        ({"yz": 1}, ()),
        ({"zz": 2, "xx": -1, "yy": -1}, (4, 3)),
        ({"xz": 1}, ()),
        ({"xx": 1, "yy": -1}, (4,)),
    ),
    3: (
        ({"xxy": 3, "yyy": -1}, (4, 6)),
        ({"xyz": 1}, ()),
        ({"yzz": 4, "xxy": -1, "yyy": -1}, (4, 2, 5)),
        ({"zzz": 2, "xxz": -3, "yyz": -3}, (4, 3, 5)),
        ({"xzz": 4, "xxx": -1, "xyy": -1}, (4, 2, 5)),
        ({"xxz": 1, "yyz": -1}, (4,)),
        ({"xxx": 1, "xyy": -3}, (4, 6)),
    ),
}
"""The real spherical harmonics, m = −l … l: a polynomial, and the factors of its squared norm
⟨xᵃ, xᵃ⟩ = a!."""


@cache
def _orthonormal(l: int) -> tuple[Matrix, Matrix]:
    """(from orthonormal to rational coordinates, back)."""
    if l not in _REAL:
        raise SpecError(
            "CM044",
            f"the orthonormal harmonics of degree {l} have roots outside the known fields",
            help=[f'write spherical(v, {l}, basis="rational")'],
        )
    number = {m: i for i, m in enumerate(monomials(3, l, repeated=True))}
    rows: list[int] = []
    cols: list[int] = []
    values: list[int] = []
    norms: list[Number] = []
    for column, (polynomial, factors) in enumerate(_REAL[l]):
        for word, c in polynomial.items():
            rows.append(number[tuple("xyz".index(x) for x in word)])
            cols.append(column)
            values.append(c)
        norm: Number = 1
        for factor in factors:
            norm = norm * sqrt(factor)
        norms.append(norm)
    plain = _reading((1, 1, 1), l) @ Matrix((len(number), 2 * l + 1), rows, cols, values)
    at = range(2 * l + 1)
    scale = Matrix((2 * l + 1,) * 2, at, at, norms)
    return plain @ scale.inverse(), scale @ plain.inverse()
