"""Convolutions along one axis or several, with explicit padding.

Definition.  ``y[o, p] = b[o] + Σ_{i,t} w[o, i, t] · x[i, s·p + d·t − pad]``: windows of the padded
input, contracted with one weight.

Laws.  Linear in the input and in the weight (without a bias).  Natural for cyclic shifts of an axis
that is padded circularly at stride 1, for initial segments of one that is padded causally, for
nothing on other axes that it slides along, and for index maps elsewhere.

>>> from categorical import Dim, Real, op
>>> c, k, h, w = Dim.named("c k h w")
>>> op.conv(c, k, over=(h, w), kernel=3).at(Real[c, h, w])
conv: Real[c, h, w] → Real[k, h, w]
>>> op.conv(c, k, over=(h, w), kernel=3, stride=2).at(Real[c, h, w])
conv: Real[c, h, w] → Real[k, ⟨⌊(h + 1)/2⌋⟩, ⟨⌊(w + 1)/2⌋⟩]

A window of even width has no centre:

>>> op.conv(c, k, over=h, kernel=4)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM025]: `conv` cannot centre windows of width 4
...
"""

from __future__ import annotations

from math import prod
from typing import Any

from categorical.arrows import OpArrow
from categorical.errors import SpecError
from categorical.index import Axis, Dim, IndexSet, axis, index_set, points, quotient
from categorical.naturality import (
    FUNCTION,
    LINEAR,
    NONE,
    PREFIX,
    SHIFT,
    NaturalityClass,
    meet,
)
from categorical.ops import common
from categorical.ops.windows import MODES, Window, cut, many
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
from categorical.sizes import divides
from categorical.spaces import Array, Real


def slid(name: str, op: Op, one: Array) -> tuple[Axis, ...]:
    """The axes along which the windows move."""
    axes = tuple(common.pick(name, one, wanted, extends=True) for wanted in op["over"])
    for place, wanted in enumerate(axes):
        if wanted in axes[:place]:
            raise SpecError("CM009", f"`{name}` slides along the axis `{wanted}` twice")
    return axes


def windowed(one: Array, axes: tuple[Axis, ...], windows: tuple[Window, ...]) -> Array:
    """The array with the axes replaced by the positions of the windows."""
    made = dict(zip(axes, (Axis(v.positions(a.index), a.label) for a, v in zip(axes, windows))))
    return one.with_axes(tuple(made.get(a, a) for a in one.axes))


def slid_natural(dim: Dim, axes: tuple[Axis, ...], windows: tuple[Window, ...]) -> NaturalityClass:
    """What windows leave natural on the axes along which they move."""
    found = LINEAR
    for one, window in zip(axes, windows):
        if dim in one.index.atoms and not window.trivial:
            whole = one.index is dim and window.positions(one.index) is dim and window.stride == 1
            kinds = {"circular": SHIFT, "causal": PREFIX}
            found = meet(found, kinds.get(window.padding, NONE) if whole else NONE)
    return found


def _weight(op: Op) -> tuple[Array, Init]:
    """The type of the weight, in torch's layout, and how it starts."""
    window: tuple[Window, ...] = op["windows"]
    kernel = [Axis(points(v.kernel), f"k{i + 1}") for i, v in enumerate(window)]
    fan, channels = prod(v.kernel for v in window), []
    start = Init("uniform", (index_set(fan).size,))
    if op["source"] is not None:
        inner, target = Axis(quotient(op["source"].index, op["groups"])), op["target"]
        start = Init("uniform", (inner.size * fan,))
        channels = [common.fresh(target, inner), inner]
    return Real[(*channels, *kernel)], start


def _conv_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("conv", inputs, 1)
    common.numeric("conv", *inputs)
    source, target, window = op["source"], op["target"], op["windows"]
    one = inputs[0]
    if source is not None:
        common.has("conv", one, source)
    axes = slid("conv", op, one)
    needs = [need for a, v in zip(axes, window) for need in v.needs("conv", a.index)]
    out = windowed(one, axes, window)
    weight, start = _weight(op)
    resources = [ResourceSpec("weight", weight, WEIGHT, op["init"] or start)]
    if source is not None:
        out = common.replace_axis(out, source, target)
        needs.extend(common.require("conv", divides(op["groups"].size, target.size)))
    if op["bias"]:
        bias = Real.scalar if target is None else Real[target]
        resources.append(ResourceSpec("bias", bias, WEIGHT, ZEROS if op["init"] else start))
    return Signature((out,), tuple(resources), (), tuple(needs))


