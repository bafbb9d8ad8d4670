"""Operations on axes: nothing is computed, entries are only rearranged or repeated.

Laws.  Each is linear, and natural for every matrix on the axes that it does not take apart.
Splitting and merging follow the order of the index sets, so that ``split`` after ``merge`` is the
identity and a ``view`` can never stand for a transpose.

>>> from categorical import Dim, Real, op
>>> n, m, c = Dim.named("n m c")
>>> op.expand(n).at(Real[c])
expand: Real[c] → Real[n, c]

An axis cannot be expanded twice:

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
from categorical.index import Axis, Dim, IndexSet, axis
from categorical.naturality import FUNCTION, LINEAR, NaturalityClass
from categorical.ops import common
from categorical.records import Box, Context, Generator, Op, Signature
from categorical.spaces import Array, Real


def structural(ctx: Context, value: Any, f: Any) -> Any:
    """Rearrange a value of any kind: masks and indices are plain arrays."""
    return f(value) if isinstance(value, np.ndarray) else ctx.algebra.structural(value, f)


# --- expand ------------------------------------------------------------------------------------------


def _expand_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("expand", inputs, 1)
    one = inputs[0]
    return Signature((one.with_axes((*op["axes"], *one.axes)),))


def _expand_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    shape = ctx.shape(box.cod[0])
    return (structural(ctx, values[0], lambda a: np.broadcast_to(a, shape)),)


def _expand_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    return FUNCTION if common.mentions(dim, *box.op["axes"]) else LINEAR


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


# --- relabel -----------------------------------------------------------------------------------------


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
    return Signature((common.replace_axis(inputs[0], old, new),))


RELABEL = Generator(
    "relabel",
    "names an occurrence of an index set anew",
    _relabel_typing,
    lambda ctx, box, values: values,
    lambda box, dim, mode: LINEAR,
    linear=lambda box: "joint",
    least=lambda op: (Real[op["old"]],),
)


def relabel(old: IndexSet | Axis, new: IndexSet | Axis) -> OpArrow:
    """``Real[…, old, …] → Real[…, new, …]`` for two occurrences of one index set."""
    return common.make(RELABEL, old=axis(old), new=axis(new))
