"""The operator ``scan``, as the checker reads it: a cell run along an axis, its parts and types.

Definition.  The inputs are states, sequences, shared inputs and, where the run is ragged, lengths;
the outputs are sequences and then the last states.  The cell is the one body: states, one entry of
each sequence, and the shared inputs give one entry of each output, and the next states.

>>> without((("real", (("t", ""), ("c", "")), None)), ("t", ""))
('real', (('c', ''),), None)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from proofs.checking.programs import Node, Program, freeze, need
from proofs.checking.table import ALL, FUNCTION, NONE, Shape


@dataclass(frozen=True)
class Machine:
    """The parts of a run: how many wires of each kind, the axis, and how it is run."""

    over: Any
    states: int
    sequences: int
    shared: int
    outputs: int
    reverse: bool
    tied: bool
    ragged: bool

    @property
    def read(self) -> slice:
        """The sequences among the inputs."""
        return slice(self.states, self.states + self.sequences)

    @property
    def whole(self) -> slice:
        """The shared inputs among the inputs."""
        return slice(self.states + self.sequences, self.states + self.sequences + self.shared)


def without(one: Any, axis: Any) -> Any:
    """The type of one entry."""
    return (one[0], tuple(a for a in one[1] if a != axis), one[2])


def counted(one: Any) -> bool:
    return type(one) is int and one >= 0


def machine(node: Node) -> Machine:
    """The parts of a run, with every type derived again from the cell."""
    attrs = node.attrs
    over: Any = node.axis(attrs.get("over"))
    states: Any = attrs.get("states")
    shared: Any = attrs.get("shared")
    flags: list[Any] = [attrs.get("reverse"), attrs.get("ragged")]
    need(len(node.bodies) == 1 and node.name, "`scan` has one cell and a name")
    need(attrs.get("weights") in ("tied", "untied"), "`scan` has a way to keep weights")
    need(counted(states) and states >= 1 and counted(shared), "`scan` counts its wires")
    need(all(type(f) is bool for f in flags), "`scan` is reversed or not, ragged or not")
    need(freeze(attrs["times"]["index"]) == over[0], "`scan` runs along another axis")
    need(node.data == len(node.dom), "`scan` reads no weights of its own")
    reverse, ragged = flags
    tied = attrs["weights"] == "tied"
    sequences = len(node.dom) - states - shared - ragged
    outputs = len(node.cod) - states
    need(sequences >= 0 and outputs >= 0, "`scan` has too few wires")
    found = Machine(over, states, sequences, shared, outputs, reverse, tied, ragged)
    _types(node, found, node.bodies[0])
    return found


def _types(node: Node, one: Machine, cell: Program) -> None:
    entries = list(node.dom[: one.states + one.sequences + one.shared])
    for i in range(one.read.start, one.read.stop):
        need(one.over in entries[i][1], "a sequence lacks the axis of the run")
        entries[i] = without(entries[i], one.over)
    need([cell.types[w] for w in cell.inputs] == entries, "the cell reads other types")
    made = [cell.types[w] for w in cell.outputs]
    need(len(made) == len(node.cod), "the cell makes other wires")
    states = list(node.dom[: one.states])
    need(made[one.outputs :] == states, "the cell does not return to its states")
    need(list(node.cod[one.outputs :]) == states, "the run does not end in its states")
    for inner, outer in zip(made[: one.outputs], node.cod[: one.outputs], strict=True):
        good = one.over in outer[1] and one.over not in inner[1]
        need(good and without(outer, one.over) == inner, "an output is no sequence of entries")
    need(closed(cell) or not one.tied, "state and noise cannot be shared by steps")
    if one.ragged:
        lengths = node.dom[-1]
        good = lengths[0] == "fin" and lengths[2] == longer(one.over[0])
        need(good, "lengths count the entries of the axis of the run")
        kept = [*states, *made[: one.outputs]]
        need(all(set(lengths[1]) <= set(t[1]) for t in kept), "lengths have another axis")


def closed(cell: Program) -> bool:
    """Whether a body has neither state nor noise of its own."""
    inner = [cell, *(body for _, n in cell.walk() for body in n.bodies)]
    roles = {role for program in inner for _, role in program.sources.values()}
    return not any(p.updates for p in inner) and not roles & {"statistic", "noise"}


def longer(index: Any) -> Any:
    """The index set with one more element at its end."""
    if index[0] == "points":
        return ("points", index[1] + 1)
    terms = index[1:] if index[0] == "sum" else (index,)
    if terms[-1][0] == "points":
        return ("sum", *terms[:-1], ("points", terms[-1][1] + 1))
    return ("sum", *terms, ("points", 1))


F = TypeVar("F")


def settled(
    states: list[F], after: Callable[[list[F]], list[F]], join: Callable[[F, F], F], top: F
) -> list[F]:
    """Facts of the states that hold before every step: joined with what a step makes of them; what
    still changes then is not known (``top``)."""
    for attempt in range(3 + len(states)):
        joined = [join(a, b) for a, b in zip(states, after(states), strict=True)]
        if joined == states:
            return states
        wide = [a if a == b else top for a, b in zip(joined, states, strict=True)]
        states = joined if attempt < 2 else wide
    return [top] * len(states)


def running(node: Node, mode: str) -> Shape:
    """Natural for what the cell is natural for (it is looked at by itself), one entry at a time.

    A map of the axis of the run is none of those.  Lengths choose entries, and fill up with 0.
    """
    one = machine(node)
    sizes = [(one.over[0], NONE)]
    acts: dict[Any, frozenset[str]] = {}
    if one.ragged:
        acts = dict.fromkeys(node.dom[-1][1], FUNCTION)
        sizes += [(t[2], NONE) for t in node.cod[: one.outputs] if t[2] is not None]
    return Shape("run", list(node.cod), acts, ALL, sizes=tuple(sizes))
