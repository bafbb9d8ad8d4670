"""Steps: ``initial_state``, ``step`` and ``resume`` of a generated module, beside ``forward``.

Definition.  A build of an architecture with a ``stream`` has a step graph and a start graph beside
its own; all read the same resources.  They are written as methods of the classes that are there:
a named part whose step differs gets a method of its own, weights are read where ``forward`` has
them.  ``module.initial_state(batch)`` gives the state before the first entry, a tuple of tensors;
``module.step(x, state)`` the outputs at the next entry and the new state, ``module.resume(x,
state)`` those at the next entries, of any number.

Laws.  No parameter is added: the state-dict is that of ``forward``.  The build runs the module
entry by entry and compares it with the reference meaning of the whole sequence, values and
gradients; the selftest of the file compares it with ``forward``.  A step is static: it compiles as
one graph and exports with a dynamic past (unless a kernel or a loop is in it).

>>> from backends.pytorch.build import build
>>> from categorical import Dim, Real, architecture, op
>>> from categorical.recursion import scan
>>> t, a, s = Dim.named("t a s")
>>> cell = (op.linear(s, s) @ op.linear(a, s)) >> op.add >> op.tanh
>>> net = architecture(scan(cell, over=t, start=0), sizes={"a": 2, "s": 3}, name="net", stream=t)
>>> import torch
>>> module = build(net).module()
>>> state = module.initial_state(4)
>>> y, state = module.step(torch.zeros(4, 2), state)
>>> [tuple(one.shape) for one in (y, *state)]
[(4, 3), (4, 3)]

A state of another shape is refused, in the words of the spec:

>>> module.step(torch.zeros(4, 2), (torch.zeros(4, 5),))
Traceback (most recent call last):
...
ValueError: `x1` must be Real[batch, s], got (4, 5)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from backends.pytorch import safety
from backends.pytorch.checks import STATE
from backends.pytorch.emit import Writer
from backends.pytorch.naming import Names
from backends.pytorch.passes import attention, prepare
from backends.pytorch.recursion.streams import METHODS, RESUME, START, STEP, Stream
from backends.pytorch.scope import ClassText, File
from backends.pytorch.sizes import Reading, violation
from backends.pytorch.table import LIBRARY
from categorical.errors import SpecError
from categorical.graph import Graph, Node, OperatorBox
from categorical.index import Axis
from categorical.normal import inline
from categorical.records import NOISE, Box


def write_methods(
    file: File,
    host: ClassText,
    whole: Graph,
    stream: Stream,
    sizes: Mapping[str, int],
) -> list[str]:
    """Add the methods to the root class; returns the rewrites of the step."""
    notes = []
    for name, graph in stream.graphs.items():
        fitted = _fitted(graph, host)
        normal, plan = prepare(fitted, sizes)
        for kind in ("fused", "cells", "skipped", "widths", "runs"):
            getattr(file.plan, kind).update(getattr(plan, kind))
        _attend(file, normal)
        file.plan.keep += [normal, fitted]
        notes += [f"{name}: {line}" for line in plan.derivation]
        writer = _Root(file, normal, host, name, stream, whole)
        writer.write()
        host.lines += ["", *writer.text()]
        stream.sizes[name] = tuple(writer.late)
    return notes


def _attend(file: File, graph: Graph) -> None:
    """The attention of one query is torch's, too."""
    regions = [region for _, node in graph.walk() for region in node.regions]
    for one in {id(one): one for one in (graph, *regions)}.values():
        found, needless = attention(one, single=True)
        file.plan.fused.setdefault(id(one), {}).update(found)
        file.plan.skipped.setdefault(id(one), set()).update(needless)


def _fitted(graph: Graph, host: ClassText) -> Graph:
    """The graph with those parts in place that are no modules of the host, or other ones there."""

    def other(node: Node) -> bool:
        return node.name not in host.children or not _fits(
            node.regions[0], host.children[node.name][1]
        )

    graph = inline(graph, other)
    nodes = []
    for node in graph.nodes:
        box = node.box
        if isinstance(box, OperatorBox) and node.name in host.children:
            region = _fitted(box.regions[0], host.children[node.name][1])
            node = Node(
                replace(box, regions=(region,)), node.ins, node.outs, node.name, node.origin
            )
        nodes.append(node)
    return replace(graph, nodes=nodes)


def _fits(region: Graph, text: ClassText) -> bool:
    """Whether the weights of a part are those of a class."""
    if any(r.role != NOISE and r.name not in text.own for r in region.sources.values()):
        inside = [r.name for r in region.sources.values() if r.name not in text.own]
        if any(name.partition(".")[0] not in text.children for name in inside):
            return False
    return all(
        node.box.name != "call"
        or (node.name in text.children and _fits(node.regions[0], text.children[node.name][1]))
        or not node.regions[0].resources({d: 1 for d in node.regions[0].dims})
        for node in region.nodes
        if isinstance(node.box, OperatorBox)
    )


class _Names(Names):
    """The names of a method that calls methods called ``step``."""

    def local(self, text: str) -> str:
        return super().local("part" if text == STEP else text)


