"""Pooling: the largest entry or the mean of every window (of a whole axis: ``max``, ``mean``).

Laws.  ``avg_pool`` is linear; ``max_pool`` commutes with increasing functions.  Neither is natural
for anything on the axes that it slides along; elsewhere the first is for every matrix, the second
for every index map.  Padding never wins a maximum, and the first of several largest entries has the
derivative; in a mean padding counts as zeros, unless ``count_padding=False``: all as in torch.

>>> from categorical import Dim, Real, op
>>> c, h, w = Dim.named("c h w")
>>> op.max_pool(h, w, kernel=2).at(Real[c, h, w])
max_pool: Real[c, h, w] → Real[c, ⟨⌊h/2⌋⟩, ⟨⌊w/2⌋⟩]

A window must not lie in the padding:

>>> op.avg_pool(h, kernel=2, padding=2)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM025]: `avg_pool` cannot pad windows of width 2 by 2
...
"""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Any

import numpy as np

from categorical.arrows import OpArrow
from categorical.errors import SpecError
from categorical.index import Axis, Dim, IndexSet
from categorical.naturality import FUNCTION, LINEAR, NaturalityClass
from categorical.ops import common
from categorical.ops.convolution import slid, slid_natural, windowed
from categorical.ops.windows import Window, cut, many
from categorical.records import Box, Context, Generator, Op, Signature
from categorical.spaces import Array, Real


def _typing(name: str) -> Any:
    def typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
        common.count(name, inputs, 1)
        common.numeric(name, *inputs)
        if name == "max_pool":
            common.check_linear_actions(name, False, inputs)
        axes, windows = slid(name, op, inputs[0]), op["windows"]
        needs = tuple(need for a, v in zip(axes, windows) for need in v.needs(name, a.index))
        return Signature((windowed(inputs[0], axes, windows),), (), (), needs)

    return typing


def _inside(ctx: Context, box: Box) -> tuple[list[int], Any]:
    """Where the axes stand, and a mask of windows: true off the padding."""
    axes = slid(box.name, box.op, box.dom[0])
    places = [box.dom[0].position(a) for a in axes]
    shape = [n if i in places else 1 for i, n in enumerate(ctx.shape(box.dom[0]))]
    return places, cut(np.ones(shape, dtype=np.bool_), places, box.op["windows"])


def _max_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    common.check_conditions(ctx, box)
    places, inside = _inside(ctx, box)
    cuts = ctx.algebra.structural(values[0], lambda a: cut(a, places, box.op["windows"]))
    rank = len(box.dom[0].axes)
    within = tuple(range(rank, rank + len(places)))
    return (ctx.algebra.first_max(cuts, within, None if inside.all() else inside),)


def _avg_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    common.check_conditions(ctx, box)
    algebra = ctx.algebra
    places, inside = _inside(ctx, box)
    cuts = algebra.structural(values[0], lambda a: cut(a, places, box.op["windows"]))
    rank = len(box.dom[0].axes)
    within = tuple(range(rank, rank + len(places)))
    total = algebra.sum(cuts, within)
    if box.op["count_padding"]:
        size = prod(v.kernel for v in box.op["windows"])
        return (algebra.mul(total, algebra.constant(Fraction(1, size))),)
    return (algebra.div(total, algebra.constant(inside.sum(axis=within))),)


def _natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    found = LINEAR if box.name == "avg_pool" else FUNCTION
    return found & slid_natural(dim, slid(box.name, box.op, box.dom[0]), box.op["windows"])


MAX_POOL = Generator(
    "max_pool",
    "the largest entry of every window",
    _typing("max_pool"),
    _max_meaning,
    _natural,
    least=lambda op: (Real[op["over"]],),
    fragment="ordered",
)

AVG_POOL = Generator(
    "avg_pool",
    "the mean of every window",
    _typing("avg_pool"),
    _avg_meaning,
    _natural,
    linear=lambda box: "joint",
    least=lambda op: (Real[op["over"]],),
)


def _windows(
    name: str,
    count: int,
    kernel: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None,
    padding: int | tuple[int, ...],
) -> tuple[Window, ...]:
    if not count:
        raise SpecError("CM007", f"`{name}` needs the axes that it slides along")
    widths = many(name, "kernel", kernel, count, 1)
    steps = widths if stride is None else many(name, "stride", stride, count, 1)
    pads = many(name, "padding", padding, count, 0)
    for k, p in zip(widths, pads):
        if 2 * p > k:
            raise SpecError(
                "CM025",
                f"`{name}` cannot pad windows of width {k} by {p}",
                help=["pad by at most half of the width"],
            )
    return tuple(Window(k, s, 1, (p, p)) for k, s, p in zip(widths, steps, pads))


def max_pool(
    *over: IndexSet | Axis,
    kernel: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
) -> OpArrow:
    """The largest entry of every window; windows do not overlap unless ``stride`` says so."""
    windows = _windows("max_pool", len(over), kernel, stride, padding)
    return common.make(MAX_POOL, over=tuple(common.occurrence(a) for a in over), windows=windows)


def avg_pool(
    *over: IndexSet | Axis,
    kernel: int | tuple[int, ...],
    stride: int | tuple[int, ...] | None = None,
    padding: int | tuple[int, ...] = 0,
    count_padding: bool = True,
) -> OpArrow:
    """The mean of every window; ``count_padding=False`` divides by the entries off the padding."""
    windows = _windows("avg_pool", len(over), kernel, stride, padding)
    return common.make(
        AVG_POOL,
        over=tuple(common.occurrence(a) for a in over),
        windows=windows,
        count_padding=bool(count_padding),
    )
