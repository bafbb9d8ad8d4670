"""Induction along a run, checked: a claim that a map takes the states of some runs to those of one.

Definition.  Both sides of an equation are read into normal forms.  A lemma names a run R, runs
L₁ … Lₖ over the same index set, further wires p, and a map h.  It says that the states of R are
``h(states of L, p)`` before every step and after the last one:

- base: h takes the first states of L to those of R;
- step: ``h(next L(s, x), p) = next R(h(s, p), x)``, where the states s before the step are
  uninterpreted functions of its number, and the entries x of all runs are those of that step.

The wires p are made by no step, so h cannot depend on its number.  Then R is replaced in both
sides by what h says, and the sides must have one normal form.

>>> check_induction([], {"lemmas": []}, [])
Traceback (most recent call last):
...
proofs.checking.programs.Refusal: an induction has two sides and a map for each lemma
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proofs.checking.atoms import Value
from proofs.checking.equal import Reader, boundary, summary, tied
from proofs.checking.natural import read_mode
from proofs.checking.programs import Program, need
from proofs.checking.runs import STEP, Generic, updates
from proofs.checking.terms import Table


@dataclass(frozen=True)
class Lemma:
    """Numbers of runs and of wires, each with its side."""

    target: tuple[tuple[int, int], ...]
    sources: tuple[tuple[int, int], ...]
    wires: tuple[tuple[int, int], ...]


class Sides:
    """Both sides of an equation over one table, with what lemmas say of their runs."""

    def __init__(self, programs: Sequence[Program], mode: str, renaming: Mapping[str, str]) -> None:
        self.programs, self.mode, self.renaming = tuple(programs), mode, renaming
        self.table = Table()
        self.given: dict[Any, tuple[list[Value], list[Value], list[Any]]] = {}
        self.shown: tuple[list[Value], list[Value]] = ([], [])  # base and step of the last lemma
        self.read()

    def read(self) -> None:
        """Read both sides again."""
        self.readers = [Reader(self.table, self.mode), Reader(self.table, self.mode, self.renaming)]
        self.values = []
        for reader, program in zip(self.readers, self.programs, strict=True):
            reader.given_runs = self.given
            self.values.append(reader.run(program, reader.start(program)))
        self.wires = [dict(reader.wires) for reader in self.readers]
        self.runs = [list(reader.met.values()) for reader in self.readers]

    @property
    def equal(self) -> bool:
        """Whether the sides have one normal form."""
        left, right = self.readers
        return self.values[0] == self.values[1] and left.updates == right.updates

    def chosen(self, numbers: Sequence[tuple[int, int]]) -> list[tuple[Reader, Generic]]:
        """Runs by side and number."""
        return [(self.readers[side], self.runs[side][k]) for side, k in numbers]

    def wire(self, side: int, wire: int) -> tuple[Value, Any]:
        """A wire of a side, outside of the cells of runs: its value and type."""
        program = self.programs[side]
        need(wire in self.wires[side], "no such wire")
        return self.wires[side][wire], program.types[wire]

    # --- a lemma --------------------------------------------------------------------------------

    def learn(self, lemma: Lemma, via: Program, naming: Mapping[str, str]) -> str:
        """Check a lemma and keep it; the digest of its base and step."""
        target, sources = self.chosen(lemma.target), self.chosen(lemma.sources)
        need(target and not set(lemma.target) & set(lemma.sources), "an induction is about a run")
        reader, one = target[0]
        whole = {(side, self.runs[side][k].stage) for side, k in lemma.target}
        need(len(whole) == 1, "an induction is about one run")
        members = sorted({i for _, r in target for i in r.members})
        goal = [one.course.types[i] for i in members]
        p = [self.wire(*w) for w in lemma.wires]
        types = [r.course.types[i] for _, r in sources for i in r.members]
        types += [type_ for _, type_ in p]
        need([via.types[w] for w in via.inputs] == types, "the map reads other states")
        need([via.types[w] for w in via.outputs] == goal, "the map makes other states")
        need(not updates(via), "the map keeps state")
        for _, other in sources:
            need(other.index == one.index, "the runs are not along one axis")
        maps = Reader(self.table, self.mode, naming)
        extra = [value for value, _ in p]

        def image(states: list[Value]) -> list[Value]:
            return maps.run(via, [*states, *extra])

        base = image([r.starts[i] for _, r in sources for i in r.members])
        need(base == [one.starts[i] for i in members], "the base does not hold")
        before: list[Value] = []
        after: list[Value] = []
        last: list[Value] = []
        for own, r in sources:
            known = {i: own.values(r, i) for i in r.members}
            held = {i: own.moved([v[0]], r.step, r.at(STEP))[0] for i, v in known.items()}
            before += held.values()
            after += self.stepped(own, r, held)
            last += [final for _, final in known.values()]
        left, mine = image(after), image(before)
        right = self.stepped(reader, one, dict(zip(members, mine, strict=True)))
        need(left == right, "the step does not hold")
        self.shown = (base, left)
        final = image(last)
        for run in self.runs[lemma.target[0][0]]:
            if run.stage == one.stage and set(run.members) <= set(members):
                at = [members.index(i) for i in run.members]
                self.given[run.name] = (
                    [mine[k] for k in at],
                    [final[k] for k in at],
                    [goal[k] for k in at],
                )
        text = repr([sorted(v.items(), key=repr) if isinstance(v, dict) else v for v in left])
        return hashlib.sha256(text.encode()).hexdigest()

    def stepped(self, reader: Reader, one: Generic, states: Mapping[int, Value]) -> list[Value]:
        """The next values of some states of a run, its entries at one step for all runs."""
        course = one.course
        free = reader.free_states(course, ())
        given = [
            states.get(i, one.starts[i] if i in one.fixed else free[i])
            for i in range(course.one.states)
        ]
        entries = reader.moved(one.entries, one.step, one.at(STEP))
        after = reader.after(course, given, entries)[course.one.outputs :]
        return [after[i] for i in sorted(states)]


def numbered(one: Any, limits: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Pairs of a side and a number below that side's limit."""
    need(isinstance(one, list), "a lemma lists runs and wires")
    for pair in one:
        good = isinstance(pair, list) and len(pair) == 2 and all(type(k) is int for k in pair)
        need(good and pair[0] in (0, 1) and 0 <= pair[1] < limits[pair[0]], "no such run or wire")
    return tuple((side, k) for side, k in one)


