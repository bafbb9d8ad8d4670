"""Global optima of modular addition, composed from partial solutions.

Definition.  The loss of real weights on Z_d is 0 exactly when four sets of equations hold, k ≠ 0:

    R_g: r[k, k, k] = 1                       R_c: r[k1, k2, k] = 0 for other k1, k2 ≠ 0
    R_n: R[p; m, k] + 2·(mixed with 0) = 0    R_*: R[a; 0, k] + R[b; 0, k] + 2 r[0, 0, k] = 0
         for m ≠ 0

A *partial solution* satisfies some of them.  Potentials are homomorphisms, so a product satisfies
every equation "= 0" (of a single potential) that one of its factors does, and sums over different
frequencies do not meet: with one triple (u_a, u_b, u_c) at k and the conjugate at −k, the
potentials at k are sums of monomials in u and ū, whatever d and k are, except where −k = k.

    TURN       {(ωʲ, ωʲ, ωʲ)}, ω³ = 1, order 3: all but u_a² u_c and u_b² u_c vanish
    TWIST(x)   {(1, 1, 1), (x, −x, −1/x²)}, |x| = 1, order 2: u_a² u_c and u_b² u_c vanish;
               FLIP is x = −1, where ū_a² u_c, ū_b² u_c and |u|² u_c vanish as well,
               CROSS is x = i, where all but u_a u_b ū_c and |u|² u_c vanish
    SKEW       {(1, 1, 1), (1, −i, i)}, order 2: u_a u_b ū_c vanishes

Laws.  For every d and x: TWIST(x) ⊗ TURN (order 6) satisfies all equations at a frequency
0 < k < d/2, up to the factor 6 in R_g; CROSS ⊗ SKEW (order 4) satisfies all but R_*, and one more
unit, constant in a, mends R_* at all frequencies at once.  At k = d/2, where u is real, FLIP is
enough, or one unit beside the constant one.  So

    order 6 everywhere:  3(d − 1) hidden units for odd d, 3d − 4 for even d;
    order 4 everywhere:  2d − 1 hidden units for odd d, 2d − 2 for even d.

    order 4 and 6, no constant unit: the units of order 6 at any one frequency may carry the
                         correction of R_* in w_c instead (``mixed`` with ``lent``).

``everywhere`` shows it for all d at once; ``order_six``, ``order_four`` and ``mixed`` compose
them, and the loss of what is composed is computed again, for each d.

>>> everywhere((FLIP, TURN)), sorted(everywhere((CROSS, SKEW)))
(set(), ['(|u_a|²+|u_b|²)·u_c'])

>>> [(d, order_six(d).width, order_four(d).width) for d in (5, 6, 7, 12, 23)]
[(5, 12, 9), (6, 14, 10), (7, 18, 13), (12, 32, 22), (23, 66, 45)]
>>> from categorical.hidden_units.losses import loss_from_potentials
>>> [loss_from_potentials(one(9)) == 0 for one in (order_six, order_four)]
[True, True]

Without the sign change, the squares of one input are left:

>>> half = compose(9, {k: (TURN,) for k in range(1, 5)})
>>> unsolved(half), loss_from_potentials(half) > 0
(('R_n',), True)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any

from categorical.errors import SpecError
from categorical.exact.numbers import Cyclotomic, Number, inverse, root
from categorical.hidden_units.losses import errors, parts, sums
from categorical.hidden_units.polynomials import Polynomial, Ring
from categorical.hidden_units.weights import Weights, conjugate

Triple = tuple[Number, Number, Number]
Family = tuple[Triple, ...]

SQUARES = "(|u_a|²+|u_b|²)·u_c"
IMAGINARY = root(4)
UNIT: Triple = (1, 1, 1)
ONE: Family = (UNIT,)
TURN: Family = tuple((root(3, j), root(3, j), root(3, j)) for j in range(3))


def twist(x: Number) -> Family:
    """{(1, 1, 1), (x, −x, −1/x²)}, for a number x with |x| = 1."""
    if x * conjugate(x) != 1:
        raise SpecError("CM042", f"|{x}| is not 1", help=["roots of unity: root(n, k)"])
    return (UNIT, (x, -x, -inverse(x * x)))


FLIP: Family = twist(-1)
CROSS: Family = twist(IMAGINARY)
SKEW: Family = (UNIT, (1, -IMAGINARY, IMAGINARY))


def compose(d: int, factors: Mapping[int, Sequence[Family]]) -> Weights:
    """⊕ over the frequencies of the product of the factors there, with r[k, k, k] = 1."""
    found = Weights.zero(d)
    for k, families in factors.items():
        if not 0 < k <= d // 2:
            raise SpecError(
                "CM042",
                f"the frequency {k} on Z_{d}",
                help=[f"1 … {d // 2}: the others are their negatives"],
            )
        part = Weights.frequency(d, k)
        for family in families:
            part = part * at_frequency(d, k, family)
        goal = sums(part).mixed.get((k, k, k), Fraction(0))
        if not isinstance(goal, (int, Fraction, Cyclotomic)) or goal != conjugate(goal):
            raise SpecError("CM042", f"r[{k}, {k}, {k}] = {goal} is no real number")
        if goal == 0:
            raise SpecError(
                "CM042",
                f"r[{k}, {k}, {k}] is 0, and no factor makes it 1",
                help=["the products u_a·u_b·u_c of a family must not add up to 0"],
            )
        found = found + part * Weights.scalar(d, inverse(goal))
    return found


def at_frequency(d: int, k: int, family: Family) -> Weights:
    """The family at ±k, with 1 elsewhere: ⊗ acts frequency by frequency."""
    units = []
    for triple in family:
        unit: dict[tuple[str, int], Ring] = {(p, m): 1 for p in "abc" for m in range(d)}
        for p, value in zip("abc", triple, strict=True):
            if 2 * k % d == 0 and value != conjugate(value):
                raise SpecError(
                    "CM042",
                    f"{value} at the frequency {k} of Z_{d}, which is its own negative",
                    help=["real weights have real coefficients at 0 and d/2"],
                )
            unit[p, k % d], unit[p, -k % d] = value, conjugate(value)
        units.append(unit)
    return Weights.of(d, units)


def everywhere(factors: Sequence[Family]) -> set[str]:
    """The monomials of one frequency that do not vanish on a product of families, but must.

    For 0 < k < d/2 every equation at k is a sum of these, of their conjugates or of nothing, for
    every d: none left means that the equations at k hold for every d (up to the factor of R_g).
    """
    units = [UNIT]
    for family in factors:
        units = [(a * x, b * y, c * z) for a, b, c in units for x, y, z in family]
    total: dict[str, Number] = {}
    for a, b, c in units:
        for name, value in monomials((a, b, c), (conjugate(a), conjugate(b), conjugate(c))).items():
            total[name] = total.get(name, Fraction(0)) + value
    return {name for name, value in total.items() if value != 0}


def monomials(u: Sequence[Any], bar: Sequence[Any]) -> dict[str, Any]:
    """The monomials of one frequency that must vanish, of (u_a, u_b, u_c) and the conjugates."""
    (a, b, c), (bar_a, bar_b, bar_c) = u, bar
    return {
        "u_a·u_b·ū_c": a * b * bar_c,
        "u_a·ū_b·u_c": a * bar_b * c,
        "ū_a·u_b·u_c": bar_a * b * c,
        "u_a²·u_c": a * a * c,
        "u_b²·u_c": b * b * c,
        "ū_a²·u_c": bar_a * bar_a * c,
        "ū_b²·u_c": bar_b * bar_b * c,
        SQUARES: (a * bar_a + b * bar_b) * c,
    }


def frequencies(d: int) -> range:
    """One of k and −k, for each k ≠ 0."""
    return range(1, d // 2 + 1)


def order_six(d: int) -> Weights:
    """FLIP ⊗ TURN at every frequency (FLIP at d/2): loss 0 for every d."""
    return mixed(d, frequencies(d))


def order_four(d: int) -> Weights:
    """CROSS ⊗ SKEW at every frequency (one unit at d/2) and a constant unit: loss 0 for every d."""
    return mixed(d, ())


def mixed(d: int, six: Collection[int], lent: bool = False) -> Weights:
    """Order 6 at some frequencies, order 4 at the others; ``lent``: without a constant unit."""
    factors: dict[int, tuple[Family, ...]] = {}
    for k in frequencies(d):
        if 2 * k == d:
            factors[k] = (FLIP,) if k in six else (ONE,)
        else:
            factors[k] = (FLIP, TURN) if k in six else (CROSS, SKEW)
    found = compose(d, factors)
    if lent:
        return lend(found, [k for k in six if 2 * k != d])
    return found + constant_unit(found)


def lend(weights: Weights, six: Collection[int]) -> Weights:
    """R_* mended by the units of order 6 at some frequencies: what is added to w_c alike in all of
    them meets |u_a|² and |u_b|² only, as u_a², u_b², u_a·u_b and u_a·ū_b add up to 0 there."""
    d, left = weights.modulus, errors(weights)
    lenders = {
        j for j, unit in enumerate(weights.units) if any(("c", k) in dict(unit) for k in six)
    }
    square: Ring = Fraction(0)
    for j in lenders:
        a, b, _ = parts(weights.units[j])
        for one in (a, b):
            square = square + sum((one[k] * one[-k % d] for k in one), Fraction(0))
    if square == 0 or isinstance(square, Polynomial):
        raise SpecError("CM042", "there are no units of order 6, which carry what is added")
    more = {("c", k): -2 * v * inverse(square) for (i, j, k), v in left.items() if not i and not j}
    units = []
    for j, unit in enumerate(weights.units):
        changed = dict(unit)
        for place, value in more.items() if j in lenders else ():
            changed[place] = changed.get(place, Fraction(0)) + value
        units.append(changed)
    return Weights.of(d, units)


def constant_unit(weights: Weights) -> Weights:
    """One unit that reads nothing (w_a = 1, w_b = 0) and whose output mends R_* at every frequency;
    no unit where R_* holds."""
    d, left = weights.modulus, errors(weights)
    output = {("c", k): -2 * left[0, 0, k] for k in range(1, d) if (0, 0, k) in left}
    return Weights.of(d, [{("a", 0): 1, **output}] if output else ())


def unsolved(weights: Weights) -> tuple[str, ...]:
    """The sets of equations that do not hold; none of them means loss 0, for real weights."""
    found = set()
    for k1, k2, k in errors(weights):
        if k1 and k2:
            found.add("R_g" if k1 == k2 == k else "R_c")
        else:
            found.add("R_n" if k1 or k2 else "R_*")
    return tuple(sorted(found))
