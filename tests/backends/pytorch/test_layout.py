"""Layout: every statement as ``ruff format`` writes it."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backends.pytorch import layout
from backends.pytorch.table.base import Emit, atom, binary, power
from categorical import Axis, Bool, Dim, Real

RUFF = shutil.which("ruff") or str(Path(sys.executable).with_name("ruff"))


def expression(rng: random.Random, depth: int) -> str:
    """A random expression of the kinds that rows write."""
    name = rng.choice(["x", "features", "hidden_states", "attention_weights", "self.linear.weight"])
    if depth == 0:
        return name
    parts = [expression(rng, depth - 1) for _ in range(rng.randint(1, 4))]
    kind = rng.randrange(5)
    if kind == 0:
        return f"torch.{rng.choice(['cat', 'einsum', 'relu'])}({', '.join(parts)})"
    if kind == 1:
        return f"{name}.{rng.choice(['sum', 'expand', 'transpose'])}({', '.join(parts)}, dim=-1)"
    if kind == 2:
        return f"F.conv1d({', '.join(parts)}).squeeze(-2)"
    if kind == 3:
        return f"{name} {rng.choice('+-*/@')} {name}"
    return f"self.block({', '.join(parts)})"


@pytest.mark.skipif(not Path(RUFF).exists(), reason="ruff is not installed")
def test_statements_are_formatted(tmp_path: Path) -> None:
    rng = random.Random(0)
    lines = ["class C:", "    def f(self, x):"]
    for i in range(300):
        note = rng.choice(["", "[batch, n, c]", '[batch, heads, n.at("key"), width//heads]'])
        lines += layout.statement(f"y_{i}", expression(rng, rng.randint(0, 2)), note)
    path = tmp_path / "statements.py"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = subprocess.run(
        [RUFF, "format", "--diff", "--isolated", "--line-length", "100", path],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout


def test_a_layout_means_what_it_was_given() -> None:
    import ast

    rng = random.Random(1)
    for _ in range(200):
        text = expression(rng, 2)
        tree = ast.parse("\n".join(layout.statement("y", text, "[n]", 0)))
        (first, *rest) = tree.body
        value = ast.unparse(first.value)
        for one in rest:
            value = ast.unparse(one.value).replace("y", value, 1)
        assert value == ast.unparse(ast.parse(text, mode="eval"))


def test_operands_get_parentheses_where_they_must() -> None:
    assert atom("x") == "x" and atom("f(x).y[0]") == "f(x).y[0]"
    assert atom("x + y") == "(x + y)" and atom("-x") == "(-x)" and atom("2") == "(2)"
    assert binary("*", "x + y", "0.5") == "(x + y) * 0.5"
    assert binary("-", "x", "-0.5") == "x - -0.5"
    assert power("self.c", "-0.5") == "self.c**-0.5"
    assert power("c // 2", "-0.5") == "(c // 2) ** -0.5"


def test_axes_are_moved_into_place() -> None:
    a, b, c = (Axis(d) for d in Dim.named("a b c"))
    emit = Emit()
    assert emit.permuted("x", (a, b), (a, b)) == "x"
    assert emit.permuted("x", (a, b), (b, a)) == "x.transpose(-2, -1)"
    assert emit.permuted("x + y", (a, b, c), (c, a, b)) == "(x + y).permute(2, 0, 1)"
    x = Real[a, b, c]
    for have, text in (
        ((c,), "m"),
        ((b,), "m.unsqueeze(-1)"),
        ((a,), "m[:, None, None]"),
        ((a, c), "m.unsqueeze(-2)"),
        ((c, a), "m.transpose(-2, -1).unsqueeze(-2)"),
        ((), "m"),
    ):
        assert emit.aligned("m", Bool[have], x) == text
    with pytest.raises(ValueError):
        emit.aligned("m", x, Real[a, b])
    with pytest.raises(ValueError):
        emit.dim(Real[a], b)
    assert emit.dims(x, (b,)) == "-2" and emit.dims(x, (a, c)) == "(-3, -1)"


def test_a_long_group_is_not_made_a_tuple():
    """A comma behind the one expression in brackets would make it a tuple."""
    text = f"({' + '.join(['function(argument)'] * 8)})"
    lines = "\n".join(layout.statement("y", text))
    scope = {"function": lambda x: x, "argument": 1}
    exec("if True:\n" + lines, scope)
    assert scope["y"] == 8 and len(lines.splitlines()) > 1
