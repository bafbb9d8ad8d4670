"""Looking up and pushing forward along maps of finite sets: gather, scatter, embedding, one-hot.

Definition.  ``Fin(v)[e]`` is a map e → v.  ``gather`` pulls a family over v back along it;
``scatter`` pushes a family over e forward, adding (averaging, maximising) over each fibre; an empty
fibre gives 0.  Axes that both inputs have are a batch: index by index, one map each.

Laws.  gather(f) ∘ gather(g) = gather(f ∘ g), and scatter the other way round; the two are adjoint.
Permuting v moves the indices too.  gather is natural for every index map on e, scatter for
permutations of e.

>>> from categorical import Dim, Fin, Real, op
>>> v, e, c = Dim.named("v e c")
>>> op.gather(v).at(Real[v, c], Fin(v)[e])
gather: Real[v, c] × Fin(v)[e] → Real[e, c]
>>> op.scatter(v).at(Real[e, c], Fin(v)[e])
scatter: Real[e, c] × Fin(v)[e] → Real[v, c]

Indices into one set do not select along another:

>>> op.gather(v).at(Real[v, c], Fin(c)[e])
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM039]: `gather` along `v` got indices into `c`
...
"""

from __future__ import annotations

from typing import Any

import numpy as np

from categorical.arrows import OpArrow
from categorical.errors import SpecError
from categorical.index import Axis, Dim, IndexSet, axis
from categorical.naturality import BIJECTION, FUNCTION, LINEAR, NONE, NaturalityClass
from categorical.ops import common
from categorical.ops.axes import structural
from categorical.records import WEIGHT, Box, Context, Generator, Init, Op, ResourceSpec, Signature
from categorical.spaces import Array, Fin, Real


def _indices(name: str, one: Array, into: IndexSet) -> None:
    """CM039 unless the array holds indices into ``into``."""
    if one.kind != "fin":
        raise SpecError(
            "CM011",
            f"`{name}` needs indices into `{into}` and got {one}",
            help=[f"give it a wire of type Fin({into})[…]"],
        )
    if one.values is not into:
        raise SpecError(
            "CM039",
            f"`{name}` along `{into}` got indices into `{one.values}`",
            facts=[("needed", f"Fin({into})"), ("got", str(one))],
        )


def _checked(index: Any, size: int) -> Any:
    """The indices, if they lie in the set."""
    if index.size and not (int(index.min()) >= 0 and int(index.max()) < size):
        raise ValueError(f"an index lies outside 0..{size - 1}")
    return index


# --- gather -------------------------------------------------------------------------------


def gather_parts(op: Op, inputs: tuple[Array, ...]) -> tuple[Axis, tuple[Axis, ...]]:
    """The axis that is looked up, and the axes that replace it."""
    source, index = inputs
    along = common.pick("gather", source, op["axis"])
    return along, tuple(a for a in index.axes if a is along or a not in source.axes)


def _gather_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("gather", inputs, 2)
    along, new = gather_parts(op, inputs)
    _indices("gather", inputs[1], along.index)
    return Signature((common.replace_axis(inputs[0], along, *new),))


def _gather_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    source, index = box.dom
    along, _ = gather_parts(box.op, box.dom)
    out = box.cod[0].axes
    chosen = _checked(values[1], ctx.size(along))
    order = [index.position(a) for a in out if a in index.axes]
    lookup = chosen.transpose(order).reshape([ctx.size(a) if a in index.axes else 1 for a in out])

    def place(a: Axis) -> Any:
        if a is along:
            return lookup
        return np.arange(ctx.size(a)).reshape([-1 if b is a else 1 for b in out])

    at = tuple(place(a) for a in source.axes)
    return (structural(ctx, values[0], lambda x: np.asarray(x[at])),)


def _gather_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    along, _ = gather_parts(box.op, box.dom)
    if common.mentions(dim, along):
        return BIJECTION
    moved = common.mentions(dim, *box.dom[1].axes)
    return common.on_values(box, dim, FUNCTION if moved else LINEAR)


GATHER = Generator(
    "gather",
    "reads the entries at given indices of an axis",
    _gather_typing,
    _gather_meaning,
    _gather_natural,
    linear=lambda box: (0,),
    loose=lambda op: frozenset((1,)),
)


def gather(along: IndexSet | Axis) -> OpArrow:
    """``Real[…, v, …], Fin(v)[e] → Real[…, e, …]``: axes that both inputs have are aligned."""
    return common.make(GATHER, axis=common.occurrence(along))


def compose_indices(middle: IndexSet | Axis) -> OpArrow:
    """``Fin(v)[e], Fin(e)[k] → Fin(v)[k]``: the composite of two maps, for ``middle`` = e."""
    return gather(middle)


