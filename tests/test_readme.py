"""The README: what it prints is what the commands print, and its training loop runs."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

from tests import readme

ROOT = Path(__file__).resolve().parent.parent


def test_the_outputs_in_the_readme_are_what_the_commands_print() -> None:
    environment = {**os.environ, "COLUMNS": "90", "PYTHONPATH": str(ROOT)}
    answer = subprocess.run(
        [sys.executable, "-m", "tests.readme", "--check"],
        cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert answer.returncode == 0, "run `COLUMNS=90 python -m tests.readme`\n" + answer.stderr


def test_a_readme_that_says_something_else_is_noticed() -> None:
    text = readme.README.read_text()
    assert "PROVED    invariant" in text
    assert text.replace("PROVED    invariant", "TESTED    invariant") != text


def test_the_training_loop_runs(tmp_path: Path) -> None:
    from categorical import cli

    text = readme.README.read_text()
    (tmp_path / "pool.py").write_text(readme.files(text)["pool.py"])
    assert (
        cli.main(["build", str(tmp_path / "pool.py"), "-o", str(tmp_path / "pool_model.py")]) == 0
    )
    (loop,) = [block for block in readme.blocks(text) if "optimiser.step()" in block]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    answer = subprocess.run(
        [sys.executable, "-c", loop], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr


def test_the_sessions_print_what_they_say() -> None:
    sessions = re.findall(r"```pycon\n(.*?)```", readme.README.read_text(), re.DOTALL)
    assert len(sessions) >= 3
    test = doctest.DocTestParser().get_doctest("\n".join(sessions), {}, "README", None, 0)
    assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(test).failed == 0
