"""The house: who may import whom, how long a file may be, what is in the wheel.

Every rule is a function from sources (or names) to a list of problems. It is run twice: on this
repository, where it must find nothing, and on a *broken twin*, a violation written for it, where it
must speak. A rule that cannot fail would be worth nothing.

Imports are read off the syntax tree. An import is *lazy* when it stands inside a function or under
``if TYPE_CHECKING:``; everything else runs when the module is imported and is *eager*.
"""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("categorical", "proofs", "synthesis", "backends", "specs")
OURS = frozenset({*PACKAGES, "examples", "tests"})
STDLIB = frozenset(sys.stdlib_module_names)
LONGEST = 520


# ---------------------------------------------------------------- the import contract


@dataclass(frozen=True)
class Rule:
    """What a file may import at any time, and what only lazily (``...``: any third party)."""

    eager: frozenset[object]
    lazy: frozenset[object]
    never: frozenset[str] = frozenset()

    def allows(self, root: str, lazy: bool) -> bool:
        if root in self.never:
            return False
        allowed = self.eager | self.lazy if lazy else self.eager
        return root in STDLIB or root in allowed or (... in allowed and root not in OURS)


def rule(
    eager: str, lazy: str = "", never: str = "", *, any_eager: bool = False, any_lazy: bool = False
) -> Rule:
    """A rule from lists of names in words."""
    return Rule(
        frozenset(eager.split()) | ({...} if any_eager else set()),
        frozenset(lazy.split()) | ({...} if any_lazy else set()),
        frozenset(never.split()),
    )


_LANGUAGE = rule("categorical numpy typeguard", "sympy scipy", "torch specs")
_FACE = rule(
    "categorical numpy typeguard", "proofs synthesis backends", "torch specs", any_lazy=True
)
_PLUGIN = Rule(_FACE.eager | {"pytest"}, _FACE.lazy, _FACE.never)
_ANYTHING = rule(" ".join(OURS), never="specs", any_eager=True)
_FOLDERS = {
    "categorical": _LANGUAGE,
    "proofs": rule("categorical proofs numpy typeguard", "sympy scipy", "torch specs"),
    "synthesis": rule(
        "categorical proofs synthesis numpy scipy hypothesis typeguard",
        never="torch specs",
        any_lazy=True,
    ),
    "backends": rule("categorical proofs backends", never="specs", any_eager=True),
    "specs": rule("categorical synthesis numpy", never="torch specs"),
}
_CHECKER = rule("proofs")  # of these only proofs.checking: see test_the_checker_stands_alone


def rule_of(path: str) -> Rule:
    """The rule for the file at ``path``, relative to the root of the repository."""
    if path == "proofs/checker.py" or path.startswith("proofs/checking/"):
        return _CHECKER
    if path == "categorical/pytest_plugin.py":
        return _PLUGIN
    if path == "categorical/cli.py" or path.startswith("categorical/face/"):
        return _FACE
    return _FOLDERS.get(path.partition("/")[0], _ANYTHING)


