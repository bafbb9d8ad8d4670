"""Rows of the operations on axes: views where torch has them, and copies where it must."""

from __future__ import annotations

from collections.abc import Sequence

from backends.pytorch.table.base import Emit, atom, row
from categorical.index import Axis
from categorical.ops.axes import named
from categorical.ops.common import pick
from categorical.records import Box


@row("transpose")
def _transpose(emit: Emit, box: Box, ins: list[str]) -> str:
    return emit.permuted(ins[0], box.dom[0].axes, box.cod[0].axes)


def adjacent(
    emit: Emit, text: str, have: Sequence[Axis], group: Sequence[Axis]
) -> tuple[str, int, int]:
    """The expression with a group of axes side by side, where the first one stands, and the
    (negative) places of the first and the last of them."""
    want = [b for a in have if a not in group[1:] for b in (group if a is group[0] else (a,))]
    first = want.index(group[0]) - len(want)
    return emit.permuted(text, have, want), first, first + len(group) - 1


@row("merge")
def _merge(emit: Emit, box: Box, ins: list[str]) -> str:
    axes = named("merge", box.dom[0], box.op["axes"])
    text, first, last = adjacent(emit, ins[0], box.dom[0].axes, axes)
    return f"{text}.flatten({first}, {last})" if len(axes) > 1 else text


@row("split")
def _split(emit: Emit, box: Box, ins: list[str]) -> str:
    place = emit.dim(box.dom[0], pick("split", box.dom[0], box.op["of"]))
    sizes = [emit.size(a) for a in box.op["into"]]
    if len(sizes) == 1:
        return ins[0]
    if len(sizes) == 2 and "1" in sizes:  # an axis of one index
        return f"{atom(ins[0])}.unsqueeze({place - 1 if sizes[0] == '1' else place})"
    return f"{atom(ins[0])}.unflatten({place}, ({', '.join(sizes)}))"


@row("squeeze")
def _squeeze(emit: Emit, box: Box, ins: list[str]) -> str:
    gone = pick("squeeze", box.dom[0], box.op["axis"])
    return f"{atom(ins[0])}.squeeze({emit.dim(box.dom[0], gone)})"


@row("diagonal")
def _diagonal(emit: Emit, box: Box, ins: list[str]) -> str:
    first, *rest = box.op["axes"]
    text, have = atom(ins[0]), list(box.dom[0].axes)
    for other in rest:
        one, two = (have.index(a) - len(have) for a in (first, other))
        text = f"{text}.diagonal(dim1={one}, dim2={two})"
        have = [*(a for a in have if a not in (first, other)), first]
    place = box.cod[0].axes.index(first) - len(box.cod[0].axes)
    return text if place == -1 else f"{text}.movedim(-1, {place})"
