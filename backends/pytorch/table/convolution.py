"""Rows of the convolutions: ``F.conv1d`` and its kin, which want the channel before the space."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backends.pytorch.table.base import Emit, Library, atom, library, resource, row
from categorical.errors import SpecError
from categorical.index import Axis
from categorical.ops.convolution import slid
from categorical.ops.windows import Window
from categorical.records import Box

TORCH_MODES = {"zero": "zeros", "valid": "zeros", "circular": "circular", "reflect": "reflect"}


def spatial(box: Box, axes: Sequence[Axis]) -> int:
    """The number of axes that are slid along; torch knows 1, 2 and 3."""
    if len(axes) > 3:
        raise SpecError("CM040", f"PyTorch has no `{box.name}` along {len(axes)} axes")
    return len(axes)


def numbers(values: Sequence[int]) -> str:
    """One number where all are equal, as torch's arguments have it."""
    return str(values[0]) if len(set(values)) == 1 else f"({', '.join(map(str, values))})"


def options(windows: Sequence[Window]) -> list[tuple[str, str]]:
    """Stride, padding and dilation, where they are not the usual ones."""
    every = [
        ("stride", [v.stride for v in windows], 1),
        ("padding", [v.pads[0] for v in windows], 0),
        ("dilation", [v.dilation for v in windows], 1),
    ]
    return [(name, numbers(v)) for name, v, usual in every if any(one != usual for one in v)]


def padded(text: str, windows: Sequence[Window]) -> str:
    """The input with its border, where the convolution itself cannot make it."""
    widths = ", ".join(f"{v.pads[0]}, {v.pads[1]}" for v in reversed(windows))
    kind = windows[0].padding
    mode = "" if kind in ("zero", "causal") else f', mode="{kind}"'
    return f"F.pad({text}, ({widths}){mode})"


def _bare(windows: Sequence[Window]) -> list[Window]:
    return [Window(v.kernel, v.stride, v.dilation) for v in windows]


def in_front(
    emit: Emit, box: Box, text: str, last: Sequence[Axis], at_most: int, apply: Callable[[str], str]
) -> str:
    """Apply a function of tensors (batch…, last…) with at most so many batch axes."""
    one, out = box.dom[0], box.cod[0]
    rest = [a for a in one.axes if a not in last]
    text = emit.permuted(text, one.axes, [*rest, *last])
    folded = len(rest) > at_most
    if folded:
        text = f"{text}.flatten(0, {-len(last) - 1})"
    text = apply(text)
    if folded:
        text = f"{atom(text)}.unflatten(0, ({', '.join(emit.size(a) for a in rest)}))"
    moved = dict(zip(one.axes, out.axes))
    have = [*rest, *(moved[a] for a in last)]
    return text if have == list(out.axes) else emit.permuted(text, have, out.axes)


def _around(emit: Emit, box: Box, x: str, apply: Callable[[str], str]) -> str:
    """A convolution applied to the input as torch wants it."""
    axes, windows = slid("conv", box.op, box.dom[0]), box.op["windows"]
    if box.op["source"] is not None:
        return in_front(emit, box, x, [box.op["source"], *axes], 1, apply)
    place = -len(windows) - 1

    def channel(text: str) -> str:
        return f"{apply(f'{atom(text)}.unsqueeze({place})')}.squeeze({place})"

    return in_front(emit, box, x, axes, 1, channel)


@row("conv")
def _conv(emit: Emit, box: Box, ins: list[str]) -> str:
    op, windows = box.op, box.op["windows"]
    count = spatial(box, windows)
    weight, bias = resource(box, ins, "weight"), resource(box, ins, "bias")
    if op["source"] is None:
        weight = f"{weight}[None, None]"
        bias = f"{bias}[None]" if bias else None
    own = windows[0].padding in ("zero", "valid")
    more = [f"{k}={v}" for k, v in options(windows if own else _bare(windows))]
    if op["source"] is not None and str(op["groups"].size) != "1":
        more.append(f"groups={emit.size(op['groups'])}")
    tail = "".join(f", {part}" for part in ([bias] if bias else []) + more)

    def apply(x: str) -> str:
        if not own and any(any(v.pads) for v in windows):
            x = emit.line(padded(x, windows), name="padded")
        return f"F.conv{count}d({x}, {weight}{tail})"

    return _around(emit, box, ins[0], apply)


@library("conv")
def _conv_module(emit: Emit, box: Box) -> Library | None:
    op, windows = box.op, box.op["windows"]
    if op["init"] is not None or op["source"] is None or len(windows) > 3:
        return None
    causal = windows[0].padding == "causal"
    mode = TORCH_MODES.get(windows[0].padding, "zeros")
    more = [f"{k}={v}" for k, v in options(_bare(windows) if causal else windows)]
    if mode != "zeros" and any(any(v.pads) for v in windows):
        more.append(f'padding_mode="{mode}"')
    if str(op["groups"].size) != "1":
        more.append(f"groups={emit.config_size(op['groups'])}")
    if not op["bias"]:
        more.append("bias=False")
    sizes = [emit.config_size(op["source"]), emit.config_size(op["target"])]
    arguments = [*sizes, numbers([v.kernel for v in windows]), *more]

    def call(module: str, ins: list[str]) -> str:
        def apply(x: str) -> str:
            if causal and any(any(v.pads) for v in windows):
                x = emit.line(padded(x, windows), name="padded")
            return f"{module}({x})"

        return _around(emit, box, ins[0], apply)

    return Library(
        f"nn.Conv{len(windows)}d({', '.join(arguments)})",
        call,
        ("weight", "bias") if op["bias"] else ("weight",),
    )
