"""Morphisms of monads: natural families T ⇒ S that keep units and multiplications.

Definition.  ``along_monoid(h, M, N)`` is the morphism ``M × − ⇒ N × −`` of a monoid homomorphism;
``augmentation(M)`` is ``M × − ⇒ Id``, which forgets what acts.  An S-algebra is a T-algebra along a
morphism (``restricted``): along H → G that is restriction, along G → 1 the trivial action.

Laws.  φ ∘ η = η, φ ∘ μ = μ ∘ φS ∘ Tφ; φ is natural.

>>> from categorical import Dim, Real, op
>>> from categorical.algebras.monads import maybe
>>> from categorical.algebras.standard import additive
>>> n = Dim("n")
>>> [law.name for law in augmentation(additive(n)).laws()]
['natural', 'unit', 'multiplication']

Its components must run between the two functors:

>>> MonadMorphism("wrong", maybe(), identity_monad(), lambda x: identities(x)).laws()
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM048]: the component of `wrong` is no arrow T X → S X
...
"""

from __future__ import annotations

from dataclasses import dataclass

from categorical import op
from categorical.algebras.families import Family, equal_families, identities, times
from categorical.algebras.monads import Monad, Natural, identity_monad, natural, writer
from categorical.algebras.standard import Given
from categorical.algebras.strength import S
from categorical.arrows import Arrow, discard
from categorical.checked import checked
from categorical.laws.diagrams import commutes
from categorical.laws.law import Law
from categorical.spaces import Space, space


@dataclass(frozen=True, eq=False, repr=False)
class MonadMorphism:
    """See the module."""

    name: str
    source: Monad
    target: Monad
    component: Natural

    def at(self, at: object) -> Family:
        """The component at a space."""
        x = space(at)
        start, end = self.source.functor.cases(x), self.target.functor.cases(x)
        return natural(self.name, "component", self.component, start, end, x)

    def laws(self, at: object = S) -> list[Law]:
        """Naturality, and compatibility with units and multiplications."""
        x, t, s = space(at), self.source, self.target
        phi = self.at(x)
        f = op.relu.at(*(w for w in x.wires[:1]))
        twice = t.map(phi) >> self.at(s.functor(x)) >> s.multiplication(x)
        found: list[Law] = []
        if len(x.wires) == 1:
            found += equal_families("natural", phi >> s.map(f), t.map(f) >> phi)
        found += equal_families("unit", t.unit(x) >> phi, s.unit(x))
        return found + equal_families("multiplication", t.multiplication(x) >> phi, twice)

    def then(self, other: MonadMorphism) -> MonadMorphism:
        """The composite of two morphisms."""
        name = f"{self.name} then {other.name}"
        return MonadMorphism(name, self.source, other.target, lambda x: self.at(x) >> other.at(x))

    def __repr__(self) -> str:
        return f"{self.name}: {self.source} ⇒ {self.target}"


MonadMorphism.__init__ = checked(MonadMorphism.__init__)  # type: ignore[method-assign]


def identity_morphism(monad: Monad) -> MonadMorphism:
    """The identity of a monad."""
    return MonadMorphism("identity", monad, monad, lambda x: identities(monad.functor(x)))


@checked
def along_monoid(arrow: Arrow, source: Given, target: Given, name: str = "") -> MonadMorphism:
    """The morphism of action monads of a homomorphism of monoids."""

    def component(x: Space) -> Family:
        return times(arrow, identities(x))

    return MonadMorphism(name or arrow.label(), writer(source), writer(target), component)


@checked
def augmentation(monoid: Given, name: str = "augmentation") -> MonadMorphism:
    """``M × − ⇒ Id``: what acts is forgotten."""

    def component(x: Space) -> Family:
        return times(discard(monoid[1]), identities(x))

    return MonadMorphism(name, writer(monoid), identity_monad(), component)


@checked
def monoid_homomorphism(arrow: Arrow, source: Given, target: Given) -> list[Law]:
    """``h(x y) = h(x) h(y)`` and ``h(1) = 1``."""
    (mine, _), (theirs, _) = source, target
    return [
        commutes(mine["mul"] >> arrow, (arrow @ arrow) >> theirs["mul"], name="products"),
        commutes(mine["one"] >> arrow, theirs["one"], name="units"),
    ]
