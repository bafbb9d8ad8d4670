"""Operators in generated code: ``call`` is a submodule, ``iterate`` a loop, ``scan`` what the
ladder of ``backends.pytorch.recursion`` chose.

Untied steps are an ``nn.ModuleList``, tied steps one module in a loop, stacked steps parameters
with a leading axis that a loop takes apart.  ``pullback`` is torch's vector–Jacobian product of the
submodule that is its body: ``torch.func.vjp`` in a module, which then compiles as one graph, and
``torch.autograd.grad`` in a training file, which is quicker when it runs eagerly.  ``explicit``
runs a submodule with the weights that it is given, ``torch.func.functional_call``.
"""

from __future__ import annotations

from backends.pytorch import safety
from backends.pytorch.emit import OPERATORS, OperatorRow, Writer, class_of
from backends.pytorch.recursion import trees
from backends.pytorch.recursion.ladder import Lowering
from backends.pytorch.recursion.loop import Loop, declare_body
from backends.pytorch.scope import shape_note
from categorical.graph import Node
from categorical.sizes import Size


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

# --- reverse derivatives ------------------------------------------------------------------------

PULL_BACK = '''
def pull_back(function, inputs: tuple, cotangents: Tensor | tuple) -> tuple[Tensor, ...]:
    """The cotangents of the inputs of a function, from those of its outputs."""
    _, back = torch.func.vjp(function, *inputs)
    return back(cotangents)
'''

PULL_BACK_EAGERLY = '''
def pull_back(function, inputs: tuple, cotangents: Tensor | tuple) -> tuple[Tensor, ...]:
    """The cotangents of the inputs of a function, from those of its outputs."""
    again = torch.is_grad_enabled()
    with torch.enable_grad():
        inputs = [x.view_as(x) if x.requires_grad else x.detach().requires_grad_() for x in inputs]
        outputs = function(*inputs)
        return torch.autograd.grad(
            outputs, inputs, cotangents, create_graph=again, materialize_grads=True
        )
'''


def _write_pullback(writer: Writer, node: Node) -> None:
    attribute, text, _ = writer.children[node.name]
    body, places = node.regions[0], node.box.attrs["wrt"]
    ins = _ins(writer, node)
    data, given = ins[: len(body.inputs)], ins[len(body.inputs) :]
    ends = [i for i, one in enumerate(body.cod) if one.kind in ("real", "complex")]
    function = f"self.{attribute}"
    if list(places) != list(range(len(data))) or len(ends) != len(body.cod) or text.late:
        names = [writer.names.local("x") for _ in places]
        moved = dict(zip(places, names))
        full = [moved.get(i, one) for i, one in enumerate(data)]
        call = writer.call(node, text, function, full)
        if len(ends) != len(body.cod):
            result = writer.names.local("outputs")
            call = f"[{result}[i] for {result} in [{call}] for i in {tuple(ends)}]"
            call = f"tuple({call})" if len(ends) > 1 else f"{call}[0]"
        function = f"lambda {', '.join(names)}: {call}"
        for name in names:
            writer.names.release(name)
    inputs = ", ".join(data[i] for i in places) + ("," if len(places) == 1 else "")
    cotangents = given[0] if len(given) == 1 else f"({', '.join(given)})"
    helper = writer.helper("pull_back", PULL_BACK_EAGERLY if writer.eager else PULL_BACK)
    names = _names(writer, node)
    target = ", ".join(names) if len(names) > 1 else f"({names[0]},)"
    writer.lines.append(
        (target, f"{helper}({function}, ({inputs}), {cotangents})", _note(writer, node))
    )


OPERATORS["pullback"] = OperatorRow(_declare_call, _write_pullback)


def _declare_explicit(writer: Writer, node: Node) -> None:
    """A module whose own weights are never used: a list keeps it out of the state."""
    text = class_of(writer.file, node.regions[0], node.name)
    if node.name not in writer.children:
        attribute = writer.attributes.attribute(node.name)
        writer.children[node.name] = (f"{attribute}[0]", text, False)
        writer.init.append(f"self.{attribute} = [{text.name}(config)]")


def _write_explicit(writer: Writer, node: Node) -> None:
    attribute, text, _ = writer.children[node.name]
    ins = _ins(writer, node)
    count = len(node.regions[0].inputs)
    weights = zip(node.box.attrs["weights"], ins[count:], strict=True)
    given = ", ".join(f"{safety.string(text.key(path))}: {w}" for path, w in weights)
    data = [*ins[:count], *(writer.size(Size.symbol(s)) for s in text.late)]
    inputs = ", ".join(data) + ("," if len(data) == 1 else "")
    expression = f"torch.func.functional_call(self.{attribute}, {{{given}}}, ({inputs}))"
    writer.lines.append((", ".join(_names(writer, node)), expression, _note(writer, node)))


OPERATORS["explicit"] = OperatorRow(_declare_explicit, _write_explicit)
OPERATORS["tree_fold"] = OperatorRow(trees.declare, trees.write)
