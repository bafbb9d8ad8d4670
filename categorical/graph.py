"""Graphs: the one representation below the term.

Definition.  A graph is a list of nodes in topological order over numbered wires (each wire has one
producer): inputs, *sources* (weights, statistics, noise: named resources) and the outputs of
nodes.  A node is a box, or an operator box with regions (graphs of its bodies).  Associativity,
units, interchange and the laws of copying wires hold by construction.

Law.  Two nodes never share a resource unless they read one source wire, or carry one instance
name: sharing is always explicit.

>>> from categorical import Dim, Real, op
>>> n, c, h = Dim.named("n c h")
>>> graph = (op.linear(c, h) >> op.relu >> op.mean(n)).graph()
>>> print(graph)
(x: Real[n, c]) →
  linear = linear(x; linear.weight, linear.bias): Real[n, h]
  relu = relu(linear): Real[n, h]
  mean = mean(relu): Real[h]
→ mean

A wire of another type than a box declares is rejected when the box is added:

>>> builder = Builder()
>>> builder.apply(op.linear(c, h).op, (builder.input(Real[n], "x"),))
Traceback (most recent call last):
...
categorical.records.MissingAxis: error[CM005]: `linear` needs the axis `c`
...
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from categorical.errors import SpecError
from categorical.origin import Origin
from categorical.records import Box, Context, Init, Op
from categorical.sizes import Condition
from categorical.spaces import Array


@dataclass(frozen=True)
class Resource:
    """A source wire: ``name`` within its graph, space, role (who writes it) and initial value."""

    name: str
    space: Array
    role: str
    init: Init


@dataclass(frozen=True)
class Narrowed:
    """An operator box without what no used output depends on, and the ports that it keeps."""

    box: OperatorBox
    ins: tuple[int, ...]
    outs: tuple[int, ...]


@dataclass(frozen=True)
class Operator:
    """An arrow with bodies.  ``prefixes(box, sizes)`` says how the resources of its body become
    its own: one prefix for each separate copy.  ``meaning(ctx, box, run, values)`` evaluates it,
    where ``run(copy, values)`` evaluates the body with the resources of that copy.  With ``parts``
    each body is one copy, under the prefix of its place.  The bodies of a ``whole`` operator see
    one element of the data, whatever the batch: a functor leaves them as they are.

    The bodies of an operator that is not the ``owner`` of their weights get them as inputs.

    ``narrowed(box, used)`` drops the ports of a box that the used outputs do not depend on.
    """

    name: str
    summary: str
    prefixes: Callable[[OperatorBox, Mapping[str, int]], list[str]]
    meaning: Callable[
        [Context, OperatorBox, Callable[[int, Sequence[Any]], list[Any]], Sequence[Any]], list[Any]
    ]
    parts: bool = False
    whole: bool = False
    owner: bool = True
    narrowed: Callable[[OperatorBox, Sequence[bool]], Narrowed] | None = None

    table: ClassVar[dict[str, Operator]] = {}

    def __post_init__(self) -> None:
        Operator.table[self.name] = self


@dataclass(frozen=True, eq=False)
class OperatorBox:
    """An operator with its bodies at their types."""

    operator: Operator
    regions: tuple[Graph, ...]
    dom: tuple[Array, ...]
    cod: tuple[Array, ...]
    attrs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.operator.name

    def copies(self, sizes: Mapping[str, int]) -> list[tuple[Graph, str]]:
        """Each copy of a body: the body and the prefix of its resources."""
        prefixes = self.operator.prefixes(self, sizes)
        if self.operator.parts:
            return list(zip(self.regions, prefixes, strict=True))
        return [(region, prefix) for prefix in prefixes for region in self.regions]

    @property
    def stacked(self) -> Any:
        """The axis that a stacked body adds in front of its weights, if any."""
        return self.attrs.get("stacked")

    def __repr__(self) -> str:
        return f"{self.name}({', '.join(f'{k}={v}' for k, v in self.attrs.items())})"


@dataclass(slots=True)
class Node:
    """One step: ``ins`` are data wires and then resource wires; ``outs`` data and then state.

    ``name`` is the instance name: it names the weights, and two operator nodes with one name
    share them.
    """

    box: Box | OperatorBox
    ins: tuple[int, ...]
    outs: tuple[int, ...]
    name: str
    origin: Origin | None = None

    @property
    def regions(self) -> tuple[Graph, ...]:
        return self.box.regions if isinstance(self.box, OperatorBox) else ()

    @property
    def data(self) -> tuple[int, ...]:
        """The data wires among ``ins``."""
        return self.ins[: len(self.box.dom)]


#: The most levels of named sub-architectures: each is a module whose ``forward`` calls the next.
DEEPEST = 100


@dataclass(slots=True)
class Graph:
    """A closed graph; see the module.  ``name`` is the sub-architecture that it is the body of."""

    types: list[Array]
    inputs: list[int]
    outputs: list[int]
    sources: dict[int, Resource]
    nodes: list[Node]
    updates: dict[str, int]
    names: dict[int, str]
    name: str = ""
    doc: str = ""
    depth: int = 0  # how many named sub-architectures and operators lie inside one another

    @property
    def dom(self) -> tuple[Array, ...]:
        return tuple(self.types[w] for w in self.inputs)

    @property
    def cod(self) -> tuple[Array, ...]:
        return tuple(self.types[w] for w in self.outputs)

    def source(self, name: str) -> int:
        """The wire of a resource; −1 if there is none of that name."""
        return next((w for w, r in self.sources.items() if r.name == name), -1)

    def resources(self, sizes: Mapping[str, int] | None = None) -> dict[str, Resource]:
        """Every resource with its path, those of regions included, in the order of first use.

        ``sizes`` is needed only where an untied iteration has a symbolic length.
        """
        found: dict[str, Resource] = {r.name: r for r in self.sources.values()}
        for node in self.nodes:
            if isinstance(node.box, OperatorBox):
                insides = {id(region): region.resources(sizes) for region in node.regions}
                for region, prefix in node.box.copies(sizes or {}):
                    for path, inner in insides[id(region)].items():
                        full = f"{node.name}.{prefix}{path}"
                        space = inner.space
                        if node.box.stacked is not None:
                            space = space.with_axes((node.box.stacked, *space.axes))
                        found.setdefault(full, Resource(full, space, inner.role, inner.init))
        return found

    def walk(self) -> Iterator[tuple[Graph, Node]]:
        """Every node with its graph, bodies after the node that holds them (iterative)."""
        pending = [self]
        while pending:
            graph = pending.pop()
            for node in graph.nodes:
                yield graph, node
                pending.extend(node.regions)

    def conditions(self) -> frozenset[Condition]:
        """The side conditions of all sizes that occur, and those of the boxes."""
        found: set[Condition] = set()
        seen: set[Array] = set()
        pending = [self]
        while pending:
            graph = pending.pop()
            for one in graph.types:
                if one not in seen:
                    seen.add(one)
                    for axis in one.axes:
                        found |= axis.index.conditions
            for node in graph.nodes:
                pending.extend(node.regions)
                if isinstance(node.box, Box):
                    found.update(node.box.conditions)
        return frozenset(found)

    @property
    def dims(self) -> tuple[str, ...]:
        """The symbols of all sizes, sorted."""
        found: set[str] = set()
        pending = [self]
        while pending:
            graph = pending.pop()
            for one in set(graph.types):
                for axis in one.axes:
                    found |= axis.size.symbols
                if one.values is not None:
                    found |= one.values.size.symbols
            for node in graph.nodes:
                pending.extend(node.regions)
                if isinstance(node.box, OperatorBox):
                    times = node.box.attrs.get("times")
                    found |= times.size.symbols if times is not None else frozenset()
        return tuple(sorted(found))

    def wire_name(self, wire: int) -> str:
        """A name to show a person: the user's variable, or the resource, or ``w7``."""
        if wire in self.names:
            return self.names[wire]
        return self.sources[wire].name if wire in self.sources else f"w{wire}"

    def producer(self) -> dict[int, Node]:
        """The node that makes each wire."""
        return {w: node for node in self.nodes for w in node.outs}

    def consumers(self) -> dict[int, list[Node]]:
        """The nodes that read each wire."""
        found: dict[int, list[Node]] = {}
        for node in self.nodes:
            for w in node.ins:
                found.setdefault(w, []).append(node)
        return found

    def __str__(self) -> str:
        show = self.wire_name
        lines = ["(" + ", ".join(f"{show(w)}: {self.types[w]}" for w in self.inputs) + ") →"]
        for node in self.nodes:
            count = len(node.box.dom)
            args = ", ".join(map(show, node.ins[:count]))
            rest = ", ".join(map(show, node.ins[count:]))
            outs = ", ".join(map(show, node.outs))
            types = " × ".join(str(self.types[w]) for w in node.outs)
            label = repr(node.box.op) if isinstance(node.box, Box) and rest == "" else node.box.name
            label = label.split("(")[0] if isinstance(node.box, Box) else f"{label} {node.name}"
            lines.append(f"  {outs} = {label}({args}{'; ' + rest if rest else ''}): {types}")
        return "\n".join([*lines, "→ " + ", ".join(map(show, self.outputs))])


