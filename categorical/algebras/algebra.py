"""Algebras and their homomorphisms: the square ``f ∘ a = b ∘ T(f)``.

Definition.  An algebra of a functor T on a space A is an arrow a : T A → A, one branch for each
case of T; of a pointed functor it satisfies the unit law, of a monad both laws.  A homomorphism
(A, a) → (B, b) is f : A → B with the square; between algebras of different monads it lies along a
morphism φ : T ⇒ S of monads: ``f ∘ a = b ∘ φ ∘ T(f)``.  Invariance is the case G → 1, equivariance
under a subgroup the case H → G.

Laws.  Unit a ∘ η = id, associativity a ∘ μ = a ∘ T(a).  Homomorphisms compose, along composite
morphisms.  Weights: a structure has one set of weights for all its uses in an equation, so each law
speaks of every value of them (an algebra of Para with the parameter copied; ``lax`` is general).

>>> from categorical import Dim, Real, op
>>> from categorical.algebras.monads import writer
>>> from categorical.algebras.standard import additive
>>> n = Dim("n")
>>> shifts = Algebra(writer(additive(n)), Real[n], op.add.at(Real[n], Real[n]))
>>> [law.name for law in shifts.laws()]
['unit', 'associative']
>>> [law.name for law in Homomorphism(op.relu.at(Real[n]), shifts, shifts).laws()]
['homomorphism']

The carrier is what the structure ends in:

>>> Algebra(writer(additive(n)), Real[n], op.add.at(Real[n], Real[n]) >> op.sum(n))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM048]: the structure of `a` is no arrow T(A) → A
...
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

from categorical.algebras.families import Cases, Family, equal_families, family, identities, text
from categorical.algebras.monads import Monad, Pointed
from categorical.algebras.morphisms import MonadMorphism
from categorical.algebras.polynomial import Polynomial
from categorical.arrows import Arrow, Types
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.laws.law import Law
from categorical.operators import Case
from categorical.para import Tied, tie
from categorical.spaces import Space, space

Structure = Arrow | Family | Sequence[Arrow]


def shared(of: Family, name: str) -> Family:
    """The family with one set of weights for every use of a branch, under a name of its own."""
    made = []
    for i, (target, arrow) in enumerate(of.branches):
        if arrow.graph().resources({}) and not isinstance(arrow, Tied):
            arrow = tie(arrow.named(name if len(of.branches) == 1 else f"{name}{i}"))
        made.append((target, arrow))
    return Family(of.dom, of.cod, tuple(made))


def placed(structure: Structure, dom: Cases) -> Family:
    """A structure with its open branches at the cases of its functor."""
    if isinstance(structure, Family):
        return structure
    if isinstance(structure, Case):
        given: list[Arrow] = list(structure.branches)
    elif isinstance(structure, Arrow):
        if len(dom) != 1 or not structure.open:
            return family(structure)
        given = [structure]
    else:
        given = list(structure)
    if len(given) == len(dom):
        given = [_at(one, wires) for one, wires in zip(given, dom, strict=True)]
    return family(given)


def _at(arrow: Arrow, wires: Types) -> Arrow:
    """An open arrow at these wires, if it has a type there."""
    if arrow.open and arrow.dom != wires:
        with contextlib.suppress(SpecError):
            return arrow.retype(wires)
    return arrow


class Algebra:
    """See the module.  ``of`` is a polynomial functor, a pointed functor or a monad."""

    @checked
    def __init__(
        self, of: Polynomial | Pointed, carrier: object, structure: Structure, name: str = "a"
    ) -> None:
        self.of, self.carrier, self.name = of, space(carrier), name
        self.functor = of if isinstance(of, Polynomial) else of.functor
        dom = self.functor.cases(self.carrier)
        self.structure = placed(structure, dom)
        fits(self.name, "T(A) → A", self.structure, dom, (self.wires,))

    @property
    def wires(self) -> Types:
        """The wires of the carrier."""
        return self.carrier.wires

    def laws(self) -> list[Law]:
        """The laws that the functor asks for: none, the unit, or unit and associativity."""
        if isinstance(self.of, Polynomial):
            return []
        a = shared(self.structure, self.name)
        found = equal_families("unit", self.of.unit(self.carrier) >> a, identities(self.carrier))
        if isinstance(self.of, Monad):
            mu = self.of.multiplication(self.carrier)
            found += equal_families("associative", mu >> a, self.of.map(a) >> a)
        return found

    def restricted(self, along: MonadMorphism) -> Algebra:
        """The same carrier as an algebra of the source of a morphism of monads."""
        structure = along.at(self.carrier) >> self.structure
        return Algebra(along.source, self.carrier, structure, self.name)

    def __repr__(self) -> str:
        return f"algebra `{self.name}` of {self.of}: {self.structure}"


def fits(name: str, ends: str, found: Family, dom: Cases, cod: Cases) -> None:
    """CM048 where a structure has other ends, with the first case that differs."""
    if found.dom == dom and found.cod == cod:
        return
    facts = [("found", repr(found)), ("wanted", f"{text(dom)} → {text(cod)}")]
    for number, (have, want) in enumerate(zip(found.dom, dom, strict=False)):
        if have != want:
            facts.append((f"case {number}", f"{text((have,))} instead of {text((want,))}"))
            break
    helps = [
        f"a branch for each of its {len(dom)} cases, in this order: [{', '.join(map(_of, dom))}]"
    ]
    raise SpecError(
        "CM048", f"the structure of `{name}` is no arrow {ends}", facts=facts, help=helps
    )


def _of(case: Types) -> str:
    return f"from {text((case,))}"


class Homomorphism:
    """An arrow f : A → B between algebras, along a morphism of monads where they are of two."""

    @checked
    def __init__(
        self,
        arrow: Arrow,
        source: Algebra,
        target: Algebra,
        along: MonadMorphism | None = None,
        name: str = "f",
        weights: Mapping[str, str] | None = None,
    ) -> None:
        self.weights = weights
        self.source, self.target = source, target
        self.along, self.name = along, name
        if along is None and source.functor != target.functor:
            raise SpecError(
                "CM048",
                f"`{source.name}` and `{target.name}` are algebras of two functors",
                facts=[("source", str(source.functor)), ("target", str(target.functor))],
                help=["name the morphism of monads: Homomorphism(f, a, b, along=φ)"],
            )
        if along is not None:
            for end, algebra, monad in (
                ("source", source, along.source),
                ("target", target, along.target),
            ):
                if algebra.functor != monad.functor:
                    raise SpecError(
                        "CM048",
                        f"`{along.name}` does not end in the functor of `{algebra.name}`",
                        facts=[(end, str(algebra.functor)), ("the morphism", repr(along))],
                    )
        self.arrow = arrow = _at(arrow, source.wires)
        if arrow.dom != source.wires or arrow.cod != target.wires:
            raise SpecError(
                "CM048",
                f"`{arrow.label()}` does not run between the carriers",
                facts=[
                    ("the arrow", arrow.type_text()),
                    ("carriers", f"{source.carrier} → {target.carrier}"),
                ],
                help=["a homomorphism is an arrow from the one carrier to the other"],
            )

    def laws(self) -> list[Law]:
        """The square, one law for each case of the functor.

        ``weights`` maps weights of ``b`` to those of ``a`` that they are (``{"b.mix": "a.mix"}``).
        """
        f = shared(family(self.arrow), self.name)
        a = shared(self.source.structure, "a")
        b = a if self.target is self.source else shared(self.target.structure, "b")
        then = self.source.functor.map(f)
        if self.along is not None:
            then = then >> self.along.at(self.target.carrier)
        return equal_families("homomorphism", a >> f, then >> b, renaming=self.weights)

    def __rshift__(self, other: Homomorphism) -> Homomorphism:
        """The composite, along the composite of the morphisms."""
        if self.target is not other.source:
            raise SpecError(
                "CM048",
                "two homomorphisms do not meet",
                facts=[("first", f"ends in {self.target}"), ("then", f"starts at {other.source}")],
            )
        along = self.along
        if other.along is not None:
            along = other.along if along is None else along.then(other.along)
        return Homomorphism(self.arrow >> other.arrow, self.source, other.target, along)

    def __repr__(self) -> str:
        way = f" along {self.along.name}" if self.along is not None else ""
        return f"homomorphism {self.arrow.type_text()}{way}"


def homomorphism(
    arrow: Arrow,
    source: Algebra,
    target: Algebra,
    along: MonadMorphism | None = None,
    weights: Mapping[str, str] | None = None,
) -> list[Law]:
    """The laws that an arrow is a homomorphism of algebras, one for each case.

    The structures are called ``a`` and ``b`` (``b0``, ``b1``, … in several cases) and the arrow
    ``f``; ``weights`` maps weights of ``b`` and ``f`` to those of ``a`` that they are.
    """
    return Homomorphism(arrow, source, target, along, weights=weights).laws()


def trivial(carrier: Space) -> Algebra:
    """The algebra of the identity monad: what every action is along G → 1."""
    from categorical.algebras.monads import identity_monad

    return Algebra(identity_monad(), carrier, identities(carrier), "trivial")
