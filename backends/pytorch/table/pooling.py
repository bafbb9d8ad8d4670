"""Rows of the pooling operations."""

from __future__ import annotations

from backends.pytorch.table.base import Emit, atom, row
from backends.pytorch.table.convolution import in_front, numbers, spatial
from categorical.ops.convolution import slid
from categorical.records import Box


@row("max_pool", "avg_pool")
def _pool(emit: Emit, box: Box, ins: list[str]) -> str:
    windows = box.op["windows"]
    axes = slid(box.name, box.op, box.dom[0])
    count = spatial(box, axes)
    kernel, stride = numbers([v.kernel for v in windows]), numbers([v.stride for v in windows])
    more = "" if kernel == stride else f", stride={stride}"
    if any(v.pads[0] for v in windows):
        more += f", padding={numbers([v.pads[0] for v in windows])}"
        if box.name == "avg_pool" and not box.op["count_padding"]:
            more += ", count_include_pad=False"
    alone = len(axes) == len(box.dom[0].axes)

    def apply(x: str) -> str:
        text = f"F.{box.name}{count}d({atom(x) + '.unsqueeze(0)' if alone else x}, {kernel}{more})"
        return f"{text}.squeeze(0)" if alone else text

    return in_front(emit, box, ins[0], axes, 2, apply)
