"""Training files as texts: laid out, the same each time, and they test themselves."""

from __future__ import annotations

import ast
import importlib.util
import subprocess
import sys

import pytest

from backends.pytorch.loader import load_source, unload
from backends.pytorch.training.compare import compare
from backends.pytorch.training.write import train
from categorical.errors import SpecError
from categorical.learning.optimisers import sgd
from tests.backends.pytorch.training.games import classification, contest, dream, regression
from tests.backends.pytorch.training.test_compare import GAMES


@pytest.mark.parametrize("name", GAMES)
def test_the_text_is_laid_out(name: str) -> None:
    if importlib.util.find_spec("ruff") is None:
        pytest.skip("ruff is not installed")
    source = train(GAMES[name](), validate=False).source
    command = [sys.executable, "-m", "ruff", "format", "--line-length", "100", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=True)
    assert done.stdout == source
    command = [sys.executable, "-m", "ruff", "check", "--line-length", "100", "--select", "E,F"]
    command += ["--isolated", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", GAMES)
def test_the_file_tests_itself(name: str, capsys) -> None:
    made = train(GAMES[name](), validate=False)
    space = load_source(made.source, "trained")
    try:
        space.selftest(made.model.module())
    finally:
        unload(space)
    assert "restart ok" in capsys.readouterr().out


def test_it_imports_torch_and_the_standard_library() -> None:
    tree = ast.parse(train(contest(), validate=False).source)
    top = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name).split(".")[0]  # type: ignore[union-attr]
        for node in tree.body
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    assert top == {"sys", "collections", "copy", "torch"}


def test_the_text_is_the_same_each_time() -> None:
    for make in (classification, contest, dream):
        assert train(make()).source == train(make(), validate=False).source


def test_the_heading_says_who_moves_what_and_what_was_compared() -> None:
    heading = ast.get_docstring(ast.parse(train(contest(moves=3)).source))
    assert heading is not None
    assert "critic: torch.optim.SGD(lr=0.1, fused=True), 4 weights, 3 moves a round" in heading
    assert "Play: alternating." in heading and "Regenerate:" in heading
    assert "with the declared step" in heading and "up to 1e-09" in heading


def test_fit_trains(capsys) -> None:
    import torch

    for make, batch in (
        (classification, (torch.randn(6, 3), torch.randint(2, (6,)))),
        (contest, (torch.randn(6, 3),)),
    ):
        made = train(make(), validate=False)
        space = load_source(made.source, "trained")
        model = made.model.module()
        before = [p.clone() for p in model.parameters()]
        space.fit(model, [batch, batch], epochs=2)
        assert any((a != b).any() for a, b in zip(before, model.parameters(), strict=True))
        unload(space)
    out = capsys.readouterr().out
    assert "epoch 2: loss " in out and "epoch 2: critic " in out and " painter " in out


@pytest.mark.parametrize("name", ["my-line", "class", "torch", "copy"])
def test_a_module_that_cannot_be_imported(name: str) -> None:
    with pytest.raises(SpecError, match="cannot import") as refused:
        train(regression(), module=name, validate=False)
    assert refused.value.code == "CM024"


def test_a_text_with_something_else_in_it_is_refused(monkeypatch) -> None:
    from backends.pytorch.training import optim

    monkeypatch.setattr(optim, "making", lambda *_: "__import__('os').system('true')")
    with pytest.raises(SpecError, match="the training file is refused"):
        train(regression(sgd(0.1)))


def test_a_move_alone_is_on_its_own_batch() -> None:
    """One more move of a player, compared too: a file whose lone move is another's is refused."""
    made = train(GAMES["penalty"]())
    assert "def critic_move(" in made.source and "def painter_move(" in made.source
    head, alone, tail = made.source.partition("    def critic_move(")
    made.source = head + alone + tail.replace("self.critic.step()", "self.painter.step()", 1)
    with pytest.raises(SpecError, match="disagrees with the declared step"):
        compare(made)
