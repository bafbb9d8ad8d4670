"""Gluing: arrows of whole arrows, in which weights of one name are one weight.

Definition.  ``glued(title, dom, body)`` is the arrow that ``body(use, wires)`` spells out, where
``use(f, wires)`` puts in the graph of ``f``.  Composition gives every part weights of its own;
here a part that is used twice (the ``get`` of a lens, which ``put`` computes again) has one set.

Law.  ``glued`` of one use is the arrow itself; of two uses in a row it is the composite, tied.

>>> from categorical import Dim, Real, op
>>> n = Dim("n")
>>> layer = op.linear(n, n)
>>> twice = glued("twice", layer.dom, lambda use, x: use(layer, use(layer, x)))
>>> twice, list(twice.parameters)
(twice: Real[n] → Real[n], ['linear.weight', 'linear.bias'])

Two parts whose weights are not meant to be one are told apart first:

>>> (other,) = apart([layer], heads([layer]))
>>> list(other.parameters)
['linear_2.weight', 'linear_2.bias']

The types of the wires are those of the part:

>>> glued("wrong", (Real[Dim("k")],), lambda use, x: use(layer, x))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM001]: ...

And one name has weights of one type:

>>> wide = op.linear(n, Dim("m"))
>>> glued("wrong", layer.dom, lambda use, x: use(wide, use(layer, x)))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM052]: two weights are called `linear.weight`
...
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from categorical import messages
from categorical.arrows import Arrow, Transformed, Types, identity
from categorical.errors import SpecError
from categorical.graph import Builder, Graph, OperatorBox, Resource
from categorical.spaces import Array

Wires = tuple[int, ...]
Use = Callable[[Arrow, Wires], Wires]
Body = Callable[[Use, Wires], Wires]


def glued(title: str, dom: Types, body: Body, names: Sequence[str] = ()) -> Arrow:
    """See the module; ``names`` are those of the input wires."""
    graph = glued_graph(dom, body, names)
    return as_arrow(title, graph)


def as_arrow(title: str, graph: Graph) -> Arrow:
    """A graph as an arrow: its weights keep their names."""
    return Transformed(identity(*graph.dom), lambda types: graph, title, graph.dom, False)


def glued_graph(dom: Types, body: Body, names: Sequence[str] = ()) -> Graph:
    """The graph of ``glued``."""
    builder, spaces = Builder(), dict[str, Array]()
    given = list(names) if len(names) == len(dom) else [f"x{i + 1}" for i in range(len(dom))]
    ins = tuple(
        builder.input(one, builder.unique(name))
        for one, name in zip(messages.arrays(identity(*dom), dom), given, strict=True)
    )

    def use(arrow: Arrow, wires: Wires) -> Wires:
        graph = arrow.graph()
        types = tuple(builder.graph.types[w] for w in wires)
        if types != graph.dom:
            raise messages.composition(identity(*types), arrow)
        for path, resource in graph.resources({d: 2 for d in graph.dims}).items():
            if spaces.setdefault(path, resource.space) is not resource.space:
                raise _two_weights(resource, path, spaces[path], arrow)
        known = {r.name: w for w, r in builder.graph.sources.items()}
        return builder.splice(graph, wires, sources=known)

    return builder.finish(body(use, ins))


def _two_weights(one: Resource, path: str, other: Array, arrow: Arrow) -> SpecError:
    """CM052: a name of weights of two types."""
    part = path.partition(".")[0]
    return SpecError(
        "CM052",
        f"two weights are called `{path}`",
        facts=[
            (f"in `{arrow.label()}`", str(one.space)),
            ("before it", str(other)),
            ("here", "weights of one name are one weight"),
        ],
        help=[f"name one of the parts apart, `{part}_back` for example"],
    )


def input_names(arrow: Arrow) -> list[str]:
    """The names of the input wires of an arrow, as they are written."""
    graph = arrow.graph()
    return [graph.names.get(w, f"x{i + 1}") for i, w in enumerate(graph.inputs)]


# --- weights that are told apart --------------------------------------------------------------


def heads(arrows: Iterable[Arrow]) -> list[str]:
    """The first parts of the names of weights, and those of the parts that have bodies."""
    found: dict[str, None] = {}
    for arrow in arrows:
        graph = arrow.graph()
        for path in graph.resources({d: 2 for d in graph.dims}):
            found.setdefault(path.split(".")[0])
        for node in graph.nodes:
            if isinstance(node.box, OperatorBox):
                found.setdefault(node.name.split(".")[0])
    return list(found)


def apart(arrows: Sequence[Arrow], taken: Iterable[str]) -> list[Arrow]:
    """The arrows with names of weights that are not taken, numbered as composition does."""
    used, new = set(taken), {}
    for head in heads(arrows):
        name, number = head, 2
        base = re.sub(r"_\d+\Z", "", head)
        while name in used:
            name, number = f"{base}_{number}", number + 1
        used.add(name)
        new[head] = name
    if all(head == name for head, name in new.items()):
        return list(arrows)
    return [as_arrow(arrow.label(), renamed(arrow.graph(), new)) for arrow in arrows]


def renamed(graph: Graph, new: dict[str, str]) -> Graph:
    """The graph with the first parts of the names of its weights replaced."""

    def name(path: str) -> str:
        head, dot, rest = path.partition(".")
        return new.get(head, head) + dot + rest

    nodes = [
        replace(node, name=name(node.name)) if isinstance(node.box, OperatorBox) else node
        for node in graph.nodes
    ]
    return replace(
        graph,
        sources={w: replace(r, name=name(r.name)) for w, r in graph.sources.items()},
        nodes=nodes,
        updates={name(path): w for path, w in graph.updates.items()},
    )


# --- types -----------------------------------------------------------------------------------


def numeric(types: Types) -> Types:
    """The wires that have a cotangent: those of real or complex numbers."""
    return tuple(one for one in types if isinstance(one, Array) and one.kind in ("real", "complex"))
