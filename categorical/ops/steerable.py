"""Steerable convolutions: convolutions whose kernels are spanned by given ones.

Definition.  Fibres are axes of fixed size (the group acts on them), channels count copies of them.
With basis kernels ``B[m]`` of the shape (target fibre, source fibre, k₁, …, k_d) and a weight
``w[m, out, in]``, the convolution has the kernel K = Σₘ w[m] ⊗ B[m]:
``y[o, σ, p] = Σ_{i, ρ, x} K[o, i, σ, ρ, x] · x[i, ρ, s·p + x − pad] + Σₘ b[m, o] · V[m, σ]``.

Laws.  Linear in the input and in the weight (without a bias).  If every ``B[m]`` is steerable under
a group of symmetries of the grid, and every bias vector ``V[m]`` fixed by it, the convolution is
equivariant; ``synthesis.convolution`` solves for all of them.

>>> from categorical import Dim, Real, op
>>> from categorical.exact import Basis, Matrix
>>> c, k, n = Dim.named("c k n")
>>> even = Basis((1, 1, 3), 2, [0, 1, 1], [1, 0, 2], [1, 1, 1])     # the kernels (0 1 0), (1 0 1)
>>> op.steerable_conv(even, (), (), channels=(c, k), over=n).at(Real[c, n])
steerable_conv: Real[c, n] → Real[k, n]

A fibre of another size than the kernels have is refused:

>>> op.steerable_conv(even, (Dim("g", size=4),), (), channels=(c, k), over=n)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM002]: `steerable_conv` has kernels for fibres of 1 and 1
...
"""

from __future__ import annotations

from functools import lru_cache
from math import prod
from typing import Any

import numpy as np

from categorical.arrows import OpArrow
from categorical.errors import SpecError
from categorical.exact import Basis
from categorical.index import Axis, Dim, IndexSet, axis, points
from categorical.naturality import FUNCTION, LINEAR, NONE, NaturalityClass
from categorical.ops import common
from categorical.ops.convolution import pads, slid, slid_natural, windowed
from categorical.ops.windows import Window, cut, many
from categorical.records import (
    WEIGHT,
    ZEROS,
    Box,
    Context,
    Generator,
    Init,
    Op,
    ResourceSpec,
    Signature,
)
from categorical.spaces import Array, Real

NAME = "steerable_conv"
Some = IndexSet | Axis | int


def folded(op: Op) -> tuple[tuple[Axis, ...], tuple[Axis, ...]]:
    """The channel and fibre axes of the input, and those of the output."""
    (source,), (channel,) = op["sources"], op["channels"]
    inner = () if channel is None else (channel,)
    outer = () if channel is None else (op["out"],)
    return (*inner, *source), (*outer, *op["target"])


def _typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count(NAME, inputs, 1)
    common.numeric(NAME, *inputs)
    one, windows = inputs[0], op["windows"]
    inner, outer = folded(op)
    for a in inner:
        common.has(NAME, one, a, extends=True)
    axes = slid(NAME, op, one)
    needs = [need for a, v in zip(axes, windows) for need in v.needs(NAME, a.index)]
    resources = [_resource("weight", op, op["basis"])]
    if op["bias"] is not None:
        resources.append(_resource("bias", op, op["bias"]))
    return Signature((_out(one, axes, windows, inner, outer),), tuple(resources), (), tuple(needs))


def _out(
    one: Array,
    axes: tuple[Axis, ...],
    windows: tuple[Window, ...],
    inner: tuple[Axis, ...],
    outer: tuple[Axis, ...],
) -> Array:
    """Positions in place; the new channel and fibre where the first of the old ones stood, or in
    front of the positions where there was none."""
    place = min(one.position(a) for a in (inner or axes))
    moved = windowed(one, axes, windows).axes
    before = [a for a, old in zip(moved[:place], one.axes) if old not in inner]
    after = [a for a, old in zip(moved[place:], one.axes[place:]) if old not in inner]
    return one.with_axes((*before, *outer, *after))


def _resource(suffix: str, op: Op, basis: Basis) -> ResourceSpec:
    """A weight: one number for each map, target channel and, of kernels, source channel."""
    maps, out = Axis(points(basis.count), "map"), op["out"]
    inner = op["channels"][0] if suffix == "weight" else None
    axes = [maps] if out is None else [maps, out]
    if inner is not None:
        axes = [maps, common.fresh(out, inner), inner]
    start = ZEROS if suffix == "bias" else op["init"] or _start(basis, inner)
    return ResourceSpec(suffix, Real[tuple(axes)], WEIGHT, start)


