"""Contractions: multilinear maps that sum over axes (``linear``, ``einsum``).

Laws.  A contraction is linear in each factor.  On an axis that is kept in one factor it is natural
for every matrix; on an axis kept in several for every index map; on a contracted axis for
orthogonal matrices (if two data factors have it) or permutations.

>>> from categorical import Dim, Real, op
>>> n, c, h = Dim.named("n c h")
>>> op.linear(c, h).at(Real[c, n])
linear: Real[c, n] → Real[h, n]

The output of an einsum names every axis that is kept, and only such:

>>> op.einsum(n, h).at(Real[n, c], Real[c])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM005]: `einsum` keeps the axis `h`, which no factor has
...
"""

from __future__ import annotations

from typing import Any

from categorical.arrows import OpArrow
from categorical.errors import SpecError
from categorical.index import Axis, Dim, IndexSet, axis
from categorical.naturality import BIJECTION, FUNCTION, LINEAR, ORTHOGONAL, NaturalityClass
from categorical.ops import common
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

# --- linear -----------------------------------------------------------------------------


def _linear_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("linear", inputs, 1)
    common.numeric("linear", *inputs)
    source, target = op["source"], op["target"]
    common.has("linear", inputs[0], source)
    out = common.replace_axis(inputs[0], source, target)
    init = op["init"] or Init("uniform", (source.size,))
    weight = Real[_fresh(target, source), source]
    resources = [ResourceSpec("weight", weight, WEIGHT, init)]
    if op["bias"]:
        bias = ZEROS if op["init"] else Init("uniform", (source.size,))
        resources.append(ResourceSpec("bias", Real[target], WEIGHT, bias))
    return Signature((out,), tuple(resources))


def _fresh(target: Axis, source: Axis) -> Axis:
    """The output axis of a weight; labelled where it is the input axis itself."""
    return Axis(target.index, (target.label + "_out").strip("_")) if target is source else target


def _linear_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    algebra, (x, weight, *bias) = ctx.algebra, values
    rank = len(box.dom[0].axes)
    place = box.dom[0].position(box.op["source"])
    letters = "abcdefghijklmnopqrstuvwxyz"[:rank]
    out = letters[:place] + "Z" + letters[place + 1 :]
    y = algebra.einsum(f"{letters},Z{letters[place]}->{out}", x, weight)
    if bias:
        shape = [1] * rank
        shape[place] = algebra.shape(bias[0])[0]
        y = algebra.add(y, algebra.structural(bias[0], lambda b: b.reshape(shape)))
    return (y,)


def _linear_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    if box.op["bias"]:  # a constant is added at every index: only index maps preserve it
        return FUNCTION
    return LINEAR


LINEAR_MAP = Generator(
    "linear",
    "an affine map of one axis to another, with a weight and a bias",
    _linear_typing,
    _linear_meaning,
    _linear_natural,
    linear=lambda box: (0, 1) if not box.op["bias"] else (),
    least=lambda op: (Real[op["source"]],),
)


def linear(
    source: IndexSet | Axis,
    target: IndexSet | Axis | int,
    bias: bool = True,
    name: str = "",
    init: Init | None = None,
) -> OpArrow:
    """``y = W x + b`` along one axis: ``Real[…, source, …] → Real[…, target, …]``.

    The weight is ``Real[target, source]`` and starts uniform in ±1/√|source|, as torch's.
    """
    return common.make(
        LINEAR_MAP, name, source=axis(source), target=axis(target), bias=bool(bias), init=init
    )


# --- einsum -----------------------------------------------------------------------------


def _einsum_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    if not inputs:
        raise SpecError("CM007", "`einsum` needs at least one factor")
    common.numeric("einsum", *inputs)
    keep: tuple[Axis, ...] = op["keep"]
    over: tuple[Axis, ...] | None = op["over"]
    present = [a for one in inputs for a in one.axes]
    for wanted in keep:
        if wanted not in present:
            similar = sorted({str(a) for a in present if a.index is wanted.index})
            raise SpecError(
                "CM005",
                f"`einsum` keeps the axis `{wanted}`, which no factor has",
                facts=[(f"factor {i}", str(one)) for i, one in enumerate(inputs)],
                help=[f"a factor has {s}: keep that one" for s in similar],
            )
    if over is None:
        return Signature((Real[keep],))
    carried = tuple(a for a in dict.fromkeys(present) if a not in keep and a not in over)
    return Signature((Real[(*carried, *keep)],))


def _einsum_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    *factors, out = ctx.letters(*box.dom, box.cod[0])
    return (ctx.algebra.einsum(",".join(factors) + "->" + out, *values),)


def _einsum_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    result = LINEAR
    for one in dict.fromkeys(a for array in box.dom for a in array.axes):
        if dim not in one.index.atoms:
            continue
        holders = sum(one in array.axes for array in box.dom)
        if one in box.cod[0].axes:
            result &= LINEAR if holders == 1 else FUNCTION
        else:
            result &= ORTHOGONAL if holders == 2 and one.index is dim else BIJECTION
    return result


EINSUM = Generator(
    "einsum",
    "the product of factors summed over the axes that are not kept",
    _einsum_typing,
    _einsum_meaning,
    _einsum_natural,
    linear=lambda box: tuple(range(len(box.dom))),
    loose=lambda op: frozenset(range(64)),
)


class Einsum(OpArrow):
    """An einsum before its factors are known: it then fixes which axes are summed."""

    __slots__ = ()

    def pinned(self, inputs: tuple[Array, ...]) -> Op:
        keep = self.op["keep"]
        over = tuple(dict.fromkeys(a for one in inputs for a in one.axes if a not in keep))
        return Op(EINSUM, keep=keep, over=over)

    def codomain(self, types: Any) -> Any:
        return self.pinned(types).box(types).cod

    def retype(self, types: Any) -> Any:
        op = self.pinned(types)
        return OpArrow(op, self.name, types, op.box(types).cod)

    def emit(self, builder: Any, ins: Any, origin: Any) -> Any:
        types = tuple(builder.graph.types[w] for w in ins)
        return builder.apply(self.pinned(types), ins, self.name, origin)


def einsum(*keep: IndexSet | Axis) -> OpArrow:
    """The product of the factors, summed over every axis that is not in ``keep``.

    ``op.einsum(h, n, n.at("key"))(q, k)`` contracts the remaining axes of q and k.
    """
    return Einsum(Op(EINSUM, keep=tuple(axis(a) for a in keep), over=None))


def contract(*over: IndexSet | Axis) -> OpArrow:
    """The product of the factors, summed over the axes ``over`` and over nothing else."""
    return OpArrow(Op(EINSUM, keep=(), over=tuple(axis(a) for a in over)))
