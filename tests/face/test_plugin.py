"""The pytest plugin, run on small projects in processes of their own."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import xml.etree.ElementTree as tree
from pathlib import Path

import pytest

from categorical.pytest_plugin import declares

ROOT = Path(__file__).resolve().parents[2]
INSTALLED = any(one.name == "commute" for one in importlib.metadata.entry_points(group="pytest11"))
LOAD = [] if INSTALLED else ["-p", "categorical.pytest_plugin"]
pytest_plugins = ["pytester"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return tmp_path / "project"


@pytest.fixture
def run(pytester: pytest.Pytester, spec, project: Path, monkeypatch: pytest.MonkeyPatch):
    """Run pytest in the project; gives its status and what it printed."""
    monkeypatch.chdir(project)
    monkeypatch.setenv("COLUMNS", "150")
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)

    def go(*arguments: str) -> tuple[int, str]:
        answer = pytester.runpytest_inprocess("-p", "no:cacheprovider", *LOAD, *arguments)
        return int(answer.ret), answer.stdout.str() + answer.stderr.str()

    return go


def test_one_item_a_law_with_its_verdict(spec, run, project) -> None:
    spec("good"), spec("expected")
    status, out = run("-v", "good.py", "expected.py", "--junitxml=report.xml")
    assert status == 0, out
    assert "good.py::pool::invariant[Symmetric(n)] PROVED" in out
    assert "expected.py::worse::invariant[Symmetric(n)] REFUTED (expected)" in out
    cases = [one for one in tree.parse(project / "report.xml").iter("testcase")]
    assert cases[0].get("name") == "invariant[Symmetric(n)]"
    properties = {one.get("name"): one.get("value") for one in cases[0].iter("property")}
    assert properties["verdict"] == "proved" and properties["scope"] == "all sizes"


def test_a_law_can_be_named(spec, run) -> None:
    spec("good")
    status, out = run("-v", "good.py::pool::invariant[Symmetric(n)]")
    assert status == 0 and "1 passed" in out and "bounded" not in out
    assert run("-q", "good.py", "-k", "bounded")[1].count("passed") == 1


def test_verdicts_are_cached(spec, run) -> None:
    spec("good")
    run("-q", "good.py")
    assert 'name="cached" value="yes"' in _junit(run, "good.py")
    assert 'name="cached" value="yes"' not in _junit(run, "good.py", "--no-law-cache")


def _junit(run, *arguments: str) -> str:
    run("-q", *arguments, "--junitxml=report.xml")
    return Path("report.xml").read_text()


def test_a_refuted_law_fails_with_its_counterexample(spec, run) -> None:
    spec("refuted")
    status, out = run("-q", "refuted.py")
    assert status == 1 and "1 failed" in out
    assert "swap(n, 0, 1)" in out and "replay: commute check refuted.py" in out
    assert "Traceback" not in out and "pytest_plugin.py" not in out


def test_a_law_that_should_fail_and_holds_is_a_failure(spec, run) -> None:
    spec("unexpected")
    status, out = run("-q", "unexpected.py")
    assert status == 1 and "was expected to be refuted, and is PROVED" in out


def test_require(spec, run) -> None:
    spec("good"), spec("expected")
    status, out = run("-v", "good.py", "--require=tested")
    assert status == 0
    weakest = next(word for word in ("TESTED", "EXACT", "PROVED") if f"] {word} " in out)
    if weakest != "PROVED":
        status, out = run("-q", "good.py", "--require=proved")
        assert status == 1 and f"is {weakest}" in out and "--require=proved" in out
    assert run("-q", "expected.py", "--require=proved")[0] == 0


def test_an_undecided_law_is_skipped_with_its_reason_unless_required(spec, run) -> None:
    spec("vacuous", VACUOUS)
    status, out = run("-q", "-rs", "vacuous.py")
    assert status == 0 and "1 skipped" in out and "VACUOUS" in out
    status, out = run("-q", "vacuous.py", "--require=tested")
    assert status == 1 and "VACUOUS" in out


VACUOUS = """
from categorical.laws import Equal


