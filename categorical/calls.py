"""Calls: named sub-architectures as nodes of a graph.

Definition.  A ``call`` node stands for its body; its instance name is one set of weights.

>>> from categorical import Dim, Real, op
>>> n = Dim("n")
>>> graph = (op.relu.at(Real[n]).named("gate") >> op.tanh).graph()
>>> [node.box.name for node in graph.nodes]
['call', 'tanh']

The types of its wires are those of the body:

>>> builder = Builder()
>>> wire = builder.input(Real[n], "x")
>>> call(builder, (op.linear(n, n) >> op.relu).graph(), (wire, wire), "gate", None)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM...]: ...
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from categorical import messages
from categorical.graph import Builder, Graph, Narrowed, Operator, OperatorBox
from categorical.origin import Origin


def _read(box: OperatorBox, used: Sequence[bool]) -> Narrowed:
    """Inputs that the body does not read."""
    body, outs = box.regions[0], tuple(range(len(box.cod)))
    read = {w for node in body.nodes for w in node.ins}.union(body.outputs)
    ins = tuple(i for i, w in enumerate(body.inputs) if w in read)
    if len(ins) == len(box.dom):
        return Narrowed(box, ins, outs)
    inner = replace(body, inputs=[body.inputs[i] for i in ins])
    dom = tuple(box.dom[i] for i in ins)
    return Narrowed(replace(box, regions=(inner,), dom=dom), ins, outs)


CALL = Operator(
    "call",
    "a named sub-architecture",
    prefixes=lambda box, sizes: [""],
    meaning=lambda ctx, box, run, values: run(0, values),
    narrowed=_read,
)


def call(
    builder: Builder, graph: Graph, ins: tuple[int, ...], name: str, origin: Origin | None
) -> tuple[int, ...]:
    """Add a node that calls a named graph; one instance name is one set of weights."""
    found = tuple(builder.graph.types[w] for w in ins)
    if found != graph.dom:
        raise messages.call_mismatch(graph, found)
    return builder.operate(OperatorBox(CALL, (graph,), graph.dom, graph.cod), ins, name, origin)
