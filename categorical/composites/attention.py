"""Attention: every query takes a convex combination of values.

Definition.  For each head, ``softmax over key (q · k / √part)`` weighs the values, where ``part``
is the width of a head.  ``attention`` computes queries, keys and values from one wire by affine
maps, splits the width into ``heads × width//heads``, and maps the merged heads once more.

Laws.  Permuting the keys together with the values changes nothing; with no mask, self-attention is
equivariant under permutations of the tokens; with a causal mask it is causal.  ``heads`` divides
``width``.  A query that may look at nothing gets 0 from its heads.

>>> from categorical import Dim
>>> token, width, heads = Dim.named("token width heads")
>>> attention(token, width, heads)
attention: Real[token, width] → Real[token, width]
>>> attention(token, width, heads, mask="given")
attention: Real[token, width] × Bool[token, token.at("key")] → Real[token, width]

The heads must divide the width, for known and for symbolic sizes:

>>> attention(token, 100, 8)
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM008]: 8 does not divide 100
...
>>> from categorical import architecture
>>> architecture(attention(token, width, heads), sizes=dict(width=100, heads=8))
Traceback (most recent call last):
...
categorical.errors.SpecError: error[CM008]: the sizes of `attention` violate heads | width
...
"""

from __future__ import annotations

from typing import Any

from categorical import op
from categorical.arrows import Arrow
from categorical.checked import checked
from categorical.composites.typed import typed
from categorical.errors import SpecError
from categorical.index import Axis, IndexSet, axis, index_set
from categorical.spaces import Bool, Real

MASKS = ("none", "causal", "given")


def dot_product_attention(
    query: IndexSet | Axis,
    key: IndexSet | Axis,
    heads: IndexSet | int,
    part: IndexSet | int,
    masked: bool = False,
) -> Arrow:
    """The attention of ready queries, keys and values; with a mask, of what it lets through.

    Inputs ``Real[query, heads, part]``, twice ``Real[key, heads, part]``, and ``Bool[query, key]``;
    output ``Real[query, heads, part]``.
    """
    asks, offers = axis(query), axis(key)
    head, inner = axis(heads), axis(part)
    types = [Real[asks, head, inner], Real[offers, head, inner], Real[offers, head, inner]]
    if masked:
        types.append(Bool[asks, offers])

    def dot_product(q: Any, k: Any, v: Any) -> Any:
        scores = op.scale_root(inner.index)(op.einsum(head, asks, offers)(q, k))
        weights = op.softmax(offers)(scores)
        return op.einsum(asks, head, inner)(weights, v)

    def masked_dot_product(q: Any, k: Any, v: Any, mask: Any) -> Any:
        scores = op.scale_root(inner.index)(op.einsum(head, asks, offers)(q, k))
        weights = op.softmax(offers, masked=True)(scores, mask)
        return op.einsum(asks, head, inner)(weights, v)

    return typed(*types, inline=True)(masked_dot_product if masked else dot_product)


@checked
def attention(
    over: IndexSet,
    width: IndexSet | int,
    heads: IndexSet | int,
    *,
    mask: str = "none",
    packed: bool = False,
    bias: bool = True,
    key: str = "key",
) -> Arrow:
    """Multi-head self-attention along the index set ``over``.

    ``mask`` is ``"none"``, ``"causal"`` (position i looks at 0, …, i) or ``"given"`` (a second
    input, true where a query may look at a key).  ``packed`` keeps the weights of queries, keys and
    values in one array, as ``nn.MultiheadAttention`` does.  ``key`` labels the axis of the keys.
    """
    if mask not in MASKS:
        raise SpecError("CM041", f"`attention`: the mask is {mask!r}", help=[" or ".join(MASKS)])
    width, heads, offers = index_set(width), index_set(heads), over.at(key)
    part = width // heads
    core = dot_product_attention(over, offers, heads, part, masked=mask != "none")

    def project(x: Any) -> list[Any]:
        """Queries, keys and values, each with its heads apart."""
        if packed:
            all_three = op.linear(width, width + width + width, bias=bias, name="qkv")(x)
            parts = op.unconcat(width, width, width)(all_three)
        else:
            names = ("query", "key", "value")
            parts = [op.linear(width, width, bias=bias, name=name)(x) for name in names]
        q, k, v = (op.split(width, heads, part)(one) for one in parts)
        return [q, op.relabel(over, offers)(k), op.relabel(over, offers)(v)]

    def out(mixed: Any) -> Any:
        return op.linear(width, width, bias=bias, name="out")(op.merge(heads, part)(mixed))

    def plain(x: Any) -> Any:
        queries, keys, values = project(x)
        mixed = core(queries, keys, values)
        return out(mixed)

    def causal(x: Any) -> Any:
        queries, keys, values = project(x)
        earlier = op.causal_mask(over, offers)()
        mixed = core(queries, keys, values, earlier)
        return out(mixed)

    def given(x: Any, mask: Any) -> Any:
        queries, keys, values = project(x)
        mixed = core(queries, keys, values, mask)
        return out(mixed)

    wire = Real[over, width]
    if mask == "given":
        return typed(wire, Bool[over, offers], name="attention")(given)
    return typed(wire, name="attention")(causal if mask == "causal" else plain)
