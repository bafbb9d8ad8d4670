"""Records of normalisations: y = x̂ · w + b with x̂ = x̄ · s, s a function of the size of x̄.

Law.  R[x̂](x, g) = s · (g − x̂ · mean(g · x̂)), centred where x̄ is: g loses what it has along x̂.

>>> from categorical import Dim, op
>>> from categorical.derivatives.reverse import reverse
>>> c = Dim("c")
>>> [n.box.name for n in reverse(op.normalise(c)).graph().nodes][-5:]
['rsqrt', 'einsum', 'einsum', 'sub', 'einsum']

Running statistics are written by the forward pass, so there is no record:

>>> from categorical.derivatives.records.table import RECORDS
>>> "batch_norm" in RECORDS
False
"""

from __future__ import annotations

from collections.abc import Sequence

from categorical.derivatives.calculus import Wires
from categorical.derivatives.records.table import Cotangents, record
from categorical.graph import Node
from categorical.index import Axis
from categorical.ops.reduction import over_axes
from categorical.records import Box
from categorical.spaces import Array, Real


def _mean(calc: Wires, one: Array, axes: Sequence[Axis], *factors: int) -> int:
    """The mean of a product along axes: a contraction, so that axes that rotate may be among
    them."""
    count = calc.total(calc.filled(Real[axes], 1.0), axes)
    kept = one.with_axes(tuple(a for a in one.axes if a not in axes))
    return calc.contracted(kept, *factors, calc.apply("reciprocal", count))


@record("layer_norm", "rms_norm")
def _norm(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    one, x = box.dom[0], node.ins[0]
    axes, centre = over_axes(box.name, box.op, one), box.name == "layer_norm"
    centred = calc.sub(x, calc.arranged(_mean(calc, one, axes, x), one)) if centre else x
    power = calc.add(_mean(calc, one, axes, centred, centred), calc.constant(box.op["eps"]))
    scale = calc.apply("rsqrt", power)
    unit, inner = calc.contracted(one, centred, scale), g
    weights: Cotangents = []
    if box.op["affine"]:
        weights.append(calc.contracted(Real[axes], g, unit))
        if centre:
            weights.append(calc.contracted(Real[axes], g))
        inner = calc.contracted(one, g, node.ins[1])
    rest = calc.sub(inner, calc.contracted(one, unit, _mean(calc, one, axes, inner, unit)))
    if centre:
        rest = calc.sub(rest, calc.arranged(_mean(calc, one, axes, inner), one))
    return [calc.contracted(one, rest, scale), *weights]


@record("normalise")
def _normalise(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    one, x, y = box.dom[0], node.ins[0], node.outs[0]
    axes = over_axes(box.name, box.op, one)
    kept = one.with_axes(tuple(a for a in one.axes if a not in axes))
    euclidean = box.op["p"] == 2
    size = (x, x) if euclidean else (calc.apply("abs", x),)
    total = calc.add(calc.contracted(kept, *size), calc.constant(box.op["eps"]))
    scale = calc.apply("rsqrt" if euclidean else "reciprocal", total)
    way = y if euclidean else calc.apply("sign", x)
    along = calc.contracted(one, way, calc.contracted(kept, g, y))
    return [calc.contracted(one, calc.sub(g, along), scale)]
