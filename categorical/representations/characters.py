"""Characters: class functions of finite groups, and what they count.

Definition.  The character of V is the trace of each element, a function on conjugacy classes.  The
inner product is ⟨χ, ψ⟩ = (1/|G|) Σ |class| χ ψ̄.

Laws.  χ(V ⊕ W) = χ(V) + χ(W), χ(V ⊗ W) = χ(V) χ(W), χ(V*) = χ̄(V); ⟨χ(V), χ(W)⟩ = dim Hom(V, W)
for real representations (Serre 1977, §2.3), a count that needs no equations.

>>> from categorical.groups import FiniteGroup
>>> from categorical.representations.constructions import regular
>>> s3 = FiniteGroup("S3", {"a": (1, 0, 2), "b": (1, 2, 0)}, order=6)
>>> points = character(Representation.of_permutations(s3, s3.permutations))
>>> points.values, points.inner(points), character(regular(s3)).inner(points)
((3, 1, 0), 2, 3)

Characters of two groups have no product:

>>> points * character(regular(FiniteGroup("Z2", {"s": (1, 0)})))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM043]: class functions of two groups, S3 and Z2
...
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from weakref import WeakKeyDictionary

import numpy as np

from categorical.checked import checked
from categorical.errors import SpecError
from categorical.exact.numbers import Cyclotomic, Number
from categorical.groups.finite import ConjugacyClass, FiniteGroup
from categorical.representations.elements import finite
from categorical.representations.representation import Representation

_CHARACTERS: WeakKeyDictionary[Representation, ClassFunction] = WeakKeyDictionary()


@checked
def classes(group: FiniteGroup) -> tuple[ConjugacyClass, ...]:
    """The conjugacy classes, that of 1 first: of symmetric groups in closed form, else by listing.

    CM044 where the group is too large to list."""
    found = group.conjugacy_classes()
    start = np.arange(group.degree)
    first = next(i for i, one in enumerate(found) if np.array_equal(group.word(one.word), start))
    return (found[first], *found[:first], *found[first + 1 :])


@dataclass(frozen=True, eq=False)
class ClassFunction:
    """One exact value for each conjugacy class; see the module."""

    group: FiniteGroup
    values: tuple[Number, ...]

    def inner(self, other: ClassFunction) -> Number:
        """⟨χ, ψ⟩: a whole number for two characters."""
        self._same(other)
        total: Number = 0
        for one, x, y in zip(classes(self.group), self.values, other.values):
            total = total + x * _conjugate(y) * one.size
        return _plain(total * Fraction(1, self.group.order))

    def __add__(self, other: ClassFunction) -> ClassFunction:
        self._same(other)
        return ClassFunction(self.group, tuple(_plain(x + y) for x, y in self._with(other)))

    def __mul__(self, other: ClassFunction) -> ClassFunction:
        self._same(other)
        return ClassFunction(self.group, tuple(_plain(x * y) for x, y in self._with(other)))

    @property
    def conjugate(self) -> ClassFunction:
        return ClassFunction(self.group, tuple(_plain(_conjugate(x)) for x in self.values))

    @property
    def degree(self) -> Number:
        """The value at 1: the dimension of a representation."""
        return self.values[0]

    def _with(self, other: ClassFunction) -> list[tuple[Number, Number]]:
        return list(zip(self.values, other.values))

    def _same(self, other: ClassFunction) -> None:
        if self.group is not other.group:
            title = f"class functions of two groups, {self.group} and {other.group}"
            raise SpecError("CM043", title)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, ClassFunction)
            and self.group is other.group
            and self.values == other.values
        )

    def __hash__(self) -> int:
        return hash((id(self.group), self.values))


@checked
def character(of: Representation) -> ClassFunction:
    """The character of a representation of a finite group; sums and products by their parts."""
    if of not in _CHARACTERS:
        _CHARACTERS[of] = _computed(of)
    return _CHARACTERS[of]


def _computed(of: Representation) -> ClassFunction:
    group = finite(of.of, "a character")
    if of.kind in ("sum", "tensor") and of.parts:
        found = character(of.parts[0])
        for part in of.parts[1:]:
            found = found + character(part) if of.kind == "sum" else found * character(part)
        return found
    values = tuple(_plain(of.word(one.word, "*").trace()) for one in classes(group))
    return ClassFunction(group, values)


@checked
def homs(x: Representation, y: Representation) -> int:
    """dim Hom(X, Y) by characters, without solving anything."""
    found = character(y).inner(character(x))
    assert isinstance(found, int), "two characters have a whole inner product"
    return found


def _conjugate(x: Number) -> Number:
    return x.conjugate() if isinstance(x, Cyclotomic) else x


def _plain(x: Number) -> Number:
    return int(x) if isinstance(x, Fraction) and x.denominator == 1 else x
