"""The arrows that the tests of diagrams draw: named ones, and random ones."""

from __future__ import annotations

import random

from categorical import Bool, Dim, Real, arrow, iterate, low_rank, op, tie
from categorical.arrows import Arrow, copy, discard, identity
from categorical.graph import Graph

n, c, h, k = Dim.named("n c h k")
token, width, heads = Dim.named("token width heads")
key, part = token.at("key"), width // heads


@arrow
def residual_mlp(x: Real[n, width]) -> Real[n, width]:
    """A residual block."""
    return x + op.linear(h, width)(op.gelu(op.linear(width, h)(op.layer_norm(width)(x))))


@arrow
def attention(x: Real[token, width], mask: Bool[token, key]) -> Real[token, width]:
    """Multi-head attention with a mask."""
    q = op.split(width, heads)(op.linear(width, width, name="query")(x))
    ks = op.relabel(token, key)(op.split(width, heads)(op.linear(width, width, name="keys")(x)))
    v = op.relabel(token, key)(op.split(width, heads)(op.linear(width, width, name="values")(x)))
    scores = op.scale_root(part)(op.einsum(heads, token, key)(q, ks))
    weights = op.softmax(key, masked=True)(scores, mask)
    mixed = op.einsum(token, heads, part)(weights, v)
    return op.linear(width, width, name="output")(op.merge(heads, part)(mixed))


@arrow
def mlp(x: Real[token, width]) -> Real[token, width]:
    return op.linear(h, width)(op.gelu(op.linear(width, h)(x)))


@arrow
def transformer_block(x: Real[token, width], mask: Bool[token, key]) -> Real[token, width]:
    """A transformer block with the norm before each part."""
    a = x + attention(op.layer_norm(width)(x), mask)
    return a + mlp(op.layer_norm(width)(a))


@arrow
def two_ends(x: Real[n, c], y: Real[n]) -> Real[n, c] * Real[n] * Real[n, c]:
    """Outputs that are inputs, one of them twice."""
    return x, y, x


_step = op.linear(c, c) >> op.tanh
_shared = tie(op.linear(c, c))
ARROWS: dict[str, Arrow] = {
    "residual_mlp": residual_mlp,
    "attention": attention,
    "transformer_block": transformer_block,
    "iterations": (
        op.linear(h, c) >> iterate(_step, 3, "tied") >> iterate(op.linear(c, c), k, "stacked")
    ).at(Real[n, h]),
    "tied": (_shared >> op.tanh >> _shared >> op.dropout(0.5)).at(Real[n, c]),
    "low_rank": low_rank(op.linear(c, h), "linear.weight", 2),
    "state": op.batch_norm(c, over=(n,)).at(Real[n, c]),
    "two_ends": two_ends,
    "identity": identity(Real[n]),
    "copied": copy(Real[n]) >> op.add.at(Real[n], Real[n]),
    "dropped": discard(Real[n]),
    "constant": op.full(Real[n], 1.0),
}
GOLDEN = ("residual_mlp", "attention", "transformer_block", "iterations", "low_rank")


@arrow
def mixer(first: Real[n, c], second: Real[n, c]) -> Real[n, c] * Real[n, c]:
    """A part with two inputs and two outputs."""
    total = first + second
    return total, op.tanh(second)


def random_graph(seed: int, boxes: int) -> Graph:
    """Boxes with one or two inputs and one or two outputs, some wires copied, some dropped."""
    chance = random.Random(seed)

    @arrow
    def tangle(x: Real[n, c], long_name_of_an_input: Real[n]) -> Real[n, c]:
        wires = [x, op.tanh(x)]
        for number in range(boxes):
            one, other = chance.choice(wires[-6:]), chance.choice(wires[-9:])
            kind = chance.randrange(5)
            if kind == 1:
                wires.append(op.linear(c, c, name=f"layer_{number}")(one))
            elif kind == 2:
                wires.append(one + op.expand(n)(op.parameter(Real[c], name=f"p{number}")()))
            elif kind == 3:
                wires.append(mixer(one, other)[chance.randrange(2)])
            else:
                wires.append(one + other)
        return wires[-1]

    return tangle.graph()