class StepWriter(Writer):
    """Writes one graph as a further method of a class that is there."""

    def __init__(
        self,
        file: File,
        graph: Graph,
        host: ClassText,
        name: str,
        root: bool,
        stack: Axis | None = None,
    ) -> None:
        super().__init__(file, graph, host.name, root, stack)
        self.host, self.name, self.wanted = host, name, name
        self.names = _Names({*self.names.taken, *METHODS})
        self.called: dict[str, tuple[str, tuple[str, ...]]] = {}

    def write(self) -> None:
        super().write()
        self.lines = [(target, text, note * (len(note) < 80)) for target, text, note in self.lines]

    def _declare(self) -> None:
        """Resources are where the class has them."""
        for wire, resource in self.graph.sources.items():
            if resource.role != NOISE:
                self.values[wire] = f"self.{self.host.key(resource.name)}"
                self.parameters.add(self.values[wire])
        for node in self.graph.nodes:
            self._layer(node)

    def _layer(self, node: Node) -> None:
        """A box whose weights are a layer of torch, which is called."""
        box, weights = node.box, node.ins[len(node.box.dom) :]
        if not isinstance(box, Box) or box.name not in LIBRARY or self.stack is not None:
            return
        if not weights or any(w not in self.graph.sources for w in weights):
            return
        names = [self.graph.sources[w].name for w in weights]
        owner = names[0].rpartition(".")[0]
        made = LIBRARY[box.name](self, box) if owner in self.host.layers else None
        if made is not None and [n.rpartition(".")[2] for n in names] == list(made.resources):
            self.libraries[owner] = made
            self.owners[owner] = self.values[weights[0]].rpartition(".")[0]

    def child(self, node: Node, make: Callable[[ClassText], str], copies: bool = False) -> None:
        known = self.host.children.get(node.name)
        assert isinstance(node.box, OperatorBox)
        if known is None:
            raise SpecError(
                "CM040",
                f"the step of `{node.name}` has no module: `forward` computes it in another way",
                help=["leave `stream` out"],
                origin=node.origin,
            )
        attribute, text, _ = self.children[node.name] = known
        self.owners[node.name] = f"self.{attribute}"
        region, stack = node.box.regions[0], node.box.stacked
        self.called[node.name] = graft(self.file, text, region, self.wanted, stack)

    def call(self, node: Node, text: ClassText, function: str, ins: list[str]) -> str:
        method, late = self.called[node.name]
        inputs = ", ".join([*ins, *(self._symbol(s) for s in late)])
        return f"{function}.{method}({inputs})" if method else f"{function}({inputs})"

    def buffer(self, name: str, expression: str) -> str:
        return self.host.buffers.get(expression) or expression.replace("config.", "self.config.")

    def _symbol(self, symbol: str) -> str:
        return "0" if self._empty(symbol) else super()._symbol(symbol)

    def _empty(self, symbol: str) -> bool:
        """Whether a size is that of the past before the first entry."""
        return False

    def text(self) -> list[str]:
        """The method of a part: states are further inputs and outputs."""
        inputs = [f"{self.values[w]}: Tensor" for w in self.graph.inputs]
        inputs += [f"{self.sizes[s]}: int" for s in self.late]
        out = [self.values[w] for w in self.graph.outputs]
        kind = "Tensor" if len(out) == 1 else f"tuple[{', '.join(['Tensor'] * len(out))}]"
        return self.method(self.name, inputs, kind, out)


def graft(
    file: File, host: ClassText, region: Graph, wanted: str, stack: Axis | None = None
) -> tuple[str, tuple[str, ...]]:
    """The method of a class that computes a region, and its late sizes; "" for ``forward``."""
    writer = StepWriter(
        file, region if stack is None else inline(region), host, wanted, False, stack
    )
    writer.write()
    code, writer.name = "\n".join(host.lines), "forward"
    if "\n".join(writer.text()) in code:
        return "", tuple(writer.late)
    count, name = 1, wanted
    while True:
        writer.name = name
        text = writer.text()
        if "\n".join(text) in code:
            break
        if f"    def {name}(" not in code:
            host.lines += ["", *text]
            break
        count += 1
        name = f"{wanted}_{count}"
    return name, tuple(writer.late)


