"""Records of what acts entry by entry: pointwise functions, sums and products, masks, noise.

Laws.  R[f](x, g) = g · f′(x) for a pointwise f; of two equal entries a maximum gives each one half.

>>> from categorical import Dim, Real, op
>>> from categorical.derivatives.reverse import reverse
>>> n = Dim("n")
>>> print(reverse(op.maximum.at(Real[n], Real[n])).graph())
(x1: Real[n], x2: Real[n], g: Real[n]) →
  sub = sub(x1, x2): Real[n]
  sign = sign(sub): Real[n]
  mul = mul(g, sign): Real[n]
  add = add(g, mul): Real[n]
  scale = scale(add): Real[n]
  sub_2 = sub(g, scale): Real[n]
→ scale, sub_2

A sign is flat, so nothing comes back:

>>> print(reverse(op.sign.at(Real[n])).graph())
(x: Real[n], g: Real[n]) →
  full = full(): Real[n]
→ full
"""

from __future__ import annotations

from categorical.derivatives.calculus import Number, Wires
from categorical.derivatives.records.table import Cotangents, record
from categorical.graph import Node
from categorical.ops.logic import WHERE
from categorical.ops.pointwise import DIV, UNARY
from categorical.records import Box, Op
from categorical.semantics.algebra import parameters_of
from categorical.semantics.slopes import slope


@record(*UNARY)
def _pointwise(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    params = parameters_of(box.name, {k: float(v) for k, v in box.op.attrs.items()})
    found = slope(calc, box.name, node.ins[0], node.outs[0], params)
    if isinstance(found, Number) and float(found) == 0:
        return [None]
    return [calc.mul(g, found)]


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
    first = calc.op(Op(DIV), g, node.ins[1])
    return [first, calc.neg(calc.mul(first, node.outs[0]))]


@record("maximum", "minimum")
def _extreme(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    """(1 + sign(x − y)) / 2 is 1, ½ or 0: no order is read but that of the sign."""
    x, y = node.ins if box.name == "maximum" else node.ins[::-1]
    above = calc.mul(g, calc.apply("sign", calc.sub(x, y)))
    first = calc.mul(calc.add(g, above), calc.constant(0.5))
    return [first, calc.sub(g, first)]


@record("scale", "scale_root")
def _scale(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [calc.op(box.op, g)]


@record("full_like")
def _full_like(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [None]


@record("parameter")
def _parameter(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [g]


@record("where")
def _where(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    nothing, mask = calc.filled(calc.type(g)), node.ins[0]
    return [None, calc.op(Op(WHERE), mask, g, nothing), calc.op(Op(WHERE), mask, nothing, g)]


# --- noise: the wire that it is drawn on is read again --------------------------------------------


@record("dropout")
def _dropout(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [calc.builder.apply(box.op, (g,), node.name, weights=node.ins[1:])[0], None]


@record("gumbel_noise", "gaussian_noise")
def _added(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [g, None]
