"""Induction along runs: equations that no normal form shows, for all lengths.

Definition.  A *lemma* gives the states of one run as a map h of the states of others, before every
step and at the end.  Its base and its step are equations of normal forms; with the lemma, so is the
equation of the two sides.  Where no map is given, the rest of a side after its runs is tried, and
the states as they are.

Laws.  Fusion: if ``h(start) = start'`` and ``h(cell(s, x)) = cell'(h(s), x)``, then
``h ∘ fold(cell) = fold(cell')``.  Folds are unique, the product of two folds is one fold (banana
split), and a fold whose cell multiplies takes appending to the product.

The rules are those of the checker, run on the programs of the graphs.

>>> from categorical import Dim, Real, op
>>> from categorical.recursion import fold
>>> t, s = Dim.named("t s")
>>> total = fold(op.add.at(Real[s], Real[s]), over=t, start=0)
>>> doubled = op.scale(2).at(Real[t, s]) >> total
>>> prove_by_induction((total >> op.scale(2)).graph(), doubled.graph()).sentence
'both sides are equal by induction along t, base and step, in eval mode, all sizes'

A map that is no homomorphism does not go through:

>>> squares = op.square.at(Real[t, s]) >> total
>>> prove_by_induction((total >> op.square).graph(), squares.graph()).reason
'no induction is found: the step does not hold'
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any

from categorical.graph import Graph
from categorical.records import EVAL
from proofs.certificate import Obstruction, Proof
from proofs.checking.equal import boundary
from proofs.checking.induction import Lemma, Sides, check_induction
from proofs.checking.programs import Program, Refusal, read_program
from proofs.checking.runs import Generic
from proofs.checking.table import check_types
from proofs.program import Json, NotData, program

#: Lemmas that are tried for one map.
TRIES = 400
Numbers = tuple[tuple[int, int], ...]
Tried = tuple[Lemma, Json, dict[str, str]]


def prove_by_induction(
    graph: Graph,
    other: Graph,
    renaming: Mapping[str, str] | None = None,
    mode: str = EVAL,
    vias: Sequence[tuple[Graph | None, Mapping[str, str]]] = ((None, {}),),
) -> Proof | Obstruction:
    """Prove that two graphs are one arrow, by an induction for each of ``vias``.

    A via is a map (None: find one) with a renaming of its weights to those of ``graph``.
    """
    names = dict(sorted((renaming or {}).items()))
    try:
        data = (program(graph), program(other))
        read = [read_program(side, check_types) for side in data]
        if boundary(read[0]) != boundary(read[1]):
            return Obstruction("the two sides have different types")
        return _prove(data, read, names, mode, vias)
    except (NotData, Refusal, RecursionError) as problem:
        return Obstruction(str(problem))


def _prove(
    data: tuple[Json, Json],
    read: list[Program],
    names: dict[str, str],
    mode: str,
    vias: Sequence[tuple[Graph | None, Mapping[str, str]]],
) -> Proof | Obstruction:
    sides = Sides(read, mode, names)
    if not any(sides.runs):
        return Obstruction("there is no run of unknown length to go along")
    programs, lemmas = list(data), []
    for number, (via, naming) in enumerate(vias):
        reason = "the map reads other states"
        for lemma, body, renamed in _tries(sides, data, via, naming):
            known = dict(sides.given)
            try:
                sides.learn(lemma, read_program(body, check_types), renamed)
            except Refusal as problem:
                reason = _better(reason, str(problem))
                continue
            sides.read()
            if number < len(vias) - 1 or sides.equal:
                break
            reason = "with it, the two sides still have different normal forms"
            sides.given = known
            sides.read()
        else:
            return Obstruction(f"no induction is found: {reason}")
        programs.append(body)
        lemmas.append(
            {
                "target": [list(k) for k in lemma.target],
                "sources": [list(k) for k in lemma.sources],
                "wires": [list(k) for k in lemma.wires],
                "renaming": renamed,
            }
        )
    found: dict[str, Json] = {"renaming": names, "mode": mode, "lemmas": lemmas}
    steps: list[Json] = []
    every = [read_program(one, check_types) for one in programs]
    sentence = check_induction(every, {**found, "scope": "all sizes"}, steps)
    return Proof("induction", sentence, tuple(programs), found, steps)


REASONS = (
    "the map reads other states",
    "the base does not hold",
    "the step does not hold",
    "with it, the two sides still have different normal forms",
)


def _better(old: str, new: str) -> str:
    """The reason of the try that went further."""
    ranks = {reason: rank for rank, reason in enumerate(REASONS)}
    return new if ranks.get(new, 0) >= ranks.get(old, 0) else old


# --- what is tried --------------------------------------------------------------------------------


def _tries(
    sides: Sides, data: tuple[Json, Json], via: Graph | None, naming: Mapping[str, str]
) -> Iterator[Tried]:
    if via is not None:
        body = program(via)
        yield from ((lemma, body, dict(naming)) for lemma in _placed(sides, body))
        return
    for goal in _targets(sides):
        yield from _rests(sides, data, goal)
    for goal in _targets(sides):
        yield from _identities(sides, goal)


def _targets(sides: Sides) -> list[Numbers]:
    """The runs that a lemma may be about: all states of one run together, or a part of them."""
    found: dict[Numbers, None] = {}
    for side, runs in enumerate(sides.runs):
        stages: dict[int, list[tuple[int, int]]] = {}
        for k, run in enumerate(runs):
            stages.setdefault(run.stage, []).append((side, k))
        found.update((tuple(one), None) for one in stages.values())
        found.update((((side, k),), None) for k in range(len(runs)))
    return list(found)


def _run(sides: Sides, number: tuple[int, int]) -> Generic:
    return sides.runs[number[0]][number[1]]


def _alike(sides: Sides, goal: Numbers) -> list[tuple[int, int]]:
    """The other runs along the same axis."""
    index = _run(sides, goal[0]).index
    return [
        (side, k)
        for side in (0, 1)
        for k, run in enumerate(sides.runs[side])
        if run.index == index and (side, k) not in goal
    ]


def _types(sides: Sides, numbers: Iterable[tuple[int, int]]) -> list[Any]:
    """The types of the states of some runs, one run after the other."""
    runs = [_run(sides, one) for one in numbers]
    return [run.course.types[i] for run in runs for i in run.members]


def _goal(sides: Sides, goal: Numbers) -> list[Any]:
    """The types of the states of a target, in the order of its cell."""
    members = sorted({i for one in goal for i in _run(sides, one).members})
    return [_run(sides, goal[0]).course.types[i] for i in members]


def _placed(sides: Sides, body: Json) -> Iterator[Lemma]:
    """The runs and wires that a given map may read, by their types."""
    via = read_program(body, check_types)
    ins, outs = ([via.types[w] for w in wires] for wires in (via.inputs, via.outputs))
    count = 0
    for goal in _targets(sides):
        if _goal(sides, goal) != outs:
            continue
        for sources in _prefixes(sides, _alike(sides, goal), ins):
            rest = ins[len(_types(sides, sources)) :]
            for wires in _wires(sides, rest):
                yield Lemma(goal, sources, wires)
                count += 1
                if count >= TRIES:
                    return


def _prefixes(sides: Sides, runs: Sequence[tuple[int, int]], ins: list[Any]) -> Iterator[Numbers]:
    """Runs whose states are the first inputs of a map, the most of them first."""
    for one in runs:
        own = _types(sides, [one])
        if ins[: len(own)] == own:
            for more in _prefixes(sides, [r for r in runs if r != one], ins[len(own) :]):
                yield (one, *more)
    yield ()


def _wires(sides: Sides, types: list[Any]) -> Iterator[Numbers]:
    """Wires of these types: inputs of a side, then what it computes."""
    if not types:
        yield ()
        return
    for side, one in enumerate(sides.programs):
        made = [w for node in one.nodes for w in node.outs]
        for wire in dict.fromkeys([*(one.inputs if side == 0 else ()), *made]):
            if one.types[wire] == types[0]:
                for more in _wires(sides, types[1:]):
                    yield ((side, wire), *more)


def _identities(sides: Sides, goal: Numbers) -> Iterator[Tried]:
    """The states of other runs as they are, in some order."""
    wanted = _goal(sides, goal)
    runs = _alike(sides, goal)
    for count in range(1, len(wanted) + 1):
        for sources in permutations(runs, count) if len(runs) < 6 else ():
            have = _types(sides, sources)
            if sorted(map(repr, have)) != sorted(map(repr, wanted)):
                continue
            for order in permutations(range(len(have))):
                if [have[k] for k in order] == wanted:
                    yield Lemma(goal, sources, ()), _wiring(have, order), {}


def _wiring(types: list[Any], order: Sequence[int]) -> Json:
    """A program without nodes: its inputs in another order."""
    return {
        "types": [_thawed(t) for t in types],
        "wires": list(range(len(types))),
        "inputs": list(range(len(types))),
        "outputs": list(order),
        "sources": [],
        "updates": [],
        "nodes": [],
    }


def _thawed(one: Any) -> Json:
    return [_thawed(o) for o in one] if isinstance(one, tuple) else one


def _rests(sides: Sides, data: tuple[Json, Json], goal: Numbers) -> Iterator[Tried]:
    """What a side does with the last states of its runs, as a map of them."""
    for side in (0, 1):
        runs = [one for one in _alike(sides, goal) if one[0] == side]
        found = _rest(sides, data[side], side, runs)
        if found is not None:
            lemma, body = found
            yield Lemma(goal, *lemma), body, dict(sides.renaming) if side else {}


def _rest(
    sides: Sides, whole: Json, side: int, runs: list[tuple[int, int]]
) -> tuple[tuple[Numbers, Numbers], Json] | None:
    reader, at = sides.readers[side], sides.wires[side]
    scans = [w for node in whole["nodes"] if node["op"] == "scan" for w in node["outs"]]
    states: dict[tuple[int, int], list[int]] = {}
    for one in runs:
        run = _run(sides, one)
        last = [reader.values(run, i)[1] for i in run.members]
        wires = [next((w for w in scans if at.get(w) == value), -1) for value in last]
        if -1 not in wires and len(set(wires)) == len(wires):
            states[one] = wires
    cut = {w for wires in states.values() for w in wires}
    needed, pending = set[int](), [w for w in whole["outputs"]]
    makers = {w: node for node in whole["nodes"] for w in node["outs"]}
    nodes: list[Json] = []
    while pending:
        wire = pending.pop()
        if wire in needed:
            continue
        needed.add(wire)
        if wire not in cut and wire in makers and makers[wire] not in nodes:
            nodes.append(makers[wire])
            pending += makers[wire]["ins"]
    read = [one for one, wires in states.items() if needed & set(wires)]
    inputs = [w for one in read for w in states[one]]
    if not read or any(set(node["outs"]) & set(inputs) for node in nodes):
        return None
    wires = [w for w in whole["inputs"] if w in needed]
    body = {
        **whole,
        "inputs": [*inputs, *wires],
        "sources": [s for s in whole["sources"] if s[0] in needed],
        "updates": [],
        "nodes": [node for node in whole["nodes"] if any(node is n for n in nodes)],
    }
    return (tuple(read), tuple((side, w) for w in wires)), body
