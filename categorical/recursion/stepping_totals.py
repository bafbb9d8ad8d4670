"""Values without the axis at one index: what the entries so far give, and the state it needs.

Definition.  Of all entries of a sequence, the last one needs no state; a sum, or a sum of products,
keeps the sum so far; a mean also keeps how many there were; the largest, the smallest and the first
entry keep it and whether there was one.

Law.  At the last entry each is the value of the whole sequence.

>>> from categorical import Dim, Real, op
>>> from categorical.recursion.stepping import derive
>>> t, c = Dim.named("t c")
>>> print(derive(op.sum(t).at(Real[t, c]).graph(), t).step)
(total: Real[c], x: Real[c]) →
  total_2 = add(total, x): Real[c]
→ total_2, total_2
>>> [str(state.type) for state in derive(op.mean(t).at(Real[t, c]).graph(), t).states]
['Real[c]', 'Real[()]']

Which entry is the largest cannot be told from one number:

>>> derive(op.argmax(t).at(Real[t, c]).graph(), t)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM051]: `argmax` cannot run step by step along `t`
...
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from categorical import op
from categorical.functors import apply_image
from categorical.graph import Node
from categorical.index import Axis
from categorical.records import Box, Op
from categorical.spaces import Array, Bool, Real

if TYPE_CHECKING:
    from categorical.recursion.stepping import Derivation

Move = Callable[[Axis], Axis | None]
Substituted = Callable[["Derivation", Box, Move], Op]

_FOLDS = frozenset(("sum", "mean", "max", "min"))


def running(d: Derivation, node: Node, box: Box, substituted: Substituted) -> int:
    """The value that the entries so far give."""
    axes = {a for one in box.dom for a in d.places.axes(one)}
    end = box.name == "take" and box.op["at"] in (0, -1)
    total = box.name == "einsum" or (box.name in _FOLDS and not box.op["masked"])
    if len(axes) != 1 or not (end or total):
        raise d.refused(
            node,
            f"what it makes of all of `{d.places.over}` is no running value of a state",
            "write it as a fold: categorical.recursion.fold",
        )
    (axis,) = axes
    data = [d.value(w, axis) for w in node.data]
    builder, type_, here = d.builder, box.cod[0], d.places.here(axis)
    new = data[0]
    if end and here is not None:
        (new,) = builder.apply(op.take(here, box.op["at"]).op, (new,), "entry")
    if end and box.op["at"] == -1:
        return new
    if not end:
        image = substituted(d, box, lambda one: here)
        if box.name == "mean":
            image = Op(op.sum(axis).op.generator, **image.attrs)
        if box.name == "einsum" or image["over"]:
            (new,) = apply_image(builder, node, box, image, tuple(data), ())
    if box.name in ("sum", "mean", "einsum"):
        found = _total(d, new, type_)
        return _mean(d, box, axis, found) if box.name == "mean" else found
    return _chosen(d, box.name, new, type_)


def _total(d: Derivation, new: int, type_: Array, name: str = "total") -> int:
    """The sum of what has come so far."""
    before = d.before(name, type_)
    (after,) = d.builder.apply(op.add.op, (before, new), name)
    d.state(before, after, d.zeros(type_))
    return after


def _mean(d: Derivation, box: Box, axis: Axis, total: int) -> int:
    """A total divided by how many entries there were, times the other axes of the mean."""
    builder, one, here = d.builder, box.dom[0], d.places.here(axis)
    gone = tuple(a for a in one.axes if a not in box.cod[0].axes and a is not axis)
    over = (*gone, *([here] if here is not None else []))
    (count,) = builder.apply(op.full(Real[over], 1).op, (), "one")
    if over:
        (count,) = builder.apply(op.sum(*over).op, (count,), "count")
    count = _total(d, count, Real.scalar, "count")
    if box.cod[0].axes:
        (count,) = builder.apply(op.expand(*box.cod[0].axes).op, (count,), "count")
    return builder.apply(op.div.op, (total, count), box.name)[0]


def _chosen(d: Derivation, name: str, new: int, type_: Array) -> int:
    """The largest, the smallest or the first of what has come so far."""
    builder = d.builder
    before, first = d.before("kept", type_), d.before("first", Bool.scalar)
    kept, mask = before, first
    if name != "take":
        choice = op.maximum if name == "max" else op.minimum
        (kept,) = builder.apply(choice.op, (before, new), name)
    if type_.axes:
        (mask,) = builder.apply(op.expand(*type_.axes).op, (first,), "first")
    (after,) = builder.apply(op.where.op, (mask, new, kept), name)
    d.state(before, after, d.zeros(type_))
    (no,) = builder.apply(op.full(Bool.scalar, False).op, (), "first")
    (yes,) = d.begin.apply(op.full(Bool.scalar, True).op, (), "start")
    d.state(first, no, yes)
    return after
