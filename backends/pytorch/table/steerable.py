"""Rows of steerable convolutions: one kernel is made of the weights, and torch convolves with it.

Where no two basis kernels overlap, the kernel is one gather of the weights (and of their negatives,
where there are signs); otherwise it is one product with the basis.  Fibres are folded into the
channels.  A basis is written into the file once, as whole numbers or as the bits of float64, which
a change of element type leaves exact.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from backends.pytorch.table.base import Emit, atom, resource, row
from backends.pytorch.table.convolution import options, padded, spatial
from categorical.exact import Basis
from categorical.ops.convolution import slid, windowed
from categorical.ops.steerable import folded
from categorical.ops.windows import Window
from categorical.records import Box

WIDE = 92


@row("steerable_conv")
def _steerable(emit: Emit, box: Box, ins: list[str]) -> str:
    op, windows, one = box.op, box.op["windows"], box.dom[0]
    count, axes = spatial(box, windows), slid("steerable_conv", op, one)
    inner, outer = folded(op)
    kernel = _kernel(emit, box, resource(box, ins, "weight") or "")
    bias = resource(box, ins, "bias")
    more = [] if bias is None else [_bias(emit, box, bias)]
    own = windows[0].padding in ("zero", "valid")
    more += [f"{k}={v}" for k, v in options(windows if own else [_bare(v) for v in windows])]
    rest = [a for a in one.axes if a not in inner and a not in axes]
    x = emit.permuted(ins[0], one.axes, [*rest, *inner, *axes])
    many = len(rest) > 1
    if many:
        x = f"{atom(x)}.flatten(0, {-len(inner) - count - 1})"
    x = _one_axis(atom(x), len(inner), count)
    if not own and any(any(v.pads) for v in windows):
        x = emit.line(padded(x, windows), name="padded")
    tail = "".join(f", {part}" for part in more)
    y = f"F.conv{count}d({x}, {kernel}{tail})"
    if len(outer) > 1:
        y = f"{y}.unflatten({-count - 1}, ({', '.join(emit.size(a) for a in outer)}))"
    elif not outer:
        y = f"{y}.squeeze({-count - 1})"
    if many:
        y = f"{y}.unflatten(0, ({', '.join(emit.size(a) for a in rest)}))"
    moved = dict(zip(one.axes, windowed(one, axes, windows).axes))
    have = [*rest, *outer, *(moved[a] for a in axes)]
    return y if have == list(box.cod[0].axes) else emit.permuted(y, have, box.cod[0].axes)


def _one_axis(text: str, axes: int, after: int) -> str:
    """Some axes in front of the last ``after`` ones as one axis."""
    if axes == 0:
        return f"{text}.unsqueeze({-after - 1})"
    return text if axes == 1 else f"{text}.flatten({-after - axes}, {-after - 1})"


def _bare(window: Window) -> Window:
    return Window(window.kernel, window.stride, window.dilation)


def _kernel(emit: Emit, box: Box, weight: str) -> str:
    """The kernel in torch's layout: (channel · fibre) of the target, of the source, window."""
    basis, channels = box.op["basis"], box.op["out"] is not None
    parts = combined(emit, basis, weight, "kernels")
    rank = len(basis.shape)
    shape = ", ".join(map(str, basis.shape))
    text = f"{parts}.unflatten(0, ({shape}))"
    if not channels:
        return emit.line(text, name="kernel")
    order = [rank, 0, rank + 1, *range(1, rank)]
    text = emit.line(f"{text}.permute({', '.join(map(str, order))})", name="kernel")
    return f"{text}.flatten(0, 1).flatten(1, 2)"


def _bias(emit: Emit, box: Box, bias: str) -> str:
    """The bias of every (channel · fibre)."""
    basis: Basis = box.op["bias"]
    channels, fibre = box.op["out"] is not None, basis.size
    if fibre == 1 and _plain(basis):
        return f"{bias}[0]" if channels else bias
    if basis.count == 1 and len(basis.places) == fibre and _plain(basis):
        if not channels:
            return f"{bias}.expand({fibre})"
        return f"{bias}[0].repeat_interleave({fibre})"
    text = combined(emit, basis, bias, "fixed")
    return f"{text}.T.flatten()" if channels else text


