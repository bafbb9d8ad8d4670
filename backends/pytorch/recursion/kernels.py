"""Library kernels: runs as one call of ``torch.lstm``, ``gru``, ``rnn_tanh`` or ``rnn_relu``.

Definition.  The first rung of the ladder takes a run whose body is a kernel's cell
(``cell_patterns``), with the layers above it and the run from the other end (``stacks``).  The
weights stay where the spec has them; the kernel is given them in its own order, joined where the
gates are apart.  A bias that the spec does not have is a buffer of zeros, not saved.  The class of
the cell is one step.

Laws.  The call is the run, gradients everywhere.  ``train`` is on wherever gradients are recorded,
so that they exist in eval mode as well (no kernel drops anything: ``dropout`` is 0).

>>> from categorical import Dim, Real, arrow, op
>>> from categorical.recursion import fold
>>> from backends.pytorch.build import build
>>> t, a, s = Dim.named("t a s")
>>> @arrow
... def elman(h: Real[s], x: Real[a]) -> Real[s]:
...     return op.tanh(op.linear(a, s, name="read")(x) + op.linear(s, s, name="again")(h))
>>> made = build(fold(elman, over=t, start=0), {"a": 3, "s": 4}, "demo", validate=False)
>>> made.derivation[-1]
'recurrence: `cell` by torch.rnn_tanh, 1 layer (gradient everywhere)'

A cell of no kernel is left to the rungs below:

>>> odd = fold(op.mul.at(Real[s], Real[s]) >> op.tanh, over=t)
>>> kernel(odd.graph(), odd.graph().nodes[0], {}) is None
True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from backends.pytorch.recursion.cell_patterns import ROWS, Block, Gate
from backends.pytorch.recursion.lengths import checked
from backends.pytorch.recursion.stacks import Run, Stack, stacks
from backends.pytorch.scope import shape_note
from backends.pytorch.table.base import atom
from categorical.graph import Graph, Node
from categorical.index import Axis
from categorical.sizes import Size
from categorical.spaces import Array

if TYPE_CHECKING:
    from backends.pytorch.emit import Writer

KERNEL = '''
@torch.compiler.disable
def run_{kind}_outside(*inputs: object, **options: object) -> tuple[Tensor, ...]:
    """``torch.{kind}``, which torch 2.13 cannot compile and differentiate in one graph."""
    return torch.{kind}(*inputs, **options)
'''

CALL = '''
def run_{kind}(
    x: Tensor,
    states: tuple[Tensor, ...],
    weights: list[Tensor],
    biases: bool,
    layers: int,
    two_ways: bool,
    steps_first: bool,
) -> tuple[Tensor, ...]:
    """The rows and the last states, by ``torch.{kind}``; an empty sequence keeps its states.

    Compiled graphs leave the kernel as it is, exported programs hold it.
    """
    if x.shape[0 if steps_first else 1] == 0:
        width = states[0].shape[-1] * (2 if two_ways else 1)
        return x.new_zeros((*x.shape[:2], width)), *states
    options = {{
        "has_biases": biases,
        "num_layers": layers,
        "dropout": 0.0,
        "train": torch.is_grad_enabled(),
        "bidirectional": two_ways,
        "batch_first": not steps_first,
    }}
    if torch.compiler.is_compiling() and not torch.compiler.is_exporting():
        return run_{kind}_outside(x, {states}, weights, **options)
    return torch.{kind}(x, {states}, weights, **options)
'''

CUT = '''
def cut_rows(x: Tensor, lengths: Tensor, dim: int) -> Tensor:
    """Rows past a length are 0; the lengths stand in front of the dimension ``dim`` of ``x``."""
    steps = torch.arange(x.shape[dim], device=x.device)
    return x.masked_fill((steps >= lengths[..., None])[(..., *[None] * (-dim - 1))], 0)
'''

BACKWARDS = '''
def read_backwards(x: Tensor, lengths: Tensor) -> Tensor:
    """The first ``lengths`` rows of each sample in reverse, the others where they are."""
    steps = torch.arange(x.shape[1], device=x.device)
    order = torch.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)
    return x.gather(1, order[:, :, None].expand_as(x))
'''

RAGGED = '''
@torch.compiler.disable
def {name}(
    x: Tensor,
    lengths: Tensor,
    states: tuple[Tensor, ...],
    weights: list[Tensor],
    biases: bool,
    layers: int,
    two_ways: bool,
) -> tuple[Tensor, ...]:
    """``torch.{kind}`` on sequences of several lengths: the rows, 0 past a length, and the states.

    An empty sequence is read as one entry that is 0, and its results are not used.
    """
    if 0 in x.shape[:2]:
        return x.new_zeros((*x.shape[:2], states[0].shape[-1] * (2 if two_ways else 1))), *states
    pack = nn.utils.rnn.pack_padded_sequence
    empty = lengths == 0
    x = x.masked_fill(empty[:, None, None], 0)
    counts = lengths.clamp(min=1).cpu()
    packed = pack(x, counts, batch_first=True, enforce_sorted=False)
    order, back = packed.sorted_indices, packed.unsorted_indices
    starts = tuple(state[:, order] for state in states)
    rows, *ends = torch.{kind}(
        packed.data,
        packed.batch_sizes,
        {starts},
        weights,
        has_biases=biases,
        num_layers=layers,
        dropout=0.0,
        train=torch.is_grad_enabled(),
        bidirectional=two_ways,
    )
    rows = nn.utils.rnn.PackedSequence(rows, packed.batch_sizes, order, back)
    y, _ = nn.utils.rnn.pad_packed_sequence(rows, batch_first=True, total_length=x.shape[1])
    kept = [torch.where(empty[:, None], start, end[:, back]) for start, end in zip(states, ends)]
    return y.masked_fill(empty[:, None, None], 0), *kept
'''


class Kernel:
    """Writes the runs of a stack as one call."""

    def __init__(self, graph: Graph, stack: Stack) -> None:
        self.graph, self.stack = graph, stack
        self.cell = stack.runs[0].cell
        self.covers = tuple(run.node.outs[0] for run in stack.runs)
        joined = [layer.joined for layer in stack.layers if layer.joined is not None]
        self.needless = {node.outs[0] for node in joined}
        self.contract = "ragged" if stack.runs[0].node.box.attrs["ragged"] else "kernel"
        layers, ways = len(stack.layers), len(stack.layers[0].runs)
        names = ", ".join(f"`{name}`" for name in dict.fromkeys(r.node.name for r in stack.runs))
        self.note = (
            f"recurrence: {names} by torch.{self.cell.kind}, "
            f"{layers} layer{'s' if layers > 1 else ''}"
            f"{', from both ends' if ways > 1 else ''} (gradient everywhere)"
        )

    def declare(self, writer: Writer, node: Node) -> None:
        writer.child(node, lambda text: f"{text.name}(config)")

    def write(self, writer: Writer, node: Node) -> None:
        if node is self.stack.runs[-1].node:  # where all that the call needs is there
            _Call(self, writer).write()


class Cut:
    """Writes a run without states: rows past a length are 0."""

    note = ""
    contract = "static"

    def declare(self, writer: Writer, node: Node) -> None:
        """Nothing has weights here."""

    def write(self, writer: Writer, node: Node) -> None:
        over, type_ = node.box.attrs["over"], node.box.dom[0]
        lengths, counts = checked(writer, node), node.box.dom[1].axes
        order = (*counts, over, *(a for a in type_.axes if a not in counts and a != over))
        x = writer.permuted(writer._wire(node.ins[0]), type_.axes, order)
        cut = writer.helper("cut_rows", CUT)
        text = f"{cut}({x}, {lengths}, {len(counts) - len(order)})"
        writer._bind(node.outs[0], writer.permuted(text, order, type_.axes))


def kernel(graph: Graph, node: Node, sizes: Mapping[str, int]) -> Kernel | Cut | None:
    """The rung: the stack that a run belongs to."""
    if not node.box.attrs["states"]:
        return Cut()
    for stack in _stacks(graph):
        if any(run.node is node for run in stack.runs):
            return Kernel(graph, stack)
    return None


_LAST: list[tuple[Graph, list[Stack]]] = []


def _stacks(graph: Graph) -> list[Stack]:
    """The stacks of a graph; found once while its runs are offered one after another."""
    if not _LAST or _LAST[0][0] is not graph:
        _LAST[:] = [(graph, stacks(graph))]
    return _LAST[0][1]


class _Call:
    """The statements of one call."""

    def __init__(self, kernel: Kernel, writer: Writer) -> None:
        self.writer, self.stack, self.cell = writer, kernel.stack, kernel.cell
        self.first, self.last = self.stack.runs[0], self.stack.layers[-1]
        self.box = self.first.node.box
        self.over: Axis = self.box.attrs["over"]
        self.batch = self.box.dom[0].axes[:-1]
        self.ragged: bool = self.box.attrs["ragged"]
        self.ways = len(self.last.runs)
        self.backwards = self.ways == 1 and self.box.attrs["reverse"]
        types = [writer.graph.types[w] for w in self.first.inputs]
        # one batch axis may stand behind the steps; otherwise it is in front, made of all
        self.steps_first = not self.ragged and (
            not self.batch or (len(self.batch) == 1 and types[0].axes[0] is self.over)
        )
        self.biases = max(run.cell.biases for run in self.stack.runs)

    def write(self) -> None:
        writer, count = self.writer, 1 + (self.cell.memory is not None)
        lengths = checked(writer, self.first.node) if self.ragged else ""
        lengths = self._lengths(lengths)
        x = self._sequence(lengths)
        starts = [self._starts([run.starts[i] for run in self.stack.runs]) for i in range(count)]
        weights = [text for run in self.stack.runs for text in self._weights(run)]
        weights = [w if w.startswith("self.") else self._named(w, "joined") for w in weights]
        given = writer.line(f"[{', '.join(weights)}]", None, "weights")
        layers = str(len(self.stack.layers))
        state = f"({', '.join(starts)}{',' if count == 1 else ''})"
        tail = f"biases={bool(self.biases)}, layers={layers}, two_ways={self.ways == 2}"
        if self.ragged:
            text = f"{self._helper()}({x}, {lengths}, {state}, {given}, {tail})"
        else:
            tail += f", steps_first={self.steps_first}"
            text = f"{self._kernel()}({x}, {state}, {given}, {tail})"
        self._results(text, lengths)

    # --- what the kernel reads -------------------------------------------------------------------

    def _flat(self, text: str) -> str:
        """All batch axes in front as one."""
        if not self.batch:
            return f"{atom(text)}.unsqueeze({1 if self.steps_first else 0})"
        return text if len(self.batch) == 1 else f"{atom(text)}.flatten(0, {len(self.batch) - 1})"

    def _order(self, last: Axis) -> tuple[Axis, ...]:
        lead = (self.over, *self.batch) if self.steps_first else (*self.batch, self.over)
        return (*lead, last)

    def _sequence(self, lengths: str) -> str:
        writer, parts = self.writer, []
        for wire in self.first.inputs:
            axes = writer.graph.types[wire].axes
            parts.append(writer.permuted(writer._wire(wire), axes, self._order(axes[-1])))
        text = parts[0] if len(parts) == 1 else f"torch.cat(({', '.join(parts)}), dim=-1)"
        return self._turned(self._flat(text), lengths)

    def _turned(self, text: str, lengths: str) -> str:
        """A sequence from its other end, where the run is."""
        if not self.backwards:
            return text
        if self.ragged:
            return f"{self.writer.helper('read_backwards', BACKWARDS)}({text}, {lengths})"
        return f"{atom(text)}.flip({0 if self.steps_first else 1})"

    def _lengths(self, text: str) -> str:
        if not self.ragged:
            return ""
        type_, batch = self.box.dom[-1], Array("real", self.batch)
        if not self.batch:
            return f"{atom(text)}.unsqueeze(0)"
        if type_.axes != self.batch:
            wide = self.writer.aligned(text, type_, batch)
            text = f"{atom(wide)}.expand({', '.join(self.writer.size(a) for a in self.batch)})"
        return self._flat(text)

    def _starts(self, wires: Sequence[int]) -> str:
        """The first states of all layers and directions."""
        every = [self._state(self.writer._wire(w)) for w in wires]
        if len(every) == 1:
            return f"{atom(every[0])}.unsqueeze(0)"
        return self._named(f"torch.stack(({', '.join(every)}))", "starts")

    def _state(self, text: str) -> str:
        if not self.batch:
            return f"{atom(text)}.unsqueeze(0)"
        return text if len(self.batch) == 1 else f"{atom(text)}.flatten(0, {len(self.batch) - 1})"

    def _named(self, text: str, name: str) -> str:
        return self.writer.line(text, None, name)

    def _kernel(self) -> str:
        kind = self.cell.kind
        self.writer.helper(f"run_{kind}_outside", KERNEL.format(kind=kind))
        states = "states" if self.cell.memory is not None else "states[0]"
        return self.writer.helper(f"run_{kind}", CALL.format(kind=kind, states=states))

    def _helper(self) -> str:
        kind, name = self.cell.kind, f"run_{self.cell.kind}_of_lengths"
        starts = "starts" if self.cell.memory is not None else "starts[0]"
        return self.writer.helper(name, RAGGED.format(kind=kind, name=name, starts=starts))

    # --- weights ---------------------------------------------------------------------------------

    def _weights(self, run: Run) -> list[str]:
        """The weights of one run in the order of the kernel."""
        gates = run.cell.gates
        rows = [g.inputs for g in gates]
        texts = [self._matrix(run, rows), self._matrix(run, [(g.state,) for g in gates])]
        if self.biases:
            texts += [self._bias(run, gates, side) for side in (0, 1)]
        return texts

    def _bias(self, run: Run, gates: Sequence[Gate], side: int) -> str:
        found = [g.biases[side] for g in gates]
        if not any(found):
            return self._zeros(len(gates))
        if all(len(one) == 1 for one in found):
            return self._matrix(run, found)
        texts = []
        for blocks in found:
            parts = [self._block(run, b) for b in blocks]
            texts.append(" + ".join(parts) if parts else self._zeros(1))
        return f"torch.cat(({', '.join(texts)}))" if len(texts) > 1 else texts[0]

    def _zeros(self, gates: int) -> str:
        size = self.writer.config_size(gates * self.cell.size)
        return self.writer.buffer("no_bias", f"torch.zeros({size})")

    def _matrix(self, run: Run, rows: Sequence[Sequence[Block]]) -> str:
        """Blocks of weights as one weight: rows one below another, columns side by side."""
        columns = []
        for blocks in zip(*rows, strict=True):
            whole = [blocks[0]]
            for one in blocks[1:]:
                below = _below(whole[-1], one)
                whole[-1:] = [below] if below else [whole[-1], one]
            columns.append(whole)
        if all(len(c) == 1 for c in columns):
            beside = [columns[0][0]]
            for column in columns[1:]:
                wide = _beside(beside[-1], column[0])
                beside[-1:] = [wide] if wide else [beside[-1], column[0]]
            parts = [self._block(run, b) for b in beside]
            return parts[0] if len(parts) == 1 else f"torch.cat(({', '.join(parts)}), dim=1)"
        texts = []
        for blocks in rows:
            parts = [self._block(run, b) for b in blocks]
            one = parts[0] if len(parts) == 1 else f"torch.cat(({', '.join(parts)}), dim=1)"
            texts.append(one)
        return f"torch.cat(({', '.join(texts)}))"

    def _block(self, run: Run, block: Block) -> str:
        """A block of a weight of the cell."""
        writer, region = self.writer, run.node.box.regions[0]
        attribute, text, _ = writer.children[run.node.name]
        path = region.sources[block.wire].name
        name = f"{'-' * block.negative}self.{attribute}.{text.keys.get(path, path)}"
        shape = region.types[block.wire].axes
        rows = self._range(block.start, block.size, shape[0].size)
        if len(shape) == 1 or block.columns is None:
            return f"{name}[{rows}]" if rows != ":" else name
        columns = self._range(block.column, block.columns, shape[1].size)
        if columns == ":":
            return f"{name}[{rows}]" if rows != ":" else name
        return f"{name}[{rows}, {columns}]"

    def _range(self, start: Size, size: Size, whole: Size) -> str:
        if size is whole:
            return ":"
        end = start + size
        first = "" if str(start) == "0" else self.writer.size(start)
        last = "" if end is whole else self.writer.size(end)
        space = "" if all(x.isalnum() for x in (first, last) if x) else " "  # as ruff has it
        return f"{first}{space if first else ''}:{space if last else ''}{last}"

    # --- what the kernel gives -------------------------------------------------------------------

    def _results(self, text: str, lengths: str) -> None:
        writer, types = self.writer, self.writer.graph.types
        count = 1 + (self.cell.memory is not None)
        ends = [[run.ends[i] for run in self.stack.runs] for i in range(count)]
        shown = self.last.shown
        read = [shown is not None and self._read(shown)]
        read += [any(self._read(w) for w in wires) for wires in ends]
        plain = shown is not None and not self.backwards and len(self.batch) == 1
        plain = plain and types[shown or 0].axes[:-1] == self._order(self.over)[:-1]
        names = [writer._name(shown) if read[0] and plain else "rows" if read[0] else "_"]
        if names[0] == "rows":
            names = [writer.names.local("rows")]
        wishes = ("state", "memory")
        names += [writer.names.local(f"last_{w}") if r else "_" for w, r in zip(wishes, read[1:])]
        note = shape_note(types[shown]) if shown is not None and plain and read[0] else ""
        writer.lines.append((", ".join(names), text, note))
        if shown is not None and read[0]:
            if plain:
                writer.values[shown] = names[0]
            else:
                writer._bind(shown, self._rows(names[0], types[shown], lengths))
        for name, wires, state in zip(names[1:], ends, (self.cell.state, self.cell.memory)):
            if name != "_":
                self._ends(name, wires, state or 0)

    def _read(self, wire: int) -> bool:
        graph = self.writer.graph
        return wire in self.writer.consumers or wire in {*graph.outputs, *graph.updates.values()}

    def _rows(self, name: str, type_: Array, lengths: str) -> str:
        """The rows with the axes of the spec."""
        text = self._turned(name, lengths)
        if not self.batch:
            text = f"{atom(text)}.squeeze({1 if self.steps_first else 0})"
        elif len(self.batch) > 1:
            sizes = ", ".join(self.writer.size(a) for a in self.batch)
            text = f"{atom(text)}.unflatten(0, ({sizes}))"
        return self.writer.permuted(text, self._order(type_.axes[-1]), type_.axes)

    def _ends(self, name: str, wires: Sequence[int], state: int) -> None:
        """The last states, one name each."""
        writer = self.writer
        for place, wire in enumerate(wires):
            if not self._read(wire):
                continue
            text = f"{name}[{place}]" if len(wires) > 1 else f"{name}.squeeze(0)"
            if not self.batch:
                text += ".squeeze(0)"
            elif len(self.batch) > 1:
                sizes = ", ".join(writer.size(a) for a in self.batch)
                text += f".unflatten(0, ({sizes}))"
            wish = writer.graph.names.get(wire, "")
            if "_out" in wish:  # of no name in the spec: that of the state in its cell
                box = self.stack.runs[place].node.box
                wish = box.regions[0].wire_name(box.regions[0].inputs[state])
            writer.values[wire] = writer.names.local(wish)
            writer.lines.append((writer.values[wire], text, shape_note(writer.graph.types[wire])))


def _below(one: Block, other: Block) -> Block | None:
    """Two blocks as one, where the second follows in the rows of one weight."""
    if one.start + one.size is not other.start:
        return None
    if replace(one, start=other.start, size=other.size) != other:
        return None
    return replace(one, size=one.size + other.size)


def _beside(one: Block, other: Block) -> Block | None:
    """Two blocks as one, where the second follows in the columns of one weight."""
    if one.columns is None or other.columns is None:
        return None
    if one.column + one.columns is not other.column:
        return None
    if replace(one, column=other.column, columns=other.columns) != other:
        return None
    return replace(one, columns=one.columns + other.columns)


assert set(ROWS) == {"rnn_tanh", "rnn_relu", "lstm", "gru"}
