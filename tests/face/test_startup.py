"""Starting up: what each command loads.  Times are printed by a benchmark, never asserted here."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from categorical.face import VERSION

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("torch", "sympy", "scipy", "jinja2", "hypothesis", "opt_einsum", "pytest", "asyncio")


def loaded(arguments: list[str]) -> set[str]:
    """The heavy modules that a command has loaded when it ends."""
    code = (
        "import sys\nfrom categorical.cli import main\n"
        f"status = main({arguments!r})\n"
        f"print(*[m for m in {(*HEAVY, 'rich', 'synthesis', 'proofs')!r} if m in sys.modules],"
        " file=sys.stderr)\nsys.exit(status)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert answer.returncode == 0, answer.stderr
    return set(answer.stderr.split())


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["explain", "CM001"]])
def test_small_commands_load_nothing(arguments) -> None:
    assert loaded(arguments) == set()


def test_types_only_loads_no_engine(spec) -> None:
    path = str(Path.cwd() / spec("good"))
    assert loaded(["check", "--types", "--json", path]) == set()
    assert loaded(["check", "--types", path]) <= {"rich"}


def test_check_and_draw_never_load_torch(spec) -> None:
    path = str(Path.cwd() / spec("good"))
    assert not loaded(["check", path]) & {"torch", "sympy", "hypothesis", "jinja2"}
    assert not loaded(["list", path]) & set(HEAVY), "from the cache"
    assert not loaded(["draw", path]) & set(HEAVY)


def test_the_plugin_loads_no_engine() -> None:
    code = (
        "import sys, categorical.pytest_plugin\n"
        f"print(*[m for m in {(*HEAVY[:-2], 'rich')!r} if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == []


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["version"] == VERSION