class Builder:
    """Makes a graph node by node; types are checked when a node is added."""

    def __init__(self) -> None:
        self.graph = Graph([], [], [], {}, [], {}, {})
        self._used: dict[str, int] = {}
        # tied arrows by identity: their weight wires, instance name, and the arrow (kept alive)
        self.shared: dict[int, tuple[tuple[int, ...], str, object]] = {}

    @property
    def taken(self) -> frozenset[str]:
        """The names of resources that exist already."""
        return frozenset(r.name for r in self.graph.sources.values())

    def unique(self, base: str) -> str:
        """``base``, or ``base_2``, ``base_3``, … when it is taken."""
        name = base
        while name in self._used:
            self._used[base] += 1
            name = f"{base}_{self._used[base]}"
        self._used[name] = 1
        return name

    def wire(self, type_: Array, name: str = "") -> int:
        self.graph.types.append(type_)
        wire = len(self.graph.types) - 1
        if name:
            self.graph.names[wire] = name
        return wire

    def input(self, type_: Array, name: str = "") -> int:
        wire = self.wire(type_, name)
        self.graph.inputs.append(wire)
        return wire

    def add_source(self, resource: Resource) -> int:
        wire = self.wire(resource.space)
        self.graph.sources[wire] = resource
        self._used.setdefault(resource.name.split(".")[0], 1)
        return wire

    def apply(
        self,
        op: Op,
        ins: tuple[int, ...],
        label: str = "",
        origin: Origin | None = None,
        weights: tuple[int, ...] | None = None,
    ) -> tuple[int, ...]:
        """Add an op; ``weights`` are existing resource wires to read instead of new ones."""
        box = op.box(tuple(self.graph.types[w] for w in ins))
        return self.apply_box(box, ins, label, origin, weights)

    def apply_box(
        self,
        box: Box,
        ins: tuple[int, ...],
        label: str = "",
        origin: Origin | None = None,
        weights: tuple[int, ...] | None = None,
    ) -> tuple[int, ...]:
        name = ""
        if weights is None:
            weights = ()
            if box.resources:
                name = self.unique(label or box.name)
                weights = tuple(
                    self.add_source(
                        Resource(
                            f"{name}.{r.suffix}" if r.suffix else name, r.space, r.role, r.init
                        )
                    )
                    for r in box.resources
                )
        outs = tuple(self.wire(t) for t in box.cod)
        state = []
        for suffix in box.updates:
            place = next(i for i, r in enumerate(box.resources) if r.suffix == suffix)
            wire = self.wire(box.resources[place].space)
            state.append(wire)
            self.graph.updates[self.graph.sources[weights[place]].name] = wire
        for i, w in enumerate(outs):
            self.graph.names[w] = self.unique(label or box.name) if not name or i else name
        self.graph.nodes.append(
            Node(box, (*ins, *weights), (*outs, *state), name or label or box.name, origin)
        )
        return outs

    def operate(
        self, box: OperatorBox, ins: tuple[int, ...], name: str = "", origin: Origin | None = None
    ) -> tuple[int, ...]:
        """Add an operator node; an instance name that exists already shares its resources."""
        depth = 1 + max((region.depth for region in box.regions), default=0)
        self.graph.depth = max(self.graph.depth, depth)
        if depth > DEEPEST:
            raise SpecError(
                "CM041",
                f"`{name}` lies around {depth - 1} others, one inside the next",
                facts=[("the limit", f"{DEEPEST} levels, as torch modules call one another")],
                help=["write the inner ones in place:  @arrow(inline=True)"],
                origin=origin,
            )
        outs = tuple(self.wire(t) for t in box.cod)
        for i, w in enumerate(outs):
            self.graph.names[w] = self.unique(f"{name}_out" if i == 0 else f"{name}_out{i}")
        self.graph.nodes.append(Node(box, ins, outs, name, origin))
        return outs

    def splice(
        self,
        graph: Graph,
        ins: Sequence[int],
        prefix: str = "",
        sources: Mapping[str, int] | None = None,
        fresh: bool = False,
    ) -> tuple[int, ...]:
        """Copy a graph in, its inputs joined to ``ins``.

        Its resources get ``prefix``; those named in ``sources`` are read from existing wires.  With
        ``fresh`` the operators in it become new instances, with weights of their own.
        """
        given = sources or {}
        at: dict[int, int] = dict(zip(graph.inputs, ins, strict=True))
        for wire, resource in graph.sources.items():
            if resource.name in given:
                at[wire] = given[resource.name]
            else:
                at[wire] = self.add_source(
                    Resource(prefix + resource.name, resource.space, resource.role, resource.init)
                )
        names: dict[str, str] = {}
        for node in graph.nodes:
            name = prefix + node.name
            if fresh and isinstance(node.box, OperatorBox):
                if node.name not in names:
                    names[node.name] = self.unique(name)
                name = names[node.name]
            outs = []
            for w in node.outs:
                at[w] = self.wire(graph.types[w])
                if w in graph.names:
                    self.graph.names[at[w]] = self.unique(graph.names[w])
                outs.append(at[w])
            self.graph.nodes.append(
                Node(node.box, tuple(at[w] for w in node.ins), tuple(outs), name, node.origin)
            )
        for name, wire in graph.updates.items():
            source = at[graph.source(name)]
            self.graph.updates[self.graph.sources[source].name] = at[wire]
        return tuple(at[w] for w in graph.outputs)

    def finish(self, outputs: Sequence[int], name: str = "", doc: str = "") -> Graph:
        self.graph.outputs = list(outputs)
        self.graph.name, self.graph.doc = name, doc
        return self.graph
