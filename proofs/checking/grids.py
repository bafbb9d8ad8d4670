"""Symmetries of grids, checked: every box treats all axes of the grid alike.

Definition.  A signed permutation of the axes of a grid moves the positions about its centre.  A
wire has all axes of the grid or none.  A box commutes with that where it works at one position at a
time, or is symmetric in all positions together, or slides windows that are alike along all axes,
symmetric, and meet both ends of each.

>>> slot((("derived", ("dim", "n", None, None), "n - 2"), "row"))
(('dim', 'n', None, None), 'row')
"""

from __future__ import annotations

from typing import Any

from proofs.checking.actions import Grid, Sizes, size
from proofs.checking.programs import Node, Refusal, mentions, need
from proofs.checking.table import Shape, words

WINDOWS = words("conv max_pool avg_pool steerable_conv")
TOGETHER = words("sum mean max min logsumexp softmax layer_norm rms_norm normalise")
ALIKE = words("einsum where expand batch_norm hom") | TOGETHER


def slot(axis: Any) -> Any:
    """The axis of the grid from whose positions an axis was made by windows."""
    index = axis[0]
    while index[0] == "derived":
        index = index[1]
    return (index, axis[1])


def slots(one: Any, grid: Grid) -> dict[Any, Any]:
    """The axes of a wire by the axes of the grid: all of them, or none."""
    dims = {a[0] for a in grid.axes}
    held = [a for a in one[1] if any(mentions(a[0], dim) for dim in dims)]
    need(
        one[2] is None or not any(mentions(one[2], dim) for dim in dims),
        "a wire holds indices of positions of the grid",
    )
    found = {slot(a): a for a in held}
    for a in held:
        need(slot(a) in grid.axes, f"an axis holds positions of the grid in another form: {a[1]!r}")
    need(len(found) == len(held), "two axes hold the positions of one axis of the grid")
    need(not found or len(found) == len(grid.axes), "a wire has lost an axis of the grid")
    return found


def square(one: Any, grid: Grid, sizes: Sizes) -> None:
    """Refuse a wire on which axes that change places have different sizes."""
    found = slots(one, grid)
    for j, i in enumerate(grid.image if found else ()):
        a, b = found[grid.axes[j]][0], found[grid.axes[i]][0]
        if a != b:
            need(size(a, sizes) == size(b, sizes), "axes that change places have other sizes")


def inspect(node: Node, how: Shape, grid: Grid, sizes: Sizes) -> None:
    """Refuse a node that tells the positions of the grid apart."""
    inner = {a for one in (*node.dom, *node.cod) for a in slots(one, grid).values()}
    acted = {a for a in inner if a in how.acts}
    if node.op in WINDOWS and set(map(slot, node.attr_axes("over"))) & set(grid.axes):
        slide(node, grid, sizes)
        return
    if acted:
        alike = node.op in ALIKE and all("bijection" in how.acts[a] for a in acted)
        need(alike, f"`{node.op}` tells the positions of the grid apart")
        if node.op in TOGETHER:
            over = set(map(slot, node.attr_axes("over")))
            some = over & set(grid.axes)
            need(not some or some == set(grid.axes), f"`{node.op}` runs over a part of the grid")
    if inner - acted:
        need("bijection" in how.carried, f"`{node.op}` tells the positions of the grid apart")
    for index, own in how.sizes:
        if any(mentions(index, a[0]) for a in grid.axes):
            need("bijection" in own, f"`{node.op}` repeats its step along the grid")


def slide(node: Node, grid: Grid, sizes: Sizes) -> None:
    """Windows: alike along all axes of the grid, symmetric, and fitting; positions get sizes."""
    over, windows = node.attr_axes("over"), [w["record"] for w in node.attrs["windows"]]
    need(set(map(slot, over)) == set(grid.axes), f"`{node.op}` slides along a part of the grid")
    need(all(w == windows[0] for w in windows), f"the windows of `{node.op}` differ by axis")
    one = windows[0]
    kernel, stride, pads = one["kernel"], one["stride"], one["pads"]
    need(pads[0] == pads[1], f"`{node.op}` pads one end of the grid more than the other")
    trivial = kernel == 1
    if node.op == "conv" and not trivial:
        raise Refusal("the kernel of `conv` is free: its weights tell the directions apart")
    reach = one["dilation"] * (kernel - 1)
    positions = slots(node.cod[0], grid)
    need(positions, f"`{node.op}` makes positions that are no axes of the grid: leave sizes open")
    for a in over:
        after = positions[slot(a)][0]
        try:
            slack = size(a[0], sizes) + sum(pads) - reach - 1
        except Refusal:
            need(stride == 1, f"`{node.op}` may miss the end of the grid: its size is not fixed")
            continue
        need(
            slack >= 0 and slack % stride == 0,
            f"the windows of `{node.op}` miss the end of the grid: kernel {kernel}, stride "
            f"{stride} and padding {pads[0]} do not fit the size {slack + reach + 1 - sum(pads)}",
        )
        if after[0] == "derived":
            known = sizes.setdefault(after, slack // stride + 1)
            need(known == slack // stride + 1, "one axis has two sizes")
