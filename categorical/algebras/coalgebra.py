"""Coalgebras: arrows A → F(A), the cells that unfold.

Definition.  A coalgebra of F on a space A is an arrow A → F(A); of ``I → F`` it takes an input
beside the state, A × I → F(A).  A homomorphism f : A → B satisfies ``b ∘ f = F(f) ∘ a``.  A Moore
machine is a pair (out : A → O, next : A × I → A), a coalgebra of ``O × (I → −)``; ``as_mealy`` is
the Mealy machine that ignores the input in its output.

Laws.  Of a comonad: ε ∘ a = id and δ ∘ a = W(a) ∘ a.  Homomorphisms compose.

>>> from categorical import Dim, Real, copy, op
>>> from categorical.algebras.polynomial import X, const, reads
>>> s, i, o = Dim.named("s i o")
>>> cell = (op.linear(s, s) @ op.linear(i, s)) >> op.add >> op.tanh >> copy(Real[s])
>>> elman = Coalgebra(reads(Real[i], const(Real[s]) * X), Real[s], cell.at(Real[s], Real[i]))
>>> elman
coalgebra `c` of Real[i] → Real[s] × X: Real[s] × Real[i] → Real[s] × Real[s]

A cell that does not return its state is none:

>>> Coalgebra(const(Real[o]) * X, Real[s], op.linear(s, o))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM048]: the structure of `c` is no arrow A → F(A)
...
"""

from __future__ import annotations

from dataclasses import dataclass

from categorical.algebras.algebra import Structure, placed, shared
from categorical.algebras.comonads import Comonad
from categorical.algebras.families import Family, equal_families, family, identities, times
from categorical.algebras.polynomial import Polynomial
from categorical.arrows import Arrow, Wiring, identity
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.laws.law import Law
from categorical.para import tie
from categorical.spaces import product_space, space


class Coalgebra:
    """See the module.  ``of`` is a polynomial functor or a comonad."""

    @checked
    def __init__(
        self, of: Polynomial | Comonad, carrier: object, structure: Structure, name: str = "c"
    ) -> None:
        self.of, self.carrier, self.name = of, space(carrier), name
        self.functor = of if isinstance(of, Polynomial) else of.functor
        dom = (self.carrier.wires + self.functor.given,)
        self.structure = placed(structure, dom)
        cod = Polynomial(self.functor.terms).cases(self.carrier)
        if self.structure.dom != dom or self.structure.cod != cod:
            found = repr(self.structure)
            wanted = repr(Family(dom, cod, ())) if not cod else f"{dom[0]} → {cod}"
            raise SpecError(
                "CM048",
                f"the structure of `{name}` is no arrow A → F(A)",
                facts=[("found", found), ("wanted", wanted), ("F", str(self.functor))],
                help=["states first in its domain; its outputs in the order of the functor"],
            )

    def laws(self) -> list[Law]:
        """The laws that a comonad asks for; none of a functor."""
        if isinstance(self.of, Polynomial):
            return []
        a, w = shared(self.structure, self.name), self.of
        return [
            *equal_families("counit", a >> w.counit(self.carrier), identities(self.carrier)),
            *equal_families("coassociative", a >> w.map(a), a >> w.comultiplication(self.carrier)),
        ]

    def __repr__(self) -> str:
        return f"coalgebra `{self.name}` of {self.of}: {self.structure}"


@checked
def cohomomorphism(arrow: Arrow, source: Coalgebra, target: Coalgebra) -> list[Law]:
    """The laws that an arrow is a homomorphism of coalgebras of one functor."""
    if source.functor != target.functor:
        raise SpecError(
            "CM048",
            f"`{source.name}` and `{target.name}` are coalgebras of two functors",
            facts=[("source", str(source.functor)), ("target", str(target.functor))],
        )
    f = shared(family(arrow), "f")
    a = shared(source.structure, "a")
    b = a if source is target else shared(target.structure, "b")
    functor = Polynomial(source.functor.terms)
    inputs = identities(product_space(*source.functor.given))
    return equal_families("homomorphism", times(f, inputs) >> b, a >> functor.map(f))


@dataclass(frozen=True, eq=False)
class Moore:
    """A Moore machine: an output that is read off the state, and a next state."""

    out: Arrow
    next: Arrow

    def __post_init__(self) -> None:
        state = self.out.dom
        if self.next.cod != state or self.next.dom[: len(state)] != state:
            raise SpecError(
                "CM048",
                "a Moore machine needs out : A → O and next : A × I → A",
                facts=[("out", self.out.type_text()), ("next", self.next.type_text())],
                help=["both read the same states, and next returns to them"],
            )

    @property
    def inputs(self) -> Arrow:
        """The identity of the inputs."""
        return identity(*self.next.dom[len(self.out.dom) :])

    def as_mealy(self) -> Arrow:
        """A × I → O × A: the output before the input is read."""
        count, total = len(self.out.dom), len(self.next.dom)
        spread = Wiring(self.next.dom, (*range(count), *range(total)), "wires")
        return spread >> (self._shared("out") @ self._shared("next"))

    def _shared(self, name: str) -> Arrow:
        arrow: Arrow = getattr(self, name)
        return tie(arrow.named(name)) if arrow.graph().resources({}) else arrow


@checked
def moore_homomorphism(arrow: Arrow, source: Moore, target: Moore) -> list[Law]:
    """``out ∘ f = out`` and ``next ∘ (f × I) = f ∘ next``."""
    f, inputs = shared(family(arrow), "f"), identities(product_space(*source.inputs.dom))
    mine = [shared(family(one), name) for name, one in (("out", source.out), ("next", source.next))]
    theirs = mine
    if target is not source:
        named = (("other_out", target.out), ("other_next", target.next))
        theirs = [shared(family(one), name) for name, one in named]
    return [
        *equal_families("outputs", f >> theirs[0], mine[0]),
        *equal_families("next states", times(f, inputs) >> theirs[1], mine[1] >> f),
    ]


Moore.__init__ = checked(Moore.__init__)  # type: ignore[method-assign]
