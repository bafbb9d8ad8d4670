"""Prisms: optics for sums, one case of which is shown.

Definition.  A prism ``(A, A′) → (B, B′)`` is an optic for the sum: a residual M with
``match : A → M + B`` and ``build : M + B′ → A′``.  What is no B is kept and passes by.
Sums have static case analysis here: an arrow into a sum says for each case of A in which case it
ends, before anything runs.  So these are the prisms of summands and of maps of cases; a match that
depends on numbers is no arrow of the language (a run-time tag is a ``Fin`` wire).

Laws.  Composition is associative with units.  Modulo sliding a prism is the one whose residual is
what it gives back (the co-Yoneda lemma, for sums): ``match : A → A′ + B`` and ``B′ → A′``.
A lawful prism (A = A′, B = B′) satisfies match-build, ``match(build b) = b``, and build-match,
``build(match a) = a``.

>>> from categorical import Dim, Real
>>> n, m, k = Dim.named("n m k")
>>> second = summand(Real[n] + Real[m] + Real[k], which=1)
>>> second
prism summand: (Real[n] + Real[m] + Real[k]) → (Real[m]), keeping Real[n] + Real[k]
>>> [law.name for law in prism_laws(second)]
['match-build', 'build-match[case 0]', 'build-match[case 1]', 'build-match[case 2]']

A case of a sum is one of its cases:

>>> summand(Real[n] + Real[m], which=2)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM052]: Real[n] + Real[m] has no case number 2
...
"""

from __future__ import annotations

from categorical.algebras.families import (
    Cases,
    Family,
    cases,
    equal_families,
    family,
    identities,
    inclusion,
    space_of,
    text,
)
from categorical.arrows import Arrow, identity
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.laws.law import Law


class Prism:
    """See the module.  ``shown`` is the number of cases of B, which come last in ``match``."""

    __slots__ = ("build", "match", "name", "shown")

    @checked
    def __init__(
        self, match: Family | Arrow, build: Family | Arrow, shown: int = 1, name: str = ""
    ) -> None:
        self.match, self.build, self.shown, self.name = family(match), family(build), shown, name
        left, taken = self.residual, self.build.dom[: len(self.residual)]
        if not 0 < shown <= len(self.match.cod) or left != taken:
            raise SpecError(
                "CM052",
                "`build` does not take what `match` leaves",
                facts=[
                    ("`match`", f"{self.match}, of which {shown} shown"),
                    ("`build`", repr(self.build)),
                    ("residual", f"{text(left)}, and `build` takes {text(taken)}"),
                ],
                help=["the residual comes first: A → M + B, and M + B′ → A′"],
            )

    @property
    def residual(self) -> Cases:
        """M: the cases that pass by."""
        return self.match.cod[: len(self.match.cod) - self.shown]

    @property
    def source(self) -> Cases:
        """A."""
        return self.match.dom

    @property
    def source_back(self) -> Cases:
        """A′."""
        return self.build.cod

    @property
    def target(self) -> Cases:
        """B."""
        return self.match.cod[len(self.residual) :]

    @property
    def target_back(self) -> Cases:
        """B′."""
        return self.build.dom[len(self.residual) :]

    def __rshift__(self, other: Prism) -> Prism:
        """The residual of both: what the first passes by, then what the second does."""
        ends = ((self.target, other.source), (other.source_back, self.target_back))
        for got, want in ends:
            if got != want:
                raise SpecError(
                    "CM052",
                    f"`{self.label()}` does not compose with `{other.label()}`",
                    facts=[("first", repr(self)), ("then", repr(other))],
                    help=[f"{text(got)} meets {text(want)}"],
                )
        passing = _identities(self.residual)
        match = self.match >> plus(passing, other.match)
        build = plus(passing, other.build) >> self.build
        return Prism(match, build, other.shown, f"{self.label()} >> {other.label()}")

    def label(self) -> str:
        """What messages call the prism."""
        return self.name or "prism"

    def __repr__(self) -> str:
        def end(there: Cases, back: Cases) -> str:
            return f"({text(there)})" if there == back else f"({text(there)}, {text(back)})"

        ends = (self.source, self.source_back), (self.target, self.target_back)
        shown = " → ".join(end(*one) for one in ends)
        return f"prism {self.label()}: {shown}, keeping {text(self.residual)}"


def plus(left: Family, right: Family) -> Family:
    """The sum of two arrows between sums."""
    moved = tuple((len(left.cod) + target, arrow) for target, arrow in right.branches)
    return Family(left.dom + right.dom, left.cod + right.cod, left.branches + moved)


def _identities(of: Cases) -> Family:
    return Family(of, of, tuple((i, identity(*one)) for i, one in enumerate(of)))


@checked
def summand(of: object, which: int) -> Prism:
    """The prism of one case of a sum."""
    found = cases(of)
    if not 0 <= which < len(found):
        raise SpecError(
            "CM052",
            f"{text(found)} has no case number {which}",
            help=[f"its cases are numbered from 0 to {len(found) - 1}"],
        )
    order = [i for i in range(len(found)) if i != which] + [which]
    moved = tuple(found[i] for i in order)
    match = Family(
        found, moved, tuple((order.index(i), identity(*found[i])) for i in range(len(found)))
    )
    build = Family(moved, found, tuple((i, identity(*found[i])) for i in order))
    return Prism(match, build, 1, "summand")


@checked
def over(there: Family | Arrow, back: Family | Arrow) -> Prism:
    """The prism that shows everything, after a map: its residual is empty."""
    f = family(there)
    return Prism(f, back, len(f.cod), "over")


def identity_prism(of: object) -> Prism:
    """The identity."""
    return over(identities(of), identities(of))


# --- equality modulo sliding -------------------------------------------------------------------


@checked
def normal(of: Prism) -> Prism:
    """The prism whose residual is what it gives back: it slides to every one with its meaning."""
    kept, back = len(of.residual), of.source_back
    left = Family(of.residual, back, of.build.branches[:kept])
    right = Family(of.target_back, back, of.build.branches[kept:])
    match = of.match >> plus(left, _identities(of.target))
    joined = _identities(back)
    build = Family(back + of.target_back, back, joined.branches + right.branches)
    return Prism(match, build, of.shown, of.name)


@checked
def equal_prisms(left: Prism, right: Prism, name: str = "") -> list[Law]:
    """The equations that two prisms are equal modulo sliding."""
    one, two = normal(left), normal(right)
    title = name or f"{left.label()} ~ {right.label()}"
    return [
        *equal_families(f"{title}: match", one.match, two.match),
        *equal_families(f"{title}: build", one.build, two.build),
    ]


@checked
def prism_laws(of: Prism) -> list[Law]:
    """match-build and build-match; CM052 where the types on the two ways differ."""
    if of.source != of.source_back or of.target != of.target_back:
        raise SpecError(
            "CM052",
            f"the laws of `{of.label()}` cannot be stated",
            facts=[("prism", repr(of))],
            help=["they speak of one type there and back"],
        )
    kept, whole = len(of.residual), of.match.cod
    found: list[Law] = []
    for i in range(of.shown):
        case = inclusion(space_of(whole), kept + i) if len(whole) > 1 else _identities(whole)
        title = "match-build" if of.shown == 1 else f"match-build[shown {i}]"
        found += equal_families(title, case >> of.build >> of.match, case)
    return found + equal_families(
        "build-match", of.match >> of.build, identities(space_of(of.source))
    )


__all__ = [
    "Prism",
    "equal_prisms",
    "identity_prism",
    "normal",
    "over",
    "plus",
    "prism_laws",
    "summand",
]
