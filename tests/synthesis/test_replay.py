"""Replay: counterexamples as programs, from files, and what is wrong with bad ones."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from categorical.errors import SpecError
from synthesis.ladder import check
from synthesis.replay import literal, load, replay

SPEC = """
from categorical import Dim, Real, architecture, laws, op
from categorical.groups import Symmetric

node, feature = Dim.named("node feature")
model = architecture(
    (op.linear(node, node) >> op.tanh).at(Real[feature, node]).named("mixes_nodes"),
    laws=[laws.equivariant(under=Symmetric(node))],
)
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    path = tmp_path / "mix.py"
    path.write_text(SPEC)
    return path


def test_the_source_is_a_program_of_its_own(spec: Path, tmp_path: Path) -> None:
    (found,) = check(load(str(spec), "mixes_nodes"))
    assert found.counterexample is not None
    program = found.counterexample.source + "print(found)\n"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "equivariant[Symmetric(node)] fails for swap(node, 0, 1)" in done.stdout
    assert "first difference on the wire `linear`" in done.stdout


def test_the_program_fails_where_the_law_holds(spec: Path) -> None:
    """The assertion in a counterexample can fail: repaired weights make it fail."""
    (found,) = check(load(str(spec), "mixes_nodes"))
    assert found.counterexample is not None
    repaired = re.sub(
        r"'linear.weight': \[\[.*?\]\]",
        "'linear.weight': [[1, 0], [0, 1]]",
        found.counterexample.source,
    )
    repaired = re.sub(r"'linear.bias': \[.*?\]", "'linear.bias': [0, 0]", repaired)
    assert repaired != found.counterexample.source
    with pytest.raises(AssertionError):
        exec(repaired, {})


def test_replay_says_what_it_lacks(spec: Path) -> None:
    with pytest.raises(SpecError, match="no architecture `other`"):
        load(str(spec), "other")
    with pytest.raises(SpecError, match="states no law"):
        replay(str(spec), "mixes_nodes", "linear", {"node": 2, "feature": 1}, [[[1, 0]]], {})


def test_verdicts_do_not_depend_on_the_hash_seed(spec: Path) -> None:
    program = (
        "from synthesis.replay import load\nfrom synthesis.ladder import check\n"
        f"(found,) = check(load({str(spec)!r}, 'mixes_nodes'))\nprint(found.counterexample)\n"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])},
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(texts) == 1
    assert "swap(node, 0, 1)" in texts.pop()


@pytest.mark.parametrize(
    "value", [np.array([[1.0, -0.5]]), np.array([True, False]), np.array([2, 0]), np.zeros((2, 0))]
)
def test_literals_read_back(value: np.ndarray) -> None:
    assert np.array_equal(np.array(eval(literal(value)), dtype=value.dtype), value)


def test_whole_numbers_have_no_point() -> None:
    assert literal(np.array([1.0, -2.0, 0.5])) == "[1, -2, 0.5]"
