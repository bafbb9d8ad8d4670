"""What is refused about cells and runs: carriers that do not match, missing bounds, lengths.

Definition.  Every function checks one thing and raises a ``SpecError`` that names the wire, what
met what, and an edit.

>>> from categorical import Dim, Real, op
>>> t, s = Dim.named("t s")
>>> run_axis(t), run_axis(t.at("back"))
(t, t.at("back"))

A run without a bound has no end:

>>> run_axis(None)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM046]: an unfolding needs a bound
...
"""

from __future__ import annotations

from collections.abc import Sequence

from categorical import messages
from categorical.arrows import Arrow, Types
from categorical.errors import Help, SpecError
from categorical.graph import Graph
from categorical.index import Axis, axis, disjoint_sum
from categorical.messages import arrays as arrays
from categorical.ops.constant import full
from categorical.origin import Origin
from categorical.recursion import rewriting
from categorical.spaces import Array, Fin, Space

Start = Arrow | int | float | Sequence[Arrow | int | float] | None


def run_axis(over: object) -> Axis:
    """The axis of a run."""
    if over is None:
        raise SpecError(
            "CM046",
            "an unfolding needs a bound",
            facts=[("reason", "a coalgebra goes on for ever; an array has finitely many entries")],
            help=["name the axis of the steps:  unfold(cell, over=t)"],
        )
    return axis(over)


def check_run(cell: Arrow, over: Axis, states: int, shared: int, weights: str, name: str) -> None:
    """The arguments of a run."""
    messages.check_name(name, "a cell")
    if weights not in ("tied", "untied"):
        raise SpecError(
            "CM024",
            f"`{weights}` is no way to keep weights",
            facts=[("known", 'weights="tied" (one set for all steps), weights="untied"')],
            help=rewriting.instead(weights, '"tied"', 'weights="tied"'),
        )
    for word, number in (("states", states), ("shared", shared)):
        if isinstance(number, bool):
            raise SpecError(
                "CM042",
                f"`{word}` is a number of wires, not {number}",
                facts=[("the cell", cell.type_text())],
                help=[f"{word}={int(number)}"],
            )
    most = len(cell.dom) - states
    if not 1 <= states <= min(len(cell.dom), len(cell.cod)) or not 0 <= shared <= most:
        raise SpecError(
            "CM045",
            f"`{cell.label()}` does not have {states} states and {shared} shared inputs",
            facts=[
                ("the cell", cell.type_text()),
                ("inputs", f"{len(cell.dom)}, the states first, what is shared last"),
                ("outputs", f"{len(cell.cod)}, the states last"),
            ],
            help=["a cell takes its states first, and returns them last:  S × A → O × S"],
        )
    graph = cell.graph()
    for wire, one in zip(
        graph.inputs[states : len(cell.dom) - shared], cell.dom[states:], strict=False
    ):
        if isinstance(one, Array) and over in one.axes:
            raise SpecError(
                "CM006",
                f"`{graph.wire_name(wire)}` of `{cell.label()}` has the axis `{over}` already",
                facts=[("an entry is", str(one)), ("the cell", cell.type_text())],
                help=[f'label the axis of the steps:  over={over.index}.at("step")'],
            )


def check_carrier(cell: Arrow, states: int, title: str) -> None:
    """A cell that is no cell of this run, before it is run: what it is the cell of."""
    before, after = cell.dom[:states], cell.cod[len(cell.cod) - states :]
    if cell.open or not 0 < states == len(before) == len(after) or before == after:
        return
    place = next(i for i in range(states) if before[i] != after[i])
    old, new = before[place], after[place]
    graph = cell.graph()
    raise SpecError(
        "CM045",
        f"`{cell.label()}` does not return to its carrier",
        facts=[
            ("the cell", cell.type_text()),
            (f"state `{graph.wire_name(graph.inputs[place])}`", str(old)),
            ("the cell gives", str(new)),
            ("difference", messages.difference(new, old)[0] or f"{new} ≠ {old}"),
        ],
        help=rewriting.as_a_cell(cell, states, title),
    )


def carrier_size(cell: Arrow, states: int | None, shared: int) -> int:
    """How many states a machine has, where its cell says so."""
    if states is not None:
        return states
    ins, outs = len(cell.dom) - shared, len(cell.cod)
    fits = [k for k in range(1, min(ins, outs) + 1) if cell.dom[:k] == cell.cod[outs - k :]]
    fits = [k for k in fits if not k == ins == outs] or fits
    if len(fits) > 1:
        facts = [("the cell", cell.type_text())]
        for k in fits:
            end = len(cell.dom) - shared
            reads, shows = cell.dom[k:end], cell.cod[: len(cell.cod) - k]
            carried = messages.side(cell.dom[:k])
            parts = (("carries", carried), ("reads", messages.side(reads)))
            text = ", ".join(f"{word} {side}" for word, side in parts)
            facts.append((f"states={k}", f"{text}, gives {messages.side(shows)}"))
        raise SpecError(
            "CM045",
            f"`{cell.label()}` can carry {' or '.join(map(str, fits))} states",
            facts=facts,
            help=rewriting.with_states(fits),
        )
    return fits[0] if fits else 1


