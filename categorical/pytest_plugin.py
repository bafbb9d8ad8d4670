"""The pytest plugin: spec files are collected, one test a law, with its verdict in the report.

Definition.  A spec file is collected when it is named on the command line (the file, or the folder
it stands in), or when it stands below a folder of the ini option ``commute_specs``; files that look
like tests (``python_files``) and files that declare no architecture are left alone.  The tests are
called ``deep_sets::invariant[Symmetric(n)]``.  A test passes when the law holds, or is refuted as
the spec says; it is skipped with the reason when the law is not decided;
``--require=proved|exact|tested`` fails whatever is weaker.  The letters are p proved, e exact, t
tested, r refuted as expected.

Laws.  Collecting runs no law.  Verdicts come from the cache that ``commute check`` uses.  Importing
this module imports neither torch nor rich.

>>> weaker("TESTED", "proved"), weaker("EXACT", "tested")
(True, False)

A file that only speaks of architectures is no spec:

>>> declares(b"architecture = 3")
False
>>> declares(b"from categorical import architecture\\nmodel = architecture(f)")
True
"""

from __future__ import annotations

import ast
import fnmatch
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from categorical.face.checking import Plan
    from categorical.face.loader import Declared
    from categorical.laws import Law
    from categorical.verdicts import Finding

