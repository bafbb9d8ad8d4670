"""Networks of weights: tables of numbers, exact outputs, arrows of the language.

Definition.  Real weights on Z_d give three tables, w_p[m, j] = Σ_k z[p, k, j] ζ^(±km): embeddings
of the two inputs, and the output layer.  The network adds the two embedded inputs, squares, and
maps to d outputs.  ``solves`` says whether o(a, b) = 2d·e[a + b] − 2 for all pairs: then the
largest output is at a + b, by a margin of 2d, and the loss is 0.

Method.  All numbers lie in Z[ζ_N]/D, N the least common multiple of d and the order of the
coefficients.  The numerator x of an output minus its target is evaluated at every primitive N-th
root of 1 modulo a prime p ≡ 1 mod N that exceeds the absolute value of every conjugate of x.  If
all residues vanish then p divides x (it splits completely), x/p is an integer whose conjugates are
all below 1, so its norm is 0 and x = 0.  If one residue does not vanish then x ≠ 0.  So the answer
is exact either way, and no real number is rounded.

>>> from categorical.hidden_units.solutions import FLIP, compose, order_four
>>> found = solves(order_four(7))
>>> found.verdict.name, found.scope
('EXACT', 'all 49 pairs, d=7, 13 hidden units')

Half of the sum of the powers is no solution:

>>> solves(compose(7, {k: (FLIP,) for k in (1, 2, 3)})).reason
'the output 0 of the pair (0, 0) is not 12'
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import gcd, lcm

import numpy as np
from numpy.typing import NDArray

from categorical.arrows import Arrow
from categorical.errors import SpecError
from categorical.exact import Basis, Matrix
from categorical.exact.numbers import Cyclotomic, Number, root
from categorical.hidden_units.polynomials import Polynomial, Ring
from categorical.hidden_units.weights import PARTS, Weights
from categorical.index import Axis, Dim
from categorical.semantics.modular import is_prime, root_of_unity
from categorical.verdicts import Finding, Verdict

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Entries = dict[tuple[int, int, int], int]  # numerators by unit, frequency and power of ζ
LARGEST = 1 << 31


def tables(weights: Weights, balanced: bool = True) -> dict[str, Floats]:
    """The tables of real weights in floats: ``a`` and ``b`` are d × width, ``c`` too.

    ``balanced`` scales each unit so that its three tables have one size; the network is the same,
    because an output is of degree 2 in the inputs' tables and of degree 1 in the output's.
    """
    _real(weights)
    d, width = weights.modulus, weights.width
    z = {p: np.zeros((d, width), complex) for p in PARTS}
    for j, unit in enumerate(weights.units):
        for (p, k), value in unit:
            z[p][k, j] = complex(value)  # type: ignore[arg-type]
    turns = np.exp(2j * np.pi * (np.outer(np.arange(d), np.arange(d)) % d) / d)
    found = {p: (turns @ z[p]).real for p in "ab"}
    found["c"] = (turns.conj() @ z["c"]).real
    if balanced:
        inner = np.sqrt((found["a"] ** 2 + found["b"] ** 2).sum(0) / 2)
        outer = np.sqrt((found["c"] ** 2).sum(0))
        factor = np.cbrt(outer / np.where(inner > 0, inner, 1.0))
        factor = np.where((inner > 0) & (outer > 0), factor, 1.0)
        found = {"a": found["a"] * factor, "b": found["b"] * factor, "c": found["c"] / factor**2}
    return found


def state(weights: Weights, balanced: bool = True) -> dict[str, Floats]:
    """The weights by the names of ``specs/modular_addition.py``, in the layout of torch."""
    one = tables(weights, balanced)
    return {"first.weight": one["a"], "second.weight": one["b"], "out.weight": one["c"]}


def _real(weights: Weights) -> None:
    if not weights.is_real:
        raise SpecError(
            "CM042",
            f"{weights} are not real",
            help=["the coefficient at −k is the conjugate of that at k"],
        )


# --- exact outputs --------------------------------------------------------------------------------


def solves(weights: Weights) -> Finding:
    """Whether o(a, b) = 2d·e[a + b] − 2 for all pairs, exactly; see the module."""
    _real(weights)
    d, n = weights.modulus, lcm(weights.modulus, weights.order)
    numerators, denominators = zip(*(_numerators(weights, p, n) for p in PARTS))
    scale = lcm(denominators[0], denominators[1])
    factors = [scale // denominators[0], scale // denominators[1], 1]
    entries = [{at: c * f for at, c in one.items()} for one, f in zip(numerators, factors)]
    denominator = scale * scale * denominators[2]
    p = _prime(n, _bound(entries, d, denominator))
    law = "o(a, b) = 2d·e[a + b] − 2, so argmax o(a, b) = a + b"
    scope = f"all {d * d} pairs, d={d}, {weights.width} hidden units"
    powers = [k for k in range(n) if gcd(k, n) == 1]
    method = (
        f"numbers of Z[ζ_{n}] by their residues modulo {p} at all {len(powers)} primitive roots; "
        f"{p} exceeds every conjugate"
    )
    zeta = root_of_unity(n, p)
    residues = [_residues(weights, one, n, p) for one in entries]
    for power in powers:
        wrong = _wrong(weights, residues, denominator, p, pow(zeta, power, p))
        for a, b, c in wrong:
            target = 2 * d * int(c == (a + b) % d) - 2
            reason = f"the output {c} of the pair ({a}, {b}) is not {target}"
            return Finding(law, Verdict.REFUTED, scope, method, reason=reason)
    return Finding(law, Verdict.EXACT, scope, method, "0: residues at every prime above p")


def _numerators(weights: Weights, p: str, n: int) -> tuple[Entries, int]:
    """Coefficients of powers of ζ_n: numerators by unit, frequency and power; one denominator."""
    found: dict[tuple[int, int, int], Fraction] = {}
    for j, unit in enumerate(weights.units):
        for (part, k), value in unit:
            if part == p:
                terms = value.lifted(n) if isinstance(value, Cyclotomic) else [_rational(value)]
                found.update({(j, k, i): c for i, c in enumerate(terms) if c})
    denominator = lcm(1, *(c.denominator for c in found.values()))
    return {at: int(c * denominator) for at, c in found.items()}, denominator


def _residues(weights: Weights, entries: Entries, n: int, p: int) -> Whole:
    """The numerators modulo a prime: [unit, frequency, power]."""
    whole = np.zeros((weights.width, weights.modulus, n), dtype=np.int64)
    for at, c in entries.items():
        whole[at] = c % p
    return whole


def _rational(value: Ring) -> Fraction:
    assert isinstance(value, (int, Fraction))  # real weights have no variables
    return Fraction(value)


def _bound(entries: list[Entries], d: int, denominator: int) -> int:
    """More than the absolute value of every conjugate of an output's numerator and its target."""
    sizes: list[dict[int, int]] = []  # of each table: a sum for each unit
    for one in entries:
        sizes.append({})
        for (j, _, _), value in one.items():
            sizes[-1][j] = sizes[-1].get(j, 0) + abs(value)
    a, b, c = sizes
    return sum((a.get(j, 0) + b.get(j, 0)) ** 2 * z for j, z in c.items()) + 2 * d * denominator


