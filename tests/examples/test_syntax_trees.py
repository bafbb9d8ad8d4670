"""Syntax trees of the standard library: the answers, the trees, and a short training."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from examples import syntax_trees
from examples.syntax_trees import KINDS, binary, data, falls_through


def falls(text: str) -> bool:
    lines = "\n    ".join(text.split("\n"))
    (function,) = ast.parse(f"def f(x):\n    {lines}").body
    assert isinstance(function, ast.FunctionDef)
    return falls_through(function.body)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("return x", False),
        ("if x:\n    return 1", True),
        ("if x:\n    return 1\nelse:\n    return 2", False),
        ("if x:\n    return 1\nelif x > 1:\n    raise x", True),
        ("while True:\n    if x: return 1", False),
        ("while True:\n    if x: break", True),
        ("while True:\n    for y in x: break", False),
        ("while x:\n    return 1", True),
        ("for y in x:\n    return y\nelse:\n    return 0", False),
        ("for y in x:\n    break\nelse:\n    return 0", True),
        ("try:\n    return 1\nexcept E:\n    pass", True),
        ("try:\n    x()\nexcept E:\n    return 2\nelse:\n    return 1", False),
        ("try:\n    x()\nfinally:\n    return 1", False),
        ("with x:\n    return 1", False),
        ("match x:\n    case 1: return 1", True),
        ("match x:\n    case 1: return 1\n    case _: return 2", False),
        ("if x:\n    return 1\npass\nraise x", False),
    ],
)
def test_control_falls_off_the_end(text: str, expected: bool) -> None:
    assert falls(text) is expected


def test_a_tree_has_children_and_siblings() -> None:
    (one,) = ast.parse("f(x)\n").body
    tree, kinds = binary(one)
    assert [KINDS[kind] for kind in sorted(kinds)] == ["Call", "Expr", "Name", "Name"]
    kind, call, sibling = tree
    assert KINDS[kind] == "Expr" and sibling is None and call is not None
    assert KINDS[call[0]] == "Call" and call[2] is None
    names = call[1]
    assert names is not None and names[2] is not None and names[1] is names[2][2] is None


def test_no_tree_is_on_both_sides() -> None:
    train, test = data()
    assert len(train) > 2000 and len(test) > 500
    assert not {one.tree for one in train} & {one.tree for one in test}
    assert 0.05 < sum(one.falls for one in test) / len(test) < 0.3


def test_the_tree_network_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A few epochs on part of the functions: better than the counts of nodes already."""
    train, test = data()
    monkeypatch.setattr(syntax_trees, "data", lambda: (train[:1500], test[:500]))
    monkeypatch.setattr(syntax_trees, "EPOCHS", 6)
    assert syntax_trees.main(tmp_path) > 0.05
