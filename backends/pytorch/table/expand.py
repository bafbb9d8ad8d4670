"""Rows of ``expand`` and ``relabel``; the emitter leaves both out where nothing needs them."""

from __future__ import annotations

from backends.pytorch.table.base import Emit, atom, row
from categorical.records import Box


@row("expand")
def _expand(emit: Emit, box: Box, ins: list[str]) -> str:
    new = [emit.size(a) for a in box.op["axes"]]
    kept = ["-1"] * len(box.dom[0].axes)
    return f"{atom(ins[0])}.expand({', '.join([*new, *kept])})"


@row("relabel")
def _relabel(emit: Emit, box: Box, ins: list[str]) -> str:
    return ins[0]
