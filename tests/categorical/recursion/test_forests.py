"""Forests as arrays: heights, cycles, sharing, unions, and random arrays made forests."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from categorical import Bool, Dim, Fin, Real, SpecError, arrow, op
from categorical.recursion import rose_fold
from categorical.recursion.forests import (
    acyclic,
    check,
    cycle,
    forest,
    heights,
    inputs,
    joined,
    lawful,
)

TREE = ("f", (("x", ()), ("g", (("x", ()), ("y", ())))))


def below(tree):
    return tree[1]


def name(tree):
    return tree[0]


def relations(most: int = 6):
    """Random arrays of children, forests or not."""

    def arrays(n: int, k: int):
        return st.tuples(
            st.lists(st.integers(0, n - 1), min_size=n * k, max_size=n * k),
            st.lists(st.booleans(), min_size=n * k, max_size=n * k),
        ).map(lambda pair: (np.array(pair[0]).reshape(n, k), np.array(pair[1]).reshape(n, k)))

    sizes = st.tuples(st.integers(1, most), st.integers(1, 3))
    return sizes.flatmap(lambda one: arrays(*one))


def descends(children, present) -> bool:
    """Whether a node is its own descendant, by powers of the relation."""
    n = len(children)
    step = np.zeros((n, n), dtype=bool)
    for node in range(n):
        step[node, children[node][present[node]]] = True
    reach = step.copy()
    for _ in range(n):
        reach |= (reach.astype(int) @ step.astype(int)) > 0
    return bool(reach.diagonal().any())


@settings(deadline=None, max_examples=200)
@given(relations())
def test_cycles_are_found_where_there_are_any(pair) -> None:
    children, present = pair
    found = cycle(children, present)
    assert bool(found) is descends(children, present)
    for node, child in zip(found, [*found[1:], found[:1][0]] if found else []):
        assert child in children[node][present[node]]
    if found:
        with pytest.raises(SpecError, match=f"node {found[0]} is its own descendant"):
            check(children, present)
    else:
        check(children, present)
        level = heights(children, present)
        for node in range(len(children)):
            own = level[children[node][present[node]]]
            assert level[node] == (own.max() + 1 if len(own) else 0)


@settings(deadline=None, max_examples=200)
@given(relations(), st.randoms(use_true_random=False))
def test_arrays_are_made_forests_and_forests_are_left_alone(pair, rng) -> None:
    children, present = pair
    below, there = acyclic(children, present)
    assert not descends(below, there) and not (there & ~present).any()
    same = acyclic(below, there)
    np.testing.assert_array_equal(same[0], below)
    np.testing.assert_array_equal(same[1], there)
    if not descends(children, present):
        np.testing.assert_array_equal(below, children)
        np.testing.assert_array_equal(there, present)
    # numbered anew, what was made a forest is one still
    new = np.array(rng.sample(range(len(children)), len(children)))
    moved, own = np.empty_like(below), np.empty_like(there)
    moved[new], own[new] = new[below], there
    for found, wanted in zip(acyclic(moved, own), (moved, own), strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_a_tree_as_arrays() -> None:
    found = forest([TREE, ("z", ())], below, name)
    assert found.labels == ["f", "x", "g", "x", "y", "z"]
    assert found.roots.tolist() == [0, 5]
    assert found.children[0].tolist() == [1, 2] and found.children[2].tolist() == [3, 4]
    assert heights(found.children, found.present).tolist() == [2, 0, 1, 0, 0, 0]


def test_equal_subtrees_are_one_node() -> None:
    found = forest([TREE, TREE, ("g", (("y", ()), ("x", ())))], below, name, shared=True)
    assert sorted(found.labels) == ["f", "g", "g", "x", "y"]
    assert found.roots[0] == found.roots[1] != found.roots[2]
    check(found.children, found.present)


def test_a_deep_tree_needs_no_recursion() -> None:
    tree = ("x", ())
    for _ in range(20_000):
        tree = ("s", (tree,))
    found = forest([tree], below, name)
    assert len(found.labels) == 20_001 and found.children.shape[1] == 1


def test_too_many_children_are_refused() -> None:
    with pytest.raises(SpecError, match="node 0 has 2 children, more than 1"):
        forest([TREE], below, name, arity=1)


def test_a_child_outside_is_refused() -> None:
    there = np.array([[True, False], [False, True]])
    with pytest.raises(SpecError, match="node 1 has the child 2, which is none of 2 nodes"):
        check(np.array([[1, 7], [0, 2]]), there)
    check(np.array([[1, 7], [0, 2]]), there & False)  # what is not there is not read


def test_a_union_shifts_children_and_roots() -> None:
    one, two = forest([TREE], below, name), forest([("s", (("x", ()),))], below, name)
    both = joined([one, two, one])
    assert both.labels == [*one.labels, *two.labels, *one.labels]
    assert both.roots.tolist() == [0, 5, 7]
    assert both.children[5][both.present[5]].tolist() == [6]
    check(both.children, both.present)


node, child, a = Dim.named("node child a")
cell = op.sum(child).at(Real[child, a]) >> op.tanh


@arrow
def part(children: Fin(node)[node, child], present: Bool[node, child]) -> Real[node, a]:
    return rose_fold(cell, over=node, arity=child)(children, present)


@arrow
def whole(
    present: Bool[node, child], x: Real[a], children: Fin(node)[node, child]
) -> Real[node, a]:
    return part(children, present) * op.expand(node)(x)


def test_the_forest_of_a_graph_is_found_through_its_parts() -> None:
    assert inputs(whole.graph()) == [(2, 0)]
    assert inputs((op.relu.at(Real[a])).graph()) == []
    loop = np.array([[0], [0]])
    there, _, below = lawful(whole.graph(), [np.array([[True], [True]]), np.zeros(3), loop])
    assert (there.tolist(), below.tolist()) == ([[False], [True]], [[0], [0]])
