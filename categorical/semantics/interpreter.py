"""The reference interpreter: the meaning of a graph in any algebra.

Definition.  ``run`` evaluates the nodes in order; boxes by their records, operators by theirs.

Law.  It is a functor: the meaning of a composite is the composite of the meanings, and of a
product the product (tests/categorical/semantics).

>>> import numpy as np
>>> from categorical import Dim, Real, op
>>> from categorical.semantics.floats import FloatAlgebra
>>> from categorical.records import Context
>>> n, c = Dim.named("n c")
>>> graph = (op.relu >> op.sum(n)).at(Real[n, c]).graph()
>>> ctx = Context(FloatAlgebra(), {"n": 2, "c": 2})
>>> run(graph, ctx, [np.array([[1.0, -1.0], [2.0, 3.0]])], {}).outputs
[array([3., 3.])]

An input of another shape than its type is refused:

>>> run(graph, ctx, [np.zeros((2, 3))], {})
Traceback (most recent call last):
...
ValueError: input `x` has shape (2, 3); Real[n, c] is (2, 2)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from categorical.graph import Graph, Node, OperatorBox
from categorical.records import Context
from categorical.semantics.tapes import Tape

Watch = Callable[[str, Graph, int, Any], None]


@dataclass(frozen=True)
class Result:
    """Outputs, and the new values of the resources that stateful boxes rewrite, by path."""

    outputs: list[Any]
    updates: dict[str, Any]


def run(
    graph: Graph,
    ctx: Context,
    inputs: Sequence[Any],
    resources: Mapping[str, Any],
    watch: Watch | None = None,
    path: str = "",
) -> Result:
    """Evaluate a graph.

    ``resources`` maps the paths of ``graph.resources(ctx.sizes)`` to values; ``watch`` is called
    with the path prefix, the graph, the number and the value of every wire.
    """
    values: dict[int, Any] = {}
    for wire, value in zip(graph.inputs, inputs, strict=True):
        shape = (
            value.shape if isinstance(value, np.ndarray | np.generic) else ctx.algebra.shape(value)
        )
        if tuple(shape) != ctx.shape(graph.types[wire]):
            type_ = graph.types[wire]
            raise ValueError(
                f"input `{graph.wire_name(wire)}` has shape {tuple(shape)}; "
                f"{type_} is {ctx.shape(type_)}"
            )
        values[wire] = value
    for wire, resource in graph.sources.items():
        values[wire] = resources[resource.name]
    updates: dict[str, Any] = {}
    if watch is not None:
        for wire in graph.inputs:
            watch(path, graph, wire, values[wire])
    for node in graph.nodes:
        ins = [values[w] for w in node.ins]
        if isinstance(node.box, OperatorBox):
            outs, inner = _operate(node, node.box, ctx, ins, resources, watch, path)
            updates.update(inner)
        else:
            outs = list(node.box.generator.meaning(ctx, node.box, tuple(ins)))
        values.update(zip(node.outs, outs, strict=True))
        if watch is not None:
            for wire in node.outs:
                watch(path, graph, wire, values[wire])
    updates.update((name, values[wire]) for name, wire in graph.updates.items())
    return Result([values[w] for w in graph.outputs], updates)


def _operate(
    node: Node,
    box: OperatorBox,
    ctx: Context,
    ins: list[Any],
    resources: Mapping[str, Any],
    watch: Watch | None,
    path: str,
) -> tuple[list[Any], dict[str, Any]]:
    """Evaluate an operator: it calls back for each copy of its body."""
    copies = box.copies(ctx.sizes)
    updates: dict[str, Any] = {}

    def body(
        copy: int, values: Sequence[Any], index: int | None = None, within: Tape | None = None
    ) -> list[Any]:
        region, part = copies[copy]
        prefix = f"{node.name}.{part}"
        own = {k[len(prefix) :]: v for k, v in resources.items() if k.startswith(prefix)}
        if index is not None:  # a stacked body reads row ``index`` of every weight
            own = {k: ctx.algebra.structural(v, lambda a: a[index]) for k, v in own.items()}
        if within is not None:  # a body that is differentiated runs on a tape, and nobody watches
            inner = replace(ctx, algebra=within)
            lifted = {k: within.variable(v) for k, v in own.items()}
            return run(region, inner, values, lifted).outputs
        result = run(region, ctx, values, own, watch, path + prefix)
        updates.update((prefix + k, v) for k, v in result.updates.items())
        return result.outputs

    return list(box.operator.meaning(ctx, box, body, ins)), updates
