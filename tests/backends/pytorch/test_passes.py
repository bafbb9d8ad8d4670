"""Passes: what they recognise, what they must leave alone, and that the meaning stays."""

from __future__ import annotations

import time

import pytest
import torch

from backends.pytorch import build
from backends.pytorch.passes import prepare
from categorical import Axis, Bool, Dim, Real, arrow, copy, op
from categorical.arrows import sequence
from categorical.composites import attention as composite
from categorical.functors import stack
from categorical.operators import iterate

batch, n, c, h, k, d, e, heads = Dim.named("batch n c h k d e heads")
key = n.at("key")
SIZES = {"n": 3, "c": 4, "h": 5, "k": 3, "d": 8, "e": 4, "heads": 2}


def built(graph, **more):
    graph = graph.graph() if hasattr(graph, "graph") else graph
    return build(graph, {s: v for s, v in SIZES.items() if s in graph.dims}, "net", **more)


@arrow
def attend(q: Real[n, d], keys: Real[key, d], v: Real[key, e]) -> Real[n, e]:
    return op.einsum(n, e)(op.softmax(key)(op.einsum(n, key)(q, keys)), v)


@arrow
def reversed_factors(q: Real[n, d], keys: Real[key, d], v: Real[key, e]) -> Real[e, n]:
    return op.einsum(e, n)(v, op.softmax(key)(op.scale(0.3)(op.einsum(key, n)(keys, q))))


@arrow
def with_heads(
    q: Real[n, heads, d], keys: Real[key, heads, d], v: Real[key, heads, e], m: Bool[n, key]
) -> Real[n, heads, e]:
    scores = op.scale_root(d)(op.einsum(heads, n, key)(q, keys))
    return op.einsum(n, heads, e)(op.softmax(key, masked=True)(scores, m), v)


@arrow
def causal(q: Real[n, d], keys: Real[key, d], v: Real[key, e]) -> Real[n, e]:
    scores = op.scale_root(d)(op.einsum(n, key)(q, keys))
    return op.einsum(n, e)(op.softmax(key, masked=True)(scores, op.causal_mask(n, key)()), v)


@pytest.mark.parametrize("net", [attend, reversed_factors, with_heads, causal], ids=repr)
@pytest.mark.parametrize("batched", [False, True])
def test_attention_is_recognised(net, batched: bool) -> None:
    made = built(stack(net, batch) if batched else net)
    assert "scaled_dot_product_attention" in made.source and "softmax" not in made.source
    assert ("is_causal=True" in made.source) == (net is causal)
    assert ("scale=" in made.source) == (net in (attend, reversed_factors))


@pytest.mark.parametrize("mask", ["none", "causal", "given"])
@pytest.mark.parametrize("packed", [False, True])
def test_the_attention_of_the_library_is_one_kernel(mask: str, packed: bool) -> None:
    net = composite(n, d, heads, mask=mask, packed=packed)
    made = built(stack(net, batch))
    assert made.source.count("scaled_dot_product_attention(") == 1
    assert made.derivation == [
        "attention: 1 × F.scaled_dot_product_attention (gradient everywhere)"
    ]


@arrow
def softmax_over_queries(q: Real[n, d], keys: Real[key, d], v: Real[key, e]) -> Real[n, e]:
    return op.einsum(n, e)(op.softmax(Axis(n))(op.einsum(n, key)(q, keys)), v)


@arrow
def weights_shown(q: Real[n, d], keys: Real[key, d], v: Real[key, e]) -> Real[n, e] * Real[n, key]:
    weights = op.softmax(key)(op.einsum(n, key)(q, keys))
    return op.einsum(n, e)(weights, v), weights


@arrow
def two_softmaxes(q: Real[n, d], keys: Real[key, d], v: Real[key, e]) -> Real[n, e]:
    return op.einsum(n, e)(op.softmax(key)(op.softmax(key)(op.einsum(n, key)(q, keys))), v)


@arrow
def strictly_before(q: Real[n, d], keys: Real[key, d], v: Real[key, e]) -> Real[n, e]:
    scores = op.einsum(n, key)(q, keys)
    mask = op.causal_mask(n, key, strict=True)()
    return op.einsum(n, e)(op.softmax(key, masked=True)(scores, mask), v)


@pytest.mark.parametrize("net", [softmax_over_queries, weights_shown, two_softmaxes], ids=repr)
def test_what_is_no_attention_is_left_alone(net) -> None:
    made = built(net)
    assert "scaled_dot_product_attention" not in made.source and made.derivation == []