def _plain(basis: Basis) -> bool:
    return all(v == 1 for v in basis.values.tolist())


def combined(emit: Emit, basis: Basis, weight: str, name: str) -> str:
    """Σ w[m] ⊗ B[m], with the places of the basis in front: a gather, or a product."""
    gather = gathered(basis)
    own = f"{name}_{basis.digest[:8]}"
    if gather is not None:
        index, needs = gather
        what = f"Which of {basis.count} maps stands at each place of a tensor of {basis.shape}."
        if needs:
            holes = f", and {2 * basis.count} for 0" if needs > 1 else ""
            what += f"\n\n    m + {basis.count} stands for the negative of map m{holes}.\n    "
        maker = emit.helper(own, whole_numbers(own, what, index))
        if needs:
            zero = f", {weight}.new_zeros(1, *{weight}.shape[1:])" if needs > 1 else ""
            weight = f"torch.cat(({weight}, -{weight}{zero}))"
        return f"{weight}.index_select(0, {emit.buffer(name, f'{maker}()')})"
    what = f"The bits of {basis.count} maps, each a tensor of {basis.shape}, as float64."
    dense = np.zeros((basis.size, basis.count))
    dense[basis.places, basis.which] = basis.floats()
    maker = emit.helper(own, numbers_as_bits(own, what, dense))
    bits = emit.buffer(name, f"{maker}()")
    matrix = emit.line(f"{bits}.view(torch.float64).to({weight}.dtype)", name="basis")
    return f"torch.tensordot({matrix}, {weight}, dims=1)"


def gathered(basis: Basis) -> tuple[list[int], int] | None:
    """Which row of (w, −w, 0) stands at each place, and how much of that is needed: nothing but
    w (0), also −w (1), also 0 (2)."""
    found = basis.labels()
    if found is None or not all(v in (1, -1) for v in basis.values.tolist()):
        return None
    labels, values = (part.ravel() for part in found)
    holes, signs = bool(np.any(labels < 0)), bool(np.any(values < 0))
    index = np.where(values < 0, labels + basis.count, labels)
    index = np.where(labels < 0, 2 * basis.count, index)
    return index.tolist(), 2 if holes else int(signs)


def whole_numbers(name: str, what: str, numbers: Sequence[int]) -> str:
    """The source of a function that returns whole numbers, written as text to be short."""
    rows = [""]
    for number in map(str, numbers):
        if len(rows[-1]) + 1 + len(number) > WIDE - 12:
            rows.append("")
        rows[-1] += f" {number}" if rows[-1] else number
    lines = "\n".join(f'        "{line}",' for line in rows)
    head = f'def {name}() -> Tensor:\n    """{what}"""'
    tail = "return torch.tensor([int(v) for line in lines for v in line.split()])"
    return f"{head}\n    lines = (\n{lines}\n    )\n    {tail}"


def numbers_as_bits(name: str, what: str, dense: np.ndarray) -> str:
    """The source of a function that returns float64 numbers as the whole numbers of their bits.

    Where most are 0, the others are listed: the place of each, and which number it is.
    """
    values, index = np.unique(dense, return_inverse=True)
    flat = index.ravel()
    places = np.flatnonzero(values[flat])
    sparse = 0 < 3 * len(places) < len(flat)
    numbers = np.stack([places, flat[places]], axis=1).ravel() if sparse else flat
    rows = whole_numbers(name, what, numbers.tolist()).splitlines()
    table = ", ".join(repr(float(v)) for v in values)
    values_ = f"    values = torch.tensor([{table}], dtype=torch.float64).view(torch.int64)"
    shape = ", ".join(map(str, dense.shape))
    read = "torch.tensor([int(v) for line in lines for v in line.split()])"
    if not sparse:
        rows[-1] = f"    index = {read}"
        return "\n".join([*rows, values_, f"    return values[index].view({shape})"])
    rows[-1] = f"    place, which = {read}.view(-1, 2).T"
    made = f"    bits = torch.zeros({dense.size}, dtype=torch.int64)"
    put = "    bits[place] = values[which]"
    return "\n".join([*rows, values_, made, put, f"    return bits.view({shape})"])
