"""Sums, packs and joined inputs of cells: what is written how, with the same meaning."""

from __future__ import annotations

import numpy as np
import pytest

from backends.pytorch.recursion.hoist_sums import in_order, packed, parted, regrouped
from categorical import Arrow, Dim, Real, arrow, op
from categorical.graph import Graph
from tests.backends.pytorch.recursion.random_runs import outputs

a, b, c = Dim.named("a b c")  # sizes 3, 4, 2


@arrow
def sums(h: Real[b], x: Real[a]) -> Real[b]:
    inside = op.linear(b, b, name="u")(h) + op.linear(a, b, name="w")(x)
    return op.sin(op.linear(a, b, name="v")(x) + (h + inside) + op.cos(h))


@arrow
def gates(h: Real[b], x: Real[a]) -> Real[b]:
    i = op.sigmoid(op.linear(b, b, name="ui")(h) + op.linear(a, b, name="wi")(x))
    f = op.sigmoid(op.linear(a, b, name="wf")(x) + op.linear(b, b, name="uf")(h))
    g = op.sigmoid(op.linear(b, b, name="ug")(h))
    return op.tanh(i * h + f * g)


@arrow
def two_ways(h: Real[b], x: Real[a], y: Real[c]) -> Real[b]:
    one = op.linear(b, b, name="u")(h) + op.linear(a, b, name="w")(x)
    other = op.linear(b, c, name="v")(h) + op.linear(c, c, name="z")(y)
    return op.tanh(one) * op.expand(b)(op.sum(c)(op.sin(other)))


@arrow
def joined(h: Real[b], x: Real[a]) -> Real[b]:
    both = op.concat(b, a, b)(h, x, op.sin(h))
    return op.tanh(op.linear(b + a + b, b, name="w")(both))


@arrow
def of_numbers(h: Real[a, b], x: Real[b]) -> Real[a, b]:
    return op.tanh(op.linear(a, a, name="rows")(h) + op.expand(a)(x))


CELLS: list[tuple[Arrow, str]] = [
    (sums, "sums"),
    (gates, "gates"),
    (two_ways, "two ways"),
    (joined, "joined"),
    (of_numbers, "of numbers"),
]


def ordered(graph: Graph) -> Graph:
    return packed(regrouped(parted(graph, 1), 1), 1)


@pytest.mark.parametrize("cell, name", CELLS, ids=[name for _, name in CELLS])
def test_the_meaning_stays(cell: Arrow, name: str) -> None:
    graph = cell.graph()
    found = ordered(graph)
    assert set(found.resources()) == set(graph.resources())
    for seed in range(3):
        wanted = outputs(graph, graph, seed)
        for y, want in zip(outputs(found, graph, seed), wanted, strict=True):
            np.testing.assert_allclose(y, want, rtol=1e-12, atol=1e-12)


def linear(graph: Graph) -> list[tuple[str, bool]]:
    return [(n.name, n.box.op["bias"]) for n in graph.nodes if n.box.name == "linear"]


def test_biases_go_to_the_part_that_reads_no_state() -> None:
    assert sorted(linear(ordered(sums.graph()))) == [("u", False), ("v", True), ("w", True)]


def test_maps_of_one_state_are_one_product() -> None:
    found = ordered(gates.graph())
    assert ("gates", False) in linear(found)
    assert sum(n.box.name == "unconcat" for n in found.nodes) == 1


def test_targets_of_two_sizes_are_one_product() -> None:
    found = ordered(two_ways.graph())
    assert [n.box.op["parts"][1].index for n in found.nodes if n.box.name == "unconcat"] == [c]


def test_a_joined_input_is_parted() -> None:
    assert "concat" not in [n.box.name for n in ordered(joined.graph()).nodes]


def test_maps_of_another_axis_keep_their_bias() -> None:
    assert linear(ordered(of_numbers.graph())) == [("rows", False)]


def test_nodes_are_put_in_order() -> None:
    nodes = gates.graph().nodes
    again = in_order(nodes[::-1])
    seen: set[int] = set(gates.graph().inputs) | set(gates.graph().sources)
    for node in again:
        assert seen.issuperset(node.ins)
        seen.update(node.outs)
    assert len(again) == len(nodes)


def test_a_wrong_order_changes_the_meaning() -> None:
    """The comparison above can fail: gates taken in another order."""
    graph = gates.graph()
    found = ordered(graph)
    for node in found.nodes:
        if node.box.name == "unconcat":
            node.outs = node.outs[::-1]
    wanted, wrong = outputs(graph, graph, 0), outputs(found, graph, 0)
    assert not np.allclose(wanted[0], wrong[0])