def inputs(
    cell: Arrow, types: Types, over: Axis, states: int, shared: int, lengths: bool
) -> tuple[Array, ...]:
    """The input types of a run, each sequence with the axis of the steps."""
    found = arrays(cell, types)
    count = len(cell.dom) + int(lengths)
    if len(found) != count:
        raise messages.arity(f"the run of {cell.label()}", count, len(found))
    names = cell.graph()
    wires = [f"`{names.wire_name(w)}`" for w in names.inputs]
    for place, one in enumerate(found[states : len(cell.dom) - shared], states):
        if one.position(over) < 0:
            after = len(cell.dom) - place
            raise SpecError(
                "CM005",
                f"the input {wires[place]} of a run along `{over}` lacks that axis",
                facts=[("it is", str(one)), ("the cell", cell.type_text())],
                help=[
                    f"an input that every step reads whole is said so:  shared={after}",
                    f"repeat it at every step:  op.expand({over})",
                ],
            )
    end = len(cell.dom) - shared
    entries = tuple(
        one.with_axes(tuple(a for a in one.axes if a != over)) if states <= i < end else one
        for i, one in enumerate(found[: len(cell.dom)])
    )
    for place, (one, want) in enumerate(zip(entries, arrays(cell, cell.dom), strict=True)):
        if cell.open or one == want:
            continue
        text, mend = messages.difference(one, want)
        kind = "state" if place < states else "input"
        facts = [("it is", str(found[place])), ("the cell reads", str(want))]
        raise SpecError(
            "CM001",
            f"the {kind} {wires[place]} of the run of `{cell.label()}` has another type",
            facts=[*facts, ("difference", text or f"{one} ≠ {want}")],
            help=[mend] if mend else [f"the cell is  {cell.type_text()}"],
        )
    try:
        cell.retype(entries)
    except SpecError as problem:
        run = messages.side(found)
        problem.facts += [("the run takes", run), ("in its cell", f"`{cell.label()}`")]
        if not problem.help:
            problem.help.append(Help(f"the cell is  {cell.type_text()}"))
        raise
    return found


def check_cell(
    cell: Arrow, region: Graph, states: int, weights: str, over: Axis, origin: Origin | None
) -> None:
    """A cell returns to its carrier, and may be run more than once."""
    before, after = region.dom[:states], region.cod[len(region.cod) - states :]
    for place, (old, new) in enumerate(zip(before, after, strict=True)):
        if old != new:
            text, _ = messages.difference(new, old)
            wire = region.wire_name(region.inputs[place])
            raise SpecError(
                "CM045",
                "the cell does not return to its carrier",
                facts=[
                    (f"state `{wire}`", str(old)),
                    ("the cell gives", str(new)),
                    ("difference", text or f"{new} ≠ {old}"),
                ],
                help=rewriting.as_a_cell(
                    cell, states, "", (region.dom, region.cod) if cell.open else None
                ),
                origin=origin,
            )
    stateful = [p for p, r in region.resources().items() if r.role in ("statistic", "noise")]
    if stateful and weights == "tied":
        raise SpecError(
            "CM015" if region.updates else "CM014",
            f"`{stateful[0]}` cannot be tied across the steps of a run",
            help=['use weights="untied"', "draw the noise outside, as a sequence that is read"],
            origin=origin,
        )
    for one in region.cod[: len(region.cod) - states]:
        if over in one.axes:
            raise SpecError(
                "CM006",
                f"an output of the cell has the axis `{over}` already",
                facts=[("output", str(one))],
                help=[f'label the axis of the steps:  over={over.index}.at("step")'],
                origin=origin,
            )


def check_lengths(one: Array, over: Axis, kept: tuple[Array, ...]) -> None:
    """Lengths count entries of the axis: from 0 up to all of them."""
    if one.kind != "fin" or one.values is not disjoint_sum(over.index, 1):
        raise SpecError(
            "CM047",
            f"the lengths of a run along `{over}` are {one}",
            facts=[("expected", str(Fin(disjoint_sum(over.index, 1))[one.axes]))],
            help=[f"a length is a number from 0 to {over}:  Fin({over} + 1)"],
        )
    for type_ in kept:
        for a in one.axes:
            if a not in type_.axes:
                raise SpecError(
                    "CM047",
                    f"the lengths have the axis `{a}`, which {type_} lacks",
                    facts=[("lengths", str(one))],
                    help=[f"one length for each sample:  Fin({over} + 1)"],
                )


def start_of(start: Arrow | float | Sequence[Arrow | float], types: Types) -> Arrow:
    """The initial states, an arrow from nothing to the states: of a number for every state, of one
    number or arrow for each of them, or the arrow itself."""
    if isinstance(start, Arrow):
        parts = [start]
    else:
        given = start if isinstance(start, Sequence) else [start] * len(types)
        if len(given) != len(types):
            raise SpecError(
                "CM045",
                f"{len(given)} starts for {len(types)} states",
                facts=[("start", repr(start)), ("states", messages.side(types))],
                help=["give one number for all states, or one start for each, in order"],
            )
        parts = [_constant(one, type_) for one, type_ in zip(given, types, strict=True)]
    begin = parts[0]
    for one in parts[1:]:
        begin = begin @ one
    if begin.dom or begin.cod != types:
        facts = [("start", begin.type_text()), ("expected", f"One → {messages.side(types)}")]
        raise SpecError(
            "CM045",
            "the start of a fold is no state of its cell",
            facts=facts,
            help=rewriting.starts(begin, types),
        )
    return begin


def _constant(value: Arrow | float, type_: Space) -> Arrow:
    if isinstance(value, Arrow):
        return value
    if isinstance(value, bool):
        raise SpecError(
            "CM042",
            f"the start of a run is {value}",
            facts=[("state", str(type_)), ("expected", "a number, or an arrow")],
            help=rewriting.instead(value, str(int(value)), f"start={int(value)}"),
        )
    return full(type_, value)