def _start(basis: Basis, inner: Axis | None) -> Init:
    """Uniform, with the variance that torch's convolution gives its outputs: one over three times
    the fan-in, which is the mean square of a row of the basis."""
    square = sum(float(v) ** 2 for v in basis.values.tolist())
    fan = max(1, round(square / max(basis.shape[0], 1)))
    return Init("uniform", ((points(1).size if inner is None else inner.size) * fan,))


def combined(ctx: Context, basis: Basis, weight: Any) -> Any:
    """Σ w[m] ⊗ B[m] of the shape (places of the basis, …), in any algebra."""
    algebra = ctx.algebra
    entries = algebra.gather(weight, basis.which, 0)
    distinct, which = _distinct(basis)
    if any(v != 1 for v in distinct.tolist()):
        rest = [1] * (len(algebra.shape(weight)) - 1)
        values = algebra.gather(algebra.constant(distinct), which, 0)
        values = algebra.structural(values, lambda a: a.reshape(-1, *rest))
        entries = algebra.mul(entries, values)
    return algebra.segment_sum(entries, basis.places, basis.size, 0)


@lru_cache(maxsize=256)
def _distinct(basis: Basis) -> tuple[Any, Any]:
    """The different values of a basis, and which of them each entry is: irrational numbers are
    turned into those of an algebra once."""
    if basis.values.dtype != object:
        return np.unique(basis.values, return_inverse=True)
    numbers: dict[object, int] = {}
    which = [numbers.setdefault(v, len(numbers)) for v in basis.values.tolist()]
    distinct = np.empty(len(numbers), dtype=object)
    distinct[:] = list(numbers)
    return distinct, np.array(which, dtype=np.int64)


def _meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    common.check_conditions(ctx, box)
    algebra, op, (x, weight, *bias) = ctx.algebra, box.op, values
    one, out, windows, basis = box.dom[0], box.cod[0], op["windows"], op["basis"]
    inner, outer = folded(op)
    axes = slid(NAME, op, one)
    positions = [one.position(a) for a in axes]
    rest = [i for i, a in enumerate(one.axes) if a not in inner]
    order = [*rest, *(one.position(a) for a in inner)]
    channels = (1, 1)
    if op["out"] is not None:
        channels = (ctx.size(op["out"]), ctx.size(op["channels"][0]))
    kept = [*order, *range(len(one.axes), len(one.axes) + len(windows))]

    def unfold(a: Any) -> Any:
        a = cut(a, positions, windows).transpose(kept)
        lead, tail = a.shape[: len(rest)], a.shape[len(order) :]
        return a.reshape(*lead, channels[1], *basis.shape[1:2], *tail)

    kernel = algebra.structural(
        combined(ctx, basis, weight), lambda a: a.reshape(*basis.shape, *channels)
    )
    letters, slide = "abcdefghijklmnopqrst"[: len(rest)], "ABCDEFGH"[: len(windows)]
    y = algebra.einsum(
        f"{letters}YX{slide},ZX{slide}WY->{letters}WZ", algebra.structural(x, unfold), kernel
    )
    if bias:
        fixed = algebra.structural(
            combined(ctx, op["bias"], bias[0]), lambda a: a.reshape(-1, channels[0]).T
        )
        ones = algebra.structural(fixed, lambda a: a.reshape(*[1] * len(rest), *a.shape))
        y = algebra.add(y, ones)
    moved = windowed(one, axes, windows).axes
    have = [*(moved[i] for i in rest), *outer]
    back = [have.index(a) for a in out.axes]
    sizes = [ctx.size(a) for a in have]
    return (algebra.structural(y, lambda a: a.reshape(sizes).transpose(back)),)


def _natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    inner, outer = folded(box.op)
    if common.mentions(dim, *inner, *outer):
        return NONE
    found = FUNCTION if len(box.resources) > 1 else LINEAR
    return found & slid_natural(dim, slid(NAME, box.op, box.dom[0]), box.op["windows"])


STEERABLE_CONV = Generator(
    NAME,
    "windows along axes, contracted with a combination of given kernels",
    _typing,
    _meaning,
    _natural,
    linear=lambda box: (0, 1) if len(box.resources) == 1 else (),
    least=lambda op: (Real[(*folded(op)[0], *op["over"])],),
)