class _Root(StepWriter):
    """Writes a method of the root: the state is one tuple."""

    def __init__(
        self, file: File, graph: Graph, host: ClassText, name: str, stream: Stream, whole: Graph
    ) -> None:
        super().__init__(file, graph, host, name, True)
        self.stream, self.whole = stream, whole
        self.names.taken.add("state")

    def _like(self, numeric: bool) -> str | None:
        """A tensor of the inputs or resources; else the first weight of the module."""
        found = super()._like(numeric)
        if found is None:
            resources = self.whole.resources({d: 1 for d in self.whole.dims})
            for path, one in resources.items():
                if one.role != NOISE and one.space.kind == "real":
                    parts = self.host.key(path).split(".")
                    return "self" + "".join(f"[{p}]" if p.isdigit() else f".{p}" for p in parts)
        return found

    def _empty(self, symbol: str) -> bool:
        past = self.stream.form.past
        return self.name == START and past is not None and symbol == past.name

    def write(self) -> None:
        super().write()
        if self.name != START:
            self.prologue += self._bounds()

    def text(self) -> list[str]:
        return self._start() if self.name == START else self._step()

    def _arguments(self, wires: Sequence[int]) -> list[str]:
        inputs = [f"{self.values[w]}: Tensor" for w in wires]
        return [*inputs, *(f"{self.sizes[s]}: int" for s in self.late)]

    def _start(self) -> list[str]:
        states = [self.values[w] for w in self.graph.outputs]
        if self.stream.form.place:
            batch = self._symbol("batch") if _batched(self.stream.graphs[STEP]) else ""
            states.append(f"torch.zeros(({batch}{',' if batch else ''}), {self._index()})")
        doc = '        """The state before the first entry."""'
        kind, out = "tuple[Tensor, ...]", [_tuple(states)]
        before = [doc]
        for name in (self.sizes[one] for one in self.late):
            wrong = f"isinstance({name}, (float, str, Tensor)) or {name} < 0"
            said = f"`{name}` must be a whole number, 0 or more, got "
            before.append(f"        if {wrong}:")
            before.append(f'            raise ValueError(f"{said}{{str({name})[:60]}}")')
        return self.method(START, self._arguments(self.graph.inputs), kind, out, before)

    def _index(self) -> str:
        like = self._like(True)
        return f"dtype=torch.int64, device={like}.device" if like else "dtype=torch.int64"

    def _step(self) -> list[str]:
        graph, form = self.graph, self.stream.form
        count, values = len(form.states), [self.values[w] for w in graph.inputs]
        states, rest = values[:count], graph.inputs[count:]
        outs = [self.values[w] for w in graph.outputs]
        shown, after = outs[: len(outs) - count], outs[len(outs) - count :]
        lines = []
        if form.place:
            entries = len(form.entries)
            place = self.values[rest[entries]]
            rest = [*rest[:entries], *rest[entries + 1 :]]
            first, more = place, "1"
            if self.name == RESUME:
                first, more = self.names.local("first"), self._chunk()
                column = f"{first}[..., None]" if _batched(graph) else first
                steps = f"torch.arange({more}, device={first}.device)"
                lines.append(f"        {place} = {column} + {steps}")
            states, after = [*states, first], [*after, f"{first} + {more}"]
        others = iter(shown)
        results = [
            after[form.finals[i]] if i in form.finals else next(others)
            for i in range(len(self.whole.outputs))
        ]
        head, late = self._arguments(rest), len(self.late)
        head.insert(len(head) - late, "state: tuple[Tensor, ...]")
        what = "entry" if self.name == STEP else "entries, of any number"
        before = [f'        """The outputs at the next {what}, and the new state."""']
        if states:
            left = ", ".join(states) if len(states) > 1 else _tuple(states)
            check = self.helper("check_state", STATE)
            before.append(f"        {check}(state, {len(states)})")
            before.append(f"        {left} = state")
        before += lines
        many = len(results) > 1
        kind = f"tuple[{', '.join(['Tensor'] * len(results))}]" if many else "Tensor"
        result = f"({', '.join(results)})" if many else results[0] if results else "()"
        kind = f"tuple[{kind}, tuple[Tensor, ...]]"
        return self.method(self.name, head, kind, [result, _tuple(after)], before)

    def _chunk(self) -> str:
        """How many entries come at once: read off one of them, or an argument."""
        found = self.reading(self.stream.form.chunk.name)
        if found is None:
            return self._symbol(self.stream.form.chunk.name)
        return found.text.replace("x.shape", f"{self.values[self.graph.inputs[found.place]]}.shape")

    def reading(self, symbol: str) -> Reading | None:
        """Nothing is read off the index: it is computed here."""
        found, form = super().reading(symbol), self.stream.form
        index = len(form.states) + len(form.entries) if form.place and self.name != START else -1
        own = found is not None and found.place == index and symbol == form.chunk.name
        return None if own else found

    def _bounds(self) -> list[str]:
        """The checks that a context of fixed size has room for one more entry."""
        past = self.stream.form.past
        if past is None:
            return []
        lines, reading = [], self.reading(past.name)
        assert reading is not None
        wire = self.values[self.graph.inputs[reading.place]]
        text = self.sizes.get(past.name, reading.text.replace("x.shape", f"{wire}.shape"))
        for one in sorted(self.graph.conditions(), key=str):
            fixed = one.symbols - {past.name}
            if past.name in one.symbols and fixed and fixed <= self.file.fixed:
                names = {s: f"self.config.{self.file.field_names[s]}" for s in fixed}
                message = safety.string(f"the context is full: {safety.prose(str(one))} fails")
                lines.append(f"        if {violation(one, {**names, past.name: text})}:")
                lines.append(f"            raise ValueError({message})")
        return lines


def _batched(graph: Graph) -> bool:
    return any(str(a) == "batch" for one in graph.dom for a in one.axes)


def _tuple(values: Sequence[str]) -> str:
    return f"({', '.join(values)}{',' * (len(values) == 1)})"
