"""Train a Tree-LSTM on the syntax trees of Python's standard library.

Run ``python -m examples.syntax_trees [folder]``.  The question about a function that returns
somewhere: can control also fall off its end, so that it returns None without saying so?  The answer
is computed from the full tree by the rules of the language; the network sees the kinds of the
nodes only, and which are children and siblings.  Files are held out by the hash of their name, and
functions whose tree occurs in a training file are left out of the test.

Falling off the end is rare, so the score is the mean of the accuracies on both answers.  It is
compared with the constant answer and with a network that sees how many nodes of each kind there
are, but not how they stand to one another.
"""

from __future__ import annotations

import ast
import hashlib
import random
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from categorical.recursion.forests import forest
from examples.common import SPECS, bars, commute, fit, generated

EPOCHS, BATCH, SMALLEST, LARGEST = 12, 64, 10, 120
KINDS = sorted(name for name, one in vars(ast).items() if isinstance(one, type))
NUMBER = {name: place for place, name in enumerate(KINDS)}
LOOPS = (ast.For, ast.AsyncFor, ast.While)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
BRANCHES = (ast.If, ast.Try, ast.TryStar, ast.Match, *LOOPS)

#: The kind of a node, its first child and its next sibling.
Binary = tuple[int, "Binary | None", "Binary | None"]


@dataclass(frozen=True)
class Function:
    """A function: its tree, how many nodes of each kind it has, and the answer."""

    tree: Binary
    counts: tuple[int, ...]
    falls: bool


# --- the answer -----------------------------------------------------------------------------------


def falls_through(body: Sequence[ast.stmt]) -> bool:
    """Whether control can reach the end of a block."""
    return all(passes(one) for one in body)


def passes(one: ast.stmt) -> bool:
    """Whether control can get past a statement."""
    match one:
        case ast.Return() | ast.Raise() | ast.Break() | ast.Continue():
            return False
        case ast.If():
            return not one.orelse or falls_through(one.body) or falls_through(one.orelse)
        case ast.While(test=ast.Constant(value=value)) if value:
            return breaks(one.body)
        case ast.For() | ast.AsyncFor() | ast.While():
            return falls_through(one.orelse) or breaks(one.body)
        case ast.With() | ast.AsyncWith():
            return falls_through(one.body)
        case ast.Try() | ast.TryStar():
            whole = falls_through([*one.body, *one.orelse])
            handled = any(falls_through(handler.body) for handler in one.handlers)
            return falls_through(one.finalbody) and (whole or handled)
        case ast.Match():
            last = one.cases[-1]
            every = isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
            covered = every and last.guard is None
            return not covered or any(falls_through(case.body) for case in one.cases)
    return True


def breaks(body: Sequence[ast.stmt]) -> bool:
    """Whether a loop with this body is left by a ``break`` of its own."""
    pending: list[ast.AST] = list(body)
    while pending:
        one = pending.pop()
        if isinstance(one, ast.Break):
            return True
        if isinstance(one, LOOPS):
            pending += one.orelse
        elif not isinstance(one, SCOPES):
            pending += ast.iter_child_nodes(one)
    return False


# --- the trees ------------------------------------------------------------------------------------


def binary(function: ast.AST) -> tuple[Binary, list[int]]:
    """The tree with first children on the left and next siblings on the right; its kinds."""
    kinds: list[int] = []
    done: dict[ast.AST, tuple[int, Binary | None]] = {}
    pending = [(function, False)]
    while pending:
        one, ready = pending.pop()
        below = [c for c in ast.iter_child_nodes(one) if not isinstance(c, ast.expr_context)]
        if not ready:
            pending += [(one, True), *((child, False) for child in below)]
            continue
        first: Binary | None = None
        for child in reversed(below):
            first = (*done[child], first)
        kinds.append(NUMBER[type(one).__name__])
        done[one] = (kinds[-1], first)
    return (*done[function], None), kinds


def functions(path: Path) -> list[Function]:
    """The functions of a file that return somewhere and branch somewhere."""
    try:
        module = ast.parse(path.read_text(encoding="utf-8", errors="replace"))
    except SyntaxError:  # some files of the library are wrong on purpose
        return []
    found = []
    for one in ast.walk(module):
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            inside = list(ast.walk(one))
            returns = any(isinstance(n, ast.Return) for n in inside)
            if returns and any(isinstance(n, BRANCHES) for n in inside):
                tree, kinds = binary(one)
                if SMALLEST <= len(kinds) <= LARGEST:
                    counts = tuple(kinds.count(kind) for kind in range(len(KINDS)))
                    found.append(Function(tree, counts, falls_through(one.body)))
    return found


