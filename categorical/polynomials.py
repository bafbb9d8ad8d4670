"""Polynomials over the integers in named atoms.

Definition. A monomial is a sorted tuple of pairs (atom, exponent); a polynomial is a finite map
from monomials to non-zero integers. Atoms are strings and mean nothing here.

Laws. Polynomials form a commutative ring; ``divide`` is exact division where there is one; ``gcd``
is the greatest common divisor in Z[atoms], with a positive leading coefficient.

Accepted: (n**2 - 1) is divisible by (n - 1).

>>> n2_minus_1: Poly = {(("n", 2),): 1, ONE: -1}
>>> n_minus_1: Poly = {(("n", 1),): 1, ONE: -1}
>>> divide(n2_minus_1, n_minus_1)
{(('n', 1),): 1, (): 1}

Rejected: n is not.

>>> divide({(("n", 1),): 1}, n_minus_1) is None
True
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

Mono = tuple[tuple[str, int], ...]
Poly = dict[Mono, int]
Terms = tuple[tuple[Mono, int], ...]

ONE: Mono = ()


def constant(value: int) -> Poly:
    """The constant polynomial."""
    return {ONE: value} if value else {}


def order(mono: Mono) -> tuple[int, tuple[tuple[str, int], ...]]:
    """Sort key of the graded lexicographic order, greatest monomial first."""
    return -sum(e for _, e in mono), tuple((a, -e) for a, e in mono)


def terms(p: Poly) -> Terms:
    """The terms of a polynomial, greatest first: a canonical, hashable form."""
    return tuple((m, p[m]) for m in sorted(p, key=order))


def leading(p: Poly) -> Mono:
    """The greatest monomial of a non-zero polynomial."""
    return min(p, key=order)


def mono_mul(a: Mono, b: Mono) -> Mono:
    """The product of two monomials."""
    if not a:
        return b
    if not b:
        return a
    exponents = dict(a)
    for atom, e in b:
        exponents[atom] = exponents.get(atom, 0) + e
    return tuple(sorted(exponents.items()))


def mono_div(a: Mono, b: Mono) -> Mono | None:
    """The quotient of two monomials, or None where it is not a monomial."""
    exponents = dict(a)
    for atom, e in b:
        left = exponents.get(atom, 0) - e
        if left < 0:
            return None
        if left:
            exponents[atom] = left
        else:
            del exponents[atom]
    return tuple(sorted(exponents.items()))


def mono_gcd(monos: Iterable[Mono]) -> Mono:
    """The greatest common divisor of some monomials (at least one)."""
    common: dict[str, int] | None = None
    for mono in monos:
        exponents = dict(mono)
        if common is None:
            common = exponents
        else:
            common = {a: min(e, exponents[a]) for a, e in common.items() if a in exponents}
        if not common:
            return ONE
    return tuple(sorted((common or {}).items()))


def add(p: Poly, q: Poly, scale: int = 1) -> Poly:
    """p + scale * q."""
    out = dict(p)
    for mono, c in q.items():
        total = out.get(mono, 0) + scale * c
        if total:
            out[mono] = total
        else:
            out.pop(mono, None)
    return out


def mul(p: Poly, q: Poly) -> Poly:
    """p * q."""
    out: Poly = {}
    for m, c in p.items():
        for k, d in q.items():
            mono = mono_mul(m, k)
            out[mono] = out.get(mono, 0) + c * d
    return {m: c for m, c in out.items() if c}


def content(p: Poly) -> int:
    """The greatest common divisor of the coefficients."""
    return math.gcd(*p.values())


def atoms(p: Poly) -> set[str]:
    """The atoms that occur."""
    return {a for mono in p for a, _ in mono}


def divmod_poly(p: Poly, q: Poly) -> tuple[Poly, Poly]:
    """Quotient and remainder over Z in the graded lexicographic order.

    A term of the remainder is one that the leading term of ``q`` does not divide.
    """
    top = leading(q)
    head = q[top]
    work, quotient, remainder = dict(p), dict[Mono, int](), dict[Mono, int]()
    while work:
        mono = leading(work)
        c = work[mono]
        ratio = mono_div(mono, top)
        if ratio is None or c % head:
            remainder[mono] = c
            del work[mono]
            continue
        factor = c // head
        quotient[ratio] = factor
        work = add(work, mul({ratio: factor}, q), -1)
    return quotient, remainder


def divide(p: Poly, q: Poly) -> Poly | None:
    """p / q where q divides p in Z[atoms], else None."""
    quotient, remainder = divmod_poly(p, q)
    return None if remainder else quotient


def _exactly(p: Poly, q: Poly) -> Poly:
    quotient = divide(p, q)
    if quotient is None:
        raise ArithmeticError("a division that must be exact was not")
    return quotient


def _in_variable(p: Poly, x: str) -> dict[int, Poly]:
    """A polynomial as one in x with polynomial coefficients."""
    out: dict[int, Poly] = {}
    for mono, c in p.items():
        exponent = dict(mono).get(x, 0)
        rest = tuple(pair for pair in mono if pair[0] != x)
        out.setdefault(exponent, {})[rest] = c
    return out


def _content_in(p: Poly, x: str) -> Poly:
    out: Poly = {}
    for coefficient in _in_variable(p, x).values():
        out = gcd(out, coefficient)
    return out


def _pseudo_remainder(p: Poly, q: Poly, x: str) -> Poly:
    divisor = _in_variable(q, x)
    degree = max(divisor)
    head = divisor[degree]
    while p:
        dividend = _in_variable(p, x)
        top = max(dividend)
        if top < degree:
            break
        shift: Poly = {((x, top - degree),) if top > degree else ONE: 1}
        p = add(mul(p, head), mul(mul(dividend[top], shift), q), -1)
    return p


def _positive(p: Poly) -> Poly:
    return {m: -c for m, c in p.items()} if p and p[leading(p)] < 0 else p


def gcd(p: Poly, q: Poly) -> Poly:
    """The greatest common divisor in Z[atoms] (primitive remainder sequences)."""
    if not p or not q:
        return _positive(p or q)
    if len(p) == 1 or len(q) == 1:
        shared = mono_gcd([*p, *q])
        return {shared: math.gcd(content(p), content(q))}
    x = min(atoms(p) | atoms(q))
    inner_p, inner_q = _content_in(p, x), _content_in(q, x)
    p, q = _exactly(p, inner_p), _exactly(q, inner_q)
    if max(_in_variable(p, x)) < max(_in_variable(q, x)):
        p, q = q, p
    while q:
        remainder = _pseudo_remainder(p, q, x)
        p, q = q, _exactly(remainder, _content_in(remainder, x)) if remainder else {}
    return _positive(mul(gcd(inner_p, inner_q), p))


class Parts(NamedTuple):
    """A fraction as a polynomial plus quotients (num, den) whose denominators share no factor."""

    whole: Terms
    quotients: tuple[tuple[Terms, Terms], ...]


def split(num: Poly, den: Poly) -> Parts:
    """The parts of num/den (in lowest terms); a denominator of several terms is not taken apart."""
    if len(den) > 1:
        quotient, rest = divmod_poly(num, den)
        return Parts(terms(quotient), ((terms(rest), terms(den)),))
    (below, scale), *_ = den.items()
    whole: Poly = {}
    groups: list[tuple[Mono, int, Poly]] = []  # denominators share no factor between groups
    for mono, c in terms(num):
        shared, common = mono_gcd([mono, below]), math.gcd(c, scale)
        term: Poly = {_over(mono, shared): c // common}
        under, factor = _over(below, shared), scale // common
        if under == ONE and factor == 1:
            whole.update(term)
            continue
        apart = []
        for other, number, part in groups:
            if math.gcd(number, factor) == 1 and mono_gcd([other, under]) == ONE:
                apart.append((other, number, part))
                continue
            lcm = mono_mul(under, _over(other, mono_gcd([other, under])))
            n = math.lcm(number, factor)
            left = mul(part, {_over(lcm, other): n // number})
            right = mul(term, {_over(lcm, under): n // factor})
            under, factor, term = lcm, n, add(left, right)
        groups = [*apart, (under, factor, term)]
    if len(groups) > 1 and any(part.keys() == {ONE} for _, _, part in groups):
        groups = [(below, scale, add(num, mul(whole, den), -1))]  # 1//2 + 1//n is (n + 2)//(2*n)
    quotients = [(terms(part), ((under, factor),)) for under, factor, part in groups]
    return Parts(terms(whole), tuple(sorted(quotients, key=_quotient_order)))


def _over(mono: Mono, divisor: Mono) -> Mono:
    ratio = mono_div(mono, divisor)
    if ratio is None:
        raise ArithmeticError("a monomial that must divide does not")
    return ratio


def _quotient_order(quotient: tuple[Terms, Terms]) -> list[tuple[object, ...]]:
    return [(order(m), c) for side in quotient for m, c in side]
