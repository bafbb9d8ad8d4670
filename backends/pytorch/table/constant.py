"""Rows of constants, which are made where they are needed, and of parameters."""

from __future__ import annotations

from typing import Any

from backends.pytorch.table.base import Emit, row
from categorical.records import Box
from categorical.spaces import Array, Real


def _made(emit: Emit, array: Array, function: str, *args: str) -> str:
    keywords = emit.factory(array)
    return f"torch.{function}({', '.join([*args, *([keywords] if keywords else [])])})"


@row("full")
def _full(emit: Emit, box: Box, ins: list[str]) -> str:
    one, value = box.cod[0], box.op["value"]
    if one.kind in ("real", "complex") and value in (0, 1):
        return _made(emit, one, "ones" if value else "zeros", emit.shape(one))
    if one.kind == "real":
        value = float(value)
    return _made(emit, one, "full", emit.shape(one), emit.literal(value))


@row("full_like")
def _full_like(emit: Emit, box: Box, ins: list[str]) -> str:
    value = box.op["value"]
    if value in (0, 1):
        return f"torch.{'ones' if value else 'zeros'}_like({ins[0]})"
    return f"torch.full_like({ins[0]}, {emit.literal(value)})"


@row("eye")
def _eye(emit: Emit, box: Box, ins: list[str]) -> str:
    return _made(emit, box.cod[0], "eye", emit.size(box.op["row"]))


@row("causal_mask")
def _causal_mask(emit: Emit, box: Box, ins: list[str]) -> str:
    square = _made(emit, box.cod[0], "ones", emit.shape(box.cod[0]))
    return f"{square}.tril({-1 if box.op['strict'] else ''})"


@row("band_mask")
def _band_mask(emit: Emit, box: Box, ins: list[str]) -> str:
    square = _made(emit, box.cod[0], "ones", emit.shape(box.cod[0]))
    return f"{square}.triu({-box.op['before']}).tril({box.op['after']})"


@row("positions")
def _positions(emit: Emit, box: Box, ins: list[str]) -> str:
    return _made(emit, box.cod[0], "arange", emit.size(box.op["over"]))


@row("table")
def _table(emit: Emit, box: Box, ins: list[str]) -> str:
    one = box.cod[0]
    values, shape = box.op["values"], [int(a.size) for a in one.axes]
    if one.kind == "complex":
        parts = [[complex(v).real for v in values], [complex(v).imag for v in values]]
        made = [
            _made(emit, Real[one.axes], "tensor", emit.literal(_nested(p, shape))) for p in parts
        ]
        return f"torch.complex({', '.join(made)})"
    if one.kind == "real":
        values = [float(v) for v in values]
    return _made(emit, one, "tensor", emit.literal(_nested(list(values), shape)))


def _nested(values: list[Any], shape: list[int]) -> Any:
    """Numbers in row-major order as nested tuples."""
    for size in reversed(shape[1:]):
        values = [tuple(values[i : i + size]) for i in range(0, len(values), size)]
    return tuple(values) if shape else values[0]


@row("parameter")
def _parameter(emit: Emit, box: Box, ins: list[str]) -> str:
    return ins[0]
