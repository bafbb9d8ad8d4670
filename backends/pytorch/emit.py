"""Emit: a graph becomes the ``nn.Module`` classes of one file.

Definition.  A writer makes one class of one graph: a submodule for each named sub-architecture and
iteration, a parameter or buffer for each resource, one statement for each operation.  The rows of
``backends.pytorch.table`` say the expressions; this file says where they go.

Laws.  The text depends on the graph and on nothing else.  The passes over the nodes are linear:
a chain of ten thousand operations is written in a second.

>>> from backends.pytorch.passes import prepare
>>> from backends.pytorch.naming import Names
>>> from categorical import Dim, Real, op
>>> n, c = Dim.named("n c")
>>> graph, plan = prepare((op.relu >> op.mean(n)).at(Real[n, c]).graph())
>>> writer = Writer(File(frozenset(), plan, Names(), {}), graph, "demo", root=False)
>>> writer.write()
>>> writer.lines
[('relu', 'torch.relu(x)', '[n, c]'), ('mean', 'relu.mean(dim=-2)', '[c]')]

A box without a row in the table is refused:

>>> from unittest.mock import patch
>>> with patch.dict(ROWS):
...     _ = ROWS.pop("relu")
...     Writer(File(frozenset(), plan, Names(), {}), graph, "demo", root=False).write()
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM040]: the PyTorch backend has no row for `relu`
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from backends.pytorch import layout, safety
from backends.pytorch.cells import LstmCell
from backends.pytorch.checks import input_checks
from backends.pytorch.declare import Declarations
from backends.pytorch.passes import Attention, attention
from backends.pytorch.scope import ClassText, File, shape_note
from backends.pytorch.table import LIBRARY, ROWS
from backends.pytorch.table.base import atom
from backends.pytorch.views import chunked, shadows, stacked, taken_apart
from backends.pytorch.widths import ALIGNED
from categorical.errors import SpecError
from categorical.graph import Graph, Node, OperatorBox
from categorical.index import Axis
from categorical.normal import inline
from categorical.ops.common import pick
from categorical.records import Box
from categorical.spaces import Array


class Writer(Declarations):
    """Writes one class; ``eager`` code takes inner gradients as autograd takes them."""

    eager = False

    # --- statements ------------------------------------------------------------------------------

    def write(self) -> None:
        """Fill in everything; ``body`` then gives the text."""
        if self.file.plan.forest is not None:
            self.names.taken.update(("plan", "schedule"))
        for wire in self.graph.inputs:
            self.values[wire] = self.names.local(self.graph.wire_name(wire))
        for node in self.graph.nodes:
            if isinstance(node.box, OperatorBox):
                _row(node).declare(self, node)
        self.planned = any(text.planned for _, text, _ in self.children.values())
        self._declare()
        if self.stack is not None:
            self._open_loop()
        self.elided = shadows(self.graph, self.consumers)
        self.apart = taken_apart(self.graph, self.consumers)
        self.chunks = chunked(self.graph, self.consumers, self.apart)
        self.joined, self.singles = stacked(self.graph, self.consumers)
        for node in self.graph.nodes:
            self._node(node)
        if self.stack is not None:
            self._close_loop()
        for name, wire in sorted(self.graph.updates.items()):
            self._update(name, wire)
        self.prologue = input_checks(self) if self.root else [text for _, text in self.heads]
        if self.planned and self.root:
            forest = (self.values[self.graph.inputs[i]] for i in self.file.plan.forest or ())
            self.prologue.append("if plan is None:")
            self.prologue += layout.statement("plan", f"schedule({', '.join(forest)})", "", 12)

    def _open_loop(self) -> None:
        """A stacked iteration: take the leading axis of every weight apart."""
        operators = [n for n in self.graph.nodes if isinstance(n.box, OperatorBox)]
        nested = [n for n in operators if any(region.resources() for region in n.regions)]
        if nested:
            raise SpecError(
                "CM040",
                f"`{nested[0].name}` is repeated inside a stacked iteration",
                help=['keep the weights of the outer iteration with weights="untied"'],
                origin=nested[0].origin,
            )
        parts = []
        for wire, resource in self.graph.sources.items():
            parts.append(
                (
                    self.names.local(resource.name.replace(".", "_")),
                    f"{self.values[wire]}.unbind(0)",
                )
            )
            self.values[wire] = parts[-1][0]
        if not parts:
            assert self.stack is not None
            head = f"for _ in range({self.size(self.stack)})"
        elif len(parts) == 1:
            head = f"for {parts[0][0]} in {parts[0][1]}"
        else:
            each = ", ".join(n for n, _ in parts)
            head = f"for {each} in zip({', '.join(t for _, t in parts)}, strict=True)"
        self.lines.append((head, "", ""))

    def _close_loop(self) -> None:
        """Feed the results back in; they are the outputs of the last step."""
        body = self.lines[1:]
        names = [self.values[w] for w in self.graph.inputs]
        results = [self.values[w] for w in self.graph.outputs]
        self.lines[1:] = [("    " + target, text, note) for target, text, note in body]
        if names != results:
            self.lines.append(("    " + ", ".join(names), ", ".join(results), ""))
        for wire, name in zip(self.graph.outputs, names):
            self.values[wire] = name

    def _node(self, node: Node) -> None:
        plan, wire = self.file.plan, node.outs[0] if node.outs else -1
        if wire in plan.skipped.get(id(self.graph), ()):
            return
        cell = plan.cells.get(id(self.graph), {}).get(wire)
        if cell is not None:
            self._lstm(cell)
            return
        fused = plan.fused.get(id(self.graph), {}).get(wire)
        if fused is not None:
            self._bind(node.outs[0], self._attention(fused))
        elif isinstance(node.box, OperatorBox):
            _row(node).write(self, node)
        else:
            self._box(node, node.box)

    def _box(self, node: Node, box: Box) -> None:
        if node.outs and node.outs[0] in self.elided:
            self._shadow(node.outs[0], box)
            return
        if node.outs and node.outs[0] in self.joined:
            rows = ", ".join(map(self._wire, self.joined[node.outs[0]]))
            place = box.dom[0].position(pick("concat", box.dom[0], box.op["axes"][0]))
            place -= len(box.cod[0].axes)
            self._bind(node.outs[0], f"torch.stack(({rows}), {place})")
            return
        if node.outs and node.outs[0] in self.singles:
            return
        if node.outs and node.outs[0] in self.chunks:
            self.values[node.outs[0]] = self._wire(node.ins[0])
            return
        if box.name == "take" and node.ins[0] in self.apart:
            if node.outs[0] not in self.values:
                self._take_apart(node.ins[0], box)
            return
        count = len(box.dom)
        weights = node.ins[count:]
        owner = (
            self.graph.sources[weights[0]].name.rpartition(".")[0]
            if weights and weights[0] in (self.graph.sources)
            else ""
        )
        wide = self._widened(node, box, owner)
        if wide is not None:
            found: str | tuple[str | None, ...] = ROWS[box.name](self, box, wide)
        elif owner in self.libraries and self.libraries[owner].resources:
            library = LIBRARY[box.name](self, box)
            assert library is not None
            found = library.call(self.owners[owner], [self._wire(w) for w in node.data])
        else:
            if box.name not in ROWS:
                raise SpecError(
                    "CM040", f"the PyTorch backend has no row for `{box.name}`", origin=node.origin
                )
            found = ROWS[box.name](self, box, [self._wire(w) for w in node.ins])
        results = (found,) if isinstance(found, str) else found
        if self._unpack(node, results):
            return
        for place, wire in enumerate(node.outs):
            text = results[place] if place < len(results) else None
            if place >= len(box.cod):
                source = node.ins[
                    count
                    + [r.suffix for r in box.resources].index(box.updates[place - len(box.cod)])
                ]
                self.values[wire] = text if text is not None else self._wire(source)
                if text is None:
                    self.in_place.add(wire)
            elif text is not None and (wire in self.consumers or wire in self.graph.outputs):
                self._bind(wire, text)

    def _widened(self, node: Node, box: Box, owner: str) -> list[str] | None:
        """The inputs of a linear map at either end of a padded width: its weights are padded."""
        widths = self.file.plan.widths.get(id(self.graph), {})
        made = box.name == "linear" and widths.get(node.outs[0] if node.outs else -1)
        read = box.name == "linear" and widths.get(node.ins[0])
        if not made and not read:
            return None
        if owner in self.libraries:
            parts = [f"{self.owners[owner]}.{name}" for name in self.libraries[owner].resources]
        else:
            parts = [self._wire(w) for w in node.ins[1:]]
        spare = f"-{self.size(made or read)} % {ALIGNED}"
        sides = ("0, 0, 0, ", "0, ") if made else ("0, ", "")
        more = [f"F.pad({x}, ({s}{spare}))" if s else x for x, s in zip(parts, sides)]
        return [self._wire(node.ins[0]), *more]

    def _shadow(self, wire: int, box: Box) -> None:
        """The smaller array that torch broadcasts, or the constant."""
        used, types = self.elided[wire], self.graph.types
        self.values[wire] = (
            safety.literal(box.op["value"])
            if used is None
            else self.aligned(self._wire(used), types[used], types[wire])
        )

    def _take_apart(self, wire: int, box: Box) -> None:
        """All entries of one axis, each with a name of its own."""
        type_, entries = self.graph.types[wire], self.apart[wire]
        dim = self.dim(type_, pick("take", type_, box.op["axis"]))
        call = f"unbind({dim})"
        if wire in self.chunks:
            call = f"chunk({len(entries)}, dim={self.chunks[wire]})"
        names = [self._name(w) for w in entries]
        self.values.update(zip(entries, names))
        note = shape_note(self.graph.types[entries[0]])
        self.lines.append((", ".join(names), f"{atom(self._wire(wire))}.{call}", note))

    def _unpack(self, node: Node, results: tuple[str | None, ...]) -> bool:
        """``a, b = x.chunk(2)`` where a row has just written ``parts = x.chunk(2)``."""
        if len(results) < 2 or not self.lines or len(results) != len(node.outs):
            return False
        target, text, _ = self.lines[-1]
        used = all(w in self.consumers or w in self.graph.outputs for w in node.outs)
        if not used or list(results) != [f"{target}[{i}]" for i in range(len(results))]:
            return False
        self.lines.pop()
        self.names.release(target)
        names = [self._name(w) for w in node.outs]
        self.values.update(zip(node.outs, names))
        note = ", ".join(shape_note(self.graph.types[w]) for w in node.outs)
        self.lines.append((", ".join(names), text, note))
        return True

    def _name(self, wire: int) -> str:
        return self.names.local(self.wishes.get(wire) or self.graph.names.get(wire, "y"))

    def _bind(self, wire: int, text: str) -> None:
        if text in self.names.taken or text in self.parameters:  # a value that has a name
            self.values[wire] = text
            return
        name = self.values[wire] = self._name(wire)
        self.lines.append((name, text, shape_note(self.graph.types[wire])))

    def _update(self, name: str, wire: int) -> None:
        if wire in self.in_place:
            return
        target = self.values[self.graph.source(name)]
        self.lines.append(("if", self.training, ""))
        self.lines.append(("    ", f"{target}.copy_({self.values[wire]}.detach())", ""))

    def _attention(self, match: Attention) -> str:
        q = self.permuted(self._wire(match.q), self.graph.types[match.q].axes, match.query)
        k = self.permuted(self._wire(match.k), self.graph.types[match.k].axes, match.key)
        v = self.permuted(self._wire(match.v), self.graph.types[match.v].axes, match.value)
        single, more = len(match.query) < len(match.key), ""
        q = f"{atom(q)}.unsqueeze(-2)" if single else q
        if match.causal:
            more = ", is_causal=True"
        elif match.mask is not None:
            scores = Array("real", (*match.query[:-1], match.key[-2]))
            mask = self.aligned(self._wire(match.mask), self.graph.types[match.mask], scores)
            more = f", attn_mask={atom(mask)}.unsqueeze(-2)" if single else f", attn_mask={mask}"
        if match.scale is not None:
            more += f", scale={safety.literal(match.scale)}"
        call = f"F.scaled_dot_product_attention({q}, {k}, {v}{more})" + ".squeeze(-2)" * single
        return self.permuted(call, match.result, match.out) if match.result != match.out else call

    def _lstm(self, cell: LstmCell) -> None:
        """The new state and the new memory, by torch's kernel."""
        x, h, c = (self._wire(w) for w in (cell.x, cell.h, cell.c))
        weights = ", ".join("None" if w is None else self._wire(w) for w in cell.weights)
        outs = (cell.state, cell.memory)
        names = [self._name(w) for w in outs]
        self.values.update(zip(outs, names))
        note = ", ".join(shape_note(self.graph.types[w]) for w in outs)
        text = f"torch.lstm_cell({x}, ({h}, {c}), {weights})"
        self.lines.append((", ".join(names), text, note))

    # --- the text --------------------------------------------------------------------------------

    def body(self) -> list[str]:
        """The lines of the class below its ``class`` line."""
        uses_config = any(
            "self.config" in text
            for text in (
                *self.reset,
                *self.prologue,
                *(part for line in self.lines for part in line),
            )
        )
        lines = self._docstring()
        config = "config: Config | None = None" if self.root else "config: Config"
        inside = ["super().__init__()"]
        if self.root:
            inside += ["config = Config() if config is None else config"]
        if uses_config or self.root:
            inside.append("self.config = config")
        inside += self.init
        if self.reset:
            inside.append("self.reset_parameters()")
        lines += [f"    def __init__(self, {config}) -> None:", *_indented(inside)]
        if self.reset:
            lines += ["", "    def reset_parameters(self) -> None:"]
            lines += [
                '        """Start every weight of this module anew."""',
                *_indented(self.reset),
            ]
        return [*lines, "", *self._forward()]

    def _docstring(self) -> list[str]:
        graph = self.graph
        doc = safety.docstring(graph.doc).splitlines() if graph.doc else []
        what = "architecture" if self.root else "sub-architecture"
        title = doc[0] if doc else f"The {what} `{safety.docstring(graph.name or self.wish)}`."
        rest = [f"    {line}".rstrip() for line in doc[1:]]
        sides = [f"{graph.wire_name(w)}: {graph.types[w]}" for w in graph.inputs]
        type_ = (
            safety.docstring(" × ".join(sides) or "One")
            + " → "
            + safety.docstring(" × ".join(str(t) for t in graph.cod))
        )
        return [f'    """{title}', *rest, "", f"    {type_}", '    """', ""]

    def _forward(self) -> list[str]:
        inputs = [f"{self.values[w]}: Tensor" for w in self.graph.inputs]
        inputs += [f"{self.sizes[s]}: int" for s in self.late]
        if self.planned:
            inputs.append("plan: Schedule | None = None" if self.root else "plan: Schedule")
        out = [self.values[w] for w in self.graph.outputs]
        kind = "Tensor" if len(out) == 1 else f"tuple[{', '.join(['Tensor'] * len(out))}]"
        return self.method("forward", inputs, kind, out)

    def method(
        self,
        name: str,
        inputs: list[str],
        kind: str,
        out: list[str],
        before: Sequence[str] = (),
    ) -> list[str]:
        """A method that runs the statements; ``before`` are lines in front of its checks."""
        head = f"    def {name}({', '.join(['self', *inputs])}) -> {kind}:"
        rows = [head]
        if len(head) > layout.WIDTH:
            rows = [
                f"    def {name}(",
                "        " + ", ".join(["self", *inputs]),
                f"    ) -> {kind}:",
            ]
            if len(rows[1]) > layout.WIDTH:
                rows[1:2] = [f"        {one}," for one in ["self", *inputs]]
        rows += [*before, *_indented(self.prologue)]
        lines = list(self.lines)
        last = lines.pop() if len(out) == 1 and lines and lines[-1][0] == out[0] else None
        for target, text, note in lines:
            rows += statement_of(target, text, note)
        if last is not None and len(last[1]) > 80 and layout.last_method(last[1]) > 0:
            rows += layout.statement(*last)
            last = None
        if last is not None:
            rows += layout.statement("return", last[1], last[2])
        else:
            rows += layout.statement("return", ", ".join(out) or "()")
        return rows

    def finished(self, name: str) -> ClassText:
        lines = [f"class {name}(nn.Module):", *self.body()]
        own = frozenset(r.name for r in self.graph.sources.values())
        holders = {path: text.removeprefix("self.") for path, text in self.owners.items()}
        late, layers = tuple(self.late), frozenset((*self.libraries, *self.holders))
        return ClassText(
            name,
            lines,
            late,
            own,
            self.keys,
            self.children,
            holders,
            self.planned,
            layers,
            self.buffers,
        )

    # --- for operators ---------------------------------------------------------------------------

    def child(self, node: Node, make: Callable[[ClassText], str], copies: bool = False) -> None:
        """Declare the module of an operator node (once for every instance name)."""
        box = node.box
        assert isinstance(box, OperatorBox)
        stack = box.stacked
        text = class_of(
            self.file, box.regions[0], box.regions[0].name or _singular(node.name), stack
        )
        known = self.children.get(node.name)
        if known is None:
            parent, _, leaf = node.name.rpartition(".")
            if parent:  # within a part that is written in place, whose name is part of the path
                name = f"{self._owner(parent)}.{safety.attribute(leaf)}".removeprefix("self.")
            else:
                name = self.attributes.attribute(node.name)
            self.owners[node.name] = f"self.{name}"
            self.children[node.name] = (name, text, copies)
            self.init += layout.statement(f"self.{name}", make(text))
        elif known[1] is not text and known[1].code() != text.code():
            raise SpecError(
                "CM040",
                f"`{node.name}` is shared between two types, and their code differs",
                facts=[("first", known[1].name), ("second", text.name)],
                origin=node.origin,
            )

    def call(self, node: Node, text: ClassText, function: str, ins: list[str]) -> str:
        more = ["plan"] if text.planned else []
        return f"{function}({', '.join([*ins, *(self._symbol(s) for s in text.late), *more])})"


