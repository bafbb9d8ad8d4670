"""Records of what looks up along maps of finite sets: gather and scatter are each other's R.

>>> from categorical import Dim, Fin, Real, op
>>> from categorical.derivatives.reverse import reverse
>>> v, e = Dim.named("v e")
>>> print(reverse(op.gather(v).at(Real[v], Fin(v)[e])).graph())
(x1: Real[v], x2: Fin(v)[e], g: Real[e]) →
  scatter = scatter(g, x2): Real[v]
→ scatter

A mean over a fibre is divided by its size, at each of its entries (no fibre of those is empty):

>>> print(reverse(op.scatter(v, "mean").at(Real[e], Fin(v)[e])).graph())
(x1: Real[e], x2: Fin(v)[e], g: Real[v]) →
  gather = gather(g, x2): Real[e]
  degree = degree(x2): Real[v]
  gather_2 = gather(degree, x2): Real[e]
  reciprocal = reciprocal(gather_2): Real[e]
  einsum = einsum(gather, reciprocal): Real[e]
→ einsum
"""

from __future__ import annotations

from categorical.derivatives.calculus import Wires
from categorical.derivatives.records.table import Cotangents, record
from categorical.graph import Node
from categorical.ops.indexing import DEGREE, SCATTER, gather, gather_parts, one_hot, scatter_over
from categorical.records import Box, Op


@record("gather")
def _gather(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    along, new = gather_parts(box.op, box.dom)
    if not new:  # one entry at each index of a batch
        return [calc.contracted(box.dom[0], g, calc.use(one_hot(along), node.ins[1])), None]
    back = calc.op(Op(SCATTER, into=along, over=new, monoid="sum"), g, node.ins[1])
    return [calc.arranged(back, box.dom[0]), None]


@record("scatter")
def _scatter(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    over, into, index = scatter_over(box.op, box.dom), box.op["into"], node.ins[1]
    back = calc.use(gather(into), g, index)
    if box.op["monoid"] == "sum":
        return [calc.arranged(back, box.dom[0]), None]
    size = calc.use(gather(into), calc.op(Op(DEGREE, into=into, over=over), index), index)
    return [calc.contracted(box.dom[0], back, calc.apply("reciprocal", size)), None]


@record("scatter_max")
def _scatter_max(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    """An entry is the largest of its fibre where its distance from that has the sign 0."""
    over, into = scatter_over(box.op, box.dom), box.op["into"]
    one, (x, index) = box.dom[0], node.ins

    def looked(wire: int) -> int:
        return calc.arranged(calc.use(gather(into), wire, index), one)

    below = calc.sub(looked(node.outs[0]), x)
    attained = calc.sub(calc.filled(one, 1.0), calc.apply("sign", below))
    ties = calc.op(Op(SCATTER, into=into, over=over, monoid="sum"), attained, index)
    share = calc.apply("reciprocal", looked(ties))
    return [calc.contracted(one, looked(g), attained, share), None]


@record("embedding")
def _embedding(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    index, weight = box.dom[0], calc.type(node.ins[1])
    rows = weight.axes[0]
    if not index.axes:
        return [None, calc.contracted(weight, g, calc.use(one_hot(rows), node.ins[0]))]
    back = calc.op(Op(SCATTER, into=rows, over=index.axes, monoid="sum"), g, node.ins[0])
    return [None, calc.arranged(back, weight)]
