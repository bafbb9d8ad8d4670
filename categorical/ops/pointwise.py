"""Pointwise operations: one scalar function at every index.

Law.  A pointwise operation is natural for every map of index sets (copying, dropping, permuting
indices); an odd one also for signs; a linear one for every matrix.

>>> from categorical import Dim, Real, op
>>> n, v = Dim("n"), Dim("v", size=3, action="rotation")
>>> op.relu.at(Real[n])
relu: Real[n] → Real[n]

On a rotation axis it would depend on the choice of coordinates:

>>> op.relu.at(Real[n, v])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM017]: `relu` does not apply to the rotation axis `v`
...
"""

from __future__ import annotations

from typing import Any

from categorical.arrows import OpArrow
from categorical.index import Dim, IndexSet, index_set
from categorical.naturality import FUNCTION, LINEAR, ODD, ORTHOGONAL, NaturalityClass
from categorical.ops import common
from categorical.records import Box, Context, Generator, Op, Signature
from categorical.spaces import Array, Real

ODD_FUNCTIONS = frozenset(("tanh", "softsign", "hard_tanh", "sin", "erf", "sign", "reciprocal"))
POINTWISE = [
    "relu",
    "gelu",
    "gelu_tanh",
    "silu",
    "sigmoid",
    "tanh",
    "exp",
    "log",
    "sqrt",
    "rsqrt",
    "softplus",
    "elu",
    "leaky_relu",
    "hard_tanh",
    "softsign",
    "abs",
    "sin",
    "cos",
    "square",
    "reciprocal",
    "erf",
    "mish",
    "relu6",
    "logsigmoid",
    "log1p",
    "sign",
]


def _unary(name: str) -> Generator:
    odd = name in ODD_FUNCTIONS

    def typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
        common.count(name, inputs, 1)
        common.numeric(name, *inputs)
        common.check_linear_actions(name, odd, inputs)
        return Signature(inputs)

    def meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
        params = {k: float(v) for k, v in box.op.attrs.items()}
        return (ctx.algebra.apply(name, values[0], **params),)

    def natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
        return ODD if odd else FUNCTION

    return Generator(
        name,
        f"{name} at every index",
        typing,
        meaning,
        natural,
        least=lambda op: (Real.scalar,),
        fragment="exact" if name in ("square", "reciprocal") else "oracle",
    )


UNARY = {name: _unary(name) for name in POINTWISE}


def unary(name: str, **attrs: float) -> OpArrow:
    """The open arrow of a pointwise function."""
    return common.make(UNARY[name], "", **attrs)


# --- arithmetic of two wires -------------------------------------------------------------------


def _arithmetic(name: str, summary: str, linear: str | tuple[int, ...] | None) -> Generator:
    def typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
        common.count(name, inputs, 2)
        common.numeric(name, *inputs)
        if linear != "joint":
            common.check_linear_actions(name, False, inputs)
        return Signature((common.same(name, inputs),))

    def meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
        return (getattr(ctx.algebra, name)(*values),)

    def natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
        return LINEAR if linear == "joint" else FUNCTION

    return Generator(
        name,
        summary,
        typing,
        meaning,
        natural,
        linear=lambda box: linear,
        least=lambda op: (Real.scalar, Real.scalar),
        fragment="ordered" if name in ("maximum", "minimum") else "exact",
    )


ADD = _arithmetic("add", "the sum of two wires", "joint")
SUB = _arithmetic("sub", "the difference of two wires", "joint")
MUL = _arithmetic("mul", "the product of two wires at every index", (0, 1))
DIV = _arithmetic("div", "the quotient of two wires at every index", (0,))
MAXIMUM = _arithmetic("maximum", "the larger of two wires at every index", None)
MINIMUM = _arithmetic("minimum", "the smaller of two wires at every index", None)

add, sub, mul, div = (common.make(g) for g in (ADD, SUB, MUL, DIV))
maximum, minimum = common.make(MAXIMUM), common.make(MINIMUM)


# --- scaling -------------------------------------------------------------------


def _scale_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count(op.name, inputs, 1)
    common.numeric(op.name, *inputs)
    return Signature(inputs)


def _scale_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    algebra = ctx.algebra
    return (algebra.mul(values[0], algebra.constant(box.op["by"])),)


SCALE = Generator(
    "scale",
    "multiplication by a fixed number",
    _scale_typing,
    _scale_meaning,
    lambda box, dim, mode: LINEAR,
    linear=lambda box: "joint",
    least=lambda op: (Real.scalar,),
)


def scale(by: float) -> OpArrow:
    """Multiplication by the number ``by``."""
    return common.make(SCALE, by=common.finite("scale", by))


neg = scale(-1)


def _root_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    algebra, size = ctx.algebra, ctx.size(box.op["of"])
    return (algebra.mul(values[0], algebra.apply("rsqrt", algebra.constant(size))),)


def _root_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    """A map to another number of indices changes the factor."""
    return ORTHOGONAL if dim in box.op["of"].atoms else LINEAR


SCALE_ROOT = Generator(
    "scale_root",
    "division by the square root of a size",
    _scale_typing,
    _root_meaning,
    _root_natural,
    linear=lambda box: "joint",
    least=lambda op: (Real.scalar,),
    fragment="oracle",
)


def scale_root(of: IndexSet | int) -> OpArrow:
    """Division by ``√|of|``, as for the scores of an attention."""
    return common.make(SCALE_ROOT, of=index_set(of))