def _conv_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    common.check_conditions(ctx, box)
    algebra, op, (x, weight, *bias) = ctx.algebra, box.op, values
    one, window = box.dom[0], op["windows"]
    places = [one.position(a) for a in slid("conv", op, one)]
    x = algebra.structural(x, lambda a: cut(a, places, window))
    letters = list("abcdefghijklmnopqrstuvw"[: len(one.axes)])
    kernel = "ABCDEFGH"[: len(window)]
    out = ctx.shape(box.cod[0])
    if op["source"] is None:
        y = algebra.einsum(f"{''.join(letters)}{kernel},{kernel}->{''.join(letters)}", x, weight)
        return (algebra.add(y, bias[0]) if bias else y,)
    place, groups = one.position(op["source"]), ctx.size(op["groups"])
    x = algebra.structural(x, lambda a: _grouped(a, place, groups))
    weight = algebra.structural(weight, lambda a: _grouped(a, 0, groups))
    before, after = "".join(letters[:place]), "".join(letters[place + 1 :])
    y = algebra.einsum(f"{before}XZ{after}{kernel},XYZ{kernel}->{before}XY{after}", x, weight)
    y = algebra.structural(y, lambda a: a.reshape(out))
    if bias:
        shape = [out[place] if i == place else 1 for i in range(len(out))]
        y = algebra.add(y, algebra.structural(bias[0], lambda a: a.reshape(shape)))
    return (y,)


def _grouped(array: Any, place: int, groups: int) -> Any:
    """An axis as (group, member)."""
    shape = array.shape
    return array.reshape(*shape[:place], groups, shape[place] // groups, *shape[place + 1 :])


def _conv_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    op = box.op
    if op["source"] is not None and common.mentions(dim, op["source"], op["target"]):
        return NONE
    found = FUNCTION if op["bias"] else LINEAR
    return found & slid_natural(dim, slid("conv", op, box.dom[0]), op["windows"])


CONV = Generator(
    "conv",
    "windows along axes, contracted with one weight",
    _conv_typing,
    _conv_meaning,
    _conv_natural,
    linear=lambda box: () if box.op["bias"] else (0, 1),
    least=lambda op: (Real[(*([op["source"]] if op["source"] else []), *op["over"])],),
)


def conv(
    source: IndexSet | Axis | int | None = None,
    target: IndexSet | Axis | int | None = None,
    *,
    over: IndexSet | Axis | tuple[IndexSet | Axis, ...],
    kernel: int | tuple[int, ...],
    stride: int | tuple[int, ...] = 1,
    dilation: int | tuple[int, ...] = 1,
    padding: str = "zero",
    amount: int | tuple[int, ...] | None = None,
    groups: IndexSet | int = 1,
    bias: bool = True,
    name: str = "",
    init: Init | None = None,
) -> OpArrow:
    """A convolution: ``Real[…, source, h, w] → Real[…, target, h, w]``, wherever the axes stand.

    ``padding`` is ``zero``, ``circular``, ``reflect``, ``causal`` (zeros in front only) or
    ``valid`` (none); by default the axes keep their index sets at stride 1, and ``amount`` says
    otherwise.  The weight is ``Real[target, source // groups, k1, k2]``.  Without channels it is
    ``Real[k1, k2]``: one filter along the axes, the same at every index of the others.
    """
    axes = over if isinstance(over, tuple) else (over,)
    if padding not in MODES:
        kinds = ", ".join(sorted(MODES))
        raise SpecError("CM025", f"`{padding}` is no kind of padding", help=[f"one of {kinds}"])
    if (source is None) != (target is None):
        raise SpecError("CM007", "`conv` needs both its channel axes, or neither")
    if source is not None and axis(source) in map(axis, axes):
        raise SpecError(
            "CM006",
            f"`conv` cannot both contract and slide along `{source}`",
            help=[f"slide along it with one channel: op.conv(over={source})"],
        )
    width = many("conv", "kernel", kernel, len(axes), 1)
    apart = many("conv", "dilation", dilation, len(axes), 1)
    steps = many("conv", "stride", stride, len(axes), 1)
    windows = tuple(
        Window(k, s, d, pads(padding, k, d, amount, len(axes), i), padding)
        for i, (k, s, d) in enumerate(zip(width, steps, apart))
    )
    return common.make(
        CONV,
        name,
        source=None if source is None else axis(source),
        target=None if target is None else axis(target),
        over=tuple(common.occurrence(a) for a in axes),
        windows=windows,
        groups=index_set(groups),
        bias=bool(bias),
        init=init,
    )


def pads(
    padding: str, k: int, d: int, amount: int | tuple[int, ...] | None, count: int, i: int
) -> tuple[int, int]:
    """The padding before and after axis i."""
    reach = d * (k - 1)
    if amount is not None:
        each = many("conv", "amount", amount, count, 0)[i]
        return (each, 0) if padding == "causal" else (each, each)
    if padding == "valid":
        return (0, 0)
    if padding == "causal":
        return (reach, 0)
    if reach % 2:
        raise SpecError(
            "CM025",
            f"`conv` cannot centre windows of width {k}",
            help=["use an odd width, or say how much to pad: amount=1"],
        )
    return (reach // 2, reach // 2)


def depthwise_conv(
    channel: IndexSet | Axis | int,
    *,
    over: IndexSet | Axis | tuple[IndexSet | Axis, ...],
    kernel: int | tuple[int, ...],
    **options: Any,
) -> OpArrow:
    """A convolution of every channel by itself: ``conv(c, c, groups=c)``."""
    one = axis(channel)
    return conv(one, one, over=over, kernel=kernel, groups=one.index, **options)
