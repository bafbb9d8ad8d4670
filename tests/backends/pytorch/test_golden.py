"""The generated files of three architectures, byte for byte.

After a change of the emitter that is meant, write them anew:
``python -m tests.backends.pytorch.test_golden``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backends.pytorch import build
from backends.pytorch.build import Build
from tests.backends.pytorch.architectures import EVERY, GOLDEN, SIZES

ROOT = Path(__file__).parents[3]
FOLDER = Path(__file__).parent / "golden"
LAWS = ["invariant[S_n]  PROVED  for all sizes"]


def made(name: str, validate: bool = False) -> Build:
    graph = EVERY[name].graph()
    sizes = {s: v for s, v in SIZES.items() if s in graph.dims}
    return build(graph, sizes, name, LAWS if name == "deep_sets" else (), validate=validate)


@pytest.mark.parametrize("name", sorted(EVERY))
def test_every_architecture_validates(name: str) -> None:
    report = made(name, validate=True).validation
    assert len(report["sizes"]) == 2 and report["outputs_and_states"] and report["gradients"]


@pytest.mark.parametrize("name", sorted(GOLDEN))
def test_the_file_is_the_one_that_was_read(name: str) -> None:
    assert made(name).source == (FOLDER / f"{name}.py.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(EVERY))
def test_the_file_is_formatted(name: str, tmp_path: Path) -> None:
    ruff = shutil.which("ruff") or str(Path(sys.executable).with_name("ruff"))
    if not Path(ruff).exists():
        pytest.skip("ruff is not installed")
    path = tmp_path / f"{name}.py"
    path.write_text(made(name).source, encoding="utf-8")
    options = ["--isolated", "--line-length", "100"]
    told = subprocess.run(
        [ruff, "format", "--diff", *options, path], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout
    told = subprocess.run(
        [ruff, "check", "--select", "E,F,W,I,B,UP", "--ignore", "E501", *options, path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout


def test_bytes_do_not_depend_on_hashing() -> None:
    program = (
        "import hashlib\n"
        "from tests.backends.pytorch.test_golden import EVERY, made\n"
        "print(hashlib.sha256(''.join(made(n).source for n in sorted(EVERY)).encode()).hexdigest())"
    )
    found = set()
    for seed in ("0", "1", "77"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        told = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", program],
            capture_output=True, text=True, env=environment, check=True, cwd=ROOT,
        )  # fmt: skip
        found.add(told.stdout.strip())
    assert len(found) == 1


@pytest.mark.slow
def test_the_selftest_of_a_file_runs(tmp_path: Path) -> None:
    for name in ("attention", "residual_mlp"):
        path = tmp_path / f"{name}.py"
        made(name).write(path)
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        told = subprocess.run(
            [sys.executable, path, "--selftest"],
            capture_output=True, text=True, cwd=tmp_path, env=environment, check=False,
        )  # fmt: skip
        assert told.returncode == 0, told.stderr
        for word in ("shapes ok", "gradients ok", "export ok", "compiled"):
            assert word in told.stdout


def write_golden() -> None:
    """Write the golden files anew."""
    for name in GOLDEN:
        (FOLDER / f"{name}.py.txt").write_text(made(name).source, encoding="utf-8")


if __name__ == "__main__":
    write_golden()
