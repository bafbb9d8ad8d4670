"""Every mistake of the corpus: its code, its place, both sides, a help, and edits that load."""

import re
from pathlib import Path

import pytest

from categorical.errors import Notice, SpecError
from tests.diagnostics.corpus import FILES, SAYS, mended, messages, printed

MISTAKES = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
# One side of these is a name, a number or a Python value: there are no two types to compare.
ONE_SIDED = {"CM001", "CM013", "CM023", "CM024", "CM029", "CM041"}


def only(path: Path) -> SpecError | Notice:
    """The one message of a mistake."""
    (found,) = messages(path)
    return found


def test_the_corpus_is_complete() -> None:
    assert [path.stem for path in FILES] == sorted(SAYS)
    assert len(FILES) >= 30
    assert len({says[0] for says in SAYS.values()}) >= 25


@MISTAKES
def test_the_message_is_the_golden_one(path: Path) -> None:
    golden = path.with_suffix(".txt").read_text(encoding="utf-8")
    assert printed(messages(path)) == golden, "python -m tests.diagnostics --update"


@MISTAKES
def test_the_message_says_what_a_reader_needs(path: Path) -> None:
    problem, (code, *needed) = only(path), SAYS[path.stem]
    text = printed([problem])
    assert problem.code == code
    assert [one for one in needed if one not in text] == []
    assert problem.help, "every mistake has a help"
    assert problem.facts or code in ONE_SIDED or problem.related


@MISTAKES
def test_the_caret_stands_in_the_users_file(path: Path) -> None:
    problem = only(path)
    assert problem.origin is not None
    assert problem.origin.filename == str(path)
    assert re.search(rf"--> {path.name}:\d+:\d+", printed([problem]))
    under = problem.origin.text
    assert under and under.strip()
    source = path.read_text(encoding="utf-8")
    assert under in source
    docstring = source.count("\n", 0, source.index('"""', 3)) + 1
    assert problem.origin.line > docstring


@MISTAKES
def test_no_message_speaks_of_the_library(path: Path) -> None:
    text = printed([only(path)])
    for word in ("/categorical/", "Traceback", "object at 0x", "<function", "NoneType"):
        assert word not in text


@MISTAKES
def test_every_edit_gives_a_spec_that_loads(path: Path, tmp_path: Path) -> None:
    problem = only(path)
    for number, (help_, source) in enumerate(mended(path, problem)):
        again = tmp_path / f"mended_{number}.py"
        again.write_text(source, encoding="utf-8")
        left = messages(again)
        assert not any(isinstance(one, SpecError) for one in left), (help_, printed(left))
        assert all(one.code != problem.code or path.stem == "tied_batch_norm" for one in left)


def test_most_mistakes_come_with_an_edit() -> None:
    with_edit = [p.stem for p in FILES if any(one.edits for one in only(p).help)]
    assert len(with_edit) >= 0.6 * len(FILES)


def test_a_broken_golden_and_a_broken_edit_are_caught(tmp_path: Path) -> None:
    """The tests above can fail: a spec whose edit does not help is found."""
    path = tmp_path / "twice.py"
    path.write_text(
        "from categorical import Dim, Real, architecture, op\n"
        'n = Dim("n")\n'
        "a = Real[n, n]\n"
        "b = Real[n, n]\n"
    )
    problem = only(path)
    assert isinstance(problem, SpecError) and problem.code == "CM009"
    ((_, source),) = mended(path, problem)
    assert 'a = Real[n, n.at("key")]' in source
    again = tmp_path / "again.py"
    again.write_text(source)
    assert isinstance(only(again), SpecError)
    assert printed([problem], tmp_path) != printed([only(again)], tmp_path)
