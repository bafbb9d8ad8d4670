"""Comonads on spaces: counit ε : W X → X and comultiplication δ : W X → W W X.

Definition.  ``coreader(A)`` is ``A × −``, a value in an environment; ``store(i)`` is
``I × (I → X)``, an array with a place in it.  ``cokleisli`` composes f : W X → Y with g : W Y → Z;
graph networks are coKleisli arrows of ``A × −`` (every node sees the graph).

Laws.  δ is coassociative, and ε ∘ δ = id on both sides.

>>> from categorical import Dim, Real, op
>>> a, i, x = Dim.named("a i x")
>>> store(i).comultiplication(Real[x])
Fin(i)[()] × Real[i, x] → Fin(i)[()] × Fin(i)[i] × Real[i.at("of2"), i, x]
>>> [law.name for law in coreader(Real[a]).laws()]
['coassociative', 'left counit', 'right counit']

What ends elsewhere is no counit:

>>> Comonad("wrong", X, lambda x: identities(x), lambda x: identities(x * x)).laws()
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM048]: the comultiplication of `wrong` is no arrow W X → W(W X)
...
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from categorical import op
from categorical.algebras.families import (
    Family,
    cases,
    equal_families,
    family,
    identities,
    times,
)
from categorical.algebras.lifting import constant, lift
from categorical.algebras.monads import Natural, natural
from categorical.algebras.polynomial import Polynomial, X, action, const
from categorical.algebras.strength import S
from categorical.arrows import Arrow, Wiring, copy, discard, identity
from categorical.checked import checked
from categorical.index import Axis, IndexSet, axis
from categorical.laws.law import Law
from categorical.spaces import Fin, Space, space


@dataclass(frozen=True, eq=False, repr=False)
class Comonad:
    """See the module."""

    name: str
    functor: Polynomial
    extract: Natural
    spread: Natural

    def counit(self, at: object) -> Family:
        """ε at a space."""
        x = space(at)
        return natural(self.name, "counit", self.extract, self.functor.cases(x), cases(x), x)

    def comultiplication(self, at: object) -> Family:
        """δ at a space."""
        x, functor = space(at), self.functor
        twice = functor.cases(functor(x))
        return natural(self.name, "comultiplication", self.spread, functor.cases(x), twice, x)

    def map(self, arrow: Arrow | Family) -> Family:
        """W(f)."""
        return self.functor.map(arrow)

    def cokleisli(self, at: object, first: Arrow | Family, then: Arrow | Family) -> Family:
        """The composite of W X → Y and W Y → Z, for X = ``at``."""
        return self.comultiplication(at) >> self.map(first) >> family(then)

    def laws(self, at: object = S) -> list[Law]:
        """Coassociativity and both counits, at a generic space."""
        x, w = space(at), self.functor(space(at))
        delta = self.comultiplication(x)
        outside, inside = delta >> self.comultiplication(w), delta >> self.map(delta)
        return [
            *equal_families("coassociative", outside, inside),
            *equal_families("left counit", delta >> self.counit(w), identities(w)),
            *equal_families("right counit", delta >> self.map(self.counit(x)), identities(w)),
        ]

    def cokleisli_laws(self, at: object, f: Arrow, g: Arrow, h: Arrow) -> list[Law]:
        """The category laws of coKleisli arrows f : W X → Y, g : W Y → Z, h : W Z → V."""
        x, y, z = space(at), space(f.cod), space(g.cod)
        first = self.cokleisli(x, self.cokleisli(x, f, g), h)
        then = self.cokleisli(x, f, self.cokleisli(y, g, h))
        return [
            *equal_families("associative", first, then),
            *equal_families("unit before", self.cokleisli(x, self.counit(x), f), family(f)),
            *equal_families("unit after", self.cokleisli(x, f, self.counit(y)), family(f)),
            *equal_families("unit last", self.cokleisli(y, g, self.counit(z)), family(g)),
        ]

    def with_comultiplication(self, name: str, spread: Natural) -> Comonad:
        """The same functor and counit with another comultiplication (a broken twin)."""
        return replace(self, name=name, spread=spread)

    def __repr__(self) -> str:
        return self.name


Comonad.__init__ = checked(Comonad.__init__)  # type: ignore[method-assign]


def coreader(environment: object) -> Comonad:
    """``A × −``: a value in an environment A, which is copied."""
    a = space(environment)
    functor = action(a)

    def extract(x: Space) -> Family:
        return times(discard(a), identities(x))

    def spread(x: Space) -> Family:
        return times(copy(a), identities(x))

    return Comonad(f"{functor}", functor, extract, spread)


def store(over: IndexSet | Axis) -> Comonad:
    """``I × (I → X)``: values at all indices, and the index in view."""
    along = axis(over)
    here = Fin(along.index).scalar
    functor = const(here) * X**along

    def extract(x: Space) -> Family:
        wires = [lift(w, (along,)) for w in x.wires]
        dom = (here, *wires)
        order = tuple(k for i in range(len(wires)) for k in (i + 1, 0))
        parts = [(identity(w) @ identity(here)) >> op.gather(w.axes[0]) for w in wires]
        return family(Wiring(dom, order, "wires") >> _beside(parts))

    def spread(x: Space) -> Family:
        wires = [lift(w, (along,)) for w in x.wires]
        everywhere = [constant(w, (along,)) for w in wires]
        places = op.positions(along).at()
        return family(_beside([identity(here), places, *everywhere]))

    return Comonad(f"{functor}", functor, extract, spread)


def _beside(parts: list[Arrow]) -> Arrow:
    made = parts[0] if parts else identity()
    for part in parts[1:]:
        made = made @ part
    return made
