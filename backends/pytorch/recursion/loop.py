"""Loops: the last rungs of the ladder.

Definition.  A run whose cell has no weights of its own (as hoisting leaves it) is written in line:
a ``for`` over the entries of its sequences.  Products with one weight, ``a_t + W v_t``, get their
weight gradient at once (``deferred``).  Any other run (untied weights, operators in the cell) calls
its cell, a submodule, at every step: the plain loop.

Laws.  Both are the run: the build compares values and gradients with the reference.  A state keeps
its name from step to step, and an output is kept only where something reads it.

Lengths.  With lengths, every step is computed for the whole batch, and ``torch.where`` keeps the
states of samples that have ended.  A nested tensor is given as its padded form and its lengths:

>>> import torch
>>> rows = [torch.ones(3, 2), torch.ones(0, 2), torch.ones(1, 2)]
>>> nested = torch.nested.nested_tensor(rows, layout=torch.jagged)
>>> x, lengths = nested.to_padded_tensor(0.0), nested.offsets().diff()
>>> tuple(x.shape), lengths.tolist()
((3, 3, 2), [3, 0, 1])

>>> from backends.pytorch.build import build
>>> from categorical import Dim, Real, op
>>> from categorical.functors import stack
>>> from categorical.recursion import fold
>>> batch, t, s = Dim.named("batch t s")
>>> cell = op.add.at(Real[s], Real[s]) >> op.sin
>>> model = build(stack(fold(cell, over=t, start=0, lengths=True), batch), {}, "net").module()
>>> [round(float(y[0]), 3) for y in model(x, lengths)]
[0.924, 0.0, 0.841]

A nested tensor itself is refused:

>>> model(nested, lengths)
Traceback (most recent call last):
...
ValueError: `x2` must be Real[batch, t, s], got a nested tensor: x.to_padded_tensor(0.0) and ...
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from backends.pytorch.recursion import deferred
from backends.pytorch.recursion.lengths import checked
from backends.pytorch.recursion.products import Product, products
from backends.pytorch.scope import shape_note
from backends.pytorch.table.base import atom
from categorical.graph import Graph, Node, OperatorBox
from categorical.index import Axis
from categorical.records import Box
from categorical.recursion.machine import along, at_step, parts
from categorical.spaces import Array, Bool

if TYPE_CHECKING:
    from backends.pytorch.emit import Writer
    from backends.pytorch.recursion.inline import Inline, Line


STACK = '''
def stack_rows(rows: list[Tensor], dim: int, shape: tuple[int, ...], **options) -> Tensor:
    """The rows of a loop as one array, of this shape where no step was made."""
    return torch.stack(rows, dim) if rows else torch.zeros(shape, **options)
'''


def declare_body(writer: Writer, node: Node, box: OperatorBox) -> None:
    """The module of a body that runs several times: one, or one for each step."""
    if box.attrs["weights"] == "untied":
        count = writer.config_size(box.attrs["times"])
        writer.child(
            node,
            lambda text: f"nn.ModuleList({text.name}(config) for _ in range({count}))",
            copies=True,
        )
    else:
        writer.child(node, lambda text: f"{text.name}(config)")


class Loop:
    """Writes a run as a loop over its cell."""

    note = ""

    def declare(self, writer: Writer, node: Node) -> None:
        box = node.box
        assert isinstance(box, OperatorBox)
        if is_inline(box):
            return
        declare_body(writer, node, box)

    def write(self, writer: Writer, node: Node) -> None:
        assert isinstance(node.box, OperatorBox)
        _Written(writer, node, node.box).write()


def is_inline(box: OperatorBox) -> bool:
    """Whether the cell has no weights and no operators but runs of such cells."""
    if box.attrs["weights"] != "tied" or box.regions[0].resources():
        return False
    return all(
        isinstance(n.box, Box) or (n.box.name == "scan" and is_inline(n.box))
        for n in box.regions[0].nodes
    )


@dataclass
class _Names:
    """What stands in the head of a loop: a name, and the list it runs through."""

    entries: list[str] = field(default_factory=list)
    lists: list[str] = field(default_factory=list)

    def add(self, entry: str, listed: str) -> None:
        self.entries.append(entry)
        self.lists.append(listed)


class _Written:
    """The statements of one run."""

    def __init__(self, writer: Writer, node: Node, box: OperatorBox) -> None:
        self.writer, self.node, self.box = writer, node, box
        self.region: Graph = box.regions[0]
        self.over: Axis = box.attrs["over"]
        self.which, self.sequences, self.shared = parts(box)
        self.outs = len(box.cod) - box.attrs["states"]
        self.head = _Names()
        self.masks: dict[str, str] = {}
        self.alive = ""
        self.constant: set[int] = set()  # outputs that say which steps there are

    def write(self) -> None:
        writer, box = self.writer, self.box
        self.lengths = checked(writer, self.node) if box.attrs["ragged"] else ""
        self.ins = [writer._wire(w) for w in self.node.ins]
        if is_inline(box):
            self._inline()
        else:
            self._calls()

    # --- what both have -------------------------------------------------------------------------

    def _states(self) -> list[str]:
        """The states before the first step, each with a name that the loop may give again."""
        from backends.pytorch.recursion.inline import mentions

        writer, types = self.writer, self.writer.graph.types
        names = []
        for place, inner in enumerate(self.region.inputs[self.which]):
            wire, start = self.node.ins[place], self.ins[place]
            wish = self.region.wire_name(inner)
            alone = len(writer.consumers.get(wire, ())) == 1 and wire not in writer.graph.outputs
            alone = alone and self.node.ins.count(wire) == 1 and start.isidentifier()
            made = [
                i for i, line in enumerate(writer.lines) if mentions(f"{line[0]}; {line[1]}", start)
            ]
            made = made if made and writer.lines[made[0]][0] == start else []
            if alone and len(made) == 1:  # the statement before gives the name
                writer.names.release(start)
                name = writer.names.local(wish)
                _, text, note = writer.lines[made[0]]
                writer.lines[made[0]] = (name, text, note)
            elif alone and wire in writer.graph.inputs and start not in names:
                name = start
            else:
                name = writer.names.local(wish)
                writer.lines.append((name, start, shape_note(types[wire])))
            names.append(name)
        return names

    def _mask(self, type_: Array, over: bool = True) -> str:
        """Which steps come before the lengths, aligned with a sequence of a type."""
        writer, lengths = self.writer, self.box.dom[-1]
        if not self.alive:
            count = writer.size(self.box.attrs["times"])
            steps = f"torch.arange({count}, device={self.lengths}.device)"
            if lengths.axes:
                steps = f"{steps}[:, {', '.join(['None'] * len(lengths.axes))}]"
            note = shape_note(along(lengths, self.over))
            self.alive = writer.names.local("alive")
            writer.lines.append((self.alive, f"{steps} < {self.lengths}", note))
        return writer.aligned(self.alive, Bool[along(lengths, self.over).axes], type_)

    def _entries_of_mask(self, state: Array) -> str:
        """The name, in the loop, of the mask that is aligned with a state."""
        text = self._mask(along(state, self.over))
        if text not in self.masks:
            name = self.writer.names.local(f"{self.alive}_t")
            self.masks[text] = name
            self.head.add(name, f"{atom(text)}.unbind(0)")
        return self.masks[text]

    def _open(self) -> None:
        """The line with ``for``."""
        writer, lists = self.writer, self.head.lists
        if self.box.attrs["reverse"]:
            lists = [f"reversed({one})" for one in lists]
        if not lists:
            head = f"for _ in range({writer.size(self.box.attrs['times'])})"
        elif len(lists) == 1:
            head = f"for {self.head.entries[0]} in {lists[0]}"
        else:
            each = f"zip({', '.join(lists)}, strict=True)"
            head = f"for {', '.join(self.head.entries)} in {each}"
        writer.lines.append((head, "", ""))

    def _next(self, states: list[str], new: list[str]) -> list[Line]:
        """The statements that give the states their new values."""
        if self.box.attrs["ragged"]:
            new = [
                f"torch.where({self._entries_of_mask(type_)}, {n}, {s})"
                for n, s, type_ in zip(new, states, self.box.dom[self.which])
            ]
        pairs = [(s, n) for s, n in zip(states, new) if s != n]
        if not pairs:
            return []
        return [(", ".join(s for s, _ in pairs), ", ".join(n for _, n in pairs), "")]

    def _row_names(self) -> list[str]:
        """An empty list for each output that is read."""
        writer, rows = self.writer, []
        for wire in self.node.outs[: self.outs]:
            row = ""
            if self._read(wire) and wire not in self.constant:
                row = writer.names.local(f"{writer.graph.names.get(wire, 'out')}_rows")
                writer.lines.append((row, "[]", ""))
            rows.append(row)
        return rows

    def _read(self, wire: int) -> bool:
        return wire in self.writer.consumers or wire in self.writer.graph.outputs

    def _collect(self, rows: list[str]) -> None:
        """The outputs, stacked."""
        writer, reverse = self.writer, "[::-1]" if self.box.attrs["reverse"] else ""
        for wire, row, type_ in zip(self.node.outs, rows, self.box.cod):
            if wire in self.constant:
                writer.values[wire] = self._mask(type_)
            if not row:
                continue
            place = type_.position(self.over) - len(type_.axes)
            text = f"torch.stack({row}{reverse}, {place})"
            if self.box.attrs["times"].size.symbols - writer.file.fixed:  # there may be no step
                stack = writer.helper("stack_rows", STACK)
                kind = f"{writer.shape(type_)}, {writer.factory(type_)}"
                text = f"{stack}({row}{reverse}, {place}, {kind})"
            if self.box.attrs["ragged"]:
                zero = {"bool": "False", "fin": "0"}.get(type_.kind, "0.0")
                text = f"torch.where({self._mask(type_)}, {text}, {zero})"
            writer._bind(wire, text)

    # --- the plain loop -------------------------------------------------------------------------

    def _calls(self) -> None:
        writer, box = self.writer, self.box
        attribute, text, copies = writer.children[self.node.name]
        states = self._states()
        rows = self._row_names()
        function = f"self.{attribute}"
        if copies:
            function = writer.names.local("step")
            self.head.add(function, f"self.{attribute}")
        entries = []
        for place, inner in enumerate(self.region.inputs[self.sequences], self.sequences.start):
            entries.append(writer.names.local(f"{self.region.wire_name(inner)}_t"))
            self.head.add(entries[-1], self._unbound(self.ins[place], box.dom[place]))
        call = writer.call(self.node, text, function, [*states, *entries, *self.ins[self.shared]])
        shown = [writer.names.local(row.removesuffix("_rows")) if row else "_" for row in rows]
        ragged = box.attrs["ragged"]
        new = [writer.names.local(f"{s}_next") for s in states] if ragged else states
        steps = [(", ".join([*shown, *new]), call, self._note())]
        steps += [("", f"{row}.append({y})", "") for row, y in zip(rows, shown) if row]
        steps += self._next(states, new)
        self._open()
        writer.lines += [("    " + target, expression, note) for target, expression, note in steps]
        self._collect(rows)
        writer.values.update(zip(self.node.outs[self.outs :], states))

    def _note(self) -> str:
        outs = [shape_note(at_step(t, self.over)) for t in self.box.cod[: self.outs]]
        return ", ".join([*outs, *(shape_note(t) for t in self.box.cod[self.outs :])])

    def _unbound(self, sequence: str, type_: Array) -> str:
        return f"{atom(sequence)}.unbind({type_.position(self.over) - len(type_.axes)})"

    # --- in line --------------------------------------------------------------------------------

    def _inline(self) -> None:
        from backends.pytorch.recursion.inline import Inline, indented

        writer, region = self.writer, self.region
        body = Inline(writer, region)
        for w, inner in zip(self.node.outs[: self.outs], region.outputs):
            made = body.producers.get(inner)
            if made is not None and made.box.name == "full" and self.lengths:
                self.constant.add(w)
                body.skipped.add(inner)
        self.products = products(region, set(region.inputs[self.which]))
        self._bind_shared(body)
        states = self._states()
        body.values.update(zip(region.inputs[self.which], states))
        for one in self.products:
            self._begin(one, body)
        self._bind_entries(body)
        rows = self._row_names()
        for one in self.products:
            one.reads = writer.names.local("read")
            writer.lines.append((one.reads, "[]", ""))
        early = [
            ("", f"{row}.append({body.values[w]})", "")
            for row, w in zip(rows, region.outputs)
            if row and w in region.inputs[self.which]
        ]
        body.skipped.update(w for p in self.products for w in p.broadcast)
        body.products = {n.outs[0]: p for p in self.products for n in p.nodes}
        steps = body.statements()
        late = [
            ("", f"{row}.append({body._wire(w)})", "")
            for row, w in zip(rows, region.outputs)
            if row and w not in region.inputs[self.which]
        ]
        new = [body._wire(w) for w in region.outputs[self.outs :]]
        lines = [*early, *steps, *late]
        if not self.box.attrs["ragged"]:
            lines, new = _in_place(writer, lines, states, new)
        lines += self._next(states, new)
        self._open()
        writer.lines += indented(lines)
        self._collect(rows)
        writer.values.update(zip(self.node.outs[self.outs :], states))
        for one in self.products:
            self._end(one)

    def _inside(self) -> set[int]:
        """The wires that are read in the loop, but for what ``deferred`` has."""
        gone = {w for p in self.products for w in (*p.broadcast, p.sum.outs[0])}
        nodes = [n for n in self.region.nodes if gone.isdisjoint(n.outs)]
        return {w for n in nodes for w in n.ins}.union(self.region.outputs)

    def _bind_shared(self, body: Inline) -> None:
        """What every step reads whole; a parameter gets a name, as its look-up takes time."""
        inside = self._inside() - {p.weight for p in self.products}
        for place, inner in enumerate(self.region.inputs[self.shared], self.shared.start):
            text = self.ins[place]
            if text.startswith("self.") and inner in inside:
                name = self.writer.names.local("_".join(text.split(".")[-2:]))
                self.writer.lines.append((name, text, shape_note(self.region.types[inner])))
                text = name
            body.values[inner] = text

    def _bind_entries(self, body: Inline) -> None:
        inside = self._inside()
        for place, inner in enumerate(self.region.inputs[self.sequences], self.sequences.start):
            if inner not in inside:
                continue
            sequence = self.ins[place]
            wish = sequence if sequence.isidentifier() else self.region.wire_name(inner)
            name = self.writer.names.local(f"{wish}_t")
            self.head.add(name, self._unbound(sequence, self.box.dom[place]))
            body.values[inner] = name

    def _begin(self, one: Product, body: Inline) -> None:
        """The terms of a product for all steps, and its weight."""
        writer, type_ = self.writer, self.region.types[one.sum.outs[0]]
        inner, whole = one.start, self.region.types[one.start] is type_
        if inner < 0:
            have = along(type_, self.over, int(one.batched))
            weight = body.values[one.weight]
            sequence = f"{atom(weight)}.new_zeros(()).expand{writer.shape(have)}"
        elif whole and inner in self.region.inputs[self.sequences]:
            at = self.region.inputs.index(inner)
            sequence, have = self.ins[at], self.box.dom[at]
        elif inner in self.region.inputs[self.sequences]:  # broadcast along other axes
            at = self.region.inputs.index(inner)
            have = along(type_, self.over, int(one.batched))
            sequence = writer.aligned(self.ins[at], self.box.dom[at], have)
            sequence = f"{atom(sequence)}.expand{writer.shape(have)}"
        else:
            have = along(type_, self.over, int(one.batched))
            sequence = writer.aligned(body.values[inner], self.region.types[inner], have)
            sequence = f"{atom(sequence)}.expand{writer.shape(have)}"
        weight = body.values[one.weight]
        one.sequence = self._name_of(sequence, inner)
        one.step = writer.names.local("weight")
        one.trace = writer.names.local("trace")
        one.place = have.position(self.over) - len(have.axes)
        writer.helper("deferred", deferred.DEFERRED)
        text = f"deferred({sequence}, {weight}, {one.place})"
        targets = f"{one.sequence}, {one.step}, {one.trace}"
        note = f"{shape_note(have)}, {shape_note(self.region.types[one.weight])}.T"
        writer.lines.append((targets, text, note))
        one.entries = writer.names.local(f"{one.sequence}_t")
        self.head.add(one.entries, f"{one.sequence}.unbind({one.place})")

    def _name_of(self, sequence: str, inner: int) -> str:
        """A name for the terms of a product: the same one, where nothing else reads them."""
        names, wires = self.writer.names, self.region.inputs
        if not sequence.isidentifier():
            return names.local("start")
        place = wires.index(inner)
        outer, readers = self.node.ins[place], self.region.consumers().get(inner, [])
        alone = len(self.writer.consumers.get(outer, ())) == 1 and len(readers) == 1
        alone = alone and self.node.ins.count(outer) == 1
        alone = alone and inner not in self.region.outputs
        return (
            sequence if alone and outer not in self.writer.graph.outputs else names.local(sequence)
        )

    def _end(self, one: Product) -> None:
        """What the product has read goes to its beginning, when gradients do."""
        writer = self.writer
        used = [w for w in self.node.outs if self._read(w)]
        used = [w for w in used if writer.graph.types[w].kind in ("real", "complex")]
        names = list(dict.fromkeys(writer.values[w] for w in used))
        writer.helper("traced", deferred.TRACED)
        order = "[::-1]" if self.box.attrs["reverse"] else ""
        text = f"traced({one.trace}, {one.reads}{order}, {one.place}, {', '.join(names)})"
        target = f"({names[0]},)" if len(names) == 1 else ", ".join(names)
        writer.lines.append((target, text, ""))


def _in_place(
    writer: Writer, lines: list[Line], states: list[str], new: list[str]
) -> tuple[list[Line], list[str]]:
    """New values that get the names of their states at once, where nothing reads the old ones."""
    from backends.pytorch.recursion.inline import mentions, renamed

    for place, (state, value) in enumerate(zip(states, new)):
        made = [i for i, line in enumerate(lines) if value in line[0].strip().split(", ")]
        if len(made) != 1 or new.count(value) != 1 or not value.isidentifier():
            continue
        rest = lines[made[0] + 1 :]
        others = [v for i, v in enumerate(new) if i != place]
        texts = [part for line in rest for part in line[:2]] + others
        if any(mentions(text, state) or '"' in text for text in texts):
            continue
        target, text, note = lines[made[0]]
        target = renamed([(target, "", "")], {value: state})[0][0]
        lines = [*lines[: made[0]], (target, text, note), *renamed(rest, {value: state})]
        new = [state if i == place else v for i, v in enumerate(new)]
        writer.names.release(value)
    return lines, new
