"""Rows of the contractions: ``F.linear``, ``@`` where the axes allow it, else ``torch.einsum``."""

from __future__ import annotations

from collections.abc import Sequence

from backends.pytorch.table.base import Emit, Library, atom, library, resource, row
from categorical.index import Axis, Dim
from categorical.records import Box
from categorical.spaces import Array


def _linear_at(emit: Emit, box: Box, x: str, apply: str) -> str:
    """A map of the last axis, applied along another one."""
    place = emit.dim(box.dom[0], box.op["source"])
    if place == -1:
        return apply.format(x=x)
    inside = apply.format(x=f"{atom(x)}.transpose({place}, -1)")
    return f"{inside}.transpose({place}, -1)"


@row("linear")
def _linear(emit: Emit, box: Box, ins: list[str]) -> str:
    weight, bias = resource(box, ins, "weight"), resource(box, ins, "bias")
    more = f", {bias}" if bias else ""
    return _linear_at(emit, box, ins[0], f"F.linear({{x}}, {weight}{more})")


@library("linear")
def _linear_module(emit: Emit, box: Box) -> Library | None:
    if box.op["init"] is not None:
        return None
    into, out = emit.config_size(box.op["source"]), emit.config_size(box.op["target"])
    bias = "" if box.op["bias"] else ", bias=False"
    return Library(
        f"nn.Linear({into}, {out}{bias})",
        lambda module, ins: _linear_at(emit, box, ins[0], f"{module}({{x}})"),
        ("weight", "bias") if box.op["bias"] else ("weight",),
    )


@row("einsum")
def _einsum(emit: Emit, box: Box, ins: list[str]) -> str:
    out = box.cod[0]
    if len(ins) == 1:
        return _one_factor(emit, box.dom[0], out, ins[0])
    if len(ins) == 2:
        text = matmul(emit, box.dom[0], box.dom[1], out, ins)
        text = text or _pointwise(emit, box.dom, out, ins)
        if text:
            return text
    return f"torch.einsum({equation(box.dom, out)}, {', '.join(ins)})"


def _one_factor(emit: Emit, one: Array, out: Array, text: str) -> str:
    gone = [a for a in one.axes if a not in out.axes]
    kept = [a for a in one.axes if a in out.axes]
    if gone:
        text = f"{atom(text)}.sum(dim={emit.dims(one, gone)})"
    return emit.permuted(text, kept, out.axes)


def _pointwise(emit: Emit, factors: Sequence[Array], out: Array, ins: Sequence[str]) -> str | None:
    """A product that sums nothing is a broadcast multiplication."""
    if any(a not in out.axes for one in factors for a in one.axes):
        return None
    left, right = (emit.aligned(x, one, out) for x, one in zip(ins, factors))
    return f"{atom(left)} * {atom(right)}"


def matmul(emit: Emit, left: Array, right: Array, out: Array, ins: Sequence[str]) -> str | None:
    """``left @ right`` (with transposed last axes) where the axes stand so."""
    for first, second, x, y in ((left, right, *ins), (right, left, *reversed(ins))):
        if len(first.axes) < 2 or len(second.axes) < 2 or len(out.axes) < 2:
            continue
        batch = out.axes[:-2]
        row_, column = out.axes[-2:]
        if first.axes[:-2] != batch or second.axes[:-2] != batch or row_ is column:
            continue
        inner = [a for a in first.axes[-2:] if a is not row_]
        if len(inner) != 1 or row_ not in first.axes[-2:] or column not in second.axes[-2:]:
            continue
        (k,) = inner
        if (
            k in out.axes
            or k not in second.axes[-2:]
            or column in first.axes
            or row_ in second.axes
        ):
            continue
        a = x if first.axes[-1] is k else f"{atom(x)}.mT"
        b = y if second.axes[-2] is k else f"{atom(y)}.mT"
        return f"{atom(a)} @ {atom(b)}"
    return None


def equation(factors: Sequence[Array], out: Array) -> str:
    """The subscripts of an einsum: the first letters of the axes' names where they are free."""
    letters: dict[Axis, str] = {}
    for array in (*factors, out):
        for one in array.axes:
            if one not in letters:
                letters[one] = _letter(one, set(letters.values()))
    sides = ["".join(letters[a] for a in array.axes) for array in (*factors, out)]
    return f'"{",".join(sides[:-1])}->{sides[-1]}"'


def _letter(one: Axis, taken: set[str]) -> str:
    name = one.index.name if isinstance(one.index, Dim) else ""
    wishes = (one.label + name if one.label else name).replace("_", "")
    wishes = "".join(c for c in wishes if c.isascii() and c.isalpha())
    every = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return next(c for c in wishes.lower() + wishes.upper() + every if c not in taken)
