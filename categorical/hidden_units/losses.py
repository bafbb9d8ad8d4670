"""The square loss of modular addition, from its definition and from potentials.

Definition.  A network on Z_d with weights w has the outputs

    o[c](a, b) = Σ_j w_c[c, j] (w_a[a, j] + w_b[b, j])²,

and its loss is Σ ‖P⊥(o(a, b)/2d − e[a + b])‖² over all pairs; P⊥ subtracts the mean over c.

Law.  With R[p; m, k] = Σ_k′ r[p; k′, m − k′, k] and δ = 1 where k1 = k2 = k,

    loss = d Σ_{k≠0} ( Σ_{k1,k2≠0} |r[k1,k2,k] − δ|²  +  |½R[a;0,k] + ½R[b;0,k] + r[0,0,k]|²
                       + Σ_{m≠0} |½R[a;m,k] + r[m,0,k]|² + |½R[b;m,k] + r[0,m,k]|² ),

for real weights, where |x|² = x·x̄ and x̄ has the negative frequencies.  The products of conjugate
frequencies make both sides polynomials, and the law is an identity of polynomials in all
coefficients.  Both sides are of degree at most 2 in the family (a sum over pairs of units, one
over units, a constant), so the identity for two generic units is that for all widths.

>>> identity(4).verdict.name, identity(4).scope
('EXACT', 'all widths, d=4')
>>> loss_from_potentials(Weights.zero(7)) == 7 * 6
True

Another share of the squares is another function:

>>> identity(4, half=Fraction(1)).verdict.name
'REFUTED'
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from categorical.exact.numbers import Number, root
from categorical.hidden_units.polynomials import Polynomial, Ring
from categorical.hidden_units.weights import Unit, Weights
from categorical.verdicts import Finding, Verdict

HALF = Fraction(1, 2)
Key = tuple[int, int, int]
ZERO = Fraction(0)


# --- from potentials ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Sums:
    """All potentials that are not zero: ``mixed[k1, k2, k]``, and ``own[p, m, k]`` summed over the
    pairs of frequencies with the sum m."""

    mixed: dict[Key, Ring]
    own: dict[tuple[str, int, int], Ring]


def sums(weights: Weights) -> Sums:
    """The potentials of weights, unit by unit; only coefficients that are not zero are read."""
    d = weights.modulus
    mixed: dict[Key, Ring] = defaultdict(Fraction)
    own: dict[tuple[str, int, int], Ring] = defaultdict(Fraction)
    for unit in weights.units:
        a, b, c = parts(unit)
        for (i, x), (j, y) in product(a.items(), b.items()):
            for k, z in c.items():
                mixed[i, j, k] = mixed[i, j, k] + x * y * z
        for name, one in (("a", a), ("b", b)):
            for (i, x), (j, y) in product(one.items(), one.items()):
                for k, z in c.items():
                    m = (i + j) % d
                    own[name, m, k] = own[name, m, k] + x * y * z
    return Sums(
        {key: value for key, value in mixed.items() if value != 0},
        {key: value for key, value in own.items() if value != 0},
    )


def parts(unit: Unit) -> tuple[dict[int, Ring], ...]:
    """The coefficients of a, b and c by frequency."""
    found: dict[str, dict[int, Ring]] = {"a": {}, "b": {}, "c": {}}
    for (p, k), value in unit:
        found[p][k] = value
    return found["a"], found["b"], found["c"]


def errors(weights: Weights, half: Fraction = HALF) -> dict[Key, Ring]:
    """The Fourier coefficients of o/2d − e, times d: (k1, k2, k) of ζ^(k1·a + k2·b − k·c), k ≠ 0.

    The loss is d times the sum of their squares, so it is 0 exactly when there are none.
    """
    d, known = weights.modulus, sums(weights)
    found: dict[Key, Ring] = defaultdict(Fraction)
    for (k1, k2, k), value in known.mixed.items():
        found[k1, k2, k] = found[k1, k2, k] + value
    for (p, m, k), value in known.own.items():
        key = (m, 0, k) if p == "a" else (0, m, k)
        found[key] = found[key] + half * value
    for k in range(1, d):
        found[k, k, k] = found[k, k, k] - 1
    return {key: value for key, value in found.items() if key[2] and value != 0}


def loss_from_potentials(weights: Weights, half: Fraction = HALF) -> Ring:
    """The loss by the formula of the module."""
    d = weights.modulus
    found = errors(weights, half)
    total: Ring = ZERO
    for (k1, k2, k), value in found.items():
        total = total + value * found.get((-k1 % d, -k2 % d, -k % d), ZERO)
    return d * total


# --- from its definition --------------------------------------------------------------------------


def outputs(weights: Weights) -> dict[Key, Ring]:
    """The outputs as sums of characters: (α, β, γ) ↦ the coefficient of ζ^(αa + βb − γc).

    Each unit is multiplied out: (Σ x_i ζ^(ia) + Σ y_j ζ^(jb))² Σ z_k ζ^(−kc).
    """
    d = weights.modulus
    found: dict[Key, Ring] = defaultdict(Fraction)
    for unit in weights.units:
        a, b, c = parts(unit)
        inside = [(i, 0, x) for i, x in a.items()] + [(0, j, y) for j, y in b.items()]
        squared: dict[tuple[int, int], Ring] = defaultdict(Fraction)
        for (i, j, x), (m, n, y) in product(inside, inside):
            at = ((i + m) % d, (j + n) % d)
            squared[at] = squared[at] + x * y
        for (alpha, beta), x in squared.items():
            for k, z in c.items():
                found[alpha, beta, k] = found[alpha, beta, k] + x * z
    return found


def empirical_loss(weights: Weights) -> Ring:
    """Σ over all a, b, c of (P⊥(o/2d − e)[c])², multiplied out.

    A sum of characters is squared term by term, and each product is summed over a, b and c apart:
    Σ_a ζ^(ma) is computed exactly, and is what makes most products vanish.
    """
    d = weights.modulus
    totals = [_total(d, m) for m in range(d)]
    found = {key: value * Fraction(1, 2 * d) for key, value in outputs(weights).items()}
    for k in range(d):  # e[c] is 1 where a + b = c: the mean of ζ^(k(a + b − c)) over k
        found[k, k, k] = found.get((k, k, k), ZERO) - Fraction(1, d)
    centred: dict[Key, Ring] = defaultdict(Fraction)
    for (alpha, beta, gamma), value in found.items():
        centred[alpha, beta, gamma] = centred[alpha, beta, gamma] + value
        mean = totals[-gamma % d] * Fraction(1, d)
        if mean != 0:
            centred[alpha, beta, 0] = centred[alpha, beta, 0] - value * mean
    partners = [[n for n in range(d) if totals[(m + n) % d] != 0] for m in range(d)]
    total: Ring = ZERO
    for (alpha, beta, gamma), value in centred.items():
        for other in product(partners[alpha], partners[beta], partners[gamma]):
            if other in centred:
                count: Number = Fraction(1)
                for m, n in zip((alpha, beta, gamma), other, strict=True):
                    count = count * totals[(m + n) % d]
                total = total + value * centred[other] * count
    return total


def _total(d: int, m: int) -> Number:
    """Σ_a ζ^(ma)."""
    total: Number = ZERO
    for a in range(d):
        total = total + root(d, m * a % d)
    return total


def loss_by_pairs(weights: Weights) -> Ring:
    """The loss by running the network on every pair, in the order of the definition."""
    d = weights.modulus
    tables = []
    for unit in weights.units:
        tables.append(
            [
                [_evaluated(one, d, sign * m) for m in range(d)]
                for one, sign in zip(parts(unit), (1, 1, -1), strict=True)
            ]
        )
    total: Ring = ZERO
    for first, second in product(range(d), repeat=2):
        error: list[Ring] = []
        for c in range(d):
            value: Ring = ZERO
            for a, b, out in tables:
                hidden = a[first] + b[second]
                value = value + out[c] * (hidden * hidden)
            error.append(value * Fraction(1, 2 * d) - int(c == (first + second) % d))
        mean: Ring = ZERO
        for value in error:
            mean = mean + value * Fraction(1, d)
        for value in error:
            total = total + (value - mean) * (value - mean)
    return total


def _evaluated(coefficients: dict[int, Ring], d: int, m: int) -> Ring:
    total: Ring = ZERO
    for k, value in coefficients.items():
        total = total + value * root(d, k * m % d)
    return total


# --- the law --------------------------------------------------------------------------------------


def identity(d: int, half: Fraction = HALF) -> Finding:
    """Whether both losses are one polynomial in the coefficients, for all widths on Z_d."""
    law = f"the loss on Z_{d} is that of the potentials"
    scope, method = f"all widths, d={d}", "two generic units, expanded over Q"
    weights = Weights.generic(d, 2)
    difference = empirical_loss(weights) - loss_from_potentials(weights, half)
    if difference == 0:
        bound = "0: an identity of polynomials"
        return Finding(law, Verdict.EXACT, scope, method, bound)
    assert isinstance(difference, Polynomial)
    mono, value = difference.leading()
    names = "·".join(f"{name}^{power}" if power > 1 else name for name, power in mono)
    reason = f"the coefficients of {names} differ by {value}"
    return Finding(law, Verdict.REFUTED, scope, method, reason=reason)
