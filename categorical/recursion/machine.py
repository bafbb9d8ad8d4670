"""The operator ``scan``: a cell run along an axis; folds and machines are made of it.

Definition.  A cell is an arrow ``S × A × C → O × S``: states first in its domain and last in its
codomain.  Run along an axis t it is an arrow ``S × A[t] × C → O[t] × S``: step i reads entry i of
the sequences ``A[t]``, the whole of the shared inputs ``C``, and the states that step i − 1 left;
entry i of the outputs is what step i gave.  ``reverse`` runs from the last entry to the first.
``lengths`` adds an input ``Fin(t + 1)``: at steps from the length on, states are kept and outputs
are 0, so a batch holds sequences of several lengths, empty ones included.

Laws.  Running along ``t + u`` is running along t, and then along u from the states that are left
(the free monad: split and resume).  Along one point it is the cell.  Weights are tied: the network
of n steps has the parameters P of the cell, by the 2-cell Δ: P → Pⁿ; ``weights="untied"`` is the
network with Pⁿ.

>>> from categorical import Dim, Real, op
>>> from categorical.recursion.folds import fold
>>> t, a, s = Dim.named("t a s")
>>> cell = (op.linear(s, s) @ op.linear(a, s)) >> op.add >> op.tanh
>>> network = fold(cell, over=t)
>>> network.type_text(), list(network.parameters)[:2]
('Real[s] × Real[t, a] → Real[s]', ['cell.linear.weight', 'cell.linear.bias'])
>>> list(fold(cell, over=Dim("two", size=2), weights="untied").parameters)[:1]
['cell.0.linear.weight']

A cell that does not return to its carrier has no fold:

>>> fold((op.linear(s, a) @ op.linear(a, a)) >> op.add, over=t)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM045]: the cell does not return to its carrier
...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from categorical.arrows import Arrow, Transformed, Types
from categorical.errors import SpecError
from categorical.graph import Builder, Graph, Narrowed, Operator, OperatorBox
from categorical.index import Axis, IndexSet, disjoint_sum
from categorical.ops.axes import structural
from categorical.ops.common import aligned
from categorical.origin import here
from categorical.records import Context
from categorical.recursion import mistakes
from categorical.spaces import Array, Fin

WEIGHTS = ("tied", "untied")
ATTRIBUTES = frozenset(("over", "times", "states", "shared", "reverse", "weights", "ragged"))


def at_step(array: Array, over: Axis) -> Array:
    """The type of one entry of a sequence."""
    return array.with_axes(tuple(a for a in array.axes if a != over))


def along(array: Array, over: Axis, place: int = 0) -> Array:
    """The type of a sequence of entries; ``place`` is that of the axis of steps."""
    return array.with_axes((*array.axes[:place], over, *array.axes[place:]))


def parts(box: OperatorBox) -> tuple[slice, slice, slice]:
    """Where the states, the sequences and the shared inputs stand among the inputs of a box."""
    states, shared = box.attrs["states"], box.attrs["shared"]
    end = len(box.dom) - int(box.attrs["ragged"])
    return slice(0, states), slice(states, end - shared), slice(end - shared, end)


def unrolled(times: IndexSet, sizes: Mapping[str, int]) -> int:
    """How many sets of weights an untied run has: the number of its steps must be known."""
    missing = sorted(times.size.symbols - set(sizes))
    if missing:
        raise SpecError(
            "CM025",
            f"the size of `{missing[0]}` is not given",
            facts=[("needed by", f"weights of their own at every step of `{times}`")],
            help=[f"pass it:  sizes=dict({missing[0]}=…)", 'or tie them: weights="tied"'],
        )
    return times.size.evaluate(sizes)


def _prefixes(box: OperatorBox, sizes: Mapping[str, int]) -> list[str]:
    if box.attrs["weights"] == "untied":
        return [f"{i}." for i in range(unrolled(box.attrs["times"], sizes))]
    return [""]


def _meaning(
    ctx: Context, box: OperatorBox, run: Callable[..., list[Any]], values: Sequence[Any]
) -> list[Any]:
    over, steps = box.attrs["over"], ctx.size(box.attrs["times"])
    which, sequences, shared = parts(box)
    states, untied = list(values[which]), box.attrs["weights"] == "untied"
    outs = box.cod[: len(box.cod) - len(states)]
    emitted: list[list[Any]] = [[None] * steps for _ in outs]
    for step in range(steps - 1, -1, -1) if box.attrs["reverse"] else range(steps):
        entries = [
            _entry(ctx, v, step, type_.position(over))
            for v, type_ in zip(values[sequences], box.dom[sequences], strict=True)
        ]
        found = run(step if untied else 0, [*states, *entries, *values[shared]])
        new, shown = found[len(outs) :], found[: len(outs)]
        if box.attrs["ragged"]:
            alive = values[-1] > step
            new = [
                _kept(ctx, box, alive, n, s, type_)
                for n, s, type_ in zip(new, states, box.dom[which], strict=True)
            ]
            shown = [
                _kept(ctx, box, alive, y, None, at_step(type_, over))
                for y, type_ in zip(shown, outs, strict=True)
            ]
        states = new
        for place, one in enumerate(shown):
            emitted[place][step] = one
    rows = [
        _stacked(ctx, row, type_.position(over)) for row, type_ in zip(emitted, outs, strict=True)
    ]
    return [*rows, *states]


def _entry(ctx: Context, value: Any, step: int, place: int) -> Any:
    return structural(ctx, value, lambda v: np.take(v, step, axis=place))


def _stacked(ctx: Context, row: list[Any], place: int) -> Any:
    def join(arrays: Any) -> Any:
        return np.stack(list(arrays), axis=place)

    if all(isinstance(one, (np.ndarray, np.generic)) for one in row):
        return join(row)
    return ctx.algebra.structural_n(row, join)


def _kept(ctx: Context, box: OperatorBox, alive: Any, new: Any, old: Any, type_: Array) -> Any:
    """The new value where a sequence goes on, else the old one (nothing: 0)."""
    mask = aligned(ctx, np.asarray(alive), box.dom[-1], type_)
    if isinstance(new, np.ndarray) and new.dtype.kind in "biu":
        return np.where(mask, new, np.zeros_like(new) if old is None else old)
    if old is None:
        old = ctx.algebra.zeros(ctx.shape(type_))
    return ctx.algebra.where(np.broadcast_to(mask, ctx.shape(type_)), new, old)


def _narrowed(box: OperatorBox, used: Sequence[bool]) -> Narrowed:
    """Outputs that are not used, states on which nothing used depends, entries nobody reads.

    One state stays, so that the run is a run.
    """
    cell, states = box.regions[0], int(box.attrs["states"])
    if not set(box.attrs) <= ATTRIBUTES:  # what else is said of a run speaks of all its ports
        return Narrowed(box, tuple(range(len(box.dom))), tuple(range(len(box.cod))))
    outputs = len(cell.outputs) - states
    needed = {i for i in range(states) if used[outputs + i]}
    shown = [j for j in range(outputs) if used[j]]
    while True:
        ends = [cell.outputs[j] for j in (*shown, *(outputs + i for i in sorted(needed)))]
        read = _reached(cell, ends)
        more = {i for i in range(states) if cell.inputs[i] in read} - needed
        if not more:
            break
        needed |= more
    kept = sorted(needed or range(min(states, 1)))
    if states and not needed:
        read |= _reached(cell, [cell.outputs[outputs]])
        kept = sorted({0} | {i for i in range(states) if cell.inputs[i] in read})
        if kept != [0]:  # the state that stays needs others
            return Narrowed(box, tuple(range(len(box.dom))), tuple(range(len(box.cod))))
    _, sequences, shared = parts(box)
    rest = [i for i in range(sequences.start, shared.stop) if cell.inputs[i] in read]
    ins = (*kept, *rest, *range(shared.stop, len(box.dom)))
    outs = (*shown, *(outputs + i for i in kept))
    if len(ins) == len(box.dom) and len(outs) == len(box.cod):
        return Narrowed(box, ins, outs)
    inner = replace(
        cell,
        inputs=[cell.inputs[i] for i in (*kept, *rest)],
        outputs=[cell.outputs[j] for j in outs],
    )
    attrs = {
        **box.attrs,
        "states": len(kept),
        "shared": sum(i >= shared.start for i in rest),
    }
    dom, cod = tuple(box.dom[i] for i in ins), tuple(box.cod[j] for j in outs)
    return Narrowed(replace(box, regions=(inner,), dom=dom, cod=cod, attrs=attrs), ins, outs)


def _reached(cell: Graph, ends: Sequence[int]) -> set[int]:
    """The wires on which some wires of a cell depend."""
    found = set(ends)
    for node in reversed(cell.nodes):
        if found & set(node.outs):
            found.update(node.ins)
    return found


SCAN = Operator("scan", "a cell run along an axis", _prefixes, _meaning, narrowed=_narrowed)


def machine(
    cell: Arrow,
    over: Axis,
    states: int,
    *,
    shared: int = 0,
    reverse: bool = False,
    lengths: bool = False,
    weights: str = "tied",
    name: str = "cell",
    title: str = "scan",
) -> Arrow:
    """The cell run along ``over``; see the module.  ``folds`` has the named forms."""
    mistakes.check_run(cell, over, states, shared, weights, name)
    place = here()

    def make(types: Types) -> Graph:
        arrays = mistakes.inputs(cell, types, over, states, shared, lengths)
        body, ragged = arrays[: len(arrays) - int(lengths)], arrays[len(arrays) - int(lengths) :]
        end = len(body) - shared
        entries = tuple(at_step(t, over) if states <= i < end else t for i, t in enumerate(body))
        region = cell.retype(entries).graph()
        mistakes.check_cell(cell, region, states, weights, over, place)
        first = next((t.position(over) for t in body[states:end]), 0)
        outs = tuple(
            along(t, over, min(first, len(t.axes))) for t in region.cod[: len(region.cod) - states]
        )
        for one in ragged:
            mistakes.check_lengths(
                one, over, (*region.dom[:states], *map(at_step, outs, [over] * len(outs)))
            )
        attrs = {
            "over": over,
            "times": over.index,
            "states": states,
            "shared": shared,
            "reverse": reverse,
            "weights": weights,
            "ragged": lengths,
        }
        box = OperatorBox(SCAN, (region,), arrays, (*outs, *region.cod[len(outs) :]), attrs)
        builder = Builder()
        names = [region.wire_name(w) for w in region.inputs] + ["lengths"]
        ins = tuple(builder.input(t, names[i]) for i, t in enumerate(arrays))
        return builder.finish(builder.operate(box, ins, name, place))

    least = list(mistakes.arrays(cell, cell.dom))
    end = len(least) - shared
    least[states:end] = [along(t, over) for t in least[states:end]]
    if lengths:
        least.append(Fin(disjoint_sum(over.index, 1)).scalar)
    return Transformed(cell, make, f"{title}({cell.label()})", tuple(least), cell.open)
