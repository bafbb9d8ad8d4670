"""Errors: their exact form, the edits that a machine applies, notices printed once a place."""

import json
import pickle
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import categorical
from categorical.errors import (
    CommuteNotice,
    Edit,
    Help,
    Notice,
    SpecError,
    apply_edit,
    apply_edits,
)
from categorical.origin import Origin

ROOT = Path(categorical.__file__).parent.parent

DEMO = "\n" * 25 + (
    "# the parts\n"
    "encode = linear(token, d)\n"
    "mix = linear(d, token)\n"
    "if True:\n"
    "    net = encode >> mix\n"
)

GOLDEN = """\
error[CM001]: `encode` does not compose with `mix`
  --> specs/demo.py:30:11
   |
30 |     net = encode >> mix
   |           ^^^^^^^^^^^^^
   = `encode` produces  Real[token, d] × Real[position]
   = `mix`    expects   Real[position] × Real[token, d]
help: the wires agree up to order: encode >> swap >> mix"""


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "specs").mkdir()
    path = tmp_path / "specs" / "demo.py"
    path.write_text(DEMO)
    monkeypatch.chdir(tmp_path)
    return str(path)


def mismatch(path: str) -> SpecError:
    origin = Origin.at(path, 30, 11, 30, 24)
    return SpecError(
        "CM001",
        "`encode` does not compose with `mix`",
        facts=[
            ("`encode` produces", "Real[token, d] × Real[position]"),
            ("`mix` expects", "Real[position] × Real[token, d]"),
        ],
        help=[
            Help(
                "the wires agree up to order: encode >> swap >> mix",
                Edit.replacing(origin, "encode >> swap >> mix"),
            )
        ],
        origin=origin,
    )


def test_the_form_is_the_one_in_the_design(demo: str) -> None:
    assert str(mismatch(demo)) == GOLDEN
    assert mismatch(demo).render() == GOLDEN


def test_notes_and_related_places_stand_between_facts_and_help(demo: str) -> None:
    error = SpecError(
        "CM001",
        "`encode` does not compose with `mix`",
        facts=[("wire 0", "Real[d] is not Real[k]")],
        notes=["axes are compared in order"],
        related=[(Origin.at(demo, 27, 1, 27, 7), "`encode` was declared"), (None, "`mix` is new")],
        help=["write it out"],
        origin=Origin.at(demo, 27, 1, 27, 7),
    )
    assert (
        str(error)
        == """\
error[CM001]: `encode` does not compose with `mix`
  --> specs/demo.py:27:1
   |
27 | encode = linear(token, d)
   | ^^^^^^
   = wire 0  Real[d] is not Real[k]
note: `encode` was declared at specs/demo.py:27:1
note: `mix` is new
note: axes are compared in order
help: write it out"""
    )


def test_an_error_without_a_place_or_a_source_has_no_snippet() -> None:
    assert str(SpecError("CM028", "no architecture", origin=None)) == (
        "error[CM028]: no architecture"
    )
    error = SpecError("CM007", "two wires", facts=[("given", 1)], origin=Origin.at("<stdin>", 3, 5))
    assert str(error) == "error[CM007]: two wires\n  --> <stdin>:3:5\n   = given  1"


def test_ranges_over_lines_wide_characters_tabs_and_long_files(tmp_path: Path) -> None:
    path = tmp_path / "wide.py"
    path.write_text("\n" * 1233 + "net = (\n\tα日 >> mix,\n    other)\n", encoding="utf-8")
    error = SpecError("CM001", "t", origin=Origin.at(str(path), 1235, 2, 1236, 10))
    assert str(error).split("\n", 2)[2] == (
        "     |\n"
        "1235 |     α日 >> mix,\n"
        "     |     ^^^^^^^^^^^\n"
        "1236 |     other)\n"
        "     |     ^^^^^"
    )
    path = tmp_path / "long.py"
    path.write_text("\n".join(f"line{i}" for i in range(1, 9)) + "\n")
    error = SpecError("CM001", "t", origin=Origin.at(str(path), 2, 3, 8, 4))
    assert str(error).split("\n", 2)[2] == (
        "   |\n 2 | line2\n   |   ^^^\n   | ...\n 8 | line8\n   | ^^^"
    )


def test_facts_of_several_lines_keep_their_column() -> None:
    error = SpecError(
        "CM040", "t", facts=[("long label", "a\nb"), ("x", "c"), ("", "alone")], origin=None
    )
    assert str(error).split("\n")[1:] == [
        "   = long label  a",
        "                 b",
        "   = x           c",
        "   = alone",
    ]


def test_control_characters_of_a_source_do_not_reach_the_terminal(tmp_path: Path) -> None:
    path = tmp_path / "evil.py"
    path.write_text("x = 1  # \x1b[31mred\n")
    shown = str(SpecError("CM007", "t", origin=Origin.at(str(path), 1, 1, 1, 2)))
    assert "\x1b" not in shown and "[31mred" in shown


def test_colour_changes_nothing_but_colour(demo: str) -> None:
    coloured = mismatch(demo).render(color=True)
    assert coloured != GOLDEN
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == GOLDEN


def test_the_default_place_is_the_line_that_raised() -> None:
    error = SpecError("CM005", "no such axis")
    assert error.origin is not None
    assert error.origin.text == 'SpecError("CM005", "no such axis")'
    assert error.origin.filename == __file__


