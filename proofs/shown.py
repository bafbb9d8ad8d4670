"""Proofs by induction as text: the runs, the lemmas with base and step, and what follows.

Definition.  ``shown(proof)`` reads the programs of an induction again and writes its normal forms:
indices in brackets, sums as ``Σ``, a state before a step as ``r1[t]``, after the last one as
``last r1``.  Inputs are called ``x1``, ``x2``, …, weights by their paths.

Law.  The text is a view: it is written from what the checker recomputes, and changes nothing.

>>> from categorical import Dim, Real, op
>>> from categorical.recursion import fold
>>> from proofs.induction import prove_by_induction
>>> t, s = Dim.named("t s")
>>> smooth = (op.scale(0.5).at(Real[s]) @ op.tanh.at(Real[s])) >> op.add
>>> total = fold(smooth, over=t, start=0)
>>> halves = (op.scale(0.25).at(Real[s]) @ op.tanh.at(Real[s])) >> op.sub
>>> double = op.scale(2).at(Real[s])
>>> other = (op.scale(0.5).at(Real[s]) @ (op.tanh >> op.scale(2)).at(Real[s])) >> op.add
>>> right = fold(other, over=t, start=0)
>>> print(shown(prove_by_induction((total >> op.scale(2)).graph(), right.graph())))
induction along t, in eval mode, for all sizes
  r1, on the left: from 0, then 1/2·r1[t, s] + tanh(x1[t, s]) at each t
  r2, on the right: from 0, then 1/2·r2[t, s] + 2·tanh(x1[t, s]) at each t
lemma 1: r2 is 2·r1[t, s]
  base  0 = 0
  step  r1[t, s] + 2·tanh(x1[t, s]) on both sides
left   2·last r1[s]
right  last r2[s]
so both are 2·last r1[s]

Proofs of other kinds have their steps in the certificate:

>>> from proofs.equality import prove_equal
>>> shown(prove_equal(total.graph(), total.graph()))
Traceback (most recent call last):
...
ValueError: an equal proof is no induction
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from proofs.certificate import Proof
from proofs.checking.atoms import Value
from proofs.checking.indices import Term
from proofs.checking.induction import Lemma, Sides, named
from proofs.checking.programs import read_program
from proofs.checking.runs import STEP, Generic
from proofs.checking.table import check_types
from proofs.checking.terms import Table

SIDES = ("left", "right")
OPS = {"reciprocal": "1/"}


def shown(proof: Proof) -> str:
    """An induction as text; ``ValueError`` for a proof of another kind."""
    if proof.kind != "induction":
        raise ValueError(f"an {proof.kind} proof is no induction")
    data = proof.data
    programs = [read_program(one, check_types) for one in proof.programs]
    sides = Sides(programs[:2], data["mode"], data["renaming"])
    writer = Writer(sides.table)
    runs = [(side, run) for side in (0, 1) for run in sides.runs[side]]
    lines = [line for side, run in runs for line in writer.run(sides, side, run)]
    left, right = (writer.values(v) for v in sides.values)
    lemmas: list[str] = []
    along: dict[str, None] = {}
    for number, (one, via) in enumerate(zip(data["lemmas"], programs[2:], strict=True), 1):
        lemma = Lemma(*(tuple(map(tuple, one[k])) for k in ("target", "sources", "wires")))
        targets = [run for _, run in sides.chosen(lemma.target)]
        along[named(targets[0].index)] = None
        sides.learn(lemma, via, one["renaming"])
        base, step = sides.shown
        told = [
            f"{writer.name(r.name)} is {writer.values(sides.given[r.name][0])}" for r in targets
        ]
        lemmas += [
            f"lemma {number}: {', and '.join(told)}",
            f"  base  {writer.values(base)} = {writer.values(base)}",
            f"  step  {writer.values(step)} on both sides",
        ]
        sides.read()
    return "\n".join(
        [
            f"induction along {', then along '.join(along)}, in {data['mode']} mode, for all sizes",
            *dict.fromkeys(lines),
            *lemmas,
            f"left   {left}",
            f"right  {right}",
            f"so both are {writer.values(sides.values[0])}",
        ]
    )


class Writer:
    """Writes normal forms of one table."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.runs: dict[Any, str] = {}

    def name(self, key: Any) -> str:
        return self.runs.setdefault(key, f"r{len(self.runs) + 1}")

    def run(self, sides: Sides, side: int, one: Generic) -> list[str]:
        """A run by its first states and what a step makes of them."""
        reader = sides.readers[side]
        name = self.name(one.name)
        held = {
            i: reader.moved([reader.values(one, i)[0]], one.step, one.at(STEP))[0]
            for i in one.members
        }
        after = sides.stepped(reader, one, held)
        starts = self.values([one.starts[i] for i in one.members])
        step = self.values(after)
        return [f"  {name}, on the {SIDES[side]}: from {starts}, then {step} at each "
                f"{named(one.index)}"]  # fmt: skip

    def values(self, values: list[Value]) -> str:
        texts = [self.value(v) for v in values]
        return texts[0] if len(texts) == 1 else "(" + ", ".join(texts) + ")"

    def value(self, one: Value, at: Mapping[Term, str] | None = None) -> str:
        if isinstance(one, tuple):
            return ", ".join(self.term(t, at or {}) for t in one)
        parts = [self.monomial(mono, value, at or {}) for mono, value in one.items()]
        return " + ".join(sorted(parts, key=lambda p: (len(p), p))).replace("+ -", "- ") or "0"

    def monomial(self, mono: Any, value: Fraction, at: Mapping[Term, str]) -> str:
        bounds, factors = mono
        names = {("b", k): f"{self.set(number)}{self.primes(k + 1)}"
                 for k, number in enumerate(bounds)}  # fmt: skip
        inner = {**at, **names}
        texts = sorted(self.factor(atom, args, inner) for atom, args in factors)
        sums = f"Σ_{{{', '.join(names.values())}}} " if names else ""
        number = "" if value == 1 and texts else "-" if value == -1 and texts else str(value)
        dot = "·" if number not in ("", "-") and texts else ""
        return f"{number}{dot}{sums}{'·'.join(texts)}"

    def primes(self, count: int) -> str:
        return "'" * count

    def set(self, number: int) -> str:
        return named(self.table.sets[number])

    def term(self, term: Term, at: Mapping[Term, str]) -> str:
        if term in at:
            return at[term]
        kind = term[0]
        if kind == "f":
            return self.axis(term)
        if kind == "c":
            return str(term[1])
        if kind == "r":
            return f"end - {self.term(term[1], at)}"
        if kind == "s":
            return f"{', '.join(self.term(t, at) for t in term[1])} of part {term[2] + 1}"
        if kind == "v":
            return self.factor(term[1], term[2], at)
        if kind == "j":
            return "(" + ", ".join(self.term(t, at) for t in term[1]) + ")"
        return f"part {term[1] + 1} of {self.term(term[2], at)}" if kind == "p" else str(term)

    def axis(self, term: Term) -> str:
        axes = {number: axis for axis, number in self.table.axes.items()}
        _, label = axes[term[1]]
        own = named(self.table.sets[self.table.set_of(term)])
        return own if not label or label.startswith("\0") else f"{own}.{label}"

    def factor(self, atom: int, args: tuple[Term, ...], at: Mapping[Term, str]) -> str:
        key = self.key(atom)
        places = [self.term(t, at) for t in args]
        where = f"[{', '.join(places)}]" if places else ""
        match key:
            case "delta":
                return f"[{places[0]} = {places[1]}]"
            case ("input", int(place), *_):
                return f"x{place + 1}{where}"
            case ("source", str(path), *_):
                return f"{path}{where}"
            case ("function", str(op), _, body):
                return f"{OPS.get(op, op)}({self.body(body, places)})"
            case ("poly", body):
                return f"({self.body(body, places)})"
            case ("size", int(number)):
                return f"|{self.set(number)}|"
            case ("inverse size", int(number)):
                return f"1/|{self.set(number)}|"
            case ((*run, "before" | "last" as when, int(state)), _) if run and run[0] == "run":
                part = f".{state + 1}" if len(run[2]) > 1 else ""
                name = self.name(tuple(run)) + part
                if when == "last":
                    return f"last {name}{where}"
                return f"{name}[{', '.join([places[-1], *places[:-1]])}]"
            case (("causal_mask", *_), _):
                return f"[{places[1]} ≤ {places[0]}]"
            case ((str(op), *_), _):
                return f"{op}(…){where}"
        return f"a{atom}{where}"

    def key(self, atom: int) -> Any:
        return next(key for key, number in self.table.atoms.items() if number == atom)

    def body(self, body: Any, places: list[str]) -> str:
        """The polynomial inside of an atom, its slots at these places."""
        at: dict[Term, str] = {
            ("t", k, number): text for k, (number, text) in enumerate(zip(body[1], places))
        }
        return "; ".join(
            self.value(dict(item) if item and isinstance(item[0][0], tuple) else item, at)
            if item
            else "0"
            for item in body[0]
        )
