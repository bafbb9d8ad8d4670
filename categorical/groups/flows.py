"""Rational elements of one-parameter groups.

Definition.  exp(tA) for an infinitesimal generator A in several representations at once, at a t
where it is rational.  Three kinds of A are known.  *Turns*: A is semisimple with eigenvalues in iZ;
t is the angle with cos t = 3/5, sin t = 4/5, which is no rational part of a full turn, so its
powers are dense.  *Stretches*: semisimple with whole eigenvalues; eᵗ = 2 and eᵗ = 3, whose powers
are dense together.  *Shears*: A is nilpotent, t = 1.  Half-integer eigenvalues, of spinors, double
t.

Laws.  On each space the element is a polynomial in A: it interpolates exp(t·) on the eigenvalues,
so it is the value of the representation at the same group element everywhere.

>>> turn = Matrix.of([[0, -1], [1, 0]])
>>> (label, (once, twice)), = flows([turn, turn * 2], "A")
>>> label, once, twice == once @ once
('A turned, cos=3/5', Matrix.of([[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), ...]]), True)
>>> flows([Matrix.of([[0, 1], [0, 0]])], "E")
[('exp(E)', [Matrix.of([[1, 1], [0, 1]])])]

A spiral turns and stretches, and has no rational element:

>>> flows([Matrix.of([[1, -1], [1, 1]])], "A")
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM044]: no rational element of the one-parameter group of ...
...
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from functools import reduce

from categorical.errors import SpecError
from categorical.exact.matrices import Matrix

HIGHEST = 24
"""The largest eigenvalue that is tried."""
Flow = tuple[str, list[Matrix]]
_COS, _SIN = Fraction(3, 5), Fraction(4, 5)


def flows(derivatives: Sequence[Matrix], name: str) -> list[Flow]:
    """(label, the matrix on each space) of the elements; CM044 where none of the kinds fits."""
    if all(_nilpotent(a) for a in derivatives):
        return [(f"exp({name})", [_exponential(a) for a in derivatives])]
    for unit, more in ((1, ""), (2, " twice")):
        scaled = [a * unit for a in derivatives]
        turns = [_turning(a) for a in scaled]
        if all(k is not None for k in turns):
            made = [_turned(a, k or 0) for a, k in zip(scaled, turns)]
            return [(f"{name} turned{more}, cos=3/5", made)]
        stretches = [_stretching(a) for a in scaled]
        if all(k is not None for k in stretches):
            return [
                (
                    f"{name} stretched{more} by {base}",
                    [_stretched(a, k or 0, base) for a, k in zip(scaled, stretches)],
                )
                for base in (2, 3)
            ]
    raise SpecError(
        "CM044",
        f"no rational element of the one-parameter group of `{name}` is known",
        facts=[("known", "turns and stretches with whole eigenvalues, and nilpotent generators")],
        help=["change the basis of the algebra: turns, stretches and shears apart"],
    )


def _zero(a: Matrix) -> bool:
    return not len(a.values)


def _nilpotent(a: Matrix) -> bool:
    size, at, power = a.shape[0], a, 1
    while power < size:
        at, power = at @ at, 2 * power
        if _zero(at):
            return True
    return _zero(at)


def _exponential(a: Matrix) -> Matrix:
    total = term = Matrix.identity(a.shape[0])
    k = 0
    while not _zero(term):
        k += 1
        term = (term @ a) * Fraction(1, k)
        total = total + term
    return total


def _turning(a: Matrix) -> int | None:
    """The least K with a ∏ (a² + k²) = 0 over k ≤ K, if any is small."""
    square, rest = a @ a, a
    for k in range(HIGHEST + 1):
        if k:
            rest = rest @ square + rest * (k * k)
        if _zero(rest):
            return k
    return None


def _stretching(a: Matrix) -> int | None:
    """The least K with a ∏ (a² − k²) = 0 over k ≤ K, if any is small."""
    square, rest = a @ a, a
    for k in range(HIGHEST + 1):
        if k:
            rest = rest @ square - rest * (k * k)
        if _zero(rest):
            return k
    return None


def _turned(a: Matrix, highest: int) -> Matrix:
    """exp(ta) = c(a²) + a s(a²), with c(−k²) = cos kt and s(−k²) = sin kt / k."""
    cosines, sines = [Fraction(1)], [Fraction(0)]
    for _ in range(highest):
        x, y = cosines[-1], sines[-1]
        cosines.append(x * _COS - y * _SIN)
        sines.append(x * _SIN + y * _COS)
    square = a @ a
    nodes = [-k * k for k in range(highest + 1)]
    even = _interpolated(square, nodes, cosines)
    if not highest:
        return even
    odd = _interpolated(square, nodes[1:], [y / k for k, y in enumerate(sines) if k])
    return even + a @ odd


def _stretched(a: Matrix, highest: int, base: int) -> Matrix:
    nodes = list(range(-highest, highest + 1))
    return _interpolated(a, nodes, [Fraction(base) ** k for k in nodes])


def _interpolated(a: Matrix, nodes: Sequence[int], values: Sequence[Fraction]) -> Matrix:
    """The polynomial with these values at these nodes, at a (Lagrange)."""
    one = Matrix.identity(a.shape[0])
    total = Matrix.zero(*a.shape)
    for i, (node, value) in enumerate(zip(nodes, values)):
        factors = [
            (a - one * other) * Fraction(1, node - other) for j, other in enumerate(nodes) if i != j
        ]
        total = total + reduce(Matrix.__matmul__, factors, one) * value
    return total
