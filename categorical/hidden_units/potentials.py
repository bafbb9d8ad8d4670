"""Sum potentials: what the loss sees of the weights; homomorphisms of semirings.

Definition.  A *statistic* is a sum over hidden units, f(z) = Σ_j m(z_j), for a polynomial m of
one unit; it integrates m over the family.  A *potential* is a statistic whose m is a monomial:

    r[k1, k2, k](z) = Σ_j z[a, k1, j] z[b, k2, j] z[c, k, j]
    r[p; k1, k2, k](z) = Σ_j z[p, k1, j] z[p, k2, j] z[c, k, j]

Laws.  f(z ⊕ z′) = f(z) + f(z′) and f(0) = 0 for every statistic, since sums over J ⊔ J′ split.
f(z ⊗ z′) = f(z) f(z′) and f(1) = 1 for all widths exactly when m(u·v) = m(u) m(v) and m(1) = 1
for two generic units u and v: sums over J × J′ are iterated, and width 1 is a case.  That is so for
monomials with coefficient 1 and no other polynomial.  ``homomorphism`` decides it by expansion.

>>> homomorphism(potential(2, 3, 1), 7).verdict.name
'EXACT'
>>> homomorphism(own("a", 1, 6, 2), 7).error_bound
'0: an identity of polynomials'

A sum of two potentials is additive, and no homomorphism:

>>> both = Statistic(((1, potential(1, 1, 1).places), (1, potential(2, 2, 2).places)))
>>> print(homomorphism(both, 5).verdict.name, homomorphism(both, 5).reason)
REFUTED m(u·v) − m(u)·m(v) is not zero where all variables are 1: −2
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import product

from categorical.errors import SpecError
from categorical.exact.numbers import Number
from categorical.hidden_units.polynomials import Polynomial, Ring
from categorical.hidden_units.weights import Place, Weights
from categorical.verdicts import Finding, Verdict

Places = tuple[Place, ...]


@dataclass(frozen=True)
class Statistic:
    """f(z) = Σ_j m(z_j): ``terms`` are the terms of m, each a coefficient and the places whose
    entries are multiplied."""

    terms: tuple[tuple[Number, Places], ...]

    @property
    def places(self) -> Places:
        """Those of the one term of a monomial."""
        ((_, places),) = self.terms
        return places

    def of_unit(self, unit: Mapping[Place, Ring], d: int) -> Ring:
        """m of one unit on Z_d."""
        total: Ring = Fraction(0)
        for coefficient, places in self.terms:
            value: Ring = coefficient
            for p, k in places:
                value = value * unit.get((p, k % d), Fraction(0))
            total = total + value
        return total

    def __call__(self, weights: Weights) -> Ring:
        total: Ring = Fraction(0)
        for unit in weights.units:
            total = total + self.of_unit(dict(unit), weights.modulus)
        return total

    def __str__(self) -> str:
        def one(coefficient: Number, places: Places) -> str:
            text = "·".join(f"z[{p},{k}]" for p, k in places)
            return text if coefficient == 1 else f"({coefficient})·{text}"

        return f"Σ_j {' + '.join(one(*term) for term in self.terms)}"


def potential(k1: int, k2: int, k: int) -> Statistic:
    """r[k1, k2, k]: of both inputs and the output."""
    return Statistic(((1, (("a", k1), ("b", k2), ("c", k))),))


def own(p: str, k1: int, k2: int, k: int) -> Statistic:
    """r[p; k1, k2, k]: twice of one input, and of the output."""
    if p not in ("a", "b"):
        raise SpecError("CM042", f"an input is `a` or `b`, not {p!r}")
    return Statistic(((1, ((p, k1), (p, k2), ("c", k))),))


def potentials(d: int) -> Iterator[Statistic]:
    """All potentials that the loss on Z_d reads: none has the output frequency 0."""
    for k1, k2, k in product(range(d), range(d), range(1, d)):
        yield potential(k1, k2, k)
        if k1 <= k2:
            yield own("a", k1, k2, k)
            yield own("b", k1, k2, k)


def homomorphism(f: Statistic, d: int) -> Finding:
    """Whether f is a homomorphism of semirings on the weights for Z_d, of all widths."""
    law = f"{f} is a homomorphism on Z_{d}"
    (u,), (v,) = Weights.generic(d, name="u").units, Weights.generic(d, name="v").units
    one, two = dict(u), dict(v)
    both = {place: one[place] * two[place] for place in one}
    difference = f.of_unit(both, d) - f.of_unit(one, d) * f.of_unit(two, d)
    unit = f(Weights.one(d))
    method = "m(u·v) = m(u)·m(v) for generic units, expanded; m(1) = 1"
    scope = f"all widths, d={d}"
    if difference == 0 and unit == 1:
        bound = "0: an identity of polynomials"
        return Finding(law, Verdict.EXACT, scope, method, bound)
    if difference == 0:
        return Finding(law, Verdict.REFUTED, scope, method, reason=f"f(1) = {unit}, and not 1")
    assert isinstance(difference, Polynomial)
    where, value = _nonzero(difference)
    reason = f"m(u·v) − m(u)·m(v) is not zero where {where}: {str(value).replace('-', '−')}"
    return Finding(law, Verdict.REFUTED, scope, method, reason=reason)


def _nonzero(one: Polynomial) -> tuple[str, Number]:
    """A point of small whole numbers at which a polynomial is not zero."""
    names = one.variables
    value = one.at({name: 1 for name in names})
    if value != 0:
        return "all variables are 1", value
    most = max(sum(power for _, power in mono) for mono in one.terms)
    for point in product(range(most + 1), repeat=len(names)):
        value = one.at(dict(zip(names, point, strict=True)))
        if value != 0:
            chosen = ", ".join(f"{n} = {v}" for n, v in zip(names, point, strict=True) if v)
            return f"{chosen}, all others 0", value
    raise AssertionError("a polynomial of degree D that vanishes on {0 … D}ⁿ is zero")