def test_json_twin(demo: str) -> None:
    twin = json.loads(json.dumps(mismatch(demo).as_json()))
    assert twin == {
        "severity": "error",
        "code": "CM001",
        "title": "`encode` does not compose with `mix`",
        "file": "specs/demo.py",
        "line": 30,
        "column": 11,
        "end_line": 30,
        "end_column": 24,
        "source": "encode >> mix",
        "facts": [
            {"label": "`encode` produces", "text": "Real[token, d] × Real[position]"},
            {"label": "`mix` expects", "text": "Real[position] × Real[token, d]"},
        ],
        "related": [],
        "notes": [],
        "help": [
            {
                "text": "the wires agree up to order: encode >> swap >> mix",
                "edit": {
                    "file": "specs/demo.py",
                    "line": 30,
                    "column": 11,
                    "end_line": 30,
                    "end_column": 24,
                    "replacement": "encode >> swap >> mix",
                },
            }
        ],
        "explain": "commute explain CM001",
    }


def test_errors_cross_a_process_boundary(demo: str) -> None:
    again = pickle.loads(pickle.dumps(mismatch(demo)))
    assert type(again) is SpecError and str(again) == GOLDEN
    assert again.as_json() == mismatch(demo).as_json()


def test_a_code_outside_the_catalogue_is_refused() -> None:
    with pytest.raises(ValueError, match="CM999"):
        SpecError("CM999", "t")
    with pytest.raises(ValueError, match="CM41"):
        Notice("CM41", "t")


# Edits


def test_the_edit_of_an_error_applies_to_its_file(demo: str) -> None:
    edit = mismatch(demo).help[0].edit
    assert edit is not None
    before = Path(demo).read_text()
    assert apply_edit(before, edit) == before.replace("encode >> mix", "encode >> swap >> mix")


def test_an_edit_may_span_lines_and_insert() -> None:
    source = "a = (\r\n    b >>\r\n    c)\r\n"
    assert apply_edit(source, Edit("f", 1, 5, 7, "b >> c", 3)) == "a = b >> c\r\n"
    assert apply_edit("ж >> g", Edit("f", 1, 6, 6, "id >> ")) == "ж >> id >> g"
    assert apply_edit("x\x0cy\nz", Edit("f", 1, 3, 4, "w")) == "x\x0cw\nz"


@pytest.mark.parametrize(
    "edit",
    [
        Edit("f", 2, 1, 1, ""),
        Edit("f", 0, 1, 1, ""),
        Edit("f", 1, 4, 9, ""),
        Edit("f", 1, 0, 1, ""),
        Edit("f", 1, 3, 2, ""),
    ],
)
def test_an_edit_outside_the_text_is_refused(edit: Edit) -> None:
    with pytest.raises(ValueError):
        apply_edit("abc", edit)


def test_several_edits_are_given_against_the_original_text() -> None:
    source = "f >> g >> h\n"
    edits = [Edit("f", 1, 1, 2, "first"), Edit("f", 1, 11, 12, "third"), Edit("f", 1, 6, 7, "")]
    assert apply_edits(source, edits) == "first >>  >> third\n"
    with pytest.raises(ValueError, match="overlap"):
        apply_edits(source, [Edit("f", 1, 1, 4, "x"), Edit("f", 1, 3, 5, "y")])


@given(
    before=st.text(alphabet="ab\n", max_size=12),
    middle=st.text(alphabet="ab\n", max_size=12),
    after=st.text(alphabet="ab\n", min_size=1, max_size=12),
    new=st.text(alphabet="xy\n", max_size=6),
)
def test_an_edit_replaces_exactly_its_range(before: str, middle: str, after: str, new: str) -> None:
    def place(text: str) -> tuple[int, int]:
        return text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1

    line, col = place(before)
    end_line, end_col = place(before + middle)
    edit = Edit("f", line, col, end_col, new, end_line)
    source = before + middle + after
    if end_line > (source.count("\n") + (not source.endswith("\n"))):
        return
    assert apply_edit(source, edit) == before + new + after


# Notices

NOTICE_SCRIPT = """\
import sys
import warnings
from categorical.errors import Notice
from categorical.origin import Origin

def note():
    frame = sys._getframe(1)
    Notice(
        "CM018",
        "`layer` is called twice: two sets of weights",
        help=["share one set: tie(layer)"],
        origin=Origin(frame.f_code, frame.f_lasti),
    ).emit()

for _ in range(3):
    note()
note()
warnings.warn("somebody else's")
"""


def test_a_notice_is_printed_once_for_each_place(tmp_path: Path) -> None:
    (tmp_path / "notes.py").write_text(NOTICE_SCRIPT)
    done = subprocess.run(
        [sys.executable, "notes.py"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = NOTICE_SCRIPT.splitlines()
    inside = lines.index("    note()") + 1
    outside = lines.index("note()") + 1
    expected = "".join(
        f"""\
notice[CM018]: `layer` is called twice: two sets of weights
  --> notes.py:{line}:{column}
   |
{line} | {" " * (column - 1)}note()
   | {" " * (column - 1)}^^^^^^
help: share one set: tie(layer)
"""
        for line, column in ((inside, 5), (outside, 1))
    )
    shown = done.stderr[done.stderr.index("notice[CM018]") :]
    assert shown.startswith(expected)
    assert shown.removeprefix(expected).splitlines()[0].endswith("UserWarning: somebody else's")


def test_notices_obey_the_filters_of_warnings() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", CommuteNotice)
        with pytest.raises(CommuteNotice, match="CM018"):
            Notice("CM018", "twice").emit()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("ignore", CommuteNotice)
        Notice("CM018", "twice").emit()
        assert caught == []
        warnings.simplefilter("always")
        notice = Notice("CM035", "`y` is never used").emit()
    assert caught[0].message is notice and caught[0].filename == __file__
    assert notice.as_json()["severity"] == "notice"
    again = pickle.loads(pickle.dumps(notice))
    assert type(again) is Notice and str(again) == str(notice)
