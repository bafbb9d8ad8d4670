"""Constants and parameters: arrows without data inputs, and constant functions.

Laws.  A constant is natural exactly for the index maps that leave it as it is: equal entries for
every index map, the identity matrix for orthogonal matrices, a causal mask for initial segments,
the list of all positions for permutations (of the indices and the axis together).  A parameter
leaves nothing on its own axes.  An arrow without inputs is called as ``op.positions(n)()``.

>>> from categorical import Dim, Real, op
>>> n, c = Dim.named("n c")
>>> op.causal_mask(n, n.at("key"))
causal_mask: One → Bool[n, n.at("key")]
>>> op.parameter(Real[c], name="token").parameters
{'token': Real[c]}

Only two occurrences of one index set have a diagonal:

>>> op.eye(n, c)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM003]: `eye` needs two occurrences of one index set
...
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from categorical.arrows import OpArrow
from categorical.errors import SpecError
from categorical.index import Axis, Dim, IndexSet, axis
from categorical.naturality import (
    BIJECTION,
    FUNCTION,
    LINEAR,
    NONE,
    ORTHOGONAL,
    PREFIX,
    NaturalityClass,
)
from categorical.ops import common
from categorical.records import Box, Context, Generator, Init, Op, ResourceSpec, Signature
from categorical.spaces import Array, Bool, Fin, Kind, Real, Space, space


def _no_inputs(op: Op) -> tuple[Array, ...]:
    return ()


def _array(name: str, value: object) -> Array:
    one = space(value)
    if not isinstance(one, Array):
        raise SpecError("CM011", f"`{name}` makes one array, not {one}")
    return one


def _value(name: str, value: object) -> float | int | bool | complex:
    if not isinstance(value, (int, float, complex)) or not _finite(value):
        raise SpecError(
            "CM041",
            f"`{name}` of {value!r}, which is not a finite number",
            help=["what does not count is a Bool mask: op.where, or masked=True"],
        )
    return value


def _finite(value: complex) -> bool:
    try:
        return math.isfinite(abs(value))
    except OverflowError:  # a whole number beyond the floats
        return False


# --- equal entries --------------------------------------------------------------------------------


def _filled(ctx: Context, one: Array, value: Any) -> Any:
    shape = ctx.shape(one)
    if one.kind == "bool":
        return np.full(shape, bool(value))
    if one.kind == "fin":
        return np.full(shape, int(value), dtype=np.int64)
    number = ctx.algebra.constant(value)
    return ctx.algebra.structural(number, lambda a: np.broadcast_to(a, shape).copy())


def _equal_entries(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    one = box.cod[0]
    if one.values is not None and dim in one.values.atoms:  # a chosen index moves under every map
        return PREFIX if one.values is dim else NONE
    if dim not in one.atoms or (box.op["value"] == 0 and one.kind in ("real", "complex")):
        return LINEAR
    return FUNCTION


def _full_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("full", inputs, 0)
    return Signature((op["space"],))


FULL = Generator(
    "full",
    "an array with one value everywhere",
    _full_typing,
    lambda ctx, box, values: (_filled(ctx, box.cod[0], box.op["value"]),),
    _equal_entries,
    least=_no_inputs,
)


def full(space: Space | Kind, value: float | int | bool) -> OpArrow:
    """``One → space``: the value at every index."""
    one = _array("full", space)
    _value("full", value)
    if one.kind == "bool" and not isinstance(value, bool):
        raise SpecError("CM011", f"`full` of {one} with {value!r}", help=["write True or False"])
    if one.kind == "fin":
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise SpecError("CM011", f"`full` of {one} with {value!r}", help=["write an index"])
        size = one.values.size if one.values is not None else None
        if size is not None and size.is_constant and value >= int(size):
            raise SpecError("CM041", f"`full`: the index {value} is not below {size}")
    return common.make(FULL, space=one, value=value)


def zeros(space: Space | Kind) -> OpArrow:
    """``One → space``: 0 at every index."""
    return full(space, 0)


def ones(space: Space | Kind) -> OpArrow:
    """``One → space``: 1 at every index."""
    return full(space, 1)


def _full_like_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("full_like", inputs, 1)
    common.numeric("full_like", *inputs)
    return Signature(inputs)


FULL_LIKE = Generator(
    "full_like",
    "one value at every index of a wire",
    _full_like_typing,
    lambda ctx, box, values: (_filled(ctx, box.cod[0], box.op["value"]),),
    _equal_entries,
    linear=lambda box: "joint" if box.op["value"] == 0 else None,
    least=lambda op: (Real.scalar,),
)


def full_like(value: float | int) -> OpArrow:
    """The value at every index of the input, whatever the input is."""
    return common.make(FULL_LIKE, value=_value("full_like", value))


# --- matrices and masks ---------------------------------------------------------------------------


def _pair(name: str, row: IndexSet | Axis, column: IndexSet | Axis) -> tuple[Axis, Axis]:
    first, second = axis(row), axis(column)
    if first.index is not second.index:
        raise SpecError(
            "CM003",
            f"`{name}` needs two occurrences of one index set",
            facts=[("row", first), ("column", second)],
            help=[f"another occurrence of {first.index} is {first.index}.at('key')"],
        )
    return first, second


def _eye_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    index = box.op["row"].index
    if dim not in index.atoms:
        return LINEAR
    return ORTHOGONAL | PREFIX if common.functorial(dim, index) else NONE


def _eye_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("eye", inputs, 0)
    return Signature((Real[op["row"], op["column"]],))


EYE = Generator(
    "eye",
    "the identity matrix",
    _eye_typing,
    lambda ctx, box, values: (
        ctx.algebra.constant(np.eye(ctx.size(box.op["row"]), dtype=np.int64)),
    ),
    _eye_natural,
    least=_no_inputs,
)


def eye(row: IndexSet | Axis, column: IndexSet | Axis) -> OpArrow:
    """``One → Real[n, n.at("key")]``: 1 where the two indices are equal, else 0."""
    first, second = _pair("eye", row, column)
    return common.make(EYE, row=first, column=second)


def _mask_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count(op.name, inputs, 0)
    return Signature((Bool[op["row"], op["column"]],))


def _mask_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    index = box.op["row"].index
    if dim not in index.atoms:
        return LINEAR
    return PREFIX if index is dim else NONE


def _causal_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    size = ctx.size(box.op["row"])
    return (np.tri(size, k=-1 if box.op["strict"] else 0, dtype=np.bool_),)


def _band_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    places = np.arange(ctx.size(box.op["row"]))
    offset = places[None, :] - places[:, None]
    return ((offset >= -box.op["before"]) & (offset <= box.op["after"]),)


CAUSAL = Generator(
    "causal_mask",
    "whether the column is not after the row",
    _mask_typing,
    _causal_meaning,
    _mask_natural,
    least=_no_inputs,
)
BAND = Generator(
    "band_mask",
    "whether the column is near the row",
    _mask_typing,
    _band_meaning,
    _mask_natural,
    least=_no_inputs,
)


def causal_mask(row: IndexSet | Axis, column: IndexSet | Axis, strict: bool = False) -> OpArrow:
    """``One → Bool[n, n.at("key")]``: true where key ≤ n (key < n if ``strict``)."""
    first, second = _pair("causal_mask", row, column)
    return common.make(CAUSAL, row=first, column=second, strict=bool(strict))


def band_mask(row: IndexSet | Axis, column: IndexSet | Axis, before: int, after: int) -> OpArrow:
    """``One → Bool[n, n.at("key")]``: true where n − before ≤ key ≤ n + after."""
    first, second = _pair("band_mask", row, column)
    for what, value in (("before", before), ("after", after)):
        if isinstance(value, bool) or not isinstance(value, int):
            raise SpecError(
                "CM041", f"`band_mask`: {what} is {value!r}", help=["write a whole number"]
            )
    return common.make(BAND, row=first, column=second, before=before, after=after)


def _positions_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("positions", inputs, 0)
    over = op["over"]
    return Signature((Fin(over.index)[over],))


def _positions_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    index = box.op["over"].index
    if dim not in index.atoms:
        return LINEAR
    return BIJECTION | PREFIX if common.functorial(dim, index) else NONE


POSITIONS = Generator(
    "positions",
    "every index, at itself",
    _positions_typing,
    lambda ctx, box, values: (np.arange(ctx.size(box.op["over"]), dtype=np.int64),),
    _positions_natural,
    least=_no_inputs,
)


def positions(over: IndexSet | Axis) -> OpArrow:
    """``One → Fin(n)[n]``: 0, 1, 2, …"""
    return common.make(POSITIONS, over=axis(over))


# --- given numbers, and parameters ----------------------------------------------------------------


def _table_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("table", inputs, 0)
    return Signature((op["space"],))


def _table_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    one = box.cod[0]
    array = np.array(box.op["values"]).reshape(ctx.shape(one))
    if one.kind in ("bool", "fin"):
        return (array.astype(np.bool_ if one.kind == "bool" else np.int64),)
    return (ctx.algebra.constant(array),)


TABLE = Generator(
    "table",
    "an array of given numbers",
    _table_typing,
    _table_meaning,
    common.nowhere,
    least=_no_inputs,
)


def table(space: Space | Kind, values: Sequence[Any] | float) -> OpArrow:
    """``One → space``: given numbers, nested as ``numpy.array`` reads them; they never train."""
    one = _array("table", space)
    array = np.array(values)
    for a in one.axes:
        if not a.size.is_constant:
            raise SpecError(
                "CM025",
                f"`table` over the axis `{a}`, whose size is not fixed",
                help=[f'fix it where it is declared:  Dim("{a.index}", size=3)'],
            )
    shape = tuple(int(a.size) for a in one.axes)
    if array.shape != shape:
        raise SpecError(
            "CM002",
            f"`table` of {one} with other numbers",
            facts=[("space", shape), ("numbers", array.shape)],
        )
    fits = {"real": "iuf", "complex": "iufc", "bool": "b", "fin": "iu"}[one.kind]
    if array.dtype.kind not in fits:
        raise SpecError("CM011", f"`table` of {one} with {array.dtype} entries")
    entries = tuple(_value("table", entry) for entry in array.ravel().tolist())
    if one.values is not None and one.values.size.is_constant:
        bad = [e for e in entries if not 0 <= int(e.real) < int(one.values.size)]
        if bad:
            raise SpecError("CM041", f"`table`: the index {bad[0]} is not below {one.values.size}")
    return common.make(TABLE, space=one, values=entries)


def _parameter_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("parameter", inputs, 0)
    return Signature((op["space"],), (ResourceSpec("", op["space"], init=op["init"]),))


PARAMETER = Generator(
    "parameter",
    "a weight as a wire",
    _parameter_typing,
    lambda ctx, box, values: (values[0],),
    lambda box, dim, mode: LINEAR,  # of its own axes nothing is left: see Box.natural
    linear=lambda box: (0,),
    least=_no_inputs,
)


def parameter(
    space: Space | Kind,
    name: str = "parameter",
    init: Init = Init("normal", (0.02,)),  # noqa: B008
) -> OpArrow:
    """``One → space``: a weight, named by itself."""
    one = _array("parameter", space)
    common.numeric("parameter", one)
    return common.make(PARAMETER, name, space=one, init=init)
