"""Architectures that the tests of the backend share, with the batch axis written out."""

from __future__ import annotations

from categorical import Bool, Dim, Real, arrow, op
from categorical.operators import iterate
from categorical.para import tie

batch, n, c, h, k, d, e, heads = Dim.named("batch n c h k d e heads")
key = n.at("key")


@arrow
def deep_sets(x: Real[batch, n, c]) -> Real[batch, k]:
    """Scores of a set of n vectors (Zaheer et al. 2017)."""
    features = op.relu(op.linear(c, h)(x))
    return op.linear(h, k)(op.mean(n)(features))


@arrow
def residual_block(x: Real[batch, c]) -> Real[batch, c]:
    """One residual block."""
    inner = op.gelu(op.linear(c, h)(x))
    return x + op.linear(h, c)(inner)


@arrow
def residual_mlp(x: Real[batch, c]) -> Real[batch, k]:
    """Three residual blocks and a classifier."""
    return op.linear(c, k)(iterate(residual_block, 3, name="blocks")(x))


@arrow
def attention(x: Real[batch, n, d], mask: Bool[batch, key]) -> Real[batch, n, d]:
    """Attention with several heads; the mask says which keys count."""
    q = op.einsum(batch, heads, n, e)(x, op.parameter(Real[heads, e, d], name="query")())
    keys = op.einsum(batch, heads, key, e)(
        op.relabel(n, key)(x), op.parameter(Real[heads, e, d], name="keys")()
    )
    values = op.einsum(batch, heads, key, e)(
        op.relabel(n, key)(x), op.parameter(Real[heads, e, d], name="values")()
    )
    scores = op.scale(0.5)(op.einsum(batch, heads, n, key)(q, keys))
    weights = op.softmax(key, masked=True)(scores, mask)
    mixed = op.einsum(batch, n, heads, e)(weights, values)
    out = op.parameter(Real[d, heads, e], name="out")()
    return op.einsum(batch, n, d)(mixed, out)


@arrow
def recurrent(x: Real[batch, c], y: Real[batch, c]) -> Real[batch, c] * Real[batch]:
    """One shared map, used three times; two outputs."""
    step = tie(residual_block)
    x = step(step(x))
    x = iterate(residual_block, 2, weights="tied", name="again")(x)
    x = iterate(residual_block, 2, weights="stacked", name="stack")(x)
    return x * y, op.sum(c)(step(y))


SIZES = {"c": 6, "h": 8, "k": 3, "d": 8, "e": 4, "heads": 2}
GOLDEN = {"deep_sets": deep_sets, "residual_mlp": residual_mlp, "attention": attention}
EVERY = {**GOLDEN, "recurrent": recurrent}