def data() -> tuple[list[Function], list[Function]]:
    """The functions of the training files and of the held-out files."""
    library = Path(sysconfig.get_paths()["stdlib"])
    train: list[Function] = []
    test: list[Function] = []
    for path in sorted(library.rglob("*.py")):
        if {"site-packages", "test", "tests", "idlelib", "lib2to3"} & set(path.parts):
            continue
        held_out = hashlib.sha256(path.name.encode()).digest()[0] % 4 == 0
        (test if held_out else train).extend(functions(path))
    known = {one.tree for one in train}
    return train, [one for one in test if one.tree not in known]


# --- networks -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Batch:
    """Inputs of both networks, and the answers."""

    inputs: tuple[object, ...]
    counts: Tensor
    answers: Tensor


def collate(chosen: Sequence[Function], module: ModuleType) -> Batch:
    """Some trees as one forest in which equal subtrees are one node, with its schedule."""
    trees = [one.tree for one in chosen]
    found = forest(trees, lambda t: t[1:], lambda t: t[0], arity=2, shared=True)
    children, present = torch.as_tensor(found.children), torch.as_tensor(found.present)
    return Batch(
        (
            torch.tensor(found.labels),
            children,
            present,
            torch.as_tensor(found.roots),
            module.schedule(children, present),
        ),
        torch.tensor([one.counts for one in chosen], dtype=torch.float32).log1p(),
        torch.tensor([int(one.falls) for one in chosen]),
    )


def mean_accuracy(guesses: Tensor, answers: Tensor) -> float:
    """The mean of the accuracies on both answers."""
    right = (guesses == answers).float()
    return sum(right[answers == one].mean().item() for one in (0, 1)) / 2


def main(folder: Path) -> float:
    """How much better the Tree-LSTM scores than the network that counts nodes."""
    folder.mkdir(parents=True, exist_ok=True)
    spec, path = SPECS / "syntax_classifier.py", folder / "model.py"
    commute("check", spec)
    commute("build", spec, "--arch", "syntax_classifier", "-o", path)
    module = generated(path)
    train, test = data()
    random.Random(0).shuffle(train)
    train.sort(key=lambda one: sum(one.counts))  # trees of a batch are of like size
    batches = [collate(train[i : i + BATCH], module) for i in range(0, len(train), BATCH)]
    tests = [collate(test[i : i + 256], module) for i in range(0, len(test), 256)]
    answers = torch.cat([one.answers for one in tests])
    nodes, kept = (
        sum(sum(one.counts) for one in train),
        sum(len(one.inputs[0]) for one in batches),  # type: ignore[arg-type]
    )
    print(f"\n{len(train):,} functions to train on, {len(test):,} held out")
    print(f"{nodes:,} nodes, {kept:,} where equal subtrees of a batch are one")

    share = sum(one.falls for one in train) / len(train)
    weights = torch.tensor([0.5 / (1 - share), 0.5 / share])
    torch.manual_seed(0)
    torch.set_num_threads(1)  # a level is a small product: threads would wait for one another
    tree = module.SyntaxClassifier(module.Config(kind=len(KINDS)))
    counts = nn.Sequential(nn.Linear(len(KINDS), 64), nn.ReLU(), nn.Linear(64, 2))
    steps = EPOCHS * len(batches)
    order = [torch.randperm(len(batches)) for _ in range(EPOCHS)]

    def batch(step: int) -> Batch:
        epoch, place = divmod(step, len(batches))
        return batches[int(order[epoch][place])]

    def of_trees(step: int) -> Tensor:
        one = batch(step)
        return cross_entropy(tree(*one.inputs), one.answers, weights)

    def of_counts(step: int) -> Tensor:
        one = batch(step)
        return cross_entropy(counts(one.counts), one.answers, weights)

    with bars() as progress:
        fit(counts, of_counts, steps, 1e-2, "counts of nodes", progress)
        fit(tree, of_trees, steps, 1e-2, "Tree-LSTM", progress)
    with torch.no_grad():
        found = {
            "always no": torch.zeros_like(answers),
            "counts of nodes": torch.cat([counts(one.counts).argmax(1) for one in tests]),
            "Tree-LSTM": torch.cat([tree(*one.inputs).argmax(1) for one in tests]),
        }
    scores = {name: mean_accuracy(guesses, answers) for name, guesses in found.items()}
    print(f"\nheld out: control falls off the end of {answers.float().mean():.1%} of the functions")
    for name, guesses in found.items():
        wrong = int((guesses != answers).sum())
        print(f"{name:16} mean accuracy {scores[name]:.1%}, {wrong} of {len(answers)} wrong")
    return scores["Tree-LSTM"] - scores["counts of nodes"]


if __name__ == "__main__":
    goal = 0.15
    sys.exit(0 if main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/trees")) >= goal else 1)