def class_of(file: File, graph: Graph, wish: str, stack: Axis | None = None) -> ClassText:
    """The class of a region; regions with one text share one class.

    With ``stack`` it is the class of a whole loop, whose weights have that axis in front.
    """
    key = (id(graph), stack)
    found = file.by_graph.get(key)
    if found is None:
        if stack is not None:
            graph = inline(graph)
            kernels, needless = attention(graph)
            file.plan.fused[id(graph)], file.plan.skipped[id(graph)] = kernels, needless
            file.plan.keep.append(graph)
        writer = Writer(file, graph, wish, False, stack)
        writer.write()
        text = "\n".join(writer.body())
        found = file.by_text.get(text)
        if found is None:
            name = file.names.class_name(f"{graph.name or wish}{'_stack' if stack else ''}")
            found = file.by_text[text] = writer.finished(name)
            file.classes.append(found)
        file.by_graph[key] = found
    return found


@dataclass(frozen=True)
class OperatorRow:
    """How an operator is declared and written."""

    declare: Callable[[Writer, Node], None]
    write: Callable[[Writer, Node], None]


OPERATORS: dict[str, OperatorRow] = {}


def _row(node: Node) -> OperatorRow:
    if node.box.name not in OPERATORS:
        title = f"the PyTorch backend has no row for the operator `{node.box.name}`"
        raise SpecError("CM040", title, origin=node.origin)
    return OPERATORS[node.box.name]


def _singular(name: str) -> str:
    return name[:-1] if name.endswith("s") and len(name) > 1 else name


def _indented(lines: list[str]) -> list[str]:
    """Lines in a method body; those that are laid out already keep their margin."""
    out = []
    for line in lines:
        out += [line] if line.startswith("        ") else layout.statement("", line)
    return out


def statement_of(target: str, text: str, note: str, indent: int = 8) -> list[str]:
    name = target.strip()
    indent += len(target) - len(target.lstrip())
    margin = " " * indent
    if name == "if":
        return [f"{margin}if {text}:"]
    if name.startswith(("for ", "with ")):
        if len(name) + indent + 1 <= layout.WIDTH:
            return [f"{margin}{name}:"]
        head, _, rest = name.partition(" in ")
        rows = layout.split(f"{margin}{head} in ", rest, margin)
        return [*rows[:-1], rows[-1] + ":"]
    return layout.statement(name, text, note, indent)
