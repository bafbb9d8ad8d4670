"""Records of reductions along axes, of ``softmax`` and of what is largest.

Laws.  A masked entry gets 0, and so does every entry where a mask leaves nothing.  Of several
largest entries each gets its share.

>>> from categorical import Dim, Real, op
>>> from categorical.derivatives.reverse import reverse
>>> n = Dim("n")
>>> print(reverse(op.logsumexp(n)).graph())
(x: Real[n], g: Real[()]) →
  softmax = softmax(x): Real[n]
  einsum = einsum(g, softmax): Real[n]
→ einsum

What weighs alike is the softmax of zeros, so a masked mean needs no case for an empty mask:

>>> from categorical import Bool
>>> print(reverse(op.mean(n, masked=True).at(Real[n], Bool[n])).graph())
(x1: Real[n], x2: Bool[n], g: Real[()]) →
  full = full(): Real[n]
  softmax = softmax(full, x2): Real[n]
  einsum = einsum(g, softmax): Real[n]
→ einsum
"""

from __future__ import annotations

from categorical.derivatives.calculus import Wires
from categorical.derivatives.records.table import Cotangents, record
from categorical.graph import Node
from categorical.ops.logic import WHERE
from categorical.ops.reduction import SOFTMAX, over_axes
from categorical.records import Box, Op
from categorical.spaces import Real


def _softmax_of(calc: Wires, node: Node, box: Box, values: int) -> int:
    """The softmax of values of the type of the input, over the axes and the mask of a box."""
    axes = over_axes(box.name, box.op, box.dom[0])
    masked = box.op["masked"]
    mask = (node.ins[1],) if masked else ()
    return calc.op(Op(SOFTMAX, over=axes, masked=masked), values, *mask)


def _and_mask(box: Box, found: int) -> Cotangents:
    return [found, None] if box.op["masked"] else [found]


@record("sum")
def _sum(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    wide = calc.arranged(g, box.dom[0])
    if box.op["masked"]:
        wide = calc.op(Op(WHERE), node.ins[1], wide, calc.filled(box.dom[0]))
    return _and_mask(box, wide)


@record("mean")
def _mean(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    if box.op["masked"]:
        share = _softmax_of(calc, node, box, calc.filled(box.dom[0]))
        return [calc.contracted(box.dom[0], g, share), None]
    axes = over_axes(box.name, box.op, box.dom[0])
    # 1/n without naming n: the axis may have no size yet
    count = calc.total(calc.filled(Real[axes], 1.0), axes)
    return [calc.contracted(box.dom[0], g, calc.apply("reciprocal", count))]


@record("softmax")
def _softmax(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    axes, y = over_axes("softmax", box.op, box.dom[0]), node.outs[0]
    kept = box.dom[0].with_axes(tuple(a for a in box.dom[0].axes if a not in axes))
    inside = calc.sub(g, calc.arranged(calc.contracted(kept, g, y), box.dom[0]))
    return _and_mask(box, calc.mul(y, inside))


@record("logsumexp")
def _logsumexp(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    share = _softmax_of(calc, node, box, node.ins[0])
    return _and_mask(box, calc.contracted(box.dom[0], g, share))


@record("max", "min")
def _largest(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    """An entry is largest where its distance from the largest has the sign 0."""
    x, one = node.ins[0], box.dom[0]
    top = calc.arranged(node.outs[0], one)
    below = calc.sub(top, x) if box.name == "max" else calc.sub(x, top)
    attained = calc.sub(calc.filled(one, 1.0), calc.apply("sign", below))
    if box.op["masked"]:
        attained = calc.op(Op(WHERE), node.ins[1], attained, calc.filled(one))
    ties = calc.total(attained, over_axes(box.name, box.op, one))
    if box.op["masked"]:  # where the mask leaves nothing there are no ties, and 1 divides 0
        some = calc.apply("sign", ties)
        ties = calc.add(calc.sub(ties, some), calc.constant(1.0))
    share = calc.apply("reciprocal", ties)
    return _and_mask(box, calc.contracted(one, g, attained, share))