# --- scatter ------------------------------------------------------------------------------


def scatter_over(op: Op, inputs: tuple[Array, ...]) -> tuple[Axis, ...]:
    """The axes that are pushed forward: those of the map, or the ones that were named."""
    index = inputs[1]
    if op["over"] is None:
        if len(index.axes) != 1:
            raise SpecError(
                "CM006",
                f"`scatter` along {index} is ambiguous",
                facts=[("axes", ", ".join(map(str, index.axes)) or "none")],
                help=[f"name those that are summed: op.scatter({op['into']}, over=…)"],
            )
        return index.axes
    return tuple(common.pick("scatter", index, wanted) for wanted in op["over"])


def _scatter_typing(name: str) -> Any:
    def typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
        common.count(name, inputs, 2)
        message, index = inputs
        common.numeric(name, message)
        _indices(name, index, op["into"].index)
        over = scatter_over(op, inputs)
        for one in index.axes:
            common.has(name, message, one)
        if name == "scatter_max":
            common.check_linear_actions(name, False, (message,))
        out = common.replace_axis(message, over[0], op["into"])
        return Signature((common.drop_axes(out, over[1:]),))

    return typing


def _scatter_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    algebra, (message, index) = ctx.algebra, box.dom
    over, size = scatter_over(box.op, box.dom), ctx.size(box.op["into"])
    shared = tuple(a for a in index.axes if a not in over)
    rest = tuple(a for a in message.axes if a not in index.axes)
    batch = int(np.prod([ctx.size(a) for a in shared], dtype=np.int64))
    chosen = _checked(values[1], size).transpose([index.position(a) for a in (*shared, *over)])
    ids = (np.arange(batch)[:, None] * size + chosen.reshape(batch, -1)).reshape(-1)
    order = [message.position(a) for a in (*shared, *over, *rest)]
    shape = [ids.size, *(ctx.size(a) for a in rest)]
    flat = algebra.structural(values[0], lambda a: a.transpose(order).reshape(shape))
    if box.name == "scatter_max":
        total = algebra.segment_max(flat, ids, batch * size, 0)
    else:
        total = algebra.segment_sum(flat, ids, batch * size, 0)
    if box.op["monoid"] == "mean":
        count = np.maximum(np.bincount(ids, minlength=batch * size), 1)
        total = algebra.div(total, algebra.constant(count.reshape(-1, *(1 for _ in rest))))
    made = (*shared, box.op["into"], *rest)
    back = [made.index(a) for a in box.cod[0].axes]
    return (
        algebra.structural(total, lambda a: a.reshape([ctx.size(b) for b in made]).transpose(back)),
    )


def _scatter_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    over = scatter_over(box.op, box.dom)
    if common.mentions(dim, box.op["into"], *over):
        return BIJECTION
    several = common.mentions(dim, *box.dom[1].axes) or box.name == "scatter_max"
    return FUNCTION if several else LINEAR


SCATTER, SCATTER_MAX = (
    Generator(
        name,
        summary,
        _scatter_typing(name),
        _scatter_meaning,
        _scatter_natural,
        linear=lambda box: None if box.op["monoid"] == "max" else (0,),
        loose=lambda op: frozenset((1,)),
        fragment=fragment,
    )
    for name, summary, fragment in (
        ("scatter", "adds or averages entries that have one index", "exact"),
        ("scatter_max", "the largest of the entries that have one index", "ordered"),
    )
)


class Scatter(OpArrow):
    """A scatter before its inputs are known: a map along one axis then says what is summed."""

    __slots__ = ()

    def pinned(self, inputs: tuple[Array, ...]) -> Op:
        common.count(self.op.name, inputs, 2)
        over = scatter_over(self.op, inputs)
        return Op(self.op.generator, **{**self.op.attrs, "over": over})

    def codomain(self, types: Any) -> Any:
        return self.pinned(types).box(types).cod

    def retype(self, types: Any) -> Any:
        op = self.pinned(types)
        return OpArrow(op, self.name, types, op.box(types).cod)

    def emit(self, builder: Any, ins: Any, origin: Any) -> Any:
        types = tuple(builder.graph.types[w] for w in ins)
        return builder.apply(self.pinned(types), ins, self.name, origin)


def scatter(
    into: IndexSet | Axis,
    monoid: str = "sum",
    over: IndexSet | Axis | tuple[IndexSet | Axis, ...] | None = None,
) -> OpArrow:
    """``Real[…, e, …], Fin(v)[e] → Real[…, v, …]``: sum, mean or max over each fibre.

    ``over`` names the axes of the map that are summed, where it has several; the others are a
    batch.  An index of v that no entry has gets 0.
    """
    if monoid not in ("sum", "mean", "max"):
        raise SpecError("CM025", f"`{monoid}` is no monoid of `scatter`", help=["sum, mean or max"])
    wanted = over if isinstance(over, tuple) or over is None else (over,)
    generator = SCATTER_MAX if monoid == "max" else SCATTER
    named = None if wanted is None else tuple(common.occurrence(a) for a in wanted)
    return Scatter(Op(generator, into=axis(into), monoid=monoid, over=named))


