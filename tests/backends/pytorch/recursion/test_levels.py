"""The generated schedule, against heights and depths found one node at a time."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Any

import pytest
import torch
from torch import Tensor

from backends.pytorch.recursion.levels import SCHEDULE, forests_of, has_fold, levelled
from categorical import Bool, Dim, Fin, Real, arrow, op
from categorical.recursion import rose_fold


@cache
def space() -> dict[str, Any]:
    found: dict[str, Any] = {"torch": torch, "Tensor": Tensor, "dataclass": dataclass}
    exec(SCHEDULE, found)
    return found


def schedule(children: Tensor, present: Tensor) -> Any:
    return space()["schedule"](children, present)


def random_forest(count: int, arity: int, rng: random.Random, trees: bool) -> tuple[Tensor, Tensor]:
    """Nodes in any order; with ``trees`` each has one parent at most."""
    numbers = rng.sample(range(count), count)
    children = torch.tensor([[rng.randrange(-3, count + 3) for _ in range(arity)]] * count)
    present = torch.zeros(count, arity, dtype=torch.bool)
    taken: set[int] = set()
    for place, node in enumerate(numbers):
        for slot in range(arity):
            below = [n for n in numbers[:place] if not trees or n not in taken]
            if below and rng.random() < 0.7:
                child = rng.choice(below)
                taken.add(child)
                children[node, slot], present[node, slot] = child, True
    return children, present


def folded(children: Tensor, present: Tensor, plan: Any) -> Tensor:
    """Numbers that tell subtrees apart, computed by the levels."""
    arity = present.shape[1]
    weights = torch.arange(2, 2 + arity, dtype=torch.float64)
    parts = [torch.ones(len(plan.leaves), dtype=torch.float64).split(plan.leaf_counts)[0]]
    leaves = torch.ones(len(plan.leaves), dtype=torch.float64).split(plan.leaf_counts)
    done = []
    steps = zip(plan.below, plan.carry, plan.spare, plan.counts, leaves[1:], strict=True)
    for below, carry, spare, count, leaf in steps:
        own = space()["rows_of"](parts, below, spare).unflatten(0, (-1, arity))
        assert len(own) == count
        new = (own * weights).sum(1).sin() + 1
        done.append(new)
        parts = space()["handed_on"](parts, new, leaf, carry)
    return torch.cat([*done, *leaves]).index_select(0, plan.place)


def by_recursion(children: Tensor, present: Tensor) -> Tensor:
    found: dict[int, Tensor] = {}

    def state(node: int) -> Tensor:
        if node not in found:
            total = torch.zeros((), dtype=torch.float64)
            for slot, child in enumerate(children[node].tolist()):
                if present[node, slot]:
                    total = total + (2 + slot) * state(child)
            one = torch.ones((), dtype=torch.float64)
            found[node] = total.sin() + 1 if present[node].any() else one
        return found[node]

    return torch.stack([state(node) for node in range(len(children))])


@pytest.mark.parametrize("trees", [True, False])
@pytest.mark.parametrize("seed", range(25))
def test_levels_compute_what_recursion_does(seed: int, trees: bool) -> None:
    rng = random.Random(seed)
    children, present = random_forest(rng.randint(1, 40), rng.randint(1, 4), rng, trees)
    plan = schedule(children, present)
    assert any(map(len, plan.carry)) <= (not trees)  # in trees nothing is handed on
    torch.testing.assert_close(
        folded(children, present, plan), by_recursion(children, present), rtol=0, atol=1e-12
    )


def test_a_chain_of_many_nodes_takes_few_steps() -> None:
    count = 3000
    children = torch.arange(1, count + 1)[:, None]
    present = children < count
    plan = schedule(children, present)
    assert plan.counts == [1] * (count - 1) and plan.leaf_counts == [1] + [0] * (count - 1)
    assert plan.inner.tolist() == list(range(count - 2, -1, -1))


def test_several_forests_are_one() -> None:
    rng = random.Random(0)
    pairs = [random_forest(6, 2, rng, True) for _ in range(4)]
    children = torch.stack([c.clamp(0, 5) for c, _ in pairs]).reshape(2, 2, 6, 2)
    present = torch.stack([p for _, p in pairs]).reshape(2, 2, 6, 2)
    plan = schedule(children, present)
    shift = 6 * torch.arange(4)[:, None, None]
    flat = (children.reshape(4, 6, 2) + shift).reshape(24, 2), present.reshape(24, 2)
    found = folded(*flat, plan)
    wanted = torch.cat([by_recursion(c, p) for c, p in pairs])
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("count", [0, 1, 5])
def test_forests_without_inner_nodes(count: int) -> None:
    nothing = torch.zeros(count, 2, dtype=torch.int64), torch.zeros(count, 2, dtype=torch.bool)
    plan = schedule(*nothing)
    assert sorted(plan.leaves.tolist()) == list(range(count)) and not len(plan.inner)
    assert plan.leaf_counts == [count] and plan.counts == []


@pytest.mark.parametrize("seed", range(20))
def test_cycles_are_named(seed: int) -> None:
    rng = random.Random(seed)
    children, present = random_forest(12, 2, rng, seed % 2 == 0)
    node = rng.randrange(12)
    path = [node]
    while present[path[-1]].any():  # the last of a path gets the first for a child
        path.append(int(children[path[-1]][present[path[-1]]][0]))
    children[path[-1], 0], present[path[-1], 0] = node, True
    with pytest.raises(ValueError, match="is its own descendant") as found:
        schedule(children, present)
    text = str(found.value)
    steps = [int(one) for one in text.split(": ")[1].split(" → ")]
    assert steps[0] == steps[-1] and text.startswith(f"node {steps[0]} ")
    for parent, child in pairwise(steps):
        assert child in children[parent][present[parent]].tolist()


def test_children_outside_are_named() -> None:
    children = torch.tensor([[[1], [0]], [[2], [0]]])
    present = torch.tensor([[[True], [False]], [[True], [False]]])
    with pytest.raises(ValueError, match=r"node 0 of forest \[1\] has the child 2"):
        schedule(children, present)
    with pytest.raises(ValueError, match="node 0 has the child -1, which is none of 2 nodes"):
        schedule(torch.tensor([[-1], [0]]), present[0])


def test_a_schedule_moves_to_a_device() -> None:
    plan = schedule(torch.tensor([[1], [0]]), torch.tensor([[True], [False]]))
    moved = plan.to("meta")
    assert moved.leaves.device.type == moved.below[0].device.type == "meta"
    assert moved.counts == plan.counts


node, child, a = Dim.named("node child a")
cell = op.sum(child).at(Real[child, a]) >> op.tanh
fold = rose_fold(cell, over=node, arity=child)


@arrow
def part(children: Fin(node)[node, child], present: Bool[node, child]) -> Real[node, a]:
    return fold(children, present)


@arrow
def twice(children: Fin(node)[node, child], present: Bool[node, child]) -> Real[node, a]:
    return part(children, present) + fold(children, present)


@arrow
def turned(children: Fin(node)[node, child], present: Bool[node, child]) -> Real[node, a]:
    return part(children, op.logical_not(present)) + fold(children, present)


def test_one_forest_for_all_folds() -> None:
    assert forests_of(twice.graph()) == (0, 1)
    assert forests_of(turned.graph()) is None
    assert forests_of(op.relu.at(Real[a]).graph()) is None


def test_bodies_are_lifted_once_in_parts_too() -> None:
    graph = levelled(twice.graph())
    found = [n.box.regions[0] for _, n in graph.walk() if n.box.name == "tree_fold"]
    assert [str(one.dom[0]) for one in found] == ["Real[level, child, a]"] * 2
    plain = op.relu.at(Real[a]).graph()
    assert levelled(plain) is plain and not has_fold(plain)
