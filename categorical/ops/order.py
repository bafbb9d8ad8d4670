"""Order: the largest and smallest entry along axes, its place, and ``logsumexp``.

Laws.  Each is natural for permutations of the axis that it removes, and for every index map on the
others.  Where a mask leaves nothing, the result is 0, as for a sum: never an infinity.  Statements
about ``argmax`` hold off ties; of several largest entries the first is taken.

>>> from categorical import Bool, Dim, Real, op
>>> n, c = Dim.named("n c")
>>> op.max(n).at(Real[n, c]), op.argmax(n).at(Real[c, n])
(max: Real[n, c] → Real[c], argmax: Real[c, n] → Fin(n)[c])

A mask cannot have an axis that its input lacks:

>>> op.max(n, masked=True).at(Real[n], Bool[n, c])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM005]: the mask of `max` has the axis `c`, ...
...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from categorical.arrows import OpArrow
from categorical.index import Axis, Dim, IndexSet, axis
from categorical.naturality import BIJECTION, FUNCTION, NaturalityClass
from categorical.ops import common
from categorical.ops.reduction import least, mask_like, over_axes, reduced_input, reduction
from categorical.records import Box, Context, Generator, Op, Signature
from categorical.spaces import Array, Fin, Real


def _typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    name = op.name
    one = reduced_input(name, op, inputs)
    common.real(name, one)
    common.check_linear_actions(name, False, (one,))
    return Signature((common.drop_axes(one, over_axes(name, op, one)),))


def _natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    acted = over_axes(box.name, box.op, box.dom[0])
    return common.carried_pointwise(box, dim, acted, BIJECTION)


def _places(box: Box) -> tuple[int, ...]:
    return tuple(box.dom[0].position(a) for a in over_axes(box.name, box.op, box.dom[0]))


def _meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    algebra, x, places = ctx.algebra, values[0], _places(box)
    mask = mask_like(ctx, box, values[1]) if box.op["masked"] else None
    if box.name == "logsumexp":
        return (algebra.logsumexp(x, places, mask),)
    found = (algebra.max if box.name == "max" else algebra.min)(x, places, mask)
    if mask is not None:
        some = np.any(np.broadcast_to(mask, algebra.shape(x)), axis=places)
        found = algebra.where(some, found, algebra.zeros(algebra.shape(found)))
    return (found,)


MAX, MIN, LOGSUMEXP = (
    Generator(
        name,
        summary,
        _typing,
        _meaning,
        _natural,
        loose=lambda op: frozenset((1,)),
        least=least,
        fragment=fragment,
    )
    for name, summary, fragment in (
        ("max", "the largest entry along axes", "ordered"),
        ("min", "the smallest entry along axes", "ordered"),
        ("logsumexp", "the logarithm of the sum of exp along axes", "oracle"),
    )
)


def largest(*over: IndexSet | Axis, masked: bool = False) -> OpArrow:
    """The largest entry along axes; of nothing (everything masked), 0."""
    return reduction(MAX, over, masked)


def smallest(*over: IndexSet | Axis, masked: bool = False) -> OpArrow:
    """The smallest entry along axes; of nothing (everything masked), 0."""
    return reduction(MIN, over, masked)


def logsumexp(*over: IndexSet | Axis, masked: bool = False) -> OpArrow:
    """``log Σ exp`` along axes; of nothing (everything masked), 0."""
    return reduction(LOGSUMEXP, over, masked)


# --- argmax ---------------------------------------------------------------------------------------


def _argmax_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("argmax", inputs, 1)
    common.real("argmax", *inputs)
    common.check_linear_actions("argmax", False, inputs)
    over = common.pick("argmax", inputs[0], op["over"], extends=True)
    return Signature((Fin(over.index)[common.drop_axes(inputs[0], (over,)).axes],))


def _argmax_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    over = common.pick("argmax", box.dom[0], box.op["over"])
    return (ctx.algebra.argmax(values[0], box.dom[0].position(over)),)


def _argmax_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    over = common.pick("argmax", box.dom[0], box.op["over"])
    return BIJECTION if common.mentions(dim, over) else FUNCTION


ARGMAX = Generator(
    "argmax",
    "the index of the largest entry along an axis",
    _argmax_typing,
    _argmax_meaning,
    _argmax_natural,
    least=lambda op: (Real[axis(op["over"])],),
    fragment="ordered",
)


def argmax(over: IndexSet | Axis) -> OpArrow:
    """``Real[…, n, …] → Fin(n)[…]``: the index of the largest entry, the first of several."""
    return common.make(ARGMAX, over=over)