LEVELS = ("proved", "exact", "tested")
LETTERS = {"PROVED": "p", "EXACT": "e", "TESTED": "t", "REFUTED": "r"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the plugin."""
    group = parser.getgroup("commute", "laws of architectures")
    group.addoption("--require", choices=LEVELS, help="fail laws with a weaker verdict than this")
    group.addoption(
        "--no-law-cache", action="store_true", help="decide every law again, without the cache"
    )
    parser.addini("commute_specs", "folders and files that hold specs", type="args", default=[])
    parser.addini("commute_time_limit", "seconds that one spec may take to load", default="30")


# --- collection -----------------------------------------------------------------------------------


#: The functions that declare an architecture in a spec.
DECLARING = ("architecture", "statement")


def declares(source: bytes) -> bool:
    """Whether a file imports from ``categorical`` and calls ``architecture``, or ``statement``
    (read, not run)."""
    if b"categorical" not in source or not any(one.encode() in source for one in DECLARING):
        return False
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    names: set[str] = set()
    modules: set[str] = set()  # what comes from the language
    imported = False
    calls: list[ast.expr] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "categorical":
            imported = True
            names |= {a.asname or a.name for a in node.names if a.name in (*DECLARING, "*")}
            modules |= {a.asname or a.name for a in node.names}
        elif isinstance(node, ast.Import):
            imported |= any(a.name.split(".")[0] == "categorical" for a in node.names)
        elif isinstance(node, ast.Call):
            calls.append(node.func)
    names |= {"architecture"} if "*" in names else set()
    return imported and any(
        (isinstance(call, ast.Name) and call.id in names)
        or (isinstance(call, ast.Attribute) and _declaring(call, modules))
        for call in calls
    )


def _declaring(call: ast.Attribute, modules: set[str]) -> bool:
    """``anything.architecture``; ``inventory.statement`` of the language's own module only."""
    own = isinstance(call.value, ast.Name) and call.value.id in modules
    return call.attr == "architecture" or (call.attr in DECLARING and own)


def _configured(path: Path, config: pytest.Config) -> bool:
    """Whether a path is, or stands below, an entry of ``commute_specs``."""
    for one in config.getini("commute_specs"):
        root = (config.rootpath / one).resolve()
        if path == root or root in path.parents:
            return True
    return False


def _named(path: Path, config: pytest.Config) -> bool:
    """Whether the command line names this very file, or the folder that it stands in."""
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        return False
    base = config.invocation_params.dir
    for argument in config.args:
        named = (base / argument.partition("[")[0].split("::")[0]).resolve()
        if named in (path, path.parent):
            return True
    return False


def _like_a_test(path: Path, config: pytest.Config) -> bool:
    patterns = [*config.getini("python_files"), "conftest.py", "__init__.py", "setup.py"]
    return any(fnmatch.fnmatch(path.name, one) for one in patterns)


def is_spec(path: Path, config: pytest.Config) -> bool:
    """Whether a file is collected as a spec."""
    if path.suffix != ".py" or _like_a_test(path, config):
        return False
    real = path.resolve()
    if not (_configured(real, config) or _named(real, config)):
        return False
    try:
        return declares(path.read_bytes())
    except OSError:
        return False


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """A spec file gives a ``SpecFile`` and nothing else: it is never imported as a test module."""
    others = yield
    if not is_spec(file_path, parent.config):
        return others
    return [SpecFile.from_parent(parent, path=file_path)]


class SpecFile(pytest.File):
    """A spec file; its children are the architectures."""

    def collect(self) -> Iterator[pytest.Collector]:
        from categorical.face.loader import load

        plan = _plan(self.config)
        names: dict[str, int] = {}
        seconds = float(self.config.getini("commute_time_limit"))
        for declared in load(os.path.relpath(self.path), seconds).declared:
            yield ArchitectureNode.from_parent(
                self, name=_fresh(declared.name, names), declared=declared, plan=plan
            )

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from categorical.errors import SpecError

        if isinstance(excinfo.value, SpecError):
            return excinfo.value.render()
        return super().repr_failure(excinfo)


class ArchitectureNode(pytest.Collector):
    """One architecture; its children are the laws."""

    def __init__(self, name: str, parent: Any, declared: Declared, plan: Plan) -> None:
        super().__init__(name, parent)
        self.declared = declared
        self.plan = plan

    def collect(self) -> Iterator[pytest.Item]:
        names: dict[str, int] = {}
        for law in self.declared.architecture.laws:
            yield LawItem.from_parent(self, name=_fresh(law.name, names), law=law)


def _fresh(name: str, names: dict[str, int]) -> str:
    """A name that its siblings do not have."""
    names[name] = names.get(name, 0) + 1
    return name if names[name] == 1 else f"{name}#{names[name]}"


def _plan(config: pytest.Config) -> Plan:
    from categorical.face.cache import Cache
    from categorical.face.checking import Plan

    if config.getoption("no_law_cache"):
        return Plan(cache=Cache(None))
    return Plan()


# --- one law --------------------------------------------------------------------------------------


class LawFailed(Exception):
    """A law that does not hold as the spec and the options want it."""


class LawItem(pytest.Item):
    """The test of one law."""

    def __init__(self, name: str, parent: ArchitectureNode, law: Law) -> None:
        super().__init__(name, parent)
        self.law = law
        self.node = parent

    def runtest(self) -> None:
        from categorical.face.checking import decide
        from categorical.face.report import evidence

        found, kept = decide(self.node.declared, self.law, self.node.plan)
        self.user_properties += [
            ("verdict", found.verdict.value.lower()),
            ("scope", found.scope),
            ("evidence", evidence(found)),
            ("expected", "refuted" if found.expected else "holds"),
            ("cached", "yes" if kept else "no"),
        ]
        self._judge(found)

    def _judge(self, found: Finding) -> None:
        from categorical.face.report import wrong

        required = self.config.getoption("require")
        verdict = found.verdict.value
        if verdict in ("UNKNOWN", "VACUOUS"):
            reason = f"{verdict}: {found.reason}"
            if required:
                raise LawFailed(f"{found.law} is {reason}; --require={required}")
            pytest.skip(reason)
        if not found.passed:
            raise LawFailed(wrong(found))
        if required and not found.expected and weaker(verdict, required):
            why = f" ({found.reason})" if found.reason else ""
            raise LawFailed(f"{found.law} is {verdict}{why}; --require={required}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        from categorical.errors import SpecError

        if isinstance(excinfo.value, LawFailed | SpecError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[os.PathLike[str] | str, int | None, str]:
        origin = self.law.origin
        line = origin.line - 1 if origin is not None else None
        return self.path, line, f"{self.node.name}::{self.name}"


def weaker(verdict: str, required: str) -> bool:
    """Whether a verdict is weaker than the required one."""
    return LEVELS.index(verdict.lower()) > LEVELS.index(required)


@pytest.hookimpl(tryfirst=True)
def pytest_report_teststatus(
    report: pytest.CollectReport | pytest.TestReport, config: pytest.Config
) -> tuple[str, str, str] | None:
    """The verdict as the letter and the word of a law's test."""
    if getattr(report, "when", None) != "call" or report.outcome != "passed":
        return None
    properties = dict(getattr(report, "user_properties", ()))
    verdict = str(properties.get("verdict", "")).upper()
    if verdict not in LETTERS or "evidence" not in properties:
        return None
    shown = "REFUTED (expected)" if verdict == "REFUTED" else verdict
    return "passed", LETTERS[verdict], shown
