"""Runs along an axis in the normal form of equality.

Definition.  A run of known length is its steps.  A run along a disjoint union is one along each
term, from the states that the last one left.  Any other run is an atom: its key is the normal form
of one step, the entries of its sequences inlined at the index of the step and its states
uninterpreted, with that of the first states.  States on which nothing depends, and those that no
step changes, are no part of it; states that do not depend on one another are runs of their own.

Laws.  Outputs are what the cell makes of the states *before* a step, at the index of the step.  So
maps before and after a run, and inside its cell, have one form (map and fold, hoisting).

>>> reach(Program([None] * 3, (0, 1), (1, 0), {}, [], {}))
[frozenset({1}), frozenset({0})]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proofs.checking.atoms import Value, pairs
from proofs.checking.indices import Term
from proofs.checking.lengths import unpadded
from proofs.checking.machines import Machine, machine
from proofs.checking.programs import Node, Program, need
from proofs.checking.sequences import Sequences
from proofs.checking.sums import accumulated, increment
from proofs.checking.terms import Poly, Table

UNROLLED = 128
EXPANDED = 16  # steps; the states of a longer run of known length are atoms
STEP = "\0induction"  # the axis of the one step of an induction
Rows = tuple[tuple[Any, int], ...]


@dataclass(frozen=True)
class Course:
    """A run where it stands: its node and parts, the path of its weights, the shared inputs.

    ``height`` counts the runs that lie inside one another in its cell: names of states are told
    apart by it.
    """

    node: Node
    one: Machine
    own: str
    rows: Rows
    shared: tuple[Value, ...]
    height: int

    @property
    def cell(self) -> Program:
        return self.node.bodies[0]

    @property
    def types(self) -> list[Any]:
        """The types of the states."""
        return list(self.node.dom[: self.one.states])

    @property
    def step(self) -> Any:
        """An axis of its own for the index of the step."""
        return (self.one.over[0], f"\0step{self.height}")


@dataclass(frozen=True)
class Generic:
    """A run of which nothing but one step is known: the states ``members`` of a course.

    ``entries`` are at the axis of the step; ``fixed`` are the states that no step changes;
    ``stage`` numbers the runs of one axis in one place, of which this is a part.
    """

    course: Course
    members: tuple[int, ...]
    entries: tuple[Value, ...]
    starts: tuple[Value, ...]
    fixed: frozenset[int]
    index: Any
    name: Any
    order: tuple[Term, ...]
    stage: int

    @property
    def step(self) -> Any:
        return self.at(self.course.step[1])

    def at(self, label: str) -> Any:
        """An axis over the steps."""
        return (self.index, label)


def reach(cell: Program) -> list[frozenset[int]]:
    """The inputs that each output of a program may depend on, by its wires."""
    known = {w: frozenset((i,)) for i, w in enumerate(cell.inputs)}
    for node in cell.nodes:
        read = frozenset[int]().union(*(known.get(w, frozenset()) for w in node.ins))
        known.update(dict.fromkeys(node.outs, read))
    return [known.get(w, frozenset()) for w in cell.outputs]


def height(node: Node) -> int:
    """How many runs lie inside one another, this one included."""
    inner = [height(n) for body in node.bodies for n in body.nodes if n.bodies]
    return max(inner, default=0) + 1


def closures(needs: Sequence[frozenset[int]], fixed: frozenset[int]) -> list[tuple[int, ...]]:
    """For each state, those that its next value depends on, itself among them."""
    found = []
    for i in range(len(needs)):
        held, pending = {i}, [i]
        while pending:
            more = {j for j in needs[pending.pop()] if j < len(needs)} - held - fixed
            held |= more
            pending += more
        found.append(tuple(sorted(held)))
    return found


class Runs(Sequences):
    """The reader of ``scan``; ``run`` reads a program."""

    def __init__(self, table: Table, mode: str, renaming: Mapping[str, str] | None = None) -> None:
        super().__init__(table, mode, renaming)
        #: runs whose states are given: before each step (at ``STEP``), after the last one, and the
        #: types at whose axes they are
        self.given_runs: dict[Any, tuple[list[Value], list[Value], list[Any]]] = {}
        #: the runs met outside of the cells of others
        self.met: dict[Any, Generic] = {}
        self.inside = self.stage = 0
        #: states that are sums: before each step, and after the last one, with the axis of the step
        self.sums: dict[tuple[Any, ...], tuple[tuple[Value | None, Value], Any]] = {}
        self.wires: dict[int, Value] = {}

    def run(
        self, program: Program, inputs: Sequence[Value], prefix: str = "", rows: Rows = ()
    ) -> list[Value]:
        raise NotImplementedError

    def compare(self, node: Node, ins: list[Value]) -> Poly:
        """A comparison, as a factor."""
        raise NotImplementedError

    def machine(self, node: Node, ins: list[Value], prefix: str, rows: Rows) -> list[Value]:
        """The outputs of a run: sequences, then last states."""
        one, own = machine(node), f"{prefix}{node.name}."
        course = Course(node, one, own, rows, tuple(ins[one.whole]), height(node))
        entries, states = ins[one.read], ins[: one.states]
        self.table.used.add("a run is read by its steps")
        if one.ragged:
            if ins[-1] == (("c", 0),):
                self.table.used.add("a run of no steps is its first states")
                return [*map(nothing, node.cod[: one.outputs]), *states]
            return self.whole(course, entries, states, ins[-1])
        if not one.tied:
            lengths = self.lengths(one.over[0])
            if lengths is None:
                return self.whole(course, entries, states, None)
            need(sum(lengths) <= UNROLLED, "an untied run is too long to be read")
        shown, last = self.along(course, entries, states, one.over, 0)
        return [*(self.direct(course, entries, shown) if one.tied else shown), *last]

    def repeated(
        self, node: Node, ins: list[Value], own: str, rows: Rows, times: Any
    ) -> list[Value]:
        """A tied iteration is a run that reads nothing."""
        one = Machine((times, ""), len(ins), 0, 0, 0, False, True, False)
        course = Course(node, one, own, rows, (), height(node))
        self.table.used.add("a tied iteration is a run")
        return self.along(course, [], ins, one.over, 0)[1]

    def lengths(self, index: Any) -> list[int] | None:
        """The sizes of the terms of an index set, if all are known."""
        found = []
        for term in index[1:] if index[0] == "sum" else (index,):
            count = self.table.count(self.table.id(term))
            if count is None:
                return None
            found.append(count)
        return found

    # --- one step -------------------------------------------------------------------------------

    def after(
        self, course: Course, states: Sequence[Value], entries: Sequence[Value], number: int = -1
    ) -> list[Value]:
        """What the cell makes of states and entries; ``number`` is that of the step, if it is
        known."""
        own = course.own
        if not course.one.tied:
            own = f"{own}{number}." if number >= 0 else f"{own}*."
        self.inside += number < 0
        found = self.run(course.cell, [*states, *entries, *course.shared], own, course.rows)
        self.inside -= number < 0
        return found

    def free_states(self, course: Course, members: Sequence[int]) -> list[Value]:
        """States of which nothing is known; those of ``members`` are named by their order."""
        found = []
        for i, type_ in enumerate(course.types):
            name = members.index(i) if i in members else ("apart", i)
            key = ("run state", course.height, name)
            found.append(self.given(key, type_, self.places(type_[1])))
        return found

    def direct(self, course: Course, entries: list[Value], shown: list[Value]) -> list[Value]:
        """Outputs that do not depend on the states are maps."""
        one, needs = course.one, reach(course.cell)[: course.one.outputs]
        apart = [j for j, read in enumerate(needs) if not read & set(range(one.states))]
        if not apart:
            return shown
        free = self.free_states(course, ())
        found = self.after(course, free, self.moved(entries, one.over, course.step))
        maps = self.moved(found[: one.outputs], course.step, one.over)
        return [maps[j] if j in apart else shown[j] for j in range(one.outputs)]

    # --- along an axis --------------------------------------------------------------------------

    def along(
        self,
        course: Course,
        entries: list[Value],
        states: list[Value],
        axis: Any,
        first: int,
    ) -> tuple[list[Value], list[Value]]:
        """The outputs at the indices of an axis, and the last states; ``first`` is the number of
        its first step."""
        if axis[0][0] == "sum":
            return self.split(course, entries, states, axis, first)
        count = self.table.count(self.table.id(axis[0]))
        if count is None or (count > UNROLLED and course.one.tied):
            return self.generic(course, entries, states, axis)
        (place,) = self.table.places(axis)
        rows: list[list[Value]] = [[] for _ in range(count)]
        for i in reversed(range(count)) if course.one.reverse else range(count):
            at = {place: ("c", i)} if place[0] == "f" else {}
            entry = [self.slots(v, at) for v in entries]
            found = self.after(course, states, entry, first + i)
            rows[i], states = found[: course.one.outputs], found[course.one.outputs :]
            if count > EXPANDED:
                states = [self.table.frozen(v) if isinstance(v, dict) else v for v in states]
        self.table.used.add("a run of known length is its steps")
        types = course.node.cod
        shown = [
            self.tabulated([row[j] for row in rows], axis, types[j])
            for j in range(course.one.outputs)
        ]
        return shown, states

    def split(
        self,
        course: Course,
        entries: list[Value],
        states: list[Value],
        axis: Any,
        first: int,
    ) -> tuple[list[Value], list[Value]]:
        """Along each term of a disjoint union, from the states that the term before it left."""
        table, terms = self.table, axis[0][1:]
        (place,), whole = table.places(axis), table.id(axis[0])
        shown: list[list[Value]] = [[] for _ in terms]
        parts = [(term, f"\0term{course.height}_{k}") for k, term in enumerate(terms)]
        counts = [table.count(table.id(term)) or 0 for term in terms]
        for k in reversed(range(len(terms))) if course.one.reverse else range(len(terms)):
            at = {place: ("s", table.places(parts[k]), k, whole)}
            own = [self.slots(v, at) for v in entries]
            number = first + sum(counts[:k])
            shown[k], states = self.along(course, own, states, parts[k], number)
        table.used.add("a run along a disjoint union is one along each term")
        found = []
        for j in range(course.one.outputs):
            pieces = list(zip(parts, (row[j] for row in shown), strict=True))
            found.append(self.concatenated(pieces, axis, course.node.cod[j]))
        return found, states

    def generic(
        self, course: Course, entries: list[Value], states: list[Value], axis: Any
    ) -> tuple[list[Value], list[Value]]:
        """The run as atoms of its step: the states before each step, and the last ones."""
        one = course.one
        self.stage = stage = self.stage + 1
        step = (axis[0], course.step[1])
        own = self.turned(course, self.moved(entries, axis, step), step)
        free = self.free_states(course, range(one.states))
        after = self.after(course, free, own)[one.outputs :]
        fixed = frozenset(i for i in range(one.states) if after[i] == free[i])
        needs = reach(course.cell)[one.outputs :]
        before, last = list(states), list(states)
        known: dict[tuple[int, ...], Generic] = {}
        held = closures(needs, fixed)
        for i in sorted(set(range(one.states)) - fixed, key=lambda i: (len(held[i]), i)):
            members = held[i]
            if members not in known:
                known[members] = self.part(course, members, own, states, fixed, axis[0], stage)
            grows = added(free[i], after[i]) and all(j == i or i not in held[j] for j in members)
            if grows and known[members].name not in self.given_runs:
                self.sum(known[members], i, before)
            before[i], last[i] = self.values(known[members], i)
        found = self.turned(course, self.after(course, before, own)[: one.outputs], step)
        return self.moved(found, step, axis), last

    def turned(self, course: Course, values: list[Value], step: Any) -> list[Value]:
        """A reversed run is one along the sequence that is read from the other end."""
        if not course.one.reverse:
            return values
        return [self.mirror(v, step) for v in values]

    def part(
        self,
        course: Course,
        members: tuple[int, ...],
        entries: list[Value],
        states: list[Value],
        fixed: frozenset[int],
        index: Any,
        stage: int,
    ) -> Generic:
        """The run of some states that depend on no others."""
        one, types, step = course.one, course.types, (index, course.step[1])
        free = self.free_states(course, members)
        given = [states[i] if i in fixed else free[i] for i in range(one.states)]
        after = self.after(course, given, entries)[one.outputs :]
        slots = {t: ("t", "step", *t[2:], self.table.set_of(t)) for t in self.places([step])}
        items = []
        for value in (after, states):
            items += [
                self.slots(value[i], {**slots, **self.numbered(types[i][1])}) for i in members
            ]
        key, order = self.table.abstract(items)
        kinds = tuple(types[i][0] for i in members)
        name = ("run", self.table.id(index), kinds, key)
        found = Generic(
            course, members, tuple(entries), tuple(states), fixed, index, name, order, stage
        )
        if not self.inside:
            self.met.setdefault(name, found)
        return found

    def values(self, one: Generic, state: int) -> tuple[Value, Value]:
        """A state before each step, and after the last one."""
        type_, at = one.course.types[state], one.members.index(state)
        if one.name in self.given_runs:
            given, final, types = self.given_runs[one.name]
            old, new = [*types[at][1], one.at(STEP)], [*type_[1], one.step]
            to = pairs(self.places(old), self.places(new))
            return self.slots(given[at], to), self.slots(final[at], to)
        key = (one.name, one.order, at, type_[1])
        (before, last), step = self.sums.get(key, ((None, None), one.step))
        if before is not None and last is not None:
            return self.moved([before], step, one.step)[0], last
        axes = [*type_[1], one.step]
        before_ = self.made((*one.name, "before", at), type_, one.order, axes)
        if isinstance(before_, dict) and len(self.places([one.step])) == 1:
            self.first(before_, one.starts[state])
        if last is None:
            last = self.made((*one.name, "last", at), type_, one.order, type_[1])
        return before_, last

    def sum(self, one: Generic, state: int, states: list[Value]) -> None:
        """Whether a state only grows, by what the others say: then it is a sum."""
        course, at = one.course, one.members.index(state)
        more = increment(self, course, state, one.entries, states)
        if more is not None:
            self.table.used.add("a run that adds is a sum")
            found = accumulated(self, more, one.starts[state], one.step)
            self.sums[one.name, one.order, at, course.types[state][1]] = found, one.step

    def first(self, before: Poly, start: Value) -> None:
        """The state before step 0 is the first one."""
        (((_, ((atom, args),)), _),) = before.items()
        slots = {t: ("t", k, self.table.set_of(t)) for k, t in enumerate(args[:-1]) if t[0] == "f"}
        given = self.slots(start, slots)
        if isinstance(given, dict) and len(slots) == len(args) - 1:
            self.table.rows[atom] = (tuple(slots[t] for t in args[:-1]), [given])

    def whole(
        self, course: Course, entries: list[Value], states: list[Value], lengths: Value | None
    ) -> list[Value]:
        """The run as one atom: with lengths, or with weights of each step's own."""
        one, own = course.one, course.own
        if not one.tied:
            need(not any(p.startswith(own) for p in self.renaming), f"`{own}*` cannot be renamed")
            need(not updates(course.cell), "the state of steps of unknown number is not compared")
        free = self.free_states(course, range(one.states))
        read = self.moved(entries, one.over, course.step)
        if lengths is not None and one.tied:
            read = unpadded(self, course, read, lengths)
        after = self.after(course, free, read)
        slots = {t: ("t", "step", *t[2:], self.table.set_of(t)) for t in self.places([course.step])}
        inner = [course.cell.types[w] for w in course.cell.outputs]
        items = [
            self.slots(v, {**slots, **self.numbered(t[1])})
            for v, t in zip([*after, *states], [*inner, *course.types], strict=True)
        ]
        if lengths is not None:
            items.append(self.slots(lengths, self.numbered(course.node.dom[-1][1])))
        key, order = self.table.abstract(items)
        kind = "tied" if one.tied else own
        shape = tuple((t[0], *(self.table.id(a[0]) for a in t[1])) for t in inner)
        held: Any = None
        if lengths is not None:  # where the lengths' axes stand among those of each wire
            axes = course.node.dom[-1][1]
            held = tuple(tuple(t[1].index(a) for a in axes) for t in inner)
        name = ("whole run", self.table.id(one.over[0]), one.reverse, kind, shape, held, key)
        return [
            self.made((*name, i), t, order, [one.over, *s[1]] if i < one.outputs else s[1])
            for i, (t, s) in enumerate(zip(course.node.cod, inner, strict=True))
        ]


def nothing(type_: Any) -> Value:
    """The entries past a length: 0, or the index 0."""
    if type_[0] != "fin":
        return {}
    index = type_[2]
    return (("c", 0),) * (len(index) - 1 if index[0] == "product" else 1)


def added(old: Value, new: Value) -> bool:
    """Whether a state is a term of its next value."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return False
    ((term, one),) = old.items()
    return new.get(term) == one


def updates(cell: Program) -> bool:
    """Whether a step keeps state."""
    return bool(cell.updates) or any(b.updates for _, n in cell.walk() for b in n.bodies)
