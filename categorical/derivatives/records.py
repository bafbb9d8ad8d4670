"""R of the generators: for each, the boxes that make cotangents of its inputs.

Definition.  A record is ``(calc, node, g) → cotangents``: the node whose wires are those of the
forward pass, one cotangent g for its output, one cotangent for each input (weights included);
``None`` stands for 0.  A generator without a record gets a ``pullback`` box, which means the same.

Law.  Each record equals the pullback of its generator (``axioms.record``, for every row).

>>> from categorical import Dim, Real, op
>>> from categorical.derivatives.reverse import reverse
>>> c, h = Dim.named("c h")
>>> print(reverse(op.linear(c, h, bias=False)).graph())
(x: Real[c], g: Real[h]) →
  einsum = einsum(g, linear.weight): Real[c]
→ einsum

A name that no generator has is no row:

>>> from categorical.records import Generator
>>> sorted(set(RECORDS) - set(Generator.table))
[]
"""

from __future__ import annotations

from collections.abc import Callable

from categorical.derivatives.calculus import Number, Wires
from categorical.graph import Node
from categorical.ops.axes import relabel, transpose
from categorical.ops.indexing import SCATTER, gather, gather_parts, scatter_over
from categorical.ops.pointwise import UNARY
from categorical.ops.reduction import over_axes
from categorical.records import Box, Op
from categorical.semantics.algebra import parameters_of
from categorical.semantics.slopes import slope
from categorical.spaces import Real

Cotangents = list[int | None]
Record = Callable[[Wires, Node, Box, int], Cotangents | None]

#: The records by the name of the generator; a record may decline a box by returning None.
RECORDS: dict[str, Record] = {}


def record(*names: str) -> Callable[[Record], Record]:
    """Register a record for generators."""

    def keep(found: Record) -> Record:
        RECORDS.update(dict.fromkeys(names, found))
        return found

    return keep


# --- arithmetic -----------------------------------------------------------------------------------


@record(*UNARY)
def _pointwise(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    params = parameters_of(box.name, {k: float(v) for k, v in box.op.attrs.items()})
    found = slope(calc, box.name, node.ins[0], node.outs[0], params)
    return [None if isinstance(found, Number) else calc.mul(g, found)]


@record("add")
def _add(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [g, g]


@record("sub")
def _sub(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [g, calc.neg(g)]


@record("mul")
def _mul(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [calc.mul(g, node.ins[1]), calc.mul(node.ins[0], g)]


@record("div")
def _div(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    from categorical.ops.pointwise import DIV

    first = calc.op(Op(DIV), g, node.ins[1])
    return [first, calc.neg(calc.mul(first, node.outs[0]))]


@record("scale", "scale_root")
def _scale(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [calc.op(box.op, g)]


@record("where")
def _where(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    from categorical.ops.logic import WHERE

    nothing, mask = calc.filled(calc.type(g)), node.ins[0]
    return [None, calc.op(Op(WHERE), mask, g, nothing), calc.op(Op(WHERE), mask, nothing, g)]


# --- axes -----------------------------------------------------------------------------------------


@record("expand")
def _expand(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [calc.arranged(calc.total(g, box.op["axes"]), box.dom[0])]


@record("transpose")
def _transpose(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [calc.use(transpose(*box.dom[0].axes), g)]


@record("relabel")
def _relabel(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [calc.use(relabel(box.op["new"], box.op["old"]), g)]


@record("sum", "mean")
def _sum(calc: Wires, node: Node, box: Box, g: int) -> Cotangents | None:
    if box.op["masked"]:
        return None
    if box.name == "mean":  # 1/n without naming n: the axis may have no size yet
        axes = over_axes(box.name, box.op, box.dom[0])
        count = calc.total(calc.filled(Real[axes], 1.0), axes)
        return [calc.contracted(box.dom[0], g, calc.apply("reciprocal", count))]
    return [calc.arranged(g, box.dom[0])]


# --- contractions ---------------------------------------------------------------------------------


@record("einsum")
def _einsum(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [
        calc.contracted(one, g, *(w for j, w in enumerate(node.ins) if j != i))
        for i, one in enumerate(box.dom)
    ]


@record("linear")
def _linear(calc: Wires, node: Node, box: Box, g: int) -> Cotangents | None:
    x, (data, weight, *bias) = box.dom[0], node.ins
    target, made = box.op["target"], calc.type(weight).axes[0]
    if made is not target:
        if made in x.axes:  # the label of the weight is taken
            return None
        g = calc.use(relabel(target, made), g)
    found: Cotangents = [
        calc.contracted(x, g, weight),
        calc.contracted(calc.type(weight), g, data),
    ]
    if bias:
        rest = [a for a in calc.type(g).axes if a is not made]
        total = calc.total(g, rest)
        found.append(total if made is target else calc.use(relabel(made, target), total))
    return found


# --- indices --------------------------------------------------------------------------------------


@record("gather")
def _gather(calc: Wires, node: Node, box: Box, g: int) -> Cotangents | None:
    along, new = gather_parts(box.op, box.dom)
    source, index = box.dom
    if not new or along in new or any(a in source.axes for a in index.axes):
        return None
    back = calc.op(Op(SCATTER, into=along, over=new, monoid="sum"), g, node.ins[1])
    return [calc.arranged(back, source), None]


@record("scatter")
def _scatter(calc: Wires, node: Node, box: Box, g: int) -> Cotangents | None:
    over, into = scatter_over(box.op, box.dom), box.op["into"]
    if box.op["monoid"] != "sum" or set(over) != set(box.dom[1].axes) or into in box.dom[0].axes:
        return None
    return [calc.arranged(calc.use(gather(into), g, node.ins[1]), box.dom[0]), None]


@record("embedding")
def _embedding(calc: Wires, node: Node, box: Box, g: int) -> Cotangents | None:
    index, weight = box.dom[0], calc.type(node.ins[1])
    if weight.axes[0] in index.axes or not index.axes:
        return None
    back = calc.op(Op(SCATTER, into=weight.axes[0], over=index.axes, monoid="sum"), g, node.ins[0])
    return [None, calc.arranged(back, weight)]


# --- normalisation --------------------------------------------------------------------------------


@record("softmax")
def _softmax(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    axes, y = over_axes("softmax", box.op, box.dom[0]), node.outs[0]
    kept = calc.contracted(
        box.dom[0].with_axes(tuple(a for a in box.dom[0].axes if a not in axes)), g, y
    )
    inside = calc.sub(g, calc.arranged(kept, box.dom[0]))
    return [calc.mul(y, inside), *([None] if box.op["masked"] else [])]


@record("full_like")
def _full_like(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [None]
