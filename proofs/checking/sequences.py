"""Sequences in the normal form of equality: by their entries, and joined along an axis.

Definition.  A sequence of known length may be given entry by entry; what is read at a known place,
or summed over all of them, is that entry, or their sum.  Sequences joined along a disjoint union
are known at each term.

Laws.  Joining is associative, and neighbours along anonymous points are one sequence.  All parts
of one sequence, joined in their order, are that sequence.

>>> Sequences.concatenated.__name__
'concatenated'
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from proofs.checking.atoms import Value, pairs
from proofs.checking.indices import Term, leaves, swapped
from proofs.checking.mirrors import base
from proofs.checking.mirrors import slots as slots_of
from proofs.checking.multilinear import Solved


class Sequences(Solved):
    """Readers of what is known entry by entry."""

    def moved(self, values: Sequence[Value], old: Any, new: Any) -> list[Value]:
        """Values with the indices of one axis at those of another."""
        at = pairs(self.table.places(old), self.table.places(new))
        return [self.slots(v, at) for v in values]

    def tabulated(self, rows: list[Value], axis: Any, type_: Any) -> Value:
        """The sequence of some entries."""
        if len(rows) == 1 or all(row == rows[0] for row in rows):
            return rows[0]
        key, order = self.table.abstract(rows)
        found = self.made(("rows", type_[0], key), type_, order, [axis])
        if isinstance(found, dict):
            (((_, ((atom, _),)), _),) = found.items()
            slots = tuple(("t", k, i) for k, i in enumerate(key[1]))
            self.table.rows[atom] = (slots, [dict(one) for one in key[0]])
        return found

    def concatenated(self, pieces: Sequence[tuple[Any, Value]], whole: Any, type_: Any) -> Value:
        """Sequences joined along their axes; joining is associative."""
        flat = [one for axis, value in pieces for one in self.flattened(axis, value)]
        flat = self.merged(flat, type_)
        if len(flat) == 1:
            return self.moved([flat[0][1]], flat[0][0], whole)[0]
        same = self.parted(flat, whole)
        if same is not None:
            return same
        table = self.table
        items = [self.slots(value, self.numbered([axis])) for axis, value in flat]
        key, order = table.abstract(items)
        ids = tuple(table.id(axis[0]) for axis, _ in flat)
        found = self.made(("concat", ids, key), type_, order, [whole])
        if isinstance(found, dict) and whole[0] == ("sum", *(axis[0] for axis, _ in flat)):
            (((_, ((atom, args),)), _),) = found.items()
            carried = args[:-1]
            at = slots_of(table, carried)
            cases = []
            for axis, value in flat:
                slots = self.numbered([axis])
                placed = self.slots(value, {**at, **slots})
                assert isinstance(placed, dict)
                every = [slots.get(t, ("c", 0)) for t in table.places(axis)]
                cases.append((placed, tuple(every)))
            table.cases[atom] = (tuple(base(slot) for slot in at.values()), cases)
        return found

    def parted(self, flat: Sequence[tuple[Any, Value]], whole: Any) -> Value | None:
        """The sequence along a disjoint union whose parts these are, in their order."""
        table, places = self.table, self.table.places(whole)
        if whole[0] != ("sum", *(axis[0] for axis, _ in flat)) or places[0][0] != "f":
            return None
        (place,), number = places, table.id(whole[0])
        terms = [("s", table.places(axis), k, number) for k, (axis, _) in enumerate(flat)]
        (_, first), old = flat[0], terms[0]
        if place in self.free(first):
            return None
        if isinstance(first, dict):
            found: Value = table.swap(first, old, place)
        else:
            found = tuple(swapped(t, old, place) for t in first)
        inner = {t for axis, _ in flat for t in table.places(axis) if t[0] == "f"}
        if inner & self.free(found):
            return None
        parts = (self.slots(found, {place: term}) for term in terms)
        if any(part != value for part, (_, value) in zip(parts, flat, strict=True)):
            return None
        table.used.add("the parts of a sequence make it up")
        return found

    @staticmethod
    def free(value: Value) -> set[Term]:
        """The variables that a value is read at."""
        if isinstance(value, dict):
            terms = [t for _, factors in value for _, args in factors for t in args]
        else:
            terms = list(value)
        return {leaf for term in terms for leaf in leaves(term)}

    def flattened(self, axis: Any, value: Value) -> list[tuple[Any, Value]]:
        """A sequence along a disjoint union as one along each term."""
        if axis[0][0] != "sum":
            return [(axis, value)]
        table = self.table
        (place,), found = table.places(axis), []
        for k, term in enumerate(axis[0][1:]):
            part = (term, f"\0piece{k} of {axis[1]}")
            at = {place: ("s", table.places(part), k, table.id(axis[0]))}
            found.append((part, self.slots(value, at)))
        return found

    def position(self, whole: Any, at: int) -> Term:
        """The index of a place of a disjoint union, counted from its end if it is negative."""
        terms = list(enumerate(whole[1:]))
        seen = 0
        for k, term in terms if at >= 0 else reversed(terms):
            count = self.table.count(self.table.id(term))
            if count is None:
                break
            inner = at - seen if at >= 0 else at + seen + count
            if 0 <= inner < count:
                return ("s", (("c", 0 if count == 1 else inner),), k, self.table.id(whole))
            seen += count
        return ("c", at)

    def merged(self, flat: list[tuple[Any, Value]], type_: Any) -> list[tuple[Any, Value]]:
        """Neighbours along anonymous points are one sequence, given entry by entry."""
        found: list[tuple[Any, Value]] = []
        for axis, value in flat:
            last = found[-1][0] if found else None
            if last is None or last[0][0] != "points" or axis[0][0] != "points":
                found.append((axis, value))
                continue
            rows = [*self.entries(*found.pop()), *self.entries(axis, value)]
            whole = (("points", len(rows)), last[1])
            found.append((whole, self.tabulated(rows, whole, type_)))
        return found

    def entries(self, axis: Any, value: Value) -> list[Value]:
        """The entries of a sequence of known length."""
        (place,) = self.table.places(axis)
        if place[0] != "f":
            return [value]
        return [self.slots(value, {place: ("c", i)}) for i in range(axis[0][1])]
