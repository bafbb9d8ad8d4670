"""Tree networks as people write them in PyTorch: a module that calls itself on the children.

Frozen before anything here was tuned.  A tree is a ``Tree`` of Python objects; its state is
computed node by node, and the states at the roots are stacked.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn


@dataclass
class Tree:
    """A node with its children; ``index`` is its row of the labels."""

    children: list[Tree] = field(default_factory=list)
    index: int = -1


def random_tree(leaves: int, rng: random.Random) -> Tree:
    """A binary tree whose split is uniform at every node."""
    if leaves == 1:
        return Tree()
    left = rng.randint(1, leaves - 1)
    return Tree([random_tree(left, rng), random_tree(leaves - left, rng)])


def balanced_tree(leaves: int) -> Tree:
    """A binary tree split in halves."""
    if leaves == 1:
        return Tree()
    half = leaves // 2
    return Tree([balanced_tree(half), balanced_tree(leaves - half)])


def number(trees: Sequence[Tree]) -> list[Tree]:
    """Number the nodes, parents first, and list them in this order."""
    found: list[Tree] = []
    for tree in trees:
        pending = [tree]
        while pending:
            node = pending.pop()
            node.index = len(found)
            found.append(node)
            pending.extend(reversed(node.children))
    return found


class BinaryTreeLSTM(nn.Module):
    """Leaves read labels; a node has gates from the states of both children."""

    def __init__(self, feature: int, hidden: int) -> None:
        super().__init__()
        self.leaf = nn.Linear(feature, 3 * hidden)
        self.both = nn.Linear(2 * hidden, 5 * hidden)

    def node(self, tree: Tree, x: Tensor) -> tuple[Tensor, Tensor]:
        if not tree.children:
            i, o, u = self.leaf(x[tree.index]).chunk(3)
            c = torch.sigmoid(i) * torch.tanh(u)
            return torch.sigmoid(o) * torch.tanh(c), c
        (left_h, left_c), (right_h, right_c) = (self.node(t, x) for t in tree.children)
        i, o, u, f, g = self.both(torch.cat([left_h, right_h])).chunk(5)
        c = torch.sigmoid(i) * torch.tanh(u) + torch.sigmoid(f) * left_c
        c = c + torch.sigmoid(g) * right_c
        return torch.sigmoid(o) * torch.tanh(c), c

    def forward(self, trees: Sequence[Tree], x: Tensor) -> Tensor:
        return torch.stack([self.node(tree, x)[0] for tree in trees])


class ChildSumTreeLSTM(nn.Module):
    """Every node reads a label and the sum of its children; each child has its own forget gate."""

    def __init__(self, feature: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.iou_x = nn.Linear(feature, 3 * hidden)
        self.iou_h = nn.Linear(hidden, 3 * hidden, bias=False)
        self.f_x = nn.Linear(feature, hidden)
        self.f_h = nn.Linear(hidden, hidden, bias=False)

    def node(self, tree: Tree, x: Tensor) -> tuple[Tensor, Tensor]:
        own = x[tree.index]
        if tree.children:
            states = [self.node(child, x) for child in tree.children]
            h = torch.stack([h for h, _ in states])
            c = torch.stack([c for _, c in states])
            f = torch.sigmoid(self.f_h(h) + self.f_x(own))
            total, kept = h.sum(0), (f * c).sum(0)
        else:
            total = kept = x.new_zeros(self.hidden)
        i, o, u = (self.iou_x(own) + self.iou_h(total)).chunk(3)
        c = torch.sigmoid(i) * torch.tanh(u) + kept
        return torch.sigmoid(o) * torch.tanh(c), c

    def forward(self, trees: Sequence[Tree], x: Tensor) -> Tensor:
        return torch.stack([self.node(tree, x)[0] for tree in trees])


class BinaryByHeight(BinaryTreeLSTM):
    """The same network with nodes of one height in one batch, as people write it for speed.

    All states so far are one tensor, from which each level reads its children.
    """

    def forward(self, trees: Sequence[Tree], x: Tensor) -> Tensor:
        levels: dict[int, list[Tree]] = {}
        height: dict[int, int] = {}
        for node in reversed(number(trees)):
            level = 1 + max((height[c.index] for c in node.children), default=-1)
            height[node.index] = level
            levels.setdefault(level, []).append(node)
        place: dict[int, int] = {}
        for level in sorted(levels):
            for node in levels[level]:
                place[node.index] = len(place)
        i, o, u = self.leaf(x[[node.index for node in levels[0]]]).chunk(3, 1)
        c = torch.sigmoid(i) * torch.tanh(u)
        h = torch.sigmoid(o) * torch.tanh(c)
        for level in range(1, len(levels)):
            below = torch.tensor(
                [[place[child.index] for child in node.children] for node in levels[level]]
            )
            i, o, u, f, g = self.both(h[below].flatten(1)).chunk(5, 1)
            left, right = c[below].unbind(1)
            memory = torch.sigmoid(i) * torch.tanh(u) + torch.sigmoid(f) * left
            memory = memory + torch.sigmoid(g) * right
            h = torch.cat([h, torch.sigmoid(o) * torch.tanh(memory)])
            c = torch.cat([c, memory])
        return h[[place[tree.index] for tree in trees]]
