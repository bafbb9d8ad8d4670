"""Families: arrows between sums of spaces, with static case analysis.

Definition.  A sum of spaces is a finite family of lists of wires.  A *family arrow* sends case i of
one family to case t(i) of another, by one arrow each: this is the free completion of the category
of arrows under finite sums, so products distribute over sums and nothing is decided at run time.
An arrow out of a sum (``case``) is a family arrow into one case.

Laws.  Composition is associative with units, case by case; ``X × (Y + Z)`` is ``X × Y + X × Z``.

>>> from categorical import Dim, One, Real, case, op
>>> a, s = Dim.named("a s")
>>> cases(Real[a] * (One + Real[s]))
((Real[a],), (Real[a], Real[s]))
>>> cell = case(op.zeros(Real[s]), op.add.at(Real[s], Real[s]))
>>> family(cell)
One + (Real[s] × Real[s]) → Real[s]
>>> (inclusion(cell.dom[0], 1) >> family(cell)).branches[0][1]
(identity >> add): Real[s] × Real[s] → Real[s]

Family arrows whose ends do not meet have no composite:

>>> family(cell) >> family(cell)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM048]: the cases of two arrows between sums do not meet
...
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from categorical.arrows import Arrow, Par, Seq, Types, identity
from categorical.checked import checked, given_text
from categorical.errors import SpecError
from categorical.laws.diagrams import Commutes, Distinct, commutes
from categorical.laws.law import Law
from categorical.operators import branch, case
from categorical.spaces import ProductSpace, Space, SumSpace, product_space, space, sum_space

Cases = tuple[Types, ...]


def cases(of: object) -> Cases:
    """The cases of a space, each a list of wires; products distribute over sums."""
    one = of if isinstance(of, Space) else space(of)
    if isinstance(one, SumSpace):
        return tuple(found for part in one.cases for found in cases(part))
    if isinstance(one, ProductSpace):
        every = product(*(cases(part) for part in one.parts))
        return tuple(tuple(w for part in chosen for w in part) for chosen in every)
    return ((one,),)


def space_of(of: Cases) -> Space:
    """The space with these cases."""
    made = [product_space(*one) for one in of]
    return made[0] if len(made) == 1 else sum_space(*made)


def text(of: Cases) -> str:
    """The cases as a sum of products."""
    found = [" × ".join(map(str, one)) or "One" for one in of]
    many = len(found) > 1
    shown = [f"({t})" if many and len(one) > 1 else t for t, one in zip(found, of, strict=True)]
    return " + ".join(shown) or "Zero"


@dataclass(frozen=True, eq=False, repr=False)
class Family:
    """See the module.  ``branches[i]`` is where case i goes, and its arrow."""

    dom: Cases
    cod: Cases
    branches: tuple[tuple[int, Arrow], ...]

    def __post_init__(self) -> None:
        for number, (wires, (target, arrow)) in enumerate(
            zip(self.dom, self.branches, strict=True)
        ):
            if not 0 <= target < len(self.cod):
                raise SpecError("CM048", f"{text(self.cod)} has no case number {target}")
            if arrow.dom != wires or arrow.cod != self.cod[target]:
                raise SpecError(
                    "CM048",
                    f"case {number} of an arrow between sums has another type",
                    facts=[
                        (f"`{arrow.label()}`", arrow.type_text()),
                        ("case", f"{text((wires,))} → {text((self.cod[target],))}"),
                    ],
                )

    def __rshift__(self, other: Family | Arrow) -> Family:
        then = family(other)
        if self.cod != then.dom:
            raise SpecError(
                "CM048",
                "the cases of two arrows between sums do not meet",
                facts=[
                    ("first", f"ends in {text(self.cod)}"),
                    ("then", f"starts in {text(then.dom)}"),
                ],
                help=["an algebra is an arrow F(A) → A with the very cases of F"],
            )
        made = []
        for target, arrow in self.branches:
            further, last = then.branches[target]
            made.append((further, arrow >> last))
        return Family(self.dom, then.cod, tuple(made))

    @property
    def targets(self) -> tuple[int, ...]:
        """The case that each case goes to."""
        return tuple(target for target, _ in self.branches)

    @property
    def arrows(self) -> tuple[Arrow, ...]:
        """The arrow of each case."""
        return tuple(arrow for _, arrow in self.branches)

    def arrow(self) -> Arrow:
        """The family arrow into one case as an arrow of the language."""
        if len(self.cod) != 1:
            raise SpecError(
                "CM048",
                f"an arrow into {text(self.cod)} is no single arrow",
                help=["take the branches: family.arrows[i]"],
            )
        return self.branches[0][1] if len(self.dom) == 1 else case(*self.arrows)

    def __repr__(self) -> str:
        return f"{text(self.dom)} → {text(self.cod)}"


def family(of: Family | Arrow | Sequence[Arrow]) -> Family:
    """An arrow, an arrow out of a sum, or the list of its branches, as a family arrow."""
    if isinstance(of, Family):
        return of
    if isinstance(of, Arrow):
        if not any(isinstance(one, SumSpace) for one in of.dom):
            cod = cases(product_space(*of.cod))
            if len(cod) != 1:
                which = getattr(of, "which", None)
                if which is None:
                    raise SpecError("CM048", f"`{of.label()}` does not say which case it ends in")
                return Family((of.dom,), cod, ((which, identity(*of.dom)),))
            return Family((of.dom,), (of.cod,), ((0, of),))
        return family([branch(of, i) for i in range(len(cases(product_space(*of.dom))))])
    arrows = list(of) if isinstance(of, Sequence) else []
    if not arrows or not all(isinstance(one, Arrow) for one in arrows):
        raise SpecError(
            "CM048",
            f"{given_text(of)} is no arrow, and no list of branches",
            help=["one arrow, or one for each case:  [op.zeros(Real[s]), cell]"],
        )
    ends = {arrow.cod for arrow in arrows}
    if len(ends) != 1:
        facts = [(f"`{a.label()}`", f"ends in {text((a.cod,))}") for a in arrows]
        raise SpecError(
            "CM048",
            "the branches do not end in one space",
            facts=facts,
            help=["every branch ends in the carrier"],
        )
    return Family(tuple(a.dom for a in arrows), (arrows[0].cod,), tuple((0, a) for a in arrows))


def identities(of: object) -> Family:
    """The identity of a space."""
    found = cases(of)
    return Family(found, found, tuple((i, identity(*one)) for i, one in enumerate(found)))


def inclusion(into: object, which: int) -> Family:
    """The inclusion of one case."""
    found = cases(into)
    if not 0 <= which < len(found):
        raise SpecError("CM048", f"{text(found)} has no case number {which}")
    return Family((found[which],), found, ((which, identity(*found[which])),))


def times(left: Family | Arrow, right: Family | Arrow) -> Family:
    """The product of family arrows: every case of one with every case of the other."""
    f, g = family(left), family(right)
    made = []
    for (i, one), (j, two) in product(f.branches, g.branches):
        made.append((i * len(g.cod) + j, one @ two))
    return Family(_times(f.dom, g.dom), _times(f.cod, g.cod), tuple(made))


def _times(left: Cases, right: Cases) -> Cases:
    return tuple(a + b for a, b in product(left, right))


@checked
def beside(*parts: Family | Arrow) -> Family:
    """The cases of several family arrows into one space, side by side (the copairing)."""
    if not parts:
        raise SpecError("CM048", "nothing stands beside nothing", help=["beside(f, g)"])
    found = [family(one) for one in parts]
    for one in found:
        if one.cod != found[0].cod:
            facts = [(f"part {i}", f"ends in {text(p.cod)}") for i, p in enumerate(found)]
            raise SpecError(
                "CM048",
                "the branches do not end in one space",
                facts=facts,
                help=["every branch ends in the carrier"],
            )
    return Family(
        tuple(c for one in found for c in one.dom),
        found[0].cod,
        tuple(b for one in found for b in one.branches),
    )


def equal_families(
    name: str,
    left: Family,
    right: Family,
    labels: Iterable[str] = (),
    renaming: Mapping[str, str] | None = None,
) -> list[Law]:
    """The laws that two family arrows with one boundary are equal: one law for each case.

    A case that ends in the unit claims nothing, since there is one arrow to the unit.  Weights of
    one name are one weight, and so are those of a part that stands several times on the right and
    once on the left; ``renaming`` maps further parts of the right side to those of the left.
    """
    if left.dom != right.dom or left.cod != right.cod:
        raise SpecError(
            "CM048",
            f"the two sides of `{name}` have different cases",
            facts=[("left", repr(left)), ("right", repr(right))],
        )
    given = list(labels)
    found: list[Law] = []
    for i, ((a, one), (b, two)) in enumerate(zip(left.branches, right.branches, strict=True)):
        label = given[i] if i < len(given) else f"case {i}"
        title = f"{name}[{label}]" if len(left.dom) > 1 else name
        if a != b:
            found.append(Distinct(title, left=text((left.cod[a],)), right=text((left.cod[b],))))
        elif one.cod:
            one, two = _boxed(one), _boxed(two)
            found.append(
                commutes(one, two, {**_same_weights(one, two), **(renaming or {})}, title, True)
            )
    return found


def _boxed(arrow: Arrow) -> Arrow:
    """The arrow as a part of a diagram: a named arrow on its own would lose its name."""
    return arrow if isinstance(arrow, Seq | Par) else identity(*arrow.dom) >> arrow


def _same_weights(left: Arrow, right: Arrow) -> dict[str, str]:
    """Weights of one part that stands several times on the right, by their name on the left."""
    mine, theirs = ({p.split(".")[0] for p in a.graph().resources({})} for a in (left, right))
    found = {}
    for head in theirs - mine:
        base = re.sub(r"_\d+\Z", "", head)
        if base in mine:
            found[head] = base
    return found


__all__ = [
    "Cases",
    "Commutes",
    "Family",
    "beside",
    "cases",
    "equal_families",
    "family",
    "identities",
    "inclusion",
    "space_of",
    "text",
    "times",
]
