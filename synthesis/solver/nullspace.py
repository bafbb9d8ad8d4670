"""The exact null space of sparse equations over the rationals or a cyclotomic field.

Definition.  The equations are solved modulo primes; residues are joined by the Chinese remainder
theorem and read back as fractions (Wang 1981).  Over Q(ζₙ) the primes are 1 modulo n: every choice
of a primitive root of unity modulo p is an embedding, and the coefficients of an entry follow from
its images under all of them.

Laws.  Every answer is checked: C Q = 0 in exact arithmetic.  The rank modulo a prime is at most the
rank, so a solution of that many dimensions that passes the check is complete.

>>> from categorical.exact.matrices import Matrix
>>> null_space([Matrix.of([[2, -3, 0], [0, 1, 1]])], 3)
Matrix.of([[1, Fraction(2, 3), Fraction(-2, 3)]])
>>> from categorical.exact.numbers import sqrt
>>> null_space([Matrix.of([[sqrt(2), -1]])], 2) == Matrix.of([[1, sqrt(2)]])
True

Equations of another number of unknowns are refused:

>>> null_space([Matrix.identity(2)], 3)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM002]: an equation of 2 unknowns among those of 3
...
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from categorical.errors import SpecError
from categorical.exact.matrices import Matrix
from categorical.exact.numbers import Cyclotomic, Number, cyclotomic_polynomial, root
from synthesis.solver import modular

_MOST = 60
"""The most primes that are joined before the answer is given up as too complicated."""


def null_space(equations: Sequence[Matrix], n: int) -> Matrix:
    """The reduced echelon basis, as the rows of a matrix, of what all equations annihilate.

    CM044 where the entries of the answer need more than some 1 200 bits."""
    for one in equations:
        if one.shape[1] != n:
            raise SpecError("CM002", f"an equation of {one.shape[1]} unknowns among those of {n}")
    order = math.lcm(*(field_order(one) for one in equations))
    best: list[tuple[int, ...]] | None = None
    collected: list[tuple[int, dict[tuple[int, int], list[int]]]] = []
    for p in islice(modular.primes(order), _MOST):
        try:
            leads, entries = _images(equations, n, p, order)
        except ZeroDivisionError:
            continue  # p divides a denominator, or embeddings disagree: another prime
        if best is None or (len(leads), leads) < (len(best), best):
            best, collected = leads, []  # fewer solutions: the primes before were unlucky
        if leads != best:
            continue
        collected.append((p, entries))
        if len(collected) in (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48):
            found = _read(collected, len(best), n, order)
            if found is not None and annihilates(equations, found, order):
                return found
    raise SpecError(
        "CM044",
        "the solution has entries that are too large to read back",
        facts=[("primes that were joined", len(collected))],
    )


def rank_bound(equations: Sequence[Matrix], n: int, skip: int = 7) -> int:
    """The dimension of the null space modulo another prime: at least the true one."""
    order = math.lcm(*(field_order(one) for one in equations))
    for p in islice(modular.primes(order), skip, None):
        zeta = primitive_root(order, p)
        try:
            return int(
                modular.kernel([residues(c, p, order, zeta) for c in equations], n, p).shape[0]
            )
        except ZeroDivisionError:
            continue
    raise AssertionError("there are primes enough")


def field_order(of: Matrix) -> int:
    """The least n for which all entries are in Q(ζₙ) as written."""
    if of.values.dtype != object:
        return 1
    return math.lcm(*(v.order for v in of.values.tolist() if isinstance(v, Cyclotomic)))


def primitive_root(order: int, p: int) -> int:
    """An element of exact order ``order`` modulo p, where p is 1 modulo it."""
    factors = [q for q in range(2, order + 1) if order % q == 0 and modular.is_prime(q)]
    for base in range(2, p):
        zeta = pow(base, (p - 1) // order, p)
        if all(pow(zeta, order // q, p) != 1 for q in factors):
            return zeta
    return 1


def residues(of: Matrix, p: int, order: int, zeta: int) -> Any:
    """The matrix modulo p; ``ZeroDivisionError`` where p divides a denominator."""
    from scipy.sparse import csr_matrix

    if of.values.dtype == np.int64:
        data = of.values % p
    else:
        known: dict[Number, int] = {}
        data = np.zeros(len(of.values), dtype=np.int64)
        for i, v in enumerate(of.values.tolist()):
            if isinstance(v, Cyclotomic):
                data[i] = _residue(v, p, pow(zeta, order // v.order, p))
            else:
                if v not in known:
                    known[v] = _fraction(Fraction(v), p)
                data[i] = known[v]
    return csr_matrix((data, (of.rows, of.cols)), shape=of.shape)


def _residue(v: Cyclotomic, p: int, zeta: int) -> int:
    if any(c.denominator % p == 0 for c in v.coefficients):
        raise ZeroDivisionError
    return v.residue(p, zeta)


def _fraction(v: Fraction, p: int) -> int:
    if v.denominator % p == 0:
        raise ZeroDivisionError
    return v.numerator * pow(v.denominator, -1, p) % p


def _images(
    equations: Sequence[Matrix], n: int, p: int, order: int
) -> tuple[list[tuple[int, ...]], dict[tuple[int, int], list[int]]]:
    """(the places of the leading ones, for each entry the residues of its coefficients)."""
    zeta = primitive_root(order, p) if order > 1 else 1
    units = [k for k in range(1, order + 1) if math.gcd(k, order) == 1]
    kernels = []
    for k in units:
        z = pow(zeta, k, p)
        kernels.append(modular.kernel([residues(c, p, order, z) for c in equations], n, p))
    leads = [one.indices[one.indptr[:-1]].tolist() if one.shape[0] else [] for one in kernels]
    if any(one != leads[0] for one in leads):
        raise ZeroDivisionError
    values: dict[tuple[int, int], list[int]] = {}
    for number, one in enumerate(kernels):
        coo = one.tocoo()
        for r, c, v in zip(coo.row.tolist(), coo.col.tolist(), coo.data.tolist()):
            values.setdefault((r, c), [0] * len(units))[number] = int(v)
    if order > 1:
        vandermonde = [[pow(zeta, k * j, p) for j in range(len(units))] for k in units]
        back = _inverse(vandermonde, p)
        places = list(values)
        images = np.array([values[at] for at in places], dtype=float).reshape(-1, len(units)).T
        solved = modular.times(np.array(back, dtype=float), images, p).astype(np.int64).T
        values = dict(zip(places, solved.tolist()))
    return [(at,) for at in leads[0]], values


def _inverse(matrix: list[list[int]], p: int) -> list[list[int]]:
    n = len(matrix)
    wide = np.concatenate((np.array(matrix, dtype=float), np.eye(n)), axis=1)
    return [[int(x) for x in row] for row in modular.echelon(wide, p)[0][:, n:].tolist()]


def _read(
    collected: list[tuple[int, dict[tuple[int, int], list[int]]]], count: int, n: int, order: int
) -> Matrix | None:
    """The entries as exact numbers, or None where more primes are needed."""
    whole = math.prod(p for p, _ in collected)
    lifts = [whole // p * pow(whole // p, -1, p) for p, _ in collected]
    degree = len(cyclotomic_polynomial(order)) - 1
    places = list(dict.fromkeys(at for _, entries in collected for at in entries))
    zero = [0] * degree
    known: dict[tuple[int, ...], Number | None] = {}
    values: list[Number] = []
    for at in places:
        images = [entries.get(at, zero) for _, entries in collected]
        key = tuple(x for image in images for x in image)
        if key not in known:
            total: Number | None = 0
            for j in range(degree):
                joined = sum(image[j] * lift for image, lift in zip(images, lifts)) % whole
                c = fraction(joined, whole)
                if c is None or total is None:
                    total = None
                elif c:
                    total = total + (root(order, j) * c if j else c)
            known[key] = total
        found = known[key]
        if found is None:
            return None
        values.append(found)
    data = np.empty(len(values), dtype=object)
    data[:] = values
    return Matrix((count, n), [r for r, _ in places], [c for _, c in places], data)


def fraction(residue: int, modulus: int) -> Fraction | None:
    """The fraction a/b with |a|, b ≤ √(m/2) that is this residue modulo m, if there is one."""
    bound = math.isqrt(modulus // 2)
    r0, r1, t0, t1 = modulus, residue, 0, 1
    while r1 > bound:
        q = r0 // r1
        r0, r1, t0, t1 = r1, r0 - q * r1, t1, t0 - q * t1
    if t1 == 0 or abs(t1) > bound or math.gcd(r1, t1) != 1:
        return None
    return Fraction(r1, t1)


def annihilates(equations: Sequence[Matrix], rows: Matrix, order: int) -> bool:
    """Whether every equation gives zero on every row, in exact arithmetic."""
    modulus = cyclotomic_polynomial(order)
    degree = len(modulus) - 1
    right = planes(rows.T, order)
    for one in equations:
        sums: dict[int, Matrix] = {}
        for i, a in planes(one, order).items():
            for j, b in right.items():
                product, power = a @ b, (i + j) % order
                sums[power] = sums[power] + product if power in sums else product
        for power in range(order - 1, degree - 1, -1):
            top = sums.pop(power, None)
            if top is not None and len(top.values):
                for k, c in enumerate(modulus[:-1]):
                    if c:
                        low = power - degree + k
                        term = top * -c
                        sums[low] = sums[low] + term if low in sums else term
        if any(len(m.values) for m in sums.values()):
            return False
    return True


def planes(of: Matrix, order: int) -> dict[int, Matrix]:
    """A multiple of the matrix as whole matrices, one for each power of ζ."""
    if of.values.dtype == np.int64:
        return {0: of}
    entries: dict[int, list[tuple[int, int, Fraction]]] = {}
    for r, c, v in zip(of.rows.tolist(), of.cols.tolist(), of.values.tolist()):
        terms = v.lifted(order) if isinstance(v, Cyclotomic) else [Fraction(v)]
        for power, x in enumerate(terms):
            if x:
                entries.setdefault(power, []).append((r, c, x))
    scale = math.lcm(*(x.denominator for some in entries.values() for *_, x in some))
    found = {}
    for power, some in entries.items():
        data: NDArray[Any] = np.empty(len(some), dtype=object)
        data[:] = [int(x * scale) for *_, x in some]
        found[power] = Matrix(of.shape, [r for r, *_ in some], [c for _, c, _ in some], data)
    return found
