"""The plain loop: the cell is a submodule, the run a loop over the entries of an axis.

Definition.  The last rung of the ladder: it takes every run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from backends.pytorch.scope import shape_note
from categorical.graph import Node
from categorical.recursion.machine import at_step, parts

if TYPE_CHECKING:
    from backends.pytorch.emit import Writer


class Loop:
    """Writes a run as a loop over its cell."""

    note = ""

    def declare(self, writer: Writer, node: Node) -> None:
        _declare(writer, node)

    def write(self, writer: Writer, node: Node) -> None:
        _write(writer, node)


def _declare(writer: Writer, node: Node) -> None:
    if node.box.attrs["weights"] == "untied":
        count = writer.config_size(node.box.attrs["times"])
        writer.child(
            node,
            lambda text: f"nn.ModuleList({text.name}(config) for _ in range({count}))",
            copies=True,
        )
    else:
        writer.child(node, lambda text: f"{text.name}(config)")


def _write(writer: Writer, node: Node) -> None:
    """The plain loop."""
    box, types = node.box, writer.graph.types
    attribute, text, copies = writer.children[node.name]
    which, sequences, shared = parts(box)
    over, region = box.attrs["over"], box.regions[0]
    ins = [writer._wire(w) for w in node.ins]
    states = []
    outs = len(box.cod) - box.attrs["states"]
    for wire, start, inner in zip(node.outs[outs:], ins[which], region.inputs):
        name = writer.names.local(region.wire_name(inner))
        writer.values[wire] = name
        writer.lines.append((name, start, shape_note(types[wire])))
        states.append(name)
    rows, entries, lists = [], [], []
    for wire in node.outs[:outs]:
        row = writer.names.local(writer.graph.names.get(wire, "out") + "_rows")
        writer.lines.append((row, "[]", ""))
        rows.append(row)
    for x, type_, inner in zip(ins[sequences], box.dom[sequences], region.inputs[which.stop :]):
        entries.append(writer.names.local(region.wire_name(inner)))
        lists.append(f"{x}.unbind({type_.position(over) - len(type_.axes)})")
    steps = writer.size(box.attrs["times"])
    if copies:
        entries.insert(0, writer.names.local("step"))
        lists.insert(0, f"self.{attribute}")
    if box.attrs["reverse"]:
        lists = [f"reversed({one})" for one in lists]
    if not lists:
        writer.lines.append((f"for _ in range({steps})", "", ""))
    elif len(lists) == 1:
        writer.lines.append((f"for {entries[0]} in {lists[0]}", "", ""))
    else:
        each = f"zip({', '.join(lists)}, strict=True)"
        writer.lines.append((f"for {', '.join(entries)} in {each}", "", ""))
    function = entries.pop(0) if copies else f"self.{attribute}"
    call = writer.call(node, text, function, [*states, *entries, *ins[shared]])
    shown = [writer.names.local(row.removesuffix("_rows")) for row in rows]
    note = ", ".join(
        [shape_note(at_step(t, over)) for t in box.cod[:outs]]
        + [shape_note(t) for t in box.cod[outs:]]
    )
    writer.lines.append(("    " + ", ".join([*shown, *states]), call, note))
    for one, row in zip(shown, rows):
        writer.lines.append(("    ", f"{row}.append({one})", ""))
    for wire, row, type_ in zip(node.outs[:outs], rows, box.cod):
        if box.attrs["reverse"]:
            row = f"{row}[::-1]"
        place = type_.position(over) - len(type_.axes)
        name = writer._name(wire)
        writer.values[wire] = name
        writer.lines.append((name, f"torch.stack({row}, {place})", shape_note(type_)))
