"""Operators in generated code: ``call`` is a submodule, ``iterate`` a loop, ``scan`` what the
ladder of ``backends.pytorch.recursion`` chose.

Untied steps are an ``nn.ModuleList``, tied steps one module in a loop, stacked steps parameters
with a leading axis that a loop takes apart.
"""

from __future__ import annotations

from backends.pytorch.emit import OPERATORS, OperatorRow, Writer
from backends.pytorch.recursion import trees
from backends.pytorch.recursion.ladder import Lowering
from backends.pytorch.recursion.loop import Loop, declare_body
from backends.pytorch.scope import shape_note
from categorical.graph import Node


def _ins(writer: Writer, node: Node) -> list[str]:
    return [writer._wire(w) for w in node.ins]


def _names(writer: Writer, node: Node) -> list[str]:
    names = []
    for wire in node.outs:
        wish = writer.graph.names.get(wire, node.name)
        name = writer.names.local(node.name if wish.startswith(f"{node.name}_out") else wish)
        writer.values[wire] = name
        names.append(name)
    return names


def _note(writer: Writer, node: Node) -> str:
    return ", ".join(shape_note(writer.graph.types[w]) for w in node.outs)


def _declare_call(writer: Writer, node: Node) -> None:
    writer.child(node, lambda text: f"{text.name}(config)")


def _write_call(writer: Writer, node: Node) -> None:
    attribute, text, _ = writer.children[node.name]
    expression = writer.call(node, text, f"self.{attribute}", _ins(writer, node))
    names = _names(writer, node)
    writer.lines.append((", ".join(names), expression, _note(writer, node)))


OPERATORS["call"] = OperatorRow(_declare_call, _write_call)


def _declare_iterate(writer: Writer, node: Node) -> None:
    writer.config_size(node.box.attrs["times"])  # a field of the config, however the weights are
    declare_body(writer, node, node.box)


def _write_iterate(writer: Writer, node: Node) -> None:
    attribute, text, copies = writer.children[node.name]
    ins = _ins(writer, node)
    if node.box.attrs["weights"] == "stacked":
        return _write_call(writer, node)
    names = _names(writer, node)
    for name, start in zip(names, ins):
        writer.lines.append((name, start, ""))
    if copies:
        step = writer.names.local("step")
        writer.lines.append((f"for {step} in self.{attribute}", "", ""))
    else:
        step = f"self.{attribute}"
        writer.lines.append((f"for _ in range({writer.size(node.box.attrs['times'])})", "", ""))
    expression = writer.call(node, text, step, names)
    writer.lines.append(("    " + ", ".join(names), expression, _note(writer, node)))


OPERATORS["iterate"] = OperatorRow(_declare_iterate, _write_iterate)


def _lowering(writer: Writer, node: Node) -> Lowering:
    return writer.file.plan.runs.get(id(writer.graph), {}).get(node.outs[0]) or Loop()


OPERATORS["scan"] = OperatorRow(
    lambda writer, node: _lowering(writer, node).declare(writer, node),
    lambda writer, node: _lowering(writer, node).write(writer, node),
)
OPERATORS["tree_fold"] = OperatorRow(trees.declare, trees.write)
