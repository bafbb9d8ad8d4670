"""Checkpoints of torch's recurrent modules, for generated modules that use the same kernels.

Definition.  ``from_torch(build, state)`` turns the ``state_dict`` of an ``nn.LSTM``, ``nn.GRU`` or
``nn.RNN`` into the entries of the generated module: rows, columns and biases go where the spec has
them.  Where the spec has one bias and torch two, it gets their sum.  A module with several stacks
takes ``{name: state}``, a stack being named by the first run in it.

Laws.  The generated module then computes what the torch module does, of any depth, from one end or
from both.  Every number of the state is used.

>>> from torch import nn
>>> from categorical import Dim
>>> from categorical.composites import lstm_cell
>>> from categorical.recursion import fold
>>> from backends.pytorch.build import build
>>> t, a, s = Dim.named("t a s")
>>> net = fold(lstm_cell(a, s), over=t, start=0)
>>> made = build(net, {"a": 3, "s": 4}, "demo", validate=False)
>>> state = from_torch(made, nn.LSTM(3, 4).state_dict())
>>> {key: tuple(value.shape) for key, value in state.items()}["cell.from_input.bias"]
(16,)
>>> module = made.module()
>>> module.load_state_dict(state)
<All keys matched successfully>

A state of another depth is refused:

>>> from_torch(made, nn.LSTM(3, 4, num_layers=2).state_dict())
Traceback (most recent call last):
...
ValueError: the state has 2 layers from one end, and `cell` has 1 layer from one end
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from backends.pytorch.passes import prepare
from backends.pytorch.recursion.cell_patterns import Block
from backends.pytorch.recursion.kernels import Kernel
from backends.pytorch.recursion.stacks import Run, Stack
from categorical.graph import Graph
from categorical.sizes import Size

if TYPE_CHECKING:
    from torch import Tensor

    from backends.pytorch.made import Build

State = Mapping[str, "Tensor"]


def stacks_of(build: Build) -> dict[str, tuple[str, Stack]]:
    """The stacks of a module by name, each with the path of the part that it is in."""
    normal, plan = prepare(build.graph, build.sizes)
    found: dict[str, tuple[str, Stack]] = {}
    pending: list[tuple[str, Graph]] = [("", normal)]
    while pending:
        prefix, graph = pending.pop(0)
        for lowering in plan.runs.get(id(graph), {}).values():
            if isinstance(lowering, Kernel):
                name = prefix + lowering.stack.runs[0].node.name
                found.setdefault(name, (prefix, lowering.stack))
        pending += [
            (f"{prefix}{node.name}.", node.regions[0])
            for node in graph.nodes
            if node.box.name == "call"
        ]
    return found


def from_torch(build: Build, state: State | Mapping[str, State]) -> dict[str, Tensor]:
    """The entries of the module's ``state_dict`` that torch's recurrent modules hold."""
    if not isinstance(state, Mapping) or not state:
        raise ValueError("a checkpoint is the state_dict() of a module, with its tensors by name")
    known = stacks_of(build)
    states: dict[str, Any] = dict(state)
    if "weight_ih_l0" in states:
        if len(known) != 1:
            raise ValueError(f"the module has {len(known)} stacks: {', '.join(known) or 'none'}")
        states = {next(iter(known)): states}
    entries: dict[str, Tensor] = {}
    for name, one in states.items():
        if name not in known:
            raise ValueError(f"the module has no stack `{name}`: {', '.join(known) or 'none'}")
        prefix, stack = known[name]
        _check(name, stack, one)
        ways = len(stack.layers[0].runs)
        for place, run in enumerate(stack.runs):
            suffix = f"_l{place // ways}" + ("_reverse" if place % ways else "")
            for key, value in _entries(build, prefix, run, one, suffix).items():
                if key in entries and not entries[key].equal(value):
                    raise ValueError(f"`{key}` is one weight here, and two in the state")
                entries[key] = value
    return entries


def _told(layers: int, ways: int) -> str:
    count = f"{layers} layers" if layers > 1 else "1 layer"
    return f"{count} from {'both ends' if ways > 1 else 'one end'}"


def _check(name: str, stack: Stack, state: State) -> None:
    """The state has the layers and directions of the stack, and of its kind of cell."""
    layers = sum(f"weight_ih_l{i}" in state for i in range(len(state)))
    ways = 1 + ("weight_ih_l0_reverse" in state)
    wanted = (len(stack.layers), len(stack.layers[0].runs))
    if (layers, ways) != wanted:
        raise ValueError(f"the state has {_told(layers, ways)}, and `{name}` has {_told(*wanted)}")


def _entries(build: Build, prefix: str, run: Run, state: State, suffix: str) -> dict[str, Tensor]:
    """The weights of one run; what torch keeps in two biases is added where the spec has one."""
    import torch

    region, sizes = run.node.box.regions[0], build.sizes
    entries: dict[str, Tensor] = {}
    rows = run.cell.size.evaluate(sizes)
    wide, back = state[f"weight_ih{suffix}"], state[f"weight_hh{suffix}"]
    if back.shape != (len(run.cell.gates) * rows, rows):
        raise ValueError(f"weight_hh{suffix} has the shape {tuple(back.shape)}")
    none = back.new_zeros(len(back))
    biases = [state.get(f"bias_{side}{suffix}", none) for side in ("ih", "hh")]

    def put(block: Block, value: Tensor) -> None:
        resource = region.sources[block.wire]
        key = build.main.key(f"{prefix}{run.node.name}.{resource.name}")
        shape = [a.size.evaluate(sizes) for a in resource.space.axes]
        entry = entries.setdefault(key, torch.zeros(shape, dtype=value.dtype))
        entry[tuple(_spans(block, len(shape), sizes))] += -value if block.negative else value

    for place, gate in enumerate(run.cell.gates):
        own = slice(place * rows, (place + 1) * rows)
        put(gate.state, back[own])
        start = 0
        for block in gate.inputs:
            width = block.columns.evaluate(sizes) if block.columns is not None else 0
            put(block, wide[own, start : start + width])
            start += width
        if start != wide.shape[1]:
            raise ValueError(f"weight_ih{suffix} has {wide.shape[1]} columns, not {start}")
        inside = run.cell.kind == "gru" and place == len(run.cell.gates) - 1
        for side, value in enumerate(biases):
            blocks = gate.biases[side] or (() if inside else gate.biases[1 - side])
            for other in blocks[1:]:
                put(other, torch.zeros_like(value[own]))
            if blocks:
                put(blocks[0], value[own])
            elif bool(value[own].any()):
                raise ValueError(f"`{run.node.name}` has no place for bias{suffix}")
    return entries


def _spans(block: Block, rank: int, sizes: Mapping[str, int]) -> Iterator[slice]:
    """The part of a weight that a block is."""

    def span(start: Size, size: Size) -> slice:
        first = start.evaluate(sizes)
        return slice(first, first + size.evaluate(sizes))

    yield span(block.start, block.size)
    if rank > 1 and block.columns is not None:
        yield span(block.column, block.columns)
