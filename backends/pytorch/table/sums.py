"""Rows of concatenation, slices, flips and rolls."""

from __future__ import annotations

from backends.pytorch.table.base import Emit, atom, row
from categorical.ops.common import pick
from categorical.ops.sums import slice_ends
from categorical.records import Box


@row("concat")
def _concat(emit: Emit, box: Box, ins: list[str]) -> str:
    place = emit.dim(box.dom[0], pick("concat", box.dom[0], box.op["axes"][0]))
    parts = f"({ins[0]},)" if len(ins) == 1 else f"({', '.join(ins)})"
    return f"torch.cat({parts}, dim={place})"


@row("unconcat")
def _unconcat(emit: Emit, box: Box, ins: list[str]) -> tuple[str, ...]:
    place = emit.dim(box.dom[0], pick("unconcat", box.dom[0], box.op["of"]))
    parts = box.op["parts"]
    if len(parts) == 1:
        return (ins[0],)
    if len({a.size for a in parts}) == 1:
        text = f"{atom(ins[0])}.chunk({len(parts)}, dim={place})"
    else:
        sizes = ", ".join(emit.size(a) for a in parts)
        text = f"{atom(ins[0])}.split(({sizes}), dim={place})"
    name = emit.line(text, name="parts")
    return tuple(f"{name}[{i}]" for i in range(len(parts)))


@row("slice")
def _slice(emit: Emit, box: Box, ins: list[str]) -> str:
    whole = pick("slice", box.dom[0], box.op["axis"])
    start, stop = slice_ends(box.op, whole)
    if stop - start is whole.size:  # another name for the same positions
        return ins[0]
    place = emit.dim(box.dom[0], whole)
    return f"{atom(ins[0])}.narrow({place}, {emit.size(start)}, {emit.size(stop - start)})"


@row("take")
def _take(emit: Emit, box: Box, ins: list[str]) -> str:
    place = emit.dim(box.dom[0], pick("take", box.dom[0], box.op["axis"]))
    return f"{atom(ins[0])}.select({place}, {box.op['at']})"


@row("flip")
def _flip(emit: Emit, box: Box, ins: list[str]) -> str:
    return f"{atom(ins[0])}.flip({emit.dim(box.dom[0], pick('flip', box.dom[0], box.op['axis']))})"


@row("roll")
def _roll(emit: Emit, box: Box, ins: list[str]) -> str:
    place = emit.dim(box.dom[0], pick("roll", box.dom[0], box.op["axis"]))
    return f"{atom(ins[0])}.roll({box.op['by']}, {place})"
