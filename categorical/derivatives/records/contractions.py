"""Records of contractions: a factor gets the cotangent times all the others.

>>> from categorical import Dim, Real, op
>>> from categorical.derivatives import explicit, reverse
>>> c, h = Dim.named("c h")
>>> print(reverse(explicit(op.linear(c, h, bias=False))).graph())
(x: Real[c], linear_weight: Real[h, c], g: Real[h]) →
  einsum = einsum(g, linear_weight): Real[c]
  einsum_2 = einsum(g, x): Real[h, c]
→ einsum, einsum_2

An axis that is contracted by itself alone is repeated:

>>> n = Dim("n")
>>> print(reverse(op.einsum().at(Real[n])).graph())
(x: Real[n], g: Real[()]) →
  expand = expand(g): Real[n]
→ expand
"""

from __future__ import annotations

from categorical.derivatives.calculus import Wires
from categorical.derivatives.records.table import Cotangents, record
from categorical.graph import Node
from categorical.ops.axes import relabel
from categorical.records import Box


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