def read_names(one: Any) -> dict[str, str]:
    """A renaming of resources."""
    good = isinstance(one, dict) and all(isinstance(v, str) for v in one.values())
    need(good, "a renaming maps names to names")
    return dict(one)


def check_induction(programs: list[Program], claim: Any, steps: list[Any]) -> str:
    """Check that two programs are equal, by lemmas about their runs."""
    lemmas = claim["lemmas"]
    good = isinstance(lemmas, list) and len(programs) == 2 + len(lemmas) and lemmas
    need(good, "an induction has two sides and a map for each lemma")
    mode, renaming = read_mode(claim), read_names(claim["renaming"])
    need(claim["scope"] == "all sizes", "the scope of the claim is all sizes")
    need(boundary(programs[0]) == boundary(programs[1]), "the two sides have different types")
    sides = Sides(programs[:2], mode, renaming)
    along: list[str] = []
    for one, via in zip(lemmas, programs[2:], strict=True):
        counts = [len(runs) for runs in sides.runs]
        wires = [len(p.types) for p in sides.programs]
        lemma = Lemma(
            numbered(one["target"], counts),
            numbered(one["sources"], counts),
            numbered(one["wires"], wires),
        )
        steps.append(sides.learn(lemma, via, read_names(one["renaming"])))
        run = sides.chosen(lemma.target)[0][1]
        along.append(named(run.index))
        sides.read()
    need(sides.equal, "the two sides have different normal forms")
    steps.extend(summary(sides.values[0], sides.readers[0]))
    where = ", then along ".join(dict.fromkeys(along))
    return (
        f"both sides are equal by induction along {where}, base and step, in {mode} mode, "
        f"all sizes{tied(programs[1], renaming)}"
    )


def named(index: Any) -> str:
    """The name of an index set for a person."""
    if index[0] == "dim":
        return str(index[1])
    if index[0] == "points":
        return str(index[1])
    if index[0] in ("sum", "product"):
        return (" + " if index[0] == "sum" else "·").join(map(named, index[1:]))
    return "an axis"
