"""Normal forms: sharing, pruning, inlining; instances that must stay apart."""

from __future__ import annotations

import time

import pytest

from categorical import Dim, Real, arrow, copy, iterate, op, tie
from categorical.normal import content_hash, hash_cons, inline, prune, same, share

n, c = Dim.named("n c")


def test_two_iterations_in_one_arrow_have_their_own_weights() -> None:
    step = op.linear(c, c) >> op.tanh
    twice = iterate(step, 2) >> iterate(step, 2)
    assert len(twice.parameters) == 8
    tied = iterate(step, 2, weights="tied") >> iterate(step, 2, weights="tied")
    assert sorted(tied.parameters) == [
        "steps.linear.bias", "steps.linear.weight", "steps_2.linear.bias", "steps_2.linear.weight",
    ]  # fmt: skip


def test_a_tied_arrow_is_one_instance() -> None:
    shared = tie((op.linear(c, c) >> op.tanh).named("body"))
    graph = (shared >> shared).graph()
    assert list(graph.resources()) == ["body.linear.weight", "body.linear.bias"]
    assert list(inline(graph).resources()) == ["body.linear.weight", "body.linear.bias"]


def test_sharing_merges_equal_boxes_but_no_noise() -> None:
    both = copy(Real[n]) >> (op.relu @ op.relu) >> op.add
    assert len(share(both.graph()).nodes) == 2
    dropped = copy(Real[n]) >> (op.dropout(0.5) @ op.dropout(0.5)) >> op.add
    assert (
        len(
            share(
                dropped.at(Real[n], Real[n]).graph() if len(dropped.dom) == 2 else dropped.graph()
            ).nodes
        )
        == 3
    )


def test_pruning_drops_dead_weights_and_keeps_state() -> None:
    @arrow
    def wasteful(x: Real[n, c]) -> Real[n, c]:
        op.linear(c, c, name="dead")(x)
        return op.batch_norm(c, over=(n,), name="norm")(x)

    kept = prune(wasteful.graph())
    assert not any(path.startswith("dead") for path in kept.resources())
    assert set(kept.updates) == {"norm.running_mean", "norm.running_var"}


@pytest.mark.parametrize("normal", [share, prune, hash_cons])
def test_normal_forms_are_idempotent(normal) -> None:
    graph = (copy(Real[c]) >> (op.linear(c, c) @ op.linear(c, c)) >> op.add >> op.tanh).graph()
    once = normal(graph)
    assert content_hash(normal(once)) == content_hash(once)


def test_equality_sees_weights_and_order() -> None:
    f = (op.relu >> op.tanh).at(Real[n]).graph()
    g = (op.tanh >> op.relu).at(Real[n]).graph()
    assert same(f, f) and not same(f, g)
    pair = (copy(Real[c]) >> (op.linear(c, c) @ op.linear(c, c)) >> op.sub).graph()
    shared = tie(op.linear(c, c))
    tied = (copy(Real[c]) >> (shared @ shared) >> op.sub).graph()
    assert not same(pair, tied)


def test_long_chains_are_linear_and_need_no_recursion() -> None:
    seconds = {}
    for length in (1000, 10000):
        chain = op.tanh.at(Real[n])
        one = op.tanh.at(Real[n])
        for _ in range(length):
            chain = chain >> one
        start = time.process_time()
        graph = hash_cons(chain.graph())
        assert same(graph, graph) and len(graph.nodes) == length + 1
        seconds[length] = time.process_time() - start
    print(f"normal form of 1 000 and 10 000 arrows: {seconds}")


def test_wide_products_need_no_recursion() -> None:
    wide = op.tanh.at(Real[n])
    for _ in range(3000):
        wide = wide @ op.tanh.at(Real[n])
    assert len(wide.graph().nodes) == 3001
