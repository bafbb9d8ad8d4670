"""The catalogue: every code is explained, and every code that the packages raise is in it."""

import ast
import re
import warnings
from pathlib import Path

import pytest

import categorical
from categorical.catalogue import CATALOGUE, PREAMBLE, Entry, explain
from categorical.errors import CommuteNotice, Notice, SpecError

ROOT = Path(categorical.__file__).parent.parent
CODES = sorted(CATALOGUE)


def test_codes_are_consecutive_and_titles_are_distinct() -> None:
    assert [f"CM{number:03d}" for number in range(1, len(CODES) + 1)] == CODES
    assert len(CODES) >= 40
    assert len({entry.title for entry in CATALOGUE.values()}) == len(CODES)


@pytest.mark.parametrize("code", CODES)
def test_an_entry_is_complete_and_its_snippets_parse(code: str) -> None:
    entry = CATALOGUE[code]
    assert entry.title and entry.title[-1] not in ".!" and entry.title[0] != " "
    assert entry.explanation.endswith(".") and len(entry.explanation) > 40
    assert entry.wrong_example != entry.right_example
    assert entry.kind in ("python", "spec", "shell")
    if entry.kind == "shell":
        assert entry.wrong_example.startswith("commute ")
        return
    for example in (entry.wrong_example, entry.right_example):
        tree = ast.parse(PREAMBLE + example)
        assert len(tree.body) > 2
        for line in (PREAMBLE + example).splitlines():
            assert len(line) <= 88


def undefined(entry: Entry, example: str) -> set[str]:
    """The names that a snippet reads and neither it nor the preamble defines."""
    tree = ast.parse(PREAMBLE + example)
    stored, loaded = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            (loaded if isinstance(node.ctx, ast.Load) else stored).add(node.id)
        elif isinstance(node, ast.arg):
            stored.add(node.arg)
        elif isinstance(node, ast.FunctionDef):
            stored.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            stored |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return loaded - stored - {"dict", "sum"}


@pytest.mark.parametrize("code", [code for code in CODES if CATALOGUE[code].kind != "shell"])
def test_snippets_are_whole(code: str) -> None:
    entry = CATALOGUE[code]
    assert undefined(entry, entry.wrong_example) == set()
    assert undefined(entry, entry.right_example) == set()
    assert undefined(entry, "missing >> c\n") == {"missing"}


@pytest.mark.parametrize("code", CODES)
def test_the_page_shows_both_snippets(code: str) -> None:
    entry, page = CATALOGUE[code], explain(code)
    assert page.startswith(f"{code}: {entry.title}\n")
    assert explain(code.lower()) == page
    for line in (entry.wrong_example + entry.right_example).splitlines():
        assert line in page
    assert ("This is a notice" in page) == entry.notice


def outcome(source: str) -> str:
    """The code that a snippet raises or notes, or "fine"."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", CommuteNotice)
        try:
            exec(compile(source, "<snippet>", "exec"), {"__name__": "snippet"})
        except SpecError as error:
            return error.code
    codes = [one.message.code for one in caught if isinstance(one.message, Notice)]
    return codes[0] if codes else "fine"


@pytest.mark.parametrize(
    "code",
    [code for code in CODES if CATALOGUE[code].kind == "python"],
)
def test_the_wrong_snippet_raises_the_code_and_the_right_one_does_not(code: str) -> None:
    entry = CATALOGUE[code]
    assert outcome(PREAMBLE + entry.wrong_example) == code
    assert outcome(PREAMBLE + entry.right_example) == "fine"


def test_an_unknown_code_is_refused() -> None:
    with pytest.raises(KeyError, match="CM001 to CM0"):
        explain("CM999")


def test_every_code_in_the_packages_is_in_the_catalogue() -> None:
    for package in ("categorical", "proofs", "synthesis", "backends"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                first = node.args[0]
                if name in ("SpecError", "Notice") and isinstance(first, ast.Constant):
                    assert re.fullmatch(r"CM\d{3}", str(first.value)), (path, node.lineno)
                    assert first.value in CATALOGUE, (path, node.lineno, first.value)