def test_a_strict_mask_is_not_the_causal_one() -> None:
    made = built(strictly_before)
    assert "attn_mask=" in made.source and "is_causal" not in made.source


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_query_that_may_look_at_nothing_gets_zero(dtype: torch.dtype) -> None:
    made = built(stack(with_heads, batch))
    module = made.module()
    torch.manual_seed(0)
    q, keys = (torch.randn(2, 5, 2, 8, dtype=dtype, requires_grad=True) for _ in range(2))
    v = torch.randn(2, 5, 2, 4, dtype=dtype, requires_grad=True)
    mask = torch.rand(2, 5, 5) < 0.5
    mask[:, 0], mask[:, 1] = False, True
    for place in (mask, mask[0]):
        if place.dim() != 3:
            continue
        y = module(q, keys, v, place)
        assert torch.equal(y[:, 0], torch.zeros_like(y[:, 0])) and torch.isfinite(y).all()
        grads = torch.autograd.grad(y.square().sum(), (q, keys, v))
        assert all(torch.isfinite(g).all() for g in grads)


def test_pooling_goes_before_affine_maps() -> None:
    net = op.linear(c, h) >> op.linear(h, h) >> op.mean(n) >> op.tanh >> op.linear(h, k)
    made = built(stack(net.at(Real[n, c]), batch))
    assert made.derivation == [
        "pooling before 2 × an affine map of another axis (gradient everywhere)"
    ]
    body = made.source[made.source.index("def forward") :]
    assert body.index(".mean(") < body.index("self.linear(")


@pytest.mark.parametrize(
    "net",
    [
        op.linear(c, h) >> op.sum(n),  # the bias would count once instead of n times
        op.linear(c, h) >> op.mean(h),  # the axis that the map makes
        op.linear(c, h) >> op.relu >> op.mean(n),
        copy(Real[n, c]) >> (op.linear(c, h) @ op.discard(Real[n, c]))
        if hasattr(op, "discard")
        else op.relu.at(Real[n, c]),
    ],
    ids=repr,
)
def test_pooling_stays_where_it_must(net) -> None:
    assert built(net.at(Real[n, c])).derivation == []


def test_a_shared_map_is_not_moved() -> None:
    @arrow
    def both(x: Real[n, c]) -> Real[n, h] * Real[h]:
        y = op.linear(c, h)(x)
        return y, op.mean(n)(y)

    assert built(both).derivation == []


def test_a_linear_sum_is_moved() -> None:
    net = (op.linear(c, h, bias=False) >> op.sum(n)).at(Real[n, c])
    assert built(net).derivation


def test_passes_reach_the_bodies() -> None:
    @arrow
    def pooled_step(x: Real[batch, n, c]) -> Real[batch, n, c]:
        return x + op.expand(batch, n)(op.mean(batch, n)(op.linear(c, c)(x)))

    for weights in ("untied", "tied", "stacked"):
        net = iterate(pooled_step, 2, weights=weights)
        assert built(net).derivation


def test_equal_boxes_are_computed_once() -> None:
    net = copy(Real[c]) >> ((op.tanh >> op.exp) @ (op.tanh >> op.exp)) >> op.add
    made = built(net)
    assert made.source.count("torch.tanh(") == 1 and "2 boxes" not in made.derivation[0]
    graph, plan = prepare(net.graph())
    assert len(graph.nodes) == 3
    assert plan.derivation == [
        "copy and discard naturality: 5 boxes became 3 (gradient everywhere)"
    ]


def test_noise_is_never_merged() -> None:
    net = copy(Real[c]) >> (op.dropout(0.5) @ op.dropout(0.5)) >> op.add
    assert built(net).source.count("F.dropout(") == 2


def test_ten_thousand_operations_are_written_in_linear_time() -> None:
    def seconds(count: int) -> float:
        parts = [op.relu, op.tanh, op.scale(0.9), op.linear(c, c)]
        chain = sequence([op.relu.at(Real[batch, c])] + [parts[i % 4] for i in range(count)])
        began = time.process_time()
        made = build(chain.graph(), {"c": 4}, "chain", validate=False)
        assert made.source.count("# [batch, c]") >= count
        return time.process_time() - began

    seconds(10)
    assert seconds(10_000) < 5


def test_pooling_names_its_axis_where_the_map_makes_it_the_only_one() -> None:
    net = (op.linear(key, h) >> op.mean(n)).at(Real[n, key])
    made = built(net.graph())
    assert made.derivation and ".mean(dim=-2)" in made.source
