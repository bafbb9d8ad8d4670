"""Parallel runs packed: the same arrow and weights, in one loop; what is not parallel stays."""

from __future__ import annotations

import numpy as np
import pytest

from backends.pytorch.build import build
from backends.pytorch.passes import prepare
from backends.pytorch.recursion import packed
from backends.pytorch.recursion.hoist import hoisted
from backends.pytorch.recursion.packed import together
from categorical import Arrow, Dim, Real, SpecError, arrow, op
from categorical.functors import stack
from categorical.normal import prune
from categorical.recursion import fold, mealy, scan
from tests.backends.pytorch.recursion import random_runs
from tests.benchmarks.loop_rows import elman_cell, minimal_cell, parallel

batch, t, a, s = Dim.named("batch t a s")
SIZES = {"a": 3, "s": 4}


def runs_in(graph: object) -> int:
    return sum(node.box.name == "scan" for node in prepare(graph)[0].nodes)


@pytest.mark.parametrize("first", range(0, 60, 20))
def test_packing_keeps_the_meaning(first: int) -> None:
    groups = 0
    for seed in range(first, first + 20):
        one = random_runs.drawn(seed, count=3)
        if one is None:
            continue
        graph = prune(one.graph())
        found, sizes = together(hoisted(graph, random_runs.sizes_of(graph))[0])
        groups += len(sizes)
        wanted = random_runs.outputs(graph, graph, seed)
        for y, want in zip(random_runs.outputs(found, graph, seed), wanted, strict=True):
            np.testing.assert_allclose(y, want, rtol=1e-9, atol=1e-9)
        known = random_runs.sizes_of(graph)
        assert set(found.resources(known)) == set(graph.resources(known))
    assert groups > 10


@pytest.mark.parametrize("seed", range(100, 106))
def test_random_groups_are_built_with_their_gradients(seed: int) -> None:
    one = random_runs.drawn(seed, count=2)
    if one is not None:
        build(one, random_runs.sizes_of(one.graph()), "net")


def test_folds_of_one_list_are_one_loop() -> None:
    made = build(parallel(4), SIZES, "net")
    assert made.source.count("for ") - made.source.count("for y in") >= 1
    assert made.source.count("torch.baddbmm(") == 1
    assert "banana split: 4 runs in one loop (gradient everywhere)" in made.derivation
    assert sorted(made.parameters)[:2] == ["net0.back.bias", "net0.back.weight"]
    assert made.parameters["net3.into.weight"] == "net3.into.weight"


def test_weights_are_loaded_from_separate_networks() -> None:
    import torch

    module = build(parallel(2), SIZES, "net").module().double()
    x = torch.randn(3, 5, 3, dtype=torch.double)
    ends = module(x)
    for own, end in zip((module.net0, module.net1), ends, strict=True):
        h = torch.zeros(3, 4, dtype=torch.double)
        for entry in x.unbind(1):
            h = torch.tanh(own.into(entry) + own.back(h))
        assert torch.allclose(h, end, rtol=1e-12)


def test_runs_over_different_lists() -> None:
    @arrow
    def two(x: Real[batch, t, a], y: Real[batch, t, a]) -> Real[batch, s] * Real[batch, s]:
        one, other = (
            stack(fold(minimal(), over=t, start=0, name=n), batch) for n in ("one", "other")
        )
        return one(x), other(y)

    assert runs_in(two.graph()) == 1
    build(two, SIZES, "net")


def minimal() -> Arrow:
    @arrow
    def cell(h: Real[s], x: Real[a]) -> Real[s]:
        return minimal_cell(h, x)[1]

    return cell


def test_biases_that_are_added_to_no_input() -> None:
    """The terms of a product are then the biases, at every step: their axes have an order, too."""

    @arrow
    def cell(h: Real[s], x: Real[s]) -> Real[s] * Real[s]:
        new = op.tanh(op.linear(s, s, name="back")(h)) * x
        return new, new

    @arrow
    def two(h: Real[batch, s], x: Real[batch, t, s]) -> Real[batch, s] * Real[batch, s]:
        one, other = (stack(mealy(cell, over=t, states=1, name=n), batch) for n in ("one", "other"))
        return one(h, x)[1], other(h, x)[1]

    assert "torch.baddbmm(start_t, " in build(two, SIZES, "net").source


def test_what_differs_is_not_packed() -> None:
    def pair(one: Arrow, other: Arrow) -> int:
        @arrow
        def both(x: Real[t, a]) -> Real[s] * Real[s]:
            return one(x), other(x)

        return runs_in(both.graph())

    def made(cell: Arrow, name: str, **more: bool) -> Arrow:
        return fold(cell, over=t, start=0, name=name, **more)

    sine = (op.linear(s, s, name="back") @ op.linear(a, s, name="into")) >> op.add >> op.sin
    relu = (op.linear(s, s, name="back") @ op.linear(a, s, name="into")) >> op.add >> op.softsign
    assert pair(made(sine, "one"), made(sine, "two")) == 1
    assert pair(made(sine, "one"), made(relu, "two")) == 2
    assert pair(made(sine, "one"), fold_back(sine)) == 2


def fold_back(cell: Arrow) -> Arrow:
    from categorical.recursion import foldr

    return foldr(cell, over=t, start=0, name="two")


def test_one_after_the_other_is_not_parallel() -> None:
    square = (op.linear(s, s, name="back") @ op.linear(s, s, name="into")) >> op.add >> op.sin
    one, two = (scan(square, over=t, start=0, name=n) for n in ("one", "two"))
    assert runs_in((one >> two).graph()) == 2
    build(stack(one >> two, batch), SIZES, "net")


def test_a_pair_of_recurrent_kernels_is_one_loop_and_one_is_a_kernel() -> None:
    assert "rnn" in " ".join(
        prepare(stack(fold(elman_cell, over=t, start=0), batch).graph())[1].derivation
    )
    assert "banana split: 2" in " ".join(prepare(parallel(2).graph())[1].derivation)


def test_a_planted_bug_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    old = packed._Pack._stacked
    monkeypatch.setattr(packed._Pack, "_stacked", lambda self, w, n: old(self, w[::-1], n))
    with pytest.raises(SpecError) as refused:
        build(parallel(2), SIZES, "net")
    assert refused.value.code == "CM040"