def _degree_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("degree", inputs, 1)
    _indices("degree", inputs[0], op["into"].index)
    over = tuple(common.pick("degree", inputs[0], wanted) for wanted in op["over"])
    out = common.replace_axis(inputs[0], over[0], op["into"])
    return Signature((Real[common.drop_axes(out, over[1:]).axes],))


def _degree_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    one, size = box.dom[0], ctx.size(box.op["into"])
    over = tuple(common.pick("degree", one, wanted) for wanted in box.op["over"])
    hits = np.equal.outer(_checked(values[0], size), np.arange(size))
    counts = hits.sum(axis=tuple(one.position(a) for a in over))
    place = box.cod[0].position(box.op["into"])
    return (ctx.algebra.constant(np.moveaxis(counts, -1, place)),)


def _degree_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    over = (common.pick("degree", box.dom[0], wanted) for wanted in box.op["over"])
    return BIJECTION if common.mentions(dim, box.op["into"], *over) else FUNCTION


DEGREE = Generator(
    "degree",
    "how many entries have each index",
    _degree_typing,
    _degree_meaning,
    _degree_natural,
    least=lambda op: (Fin(op["into"].index)[op["over"]],),
)


def degree(into: IndexSet | Axis, *over: IndexSet | Axis) -> OpArrow:
    """``Fin(v)[e] → Real[v]`` for ``degree(v, e)``: the number of entries in each fibre."""
    if not over:
        raise SpecError("CM007", "`degree` needs the axes that it counts", help=["op.degree(v, e)"])
    return common.make(DEGREE, into=axis(into), over=tuple(common.occurrence(a) for a in over))


# --- embedding and one_hot ----------------------------------------------------------------


def _embedding_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("embedding", inputs, 1)
    rows, width = op["rows"], op["width"]
    _indices("embedding", inputs[0], rows.index)
    start = op["init"] or Init("normal", (1.0,))
    table = Real[common.fresh(rows, width), width]
    out = Real[(*inputs[0].axes, width)]
    return Signature((out,), (ResourceSpec("weight", table, WEIGHT, start),))


def _embedding_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    index = _checked(values[0], ctx.size(box.op["rows"]))
    return (ctx.algebra.gather(values[1], index, 0),)


def _lookup_natural(box: Box, dim: Dim, mode: str) -> NaturalityClass:
    if common.mentions(dim, *box.cod[0].axes[len(box.dom[0].axes) :]):
        return BIJECTION if box.name == "one_hot" else NONE
    if box.name == "embedding" and common.mentions(dim, box.op["rows"]):
        return NONE
    return FUNCTION


EMBEDDING = Generator(
    "embedding",
    "the row of a weight at every index",
    _embedding_typing,
    _embedding_meaning,
    _lookup_natural,
    linear=lambda box: (1,),
    least=lambda op: (Fin(op["rows"].index).scalar,),
)


def embedding(
    rows: IndexSet | Axis,
    width: IndexSet | Axis | int,
    name: str = "",
    init: Init | None = None,
) -> OpArrow:
    """``Fin(v)[…] → Real[…, d]`` with the weight ``Real[v, d]``, normal at the start as torch's."""
    return common.make(EMBEDDING, name, rows=axis(rows), width=axis(width), init=init)


def _one_hot_typing(op: Op, inputs: tuple[Array, ...]) -> Signature:
    common.count("one_hot", inputs, 1)
    _indices("one_hot", inputs[0], op["axis"].index)
    return Signature((Real[(*inputs[0].axes, op["axis"])],))


def _one_hot_meaning(ctx: Context, box: Box, values: tuple[Any, ...]) -> tuple[Any, ...]:
    size = ctx.size(box.op["axis"])
    hits = np.equal.outer(_checked(values[0], size), np.arange(size))
    return (ctx.algebra.constant(hits),)


ONE_HOT = Generator(
    "one_hot",
    "1 at the index and 0 elsewhere",
    _one_hot_typing,
    _one_hot_meaning,
    _lookup_natural,
    least=lambda op: (Fin(op["axis"].index).scalar,),
)


def one_hot(into: IndexSet | Axis) -> OpArrow:
    """``Fin(v)[…] → Real[…, v]``."""
    return common.make(ONE_HOT, axis=axis(into))
