"""Logic: comparisons, masks, and the choice between two wires by a mask.

Laws.  All act at every index, so all are natural for every map of index sets.  A comparison of
indices (``Fin`` wires) sees the index set itself: equality is kept by permutations of it, the order
only by its initial segments.  ``where`` with a fixed mask is linear in the two wires together.

>>> from categorical import Bool, Dim, Fin, Real, op
>>> n, c, v = Dim.named("n c v")
>>> op.less.at(Real[n], Real[n]), op.where.at(Bool[n], Real[n, c], Real[n, c])
(less: Real[n] × Real[n] → Bool[n], where: Bool[n] × Real[n, c] × Real[n, c] → Real[n, c])

A mask chooses between wires of one type:

>>> op.where.at(Bool[n], Real[n, c], Real[n])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM004]: `where` needs two wires of one type
...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from categorical.errors import SpecError
from categorical.index import Dim
from categorical.naturality import BIJECTION, FUNCTION, LINEAR, NONE, PREFIX, NaturalityClass
from categorical.ops import common
from categorical.records import Box, Context, Generator, Op, Signature
from categorical.spaces import Array, Bool, Real

# --- comparisons ----------------------------------------------------------------------------------

_COMPARED = {
    "less": ("real", "fin"),
    "less_equal": ("real", "fin"),
    "equal": ("real", "complex", "fin", "bool"),
}
_PLAIN = {"less": np.less, "less_equal": np.less_equal, "equal": np.equal}


def _comparison(name: str, summary: str) -> Generator:
    def typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
        common.count(name, inputs, 2)
        one = common.same(name, inputs)
        if one.kind not in _COMPARED[name]:
            raise SpecError(
                "CM011", f"`{name}` does not compare {one.kind} wires", facts=[("got", one)]
            )
        common.check_linear_actions(name, False, inputs)
        return Signature((Bool[one.axes],))

    def meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
        if box.dom[0].kind in ("fin", "bool"):
            return (_PLAIN[name](*values),)
        return (getattr(ctx.algebra, name)(*values),)

    def natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
        values = box.dom[0].values
        if values is None or dim not in values.atoms:
            return FUNCTION
        ordered = PREFIX if values is dim else NONE
        return BIJECTION | ordered if name == "equal" else ordered

    return Generator(
        name,
        summary,
        typing,
        meaning,
        natural,
        least=lambda op: (Real.scalar, Real.scalar),
        fragment="ordered",
    )


LESS = _comparison("less", "whether the first wire is below the second, at every index")
LESS_EQUAL = _comparison("less_equal", "whether the first wire is not above the second")
EQUAL = _comparison("equal", "whether two wires are equal, at every index")

less, less_equal, equal = (common.make(g) for g in (LESS, LESS_EQUAL, EQUAL))


# --- masks ----------------------------------------------------------------------------------------


def _connective(name: str, summary: str, arity: int) -> Generator:
    def typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
        common.count(name, inputs, arity)
        for one in inputs:
            common.boolean(name, one)
        return Signature((common.same(name, inputs) if arity == 2 else inputs[0],))

    def meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
        return (getattr(ctx.algebra, name)(*values),)

    return Generator(
        name,
        summary,
        typing,
        meaning,
        lambda box, dim, mode: FUNCTION,
        least=lambda op: (Bool.scalar,) * arity,
    )


AND = _connective("logical_and", "both masks", 2)
OR = _connective("logical_or", "either mask", 2)
NOT = _connective("logical_not", "the complement of a mask", 1)

logical_and, logical_or, logical_not = (common.make(g) for g in (AND, OR, NOT))


def _indicator_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("indicator", inputs, 1)
    common.boolean("indicator", inputs[0])
    return Signature((Real[inputs[0].axes],))


INDICATOR = Generator(
    "indicator",
    "a mask as the numbers 0 and 1",
    _indicator_typing,
    lambda ctx, box, values: (ctx.algebra.constant(values[0]),),
    lambda box, dim, mode: FUNCTION,
    least=lambda op: (Bool.scalar,),
)

indicator = common.make(INDICATOR)


# --- where ----------------------------------------------------------------------------------------


def _where_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("where", inputs, 3)
    condition, *branches = inputs
    common.boolean("where", condition)
    one = common.same("where", branches)
    for a in condition.axes:
        if a not in one.axes:
            raise SpecError(
                "CM005",
                f"the mask of `where` has the axis `{a}`, which the branches lack",
                facts=[("mask", condition), ("branches", one)],
                help=[f"expand the branches explicitly: op.expand({a})"],
            )
    common.check_linear_actions("where", True, (condition,))
    return Signature((one,))


def _where_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    condition = common.aligned(ctx, values[0], box.dom[0], box.dom[1])
    return (ctx.algebra.where(condition, values[1], values[2]),)


def _where_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    numbers = box.dom[1].kind in ("real", "complex")
    return LINEAR if numbers and dim not in box.dom[0].atoms else FUNCTION


WHERE = Generator(
    "where",
    "the second wire where the mask is true, else the third",
    _where_typing,
    _where_meaning,
    _where_natural,
    loose=lambda op: frozenset((0,)),
    least=lambda op: (Bool.scalar, Real.scalar, Real.scalar),
)

where = common.make(WHERE)
