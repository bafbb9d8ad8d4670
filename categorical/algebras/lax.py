"""Lax algebras of Para: structures with parameters as wires, and how the parameter is handed on.

Definition.  A lax T-algebra on A with parameters P is a : P × T A → A with a counit P → 1 and a
comultiplication δ : P → P × P, such that ``a(p, η x) = x`` and ``a(p, μ t) = a(p₁, T(a(p₂, −)) t)``
for ``(p₁, p₂) = δ p``.  A lax homomorphism (A, P, a) → (B, Q, b) is f : K × A → B with
r : K × P → Q × K, such that ``f(k, a(p, t)) = b(q, T(f(k′, −)) t)`` for ``(q, k′) = r(k, p)``; an
oplax one has r : Q × K → K × P.  A strict one has an identity for r.

Laws.  Counit and comultiplication make P a comonoid (G.10).  In a cartesian category the copy is
the only one: lax algebras are strict algebras for every p, the parameter copied, which is *weight
tying*.  The comonoid laws are stated of δ, and a δ that is not the copy breaks one of them.

>>> from categorical import Dim, Real, op
>>> from categorical.algebras.monads import writer
>>> from categorical.algebras.standard import additive
>>> n = Dim("n")
>>> flow = op.mul.at(Real[n], Real[n]) @ identity(Real[n]) >> op.add
>>> tied = Lax(writer(additive(n)), Real[n], Real[n], flow)
>>> [law.name for law in tied.laws()]
['unit', 'associative', 'counit left', 'counit right', 'coassociative', 'cocommutative']

A comultiplication ends in two copies of the parameters:

>>> Lax(writer(additive(n)), Real[n], Real[n], flow, comultiplication=identity(Real[n]))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM048]: the comultiplication of `a` is no arrow P → P × P
...
"""

from __future__ import annotations

from categorical.algebras.algebra import Structure, fits, placed
from categorical.algebras.families import Family, equal_families, family, identities, times
from categorical.algebras.monads import Monad
from categorical.algebras.polynomial import Polynomial
from categorical.algebras.strength import strength
from categorical.arrows import Arrow, copy, discard, identity, swap
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.laws.diagrams import commutes
from categorical.laws.law import Law
from categorical.spaces import Space, space


class Lax:
    """See the module.  ``of`` is a monad, or a functor (a cell, without equations)."""

    @checked
    def __init__(
        self,
        of: Polynomial | Monad,
        carrier: object,
        parameters: object,
        structure: Structure,
        comultiplication: Arrow | None = None,
        name: str = "a",
    ) -> None:
        self.of, self.name = of, name
        self.carrier, self.parameters = space(carrier), space(parameters)
        self.functor = of if isinstance(of, Polynomial) else of.functor
        p = self.parameters.wires
        dom = tuple(p + one for one in self.functor.cases(self.carrier))
        self.structure = placed(structure, dom)
        fits(name, "P × T(A) → A", self.structure, dom, (self.carrier.wires,))
        self.comultiplication = (
            copy(self.parameters) if comultiplication is None else comultiplication
        )
        if self.comultiplication.dom != p or self.comultiplication.cod != p + p:
            raise SpecError(
                "CM048",
                f"the comultiplication of `{name}` is no arrow P → P × P",
                facts=[("found", self.comultiplication.type_text())],
                help=["leave it out: the parameter is copied, which ties the weights"],
            )

    def extended(self, inner: Family) -> Family:
        """``P × T(X) → T(A)`` from ``P × X → A``: the strength, then T of it."""
        return para(self.functor, self.parameters, inner, _rest(inner, self.parameters))

    def laws(self) -> list[Law]:
        """Unit and associativity (of a monad), and the comonoid laws of the comultiplication."""
        found: list[Law] = []
        p, a = self.parameters, self.structure
        if isinstance(self.of, Monad):
            inputs, t = identities(p), self.functor(self.carrier)
            unit = times(inputs, self.of.unit(self.carrier)) >> a
            found += equal_families("unit", unit, times(discard(p), identities(self.carrier)))
            mu = times(inputs, self.of.multiplication(self.carrier)) >> a
            twice = self.functor(t)
            spread = times(self.comultiplication, identities(twice))
            inside = times(inputs, self.extended(a))
            found += equal_families("associative", mu, spread >> inside >> a)
        return found + comonoid_laws(p, self.comultiplication)


def comonoid_laws(of: object, delta: Arrow) -> list[Law]:
    """P is a commutative comonoid under ``delta`` and the only arrow to 1."""
    p = space(of)
    same, gone = identity(*p.wires), discard(p)
    return [
        commutes(delta >> (gone @ same), same, name="counit left"),
        commutes(delta >> (same @ gone), same, name="counit right"),
        commutes(delta >> (delta @ same), delta >> (same @ delta), name="coassociative"),
        commutes(delta >> swap(p, p), delta, name="cocommutative"),
    ]


@checked
def lax_homomorphism(
    arrow: Arrow, parameters: object, source: Lax, target: Lax, by: Arrow, oplax: bool = False
) -> list[Law]:
    """The square of f : K × A → B with the reparametrisation ``by``; see the module."""
    k = space(parameters)
    p, q = source.parameters, target.parameters
    ends = (q * k, k * p) if oplax else (k * p, q * k)
    if (by.dom, by.cod) != (ends[0].wires, ends[1].wires):
        raise SpecError(
            "CM048",
            f"`{by.label()}` does not hand on the parameters",
            facts=[("found", by.type_text()), ("wanted", f"{ends[0]} → {ends[1]}")],
            help=["by=identity(…) where the parameters are handed on as they are"],
        )
    t = identities(source.functor(source.carrier))
    f = family(arrow)
    first = times(identities(k), source.structure) >> f
    spread = strength(source.functor, k, source.carrier) >> source.functor.map(f)
    then = times(identities(q), spread) >> target.structure
    change = times(by, t)
    title = "oplax homomorphism" if oplax else "lax homomorphism"
    if oplax:
        return equal_families(title, change >> first, then)
    return equal_families(title, first, change >> then)


def para(functor: Polynomial, parameters: object, arrow: Arrow | Family, at: object) -> Family:
    """Para(T) of (P, f : P × X → Y): the parametric arrow ``P × T X → T Y``, by the strength."""
    return strength(functor, parameters, at) >> functor.map(arrow)


def untied(delta: Arrow, of: object) -> Arrow:
    """A comultiplication of ``delta`` after copying: (p, p) handed on as (p, delta p)."""
    p = space(of)
    return copy(p) >> (identity(*p.wires) @ delta)


def _rest(inner: Family, parameters: Space) -> Space:
    """The space X of an arrow P × X → A."""
    from categorical.algebras.families import space_of

    count = len(parameters.wires)
    return space_of(tuple(one[count:] for one in inner.dom))
