"""Rewriting graphs wire by wire: how mutants are made.

Definition.  ``rewrite(graph, change)`` copies a graph; ``change(builder, old, new)`` may add boxes
behind the output ``old`` of a node, which is the wire ``new`` in the copy, and returns the wire
that all later readers get.

Law.  A change that returns the wire it is given leaves an equal graph.

>>> from categorical import Dim, Real, op
>>> n = Dim("n")
>>> graph = (op.relu >> op.tanh).at(Real[n]).graph()
>>> print(nudged(graph))
(x: Real[n]) →
  relu = relu(x): Real[n]
  full_like = full_like(relu): Real[n]
  add = add(relu, full_like): Real[n]
  tanh = tanh(add): Real[n]
→ tanh
>>> from categorical.normal import same
>>> same(rewrite(graph, lambda builder, old, new: new), graph)
True
"""

from __future__ import annotations

from collections.abc import Callable

from categorical import op
from categorical.errors import SpecError
from categorical.graph import Builder, Graph, Node
from categorical.normal import inline

Change = Callable[[Builder, int, int], int]


def rewrite(graph: Graph, change: Change) -> Graph:
    """A copy of a graph, parts inlined, with changed wires."""
    whole = inline(graph)
    builder = Builder()
    at = {w: builder.input(whole.types[w], whole.names.get(w, "")) for w in whole.inputs}
    for w, resource in whole.sources.items():
        at[w] = builder.add_source(resource)
    for node in whole.nodes:
        for w in node.outs:
            at[w] = builder.wire(whole.types[w], whole.names.get(w, ""))
            builder.unique(whole.names.get(w, ""))
        ins, outs = tuple(at[w] for w in node.ins), tuple(at[w] for w in node.outs)
        builder.graph.nodes.append(Node(node.box, ins, outs, node.name, node.origin))
        for w in node.outs[: len(node.box.cod)]:
            at[w] = change(builder, w, at[w])
    builder.graph.updates.update({name: at[w] for name, w in whole.updates.items()})
    return builder.finish([at[w] for w in whole.outputs], graph.name, graph.doc)


def nudged(graph: Graph) -> Graph:
    """The graph with 1 added to every inner real wire (not to inputs and outputs)."""
    whole = inline(graph)

    def change(builder: Builder, old: int, new: int) -> int:
        if old in whole.outputs or whole.types[old].kind != "real":
            return new
        try:
            (one,) = builder.apply(op.full_like(1.0).op, (new,))
            (more,) = builder.apply(op.add.op, (new, one))
        except SpecError:
            return new
        return more

    return rewrite(whole, change)
