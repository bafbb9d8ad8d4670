"""Tree networks against recursion: 32 random (or balanced) trees of 32 leaves, h = 64.

The reference is the recursive module of ``tree_baselines``, frozen first.  Ours makes its schedule
in every pass; the rows "planned" take it from the collate function.  Beside it stands a module
that batches nodes by height, written by hand.  Predicted before measuring,
from backend.md (22 and 33 without scheduling, 18.6 and 24.6 with it) and from keeping one level in
place of all nodes.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch
from torch import Tensor, nn

from categorical import Architecture, Real, architecture, discard, identity
from categorical.recursion import rooted
from categorical.recursion.forests import forest
from tests.benchmarks.cases import Against, Case, Side, Work
from tests.benchmarks.tree_baselines import (
    BinaryByHeight,
    BinaryTreeLSTM,
    ChildSumTreeLSTM,
    Tree,
    balanced_tree,
    number,
    random_tree,
)

TREES, LEAVES, FEATURE, HIDDEN = 32, 32, 64, 64


@cache
def spec() -> dict[str, Architecture]:
    """The architectures of ``specs/tree_lstm.py``, loaded by path."""
    from categorical.face.loader import load

    path = Path(__file__).resolve().parents[2] / "specs" / "tree_lstm.py"
    return {one.name: one.architecture for one in load(str(path)).declared}


def batch(kind: str) -> tuple[list[Tree], tuple[Tensor, ...]]:
    """The trees as objects; labels, children and present as arrays."""
    rng = random.Random(0)
    trees = [
        random_tree(LEAVES, rng) if kind == "random" else balanced_tree(LEAVES)
        for _ in range(TREES)
    ]
    number(trees)
    found = forest(trees, lambda t: t.children, lambda t: t.index)
    x = torch.randn(len(found.labels), FEATURE)
    return trees, (x, torch.as_tensor(found.children), torch.as_tensor(found.present))


def recursion(make: Callable[[int, int], nn.Module], kind: str) -> Side:
    """A module that takes trees of objects."""

    def prepare(mode: str) -> Work:
        trees, (x, *_) = batch(kind)
        module, x = make(FEATURE, HIDDEN), x.requires_grad_()

        def work() -> None:
            module(trees, x).sum().backward()

        return work

    return prepare


def ours(name: str, kind: str, planned: bool = False) -> Side:
    """The generated module: the states at the roots."""

    def prepare(mode: str) -> Work:
        from backends.pytorch import build
        from backends.pytorch.loader import load_source

        fold = spec()[name].arrow
        hidden, node = fold.cod[0].axes[-1], fold.cod[0].axes[0]
        first = identity(Real[hidden]) @ discard(Real[hidden])
        one = architecture(rooted(fold, node) >> first, name=name, batch="union")
        sizes = {"feature": FEATURE, "hidden": HIDDEN}
        made = build(one.batched(), sizes, one.name, validate=False)
        space = load_source(made.source, made.module_name)
        module = getattr(space, made.class_name)()
        trees, (x, *forest_) = batch(kind)
        x = x.requires_grad_()
        roots = torch.tensor([tree.index for tree in trees])
        plan = space.schedule(*forest_) if planned else None
        if mode == "compiled":
            for fold in module.children():
                for cell in fold.children():
                    cell.compile(fullgraph=True, dynamic=True)

        def work() -> None:
            module(x, *forest_, roots, plan=plan).sum().backward()

        return work

    return prepare


MODES = {"eager": "eager", "compiled": "eager"}  # recursion does not compile in reasonable time


def _case(
    title: str, name: str, make: Callable[[int, int], nn.Module], kind: str, planned: bool
) -> Case:
    wanted = 25.0 if kind == "balanced" else 18.0
    predicted = {("random", False): 24, ("random", True): 28}.get((kind, planned), 32)
    text = f"{TREES} {kind} trees of {LEAVES} leaves, h={HIDDEN}"
    return Case(
        f"{title}, {kind}{', planned' if planned else ''}",
        text,
        ours(name, kind, planned),
        (
            Against(
                "recursion",
                recursion(make, kind),
                MODES,
                {} if planned else {"eager": wanted},
                {"eager": float(predicted)},
            ),
            *(
                [Against("batches by height", recursion(BinaryByHeight, kind))]
                if make is BinaryTreeLSTM and not planned
                else []
            ),
        ),
    )


CASES = [
    _case(title, name, make, kind, planned)
    for title, name, make in (
        ("Tree-LSTM, binary", "binary_states", BinaryTreeLSTM),
        ("Tree-LSTM, child-sum", "child_sum_states", ChildSumTreeLSTM),
    )
    for kind in ("random", "balanced")
    for planned in (False, True)
]
