"""The shape of a convolution whose kernels are spanned by given ones.

It acts on channels, fibres and window axes, and commutes with maps of all other axes; whether it
commutes with a group on its fibres and its grid is another claim.

>>> convolution.__module__
'proofs.checking.steerable'
"""

from __future__ import annotations

from math import prod
from typing import Any

from proofs.checking.programs import Node, freeze, need
from proofs.checking.table import ALL, FUNCTION, NONE, SHIFT, Shape, Terms, arity, frame, numeric
from proofs.checking.tensors import count, is_tensors


def fixed(axis: Any) -> int:
    """The size of the axis of a fibre, which is a number."""
    match axis[0]:
        case ("dim", str(), int(size), _):
            return size
        case ("points", int(size)):
            return size
        case ("product", *factors):
            return prod(fixed((f, "")) for f in factors)
    need(False, f"a fibre has no fixed size: {axis!r}")
    return 0


def base(index: Any) -> Any:
    """The index set from which positions of windows were computed."""
    while index[0] == "derived":
        index = index[1]
    return index


def convolution(node: Node) -> Shape:
    """See the module."""
    numeric(node)
    windows = [w["record"] for w in node.attrs["windows"]]
    over = node.attr_axes("over")
    need(len(over) == len(windows) and len(set(over)) == len(over), "no such windows")
    (given,), (channel,) = node.attrs["sources"], node.attrs["channels"]
    source = [node.axis(a) for a in given]
    target = [freeze(a["axis"]) for a in node.attrs["target"]]
    inner = [*([] if channel is None else [node.axis(channel)]), *source]
    outer = [*([] if channel is None else node_out(node)), *target]
    rest = [a for a in node.dom[0][1] if a not in (*inner, *over)]
    positions = [a for a in node.cod[0][1] if a not in rest and a not in outer]
    need(len(positions) == len(over), "`steerable_conv` makes other axes")
    acts: dict[Any, frozenset[str]] = dict.fromkeys([*inner, *outer, *over, *positions], NONE)
    for a, b, one in zip(over, positions, windows, strict=True):
        derived = b[0][0] == "derived" and base(b[0]) == base(a[0]) and b[1] == a[1]
        need(a == b or derived, "`steerable_conv` makes other axes")
        if a == b and one["stride"] == 1 and one["padding"] == "circular":
            acts[a] = SHIFT
        if a == b and one["stride"] == 1 and one["kernel"] == 1 and one["pads"] == [0, 0]:
            del acts[a]  # one entry at a time: carried
    out = frame(node, [*inner, *over], [*outer, *positions])
    sizes = prod(map(fixed, target)), prod(map(fixed, source))
    maps = count(node.attrs["basis"], (*sizes, *(w["kernel"] for w in windows)))
    bias = node.attrs.get("bias")
    arity(node, 2 + (bias is not None))
    _weight(node, 1, maps, channel is not None, inner)
    if bias is not None:
        shape = bias["basis"]["shape"] if is_tensors(bias) else []
        need(shape in ([sizes[0]], [sizes[0], 1]), "`steerable_conv` has another bias")
        _weight(node, 2, count(bias, tuple(shape)), channel is not None, [])
    for extra in node.dom[1:]:
        acts.update((a, NONE) for a in extra[1] if a not in over)
    terms: Terms = ((0, 1), (2,)) if bias is not None else ((0, 1),)
    return Shape("window", [out], acts, FUNCTION if bias is not None else ALL, terms)


def node_out(node: Node) -> list[Any]:
    """The axis of the channels of the output."""
    return [freeze(node.attrs["out"]["axis"])]


def _weight(node: Node, place: int, maps: int, channels: bool, inner: list[Any]) -> None:
    """One number for each map and each (pair of) channels."""
    kind, axes, values = node.dom[place]
    need((kind, values) == ("real", None), "`steerable_conv` has another weight")
    want: list[Any] = [("points", maps)]
    if channels:
        want += [node_out(node)[0][0], *(a[0] for a in inner[:1])]
    need([a[0] for a in axes] == want, "`steerable_conv` has another weight")
