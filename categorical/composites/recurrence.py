"""Recurrent cells and layers: Elman, GRU, LSTM; stacked and bidirectional runs of them.

Definition.  A cell ``S × A → S`` takes its states first.  With ``W x`` for an affine map of the
input and ``U h`` for a linear map of the state (gates in the order of torch's weights):

- Elman:  h' = tanh(W x + U h);
- GRU:    r, z = σ(W x + U h);  n = tanh(W x + r·(U h + b));  h' = (1 − z)·n + z·h;
- LSTM:   i, f, o = σ(W x + U h);  g = tanh(W x + U h);  c' = f·c + i·g;  h' = o·tanh(c').

One bias is trained where two would only be added; the GRU's ``b``, inside the reset gate, is its
own (``new_bias``).  The layer ``recurrent(cell, over=t)`` is ``S × A[t] → H[t] × S``: H is the
first state after each step.  ``stacked`` feeds the rows of each layer to the next,
``bidirectional`` runs a second layer from the other end and puts the rows side by side.

Laws.  A layer reads no later entry; running along t + u is running along t and then along u.  The
states of an Elman cell, a GRU started at 0 and the shown states of an LSTM lie in (−1, 1).

>>> from categorical import Dim
>>> t, a, h, k = Dim.named("t a h k")
>>> lstm_cell(a, h)
lstm_cell: Real[h] × Real[h] × Real[a] → Real[h] × Real[h]
>>> recurrent(gru_cell(a, h), over=t).type_text()
'Real[h] × Real[t, a] → Real[t, h] × Real[h]'
>>> bidirectional(gru_cell(a, h), gru_cell(a, k), over=t, start=0).type_text()
'Real[t, a] → Real[t, h + k] × Real[h] × Real[k]'
>>> two = stacked(recurrent(gru_cell(a, h), over=t), recurrent(lstm_cell(h, k), over=t))
>>> two.type_text()
'Real[h] × Real[k] × Real[k] × Real[t, a] → Real[t, k] × Real[h] × Real[k] × Real[k]'

A layer reads what the layer below shows:

>>> stacked(recurrent(gru_cell(a, h), over=t), recurrent(gru_cell(a, h), over=t))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM045]: layer 2 does not read what layer 1 shows
...
"""

from __future__ import annotations

from typing import Any

from categorical import op
from categorical.arrows import Arrow, Types
from categorical.checked import checked
from categorical.composites.typed import typed, wired
from categorical.errors import SpecError
from categorical.index import Axis, IndexSet, index_set
from categorical.messages import arrays
from categorical.recursion import mealy
from categorical.recursion.folds import shown, started
from categorical.recursion.mistakes import Start, check_carrier
from categorical.spaces import Real, Space

LSTM_GATES, GRU_GATES = 4, 3


# --- cells ----------------------------------------------------------------------------------------


@checked
def elman_cell(
    feature: IndexSet | int,
    hidden: IndexSet | int,
    *,
    activation: Arrow = op.tanh,
    bias: bool = True,
) -> Arrow:
    """``h × x → h``: the simple recurrent cell, torch's ``RNNCell``."""
    feature, hidden = index_set(feature), index_set(hidden)

    def elman_cell(state: Any, x: Any) -> Any:
        from_input = op.linear(feature, hidden, bias=bias, name="from_input")(x)
        from_state = op.linear(hidden, hidden, bias=False, name="from_state")(state)
        return activation(from_input + from_state)

    return typed(Real[hidden], Real[feature])(elman_cell)


@checked
def gru_cell(feature: IndexSet | int, hidden: IndexSet | int, *, bias: bool = True) -> Arrow:
    """``h × x → h``: the gated recurrent unit, gates reset, update, new (Cho et al. 2014)."""
    feature, hidden = index_set(feature), index_set(hidden)
    rows = GRU_GATES * hidden

    def gru_cell(state: Any, x: Any) -> Any:
        from_input = op.linear(feature, rows, bias=bias, name="from_input")(x)
        from_state = op.linear(hidden, rows, bias=False, name="from_state")(state)
        parts = op.split(rows, GRU_GATES, hidden)
        read = [op.take(GRU_GATES, i)(parts(from_input)) for i in range(GRU_GATES)]
        kept = [op.take(GRU_GATES, i)(parts(from_state)) for i in range(GRU_GATES)]
        if bias:
            kept[2] = kept[2] + op.parameter(Real[hidden], name="new_bias")()
        reset, update = op.sigmoid(read[0] + kept[0]), op.sigmoid(read[1] + kept[1])
        new = op.tanh(read[2] + reset * kept[2])
        return (1 - update) * new + update * state

    return typed(Real[hidden], Real[feature])(gru_cell)


@checked
def lstm_cell(feature: IndexSet | int, hidden: IndexSet | int, *, bias: bool = True) -> Arrow:
    """``h × c × x → h × c``: the long short-term memory, gates enter, keep, candidate, show."""
    feature, hidden = index_set(feature), index_set(hidden)
    rows = LSTM_GATES * hidden

    def lstm_cell(state: Any, memory: Any, x: Any) -> Any:
        from_input = op.linear(feature, rows, bias=bias, name="from_input")(x)
        from_state = op.linear(hidden, rows, bias=False, name="from_state")(state)
        logits = op.split(rows, LSTM_GATES, hidden)(from_input + from_state)
        enter, keep, candidate, show = (op.take(LSTM_GATES, i)(logits) for i in range(LSTM_GATES))
        memory = op.sigmoid(keep) * memory + op.sigmoid(enter) * op.tanh(candidate)
        return op.sigmoid(show) * op.tanh(memory), memory

    return typed(Real[hidden], Real[hidden], Real[feature])(lstm_cell)


