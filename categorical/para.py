"""Para: parameters, and the 2-cells that share and reparametrise them.

Definition.  An arrow has a parameter space P (its weights).  A 2-cell along r : Q → P replaces the
weights by those computed from Q; tying is the 2-cell along the diagonal P → P × P.

Law.  f^r(q) = f(r(q)); 2-cells compose contravariantly, and the result has exactly dim Q weights.
SGD on Q follows SGD on P only if r · rᵀ is the identity.

>>> from categorical import Dim, Real, op
>>> d = Dim("d")
>>> shared = tie(op.linear(d, d))
>>> list((shared >> op.tanh >> shared).parameters)
['linear.weight', 'linear.bias']

Unequal spaces cannot be tied:

>>> e = Dim("e")
>>> tie(op.linear(d, e) >> op.linear(e, d), {"linear_2.weight": "linear.weight"})
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM019]: `linear_2.weight` cannot be tied to `linear.weight`
...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, overload

from categorical import declaring, messages
from categorical.arrows import Arrow, OpArrow, Traced, Transformed, Types, brief
from categorical.calls import call
from categorical.checked import checked
from categorical.errors import SpecError
from categorical.graph import Builder, Graph, Node, OperatorBox, Resource
from categorical.index import IndexSet, axis
from categorical.origin import Origin
from categorical.records import FROZEN, NOISE, STATISTIC, ZEROS, Init
from categorical.spaces import Real


class Tied(Arrow):
    """One set of weights for every use of the arrow within one graph."""

    __slots__ = ("body",)

    def __init__(self, body: Arrow) -> None:
        self.body = body
        super().__init__(body.dom, body.cod, body.open)
        _refuse_state(body)

    def retype(self, types: Types) -> Arrow:
        if self.open and types != self.dom:
            self.body.retype(types)  # the type is checked; the sharing is by this object
        return self if types == self.dom or self.open else super().retype(types)

    def codomain(self, types: Types) -> Types:
        return self.body.retype(types).cod

    def emit(
        self, builder: Builder, ins: tuple[int, ...], origin: Origin | None
    ) -> tuple[int, ...]:
        types = tuple(builder.graph.types[w] for w in ins)
        if isinstance(self.body, OpArrow):
            known = builder.shared.get(id(self))
            outs = builder.apply(
                self.body.op, ins, self.body.name, origin, known[0] if known is not None else None
            )
            if known is None:
                node = builder.graph.nodes[-1]
                builder.shared[id(self)] = (node.ins[len(node.box.dom) :], node.name, self)
            return outs
        name, graph = self.instance(builder, types)
        return call(builder, graph, ins, name, origin)

    def instance(self, builder: Builder, types: Types) -> tuple[str, Graph]:
        """The name under which a graph keeps the one set of weights, and the body."""
        known = builder.shared.get(id(self))
        bodies = known[2][1] if known is not None and isinstance(known[2], tuple) else {}
        graph = bodies.get(types)  # one region for all uses: equal uses are then one node
        if graph is None:
            whole = self.body.body if isinstance(self.body, Traced) else None
            graph = whole or self.body.retype(types).graph()
            graph = bodies[types] = graph if graph.name else replace(graph, name="shared")
        name = known[1] if known is not None else builder.unique(graph.name)
        builder.shared[id(self)] = ((), name, (self, bodies))
        return name, graph

    def label(self) -> str:
        return brief(self.body)


def instance(builder: Builder, arrow: Arrow, types: Types) -> tuple[str, Graph]:
    """The instance name and the body of an arrow that an operator box is to hold: the shared one
    of a tied arrow, one of its own otherwise."""
    if isinstance(arrow, Tied) and not isinstance(arrow.body, OpArrow):
        return arrow.instance(builder, types)
    graph = arrow.retype(types).graph()
    return builder.unique(graph.name or "body"), graph


def _refuse_state(body: Arrow) -> None:
    if not body.dom and not body.cod:
        return
    for path, resource in body.graph().resources().items():
        if resource.role == STATISTIC:
            raise SpecError(
                "CM015",
                f"`{body.label()}` has the state `{path}` and cannot be tied",
                facts=[(f"`{path}`", f"{resource.space}, written by every forward pass")],
                help=[
                    "state is threaded in program order: use two boxes",
                    *declaring.untied(),
                ],
            )
        if resource.role == NOISE:
            raise SpecError(
                "CM014",
                f"`{body.label()}` draws the noise `{path}` and cannot be shared or copied",
                facts=[(f"`{path}`", f"{resource.space}, drawn anew at every use")],
                help=[
                    "two uses are two draws; to share one, draw once and copy the result",
                    *declaring.untied(),
                ],
            )


@overload
def tie(arrow: Arrow) -> Tied: ...
@overload
def tie(arrow: Arrow, equal: Mapping[str, str]) -> Arrow: ...
@checked
def tie(arrow: Arrow, equal: Mapping[str, str] | None = None) -> Arrow:
    """Share weights.

    ``tie(f)`` is ``f`` with one set of weights for all its uses in an arrow.
    ``tie(f, {"b.weight": "a.weight"})`` makes two weights of ``f`` one.
    """
    if equal is None:
        return Tied(arrow)

    def make(types: Types) -> Graph:
        graph = arrow.retype(types).graph()
        for target, source in equal.items():
            graph = _merge(graph, target, source)
        return graph

    return _transformed(arrow, make, f"tie({arrow.label()})")


def _transformed(arrow: Arrow, make: Callable[[Types], Graph], title: str) -> Arrow:
    return Transformed(arrow, make, title, arrow.dom, arrow.open)


def _merge(graph: Graph, target: str, source: str) -> Graph:
    resources = graph.resources()
    for name in (target, source):
        if name not in resources:
            raise unknown(name, resources)
    old, new = resources[target], resources[source]
    if old.space is not new.space:
        raise SpecError(
            "CM019",
            f"`{target}` cannot be tied to `{source}`",
            facts=[(target, str(old.space)), (source, str(new.space))],
            help=[
                *declaring.transposed(target, old.space, source, new.space),
                "compute one from the other: reparametrise(f, target, by=…)",
            ],
        )
    if STATISTIC in (old.role, new.role):
        raise SpecError("CM015", f"`{target}` is state and cannot be tied")
    graph, first = exposed(graph, source)
    graph, second = exposed(graph, target)
    kept = {w: r for w, r in graph.sources.items() if w != second}
    return replace(
        graph,
        sources=kept,
        nodes=[
            Node(n.box, tuple(first if w == second else w for w in n.ins), n.outs, n.name, n.origin)
            for n in graph.nodes
        ],
    )


def unknown(name: str, resources: Mapping[str, Resource]) -> SpecError:
    """CM020."""
    return declaring.unknown_weight(name, list(resources))


def exposed(graph: Graph, path: str) -> tuple[Graph, int]:
    """The graph with the resource at ``path`` as a source wire of its own (out of its region)."""
    wire = graph.source(path)
    if wire >= 0:
        return graph, wire
    for place, node in enumerate(graph.nodes):
        box = node.box
        if not isinstance(box, OperatorBox) or not path.startswith(node.name + "."):
            continue
        inner = path[len(node.name) + 1 :]
        if box.name != "call" or inner not in box.regions[0].resources():
            continue
        region, at = exposed(box.regions[0], inner)
        resource = region.sources[at]
        opened = replace(
            region,
            inputs=[*region.inputs, at],
            sources={w: r for w, r in region.sources.items() if w != at},
            names={**region.names, at: inner.replace(".", "_")},
        )
        types = [*graph.types, resource.space]
        new = len(types) - 1
        nodes = list(graph.nodes)
        for i, other in enumerate(graph.nodes):
            if other.name == node.name and isinstance(other.box, OperatorBox):
                wider = OperatorBox(
                    box.operator, (opened,), (*box.dom, resource.space), box.cod, box.attrs
                )
                nodes[i] = Node(wider, (*other.ins, new), other.outs, other.name, other.origin)
        sources = {
            **graph.sources,
            new: Resource(path, resource.space, resource.role, resource.init),
        }
        assert nodes[place] is not node
        return replace(graph, types=types, nodes=nodes, sources=sources), new
    raise unknown(path, graph.resources())


@checked
def reparametrise(
    arrow: Arrow,
    target: str,
    by: Arrow,
    *,
    names: Sequence[str] | None = None,
    init: Mapping[str, Init] | None = None,
    roles: Mapping[str, str] | None = None,
    read: Mapping[str, str] | None = None,
) -> Arrow:
    """Compute one weight from other ones: the 2-cell along ``by : Q → P``.

    The inputs of ``by`` (named as the arguments of its function, or ``names``) become new resources
    beside the target (``linear.weight`` → ``linear.<name>``) with ``init`` and ``roles`` (default:
    those of the target), except those in ``read``, which are existing resources by path.
    """

    def make(types: Types) -> Graph:
        return _substitute(arrow.retype(types).graph(), target, by, names, init, roles, read)

    return _transformed(arrow, make, f"reparametrise({arrow.label()})")


def _substitute(
    graph: Graph,
    target: str,
    by: Arrow,
    names: Sequence[str] | None,
    init: Mapping[str, Init] | None,
    roles: Mapping[str, str] | None,
    read: Mapping[str, str] | None,
) -> Graph:
    graph, wire = exposed(graph, target)
    for path in (read or {}).values():
        graph, _ = exposed(graph, path)
    body = by.graph()
    goal = graph.sources[wire]
    if body.cod != (goal.space,):
        raise SpecError(
            "CM019",
            f"`{by.label()}` does not compute `{target}`",
            facts=[(target, str(goal.space)), (f"`{by.label()}`", f"gives {by.type_text()}")],
        )
    owner = target.rpartition(".")[0]
    arguments = list(names or [body.wire_name(w) for w in body.inputs])
    if len(arguments) != len(body.dom):
        raise SpecError(
            "CM019",
            f"`{by.label()}` has {len(body.dom)} inputs, and {len(arguments)} names are given",
            facts=[("inputs", messages.side(body.dom)), ("names", ", ".join(arguments))],
            help=["give one name for each input, in order"],
        )
    builder = Builder()
    at: dict[int, int] = {}
    for w in graph.inputs:
        at[w] = builder.input(graph.types[w], graph.names.get(w, ""))
    for w, resource in graph.sources.items():
        if w != wire:
            at[w] = builder.add_source(resource)
    ins = []
    for argument, type_ in zip(arguments, body.dom, strict=True):
        if read and argument in read:
            ins.append(at[graph.source(read[argument])])
            continue
        own = f"{owner}.{argument}" if owner else argument
        start = (init or {}).get(argument, goal.init)
        role = (roles or {}).get(argument, goal.role)
        ins.append(builder.add_source(Resource(own, type_, role, start)))
    (at[wire],) = builder.splice(body, ins, f"{owner.replace('.', '_')}_" if owner else "")
    for node in graph.nodes:
        for w in node.outs:
            at[w] = builder.wire(graph.types[w], graph.names.get(w, ""))
        moved = Node(
            node.box, tuple(at[w] for w in node.ins), tuple(at[w] for w in node.outs), node.name
        )
        moved.origin = node.origin
        builder.graph.nodes.append(moved)
    builder.graph.updates = {name: at[w] for name, w in graph.updates.items()}
    return builder.finish([at[w] for w in graph.outputs], graph.name, graph.doc)


@checked
def low_rank(arrow: Arrow, target: str, rank: IndexSet | int, scale: float = 1.0) -> Arrow:
    """LoRA (Hu et al. 2021): the target frozen plus a trained product of rank ``rank``.

    The weight W becomes W + scale · up · down with ``up`` starting at zero.
    """
    from categorical import op
    from categorical.tracing import arrow as trace

    resources = arrow.graph().resources()
    if target not in resources:
        raise unknown(target, resources)
    space = resources[target].space
    if len(space.axes) != 2:
        raise SpecError(
            "CM019",
            f"`{target}` is no matrix",
            facts=[(target, str(space))],
            help=["a product of two thin matrices has two axes: name a weight with two"],
        )
    out, into = space.axes
    r = axis(rank)

    def low_rank_weight(weight: Any, up: Any, down: Any) -> Any:
        return weight + op.scale(scale)(op.einsum(out, into)(up, down))

    low_rank_weight.__annotations__ = {
        "weight": space,
        "up": Real[out, r],
        "down": Real[r, into],
        "return": space,
    }
    return reparametrise(
        arrow,
        target,
        trace(low_rank_weight),
        init={"up": ZEROS, "down": Init("uniform", (into.size,))},
        roles={"weight": FROZEN, "up": "weight", "down": "weight"},
    )


@checked
def masked(arrow: Arrow, target: str) -> Arrow:
    """Pruning: the target times a frozen mask of zeros and ones beside it (``…_mask``)."""
    from categorical import op
    from categorical.tracing import arrow as trace

    resources = arrow.graph().resources()
    if target not in resources:
        raise unknown(target, resources)
    space = resources[target].space
    last = target.rpartition(".")[2]

    def masked_weight(weight: Any, mask: Any) -> Any:
        return op.mul(weight, mask)

    masked_weight.__annotations__ = {"weight": space, "mask": space, "return": space}
    return reparametrise(
        arrow,
        target,
        trace(masked_weight),
        names=[last, f"{last}_mask"],
        init={f"{last}_mask": Init("ones")},
        roles={f"{last}_mask": FROZEN},
    )
