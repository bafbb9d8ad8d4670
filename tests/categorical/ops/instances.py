"""Sample instances of every generator, for the tests that hold for all of them.

``INSTANCES`` maps a name to an ``Instance``: an operation at input types, with sizes at which to
try it.  A name is that of the generator, with a word more where one has several.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from categorical import Bool, Dim, Fin, Real, op
from categorical.arrows import Arrow
from categorical.diagrams import pair_diagrams, partition_diagrams
from categorical.exact import Basis
from categorical.records import Box, Context, Generator
from categorical.spaces import Array

n, c, h, e, s, v = Dim.named("n c h e s v")
fixed = Dim("three", size=3)
KEY = n.at("key")
SIZES = {"n": 4, "c": 3, "h": 2, "e": 5, "s": 3, "v": 3}


@dataclass(frozen=True)
class Instance:
    """An operation at input types; ``positive`` where its real inputs must be."""

    name: str
    arrow: Arrow
    types: tuple[Array, ...]
    positive: bool = False
    sizes: dict[str, int] = field(default_factory=lambda: dict(SIZES))

    @property
    def box(self) -> Box:
        """The operation at its input types."""
        return self.arrow.retype(self.types).op.box(self.types)

    @property
    def generator(self) -> Generator:
        return self.box.generator

    def context(self, algebra, mode: str = "eval") -> Context:
        return Context(algebra, self.sizes, mode)

    def __repr__(self) -> str:
        return self.name


INSTANCES: dict[str, Instance] = {}


def add(name: str, arrow: Arrow, *types: Array, positive: bool = False, **sizes: int) -> None:
    """Register an instance; ``sizes`` change the common ones."""
    assert name not in INSTANCES
    INSTANCES[name] = Instance(name, arrow, types, positive, {**SIZES, **sizes})


POSITIVE = ("log", "log1p", "sqrt", "rsqrt", "reciprocal")


def _pointwise() -> None:
    from categorical.ops.pointwise import UNARY

    for name in UNARY:
        arrow = op.leaky_relu(0.1) if name == "leaky_relu" else getattr(op, name)
        add(name, arrow, Real[n, c], positive=name in POSITIVE)
    for name in ("add", "sub", "mul", "div", "maximum", "minimum"):
        add(name, getattr(op, name), Real[n, c], Real[n, c])
    add("scale", op.scale(-2), Real[n, c])
    add("scale_root", op.scale_root(c), Real[n, c])


def _contractions() -> None:
    add("linear", op.linear(c, h), Real[n, c])
    add("linear.plain", op.linear(c, h, bias=False), Real[c, n])
    add("einsum", op.einsum(n, h), Real[n, c], Real[c, h])
    add("einsum.scores", op.einsum(h, n, KEY), Real[n, h, c], Real[KEY, h, c])
    add("einsum.hadamard", op.einsum(n, c), Real[n, c], Real[n, c])


def _reductions() -> None:
    for name in ("sum", "mean", "softmax", "max", "min", "logsumexp"):
        make = getattr(op, name)
        add(name, make(n), Real[n, c])
        add(f"{name}.masked", make(n, masked=True), Real[n, c], Bool[n])
        add(f"{name}.several", make(n, h), Real[h, c, n])
        add(f"{name}.occurrence", make(KEY, masked=True), Real[n, KEY, c], Bool[n, KEY])
    add("argmax", op.argmax(n), Real[n, c])
    add("argmax.occurrence", op.argmax(KEY), Real[n, KEY])


def _norms() -> None:
    for name in ("layer_norm", "rms_norm"):
        make = getattr(op, name)
        add(name, make(c), Real[n, c])
        add(f"{name}.plain", make(c, affine=False, eps=0.1), Real[c, n])
        add(f"{name}.several", make(c, h), Real[h, n, c])
    add("normalise", op.normalise(c), Real[n, c])
    add("normalise.1", op.normalise(c, p=1, eps=0.1), Real[n, c])
    add("batch_norm", op.batch_norm(c, over=(s,)), Real[s, c])
    add("batch_norm.images", op.batch_norm(c, over=(s, n, h)), Real[s, c, n, h])


def _logic() -> None:
    for name in ("less", "less_equal", "equal"):
        add(name, getattr(op, name), Real[n, c], Real[n, c])
        add(f"{name}.indices", getattr(op, name), Fin(v)[n], Fin(v)[n], v=2)
    for name in ("logical_and", "logical_or"):
        add(name, getattr(op, name), Bool[n], Bool[n])
    add("logical_not", op.logical_not, Bool[n])
    add("indicator", op.indicator, Bool[n, c])
    add("where", op.where, Bool[n], Real[n, c], Real[n, c])
    add("where.indices", op.where, Bool[c, n], Fin(v)[n, c], Fin(v)[n, c])


def _constants() -> None:
    add("full", op.full(Real[n, c], 2.5))
    add("full.zero", op.zeros(Real[n, c]))
    add("full.index", op.full(Fin(v)[n], 0))
    add("full.mask", op.full(Bool[n], True))
    add("full_like", op.full_like(2), Real[n, c])
    add("full_like.zero", op.full_like(0), Real[n, c])
    add("eye", op.eye(n, KEY))
    add("eye.product", op.eye(h * c, (h * c).at("key")))
    add("causal_mask", op.causal_mask(n, KEY))
    add("causal_mask.strict", op.causal_mask(n, KEY, strict=True))
    add("band_mask", op.band_mask(n, KEY, 1, 0))
    add("positions", op.positions(n))
    add("positions.product", op.positions(h * c))
    add("table", op.table(Real[fixed], [0, 0.5, 2]))
    add("parameter", op.parameter(Real[n, c], name="query"))


def _noise() -> None:
    add("dropout", op.dropout(0.25), Real[n, c])
    add("gumbel_noise", op.gumbel_noise, Real[n, c])
    add("gaussian_noise", op.gaussian_noise(0.5), Real[n, c])


def _axes() -> None:
    add("expand", op.expand(n), Real[c])
    add("relabel", op.relabel(n, KEY), Real[n, c])
    add("transpose", op.transpose(c, n), Real[n, c])
    add("merge", op.merge(n, c), Real[n, h, c])
    add("split", op.split(h * c, h), Real[n, h * c])
    add("split.quotient", op.split(c, h), Real[n, c], c=6)
    add("squeeze", op.squeeze(), Real[n, 1])
    add("diagonal", op.diagonal(n, KEY), Real[n, KEY, c])
    add("concat", op.concat(n, h), Real[n, c], Real[h, c])
    add("unconcat", op.unconcat(n, h), Real[n + h, c])
    add("slice", op.slice(n, 1, -1), Real[n, c])
    add("slice.prefix", op.slice(n, 0, 2), Real[n, c])
    add("take", op.take(n, 0), Real[n, c])
    add("take.last", op.take(n, -1), Real[n, c])
    add("merge.apart", op.merge(c, n), Real[n, h, c])
    add("flip", op.flip(n), Real[n, c])
    add("roll", op.roll(n, 1), Real[n, c])


def _windows() -> None:
    add("conv", op.conv(c, h, over=n, kernel=3, padding="circular"), Real[c, n], n=5)
    add("conv.zero", op.conv(c, h, over=n, kernel=3), Real[c, n], n=5)
    add("conv.causal", op.conv(c, h, over=n, kernel=2, padding="causal"), Real[c, n, e], n=5)
    add("conv.plain", op.conv(c, h, over=(n, e), kernel=3, bias=False), Real[n, c, e], n=5)
    around = dict(kernel=3, padding="circular", bias=False)
    add("conv.plane", op.conv(c, h, over=(n, e), **around), Real[c, n, e], n=5)
    add("conv.groups", op.conv(4, 6, over=n, kernel=3, groups=2), Real[n, 4])
    add("conv.reflect", op.conv(c, h, over=n, kernel=3, padding="reflect", stride=2), Real[c, n])
    add("conv.filter", op.conv(over=n, kernel=3, padding="circular"), Real[n, c])
    add("conv.depthwise", op.depthwise_conv(c, over=n, kernel=3, dilation=2), Real[n, c], n=6)
    kernels = Basis((1, 2, 3), 3, [0, 0, 1, 1, 2], [0, 5, 2, 3, 1], [1, 1, 1, -1, 2])
    fixed = Basis((1, 1), 1, [0], [0], [1])
    pair = Dim("pair", size=2)
    turned = {"channels": (c, h), "over": n, "bias": fixed, "padding": "circular"}
    add("steerable_conv", op.steerable_conv(kernels, pair, (), **turned), Real[c, pair, n], n=5)
    square = Basis((2, 1, 2, 2), 2, [0, 0, 1, 1], [0, 7, 0, 3], [1, 1, Fraction(1, 2), 1])
    plane = {"over": (n, e), "stride": 2, "padding": "valid"}
    add("steerable_conv.plane", op.steerable_conv(square, (), pair, **plane), Real[n, c, e], n=5)
    pairs = Basis((2, 2), 2, [0, 0, 1], [0, 3, 1], [1, 1, 3])
    both = Basis((2, 1), 1, [0, 0], [0, 1], [1, 2])
    cross = Basis((2, 2, 2), 1, [0, 0, 0], [0, 3, 5], [1, Fraction(1, 2), -2])
    add("hom", op.hom(pairs, ((pair,),), (pair,), channels=(c,), out=h), Real[n, pair, c])
    biased = op.hom(pairs, ((pair,),), (pair,), channels=(c,), out=c, bias=both)
    add("hom.bias", biased, Real[c, pair, n])
    add("hom.each", op.hom(pairs, ((pair,),), (pair,), channels=(c,), mix="each"), Real[pair, c])
    add("hom.fixed", op.hom(pairs, ((pair,),), (pair,), coefficients=(1, 2)), Real[n, pair])
    product = op.hom(cross, ((pair,), (pair,)), (pair,), channels=(c, None), out=h)
    add("hom.product", product, Real[n, pair, c], Real[pair, n, e])
    add("hom.constant", op.hom(both, (), (pair,), out=c))
    sets = op.hom(partition_diagrams(1, 2), ((n,),), (n, KEY), channels=(c,), out=h)
    add("hom.diagrams", sets, Real[n, e, c])
    tensors = op.hom(pair_diagrams(2, 2, "brauer"), ((n, KEY),), (n, KEY), channels=(c,), out=h)
    add("hom.brauer", tensors, Real[n, KEY, c])
    add("max_pool", op.max_pool(n, kernel=2), Real[c, n])
    add("max_pool.padded", op.max_pool(n, e, kernel=3, stride=2, padding=1), Real[n, c, e])
    add("avg_pool", op.avg_pool(n, kernel=2), Real[c, n])
    add("avg_pool.inside", op.avg_pool(n, kernel=3, padding=1, count_padding=False), Real[c, n])


def _graphs() -> None:
    add("gather", op.gather(v), Real[v, c], Fin(v)[e])
    add("gather.aligned", op.gather(v), Real[n, v], Fin(v)[n, e])
    add("gather.several", op.gather(v), Real[c, v], Fin(v)[e, n])
    add("gather.indices", op.compose_indices(e), Fin(v)[e], Fin(e)[n])
    for monoid in ("sum", "mean", "max"):
        add(f"scatter.{monoid}", op.scatter(v, monoid), Real[e, c], Fin(v)[e])
        several = op.scatter(v, monoid, over=e)
        add(f"scatter.{monoid}.batch", several, Real[n, e, c], Fin(v)[n, e])
    add("degree", op.degree(v, e), Fin(v)[e])
    add("degree.batch", op.degree(v, e), Fin(v)[e, n])
    add("embedding", op.embedding(v, c), Fin(v)[n])
    add("one_hot", op.one_hot(v), Fin(v)[n])


for _family in (
    _pointwise,
    _contractions,
    _reductions,
    _norms,
    _logic,
    _constants,
    _noise,
    _axes,
    _windows,
    _graphs,
):
    _family()


def draw(instance: Instance, algebra, rng: np.random.Generator, shape_of, one: Array, role="data"):
    """A random value of an array type; ``shape_of(axis or index set)`` gives sizes."""
    shape = tuple(shape_of(a.index) for a in one.axes)
    if one.kind == "fin":
        return rng.integers(0, shape_of(one.values), size=shape)
    if one.kind == "bool":
        return rng.integers(0, 2, size=shape).astype(bool)
    value = algebra.random(shape, rng)
    if instance.positive or role == "statistic":
        value = algebra.add(algebra.mul(value, value), algebra.constant(0.1))
    return value
