"""The operations: the public surface of the generators (``from categorical import op``).

Constants of this module (``op.relu``, ``op.add``) are arrows; functions (``op.linear(c, h)``,
``op.mean(n)``) make arrows.  All are polymorphic over axes that they do not mention.

>>> from categorical import Dim, Real, op
>>> n, c = Dim.named("n c")
>>> (op.relu >> op.mean(n)).at(Real[n, c])
(relu >> mean): Real[n, c] → Real[c]

An operation that does not exist is an ordinary attribute error:

>>> op.rleu
Traceback (most recent call last):
...
AttributeError: module 'categorical.op' has no attribute 'rleu'
"""

from __future__ import annotations

import inspect

from categorical.arrows import OpArrow
from categorical.checked import checked
from categorical.index import Axis, IndexSet
from categorical.ops import pointwise as _pointwise
from categorical.ops import reduction as _reduction
from categorical.ops.axes import (
    diagonal,
    expand,
    merge,
    relabel,
    split,
    squeeze,
    transpose,
    unsqueeze,
)
from categorical.ops.common import finite as _finite
from categorical.ops.constant import (
    band_mask,
    causal_mask,
    eye,
    full,
    full_like,
    ones,
    parameter,
    positions,
    table,
    zeros,
)
from categorical.ops.contraction import contract, einsum, linear
from categorical.ops.convolution import conv, depthwise_conv
from categorical.ops.hom import hom
from categorical.ops.indexing import (
    compose_indices,
    degree,
    embedding,
    gather,
    one_hot,
    scatter,
)
from categorical.ops.logic import (
    equal,
    indicator,
    less,
    less_equal,
    logical_and,
    logical_not,
    logical_or,
    where,
)
from categorical.ops.noise import dropout, gaussian_noise, gumbel_noise
from categorical.ops.norm import batch_norm, layer_norm, normalise, rms_norm
from categorical.ops.opaque import opaque
from categorical.ops.order import argmax, logsumexp
from categorical.ops.order import largest as max
from categorical.ops.order import smallest as min
from categorical.ops.pointwise import (
    add,
    div,
    maximum,
    minimum,
    mul,
    neg,
    scale,
    scale_root,
    sub,
)
from categorical.ops.pooling import avg_pool, max_pool
from categorical.ops.steerable import steerable_conv
from categorical.ops.sums import concat, flip, roll, take, unconcat
from categorical.ops.sums import slice_axis as slice

relu = _pointwise.unary("relu")
gelu = _pointwise.unary("gelu")
gelu_tanh = _pointwise.unary("gelu_tanh")
silu = _pointwise.unary("silu")
sigmoid = _pointwise.unary("sigmoid")
tanh = _pointwise.unary("tanh")
exp = _pointwise.unary("exp")
log = _pointwise.unary("log")
sqrt = _pointwise.unary("sqrt")
rsqrt = _pointwise.unary("rsqrt")
softplus = _pointwise.unary("softplus")
elu = _pointwise.unary("elu")
hard_tanh = _pointwise.unary("hard_tanh")
softsign = _pointwise.unary("softsign")
abs = _pointwise.unary("abs")
sin = _pointwise.unary("sin")
cos = _pointwise.unary("cos")
square = _pointwise.unary("square")
reciprocal = _pointwise.unary("reciprocal")
erf = _pointwise.unary("erf")
mish = _pointwise.unary("mish")
relu6 = _pointwise.unary("relu6")
logsigmoid = _pointwise.unary("logsigmoid")
log1p = _pointwise.unary("log1p")
sign = _pointwise.unary("sign")


def leaky_relu(slope: float = 0.01) -> OpArrow:
    """``x`` where it is positive, ``slope · x`` elsewhere."""
    return _pointwise.unary("leaky_relu", slope=_finite("leaky_relu", slope))


def sum(*over: IndexSet | Axis, masked: bool = False) -> OpArrow:
    """The sum along axes; ``masked`` adds a second input, a ``Bool`` mask of what counts."""
    return _reduction.reduction(_reduction.SUM, over, masked)


def mean(*over: IndexSet | Axis, masked: bool = False) -> OpArrow:
    """The mean along axes; the mean of nothing (everything masked) is 0."""
    return _reduction.reduction(_reduction.MEAN, over, masked)


def softmax(*over: IndexSet | Axis, masked: bool = False) -> OpArrow:
    """exp, normalised along axes; a row that is masked everywhere gives zeros."""
    return _reduction.reduction(_reduction.SOFTMAX, over, masked)


# A number where an axis belongs is refused when the arrow is made (CM042).
globals().update(
    {
        name: checked(value)
        for name, value in list(globals().items())
        if inspect.isfunction(value) and not name.startswith("_") and name != "checked"
    }
)

__all__ = [
    "abs",
    "add",
    "argmax",
    "avg_pool",
    "band_mask",
    "batch_norm",
    "causal_mask",
    "compose_indices",
    "concat",
    "contract",
    "conv",
    "cos",
    "degree",
    "depthwise_conv",
    "diagonal",
    "div",
    "dropout",
    "einsum",
    "elu",
    "embedding",
    "equal",
    "erf",
    "exp",
    "expand",
    "eye",
    "flip",
    "full",
    "full_like",
    "gather",
    "gaussian_noise",
    "gelu",
    "gelu_tanh",
    "gumbel_noise",
    "hard_tanh",
    "hom",
    "indicator",
    "layer_norm",
    "leaky_relu",
    "less",
    "less_equal",
    "linear",
    "log",
    "log1p",
    "logical_and",
    "logical_not",
    "logical_or",
    "logsigmoid",
    "logsumexp",
    "max",
    "max_pool",
    "maximum",
    "mean",
    "merge",
    "min",
    "minimum",
    "mish",
    "mul",
    "neg",
    "normalise",
    "one_hot",
    "ones",
    "opaque",
    "parameter",
    "positions",
    "reciprocal",
    "relabel",
    "relu",
    "relu6",
    "rms_norm",
    "roll",
    "rsqrt",
    "scale",
    "scale_root",
    "scatter",
    "sigmoid",
    "sign",
    "silu",
    "sin",
    "slice",
    "softmax",
    "softplus",
    "softsign",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "steerable_conv",
    "sub",
    "sum",
    "table",
    "take",
    "tanh",
    "transpose",
    "unconcat",
    "unsqueeze",
    "where",
    "zeros",
]