# --- layers ---------------------------------------------------------------------------------------


@checked
def recurrent(
    cell: Arrow,
    over: IndexSet | Axis | int,
    start: Start = None,
    *,
    reverse: bool = False,
    lengths: bool = False,
    name: str = "cell",
) -> Arrow:
    """``S × A[t] → H[t] × S``: the first state after each step, and the last states."""
    states = len(cell.cod)
    check_carrier(cell, states, "scan")
    return mealy(
        shown(cell, 1), over, start, states=states, reverse=reverse, lengths=lengths, name=name
    )


@checked
def stacked(*layers: Arrow, start: Start = None) -> Arrow:
    """Layers ``S × A[t] → B[t] × S`` one after another; the states of the first come first.

    A layer with lengths (a last input ``Fin(t + 1)``) makes it the last input of the stack, the
    same one for all such layers.  A layer may have no state (a norm, a linear map).
    """
    if not layers:
        raise SpecError("CM045", "a stack of no layers", help=["stacked(first, second)"])
    states, ragged = [], None
    for place, layer in enumerate(layers):
        last = _lengths(layer)
        ragged = ragged or last
        end = len(layer.dom) - (last is not None)
        states.append(layer.dom[: end - 1])
        if place and layer.dom[end - 1] != layers[place - 1].cod[0]:
            raise SpecError(
                "CM045",
                f"layer {place + 1} does not read what layer {place} shows",
                facts=[
                    ("shown", str(layers[place - 1].cod[0])),
                    ("read", str(layer.dom[end - 1])),
                ],
                help=["give the layer the width of the one below as its feature"],
            )
    every = tuple(one for types in states for one in types)
    sequence = layers[0].dom[len(states[0])]

    def stacked(*wires: Any) -> Any:
        left, x = list(wires[: len(every)]), wires[len(every)]
        ends: list[Any] = []
        for layer, types in zip(layers, states):
            own = [left.pop(0) for _ in types]
            made = layer(*own, x, *(wires[-1:] if _lengths(layer) else ()))
            x, *new = made if types else (made,)
            ends += new
        return (x, *ends) if ends else x

    types = (*every, sequence, *([ragged] if ragged else []))
    made = wired(types, _names(len(every), types), stacked)
    return started(made, every, start) if every else made


@checked
def bidirectional(
    forward: Arrow,
    backward: Arrow,
    over: IndexSet | Axis | int,
    start: Start = None,
    *,
    lengths: bool = False,
) -> Arrow:
    """``S × S' × A[t] → (H + H')[t] × S × S'``: two cells, one from each end, rows side by side.

    After the rows come the last states of the forward cell, then those of the backward cell.
    """
    there = recurrent(forward, over, lengths=lengths, name="forwards")
    back = recurrent(backward, over, lengths=lengths, reverse=True, name="backwards")
    first, second = len(forward.cod), len(backward.cod)
    if forward.dom[first:] != backward.dom[second:]:
        raise SpecError(
            "CM045",
            "the two directions read different entries",
            facts=[("forward", forward.type_text()), ("backward", backward.type_text())],
            help=["both cells read the same features"],
        )
    states = (*there.dom[:first], *back.dom[:second])
    left, right = _shown_axis(forward), _shown_axis(backward)

    def bidirectional(*wires: Any) -> Any:
        rest = wires[first + second :]
        row, *ends = there(*wires[:first], *rest)
        other, *others = back(*wires[first : first + second], *rest)
        return (op.concat(left, right)(row, other), *ends, *others)

    types = (*states, *there.dom[first:])
    return started(wired(types, _names(len(states), types), bidirectional), states, start)


def _lengths(layer: Arrow) -> Space | None:
    """The type of the lengths that a layer reads, or None."""
    states = len(layer.cod) - 1
    inputs = layer.dom[states:]
    ragged = len(inputs) == 2 and getattr(inputs[1], "kind", "") == "fin"
    if len(inputs) != 1 + ragged or layer.dom[:states] != layer.cod[1:]:
        raise SpecError(
            "CM045",
            f"`{layer.label()}` is no layer",
            facts=[("it is", layer.type_text())],
            help=["a layer is  S × A[t] → B[t] × S, as recurrent and bidirectional make them"],
        )
    return inputs[1] if ragged else None


def _shown_axis(cell: Arrow) -> IndexSet:
    """The last axis of what a cell shows, along which two directions are put side by side."""
    axes = arrays(cell, cell.cod)[0].axes
    if not axes:
        raise SpecError(
            "CM045",
            f"`{cell.label()}` shows numbers: two of them have no axis to stand side by side on",
            facts=[("the cell", cell.type_text())],
            help=["give the first state an axis"],
        )
    return axes[-1].index


def _names(states: int, types: Types) -> list[str]:
    return [*(f"state_{i + 1}" for i in range(states)), "x", "lengths"][: len(types)]