def _is_type_checking(test: ast.expr) -> bool:
    return ast.unparse(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")


def _dynamic(node: ast.AST) -> str | None:
    """The module that ``importlib.import_module("m")`` or ``__import__("m")`` names, if any."""
    if not isinstance(node, ast.Call) or not node.args:
        return None
    function = ast.unparse(node.func).rpartition(".")[2]
    first = node.args[0]
    if function not in ("import_module", "__import__") or not isinstance(first, ast.Constant):
        return None
    return first.value if isinstance(first.value, str) else None


def imports(source: str, path: str) -> Iterator[tuple[int, str, bool]]:
    """Line, full module name and laziness of every import in ``source``."""
    package = path.removesuffix(".py").split("/")[:-1]
    waiting: list[tuple[ast.AST, bool]] = [(ast.parse(source, path), False)]
    while waiting:
        node, lazy = waiting.pop()
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name, lazy
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                yield node.lineno, node.module or "", lazy
            else:
                base = package[: len(package) - node.level + 1]
                module = ".".join([*base, *filter(None, [node.module])])
                yield node.lineno, module or "<above the root>", lazy
        elif (module_name := _dynamic(node)) is not None:
            yield node.lineno, module_name, lazy  # type: ignore[attr-defined]
        inside_function = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        if isinstance(node, ast.If) and _is_type_checking(node.test):
            waiting.extend((child, True) for child in node.body)
            waiting.extend((child, lazy) for child in node.orelse)
        else:
            children = ast.iter_child_nodes(node)
            waiting.extend((child, lazy or inside_function) for child in children)


def import_problems(source: str, path: str) -> list[str]:
    """The imports in ``source`` that the contract forbids to the file at ``path``."""
    allowed = rule_of(path)
    found = []
    for line, module, lazy in sorted(imports(source, path)):
        if not allowed.allows(module.partition(".")[0], lazy):
            how = "lazily imports" if lazy else "imports"
            found.append(f"{path}:{line}: {how} {module}")
    return found


# ---------------------------------------------------------------- files


_MACHINE = re.compile(r"(?<![\w.:/-])/(?:work|root|home|opt|mnt|Users)/|\.(?:library|mirror)/")
_TEMPORARY = re.compile(r"(?<![\w.:/-])/tmp(?:/|\b)")


def length_problems(source: str, path: str) -> list[str]:
    """A file of Python or of a template that is longer than one concept needs."""
    lines = len(source.splitlines())
    return [f"{path}: {lines} lines, {LONGEST} at most"] if lines > LONGEST else []


def path_problems(source: str, path: str) -> list[str]:
    """Paths that exist on one machine only."""
    patterns = [_MACHINE] if path.startswith("tests/") else [_MACHINE, _TEMPORARY]
    return [
        f"{path}:{number}: names a path of one machine: {line.strip()[:60]}"
        for number, line in enumerate(source.splitlines(), start=1)
        if any(pattern.search(line) for pattern in patterns)
    ]


def docstring_problems(source: str, path: str) -> list[str]:
    """A module of the five packages that does not say at its top what it is."""
    tree = ast.parse(source, path)
    if path.partition("/")[0] not in PACKAGES or not tree.body or ast.get_docstring(tree):
        return []
    return [f"{path}: the module has no docstring"]


def package_problems(paths: list[str]) -> list[str]:
    """Folders of the five packages that hold modules but would be left out of the wheel."""
    known = set(paths)
    modules = [p for p in paths if p.endswith(".py") and p.partition("/")[0] in PACKAGES]
    folders = {parent.as_posix() for p in modules for parent in Path(p).parents} - {"."}
    return [
        f"{folder}: no __init__.py"
        for folder in sorted(folders)
        if f"{folder}/__init__.py" not in known
    ]


@cache
def tracked() -> tuple[str, ...]:
    """The files of the repository, relative to its root, in order (untracked ones included)."""
    git = shutil.which("git")
    if git is not None and (ROOT / ".git").exists():
        command = [git, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        names = [name for name in answer.stdout.decode().split("\0") if name]
    else:
        names = [
            p.relative_to(ROOT).as_posix()
            for p in ROOT.rglob("*")
            if not any(part in ("__pycache__", ".venv") for part in p.parts)
        ]
    return tuple(sorted({name for name in names if (ROOT / name).is_file()}))


def texts(*suffixes: str) -> Iterator[tuple[str, str]]:
    """Source and path of every tracked text file with one of ``suffixes`` (none: every one)."""
    for path in tracked():
        if not suffixes or path.endswith(suffixes):
            try:
                yield (ROOT / path).read_text(encoding="utf-8"), path
            except UnicodeDecodeError:
                continue


def test_the_import_contract() -> None:
    assert [p for text, path in texts(".py") for p in import_problems(text, path)] == []


def test_no_long_file() -> None:
    assert [p for text, path in texts(".py", ".jinja") for p in length_problems(text, path)] == []


def test_no_path_of_one_machine() -> None:
    assert [p for text, path in texts() for p in path_problems(text, path)] == []


def test_every_module_says_what_it_is() -> None:
    assert [p for text, path in texts(".py") for p in docstring_problems(text, path)] == []


def test_every_folder_is_a_package() -> None:
    assert package_problems(list(tracked())) == []


FORBIDDEN = [
    ("categorical/index.py", "import torch"),
    ("categorical/index.py", "import sympy"),
    ("categorical/index.py", "def f():\n    import torch.nn as nn"),
    ("categorical/index.py", "def f():\n    from proofs import normal"),
    ("categorical/index.py", "from ..backends import svg"),
    ("categorical/index.py", "import rich"),
    (
        "categorical/index.py",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import torch",
    ),
    ("categorical/index.py", "import importlib\nimportlib.import_module('torch')"),
    ("categorical/index.py", "try:\n    import scipy\nexcept ImportError:\n    scipy = None"),
    ("categorical/index.py", "class A:\n    import sympy"),
    ("categorical/cli.py", "import rich"),
    ("categorical/cli.py", "from synthesis import ladder"),
    ("categorical/cli.py", "def f():\n    import specs.demo"),
    ("categorical/cli.py", "def f():\n    import torch"),
    ("categorical/cli.py", "import pytest"),
    ("categorical/face/tables.py", "import jinja2"),
    ("proofs/normal.py", "import synthesis"),
    ("proofs/normal.py", "def f():\n    import backends.svg"),
    ("proofs/checker.py", "import numpy"),
    ("proofs/checker.py", "from categorical import laws"),
    ("proofs/checker.py", "def f():\n    import synthesis"),
    ("proofs/checking/table.py", "import numpy"),
    ("synthesis/ladder.py", "import backends"),
    ("synthesis/ladder.py", "def f():\n    import torch"),
    ("synthesis/ladder.py", "__import__('torch')"),
    ("synthesis/ladder.py", "import jinja2"),
    ("backends/emit.py", "from synthesis.ladder import climb"),
    ("backends/emit.py", "def f():\n    import specs"),
    ("specs/demo.py", "import torch"),
    ("specs/demo.py", "from proofs import normal"),
    ("specs/demo.py", "from .other import model"),
    ("examples/digits.py", "from specs.demo import model"),
    ("tests/test_x.py", "import specs"),
]
PERMITTED = [
    ("categorical/index.py", "import math, numpy as np\nfrom typeguard import typechecked"),
    ("categorical/index.py", "from .sizes import Size\nfrom categorical import errors"),
    ("categorical/index.py", "def f():\n    import sympy, scipy.sparse"),
    ("categorical/semantics/run.py", "from ..records import Op\nfrom . import dual"),
    ("categorical/cli.py", "def f():\n    import rich, jinja2\n    from backends import svg"),
    ("categorical/pytest_plugin.py", "import pytest\ndef f():\n    import synthesis"),
    ("proofs/normal.py", "from categorical.graph import Graph\nfrom . import licence"),
    ("proofs/checker.py", "from fractions import Fraction\nimport json"),
    ("synthesis/ladder.py", "import hypothesis, scipy, numpy\nfrom proofs import normal"),
    ("backends/emit.py", "import torch, jinja2\nfrom categorical import graph"),
    ("specs/demo.py", "import math\nfrom categorical import Dim\nfrom synthesis import natural"),
    ("examples/digits.py", "import torch, sklearn\nfrom categorical import cli"),
]


@pytest.mark.parametrize(("path", "source"), FORBIDDEN)
def test_twin_imports_are_refused(path: str, source: str) -> None:
    assert import_problems(source, path)


@pytest.mark.parametrize(("path", "source"), PERMITTED)
def test_good_imports_pass(path: str, source: str) -> None:
    assert import_problems(source, path) == []


def test_twin_files_are_refused() -> None:
    assert length_problems("x = 1\n" * (LONGEST + 1), "proofs/a.py")
    assert not length_problems("x = 1\n" * LONGEST, "proofs/a.py")
    work, temporary = "/" + "work/main", "/" + "tmp/x"
    assert path_problems(f"see {work}", "README.md") and path_problems(f"see {work}", "tests/a.py")
    assert path_problems(f"p = {temporary!r}", "proofs/a.py")
    assert not path_problems(f"p = {temporary!r}", "tests/a.py")
    assert not path_problems(f"https://example.org{work}", "README.md")
    assert docstring_problems("x = 1", "proofs/a.py")
    assert not docstring_problems("", "proofs/__init__.py")
    assert package_problems(["proofs/__init__.py", "proofs/deep/a.py"]) == [
        "proofs/deep: no __init__.py"
    ]


# ---------------------------------------------------------------- what an import drags in


LIGHT = ("torch", "sympy", "scipy", "jinja2", "rich", "hypothesis")


def dragged_in(module: str, heavy: tuple[str, ...]) -> list[str]:
    """Which of ``heavy`` a fresh interpreter has loaded after importing ``module``."""
    code = f"import sys, {module}; print(*[m for m in {heavy!r} if m in sys.modules])"
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.split()


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("categorical", LIGHT),
        ("categorical.cli", LIGHT),
        ("proofs", LIGHT),
        ("synthesis", ("torch",)),
        ("backends", ("torch",)),
    ],
)
def test_a_light_import(module: str, heavy: tuple[str, ...]) -> None:
    assert dragged_in(module, heavy) == []


