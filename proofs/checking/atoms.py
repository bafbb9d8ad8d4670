"""Atoms: what is not polynomial becomes one, with the normal form of what it reads.

An atom records the operation, its numbers, and its arguments as functions of numbered slots; the
axes that it acts on come first, in the order of its attributes, so that names of axes do not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from proofs.checking.indices import Term, join, mirrored, part, put
from proofs.checking.programs import Node, freeze, need
from proofs.checking.table import ODD_FUNCTIONS
from proofs.checking.terms import Poly, Table, constant, plus, scaled

Value = Poly | tuple[Term, ...]  # of numbers and masks, or of indices
ONE = constant(Fraction(1))
MASK = ("causal_mask", (("strict", ("bool", False)),))  # column ≤ row
EVEN = frozenset(("abs", "cos"))


class Atoms:
    """Values of wires over one table: polynomials, or tuples of index terms."""

    def __init__(self, table: Table, mode: str, renaming: Mapping[str, str] | None = None) -> None:
        self.table, self.mode, self.renaming = table, mode, renaming or {}
        self.updates: dict[str, Value] = {}
        table.reapply = lambda how, one: self.apply(how[0], how[1], one)

    def given(self, key: Any, type_: Any, places: tuple[Term, ...]) -> Value:
        """An input or a resource, at the indices of its axes."""
        table = self.table
        atom = table.atom((*key, type_[0], tuple(table.id(a[0]) for a in type_[1])))
        if type_[0] == "bool":
            table.boolean.add(atom)
        if type_[0] != "fin":
            return table.single(atom, places)
        return tuple(
            ("c", 0) if table.count(i) == 1 else ("v", atom, places, k)
            for k, i in enumerate(table.parts(type_[2]))
        )

    def places(self, axes: Sequence[Any]) -> tuple[Term, ...]:
        return tuple(t for a in axes for t in self.table.places(a))

    def bounded(self, one: Value) -> Value:
        large = isinstance(one, dict) and len(one) > 64
        return self.table.frozen(one) if large and isinstance(one, dict) else one

    def slots(self, value: Value, at: Mapping[Term, Term]) -> Value:
        """Free indices replaced by slots."""
        if isinstance(value, dict):
            return self.table.place(value, at)
        return tuple(put(t, at) for t in value)

    def mirror(self, value: Value, axis: Any) -> Value:
        """A value read from the other end of an axis."""
        self.table.mirrors = True
        places = [t for t in self.table.places(axis) if t[0] == "f"]
        counts = [self.table.count(self.table.set_of(t)) for t in places]
        return self.slots(value, {t: mirrored(t, n) for t, n in zip(places, counts, strict=True)})

    def numbered(self, axes: Sequence[Any]) -> dict[Term, Term]:
        """A slot for each free index of some axes, in their order."""
        found: dict[Term, Term] = {}
        for place, a in enumerate(axes):
            for term in self.table.places(a):
                if term[0] == "f":
                    found[term] = ("t", "a", place, term[2], self.table.set_of(term))
        return found

    def made(self, key: Any, type_: Any, order: tuple[Term, ...], axes: Sequence[Any]) -> Value:
        """The output of an atom: at carried indices, then at those of ``axes``."""
        table = self.table
        ids = tuple(table.id(a[0]) for a in axes)
        atom, args = table.atom((key, ids)), (*order, *self.places(axes))
        if type_[0] == "bool":
            table.boolean.add(atom)
        if type_[0] != "fin":
            return table.single(atom, args)
        return tuple(
            ("c", 0) if table.count(i) == 1 else ("v", atom, args, k)
            for k, i in enumerate(table.parts(type_[2]))
        )

    def ordered(self, key: Any, type_: Any, axes: Sequence[Any]) -> Value:
        """The mask of one order or another, at a row and a column."""
        found = self.made(key, type_, (), axes)
        if key == MASK and isinstance(found, dict) and len(self.places(axes)) == 2:
            (((_, ((atom, _),)), _),) = found.items()
            self.table.masks.add(atom)
        return found

    def opaque(
        self,
        node: Node,
        ins: Sequence[Value],
        acted: Sequence[Sequence[Any]],
        new: Sequence[Any],
        number_: int = 0,
    ) -> Value:
        """An operation that acts on axes: ``acted[i]`` are those of input i, in the order of the
        attributes, ``new`` are the axes of the output that are not carried, in that order too."""
        items = []
        for i, value in enumerate(ins):
            axes = acted[i] if i < node.data else node.dom[i][1]
            items.append(self.slots(value, self.numbered(axes)))
        key, order = self.table.abstract(items)
        ids = tuple(tuple(self.table.id(a[0]) for a in axes) for axes in acted)
        name = (node.op, stripped(node.attrs), ids, key, number_, self.mode)
        return self.made(name, node.cod[number_], order, new)

    def apply(self, op: str, attrs: Any, one: Poly) -> Poly:
        """A function of one number, applied to a polynomial."""
        sign = Fraction(1)
        if op in ODD_FUNCTIONS or op in EVEN or op == "sigmoid":
            first = min(one.items(), key=lambda item: repr(self.unnamed(item[0])), default=None)
            if first is not None and first[1] < 0:
                one, sign = scaled(one, Fraction(-1)), Fraction(-1)
        key, order = self.table.abstract([one])
        atom = self.table.atom(("function", op, attrs, key))
        slots = tuple(("t", k, i) for k, i in enumerate(key[1]))
        self.table.functions[atom] = ((op, attrs), dict(key[0][0]), slots)
        found = self.table.single(atom, order)
        if sign == 1 or op in EVEN:
            return found
        self.table.used.add(f"{op} of a negative is known from {op}")
        return plus(ONE, scaled(found, sign)) if op == "sigmoid" else scaled(found, sign)

    def unnamed(self, mono: Any) -> Any:
        """A monomial without the names of its free indices."""
        return self.table.shown({mono: Fraction(1)}, Anonymous(self.table))

    def beside(self, node: Node, axis: Any, out: int = 0) -> Any:
        """The output axis that stands where an input axis stood."""
        return node.cod[out][1][node.dom[0][1].index(axis)]

    def equals(self, left: Sequence[Term], right: Sequence[Term]) -> Poly:
        """1 where two indices are equal, else 0."""
        found: Poly = {}
        factors = tuple((self.table.delta, (a, b)) for a, b in zip(left, right, strict=True))
        self.table.collect(found, {}, factors, Fraction(1))
        return found

    def regrouped(self, one: Value, gone: Sequence[Any], new: Sequence[Any]) -> Value:
        """The indices of ``gone`` in terms of those of ``new``: two ways to take one set apart."""
        table = self.table
        before = [(t, i) for a in gone for t, i in self.factors(a)]
        after = [(t, i) for a in new for t, i in self.factors(a)]
        at: dict[Term, Term] = {}
        while before and after and before[0][1] == after[0][1]:
            at[before.pop(0)[0]] = after.pop(0)[0]
        while before and after and before[-1][1] == after[-1][1]:
            at[before.pop()[0]] = after.pop()[0]
        if before:
            need(after, "a regrouping that is not read")
            ids, mine = tuple(i for _, i in after), tuple(i for _, i in before)
            whole = mine[0] if len(mine) == 1 else table.id(("made", *mine))
            value = after[0][0] if len(after) == 1 else join(tuple(t for t, _ in after), ids, whole)
            for k, (term, _) in enumerate(before):
                at[term] = value if len(before) == 1 else part(k, value, mine)
        elif after:
            raise_unknown("split into nothing")
        return self.slots(one, {t: v for t, v in at.items() if t[0] == "f"})

    def factors(self, axis: Any) -> list[tuple[Term, int]]:
        """The free indices of an axis with their index sets, those over one point left out."""
        pairs = zip(self.table.places(axis), self.table.parts(axis[0]), strict=True)
        return [(t, i) for t, i in pairs if t[0] == "f"]

    def contracted(self, node: Node, ins: list[Value], source: Any, target: Any) -> Value:
        """Σ_s w[t, s] x[s] + b[t]; names apart, so that no index is caught."""
        table, (rows, columns) = self.table, node.dom[1][1][:2]
        spare = (source[0], "\0contracted")
        x = self.slots(ins[0], pairs(table.places(source), table.places(spare)))
        at = pairs(table.places(columns), table.places(spare))
        middle = (target[0], "\0made")
        at.update(pairs(table.places(rows), table.places(middle)))
        weight = self.slots(ins[1], at)
        found = table.sum(table.times(numbers(weight), numbers(x)), table.places(spare))
        found = table.place(found, pairs(table.places(middle), table.places(target)))
        return plus(found, numbers(ins[2])) if len(ins) > 2 else found

    def pushed(self, one: Poly, index: tuple[Term, ...], over: Sequence[Any], into: Any) -> Poly:
        """Σ over the fibres: where ``into`` is one of the summed axes, a name is kept apart."""
        spare = (into[0], "\0into")
        hit = self.equals(self.table.places(spare), index)
        found = self.table.sum(self.table.times(one, hit), self.places(over))
        return self.table.place(found, pairs(self.table.places(spare), self.table.places(into)))


def parts_of_sum(index: Any) -> tuple[Any, ...]:
    """The terms of a disjoint union, or the set itself."""
    return tuple(index[1:]) if index[0] == "sum" else (index,)


def places_of(pieces: Sequence[Any], whole: Any) -> dict[int, int]:
    """The first term of a disjoint union that each piece of it is, counted from either end.

    A piece of a term is none: three points may be cut into one and two.
    """
    terms, own, found = parts_of_sum(whole), [parts_of_sum(p) for p in pieces], dict[int, int]()
    first, last = 0, len(terms)
    for i, one in enumerate(own):
        if terms[first : first + len(one)] != one:
            break
        found[i], first = first, first + len(one)
    for i in reversed(range(len(found), len(own))):
        if terms[last - len(own[i]) : last] != own[i]:
            break
        last -= len(own[i])
        found[i] = last
    return found


class Anonymous(dict[Term, Term]):
    """Free indices as their index sets."""

    def __init__(self, table: Table) -> None:
        super().__init__()
        self.table = table

    def get(self, term: Term, default: Any = None) -> Any:
        return ("i", self.table.set_of(term)) if term[0] == "f" else default


def pairs(old: Sequence[Term], new: Sequence[Term]) -> dict[Term, Term]:
    """A substitution; an index over one point is not substituted."""
    return {a: b for a, b in zip(old, new, strict=True) if a[0] == "f"}


def numbers(one: Value) -> Poly:
    need(isinstance(one, dict), "a wire of indices stands where numbers are expected")
    assert isinstance(one, dict)
    return one


def indices(one: Value) -> tuple[Term, ...]:
    need(isinstance(one, tuple), "a wire of numbers stands where indices are expected")
    assert isinstance(one, tuple)
    return one


def stripped(attrs: Any) -> Any:
    """Attributes without the names of axes: their index sets and order remain."""
    if isinstance(attrs, dict):
        if "axis" in attrs and len(attrs) == 1 and isinstance(attrs["axis"], list):
            return ("axis", freeze(attrs["axis"][0]))
        if "index" in attrs and len(attrs) == 1:
            return ("axis", freeze(attrs["index"]))
        return tuple((k, stripped(v)) for k, v in sorted(attrs.items()) if k not in DROPPED)
    return tuple(map(stripped, attrs)) if isinstance(attrs, list) else (type(attrs).__name__, attrs)


DROPPED = ("label", "space")


def raise_unknown(op: str) -> None:
    need(False, f"`{op}` has no normal form")
