"""Parity of tree networks with modules that call themselves on the children of a node."""

from __future__ import annotations

import random

import pytest
import torch
from torch import Tensor, nn

from categorical.recursion.forests import forest
from tests.benchmarks.tree_baselines import (
    BinaryTreeLSTM,
    ChildSumTreeLSTM,
    Tree,
    number,
    random_tree,
)
from tests.specs.parity import TOLERANCE, architectures, compare

FEATURE, HIDDEN, LABEL = 5, 4, 3
SIZES = {"feature": FEATURE, "hidden": HIDDEN, "label": LABEL}


class Scores(nn.Module):
    """Scores from the state of the root."""

    def __init__(self, tree: nn.Module, trees: list[Tree]) -> None:
        super().__init__()
        self.tree, self.trees = tree, trees
        self.scores = nn.Linear(HIDDEN, LABEL)

    def forward(self, x: Tensor, *arrays: Tensor) -> Tensor:
        return self.scores(self.tree(self.trees, x))


class Composer(nn.Module):
    """tanh of a map of both parts."""

    def __init__(self, trees: list[Tree], words: int, vector: int) -> None:
        super().__init__()
        self.trees = trees
        self.words = nn.Embedding(words, vector)
        self.both = nn.Linear(2 * vector, vector)

    def node(self, tree: Tree, words: Tensor) -> Tensor:
        if not tree.children:
            return self.words(words[tree.index])
        parts = [self.node(child, words) for child in tree.children]
        return torch.tanh(self.both(torch.cat(parts)))

    def forward(self, words: Tensor, *arrays: Tensor) -> Tensor:
        return torch.stack([self.node(tree, words) for tree in self.trees])


def of_any_arity(depth: int, rng: random.Random) -> Tree:
    """A tree whose nodes have up to three children."""
    count = rng.randint(0, 3) if depth else 0
    return Tree([of_any_arity(depth - 1, rng) for _ in range(count)])


def arrays(trees: list[Tree], arity: int | None = None) -> tuple[Tensor, Tensor, Tensor]:
    """Children, which are present, and roots; the nodes are numbered on the way."""
    number(trees)
    found = forest(trees, lambda t: t.children, lambda t: t.index, arity=arity)
    assert found.labels == list(range(len(found.labels)))
    return tuple(map(torch.as_tensor, (found.children, found.present, found.roots)))


@pytest.fixture(autouse=True)
def _seed() -> None:
    torch.manual_seed(0)


CHILD_SUM = {
    "cell.node.from_label.weight": "tree.iou_x.weight",
    "cell.node.from_label.bias": "tree.iou_x.bias",
    "cell.node.from_children.weight": "tree.iou_h.weight",
    "cell.node.forget_label.weight": "tree.f_x.weight",
    "cell.node.forget_label.bias": "tree.f_x.bias",
    "cell.node.forget_child.weight": "tree.f_h.weight",
    "scores.weight": "scores.weight",
    "scores.bias": "scores.bias",
}


@pytest.mark.parametrize("count", [1, 6])
def test_child_sum_tree_lstm_is_the_recursion(count: int) -> None:
    rng = random.Random(count)
    trees = [of_any_arity(4, rng) for _ in range(count)]
    children, present, roots = arrays(trees, 3)
    x = torch.randn(len(children), FEATURE, dtype=torch.float64)
    theirs = Scores(ChildSumTreeLSTM(FEATURE, HIDDEN), trees)
    found = architectures("tree_lstm")["model"]
    inputs = (x, children, present, roots)
    assert compare(found, theirs, CHILD_SUM, inputs, sizes=SIZES) < TOLERANCE


BINARY = {
    "cell.leaf.from_label.weight": "tree.leaf.weight",
    "cell.leaf.from_label.bias": "tree.leaf.bias",
    "cell.node.from_children.weight": "tree.both.weight",
    "cell.node.from_children.bias": "tree.both.bias",
    "scores.weight": "scores.weight",
    "scores.bias": "scores.bias",
}


@pytest.mark.parametrize("count", [1, 6])
def test_binary_tree_lstm_is_the_recursion(count: int) -> None:
    rng = random.Random(count)
    trees = [random_tree(rng.randint(1, 9), rng) for _ in range(count)]
    children, present, roots = arrays(trees, 2)
    x = torch.randn(len(children), FEATURE, dtype=torch.float64)
    theirs = Scores(BinaryTreeLSTM(FEATURE, HIDDEN), trees)
    found = architectures("tree_lstm")["binary_model"]
    inputs = (x, children, present, roots)
    assert compare(found, theirs, BINARY, inputs, sizes=SIZES) < TOLERANCE


RECURSIVE = {
    "vectors.weight": "words.weight",
    "cell.node.from_left.weight": ("both.weight", lambda w: w[:, :6]),
    "cell.node.from_right.weight": ("both.weight", lambda w: w[:, 6:]),
    "cell.node.from_left.bias": "both.bias",
}


def test_the_recursive_network_is_the_recursion() -> None:
    rng = random.Random(3)
    trees = [random_tree(rng.randint(1, 9), rng) for _ in range(5)]
    children, present, roots = arrays(trees, 2)
    words = torch.randint(11, (len(children),))
    found = architectures("recursive_network")["model"]
    theirs = Composer(trees, 11, 6)
    inputs = (words, children, present, roots)
    sizes = {"vector": 6, "word": 11}
    assert compare(found, theirs, RECURSIVE, inputs, sizes=sizes) < TOLERANCE


def test_the_order_of_children_is_seen() -> None:
    """The broken twin: both children of every node exchanged, nothing agrees."""
    rng = random.Random(4)
    trees = [random_tree(7, rng)]
    children, present, roots = arrays(trees, 2)
    x = torch.randn(len(children), FEATURE, dtype=torch.float64)
    theirs = Scores(BinaryTreeLSTM(FEATURE, HIDDEN), trees)
    found = architectures("tree_lstm")["binary_model"]
    inputs = (x, children.flip(1), present, roots)
    assert compare(found, theirs, BINARY, inputs, sizes=SIZES) > 1e-3
