"""Rows of gather, scatter, embedding and one-hot: indexed kernels, one map at a time or a batch."""

from __future__ import annotations

from backends.pytorch.table.axes import adjacent
from backends.pytorch.table.base import Emit, Library, atom, library, resource, row
from categorical.index import Axis, product
from categorical.ops.common import pick
from categorical.ops.indexing import gather_parts, scatter_over
from categorical.records import Box
from categorical.spaces import Array

GATHER_BATCH = '''
def gather_batch(x: Tensor, index: Tensor, dim: int) -> Tensor:
    """Read the entries along a dimension, for a batch of indices that broadcasts to ``x``."""
    shape = list(x.shape)
    shape[dim] = index.shape[dim]
    return x.gather(dim, index.expand(shape))
'''

SCATTER_SUM = '''
def scatter_sum(x: Tensor, index: Tensor, dim: int, size: int) -> Tensor:
    """Add up the entries along a dimension that have one index; the others are 0."""
    shape = list(x.shape)
    shape[dim] = size
    return x.new_zeros(shape).index_add(dim, index, x)
'''

SCATTER_MEAN = '''
def scatter_mean(x: Tensor, index: Tensor, dim: int, size: int) -> Tensor:
    """Average the entries along a dimension that have one index; the others are 0."""
    shape = list(x.shape)
    shape[dim] = size
    total = x.new_zeros(shape).index_add(dim, index, x)
    count = x.new_zeros(size).index_add(0, index, torch.ones_like(index, dtype=x.dtype))
    return total / count.clamp(min=1).reshape(-1, *[1] * (-1 - dim))
'''

SCATTER_MAX = '''
def scatter_max(x: Tensor, index: Tensor, dim: int, size: int) -> Tensor:
    """The largest of the entries along a dimension that have one index; the others are 0."""
    shape = list(x.shape)
    shape[dim] = size
    index = index.reshape(-1, *[1] * (-1 - dim)).expand_as(x)
    return x.new_zeros(shape).scatter_reduce(dim, index, x, "amax", include_self=False)
'''

SCATTER_SUM_BATCH = '''
def scatter_sum_batch(x: Tensor, index: Tensor, dim: int, size: int) -> Tensor:
    """Add up the entries that have one index, for a batch of indices that broadcasts to ``x``."""
    shape = list(x.shape)
    shape[dim] = size
    return x.new_zeros(shape).scatter_add(dim, index.expand_as(x), x)
'''

SCATTER_BATCH = '''
def scatter_batch(x: Tensor, index: Tensor, dim: int, size: int, how: str) -> Tensor:
    """Combine (``mean``, ``amax``) the entries that have one index, for a batch of indices."""
    shape = list(x.shape)
    shape[dim] = size
    zeros = x.new_zeros(shape)
    return zeros.scatter_reduce(dim, index.expand_as(x), x, how, include_self=False)
'''


# --- gather ----------------------------------------------------------------------------------


@row("gather")
def _gather(emit: Emit, box: Box, ins: list[str]) -> str:
    source, index = box.dom
    along, new = gather_parts(box.op, box.dom)
    out = box.cod[0].axes
    place = emit.dim(source, along)
    x, chosen = atom(ins[0]), emit.permuted(ins[1], index.axes, [a for a in out if a in index.axes])
    if list(index.axes) == list(new):
        if len(new) == 1:
            return f"{x}.index_select({place}, {ins[1]})"
        tail = ", ".join([ins[1], *[":"] * (-1 - place)])
        return f"{x}[{tail}]" if -place == len(source.axes) else f"{x}[..., {tail}]"
    # a batch of maps: the index gets the axes of the input, with one axis in the place of `along`
    if not new:
        out = tuple(along if a is along else a for a in source.axes)
    marks = [":" if a in index.axes and (new or a is not along) else "None" for a in out]
    if marks.count("None") == 1:
        chosen = f"{chosen}.unsqueeze({marks.index('None') - len(marks)})"
    elif "None" in marks:
        chosen = f"{chosen}[{', '.join(marks)}]"
    start = source.position(along)
    after = len(source.axes) - start - 1
    if len(new) > 1:
        chosen = f"{chosen}.flatten({start}, {-after - 1})"
    text = f"{emit.helper('gather_batch', GATHER_BATCH)}({ins[0]}, {chosen}, {place})"
    if not new:
        return f"{text}.squeeze({place})"
    if len(new) > 1:
        text = f"{text}.unflatten({place}, ({', '.join(emit.size(a) for a in new)}))"
    return text


