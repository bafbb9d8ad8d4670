"""Arithmetic modulo a prime below 2³¹, on int64 arrays, without overflow.

Residues are 0 … p−1. A product of two residues fits in 62 bits; a matrix product is split into
16-bit limbs, so that every partial sum is an integer below 2⁵³ and floating-point BLAS is exact.
Laws: every function here agrees with Python's unbounded integers modulo p.

>>> import numpy as np
>>> inverse(np.array([1, 2, 3]), 7)
array([1, 4, 5])
>>> inverse(np.array([0, 2]), 7)
Traceback (most recent call last):
    ...
categorical.semantics.algebra.Resample: division by zero modulo 7
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import Any

import numpy as np

from categorical.exact.numbers import Cyclotomic
from categorical.semantics.algebra import Index, Number, Numbers, OutsideFragment, Resample

LIMB = 16
LIMB_MASK = (1 << LIMB) - 1
SMALL_WORK = 1 << 14
DEPTH = 1 << 20


def is_prime(n: int) -> bool:
    """Miller and Rabin's test on bases that decide every n below 3·10¹⁴."""
    if n < 2:
        return False
    small = (2, 3, 5, 7, 11, 13, 17)
    for q in small:
        if n % q == 0:
            return n == q
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in small:
        x = pow(base, odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def draw_prime(rng: np.random.Generator, congruent_one_mod: int = 1) -> int:
    """A random prime of 31 bits, congruent to 1 modulo a number (for its roots of unity)."""
    m = congruent_one_mod
    if not 1 <= m <= 1 << 20:
        raise ValueError(f"congruent_one_mod must be between 1 and 2**20, not {m}")
    low, high = (1 << 30) // m + 1, ((1 << 31) - 2) // m
    for _ in range(1_000_000):
        p = int(rng.integers(low, high + 1)) * m + 1
        if is_prime(p):
            return p
    raise ValueError(f"found no 31-bit prime congruent to 1 modulo {m}")


class NoRoot(OutsideFragment):
    """The prime has no root of unity of an order: another one has, if it is 1 modulo the order."""

    def __init__(self, order: int, p: int) -> None:
        super().__init__(f"no root of unity of order {order} modulo {p}")
        self.order = order


def root_of_unity(order: int, p: int) -> int:
    """An element of exact multiplicative order `order`; it must divide p − 1.

    The roots of one prime are powers of one generator, as exp(2πi/n) are of one another."""
    if order < 1 or (p - 1) % order:
        raise NoRoot(order, p)
    return pow(_generator(p), (p - 1) // order, p)


@lru_cache(maxsize=256)
def _generator(p: int) -> int:
    """The least number whose powers are all residues but 0."""
    rest, factors, q = p - 1, [], 2
    while q * q <= rest:
        if rest % q == 0:
            factors.append(q)
            while rest % q == 0:
                rest //= q
        q += 1
    factors += [rest] if rest > 1 else []
    return next(g for g in range(1, p) if all(pow(g, (p - 1) // q, p) != 1 for q in factors))


def residues(array_or_number: Numbers | Number, p: int) -> Index:
    """Integers, booleans, floats (exactly, as dyadic rationals) and exact numbers modulo p."""
    array = np.asarray(array_or_number)
    if np.issubdtype(array.dtype, np.integer):
        return np.asarray(array % p, dtype=np.int64)
    if array.dtype == np.bool_:
        return array.astype(np.int64)
    if np.issubdtype(array.dtype, np.floating):
        return _dyadic(array.astype(np.float64), p)
    if np.issubdtype(array.dtype, np.complexfloating):
        imaginary = residues(array.imag, p)
        if not imaginary.any():
            return residues(array.real, p)
        return np.asarray((residues(array.real, p) + root_of_unity(4, p) * imaginary) % p)
    flat = [_exact(x, p) for x in array.ravel()]
    return np.array(flat, dtype=np.int64).reshape(array.shape)


def _exact(x: Any, p: int) -> int:
    """The residue of an exact number; sums of roots of unity map to those of the prime."""
    if not isinstance(x, Cyclotomic):
        return _residue(Fraction(x), p)
    zeta = root_of_unity(x.order, p)
    terms = (_residue(c, p) * pow(zeta, power, p) for power, c in enumerate(x.coefficients) if c)
    return sum(terms) % p


def _residue(x: Fraction, p: int) -> int:
    if x.denominator % p == 0:
        raise Resample(f"division by zero modulo {p}")
    return x.numerator * pow(x.denominator, -1, p) % p


def _dyadic(array: Numbers, p: int) -> Index:
    if not np.isfinite(array).all():
        raise OutsideFragment("infinities and NaN have no residue: mask with `where`")
    mantissa, exponent = np.frexp(array)
    powers, place = np.unique(exponent, return_inverse=True)
    scale = np.array([pow(2, int(e) - 53, p) for e in powers], dtype=np.int64)
    whole = np.ldexp(mantissa, 53).astype(np.int64) % p
    return np.asarray(whole * scale[place.reshape(array.shape)] % p)


def inverse(a: Index, p: int) -> Index:
    """Modular inverses of a whole array with one division, by a tree of products."""
    if a.size and not np.all(a):
        raise Resample(f"division by zero modulo {p}")
    level = a.ravel()
    levels = []
    while level.size > 1:
        if level.size % 2:
            level = np.append(level, 1)
        levels.append(level)
        level = level[0::2] * level[1::2] % p
    result = np.array([pow(int(x), -1, p) for x in level], dtype=np.int64)
    for level in reversed(levels):
        result = result[: level.size // 2]
        below = np.empty_like(level)
        below[0::2] = level[1::2] * result % p
        below[1::2] = level[0::2] * result % p
        result = below
    return result[: a.size].reshape(a.shape)


def multiply(a: Index, b: Index, p: int) -> Index:
    return np.asarray(a * b % p)


def matmul(a: Index, b: Index, p: int) -> Index:
    """Batched matrix product of residues, exact at every size."""
    batch, rows, depth = a.shape
    columns = b.shape[2]
    if batch * rows * depth * columns <= SMALL_WORK:
        return _matmul_integers(a, b, p)
    if depth <= DEPTH:
        return _matmul_limbs(a, b, p)
    result = np.zeros((batch, rows, columns), dtype=np.int64)
    for start in range(0, depth, DEPTH):
        stop = start + DEPTH
        result = (result + _matmul_limbs(a[:, :, start:stop], b[:, start:stop], p)) % p
    return result


def _matmul_integers(a: Index, b: Index, p: int) -> Index:
    high = np.matmul(a >> LIMB, b) % p
    return np.asarray(((high << LIMB) + np.matmul(a & LIMB_MASK, b)) % p)


def _matmul_limbs(a: Index, b: Index, p: int) -> Index:
    rows, columns = a.shape[1], b.shape[2]
    left = np.concatenate((a >> LIMB, a & LIMB_MASK), axis=1).astype(np.float64)
    right = np.concatenate((b >> LIMB, b & LIMB_MASK), axis=2).astype(np.float64)
    product = np.matmul(left, right).astype(np.int64)
    high = product[:, :rows, :columns] % p
    middle = product[:, :rows, columns:] + product[:, rows:, :columns]
    upper = ((high << LIMB) + middle) % p
    return np.asarray(((upper << LIMB) + product[:, rows:, columns:]) % p)
