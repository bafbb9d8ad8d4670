"""Normalisation: centre, divide by a size, and rescale with weights.

Laws.  Each is natural for permutations of the axes that it averages over, and for every index map
on the axes that it carries; a weight on an axis leaves nothing of that.  ``rms_norm`` and the
Euclidean ``normalise`` commute with rotations of their axis.  ``batch_norm`` couples the samples
and keeps running statistics: it can be neither copied nor dropped, and its two modes differ (in
eval mode it is one affine function at every index).

>>> from categorical import Dim, Real, op
>>> n, c, sample = Dim.named("n c sample")
>>> box = op.batch_norm(c, over=(sample,)).op.box((Real[sample, c],))
>>> [(r.suffix, r.role) for r in box.resources][2:], box.updates
([('running_mean', 'statistic'), ('running_var', 'statistic')], ('running_mean', 'running_var'))

An axis on which it would need statistics of its own has to be named:

>>> op.batch_norm(c, over=(sample,)).at(Real[sample, c, n])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM010]: `batch_norm` does not say what becomes of the axis `n`
...
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from categorical.arrows import OpArrow
from categorical.errors import SpecError
from categorical.index import Axis, Dim, IndexSet, axis
from categorical.naturality import (
    BIJECTION,
    FUNCTION,
    LINEAR,
    NONE,
    ODD,
    ORTHOGONAL,
    NaturalityClass,
)
from categorical.ops import common
from categorical.ops.reduction import occurrences, over_axes
from categorical.records import (
    ONES,
    STATISTIC,
    TRAIN,
    WEIGHT,
    ZEROS,
    Box,
    Context,
    Generator,
    Op,
    ResourceSpec,
    Signature,
)
from categorical.spaces import Array, Real

SIGN: NaturalityClass = frozenset(("negation",))


def _places(box: Box) -> tuple[int, ...]:
    return tuple(box.dom[0].position(a) for a in over_axes(box.name, box.op, box.dom[0]))


def _mean(ctx: Context, x: Any, places: tuple[int, ...]) -> Any:
    """The mean along axes, which are kept with size 1."""
    shape = ctx.algebra.shape(x)
    kept = tuple(1 if i in places else n for i, n in enumerate(shape))
    total = ctx.algebra.structural(ctx.algebra.sum(x, places), lambda t: t.reshape(kept))
    count = 1
    for place in places:
        count *= shape[place]
    return ctx.algebra.mul(total, ctx.algebra.constant(Fraction(1, count)))


def _affine(ctx: Context, box: Box, y: Any, weight: Any, bias: Any | None) -> Any:
    spec, algebra = box.resources[0].space, ctx.algebra
    y = algebra.mul(y, common.aligned(ctx, weight, spec, box.dom[0]))
    if bias is not None:
        y = algebra.add(y, common.aligned(ctx, bias, spec, box.dom[0]))
    return y


def _over(name: str, over: Sequence[IndexSet | Axis | int]) -> tuple[IndexSet | Axis, ...]:
    if not over:
        raise SpecError("CM005", f"`{name}` needs an axis to average over")
    return occurrences(over)


def _over_input(name: str, op: Op, inputs: tuple[Array, ...]) -> tuple[Array, tuple[Axis, ...]]:
    common.count(name, inputs, 1)
    common.real(name, *inputs)
    return inputs[0], over_axes(name, op, inputs[0])


def _least(op: Op) -> tuple[Array, ...] | None:
    return (Real[tuple(axis(a) for a in op["over"])],)


# --- layer_norm -----------------------------------------------------------------------------------


def _layer_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    one, over = _over_input("layer_norm", op, inputs)
    common.check_linear_actions("layer_norm", not op["affine"], (one,))
    common.check_linear_actions("layer_norm", False, (Real[over],))
    if not op["affine"]:
        return Signature((one,))
    weight = ResourceSpec("weight", Real[over], WEIGHT, ONES)
    return Signature((one,), (weight, ResourceSpec("bias", Real[over], WEIGHT, ZEROS)))


def _layer_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    algebra, x, places = ctx.algebra, values[0], _places(box)
    centred = algebra.sub(x, _mean(ctx, x, places))
    variance = _mean(ctx, algebra.mul(centred, centred), places)
    guarded = algebra.add(variance, algebra.constant(box.op["eps"]))
    y = algebra.mul(centred, algebra.apply("rsqrt", guarded))
    return (_affine(ctx, box, y, values[1], values[2]) if box.op["affine"] else y,)


def _layer_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    acted = over_axes("layer_norm", box.op, box.dom[0])
    if common.mentions(dim, *acted):  # a weight on the axis takes this away: see Box.natural
        return BIJECTION | (SIGN if all(common.whole(dim, a.index) for a in acted) else NONE)
    return FUNCTION if box.op["affine"] else ODD


LAYER_NORM = Generator(
    "layer_norm",
    "mean 0 and variance 1 along axes, then a weight and a bias",
    _layer_typing,
    _layer_meaning,
    _layer_natural,
    least=_least,
    fragment="oracle",
)


def layer_norm(
    *over: IndexSet | Axis | int, eps: float = 1e-5, affine: bool = True, name: str = ""
) -> OpArrow:
    """``(x − mean) / √(variance + eps) · weight + bias``, mean and (biased) variance along axes."""
    common.in_range("layer_norm", "eps", eps, 0, float("inf"), top=False)
    return common.make(
        LAYER_NORM, name, over=_over("layer_norm", over), eps=eps, affine=bool(affine)
    )


# --- rms_norm -------------------------------------------------------------------------------------


def _rms_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    one, over = _over_input("rms_norm", op, inputs)
    rest = (one.with_axes(tuple(a for a in one.axes if a not in over)),)
    common.check_linear_actions("rms_norm", True, (one,) if op["affine"] else rest)
    weight = ResourceSpec("weight", Real[over], WEIGHT, ONES)
    return Signature((one,), (weight,) if op["affine"] else ())


def _rms_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    algebra, x = ctx.algebra, values[0]
    power = _mean(ctx, algebra.mul(x, x), _places(box))
    guarded = algebra.add(power, algebra.constant(box.op["eps"]))
    y = algebra.mul(x, algebra.apply("rsqrt", guarded))
    return (_affine(ctx, box, y, values[1], None) if box.op["affine"] else y,)


def _rms_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    acted = over_axes("rms_norm", box.op, box.dom[0])
    return ORTHOGONAL if common.mentions(dim, *acted) else ODD


RMS_NORM = Generator(
    "rms_norm",
    "mean square 1 along axes, then a weight",
    _rms_typing,
    _rms_meaning,
    _rms_natural,
    linear=lambda box: (1,) if box.op["affine"] else None,
    least=_least,
    fragment="oracle",
)


def rms_norm(
    *over: IndexSet | Axis | int, eps: float = 1e-6, affine: bool = True, name: str = ""
) -> OpArrow:
    """``x / √(mean of x² + eps) · weight`` along axes."""
    common.in_range("rms_norm", "eps", eps, 0, float("inf"), top=False)
    return common.make(RMS_NORM, name, over=_over("rms_norm", over), eps=eps, affine=bool(affine))


# --- normalise ------------------------------------------------------------------------------------


def _normalise_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    one, over = _over_input("normalise", op, inputs)
    rest = one.with_axes(tuple(a for a in one.axes if a not in over))
    common.check_linear_actions("normalise", True, (rest,) if op["p"] == 2 else (one,))
    return Signature((one,))


def _normalise_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    algebra, x, places = ctx.algebra, values[0], _places(box)
    kept = tuple(1 if i in places else n for i, n in enumerate(algebra.shape(x)))
    size = algebra.mul(x, x) if box.op["p"] == 2 else algebra.apply("abs", x)
    total = algebra.structural(algebra.sum(size, places), lambda t: t.reshape(kept))
    guarded = algebra.add(total, algebra.constant(box.op["eps"]))
    return (algebra.mul(x, algebra.apply("rsqrt" if box.op["p"] == 2 else "reciprocal", guarded)),)


def _normalise_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    acted = over_axes("normalise", box.op, box.dom[0])
    if not common.mentions(dim, *acted):
        return ODD
    return ORTHOGONAL if box.op["p"] == 2 else ORTHOGONAL - {"orthogonal"}


NORMALISE = Generator(
    "normalise",
    "norm 1 along axes",
    _normalise_typing,
    _normalise_meaning,
    _normalise_natural,
    least=_least,
    fragment="oracle",
)


def normalise(*over: IndexSet | Axis | int, p: int = 2, eps: float = 1e-12) -> OpArrow:
    """``x / √(Σ x² + eps)`` along axes, or ``x / (Σ |x| + eps)`` with ``p=1``."""
    if p not in (1, 2):
        raise SpecError("CM041", f"`normalise` by the {p}-norm", help=["p is 1 or 2"])
    common.in_range("normalise", "eps", eps, 0, float("inf"), top=False)
    return common.make(NORMALISE, over=_over("normalise", over), p=p, eps=eps)


# --- batch_norm -----------------------------------------------------------------------------------


def _batch_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    one, over = _over_input("batch_norm", op, inputs)
    feature = common.pick("batch_norm", one, op["feature"], extends=True)
    for a in one.axes:
        if a is not feature and a not in over:
            raise SpecError(
                "CM010",
                f"`batch_norm` does not say what becomes of the axis `{a}`",
                facts=[("input", str(one)), ("statistics", f"one for each {feature}")],
                help=[f"average over it too: over=({', '.join(map(str, (*over, a)))})"],
            )
    common.check_linear_actions("batch_norm", False, (one,))
    space = Real[feature]
    resources = (
        ResourceSpec("weight", space, WEIGHT, ONES),
        ResourceSpec("bias", space, WEIGHT, ZEROS),
        ResourceSpec("running_mean", space, STATISTIC, ZEROS),
        ResourceSpec("running_var", space, STATISTIC, ONES),
    )
    return Signature((one,), resources, ("running_mean", "running_var"))


def _batch_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    algebra, (x, weight, bias, old_mean, old_var) = ctx.algebra, values
    space, one = box.resources[0].space, box.dom[0]
    mean, variance = old_mean, old_var
    new_mean, new_var = old_mean, old_var
    if ctx.mode == TRAIN:
        places = _places(box)
        count = 1
        for place in places:
            count *= algebra.shape(x)[place]
        wide_mean = _mean(ctx, x, places)
        centred = algebra.sub(x, wide_mean)
        wide_var = _mean(ctx, algebra.mul(centred, centred), places)
        mean, variance = (
            algebra.structural(v, lambda a: a.reshape(-1)) for v in (wide_mean, wide_var)
        )
        momentum = Fraction(box.op["momentum"])
        # the running variance is the unbiased one; a single value has none, and counts as 0
        unbiased = Fraction(count, max(count - 1, 1))
        new_mean = _blend(ctx, momentum, old_mean, mean, Fraction(1))
        new_var = _blend(ctx, momentum, old_var, variance, unbiased)
    guarded = algebra.add(variance, algebra.constant(box.op["eps"]))
    scale = common.aligned(ctx, algebra.mul(algebra.apply("rsqrt", guarded), weight), space, one)
    y = algebra.mul(algebra.sub(x, common.aligned(ctx, mean, space, one)), scale)
    return (algebra.add(y, common.aligned(ctx, bias, space, one)), new_mean, new_var)


def _blend(ctx: Context, momentum: Fraction, old: Any, new: Any, factor: Fraction) -> Any:
    """``(1 − momentum) · old + momentum · factor · new``."""
    algebra = ctx.algebra
    kept = algebra.mul(old, algebra.constant(1 - momentum))
    return algebra.add(kept, algebra.mul(new, algebra.constant(momentum * factor)))


def _batch_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    acted = over_axes("batch_norm", box.op, box.dom[0])
    if not common.mentions(dim, *acted):
        return LINEAR  # the dim does not occur: every axis is the feature or averaged over
    return BIJECTION if mode == TRAIN else FUNCTION


def _batch_least(op: Op) -> tuple[Array, ...] | None:
    first, *rest = (axis(a) for a in op["over"])
    return (Real[(first, axis(op["feature"]), *rest)],)


BATCH_NORM = Generator(
    "batch_norm",
    "mean 0 and variance 1 of each feature over a batch, with running statistics",
    _batch_typing,
    _batch_meaning,
    _batch_natural,
    least=_batch_least,
    fragment="oracle",
    copy_natural=False,
    discard_natural=False,
    stateful=True,
)


def batch_norm(
    feature: IndexSet | Axis | int,
    over: Sequence[IndexSet | Axis | int],
    eps: float = 1e-5,
    momentum: float = 0.1,
    name: str = "",
) -> OpArrow:
    """Batch normalisation of each ``feature`` over the axes ``over`` (the samples among them).

    In train mode with the mean and biased variance of the batch, and the running statistics move
    by ``momentum`` towards the mean and the unbiased variance; in eval mode with the running ones.
    (One value a feature has no unbiased variance: it counts as 0 here, and torch refuses it.)
    """
    if not over:
        raise SpecError(
            "CM005", "`batch_norm` needs an axis to average over", help=["over=(sample,)"]
        )
    common.in_range("batch_norm", "eps", eps, 0, float("inf"), top=False)
    common.in_range("batch_norm", "momentum", momentum, 0, 1)
    return common.make(
        BATCH_NORM,
        name,
        feature=occurrences((feature,))[0],
        over=_over("batch_norm", over),
        eps=eps,
        momentum=momentum,
    )