def test_twin_of_a_light_import() -> None:
    assert dragged_in("jinja2", LIGHT) == ["jinja2"]


def test_the_checker_stands_alone(tmp_path: Path) -> None:
    """The checker and its parts run with nothing beside them but the standard library."""
    parts = [ROOT / "proofs" / "checker.py", *(ROOT / "proofs" / "checking").glob("*.py")]
    for part in [ROOT / "proofs" / "__init__.py", *parts]:
        copied = tmp_path / part.relative_to(ROOT)
        copied.parent.mkdir(parents=True, exist_ok=True)
        copied.write_bytes(part.read_bytes())
    code = "import sys; sys.path.append(sys.argv[1]); import proofs.checker"
    command = [sys.executable, "-I", "-S", "-c", code, str(tmp_path)]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert answer.returncode == 0, answer.stderr


# ---------------------------------------------------------------- the wheel


def wheel_problems(names: list[str], paths: list[str]) -> list[str]:
    """Differences between the files of a wheel and the packages among the tracked ``paths``."""
    inside = {n for n in names if not n.partition("/")[0].endswith(".dist-info")}
    kept = {p for p in paths if p.endswith((".py", ".jinja", ".tsv", "/py.typed"))}
    wanted = {p for p in kept if p.partition("/")[0] in PACKAGES and "/" in p}
    found = [f"in the wheel, but not of a package: {name}" for name in sorted(inside - wanted)]
    found += [f"not in the wheel: {path}" for path in sorted(wanted - inside)]
    tops = {name.partition("/")[0] for name in inside}
    found += [f"no package {package} in the wheel" for package in PACKAGES if package not in tops]
    return found