def _prime(n: int, bound: int) -> int:
    """The least prime above the bound (and above 2¹⁶) that is 1 modulo n."""
    p = (max(bound, 1 << 16) // n + 1) * n + 1
    while p < LARGEST and not is_prime(p):
        p += n
    if p >= LARGEST:
        raise SpecError("CM042", f"no prime below 2³¹ exceeds {bound}, the size of these outputs")
    return p


def _wrong(
    weights: Weights, residues: list[Whole], denominator: int, p: int, zeta: int
) -> Iterator[tuple[int, int, int]]:
    """The pairs and outputs that differ from their target at one root of 1 modulo p."""
    d, n = weights.modulus, residues[0].shape[2]
    powers = np.array([pow(zeta, i, p) for i in range(n)], dtype=np.int64)
    tables = []
    for one, sign in zip(residues, (1, 1, -1), strict=True):
        z = _sum(one * powers, p)  # [unit, frequency]
        turns = powers[n // d * sign * np.outer(np.arange(d), np.arange(d)) % n]  # [place, freq.]
        tables.append(_sum(turns[:, None, :] * z[None], p))  # [place, unit]
    a, b, c = tables
    target = denominator % p
    for first in range(d):
        hidden = (a[first] + b) % p
        hidden = hidden * hidden % p  # [second, unit]
        outputs = np.stack([_sum(hidden * c[m], p) for m in range(d)], 1)
        wanted = np.full((d, d), -2 * target % p)
        seconds = np.arange(d)
        wanted[seconds, (first + seconds) % d] = (2 * d - 2) * target % p
        for second, m in np.argwhere(outputs != wanted).tolist():
            yield first, second, m


def _sum(products: Whole, p: int) -> Whole:
    """The sum over the last axis of products of residues."""
    total: Whole = (products % p).sum(-1) % p
    return total


# --- in the language ------------------------------------------------------------------------------


def exact_table(weights: Weights, p: str) -> list[list[Number]]:
    """w_p as exact real numbers: rows are the elements of Z_d, columns hidden units."""
    _real(weights)
    d, sign = weights.modulus, -1 if p == "c" else 1
    rows = []
    for m in range(d):
        row: list[Number] = []
        for unit in weights.units:
            total: Number = Fraction(0)
            for (part, k), value in unit:
                if part == p and not isinstance(value, Polynomial):
                    total = total + value * root(d, sign * k * m % d)
            row.append(total)
        rows.append(row)
    return rows


def layer(weights: Weights, part: str, source: Axis | Dim, target: Axis | Dim) -> Arrow:
    """``Real[…, source] → Real[…, target]``: one of the tables as a linear map, exact: ``a`` and
    ``b`` go from Z_d to hidden units, ``c`` from hidden units to Z_d."""
    from categorical import op

    table = exact_table(weights, part)
    rows = table if part == "c" else [list(column) for column in zip(*table)]
    basis = Basis.of_matrices([Matrix.of(rows)])
    return op.hom(basis, ((source,),), (target,), coefficients=(1,), name=part)


def network(weights: Weights, first: Dim, second: Dim, total: Dim, unit: Dim) -> Arrow:
    """``Real[first], Real[second] → Real[total]``: the network on vectors, its weights exact.

    On the basis vectors e_a and e_b this is the network on the pair (a, b).
    """
    from categorical import op

    reads = layer(weights, "a", first, unit) @ layer(weights, "b", second, unit)
    return (reads >> op.add >> op.square >> layer(weights, "c", unit, total)).named("composed")


def every_pair(weights: Weights, first: Dim, second: Dim, total: Dim, unit: Dim) -> Arrow:
    """``One → Real[first, second, total]``: the outputs of the network on all pairs at once."""
    from categorical import op

    def read(part: str, one: Dim, other: Dim) -> Arrow:
        basis_vectors = op.eye(one, one.at("entry"))
        embedded = basis_vectors >> layer(weights, part, one.at("entry"), unit) >> op.expand(other)
        return embedded >> op.transpose(first, second, unit)

    hidden = (read("a", first, second) @ read("b", second, first)) >> op.add >> op.square
    return (hidden >> layer(weights, "c", unit, total)).named("every_pair")


def answers(d: int) -> list[list[list[int]]]:
    """The outputs on all pairs that solve modular addition: 2d at a + b, minus 2 everywhere."""
    every = range(d)
    return [[[2 * d * ((a + b) % d == c) - 2 for c in every] for b in every] for a in every]
