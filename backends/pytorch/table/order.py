"""Rows of the order: ``amax`` shares the gradient among ties as the reference does, ``max`` would
not; a reduction that a mask leaves empty is 0."""

from __future__ import annotations

from backends.pytorch.table.base import Emit, atom, row
from categorical.ops import common
from categorical.ops.reduction import over_axes
from categorical.records import Box

MASKED_MAX = '''
def masked_max(x: Tensor, mask: Tensor, dim: int | tuple[int, ...]) -> Tensor:
    """The largest entry where the mask is true; of nothing, 0."""
    mask = mask.expand_as(x)
    largest = x.masked_fill(~mask, -torch.inf).amax(dim=dim)
    return largest.masked_fill(mask.sum(dim=dim) == 0, 0.0)
'''

MASKED_MIN = '''
def masked_min(x: Tensor, mask: Tensor, dim: int | tuple[int, ...]) -> Tensor:
    """The smallest entry where the mask is true; of nothing, 0."""
    mask = mask.expand_as(x)
    smallest = x.masked_fill(~mask, torch.inf).amin(dim=dim)
    return smallest.masked_fill(mask.sum(dim=dim) == 0, 0.0)
'''

MASKED_LOGSUMEXP = '''
def masked_logsumexp(x: Tensor, mask: Tensor, dim: int | tuple[int, ...]) -> Tensor:
    """The logarithm of the sum of exp where the mask is true; of nothing, 0."""
    mask = mask.expand_as(x)
    total = torch.logsumexp(x.masked_fill(~mask, torch.finfo(x.dtype).min), dim=dim)
    return total.masked_fill(mask.sum(dim=dim) == 0, 0.0)
'''

MASKED = {"max": MASKED_MAX, "min": MASKED_MIN, "logsumexp": MASKED_LOGSUMEXP}


@row("max", "min", "logsumexp")
def _order(emit: Emit, box: Box, ins: list[str]) -> str:
    x = box.dom[0]
    axes = over_axes(box.name, box.op, x)
    if not axes:
        return ins[0]
    dims = emit.dims(x, axes)
    if box.op["masked"]:
        mask = emit.aligned(ins[1], box.dom[1], x)
        name = emit.helper(f"masked_{box.name}", MASKED[box.name])
        return f"{name}({ins[0]}, {mask}, {dims})"
    if box.name == "logsumexp":
        return f"torch.logsumexp({ins[0]}, dim={dims})"
    return f"{atom(ins[0])}.a{box.name}(dim={dims})"


@row("argmax")
def _argmax(emit: Emit, box: Box, ins: list[str]) -> str:
    over = common.pick("argmax", box.dom[0], box.op["over"])
    return f"{atom(ins[0])}.argmax(dim={emit.dim(box.dom[0], over)})"
