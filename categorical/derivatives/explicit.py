"""Weights as inputs: an arrow of Para(C) as an arrow of C.

Definition.  ``explicit(f)`` takes the weights of f as inputs, after its data: for f : A → B with
weights P it is the map A × P → B that (P, f) is in Para.  Statistics are refused, noise stays a
private wire.

Laws.  explicit(f) at the weights of f is f; explicit(g ∘ f) is explicit(g) ∘ (explicit(f) × P_g).

>>> from categorical import Dim, Real, op
>>> n, c, h = Dim.named("n c h")
>>> explicit(op.linear(c, h) >> op.relu).type_text()
'Real[c] × Real[h, c] × Real[h] → Real[h]'

The weights of an iteration are taken out of it:

>>> from categorical import iterate
>>> step = op.linear(c, c, bias=False) >> op.tanh
>>> explicit(iterate(step, 3, weights="stacked")).type_text()
'Real[c] × Real[3, c.at("out"), c] → Real[c]'

Statistics are written by the forward pass, so they are no inputs:

>>> explicit(op.batch_norm(c, over=[n]).at(Real[n, c]))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM055]: `batch_norm` keeps state: it has no derivative here
...
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from categorical.arrows import Arrow, Transformed, Types
from categorical.checked import checked
from categorical.derivatives.cells import run_of, with_weights
from categorical.errors import SpecError
from categorical.graph import Builder, Graph, Node, Operator, OperatorBox, Resource
from categorical.normal import inline
from categorical.records import NOISE, STALE, STATISTIC, WEIGHT, Context


def _meaning(ctx: Context, box: OperatorBox, run: Any, values: Sequence[Any]) -> list[Any]:
    from categorical.semantics import interpreter

    count, names = len(box.regions[0].inputs), box.attrs["weights"]
    resources = dict(zip(names, values[count:], strict=True))
    return interpreter.run(box.regions[0], ctx, values[:count], resources).outputs


EXPLICIT = Operator(
    "explicit",
    "an arrow whose weights are its last inputs",
    prefixes=lambda box, sizes: [],
    meaning=_meaning,
    owner=False,
)


def stateful(node: Node) -> SpecError:
    """CM055."""
    return SpecError(
        "CM055",
        f"`{node.name or node.box.name}` keeps state: it has no derivative here",
        facts=[("box", repr(node.box)), ("reason", "every forward pass writes its statistics")],
        help=["use a layer without statistics:  op.layer_norm, op.rms_norm"],
        origin=node.origin,
    )


def opened(graph: Graph, sizes: Mapping[str, int] | None = None, inlined: bool = True) -> Graph:
    """The graph in one piece: sub-architectures inlined, and every weight a source of its own.

    A run of a cell with weights becomes a run of the closed cell, an iteration of a known number
    of steps with weights of their own is written out; any other operator whose body has weights
    becomes an ``explicit`` box that reads them.
    """
    graph = inline(graph) if inlined else graph
    builder = Builder()
    at: dict[int, int] = {}
    for w in graph.inputs:
        at[w] = builder.input(graph.types[w], graph.names.get(w, ""))
    known: dict[str, int] = {}
    for w, resource in graph.sources.items():
        at[w] = known[resource.name] = builder.add_source(resource)
    for node in graph.nodes:
        box, ins = node.box, tuple(at[w] for w in node.ins)
        if graph.updates and any(graph.source(name) in node.ins for name in graph.updates):
            raise stateful(node)
        if isinstance(box, OperatorBox):
            inner = _inner(node, sizes or {})
            if inner:
                for path, resource in inner.items():
                    if path not in known:
                        known[path] = builder.add_source(replace(resource, name=path))
                if _written_out(node):
                    at.update(zip(node.outs, _steps(builder, node, ins, known), strict=True))
                    continue
                run = run_of(node, ins, known, opened)
                if run is not None:
                    moved = with_weights(run, node, builder.graph.types)
                    box, ins = moved.box, moved.ins
                else:
                    box = closed(node, inner)
                    ins += tuple(known[path] for path in inner)
        for w in node.outs:
            at[w] = builder.wire(graph.types[w], graph.names.get(w, ""))
        outs = tuple(at[w] for w in node.outs)
        builder.graph.nodes.append(Node(box, ins, outs, node.name, node.origin))
    return builder.finish([at[w] for w in graph.outputs], graph.name, graph.doc)


def _written_out(node: Node) -> bool:
    attrs = node.box.attrs if isinstance(node.box, OperatorBox) else {}
    alone_each = node.box.name == "iterate" and attrs.get("weights") == "untied"
    return alone_each and attrs["times"].size.is_constant


def _steps(
    builder: Builder, node: Node, ins: tuple[int, ...], known: Mapping[str, int]
) -> tuple[int, ...]:
    """The steps of an iteration, one after the other."""
    assert isinstance(node.box, OperatorBox)
    body = opened(node.box.regions[0])
    for step in range(int(node.box.attrs["times"].size)):
        prefix = f"{node.name}.{step}."
        own = {r.name: known[prefix + r.name] for r in body.sources.values()}
        ins = builder.splice(body, ins, prefix, own)
    return ins


def _inner(node: Node, sizes: Mapping[str, int]) -> dict[str, Resource]:
    """The resources of the bodies of a node, by their paths outside of it."""
    graph = alone(node)
    times = node.box.attrs.get("times") if isinstance(node.box, OperatorBox) else None
    missing = sorted(times.size.symbols - set(sizes)) if times is not None else []
    if missing and isinstance(node.box, OperatorBox) and node.box.attrs["weights"] == "untied":
        raise SpecError(
            "CM025",
            f"the size of `{missing[0]}` is not given",
            facts=[("needed by", f"`{node.name}`, whose steps have weights of their own")],
            help=[f"pass it:  sizes=dict({missing[0]}=…)", 'or keep one array: weights="stacked"'],
            origin=node.origin,
        )
    inner = graph.resources(sizes)
    for resource in inner.values():
        if resource.role in (STATISTIC, STALE):
            raise stateful(node)
    return inner


def alone(node: Node) -> Graph:
    """The graph of one node without state; the weights of a box are inputs after its data."""
    builder = Builder()
    weights = () if isinstance(node.box, OperatorBox) else node.box.resources
    types = (*node.box.dom, *(one.space for one in weights))
    ins = tuple(builder.input(t, f"x{i + 1}") for i, t in enumerate(types))
    outs = tuple(builder.wire(t) for t in node.box.cod)
    builder.graph.nodes.append(Node(node.box, ins, outs, node.name, node.origin))
    return builder.finish(outs)


def closed(node: Node, inner: Mapping[str, Resource]) -> OperatorBox:
    """The box of a node with the resources of its bodies as further inputs."""
    dom = (*node.box.dom, *(r.space for r in inner.values()))
    return OperatorBox(EXPLICIT, (alone(node),), dom, node.box.cod, {"weights": tuple(inner)})


def weights_as_inputs(graph: Graph) -> Graph:
    """An opened graph whose weights are inputs, after its data."""
    weights = [w for w, r in graph.sources.items() if r.role == WEIGHT]
    names = {**graph.names, **{w: graph.sources[w].name.replace(".", "_") for w in weights}}
    sources = {w: r for w, r in graph.sources.items() if r.role != WEIGHT}
    return replace(graph, inputs=[*graph.inputs, *weights], sources=sources, names=names, name="")


@checked
def explicit(arrow: Arrow, sizes: Mapping[str, int] | None = None) -> Arrow:
    """``A × P → B``: the weights of ``arrow``, in their order, are inputs after its data.

    ``sizes`` is needed where weights are untied along a dim: how many there are depends on it.
    """
    graph = weights_as_inputs(opened(arrow.graph(), sizes))

    def make(types: Types) -> Graph:
        return graph

    return Transformed(arrow, make, f"explicit({arrow.label()})", graph.dom, False)


def noisy(graph: Graph) -> bool:
    """Whether the graph reads noise."""
    return any(r.role == NOISE for r in graph.resources({}).values())
