"""Records of what rearranges or repeats entries: the transpose puts them back, adding up.

Laws.  R[expand] is the sum, R[merge] the split, R[concat] the unconcat, each the other way round
too; R of a selection along an axis is the scatter along the positions that it selects.

>>> from categorical import Dim, Real, op
>>> from categorical.derivatives.reverse import reverse
>>> n, c = Dim.named("n c")
>>> print(reverse(op.merge(n, c).at(Real[n, c])).graph())
(x: Real[n, c], g: Real[n*c]) →
  split = split(g): Real[n, c]
→ split
>>> print(reverse(op.slice(n, 1, -1)).graph())
(x: Real[n], g: Real[⟨n - 2⟩]) →
  positions = positions(): Fin(n)[n]
  slice_2 = slice(positions): Fin(n)[⟨n - 2⟩]
  scatter = scatter(g, slice_2): Real[n]
→ scatter

A part that is dropped gets 0, not nothing:

>>> from categorical import discard
>>> print(reverse(op.unconcat(n, c) >> (op.relu.at(Real[n]) @ discard(Real[c]))).graph())
(x: Real[n + c], g: Real[n]) →
  unconcat, unconcat_2 = unconcat(x): Real[n] × Real[c]
  relu_2 = relu(unconcat): Real[n]
  sign = sign(relu_2): Real[n]
  mul = mul(g, sign): Real[n]
  full = full(): Real[c]
  concat = concat(mul, full): Real[n + c]
→ concat
"""

from __future__ import annotations

from collections.abc import Sequence

from categorical.derivatives.calculus import Wires
from categorical.derivatives.records.table import Cotangents, record, several
from categorical.graph import Node
from categorical.index import Axis, product
from categorical.ops import common
from categorical.ops.axes import SPLIT, merge, named, relabel, transpose
from categorical.ops.constant import EYE, positions
from categorical.ops.indexing import SCATTER, one_hot
from categorical.ops.sums import CONCAT, ROLL, SLICE, UNCONCAT
from categorical.records import Box, Op


@record("expand")
def _expand(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [calc.arranged(calc.total(g, box.op["axes"]), box.dom[0])]


@record("transpose")
def _transpose(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [calc.use(transpose(*box.dom[0].axes), g)]


@record("relabel")
def _relabel(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [calc.use(relabel(box.op["new"], box.op["old"]), g)]


@record("squeeze")
def _squeeze(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [calc.arranged(g, box.dom[0])]


@record("merge")
def _merge(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    axes = named("merge", box.dom[0], box.op["axes"])
    made = Axis(product(*(a.index for a in axes)), box.op["label"])
    return [calc.arranged(calc.op(Op(SPLIT, of=made, into=axes), g), box.dom[0])]


@record("split")
def _split(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    whole = common.pick("split", box.dom[0], box.op["of"])
    return [calc.use(merge(*box.op["into"], label=whole.label), g)]


@record("diagonal")
def _diagonal(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    first, *rest = box.op["axes"]
    deltas = [calc.op(Op(EYE, row=first, column=other)) for other in rest]
    return [calc.contracted(box.dom[0], g, *deltas)]


# --- sums of index sets ---------------------------------------------------------------------------


@record("concat")
def _concat(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    parts = tuple(common.pick("concat", one, w) for one, w in zip(box.dom, box.op["axes"]))
    whole = box.cod[0].axes[box.dom[0].position(parts[0])]
    return list(calc.builder.apply(Op(UNCONCAT, parts=parts, of=whole), (g,)))


@several("unconcat")
def _unconcat(calc: Wires, node: Node, box: Box, gs: Sequence[int]) -> Cotangents:
    whole = common.pick("unconcat", box.dom[0], box.op["of"])
    return [calc.op(Op(CONCAT, axes=box.op["parts"], label=whole.label), *gs)]


# --- selections along an axis ---------------------------------------------------------------------


@record("slice")
def _slice(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    whole = common.pick("slice", box.dom[0], box.op["axis"])
    place = box.dom[0].position(whole)
    into = box.cod[0].axes[place]
    if into is whole:
        return [g]
    chosen = Op(SLICE, axis=whole, start=box.op["start"], stop=box.op["stop"], into=into)
    index = calc.op(chosen, calc.use(positions(whole)))
    back = calc.op(Op(SCATTER, into=whole, over=(into,), monoid="sum"), g, index)
    return [calc.arranged(back, box.dom[0])]


@record("take")
def _take(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    gone = common.pick("take", box.dom[0], box.op["axis"])
    index = calc.op(Op(box.op.generator, axis=gone, at=box.op["at"]), calc.use(positions(gone)))
    return [calc.contracted(box.dom[0], g, calc.use(one_hot(gone), index))]


@record("flip")
def _flip(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [calc.op(box.op, g)]


@record("roll")
def _roll(calc: Wires, node: Node, box: Box, g: int) -> Cotangents:
    return [calc.op(Op(ROLL, axis=box.op["axis"], by=-box.op["by"]), g)]
