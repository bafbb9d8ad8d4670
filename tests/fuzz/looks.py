"""Random arrows that compare the entries of a sequence with one another, with masks of all kinds.

Some are causal and some are not: what is derived from causality must hold for the first and be
refused for the others.
"""

from __future__ import annotations

import random
from typing import Any

from categorical import Arrow, Dim, Real, arrow, op

t, c = Dim.named("t c")
key = t.at("key")
other = t.at("other")


def _mask(rng: random.Random) -> Any:
    """A mask of queries and keys."""
    row, column = (t, key) if rng.random() < 0.85 else (key, t)
    kind = rng.randrange(8)
    if kind < 4:
        mask = op.causal_mask(row, column, strict=rng.random() < 0.3)()
    elif kind < 6:
        mask = op.band_mask(row, column, rng.randrange(3), rng.choice((-1, 0, 0, 1)))()
    else:
        mask = op.less(op.scale(0.0)(op.eye(t, key)()), op.eye(t, key)())
    if row is key:
        mask = op.transpose(t, key)(mask)
    if rng.random() < 0.25:
        join = rng.choice((op.logical_and, op.logical_or))
        mask = join(mask, _mask(rng))
    return op.logical_not(mask) if rng.random() < 0.08 else mask


def _entrywise(rng: random.Random, scores: Any) -> Any:
    kind = rng.randrange(8)
    if kind == 0:
        return op.relu(scores)
    if kind == 1:
        return op.mul(scores, op.indicator(_mask(rng)))
    if kind == 2:
        return op.where(_mask(rng), scores, op.scale(0.0)(scores))
    if kind == 3:
        return op.where(_mask(rng), scores, op.full_like(rng.choice((0, 1)))(scores))
    if kind == 4:
        return op.add(scores, op.indicator(_mask(rng)))
    if kind == 5:
        return op.exp(op.tanh(scores))
    if kind == 6:
        return op.scale(0.5)(scores)
    return op.sub(scores, op.mul(scores, op.indicator(_mask(rng))))


def random_look(seed: int) -> Arrow:
    """``Real[t, c] → Real[t, c]``: each entry is a mixture of entries."""
    rng = random.Random(seed)

    def look(x: Any) -> Any:
        if rng.random() < 0.3:
            x = op.linear(c, c)(x)
        keys = op.relabel(t, key)(x)
        values = op.linear(c, c)(keys) if rng.random() < 0.5 else op.relabel(t, key)(op.tanh(x))
        scores = op.einsum(t, key)(x, keys)
        for _ in range(rng.randrange(4)):
            scores = _entrywise(rng, scores)
        kind = rng.randrange(6)
        if kind < 3:
            scores = op.softmax(key, masked=True)(scores, _mask(rng))
        elif kind == 3:
            scores = op.softmax(key)(scores)
        if rng.random() < 0.2:  # a second look, through the first one
            first, again = op.relabel(key, other)(scores), op.relabel(t, other)(scores)
            scores = op.einsum(t, key)(first, again)
        if rng.random() < 0.15:
            total = rng.choice((op.sum, op.mean, op.max))(key, masked=True)(scores, _mask(rng))
            return op.einsum(t, c)(total, x)
        if rng.random() < 0.15:
            return op.einsum(t, c)(op.sum(key)(scores), x)
        mixed = op.einsum(t, c)(scores, values)
        return op.add(mixed, x) if rng.random() < 0.4 else mixed

    look.__annotations__ = {"x": Real[t, c], "return": Real[t, c]}
    return arrow(look)
