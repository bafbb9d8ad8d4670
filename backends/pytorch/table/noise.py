"""Rows of noise: nothing is drawn in eval mode."""

from __future__ import annotations

from backends.pytorch.table.base import Emit, operand, row
from categorical.records import Box


@row("dropout")
def _dropout(emit: Emit, box: Box, ins: list[str]) -> str:
    return f"F.dropout({ins[0]}, {emit.literal(float(box.op['p']))}, {emit.training})"


@row("gumbel_noise", "gaussian_noise")
def _added(emit: Emit, box: Box, ins: list[str]) -> str:
    x, noise = operand(ins[0]), ins[1]
    if box.name == "gaussian_noise":
        noise = f"{emit.literal(float(box.op['std']))} * {noise}"
    return f"{x} + {noise} if {emit.training} else {x}"
