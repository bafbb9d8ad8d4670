"""Pullbacks in an arrow as expressions, before it is differentiated itself.

Definition.  A box ``pullback(f)`` is exchanged for the graph of R[f], with its weights read from
the same wires: the derivative of a derivative is then made of records, and can be proved.

Law.  The arrow stays what it is.

>>> from categorical import Dim, Real, arrow, op
>>> from categorical.derivatives import gradient, reverse
>>> c = Dim("c")
>>> score = op.sum(c).at(Real[c]) >> op.square
>>> @arrow
... def penalty(x: Real[c]) -> Real:
...     return op.sum(c)(op.square(gradient(score)(x)))
>>> sorted({node.box.name for node in reverse(penalty).graph().nodes})
['add', 'expand', 'full', 'mul', 'sum']

What has no record is one box in its own derivative too:

>>> from categorical.derivatives.pullback import pullback
>>> pool = op.avg_pool(c, kernel=2)
>>> [node.box.name for node in reverse(pullback(pool)).graph().nodes]
['pullback']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from categorical.graph import Builder, Graph, Node, OperatorBox

Reverse = Callable[[Graph, Sequence[int]], Graph]


def expanded(graph: Graph, reverse: Reverse) -> Graph:
    """An opened graph with R[f] for each box ``pullback(f)``; ``reverse`` makes it."""
    if not any(_held(node) for node in graph.nodes):
        return graph
    builder = Builder()
    at = {w: builder.input(graph.types[w], graph.names.get(w, "")) for w in graph.inputs}
    at.update((w, builder.add_source(resource)) for w, resource in graph.sources.items())
    for node in graph.nodes:
        ins = tuple(at[w] for w in node.ins)
        held = _held(node)
        if held is not None:
            count = len(held.box.dom)
            weights = dict(zip(_weights(node), ins[count:], strict=True))
            outs: Sequence[int] = _put(builder, held, ins[:count], weights, reverse)
        else:
            outs = [builder.wire(graph.types[w], graph.names.get(w, "")) for w in node.outs]
            builder.graph.nodes.append(Node(node.box, ins, tuple(outs), node.name, node.origin))
        at.update(zip(node.outs, outs, strict=True))
    return builder.finish([at[w] for w in graph.outputs], graph.name, graph.doc)


def _held(node: Node) -> Node | None:
    """The pullback that a node is, or that it closes the weights of."""
    if not isinstance(node.box, OperatorBox):
        return None
    if node.box.name == "explicit":
        (node,) = node.box.regions[0].nodes
    return node if node.box.name == "pullback" else None


def _weights(node: Node) -> tuple[str, ...]:
    assert isinstance(node.box, OperatorBox)
    names: tuple[str, ...] = node.box.attrs.get("weights", ())
    return names


def _put(
    builder: Builder,
    held: Node,
    ins: Sequence[int],
    weights: Mapping[str, int],
    reverse: Reverse,
) -> Sequence[int]:
    """R of the body of a pullback, on the wires that the pullback reads."""
    assert isinstance(held.box, OperatorBox)
    back = reverse(held.box.regions[0], held.box.attrs["wrt"])
    own = {r.name: weights[f"{held.name}.{r.name}"] for r in back.sources.values()}
    return builder.splice(back, ins, f"{held.name}.", own)