def steerable_conv(
    basis: Basis,
    source: Some | tuple[Some, ...],
    target: Some | tuple[Some, ...],
    *,
    over: IndexSet | Axis | tuple[IndexSet | Axis, ...],
    channels: tuple[Some, Some] | None = None,
    stride: int | tuple[int, ...] = 1,
    padding: str = "zero",
    bias: Basis | None = None,
    under: object = None,
    name: str = "",
    init: Init | None = None,
) -> OpArrow:
    """A convolution with kernels Σ w[m] B[m]: ``Real[…, c, source…, h, w] → Real[…, k, target…,
    h, w]``, wherever the axes stand.

    ``basis`` has the shape (fibre of the target, fibre of the source, k₁, …, k_d); ``source`` and
    ``target`` are the axes of the fibres, of fixed sizes, none for scalars.  ``channels`` are those
    of the input and of the output.  The weight is ``Real[maps, k, c]``.  ``bias`` holds vectors of
    the target's fibre, of the shape (fibre,) or (fibre, 1).  ``padding`` is ``zero``, ``circular``
    or ``valid``.  ``under`` is the group that the kernels were solved for; the meaning does not
    depend on it.
    """
    axes = over if isinstance(over, tuple) else (over,)
    if not isinstance(basis, Basis) or not isinstance(bias, Basis | None):
        wrong = bias if isinstance(basis, Basis) else basis
        raise SpecError(
            "CM042",
            f"`{NAME}` takes a basis of kernels, not {wrong!r}",
            help=["synthesis.convolution solves for one"],
        )
    fibres = [
        tuple(axis(a) for a in (f if isinstance(f, tuple) else (f,))) for f in (source, target)
    ]
    _fits(basis, bias, fibres, axes)
    if padding not in ("zero", "circular", "valid"):
        raise SpecError(
            "CM025",
            f"`{NAME}` has no `{padding}` padding",
            help=["one of circular, valid, zero: the others tell the ends of an axis apart"],
        )
    steps = many(NAME, "stride", stride, len(axes), 1)
    windows = tuple(
        Window(k, s, 1, pads(padding, k, 1, None, len(axes), i), padding)
        for i, (k, s) in enumerate(zip(basis.shape[2:], steps))
    )
    if channels is not None and not (isinstance(channels, tuple) and len(channels) == 2):
        raise SpecError(
            "CM042", f"`{NAME}` has the channels {channels!r}", help=["of the input, of the output"]
        )
    inner, outer = (None, None) if channels is None else map(axis, channels)
    return common.make(
        STEERABLE_CONV,
        name,
        basis=basis,
        sources=(fibres[0],),
        target=fibres[1],
        channels=(inner,),
        out=outer,
        over=tuple(common.occurrence(a) for a in axes),
        windows=windows,
        bias=bias if bias is not None and bias.count else None,
        under=under,
        init=init,
    )


def _fits(basis: Basis, bias: Basis | None, fibres: list[tuple[Axis, ...]], axes: Any) -> None:
    """CM002 unless the kernels, the fibres and the axes fit together."""
    for fibre in fibres:
        for one in fibre:
            if not one.size.is_constant:
                raise SpecError(
                    "CM002",
                    f"the fibre `{one}` has no fixed size",
                    help=[f'declare it with its size: Dim("{one.index}", size=4)'],
                )
    sizes = tuple(prod(int(a.size) for a in fibre) for fibre in reversed(fibres))
    if len(basis.shape) != 2 + len(axes):
        raise SpecError(
            "CM002",
            f"`{NAME}` slides along {len(axes)} axes, and its kernels have {len(basis.shape) - 2}",
        )
    if basis.shape[:2] != sizes:
        raise SpecError(
            "CM002",
            f"`{NAME}` has kernels for fibres of {basis.shape[1]} and {basis.shape[0]}",
            facts=[("its fibres", f"have {sizes[1]} and {sizes[0]}")],
            help=["name the axes on which the two representations act"],
        )
    if bias is not None and bias.shape not in ((sizes[0],), (sizes[0], 1)):
        raise SpecError(
            "CM002", f"`{NAME}` has biases of the shape {bias.shape}, not ({sizes[0]}, 1)"
        )
    if not basis.count:
        raise SpecError(
            "CM044",
            f"`{NAME}` has no kernel: only zero is equivariant",
            help=["choose fibres between which there are maps, or wider windows"],
        )
