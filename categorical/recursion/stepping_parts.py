"""Boxes with bodies at one index: runs, named parts and repetitions under the step of a graph.

Definition.  A run along the dim t is one use of its cell, whose states are states of the step.  A
named part has a step of its own, with states of its own, under its own name, so that its weights
are those of the part.  A part that is repeated, or run along another axis u, keeps a state at every
step: its step is a run along u that reads the states as a sequence and returns the new ones.

Law.  The names of resources are those of the graph: the step reads the same weights.

>>> from categorical import Dim, Real, iterate, op
>>> from categorical.recursion import scan
>>> from categorical.recursion.stepping import derive
>>> t, a = Dim.named("t a")
>>> layer = scan(op.add.at(Real[a], Real[a]), over=t, start=0)
>>> print(derive(iterate(layer, 3).graph(), t).step)
(x1: Real[3, a], x: Real[a]) →
  x1, steps_out1 = scan steps(x, x1): Real[3, a] × Real[a]
→ steps_out1, x1

A run from the last entry to the first has no step:

>>> derive(scan(op.add.at(Real[a], Real[a]), over=t, start=0, reverse=True).graph(), t)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM051]: `cell` cannot run step by step along `t`
...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from categorical import op
from categorical.calls import CALL
from categorical.graph import Graph, Node, OperatorBox
from categorical.index import Axis
from categorical.recursion.machine import SCAN, along, parts

if TYPE_CHECKING:
    from categorical.recursion.stepping import Derivation, Derived


def image(d: Derivation, node: Node, box: OperatorBox) -> Sequence[int]:
    """The wires of the step for what an operator makes."""
    if box.name == "scan" and box.attrs["over"].index is d.places.over:
        return _run(d, node, box)
    if box.name == "call":
        return _call(d, node, box)
    if box.name in ("iterate", "scan"):
        return _repeated(d, node, box)
    text = "steps go along sequences: the axis of a fold, a scan or a machine"
    raise d.refused(node, f"the operator `{box.name}` has no step", text)


def _run(d: Derivation, node: Node, box: OperatorBox) -> Sequence[int]:
    """A run along the dim: one use of its cell."""
    if box.attrs["reverse"]:
        raise d.refused(
            node, "it runs from the last entry to the first", "run forwards, or not by steps"
        )
    if box.attrs["ragged"]:
        raise d.refused(
            node,
            "it reads the lengths of its sequences, which are known at the end only",
            "leave `lengths` out: every sequence is stepped as long as it is",
        )
    if box.attrs["weights"] == "untied":
        raise d.refused(
            node, "it has weights of its own at every index", 'one cell for all:  weights="tied"'
        )
    which, sequences, shared = parts(box)
    region, over = box.regions[0], box.attrs["over"]
    for wire in (*node.data[which], *node.data[shared]):
        if not d.fixed(wire) or d.places.axes(d.graph.types[wire]):
            raise d.refused(node, f"`{d.graph.wire_name(wire)}` is known at the end only")
    if any(d.places.axes(one) for one in region.types):
        raise d.refused(node, f"its cell has the axis `{d.places.over}` as well")
    names = [region.wire_name(w) for w in region.inputs]
    entries = [d.value(w, over) for w in node.data[sequences]]
    rest = [d.value(w, None) for w in node.data[shared]]
    before = [d.before(names[i], box.dom[i]) for i in range(box.attrs["states"])]
    cell = OperatorBox(CALL, (region,), region.dom, region.cod)
    here = d.places.here(over)
    if here is not None:  # a run over the chunk
        attrs = {**box.attrs, "over": here, "times": here.index}
        dom, cod = (tuple(d.places.moved(one, over) for one in of) for of in (box.dom, box.cod))
        cell = OperatorBox(SCAN, (region,), dom, cod, attrs)
    made = d.builder.operate(cell, (*before, *entries, *rest), node.name, node.origin)
    count = len(made) - len(before)
    for old, new, first in zip(before, made[count:], node.data[which], strict=True):
        d.state(old, new, d.copied(d.begin, d.starts, first))
    return made


def _region(d: Derivation, region: Graph) -> Derived:
    known = d.places.regions.get(id(region))
    if known is None:
        known = (region, type(d)(region, d.places).run())
        d.places.regions[id(region)] = known
    return known[1]


def _call(d: Derivation, node: Node, box: OperatorBox) -> Sequence[int]:
    """A named part: its step, with states of its own."""
    found, region = _region(d, box.regions[0]), box.regions[0]
    values = _read(d, node, found)
    states = [d.before(f"{node.name}_{s.name}", s.type) for s in found.states]
    place = [d.place()] if found.place is not None else []
    rest = [values[i] for i in found.shared]
    entries = [v for v, w in zip(values, node.data, strict=True) if d.along(w)]
    step = found.step
    made = d.builder.operate(
        OperatorBox(CALL, (step,), step.dom, step.cod),
        (*states, *entries, *place, *rest),
        node.name,
        node.origin,
    )
    begin = _begin(d, node, found)
    for old, new, first in zip(states, made[len(region.outputs) :], begin, strict=True):
        d.builder.graph.names[new] = d.builder.graph.names[old]
        d.state(old, new, first)
    return made[: len(region.outputs)]


def _read(d: Derivation, node: Node, found: Derived) -> list[int]:
    """The inputs of a part: its entries at the index, its shared inputs whole."""
    moves = found.states or any(d.along(w) for w in node.data)
    for i in {*found.shared, *found.begins}:
        if moves and not d.fixed(node.data[i]):
            raise d.refused(node, f"`{d.graph.wire_name(node.data[i])}` is known at the end only")
    own = [d.places.axes(d.graph.types[w]) for w in node.data]
    return [d.value(w, a[0] if a else None) for w, a in zip(node.data, own, strict=True)]


def _begin(d: Derivation, node: Node, found: Derived) -> Sequence[int]:
    """The starts of a part, in the start of the whole."""
    if not found.states:
        return ()
    ins = [d.copied(d.begin, d.starts, node.data[i]) for i in found.begins]
    start = found.start
    if not start.resources({d: 1 for d in start.dims}):
        return d.begin.splice(start, ins)
    box = OperatorBox(CALL, (start,), start.dom, start.cod)
    return d.begin.operate(box, tuple(ins), node.name, node.origin)


def _repeated(d: Derivation, node: Node, box: OperatorBox) -> Sequence[int]:
    """A part that is repeated, or run along another axis: a run over the states of its steps."""
    region, attrs = box.regions[0], dict(box.attrs)
    iterates = box.name == "iterate"
    count = len(region.inputs) if iterates else attrs["states"]
    if any(not d.places.axes(one) for one in region.dom[:count]):
        raise d.refused(node, "a value without the axis is carried from step to step")
    if attrs.get("ragged"):
        raise d.refused(node, "it reads lengths")
    found = _region(d, region)
    values = _read(d, node, found)
    place = [d.place()] if found.place is not None else []
    if iterates and not found.states and not place:
        step = found.step
        again = OperatorBox(box.operator, (step,), step.dom, step.cod, attrs)
        return d.builder.operate(again, tuple(values), node.name, node.origin)
    if attrs["weights"] == "stacked":
        raise d.refused(
            node, "its weights are stacked, and its steps keep states", 'weights="untied"'
        )
    steps, outs = _axis(d, box, found), len(region.outputs) - count
    last = len(region.inputs) - (0 if iterates else attrs["shared"])
    made_outs, made_states = found.step.outputs, len(region.outputs)
    inner = replace(
        found.step,
        inputs=[
            *found.inputs[:last],
            *(s.before for s in found.states),
            *([found.place] if found.place is not None else []),
            *found.inputs[last:],
        ],
        outputs=[*made_outs[:outs], *made_outs[made_states:], *made_outs[outs:made_states]],
    )
    types = d.builder.graph.types
    states = [d.before(s.name, along(s.type, steps)) for s in found.states]
    ins = (*values[:last], *states, *place, *values[last:])
    kept = [d.places.moved(one, (*d.places.axes(one), None)[0]) for one in box.cod]
    after = (along(found.step.types[s.after], steps) for s in found.states)
    cod = (*kept[:outs], *after, *kept[outs:])
    shared = len(place) + len(values) - last
    more = {"over": steps, "states": count, "shared": shared, "ragged": False}
    attrs = {"reverse": False, **attrs, **more}
    run = OperatorBox(SCAN, (inner,), tuple(types[w] for w in ins), cod, attrs)
    made = d.builder.operate(run, ins, node.name, node.origin)
    if found.start.resources({d: 1 for d in found.start.dims}):
        raise d.refused(node, "a state inside it starts as a weight", "start it at zero")
    first = _begin(d, node, found)
    begins = [d.begin.apply(op.expand(steps).op, (w,), "start")[0] for w in first]
    new = made[outs : outs + len(states)]
    for old, one, start in zip(states, new, begins, strict=True):
        d.builder.graph.names[one] = d.builder.graph.names[old]
        d.state(old, one, start)
    return (*made[:outs], *made[outs + len(states) :])


def _axis(d: Derivation, box: OperatorBox, found: Derived) -> Axis:
    """The axis of the steps of a repetition, told apart from those of its states."""
    if box.name == "scan":
        own: Axis = box.attrs["over"]
        return own
    taken = {a for s in found.states for a in s.type.axes}
    taken |= {a for one in (*found.step.dom, *found.step.cod) for a in one.axes}
    plain = Axis(box.attrs["times"])
    return plain if plain not in taken else Axis(box.attrs["times"], "layer")
