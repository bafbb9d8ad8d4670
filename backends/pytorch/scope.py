"""Scopes: what a row of the table may ask for while one class is written.

Definition.  A ``File`` is what all classes of a generated file share; a ``ClassText`` is a written
class; a ``Scope`` holds the names, sizes and resources of the class that is being written, and
answers the questions of ``table.base.Emit``.

Law.  A late size is read once, at the top of ``forward``, and only where something asks for it.

>>> from categorical import Dim, Real, op
>>> n, c = Dim.named("n c")
>>> file = File(frozenset("c"), Plan(), Names(), {"c": "c"})
>>> scope = Scope(file, op.relu.at(Real[n, c]).graph(), "demo", root=True)
>>> scope.values[scope.graph.inputs[0]] = "x"
>>> scope.size(2 * c.size), scope.size(n), scope.heads
('2 * self.config.c', 'n', [(0, 'n = x.shape[-2]')])

Two helpers of one name would hide one another:

>>> _ = scope.helper("twice", "def twice(x): return x + x")
>>> scope.helper("twice", "def twice(x): return 2 * x")
Traceback (most recent call last):
...
ValueError: two helpers are called 'twice'
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from backends.pytorch import resources, safety
from backends.pytorch.naming import Names
from backends.pytorch.plan import Plan
from backends.pytorch.sizes import Reading, python, reading
from backends.pytorch.table.base import Emit, Library
from categorical.graph import Graph, Node, Resource
from categorical.index import Axis, IndexSet
from categorical.records import NOISE, WEIGHT
from categorical.sizes import Size
from categorical.spaces import Array

#: Functions of generated files that run cells: no variable has their names.
KINDS = ("lstm", "gru", "rnn_tanh", "rnn_relu")
RUNS = {f"run_{kind}{more}" for kind in KINDS for more in ("", "_outside", "_of_lengths")}
RUNS |= {"read_backwards", "cut_rows", "check_lengths"}


@dataclass
class ClassText:
    """A written class: its text, the late sizes that ``forward`` takes, and its state-dict keys.

    ``own`` are the paths of the graph's own resources, ``keys`` their keys where these differ;
    ``children`` maps operator nodes to the attribute of their module, its class, and whether there
    is one copy a step.  ``planned``: ``forward`` takes the schedule of a forest; ``layers`` are the
    owners of weights that are torch's own layers, ``buffers`` its constants by their expressions.
    """

    name: str
    lines: list[str]
    late: tuple[str, ...]
    own: frozenset[str]
    keys: dict[str, str]
    children: dict[str, tuple[str, ClassText, bool]]
    holders: dict[str, str]
    planned: bool = False
    layers: frozenset[str] = frozenset()
    buffers: dict[str, str] = field(default_factory=dict)

    def key(self, path: str) -> str:
        """The state-dict key of a resource path: the path itself, but for names that torch
        reserves."""
        text, head = self, ""
        while path not in text.keys:
            instance = next((n for n in text.children if path.startswith(f"{n}.")), None)
            if instance is None or path in text.own:
                return head + path
            attribute, child, copies = text.children[instance]
            path = path[len(instance) + 1 :]
            head += f"{attribute}."
            if copies:
                number, _, path = path.partition(".")
                head += f"{number}."
            text = child
        return head + text.keys[path]

    def code(self) -> str:
        """What the class does, without its name, docstrings and comments."""
        tree = ast.parse("\n".join(self.lines)).body[0]
        assert isinstance(tree, ast.ClassDef)
        tree.name, tree.body = "", tree.body[1:]
        return ast.dump(tree)

    def used(self) -> list[ClassText]:
        """The classes that this one needs, itself last."""
        found: dict[int, ClassText] = {}
        pending = [self]
        while pending:
            one = pending.pop()
            if found.setdefault(id(one), one) is one:
                pending.extend(
                    child for _, child, _ in one.children.values() if id(child) not in found
                )
        return list(found.values())

    def holder(self, path: str) -> str | None:
        """The attribute path of the submodule that holds weights, if there is one."""
        if path in self.holders:
            return self.holders[path]
        first, _, rest = path.partition(".")
        if first in self.children and rest:
            inner = self.children[first][1].holder(rest)
            return None if inner is None else f"{self.children[first][0]}.{inner}"
        return None


@dataclass
class File:
    """What all classes of a file share."""

    fixed: frozenset[str]
    plan: Plan
    names: Names
    field_names: dict[str, str]
    helpers: dict[str, str] = field(default_factory=dict)
    classes: list[ClassText] = field(default_factory=list)
    missing: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    by_text: dict[str, ClassText] = field(default_factory=dict)
    by_graph: dict[tuple[int, Axis | None], ClassText] = field(default_factory=dict)
    folds: list[str] = field(default_factory=list)  # the classes that compute trees
    methods: frozenset[str] = frozenset()  # what classes have beside ``forward``


class Scope(Emit):
    """The state of one class, and what rows may ask for."""

    def __init__(
        self,
        file: File,
        graph: Graph,
        wish: str,
        root: bool,
        stack: Axis | None = None,
        given: tuple[str, ...] = (),
    ) -> None:
        self.file, self.graph, self.wish, self.root = file, graph, wish, root
        self.names = Names({"self", "config", "bound", *RUNS})
        self.attributes = Names({"config", *file.methods})
        self.sizes: dict[str, str] = {}
        self.readings: dict[str, Reading | None] = {}
        self.late: list[str] = []
        self.given = given
        self.heads: list[tuple[int, str]] = []
        self.prologue: list[str] = []
        self.lines: list[tuple[str, str, str]] = []
        self.init: list[str] = []
        self.reset: list[str] = []
        self.values: dict[int, str] = {}
        self.children: dict[str, tuple[str, ClassText, bool]] = {}
        self.owners: dict[str, str] = {}
        self.keys: dict[str, str] = {}
        self.libraries: dict[str, Library] = {}
        self.holders: dict[str, Library] = {}  # layers that only keep weights
        self.stack = stack
        self.in_place: set[int] = set()
        self.elided: dict[int, int | None] = {}
        self.apart: dict[int, list[int]] = {}
        self.chunks: dict[int, int] = {}
        self.joined: dict[int, tuple[int, ...]] = {}
        self.singles: set[int] = set()
        self.wishes = relabelled(graph)
        self.planned = False
        self.parameters: set[str] = set()
        self.buffers: dict[str, str] = {}
        self.consumers = graph.consumers()

    # --- what rows ask for -----------------------------------------------------------------------

    def size(self, of: Size | Axis | IndexSet | int) -> str:
        size = size_of(of)
        return python(size, {s: self._symbol(s) for s in sorted(size.symbols)})

    def config_size(self, of: Size | Axis | IndexSet | int) -> str:
        size = size_of(of)
        for symbol in size.symbols - self.file.fixed:
            self.file.missing.add(symbol)
        names = {s: f"config.{self.file.field_names.get(s, s)}" for s in sorted(size.symbols)}
        return python(size, names)

    def _symbol(self, symbol: str) -> str:
        if symbol in self.file.fixed:
            return f"self.config.{self.file.field_names[symbol]}"
        if symbol not in self.sizes:
            name = self.names.local(symbol)
            self.sizes[symbol] = name
            read = self.reading(symbol)
            if read is not None:
                x = self.values[self.graph.inputs[read.place]]
                text = read.text.replace("x.shape", f"{x}.shape")
                self.heads.append((read.place, f"{name} = {text}"))
            else:
                self.late.append(symbol)
                if self.root and symbol not in self.given:
                    self.file.missing.add(symbol)
        return self.sizes[symbol]

    def reading(self, symbol: str) -> Reading | None:
        """Where a late size is read (found once: a product may have thousands of inputs)."""
        if symbol not in self.readings:
            names = {s: f"self.config.{self.file.field_names.get(s, s)}" for s in self.file.fixed}
            self.readings[symbol] = reading(self.graph, symbol, names)
        return self.readings[symbol]

    def factory(self, array: Array) -> str:
        like = self._like(array.kind in ("real", "complex"))
        own = {"bool": "dtype=torch.bool", "fin": "dtype=torch.int64"}.get(array.kind)
        if like is None:
            return own or ""
        if own is None:
            own = f"dtype={like}.dtype"
            own += ".to_complex()" if array.kind == "complex" else ""
        return f"{own}, device={like}.device"

    def _like(self, numeric: bool) -> str | None:
        """A tensor in scope, of real numbers where its element type counts."""
        for wanted in ("real", None) if not numeric else ("real",):
            for wire in (*self.graph.inputs, *self.graph.sources):
                role = self.graph.sources[wire].role if wire in self.graph.sources else ""
                if role != NOISE and wanted in (None, self.graph.types[wire].kind):
                    return self._wire(wire)
        return self._weight()

    def _weight(self) -> str | None:
        """A weight of a part, where nothing else is in scope."""
        for path, one in self.graph.resources(dict.fromkeys(self.graph.dims, 1)).items():
            instance = next((n for n in self.children if path.startswith(f"{n}.")), None)
            if instance is None or one.role != WEIGHT or one.space.kind != "real":
                continue
            attribute, text, copies = self.children[instance]
            number, rest = "", path[len(instance) + 1 :]
            if copies:
                number, _, rest = rest.partition(".")
            parts = [*attribute.split("."), *number.split(), *text.key(rest).split(".")]
            return "self" + "".join(f"[{p}]" if p.isdigit() else f".{p}" for p in parts)
        return None

    def helper(self, name: str, source: str) -> str:
        known = self.file.helpers.setdefault(name, source.strip("\n"))
        if known != source.strip("\n"):
            raise ValueError(f"two helpers are called {name!r}")
        return name

    def buffer(self, name: str, expression: str) -> str:
        if expression not in self.buffers:
            own = self.attributes.attribute(name)
            text = f"{safety.string(own)}, {expression}, persistent=False"
            self.init.append(f"self.register_buffer({text})")
            self.buffers[expression] = f"self.{own}"
        return self.buffers[expression]

    def uses(self, module: str) -> str:
        self.file.modules.add(module)
        return module

    def variable(self, wanted: str) -> str:
        return self.names.local(wanted)

    def line(self, expression: str, type: Array | None = None, name: str = "") -> str:
        target = self.names.local(name or "part")
        self.lines.append((target, expression, shape_note(type) if type is not None else ""))
        return target

    # --- resources -------------------------------------------------------------------------------

    def _wire(self, wire: int) -> str:
        if wire not in self.values:
            self.values[wire] = self._noise(self.graph.sources[wire], self.consumers[wire][0])
        return self.values[wire]

    def _noise(self, resource: Resource, node: Node) -> str:
        kind = resource.init.kind
        args = [safety.literal(a) for a in resource.init.args]
        name = self.helper(f"draw_{kind}", resources.DRAWS[kind])
        same = [w for w in node.data if self.graph.types[w].axes == resource.space.axes]
        if same:
            like = self.values[same[0]]
            return f"{name}({', '.join([f'{like}.shape', *args, like])})"
        like = self._like(True) or "torch.empty(())"
        return f"{name}({', '.join([self.shape(resource.space), *args, like])})"


def size_of(of: Size | Axis | IndexSet | int) -> Size:
    return of if isinstance(of, Size) else Size.of(of) if isinstance(of, int) else of.size


def shape_note(array: Array) -> str:
    """The axes of a wire in the spec's own names."""
    return "[" + ", ".join(safety.comment(str(a)) for a in array.axes) + "]"


def relabelled(graph: Graph) -> dict[int, str]:
    """Names that a person gave to relabelled wires, for the wires themselves."""
    found: dict[int, str] = {}
    automatic: dict[int, bool] = {}
    for node in graph.nodes:
        wire = node.outs[0] if node.outs else -1
        name = graph.names.get(wire, "")
        own = name.rstrip("0123456789").rstrip("_")
        automatic[wire] = own in (node.box.name, node.name)
        if node.box.name == "relabel" and not automatic[wire] and automatic.get(node.ins[0]):
            found.setdefault(node.ins[0], name)
    return found
