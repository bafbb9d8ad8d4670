"""Rows of the contractions: ``F.linear``, ``@`` where the axes allow it, else ``torch.einsum``."""

from __future__ import annotations

from collections.abc import Sequence

from backends.pytorch.table.base import Emit, Library, atom, library, resource, row
from categorical.index import Axis, Dim
from categorical.records import Box
from categorical.spaces import Array


def _pointwise_convolution(
    emit: Emit, box: Box, x: str, weight: str, bias: str | None
) -> str | None:
    """A map along an axis with one to three axes behind it: a convolution with one-point kernels.

    Forward and backward on one CPU thread, as ratios to ``nn.Conv2d`` with the same weights
    (batch × channels × positions → channels)::

                                   16×16×1024→24  32×64×196→128  64×128×49→128
        weight as a kernel view              1.0            1.0            0.9
        transpose, linear, transpose         1.2            1.7            1.4
        weight @ x                           0.9            1.3            1.3
        einsum                               0.5            1.0            1.0
        baddbmm, weight expanded             0.3            0.9            1.3

    The batched product wins where positions are many, but its weight gradient has a batch axis
    before it is summed, which loses where they are few; the kernel view never loses.
    """
    axes = box.dom[0].axes
    place = emit.dim(box.dom[0], box.op["source"])
    behind, before = -1 - place, len(axes) + place
    if not 1 <= behind <= 3:
        return None
    tail = f", {bias}" if bias else ""
    points = ["-1", *["1"] * behind]
    kernel = f"{weight}.unflatten(-1, ({', '.join(points)}))"
    if before > 1:
        x = f"{atom(x)}.flatten(0, {place - 1})"
    text = f"F.conv{behind}d({x}, {kernel}{tail})"
    if before > 1:
        text = f"{text}.unflatten(0, ({', '.join(emit.size(a) for a in axes[:before])}))"
    return text


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
    if box.dom[0].kind == "complex":  # the weights are real
        x = ins[0] if ins[0].isidentifier() else emit.line(ins[0], box.dom[0])
        ins = [x, *ins[1:]]
        weight, bias = (f"{w}.to({x}.dtype)" if w else None for w in (weight, bias))
    assert weight is not None
    more = f", {bias}" if bias else ""
    made = _pointwise_convolution(emit, box, ins[0], weight, bias)
    return made or _linear_at(emit, box, ins[0], f"F.linear({{x}}, {weight}{more})")


@library("linear")
def _linear_module(emit: Emit, box: Box) -> Library | None:
    if box.op["init"] is not None or box.dom[0].kind == "complex":
        return None
    into, out = emit.config_size(box.op["source"]), emit.config_size(box.op["target"])
    bias = "" if box.op["bias"] else ", bias=False"

    def call(module: str, ins: list[str]) -> str:
        own = f"{module}.bias" if box.op["bias"] else None
        made = _pointwise_convolution(emit, box, ins[0], f"{module}.weight", own)
        return made or _linear_at(emit, box, ins[0], f"{module}({{x}})")

    return Library(
        f"nn.Linear({into}, {out}{bias})",
        call,
        ("weight", "bias") if box.op["bias"] else ("weight",),
    )


@row("einsum")
def _einsum(emit: Emit, box: Box, ins: list[str]) -> str:
    out = box.cod[0]
    if len(ins) == 1:
        return _one_factor(emit, box.dom[0], out, ins[0])
    if len(ins) == 2:
        text = matmul(emit, box.dom[0], box.dom[1], out, ins)
        text = text or _matrix_vector(emit, box.dom, out, ins)
        text = text or _inner(emit, box.dom, out, ins)
        if text:
            return text
    text = _pointwise(emit, box.dom, out, ins)
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
    return " * ".join(atom(emit.aligned(x, one, out)) for x, one in zip(ins, factors))


def _inner(emit: Emit, factors: Sequence[Array], out: Array, ins: Sequence[str]) -> str | None:
    """Two factors with the same axes: the product at every index, summed.

    Forward and backward on one CPU thread, as ratios to ``torch.einsum``, which makes a product of
    matrices with one row for each index that is kept::

        axes, the one that is summed in []   16×32×[3]×64   8×64×[5]×32   16×8×32×[64]
        (x * y).sum(dim)                             0.12          0.13           0.12
    """
    first, second = factors
    gone = [a for a in first.axes if a not in out.axes]
    if first.axes != second.axes or not gone:
        return None
    kept = [a for a in first.axes if a in out.axes]
    product = f"({atom(ins[0])} * {atom(ins[1])}).sum(dim={emit.dims(first, gone)})"
    return emit.permuted(product, kept, out.axes)


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
        return _product(a, b, batch)
    return None


def _product(left: str, right: str, batch: Sequence[Axis]) -> str:
    """A product of matrices; with one batch axis ``@`` is ``bmm`` and five views."""
    if len(batch) == 1:
        return f"torch.bmm({left}, {right})"
    return f"{atom(left)} @ {atom(right)}"


def _matrix_vector(
    emit: Emit, factors: Sequence[Array], out: Array, ins: Sequence[str]
) -> str | None:
    """A batch of matrices times a batch of vectors (``torch.einsum`` takes the same kernel, and
    three times the preparation)."""
    for place in (0, 1):
        matrix, vector = factors[place], factors[1 - place]
        x, v = ins[place], ins[1 - place]
        batch = vector.axes[:-1]
        if not batch or matrix.axes[: len(batch)] != batch or len(matrix.axes) != len(batch) + 2:
            continue
        first, second, inner = *matrix.axes[-2:], vector.axes[-1]
        if inner is second and out.axes == (*batch, first):
            column = f"{atom(v)}.unsqueeze(-1)"
            return f"{atom(_product(x, column, batch))}.squeeze(-1)"
        if inner is first and out.axes == (*batch, second):
            row_ = f"{atom(v)}.unsqueeze(-2)"
            return f"{atom(_product(row_, x, batch))}.squeeze(-2)"
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
