"""Noise: boxes that draw random numbers while they are trained.

Definition.  A noisy box is a deterministic one with a private noise wire of the type of its input;
in eval mode it is the identity.

Laws.  In eval mode it is natural for everything.  In train mode a map must also keep the law of the
noise: permutations and restrictions do (independent, equally distributed entries), and rotations
where it is Gaussian; repeating an index does not.  Two uses are two draws, so it is not copied.

>>> from categorical import Dim, Real, op
>>> n, c = Dim.named("n c")
>>> box = op.dropout(0.5).op.box((Real[n, c],))
>>> [(r.suffix, r.space, r.role, r.init.kind) for r in box.resources]
[('mask', Real[n, c], 'noise', 'bernoulli')]

A probability lies between 0 and 1:

>>> op.dropout(1.5)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM041]: `dropout`: the probability is 1.5
...
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from categorical.arrows import OpArrow
from categorical.index import Dim
from categorical.naturality import BIJECTION, LINEAR, ORTHOGONAL, PREFIX, NaturalityClass
from categorical.ops import common
from categorical.records import (
    NOISE,
    TRAIN,
    Box,
    Context,
    Generator,
    Init,
    Op,
    ResourceSpec,
    Signature,
)
from categorical.spaces import Array, Real


def _noisy(
    name: str,
    summary: str,
    suffix: str,
    kept: NaturalityClass,
    meaning: Any,
    init: Any,
    linear: tuple[int, ...] | None,
) -> Generator:
    """A noisy generator; ``kept`` is the class of maps that keep the law of its noise."""

    def typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
        common.count(name, inputs, 1)
        common.real(name, *inputs)
        if "orthogonal" not in kept:
            common.check_linear_actions(name, name == "dropout", inputs)
        return Signature(inputs, (ResourceSpec(suffix, inputs[0], NOISE, init(op)),))

    def natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
        return kept if mode == TRAIN and dim in box.dom[0].atoms else LINEAR

    def value(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
        return (meaning(ctx, box, *values) if ctx.mode == TRAIN else values[0],)

    return Generator(
        name,
        summary,
        typing,
        value,
        natural,
        linear=lambda box: linear,
        least=lambda op: (Real.scalar,),
        copy_natural=False,
    )


def _dropped(ctx: Context, box: Box, x: Any, mask: Any) -> Any:
    scale = ctx.algebra.constant(1 / (1 - Fraction(box.op["p"])))
    return ctx.algebra.mul(ctx.algebra.mul(x, mask), scale)


DROPOUT = _noisy(
    "dropout",
    "each entry is 0 with probability p, else divided by 1 − p",
    "mask",
    BIJECTION | PREFIX,
    _dropped,
    lambda op: Init("bernoulli", (1 - op["p"],)),
    (0,),
)


def dropout(p: float) -> OpArrow:
    """In train mode each entry is 0 with probability ``p`` and divided by ``1 − p`` otherwise."""
    return common.make(DROPOUT, p=common.in_range("dropout", "the probability", p, 0, 1, top=False))


GUMBEL = _noisy(
    "gumbel_noise",
    "adds a standard Gumbel sample to each entry",
    "noise",
    BIJECTION | PREFIX,
    lambda ctx, box, x, noise: ctx.algebra.add(x, noise),
    lambda op: Init("gumbel"),
    None,
)

gumbel_noise = common.make(GUMBEL)


def _blurred(ctx: Context, box: Box, x: Any, noise: Any) -> Any:
    return ctx.algebra.add(x, ctx.algebra.mul(noise, ctx.algebra.constant(box.op["std"])))


GAUSSIAN = _noisy(
    "gaussian_noise",
    "adds a Gaussian sample to each entry",
    "noise",
    ORTHOGONAL | PREFIX,
    _blurred,
    lambda op: Init("normal", (1.0,)),
    None,
)


def gaussian_noise(std: float) -> OpArrow:
    """In train mode adds independent Gaussian noise of mean 0 and deviation ``std``."""
    top = float("inf")
    return common.make(
        GAUSSIAN, std=common.in_range("gaussian_noise", "the deviation", std, 0, top, top=False)
    )
