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

from typing import Any

from categorical import declaring, messages
from categorical.arrows import Arrow, Types
from categorical.errors import SpecError
from categorical.graph import Graph
from categorical.index import Axis, axis, disjoint_sum
from categorical.messages import arrays as arrays
from categorical.origin import Origin
from categorical.spaces import Array, Fin


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
        raise SpecError("CM024", f"`{weights}` is no way to keep weights", help=["tied or untied"])
    most = len(cell.dom) - states
    if not 1 <= states <= min(len(cell.dom), len(cell.cod)) or not 0 <= shared <= most:
        raise SpecError(
            "CM045",
            f"`{cell.label()}` has no {states} states and {shared} shared inputs",
            facts=[("the cell", cell.type_text())],
            help=["a cell takes its states first, and returns them last:  S × A → O × S"],
        )


def inputs(
    cell: Arrow, types: Types, over: Axis, states: int, shared: int, lengths: bool
) -> tuple[Array, ...]:
    """The input types of a run, each sequence with the axis of the steps."""
    found = arrays(cell, types)
    count = len(cell.dom) + int(lengths)
    if len(found) != count:
        raise messages.arity(f"the run of {cell.label()}", count, len(found))
    for place, one in enumerate(found[states : len(cell.dom) - shared], states):
        if one.position(over) < 0:
            raise SpecError(
                "CM005",
                f"input {place + 1} of a run along `{over}` lacks that axis",
                facts=[("it is", str(one)), ("the cell", cell.type_text())],
                help=[
                    f"an input that every step reads whole is said so:  shared={shared + 1}",
                    f"repeat it at every step:  op.expand({over})",
                ],
            )
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
                help=declaring.closing(cell)
                if states == len(region.dom) == len(region.cod)
                else ["the states are the first inputs and the last outputs:  S × A → O × S"],
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


def start_of(start: Any, types: Types) -> None:
    """The initial states are an arrow from nothing to the states."""
    if not isinstance(start, Arrow) or start.dom or start.cod != types:
        got = start.type_text() if isinstance(start, Arrow) else repr(start)
        raise SpecError(
            "CM045",
            "the start of a fold is no state of its cell",
            facts=[("start", got), ("expected", f"One → {messages.side(types)}")],
            help=["give a number, or an arrow without inputs, as op.parameter(…)"],
        )
