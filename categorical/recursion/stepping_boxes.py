"""Boxes at one index: the image of a box under the step of its graph.

Definition.  At the index p of a dim t, a box acts on the entries at p of the wires that it reads
along the axis ``now``, and on the entries 0, …, p of those that it reads along other axes over t.
Its attributes follow: the axis ``now`` is gone, another axis over t is one over ``p + 1``.

Laws.  The image is the box restricted to an initial segment, read at its last index: the box must
be natural for every map of ``now``, and along each other axis either natural as well, or a sum that
vanishes after ``now``.  A causal window keeps a buffer (``stepping_totals`` has values without the
axis, and their states).

>>> from categorical import Dim, Real, op
>>> from categorical.recursion.stepping import derive
>>> t, c, h = Dim.named("t c h")
>>> print(derive((op.linear(c, h, bias=False) >> op.transpose(h, t)).graph(), t).step)
(x: Real[c]) →
  linear = linear(x; linear.weight): Real[h]
→ linear

An entry of a softmax along t depends on the other ones:

>>> derive(op.softmax(t).at(Real[t, c]).graph(), t)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM051]: `softmax` cannot run step by step along `t`
...
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from categorical import op
from categorical.errors import SpecError
from categorical.functors import apply_image
from categorical.graph import Builder, Node
from categorical.index import Axis, IndexSet, disjoint_sum, points
from categorical.ops.convolution import slid
from categorical.ops.reduction import over_axes
from categorical.ops.windows import Window
from categorical.records import EVAL, TRAIN, Box, Op
from categorical.recursion import stepping_totals
from categorical.recursion.vanishing import closure
from categorical.spaces import Array

if TYPE_CHECKING:
    from categorical.recursion.stepping import Derivation

#: Boxes that may reduce an axis along which their input vanishes after the index.
_MASKED = frozenset(("sum", "mean", "max", "min", "logsumexp", "softmax"))
#: Boxes that move indices into the dim itself about, or look them up in a weight.
_INDICES = frozenset(
    ("expand", "relabel", "transpose", "squeeze", "embedding", "one_hot", "less", "less_equal",
     "equal", "gather")
)  # fmt: skip
_CONSTANT = frozenset(("full", "causal_mask", "band_mask", "eye", "positions", "table"))
_WINDOWS = frozenset(("conv", "avg_pool", "max_pool"))
#: Boxes that are true everywhere where their masks are.
_TRUE = frozenset(("expand", "relabel", "transpose", "squeeze", "logical_and", "logical_or"))


def image(d: Derivation, node: Node, box: Box, now: Axis | None) -> Sequence[int]:
    """The wires of the step for what a box makes."""
    over, name = d.places.over, box.name
    if name == "parameter":
        return (d.value(node.ins[0], now),)
    if name in _CONSTANT:
        return (_constant(d, node, box, now),)
    if not any(over in one.atoms for one in (*box.dom, *box.cod)):
        return _emit(d, node, box, box.op, [d.value(w, None) for w in node.data], now)
    if box.generator.stateful:
        raise d.refused(
            node, f"it takes statistics along `{over}`", "normalise each entry: op.layer_norm"
        )
    if name == "relabel" and now is not None and box.op["new"] is now:
        return (_relabelled(d, d.value(node.data[0], box.op["old"]), box.op["old"], now),)
    if name in _WINDOWS:
        moved = [a for a in slid(name, box.op, box.dom[0]) if over in a.index.atoms]
        if moved:
            return (_window(d, node, box, moved),)
    if now is None and d.running(node.outs[0]):
        return (stepping_totals.running(d, node, box, substituted),)
    return _generic(d, node, box, now)


# --- types and attributes -------------------------------------------------------------------------


def substituted(d: Derivation, box: Box, move: Callable[[Axis], Axis | None]) -> Op:
    """The op with the axes over the dim in its attributes moved, or left out."""
    over = d.places.over
    if box.name == "embedding":  # its rows are those of a weight, whatever they are indexed by
        return box.op

    def one(key: str, value: Any, named: tuple[Any, ...]) -> Any:
        if isinstance(value, IndexSet) and value is over and key not in ("start", "stop"):
            own = [a for a in d.places.axes(box.dom[0]) if a not in named] if box.dom else []
            value = own[0] if len(own) == 1 else value
        if isinstance(value, Axis) and value.index is over:
            return move(value)
        if isinstance(value, Array):
            axes = (move(a) if a.index is over else a for a in value.axes)
            return value.with_axes(tuple(a for a in axes if a is not None))
        return value

    attrs: dict[str, Any] = {}
    for key, value in box.op.attrs.items():
        if isinstance(value, tuple):
            moved = (one(key, v, value) for v in value)
            attrs[key] = tuple(v for v in moved if v is not None)
        else:
            attrs[key] = one(key, value, ())
    return Op(box.generator, **attrs)


def _sofar(d: Derivation, now: Axis | None, drop: bool) -> Callable[[Axis], Axis | None]:
    """How axes move: others run up to the index; ``now`` is where it is in the step, or kept."""

    def move(axis: Axis) -> Axis | None:
        if now is not None and axis is now:
            return d.places.here(now) if drop else axis
        return Axis(d.places.sofar, axis.label)

    return move


def widened(builder: Builder, wire: int, axis: Axis, place: int) -> int:
    """The wire with an axis of one index, at a place."""
    axes = builder.graph.types[wire].axes
    if not axes:
        return builder.apply(op.expand(axis).op, (wire,), "entry")[0]
    before = axes[place] if place < len(axes) else axes[-1]
    parts = (axis, before) if place < len(axes) else (before, axis)
    return builder.apply(op.split(before, *parts).op, (wire,), "entry")[0]


def _relabelled(d: Derivation, wire: int, old: Axis, new: Axis) -> int:
    """A wire at the index along one axis, read at the index along another."""
    before, after = d.places.here(old), d.places.here(new)
    if before is after or before is None or after is None:
        return wire
    return d.builder.apply(op.relabel(before, after).op, (wire,), "relabel")[0]


# --- images ---------------------------------------------------------------------------------------


def _generic(d: Derivation, node: Node, box: Box, now: Axis | None) -> Sequence[int]:
    for w in node.data:
        if d.mixed(w):
            raise d.no_entries(w)
    data = [d.value(w, now) for w in node.data]  # what an input reads too much of comes first
    _check(d, node, box, now)
    return _emit(d, node, box, substituted(d, box, _sofar(d, now, True)), data, now)


def _check(d: Derivation, node: Node, box: Box, now: Axis | None) -> None:
    """Whether the box acts at the index itself, and sees along other axes nothing behind it."""
    over, places = d.places.over, d.places
    move = _sofar(d, now, False)
    dom = tuple(
        one.with_axes(tuple(move(a) or a if a.index is over else a for a in one.axes))
        for one in box.dom
    )
    try:
        kept = substituted(d, box, move).box(dom)
    except SpecError as problem:
        raise d.refused(node, f"at one index it has no type: {problem.title}") from None
    indices = any(one.values is not None and over in one.values.atoms for one in box.dom)
    mode = TRAIN if box.generator.stateful else EVAL
    looked_up = box.name == "embedding" and over not in box.op["width"].index.atoms
    free = (indices and box.name in _INDICES) or looked_up
    sizes = [box.op[k] for k in ("of", "start", "stop") if k in box.op.attrs]
    sized = box.name in ("scale_root", "slice") and any(v is over for v in sizes)
    if sized or (not free and now is not None and "function" not in kept.natural(over, mode)):
        raise d.refused(node, f"its entry at one index of `{now or over}` depends on others")
    others = {a for one in box.dom for a in places.axes(one) if a is not now}
    if not others or free:
        return
    allowed = {"function"} if now is not None else {"function", "prefix"}
    if allowed & kept.natural(places.past, mode):
        return
    ins = [d.lower.get(w, frozenset()) for w in node.data]
    if box.name == "einsum":
        pairs = closure(p for one in ins for p in one)
        gone = others - set(box.cod[0].axes)
    elif box.name in _MASKED:
        pairs = closure(
            (*(ins[1] if box.op["masked"] else ()), *(ins[0] if box.name == "sum" else ()))
        )
        gone = {a for a in over_axes(box.name, box.op, box.dom[0]) if a in others}
    else:
        pairs, gone = frozenset(), others
    for axis in sorted(gone, key=str):
        if (now, axis) not in pairs:
            raise d.refused(
                node,
                f"it reads the whole axis `{axis}`: nothing says that it stops at `{now}`",
                f"mask what comes later: op.causal_mask({now or over}, {axis})",
            )


def _emit(
    d: Derivation, node: Node, box: Box, image: Op, data: list[int], now: Axis | None
) -> Sequence[int]:
    """Apply the image of an op; masks that are true everywhere are left out."""
    builder = d.builder
    if box.name in _MASKED and box.op["masked"] and data[1] in d.true:
        image, data = Op(image.generator, **{**image.attrs, "masked": False}), data[:1]
    if not _changes(image, [builder.graph.types[w] for w in data]):
        return (data[0],)
    resources = tuple(
        -1 if d.graph.sources[w].role == "noise" else d.source(w) for w in node.ins[len(box.dom) :]
    )
    made = list(apply_image(builder, node, box, image, tuple(data), resources))
    for i, (w, one) in enumerate(zip(node.outs, box.cod, strict=True)):
        wanted, found = d.places.moved(one, now), builder.graph.types[made[i]]
        if set(found.axes) != set(wanted.axes):
            raise d.refused(node, f"at one index it gives {found} instead of {wanted}")
        if found is not wanted:
            (made[i],) = builder.apply(op.transpose(*wanted.axes).op, (made[i],), "transpose")
        if w in d.graph.names:
            d.rename(made[i], d.graph.names[w])
        if box.name in _TRUE and all(x in d.true for x in data):
            d.true.add(made[i])
    return made


def _changes(op: Op, types: list[Array]) -> bool:
    """Whether an op is more than the identity: an expansion along nothing is not."""
    empty = {"expand": "axes", "squeeze": "axis", "diagonal": "axes", "transpose": "order"}
    if op.name in empty and op[empty[op.name]] in ((), None):
        return False
    return op.name != "transpose" or op.box(tuple(types)).cod[0] is not types[0]


def _constant(d: Derivation, node: Node, box: Box, now: Axis | None) -> int:
    """A constant: its row at the index, or its entries so far."""
    builder, one = d.builder, box.cod[0]
    axes = d.places.axes(one)
    moved = d.places.moved(one, now)
    if not axes:
        return builder.apply(box.op, (), node.name, node.origin)[0]
    row = box.op.attrs.get("row")
    newest = box.name == "causal_mask" and now is row and d.places.chunk is None
    if newest and not box.op["strict"]:
        (found,) = builder.apply(op.full(moved, True).op, (), node.name)
        d.true.add(found)
        return found
    if box.name == "full":
        return builder.apply(op.full(moved, box.op["value"]).op, (), node.name)[0]
    if box.name in ("causal_mask", "band_mask", "eye"):
        whole = substituted(d, box, _sofar(d, None, True))
        (found,) = builder.apply(whole, (), node.name)
        if now is not None:
            last, into = Axis(d.places.sofar, now.label), d.places.here(now)
            cut = op.take(last, -1) if into is None else op.slice(last, d.places.past, into=into)
            (found,) = builder.apply(cut.op, (found,), node.name)
        return found
    (found,) = builder.apply(box.op, (), node.name)
    for a in axes:
        found = d.row(found, a) if a is now else d.rows(found, a)
    return found


def cut(d: Derivation, wire: int, now: Axis | None) -> int:
    """The entry of a fixed wire, or its entries so far, cut from the whole."""
    found = d.copied(d.builder, d.known, wire)
    for a in d.places.axes(d.graph.types[wire]):
        found = d.row(found, a) if a is now else d.rows(found, a)
    return found


# --- states ---------------------------------------------------------------------------------------


def _window(d: Derivation, node: Node, box: Box, moved: list[Axis]) -> int:
    """Windows that end at the index: a buffer of the entries that they reach back to."""
    (axis, *more), builder = moved, d.builder
    place = slid(box.name, box.op, box.dom[0]).index(axis)
    window: Window = box.op["windows"][place]
    ends = window.padding == "causal" and window.pads == (window.reach, 0) and window.stride == 1
    if more or axis.index is not d.places.over or not (ends or window.trivial):
        raise d.refused(
            node, f"its windows along `{axis}` do not end at their index", 'padding="causal"'
        )
    places, reach, at = d.places, window.reach, box.dom[0].position(axis)
    one = places.entry(axis.label)
    new = d.value(node.data[0], axis)
    if places.chunk is None:
        new = widened(builder, new, one, at)
    all_ = Axis(disjoint_sum(reach, one.index), axis.label) if reach else one
    if reach:
        old = Axis(points(reach), axis.label)
        type_ = box.dom[0].with_axes((*box.dom[0].axes[:at], old, *box.dom[0].axes[at + 1 :]))
        before = d.before("buffer", type_)
        join = op.concat(old, one, label=axis.label)
        (new,) = builder.apply(join.op, (before, new), "window")
        (after,) = builder.apply(op.slice(all_, one.index, into=old).op, (new,), "buffer")
        d.state(before, after, d.zeros(type_))
    windows = list(box.op["windows"])
    windows[place] = replace(window, pads=(0, 0), padding="valid")
    over = list(box.op["over"])
    over[place] = all_
    image = Op(box.generator, **{**box.op.attrs, "over": tuple(over), "windows": tuple(windows)})
    resources = tuple(d.source(w) for w in node.ins[len(box.dom) :])
    (found,) = apply_image(builder, node, box, image, (new,), resources)
    if places.chunk is None:
        return builder.apply(op.squeeze(one).op, (found,), node.name)[0]
    made = builder.graph.types[found].axes[at]
    if made is one:
        return found
    return builder.apply(op.slice(made, into=one).op, (found,), node.name)[0]