# --- scatter ---------------------------------------------------------------------------------


def _joined(emit: Emit, one: Array, text: str, over: tuple[Axis, ...]) -> tuple[Array, str, Axis]:
    """The axes that are summed as one axis, where the first of them stands."""
    if len(over) == 1:
        return one, text, over[0]
    text, first, last = adjacent(emit, text, one.axes, over)
    whole = Axis(product(*(a.index for a in over)), "joined")
    axes = tuple(whole if a is over[0] else a for a in one.axes if a not in over[1:])
    return one.with_axes(axes), f"{text}.flatten({first}, {last})", whole


@row("scatter", "scatter_max")
def _scatter(emit: Emit, box: Box, ins: list[str]) -> str:
    over, monoid = scatter_over(box.op, box.dom), box.op["monoid"]
    message, x, along = _joined(emit, box.dom[0], ins[0], over)
    index, chosen, _ = _joined(emit, box.dom[1], ins[1], over)
    place, size = emit.dim(message, along), emit.size(box.op["into"])
    if len(index.axes) == 1:
        source = {"sum": SCATTER_SUM, "mean": SCATTER_MEAN, "max": SCATTER_MAX}[monoid]
        return f"{emit.helper(f'scatter_{monoid}', source)}({x}, {chosen}, {place}, {size})"
    lined = emit.aligned(chosen, index, message)
    if monoid == "sum":
        name = emit.helper("scatter_sum_batch", SCATTER_SUM_BATCH)
        return f"{name}({x}, {lined}, {place}, {size})"
    name, how = emit.helper("scatter_batch", SCATTER_BATCH), {"max": "amax"}.get(monoid, monoid)
    return f'{name}({x}, {lined}, {place}, {size}, "{how}")'


@row("degree")
def _degree(emit: Emit, box: Box, ins: list[str]) -> str:
    over = tuple(pick("degree", box.dom[0], wanted) for wanted in box.op["over"])
    index, chosen, along = _joined(emit, box.dom[0], ins[0], over)
    made = emit.factory(box.cod[0]) or f"device={atom(chosen)}.device"
    ones = f"torch.ones({atom(chosen)}.shape, {made})"
    zeros = f"torch.zeros({emit.shape(box.cod[0])}, {made})"
    return f"{zeros}.scatter_add({emit.dim(index, along)}, {chosen}, {ones})"


# --- embedding and one_hot -------------------------------------------------------------------


@row("embedding")
def _embedding(emit: Emit, box: Box, ins: list[str]) -> str:
    return f"F.embedding({ins[0]}, {resource(box, ins, 'weight')})"


@library("embedding")
def _embedding_module(emit: Emit, box: Box) -> Library | None:
    if box.op["init"] is not None:
        return None
    rows, width = emit.config_size(box.op["rows"]), emit.config_size(box.op["width"])
    return Library(
        f"nn.Embedding({rows}, {width})", lambda module, ins: f"{module}({ins[0]})", ("weight",)
    )


@row("one_hot")
def _one_hot(emit: Emit, box: Box, ins: list[str]) -> str:
    to = emit.factory(box.cod[0]) or "torch.get_default_dtype()"
    return f"F.one_hot({ins[0]}, {emit.size(box.op['axis'])}).to({to})"
