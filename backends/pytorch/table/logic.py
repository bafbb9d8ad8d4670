"""Rows of comparisons and masks: infix operators on tensors."""

from __future__ import annotations

from backends.pytorch.table.base import Emit, atom, binary, row
from categorical.records import Box

SYMBOLS = {
    "less": "<",
    "less_equal": "<=",
    "equal": "==",
    "logical_and": "&",
    "logical_or": "|",
}
MIRRORED = {"less": ">", "less_equal": ">=", "equal": "=="}


@row(*SYMBOLS)
def _infix(emit: Emit, box: Box, ins: list[str]) -> str:
    left, right = ins
    if box.name in MIRRORED and left[0] in "-0123456789":  # a constant stands on the right
        return binary(MIRRORED[box.name], right, left)
    return binary(SYMBOLS[box.name], left, right)


@row("logical_not")
def _not(emit: Emit, box: Box, ins: list[str]) -> str:
    return f"~{atom(ins[0])}"


@row("indicator")
def _indicator(emit: Emit, box: Box, ins: list[str]) -> str:
    kind = emit.factory(box.cod[0]).split(",")[0].removeprefix("dtype=")
    return f"{atom(ins[0])}.to({kind or 'torch.get_default_dtype()'})"


@row("where")
def _where(emit: Emit, box: Box, ins: list[str]) -> str:
    condition = emit.aligned(ins[0], box.dom[0], box.dom[1])
    return f"torch.where({condition}, {ins[1]}, {ins[2]})"
