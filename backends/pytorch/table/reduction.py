"""Rows of the reductions and of softmax; a mask selects, and a reduction of nothing is 0."""

from __future__ import annotations

from backends.pytorch.table.base import Emit, atom, row
from categorical.ops.reduction import over_axes
from categorical.records import Box

MASKED_SOFTMAX = '''
def masked_softmax(x: Tensor, mask: Tensor, dim: int) -> Tensor:
    """The softmax over the entries where the mask is true; a row without any gives zeros."""
    lowest = torch.finfo(x.dtype).min
    return torch.softmax(x.masked_fill(~mask, lowest), dim=dim).masked_fill(~mask, 0.0)
'''

MASKED_SOFTMAX_OVER = '''
def masked_softmax_over(x: Tensor, mask: Tensor, dim: tuple[int, ...]) -> Tensor:
    """The softmax along several axes over the entries where the mask is true."""
    lowest = torch.finfo(x.dtype).min
    x = x.masked_fill(~mask, lowest)
    return torch.exp(x - torch.logsumexp(x, dim=dim, keepdim=True)).masked_fill(~mask, 0.0)
'''

MASKED_MEAN = '''
def masked_mean(x: Tensor, mask: Tensor, dim: int | tuple[int, ...]) -> Tensor:
    """The mean over the entries where the mask is true; the mean of nothing is 0."""
    count = mask.expand_as(x).sum(dim=dim).clamp(min=1)
    return x.masked_fill(~mask, 0.0).sum(dim=dim) / count
'''


@row("sum", "mean")
def _reduce(emit: Emit, box: Box, ins: list[str]) -> str:
    x = box.dom[0]
    axes = over_axes(box.name, box.op, x)
    if not axes:
        return ins[0]
    dims = emit.dims(x, axes)
    if not box.op["masked"]:
        return f"{atom(ins[0])}.{box.name}(dim={dims})"
    mask = emit.aligned(ins[1], box.dom[1], x)
    if box.name == "sum":
        return f"{atom(ins[0])}.masked_fill(~{mask}, 0.0).sum(dim={dims})"
    return f"{emit.helper('masked_mean', MASKED_MEAN)}({ins[0]}, {mask}, {dims})"


@row("softmax")
def _softmax(emit: Emit, box: Box, ins: list[str]) -> str:
    x = box.dom[0]
    axes = over_axes("softmax", box.op, x)
    if not axes:
        return f"torch.ones_like({ins[0]})"
    dims = emit.dims(x, axes)
    if box.op["masked"]:
        mask = emit.aligned(ins[1], box.dom[1], x)
        name = "masked_softmax" if len(axes) == 1 else "masked_softmax_over"
        source = MASKED_SOFTMAX if len(axes) == 1 else MASKED_SOFTMAX_OVER
        return f"{emit.helper(name, source)}({ins[0]}, {mask}, {dims})"
    if len(axes) == 1:
        return f"torch.softmax({ins[0]}, dim={dims})"
    return f"torch.exp({ins[0]} - torch.logsumexp({ins[0]}, dim={dims}, keepdim=True))"
