"""Reductions: symmetric functions along axes (``sum``, ``mean``), and ``softmax``.

Laws.  A reduction is natural for permutations of the axis that it removes, and for every matrix
(sum, mean) or index map (softmax) on the others.  A ``where`` mask selects indices; a reduction of
nothing is 0 (also the softmax of a row that is masked everywhere).

>>> from categorical import Dim, Real, op
>>> n, c = Dim.named("n c")
>>> op.mean(n).at(Real[n, c])
mean: Real[n, c] → Real[c]

Of two occurrences of one index set, one must be named:

>>> op.sum(n).at(Real[n, n.at("key")])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM006]: `sum` over `n` is ambiguous
...
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from categorical.arrows import OpArrow
from categorical.errors import SpecError
from categorical.index import Axis, Dim, IndexSet, axis
from categorical.naturality import BIJECTION, FUNCTION, NaturalityClass
from categorical.ops import common
from categorical.records import Box, Context, Generator, Op, Signature
from categorical.spaces import Array, Real


def occurrences(values: Sequence[IndexSet | Axis | int]) -> tuple[IndexSet | Axis, ...]:
    """Index sets and axes as a user wrote them, anonymous sets made from ints."""
    return tuple(a if isinstance(a, (IndexSet, Axis)) else axis(a).index for a in values)


def over_axes(name: str, op: Op, one: Array) -> tuple[Axis, ...]:
    """The occurrences that ``over`` means in this input.

    An index set stands for its only occurrence among those that are not named themselves.
    """
    wanted = op["over"]
    rest = one.with_axes(tuple(a for a in one.axes if a not in wanted))
    found: list[Axis] = []
    for each in wanted:
        where = one if isinstance(each, Axis) else rest
        found.append(common.pick(name, where, each, extends=True))
        if found[-1] in found[:-1]:
            raise SpecError("CM009", f"`{name}` runs over the axis `{found[-1]}` twice")
    return tuple(found)


def reduced_input(name: str, op: Op, inputs: tuple[Array, ...]) -> Array:
    """The reduced input, with its optional mask checked."""
    if op["masked"]:
        common.count(name, inputs, 2)
        common.boolean(name, inputs[1])
        extra = [a for a in inputs[1].axes if a not in inputs[0].axes]
        if extra:
            raise SpecError(
                "CM005",
                f"the mask of `{name}` has the axis `{extra[0]}`, which the input lacks",
                facts=[("input", str(inputs[0])), ("mask", str(inputs[1]))],
            )
    else:
        common.count(name, inputs, 1)
    common.numeric(name, inputs[0])
    return inputs[0]


def mask_like(ctx: Context, box: Box, mask: Any) -> Any:
    """The mask with unit axes inserted, so that it lines up with the input."""
    return common.aligned(ctx, mask, box.dom[1], box.dom[0]) != 0


def _sum_typing(name: str) -> Any:
    def typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
        one = reduced_input(name, op, inputs)
        return Signature((common.drop_axes(one, over_axes(name, op, one)),))

    return typing


def _sum_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    algebra, x = ctx.algebra, values[0]
    axes = over_axes(box.name, box.op, box.dom[0])
    places = tuple(box.dom[0].position(a) for a in axes)
    if box.op["masked"]:
        mask = mask_like(ctx, box, values[1])
        x = algebra.where(mask, x, algebra.zeros(algebra.shape(x)))
        if box.name == "mean":
            chosen = np.broadcast_to(mask, algebra.shape(x)).sum(axis=places)
            count = algebra.constant(np.maximum(chosen, 1))
            return (algebra.div(algebra.sum(x, places), count),)
    total = algebra.sum(x, places)
    if box.name == "mean":
        size = 1
        for a in axes:
            size *= ctx.size(a)
        total = algebra.mul(total, algebra.constant(Fraction(1, size)))
    return (total,)


def _sum_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    acted = over_axes(box.name, box.op, box.dom[0])
    if box.op["masked"] and dim in box.dom[1].atoms:
        return common.carried_pointwise(box, dim, acted, BIJECTION)
    return common.carried(box, dim, acted, BIJECTION)


def least(op: Op) -> tuple[Array, ...] | None:
    axes = tuple(axis(a) for a in op["over"])
    return None if op["masked"] else (Real[axes],)


SUM, MEAN = (
    Generator(
        name,
        f"the {name} along axes",
        _sum_typing(name),
        _sum_meaning,
        _sum_natural,
        linear=lambda box: (0,) if box.op["masked"] else "joint",
        loose=lambda op: frozenset((1,)),
        least=least,
    )
    for name in ("sum", "mean")
)


def reduction(generator: Generator, over: Sequence[IndexSet | Axis | int], masked: bool) -> OpArrow:
    """The open arrow of a reduction along axes."""
    if not over:
        raise SpecError(
            "CM005",
            f"`{generator.name}` needs an axis to go along",
            help=[f"name every axis that is meant: op.{generator.name}(n, c)"],
        )
    return common.make(generator, over=occurrences(over), masked=bool(masked))


def _softmax_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    one = reduced_input("softmax", op, inputs)
    common.check_linear_actions("softmax", False, (one,))
    over_axes("softmax", op, one)
    return Signature((one,))


def _softmax_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    algebra, x = ctx.algebra, values[0]
    places = tuple(box.dom[0].position(a) for a in over_axes("softmax", box.op, box.dom[0]))
    mask = mask_like(ctx, box, values[1]) if box.op["masked"] else None
    return (algebra.softmax(x, places, mask),)


def _softmax_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    acted = over_axes("softmax", box.op, box.dom[0])
    return BIJECTION if common.mentions(dim, *acted) else FUNCTION


SOFTMAX = Generator(
    "softmax",
    "exp, normalised to sum 1 along axes",
    _softmax_typing,
    _softmax_meaning,
    _softmax_natural,
    loose=lambda op: frozenset((1,)),
    least=least,
    fragment="oracle",
)