class Toothless(Equal):
    '''An equation whose sabotage changes nothing.'''

    requires = ()

    def sabotage(self, ctx, run, graph):
        return run


toothless = Toothless("same", other=op.exp.at(Real[n]))
model = architecture(op.exp.at(Real[n]), laws=[toothless], name="m")
"""


def test_a_wrong_spec_is_one_collection_error(spec, run) -> None:
    spec("wrong", "model = architecture(op.linear(c, k) >> op.linear(c, n))\n")
    status, out = run("-q", "wrong.py")
    assert status == 2 and "error[CM001]" in out and "wrong.py:4" in out
    assert "pytest_plugin.py" not in out


def test_a_spec_that_loops_does_not_hang_the_run(spec, run) -> None:
    spec("loops", "model = architecture(op.relu.at(Real[n]), name='m')\nwhile True: pass\n")
    status, out = run("-q", "loops.py", "-o", "commute_time_limit=0.3")
    assert status == 2 and "CM038" in out


# --- what is collected -------------------------------------------------------------------------


def test_a_plain_run_leaves_spec_folders_alone(spec, run, project) -> None:
    _folder(spec, project)
    (project / "test_it.py").write_text("def test_it():\n    assert 1\n")
    status, out = run("-v")
    assert status == 0 and "1 passed" in out and "::pool" not in out
    assert run("-v", ".")[1].count("passed") == 1


def test_a_named_folder_is_collected_without_its_tests_and_helpers(spec, run, project) -> None:
    _folder(spec, project)
    specs = project / "specs"
    (specs / "helper.py").write_text("raise RuntimeError('a helper is not run')\n")
    (specs / "test_more.py").write_text(
        "from categorical import architecture\ndef test_more():\n    assert architecture\n"
    )
    status, out = run("-v", "specs")
    assert status == 0 and "3 passed" in out and "test_more PASSED" in out, out


def test_configured_folders_are_collected(spec, run, project) -> None:
    _folder(spec, project)
    (project / "pytest.ini").write_text("[pytest]\ncommute_specs = specs\n")
    status, out = run("-v")
    assert status == 0 and "2 passed" in out and "pool::invariant" in out


def test_a_spec_that_is_named_is_no_test_module_and_no_doctest(spec, run, project) -> None:
    spec("good")
    status, out = run("-v", "--doctest-modules", "good.py")
    assert status == 0 and "2 passed" in out, out


def test_runs_in_several_processes(spec, project) -> None:
    pytest.importorskip("xdist")
    spec("good"), spec("several")
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *LOAD, "-q", "-n", "2"]
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    env = {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    env.pop("PYTEST_ADDOPTS", None)
    answer = subprocess.run(
        [*command, "good.py", "several.py"], cwd=project, env=env, capture_output=True, text=True
    )
    assert answer.returncode == 0 and "4 passed" in answer.stdout, answer.stdout + answer.stderr


def _folder(spec, project: Path) -> None:
    spec("good")
    (project / "specs").mkdir()
    (project / "good.py").rename(project / "specs" / "good.py")


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (b"from categorical import architecture\nm = architecture(f)\n", True),
        (b"import categorical as c\nm = c.architecture(f)\n", True),
        (b"from categorical.architecture import architecture as a\nm = a(f)\n", True),
        (b"from categorical import architecture\n", False),
        (b"from building import architecture\nm = architecture('categorical')\n", False),
        (b"# categorical architecture(\n", False),
        (b"categorical architecture (", False),
        (b"\x00categorical architecture", False),
    ],
)
def test_what_looks_like_a_spec(source, found) -> None:
    assert declares(source) is found


def test_a_method_called_statement_declares_nothing() -> None:
    from categorical.pytest_plugin import declares

    assert not declares(b"from categorical.graph import Graph\nlayout.statement('x', 'y')\n")
    assert declares(b"from categorical import inventory\ninventory.statement('D1.1', 'a law')\n")
