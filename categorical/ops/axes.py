"""Operations on axes: nothing is computed, entries are only rearranged or repeated.

Laws.  Each is linear, and natural for every matrix on the axes that it does not take apart.
Splitting and merging follow the order of the index sets, so that ``split`` after ``merge`` is the
identity and a ``view`` can never stand for a transpose.

>>> from categorical import Dim, Real, op
>>> n, m, c = Dim.named("n m c")
>>> op.expand(n).at(Real[c])
expand: Real[c] → Real[n, c]
>>> op.split(c, m) >> op.transpose(c // m, m) >> op.merge(c // m, m)
(split >> transpose >> merge): Real[c] → Real[c//m*m]

The order of the parts counts, and an axis cannot be expanded twice:

>>> op.split(n * m, m, n)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM003]: `split` cannot take `n*m` apart like this
...
>>> op.expand(n).at(Real[n])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM009]: two axes of one array range over `n`
...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from categorical.arrows import OpArrow
from categorical.errors import SpecError
from categorical.index import Axis, Dim, IndexSet, axis, product, quotient
from categorical.mending import parts_in_order
from categorical.naturality import FUNCTION, LINEAR, NONE, NaturalityClass
from categorical.ops import common
from categorical.records import Box, Context, Generator, Op, Signature
from categorical.sizes import Size
from categorical.spaces import Array, Real


def structural(ctx: Context, value: Any, f: Any) -> Any:
    """Rearrange a value of any kind: masks and indices are plain arrays."""
    plain = isinstance(value, (np.ndarray, np.generic))  # one entry of a mask is a scalar
    return f(value) if plain else ctx.algebra.structural(value, f)


def _carrying(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    return common.on_values(box, dim, LINEAR)


# --- expand -----------------------------------------------------------------------------


def _expand_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("expand", inputs, 1)
    one = inputs[0]
    return Signature((one.with_axes((*op["axes"], *one.axes)),))


def _expand_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    shape = ctx.shape(box.cod[0])
    return (structural(ctx, values[0], lambda a: np.broadcast_to(a, shape)),)


def _expand_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    return common.on_values(box, dim, FUNCTION if common.mentions(dim, *box.op["axes"]) else LINEAR)


EXPAND = Generator(
    "expand",
    "repeats a wire along new axes, in front",
    _expand_typing,
    _expand_meaning,
    _expand_natural,
    linear=lambda box: "joint",
    least=lambda op: (Real.scalar,),
)


def expand(*axes: IndexSet | Axis) -> OpArrow:
    """``Real[…] → Real[axes, …]``: the same values at every index of the new axes."""
    return common.make(EXPAND, axes=tuple(axis(a) for a in axes))


# --- relabel ----------------------------------------------------------------------------


def _relabel_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("relabel", inputs, 1)
    old, new = op["old"], op["new"]
    common.has("relabel", inputs[0], old)
    if old.index is not new.index:
        raise SpecError(
            "CM003",
            f"`relabel` cannot turn the axis {old} into {new}",
            facts=[("reason", "they range over different index sets")],
            help=[f"an occurrence of the same set is, for example, {old.index}.at('key')"],
        )
    if new is not old and new in inputs[0].axes:
        raise SpecError(
            "CM036",
            f"`relabel` would give {inputs[0]} the axis {new} twice",
            help=["use a label that is free"],
        )
    return Signature((common.replace_axis(inputs[0], old, new),))


RELABEL = Generator(
    "relabel",
    "names an occurrence of an index set anew",
    _relabel_typing,
    lambda ctx, box, values: values,
    _carrying,
    linear=lambda box: "joint",
    least=lambda op: (Real[op["old"]],),
)


def relabel(old: IndexSet | Axis, new: IndexSet | Axis) -> OpArrow:
    """``Real[…, old, …] → Real[…, new, …]`` for two occurrences of one index set."""
    return common.make(RELABEL, old=axis(old), new=axis(new))


# --- transpose --------------------------------------------------------------------------


def distinct(name: str, axes: tuple[Axis, ...], one: Array) -> tuple[Axis, ...]:
    """The axes, or CM009 where one is named twice."""
    for place, wanted in enumerate(axes):
        if wanted in axes[:place]:
            facts = [("array", str(one))]
            raise SpecError("CM009", f"`{name}` names the axis `{wanted}` twice", facts=facts)
    return axes


def named(
    name: str, one: Array, wanted: tuple[IndexSet | Axis, ...], extends: bool = False
) -> tuple[Axis, ...]:
    """The occurrences meant; an index set means one that is not named by its label beside it."""
    labelled = [w for w in wanted if isinstance(w, Axis)]
    rest = common.drop_axes(one, labelled) if labelled else one
    found = tuple(
        common.pick(name, one if isinstance(w, Axis) else rest, w, extends) for w in wanted
    )
    return distinct(name, found, one)


def _transpose_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("transpose", inputs, 1)
    order = named("transpose", inputs[0], op["order"], True)
    front = tuple(a for a in inputs[0].axes if a not in order)
    return Signature((inputs[0].with_axes((*front, *order)),))


def _transpose_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    places = [box.dom[0].position(a) for a in box.cod[0].axes]
    return (structural(ctx, values[0], lambda a: a.transpose(places)),)


TRANSPOSE = Generator(
    "transpose",
    "the same entries, with the axes in another order",
    _transpose_typing,
    _transpose_meaning,
    _carrying,
    linear=lambda box: "joint",
    least=lambda op: (Real[op["order"]],),
)


def transpose(*order: IndexSet | Axis) -> OpArrow:
    """The named axes last and in this order; the others stay in front, as they are."""
    return common.make(TRANSPOSE, order=tuple(common.occurrence(a) for a in order))


# --- merge and split --------------------------------------------------------------------


def _merge_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("merge", inputs, 1)
    axes = named("merge", inputs[0], op["axes"])
    merged = Axis(product(*(a.index for a in axes)), op["label"])
    out = common.replace_axis(inputs[0], axes[0], merged)
    return Signature((common.drop_axes(out, axes[1:]),))


def _merge_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    one = box.dom[0]
    axes = named("merge", one, box.op["axes"])
    order = [b for a in one.axes if a not in axes[1:] for b in (axes if a is axes[0] else (a,))]
    places, shape = [one.position(a) for a in order], ctx.shape(box.cod[0])
    return (structural(ctx, values[0], lambda a: a.transpose(places).reshape(shape)),)


def _reshaping(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    """Any matrix on a factor that stays a factor; nothing on a set that is taken apart."""
    changed = set(box.dom[0].axes) ^ set(box.cod[0].axes)
    sets = [a.index for a in changed]
    return common.on_values(box, dim, LINEAR if common.functorial(dim, *sets) else NONE)


MERGE = Generator(
    "merge",
    "several axes as one axis over their ordered product",
    _merge_typing,
    _merge_meaning,
    _reshaping,
    linear=lambda box: "joint",
    least=lambda op: (Real[op["axes"]],),
)


def merge(*axes: IndexSet | Axis, label: str = "") -> OpArrow:
    """``Real[…, a, …, b, …] → Real[…, a*b, …]``, in the place of the first axis.

    The order counts: ``merge(b, a)`` has the index set ``b*a``, another set of the same size.
    """
    if not axes:
        raise SpecError("CM007", "`merge` needs at least one axis")
    return common.make(MERGE, axes=tuple(common.occurrence(a) for a in axes), label=label)


def _split_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("split", inputs, 1)
    whole = common.pick("split", inputs[0], op["of"])
    return Signature((common.replace_axis(inputs[0], whole, *op["into"]),))


def _split_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    shape = ctx.shape(box.cod[0])
    return (structural(ctx, values[0], lambda a: a.reshape(shape)),)


SPLIT = Generator(
    "split",
    "an axis over an ordered product as one axis for each factor",
    _split_typing,
    _split_meaning,
    _reshaping,
    linear=lambda box: "joint",
    least=lambda op: (Real[op["of"]],),
)


def split(of: IndexSet | Axis | int, *into: IndexSet | Axis | int) -> OpArrow:
    """``Real[…, d, …] → Real[…, h, d//h, …]`` for ``split(d, h)``: the first part is slowest.

    ``split(d, a, b, c)`` names every part; their ordered product must be the index set ``d``.
    """
    whole = common.occurrence(of)
    index = whole.index if isinstance(whole, Axis) else whole
    parts = tuple(axis(a) for a in into)
    if not parts:
        raise SpecError("CM007", "`split` needs the parts", help=[f"op.split({index}, h)"])
    if len(parts) == 1 and parts[0].index is not index:
        parts = (parts[0], Axis(quotient(index, parts[0].index)))
    made = product(*(a.index for a in parts))
    if made is not index:
        code, facts = (
            "CM008",
            [
                ("the axis", f"{index}, of size {index.size}"),
                ("the parts", f"{made}, of size {made.size}"),
            ],
        )
        if made.size is index.size:
            code = "CM003"
            facts.append(
                ("difference", "one size, but different index sets: the order of the parts counts")
            )
        raise SpecError(
            code,
            f"`split` cannot take `{index}` apart like this",
            facts=facts,
            help=parts_in_order(index, parts),
        )
    return common.make(SPLIT, of=whole, into=parts)


# --- axes of one element, diagonals -----------------------------------------------------


def _squeeze_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("squeeze", inputs, 1)
    gone = common.pick("squeeze", inputs[0], op["axis"])
    if gone.size is not Size.of(1):
        raise SpecError(
            "CM025",
            f"`squeeze` cannot drop the axis `{gone}`: its size is {gone.size}, not 1",
            help=[f"reduce it: op.mean({gone}); or read one entry: op.take({gone}, 0)"],
        )
    return Signature((common.drop_axes(inputs[0], (gone,)),))


SQUEEZE = Generator(
    "squeeze",
    "drops an axis over the one-point set",
    _squeeze_typing,
    _split_meaning,
    _carrying,
    linear=lambda box: "joint",
    least=lambda op: (Real[op["axis"]],),
)


def squeeze(of: IndexSet | Axis | int = 1) -> OpArrow:
    """``Real[…, 1, …] → Real[…]``; ``unsqueeze`` is its inverse."""
    return common.make(SQUEEZE, axis=common.occurrence(of))


def unsqueeze(new: IndexSet | Axis | int = 1) -> OpArrow:
    """``Real[…] → Real[1, …]``: a new axis over the one-point set, in front."""
    one = axis(new)
    if one.size is not Size.of(1):
        raise SpecError(
            "CM025",
            f"`unsqueeze` adds an axis of size 1, not {one.size}",
            help=[f"op.expand({one})"],
        )
    return expand(one)


def _diagonal_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("diagonal", inputs, 1)
    axes = distinct("diagonal", op["axes"], inputs[0])
    for one in axes:
        common.has("diagonal", inputs[0], one)
        if one.index is not axes[0].index:
            raise SpecError(
                "CM003",
                f"`diagonal` of `{axes[0]}` and `{one}`: they range over different index sets",
                facts=[("array", str(inputs[0]))],
            )
    return Signature((common.drop_axes(inputs[0], axes[1:]),))


def _diagonal_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    axes: tuple[Axis, ...] = box.op["axes"]
    places, target = [box.dom[0].position(a) for a in axes], box.cod[0].position(axes[0])
    steps = np.arange(ctx.size(axes[0]))

    def take(a: Any) -> Any:
        last = np.moveaxis(a, places, range(-len(places), 0))
        return np.moveaxis(last[(..., *(steps for _ in places))], -1, target)

    return (structural(ctx, values[0], take),)


def _diagonal_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    return common.on_values(box, dim, FUNCTION if common.mentions(dim, *box.op["axes"]) else LINEAR)


DIAGONAL = Generator(
    "diagonal",
    "the entries at which several axes over one index set agree",
    _diagonal_typing,
    _diagonal_meaning,
    _diagonal_natural,
    linear=lambda box: "joint",
    least=lambda op: (Real[op["axes"]],),
)


def diagonal(*axes: IndexSet | Axis) -> OpArrow:
    """``Real[n, n.at("key")] → Real[n]``: the first axis stays."""
    if len(axes) < 2:
        raise SpecError("CM007", "`diagonal` needs two occurrences of one index set")
    return common.make(DIAGONAL, axes=tuple(axis(a) for a in axes))