def build_wheel(source: Path, out: Path) -> list[str]:
    """The names in the wheel that setuptools builds from ``source``, without any network."""
    code = "import sys; from setuptools import build_meta; build_meta.build_wheel(sys.argv[1])"
    command = [sys.executable, "-c", code, str(out)]
    answer = subprocess.run(command, cwd=source, capture_output=True, text=True, timeout=300)
    assert answer.returncode == 0, answer.stderr
    [wheel] = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def copy_tree(into: Path) -> Path:
    for path in tracked():
        target = into / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, target)
    return into


def test_the_wheel_is_the_five_packages(tmp_path: Path) -> None:
    names = build_wheel(copy_tree(tmp_path / "source"), tmp_path / "wheel")
    assert wheel_problems(names, list(tracked())) == []
    assert {"categorical/py.typed", "proofs/py.typed"} <= set(names)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    for target in [project["scripts"]["commute"], project["entry-points"]["pytest11"]["commute"]]:
        assert target.partition(":")[0].replace(".", "/") + ".py" in names


def test_twin_of_the_wheel(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for package in [*PACKAGES, "tests"]:
        (source / package).mkdir(parents=True)
        (source / package / "__init__.py").touch()
    (source / "specs" / "py.typed").touch()
    config = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    shutil.copyfile(ROOT / "LICENSE", source / "LICENSE")
    (source / "README.md").touch()
    (source / "pyproject.toml").write_text(config.replace('"specs", "specs.*"', '"tests"'))
    names = build_wheel(source, tmp_path / "wheel")
    paths = [p.relative_to(source).as_posix() for p in source.rglob("*") if p.is_file()]
    assert wheel_problems(names, paths) == [
        "in the wheel, but not of a package: tests/__init__.py",
        "not in the wheel: specs/__init__.py",
        "not in the wheel: specs/py.typed",
        "no package specs in the wheel",
    ]


# ---------------------------------------------------------------- pins


def requirement_names(lines: list[str]) -> set[str]:
    """The distributions that requirement ``lines`` name, normalised."""
    names = [re.match(r"[A-Za-z0-9._-]+", line) for line in lines if line and line[0] != "#"]
    return {re.sub(r"[-_.]+", "-", name.group()).lower() for name in names if name}


def pin_problems(project: dict[str, object], constraints: list[str]) -> list[str]:
    """Declared dependencies that ``make`` would install at whatever version is newest."""
    extras = project.get("optional-dependencies", {})
    assert isinstance(extras, dict)
    declared = [*project["dependencies"], *(line for extra in extras.values() for line in extra)]  # type: ignore[misc]
    return sorted(requirement_names(declared) - requirement_names(constraints))


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    constraints = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert pin_problems(project, constraints) == []
    without = [line for line in constraints if not line.startswith("torch==")]
    assert pin_problems(project, without) == ["torch"]
