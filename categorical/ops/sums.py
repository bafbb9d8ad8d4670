"""Operations along an axis: joining and parting sums of index sets, slices, flips and rolls.

Laws.  Each is linear.  ``unconcat`` undoes ``concat``; the result ranges over the ordered sum
``a + b``, which is no multiple of either.  Joining is natural for every matrix on a term; a roll
for shifts of its axis; a slice and a flip for nothing on theirs.

>>> from categorical import Dim, Real, op
>>> n, a, b = Dim.named("n a b")
>>> op.concat(a, b).at(Real[n, a], Real[n, b])
concat: Real[n, a] × Real[n, b] → Real[n, a + b]
>>> op.concat(a, a) >> op.unconcat(a, a)
(concat >> unconcat): Real[a] × Real[a] → Real[a] × Real[a]

All other axes must agree:

>>> op.concat(a, b).at(Real[n, a], Real[b])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM010]: `concat` joins wires that differ elsewhere
...
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np

from categorical import messages
from categorical.arrows import OpArrow
from categorical.errors import SpecError
from categorical.index import Axis, Dim, IndexSet, axis, derived, disjoint_sum
from categorical.naturality import FUNCTION, LINEAR, NONE, PREFIX, SHIFT, NaturalityClass
from categorical.ops import common
from categorical.ops.axes import structural
from categorical.records import Box, Context, Generator, Op, Signature
from categorical.sizes import Size, nonneg, positive
from categorical.spaces import Array, Real

NEGATION: NaturalityClass = frozenset(("negation",))

# --- concat and unconcat ----------------------------------------------------------------


def _concat_parts(op: Op, inputs: tuple[Array, ...]) -> tuple[Axis, ...]:
    common.count("concat", inputs, len(op["axes"]))
    return tuple(common.pick("concat", one, w) for one, w in zip(inputs, op["axes"]))


def _concat_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    parts = _concat_parts(op, inputs)
    whole = Axis(disjoint_sum(*(a.index for a in parts)), op["label"])
    outs = [common.replace_axis(one, a, whole) for one, a in zip(inputs, parts)]
    for i, one in enumerate(outs):
        if one is not outs[0]:
            text, _ = messages.difference(one, outs[0])
            facts = [(f"input {j}", str(x)) for j, x in enumerate(inputs)]
            raise SpecError(
                "CM011" if one.kind != outs[0].kind else "CM010",
                "`concat` joins wires that differ elsewhere",
                facts=[*facts, (f"without `{parts[i]}`", text or f"{one} ≠ {outs[0]}")],
            )
    return Signature((outs[0],))


def _concat_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    place = box.dom[0].position(_concat_parts(box.op, box.dom)[0])

    def join(arrays: Any) -> Any:
        return np.concatenate(list(arrays), axis=place)

    if all(isinstance(v, np.ndarray) for v in values):
        return (join(values),)
    return (ctx.algebra.structural_n(values, join),)


def _terms(box: Box, dim: Dim, parts: tuple[Axis, ...]) -> NaturalityClass:
    """A map acts on each term of the sum by itself."""
    if not common.functorial(dim, *(a.index for a in parts)):
        return NONE
    several = sum(dim in a.index.atoms for a in parts) > 1
    return common.on_values(box, dim, FUNCTION if several else LINEAR)


CONCAT = Generator(
    "concat",
    "several wires one after the other along an axis",
    _concat_typing,
    _concat_meaning,
    lambda box, dim, mode: _terms(box, dim, _concat_parts(box.op, box.dom)),
    linear=lambda box: "joint",
    least=lambda op: tuple(Real[a] for a in op["axes"]),
)


def concat(*axes: IndexSet | Axis | int, label: str = "") -> OpArrow:
    """``Real[…, a], Real[…, b] → Real[…, a + b]``: input i is joined along ``axes[i]``."""
    if not axes:
        raise SpecError("CM007", "`concat` needs the axis of each of its inputs")
    return common.make(CONCAT, axes=tuple(common.occurrence(a) for a in axes), label=label)


def _unconcat_whole(op: Op, one: Array) -> Axis:
    whole: IndexSet | Axis = op["of"]
    return common.pick("unconcat", one, whole)


def _unconcat_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("unconcat", inputs, 1)
    whole = _unconcat_whole(op, inputs[0])
    return Signature(tuple(common.replace_axis(inputs[0], whole, a) for a in op["parts"]))


def _unconcat_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    place = box.dom[0].position(_unconcat_whole(box.op, box.dom[0]))
    ends = list(accumulate(ctx.size(a) for a in box.op["parts"]))

    def part(start: int, stop: int) -> Any:
        return structural(
            ctx, values[0], lambda v: v[(slice(None),) * place + (slice(start, stop),)]
        )

    return tuple(part(start, stop) for start, stop in zip([0, *ends], ends))


UNCONCAT = Generator(
    "unconcat",
    "the parts of a wire along an axis over a sum",
    _unconcat_typing,
    _unconcat_meaning,
    lambda box, dim, mode: _terms(box, dim, box.op["parts"]),
    linear=lambda box: "joint",
    least=lambda op: (Real[op["of"]],),
)


def unconcat(*parts: IndexSet | Axis | int, of: Axis | None = None) -> OpArrow:
    """``Real[…, a + b] → Real[…, a], Real[…, b]``; ``of`` names the occurrence where two have
    that index set."""
    if not parts:
        raise SpecError("CM007", "`unconcat` needs the parts")
    axes = tuple(axis(a) for a in parts)
    whole = disjoint_sum(*(a.index for a in axes))
    if of is not None and of.index is not whole:
        raise SpecError(
            "CM008" if of.size is not whole.size else "CM003",
            f"`unconcat` cannot take `{of}` apart like this",
            facts=[
                ("the axis", f"{of.index}, of size {of.size}"),
                ("parts", f"{whole}, of size {whole.size}"),
            ],
        )
    return common.make(UNCONCAT, parts=axes, of=whole if of is None else of)


# --- slice and take ---------------------------------------------------------------------


def _end(index: IndexSet, place: int | IndexSet | None) -> Size:
    """A position along an index set: from the end where it is negative."""
    if place is None:
        return index.size
    if isinstance(place, IndexSet):
        return place.size
    return Size.of(place) if place >= 0 else index.size + place


def slice_ends(op: Op, whole: Axis) -> tuple[Size, Size]:
    """The first position of a slice, and the one behind its last."""
    return _end(whole.index, op["start"]), _end(whole.index, op["stop"])


def _slice_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("slice", inputs, 1)
    whole = common.pick("slice", inputs[0], op["axis"], extends=True)
    start, stop = slice_ends(op, whole)
    size = stop - start
    conditions = common.require("slice", nonneg(start), positive(size), nonneg(whole.size - stop))
    into: Axis | None = op["into"]
    if into is None:
        into = Axis(derived(whole.index, size), whole.label)
    elif into.size is not size:
        raise SpecError(
            "CM008",
            f"`slice` does not give the axis `{into}`",
            facts=[("the slice", f"has size {size}"), (f"`{into}`", f"has size {into.size}")],
        )
    return Signature((common.replace_axis(inputs[0], whole, into),), (), (), conditions)


def _slice_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    whole = common.pick("slice", box.dom[0], box.op["axis"])
    place = box.dom[0].position(whole)
    common.check_conditions(ctx, box)
    start, stop = (ctx.size(end) for end in slice_ends(box.op, whole))
    chosen = (slice(None),) * place + (slice(start, stop),)
    return (structural(ctx, values[0], lambda a: a[chosen]),)


def _slice_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    if set(box.dom[0].axes) == set(box.cod[0].axes):  # the whole axis
        return common.on_values(box, dim, LINEAR)
    changed = set(box.dom[0].axes) ^ set(box.cod[0].axes)
    return common.on_values(box, dim, NONE if common.mentions(dim, *changed) else LINEAR)


SLICE = Generator(
    "slice",
    "the entries from one position of an axis to another",
    _slice_typing,
    _slice_meaning,
    _slice_natural,
    linear=lambda box: "joint",
    least=lambda op: (Real[op["axis"]],),
)


def slice_axis(
    of: IndexSet | Axis | int,
    start: int | IndexSet = 0,
    stop: int | IndexSet | None = None,
    into: IndexSet | Axis | int | None = None,
) -> OpArrow:
    """Positions ``start`` to ``stop`` (exclusive) along an axis; negative ones count from the end.

    ``into`` names the resulting axis; without it it is anonymous, or derived from the axis.
    """
    return common.make(
        SLICE,
        axis=common.occurrence(of),
        start=start,
        stop=stop,
        into=None if into is None else axis(into),
    )


def _take_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("take", inputs, 1)
    gone = common.pick("take", inputs[0], op["axis"], extends=True)
    at: int = op["at"]
    needs = nonneg(gone.size - (at + 1 if at >= 0 else -at))
    out = common.drop_axes(inputs[0], (gone,))
    return Signature((out,), (), (), common.require("take", needs))


def _take_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    gone = common.pick("take", box.dom[0], box.op["axis"])
    common.check_conditions(ctx, box)
    place, at = box.dom[0].position(gone), box.op["at"]
    return (structural(ctx, values[0], lambda a: np.take(a, at, axis=place)),)


def _take_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    gone = common.pick("take", box.dom[0], box.op["axis"])
    if not common.mentions(dim, gone):
        return common.on_values(box, dim, LINEAR)
    first = box.op["at"] == 0 and gone.index is dim  # every initial segment has a first entry
    return common.on_values(box, dim, PREFIX if first else NONE)


TAKE = Generator(
    "take",
    "the entries at one position of an axis",
    _take_typing,
    _take_meaning,
    _take_natural,
    linear=lambda box: "joint",
    least=lambda op: (Real[op["axis"]],),
)


def take(of: IndexSet | Axis | int, at: int) -> OpArrow:
    """``Real[…, n, …] → Real[…]``: the entry ``at`` of an axis; −1 is the last one."""
    return common.make(TAKE, axis=common.occurrence(of), at=at)


# --- flip and roll ----------------------------------------------------------------------


def _same_typing(name: str) -> Any:
    def typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
        common.count(name, inputs, 1)
        common.pick(name, inputs[0], op["axis"], extends=True)
        return Signature(inputs)

    return typing


def _moving(name: str) -> Any:
    """The meaning of a permutation of the positions of one axis."""

    def meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
        place = box.dom[0].position(common.pick(name, box.dom[0], box.op["axis"]))
        if name == "flip":
            return (structural(ctx, values[0], lambda a: np.flip(a, axis=place).copy()),)
        by = box.op["by"]
        return (structural(ctx, values[0], lambda a: np.roll(a, by, axis=place)),)

    return meaning


def _moving_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    moved = common.pick(box.name, box.dom[0], box.op["axis"])
    if not common.mentions(dim, moved):
        return common.on_values(box, dim, LINEAR)
    shifts = SHIFT if box.name == "roll" and moved.index is dim else NONE
    signs = NEGATION if common.whole(dim, moved.index) else NONE
    return common.on_values(box, dim, shifts | signs)


FLIP, ROLL = (
    Generator(
        name,
        summary,
        _same_typing(name),
        _moving(name),
        _moving_natural,
        linear=lambda box: "joint",
        least=lambda op: (Real[op["axis"]],),
    )
    for name, summary in (("flip", "an axis read backwards"), ("roll", "a cyclic shift of an axis"))
)


def flip(of: IndexSet | Axis | int) -> OpArrow:
    """The axis read from its last position to its first."""
    return common.make(FLIP, axis=common.occurrence(of))


def roll(of: IndexSet | Axis | int, by: int) -> OpArrow:
    """Entry i moves to position i + ``by``, around the end."""
    return common.make(ROLL, axis=common.occurrence(of), by=by)
