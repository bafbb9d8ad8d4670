"""Origins: the captured range is exactly the expression that made the call."""

import copy
import functools
import os
import pickle
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

import categorical
from categorical.origin import Origin, here, shown_path

ROOT = Path(categorical.__file__).parent.parent

# Stands for library code: compiled under a file name inside the package folder.
LIBRARY = """
from categorical.origin import here

class Arrow:
    def __init__(self, name=""):
        self.name, self.origin = name, here()

    def __rshift__(self, other):
        return self._composite()

    def _composite(self):
        made = Arrow()
        made.origin = here()
        return made

    def __call__(self, *wires):
        return self._composite()

def linear(*sizes):
    return Arrow("linear")
"""


def library(folder: str = "categorical") -> dict[str, object]:
    names: dict[str, object] = {"__name__": f"{folder}.stand_in"}
    exec(compile(LIBRARY, str(ROOT / folder / "stand_in.py"), "exec"), names)
    return names


def run_spec(tmp_path: Path, source: str, folder: str = "categorical") -> dict[str, object]:
    path = tmp_path / "demo.py"
    path.write_text(textwrap.dedent(source).lstrip("\n"), encoding="utf-8")
    names = library(folder) | {"__name__": "demo"}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    return names


def test_the_range_is_the_composition_as_written(tmp_path: Path) -> None:
    names = run_spec(
        tmp_path,
        """
        encode = linear(1, 2)
        mix = linear(2, 3)
        if True:
            net = encode >> mix
        """,
    )
    origin = names["net"].origin
    assert (origin.line, origin.column, origin.end_line, origin.end_column) == (4, 11, 4, 24)
    assert origin.text == "encode >> mix"
    assert origin.source_line == "    net = encode >> mix"
    assert origin.operands() == ("encode", "mix")
    assert names["encode"].origin.text == "linear(1, 2)"


def test_each_link_of_a_chain_has_its_own_range(tmp_path: Path) -> None:
    names = run_spec(
        tmp_path,
        """
        links = []
        class Logged(Arrow):
            pass
        a, b, c = linear(), linear(), linear()
        net = a >> b >> c
        grouped = a >> (b >> c)
        both = (a >> b) >> (b >> c)
        """,
    )
    assert names["net"].origin.text == "a >> b >> c"
    assert names["net"].origin.operands() == ("a >> b", "c")
    assert names["grouped"].origin.operands() == ("a", "(b >> c)")
    assert names["both"].origin.operands() == ("(a >> b)", "(b >> c)")


def test_expressions_over_several_lines_and_nested_calls(tmp_path: Path) -> None:
    names = run_spec(
        tmp_path,
        """
        net = (
            linear(1, 2)
            >> linear(
                2,
                3,
            )
        )
        inner = []
        def keep(arrow):
            inner.append(arrow)
            return arrow
        outer = linear()(keep(linear(5, keep(linear(6)))))
        """,
    )
    net = names["net"].origin
    assert (net.line, net.column, net.end_line, net.end_column) == (2, 5, 6, 6)
    assert net.text == "linear(1, 2)\n    >> linear(\n        2,\n        3,\n    )"
    assert net.operands() == ("linear(1, 2)", "linear(\n        2,\n        3,\n    )")
    assert names["outer"].origin.text == "linear()(keep(linear(5, keep(linear(6)))))"
    first, second = names["inner"]
    assert (first.origin.text, second.origin.text) == (
        "linear(6)",
        "linear(5, keep(linear(6)))",
    )


def test_columns_count_characters_not_bytes(tmp_path: Path) -> None:
    names = run_spec(tmp_path, 'α, ж = "日本", linear(1); net = ж >> linear(2)  # ключ\n')
    origin = names["net"].origin
    assert origin.text == "ж >> linear(2)"
    assert origin.source_line[origin.column - 1 :].startswith("ж >> linear(2)")
    assert origin.operands() == ("ж", "linear(2)")


@pytest.mark.parametrize("folder", ["categorical", "synthesis", "backends", "proofs"])
def test_library_frames_are_passed_over(tmp_path: Path, folder: str) -> None:
    assert run_spec(tmp_path, "net = linear(1)\n", folder)["net"].origin.text == "linear(1)"


@pytest.mark.parametrize("folder", ["specs", "examples", "tests", "categorical_extras"])
def test_specs_examples_and_tests_are_user_code(folder: str) -> None:
    path = str(ROOT / folder / "somebody.py")
    names: dict[str, object] = library()
    exec(compile("net = linear(1)", path, "exec"), names)
    assert names["net"].origin.filename == path


def test_composites_are_library_code() -> None:
    path = str(ROOT / "categorical" / "composites" / "somebody.py")
    names: dict[str, object] = library()
    exec(compile("def attention():\n    return linear(1)", path, "exec"), names)
    attention = names["attention"]
    assert attention().origin.text == "attention()"


def test_folders_of_other_people_with_our_names_are_user_code(tmp_path: Path) -> None:
    names = library()
    path = tmp_path / "backends" / "mine.py"
    exec(compile("net = linear(1)", str(path), "exec"), names)
    assert names["net"].origin.filename == str(path)


def test_other_packages_to_skip_can_be_named(tmp_path: Path) -> None:
    names: dict[str, object] = {"here": here}
    path = str(ROOT / "specs" / "inner.py")
    exec(compile("def f():\n    return here(('specs',)), here()", path, "exec"), names)
    f = names["f"]
    skipping, plain = f()
    assert (skipping.text, plain.filename) == ("f()", path)


def test_standard_library_and_generated_frames_are_passed_over() -> None:
    source = """
from dataclasses import dataclass
from functools import cached_property
from categorical.origin import here

@dataclass
class Box:
    name: str

    def __post_init__(self):
        self.origin = here()

    @cached_property
    def lazily(self):
        return here()
"""
    names: dict[str, object] = {"__name__": "categorical.stand_in"}
    sys.modules["categorical.stand_in"] = type(sys)("categorical.stand_in")
    try:
        exec(compile(source, str(ROOT / "categorical" / "stand_in.py"), "exec"), names)
    finally:
        del sys.modules["categorical.stand_in"]
    box = names["Box"]
    made = box("x")
    assert made.origin.text == 'box("x")'
    assert made.lazily.text == "made.lazily"


def test_code_without_a_file_has_a_line_and_no_text() -> None:
    names = library() | {"__name__": "__main__"}
    exec("\nnet = linear(1)", names)
    origin = names["net"].origin
    assert (origin.filename, origin.line, origin.text, origin.source_lines) == (
        "<string>",
        2,
        None,
        [],
    )
    assert origin.operands() is None
    assert str(origin) == "<string>:2:7"


def test_no_user_frame_gives_no_origin() -> None:
    names: dict[str, object] = {"__name__": "categorical.stand_in"}
    source = "from categorical.origin import here\n\ndef run():\n    found.append(here())\n"
    exec(compile(source, str(ROOT / "categorical" / "stand_in.py"), "exec"), names)
    found = names["found"] = []
    thread = threading.Thread(target=names["run"])
    thread.start()
    thread.join()
    names["run"]()
    assert found[0] is None
    assert found[1].text == 'names["run"]()'


def test_lines_only_when_the_interpreter_keeps_no_columns(tmp_path: Path) -> None:
    path = tmp_path / "plain.py"
    path.write_text(
        "from categorical.origin import here\norigin = here()\nprint(origin)\n"
        "print(origin.text, origin.source_line)\n"
    )
    done = subprocess.run(
        [sys.executable, "-X", "no_debug_ranges", str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert done.stdout.splitlines() == [f"{path}:2", "None origin = here()"]


def decorated(function):  # type: ignore[no-untyped-def]
    @functools.wraps(function)
    def inner(*args):  # type: ignore[no-untyped-def]
        return function(*args)

    return inner


def plain(x: int, *, second: "list[int]") -> "dict[str, int]":
    return {}


@decorated
@decorated
async def twice(ключ: int, x: str) -> None: ...


def test_definitions_arguments_and_results_are_found() -> None:
    assert Origin.of(plain).text == "def plain"
    assert Origin.of_argument(plain, "second").text == 'second: "list[int]"'
    assert Origin.of_return(plain).text == '"dict[str, int]"'
    assert Origin.of(twice).text == "async def twice"
    assert Origin.of_argument(twice, "x").text == "x: str"
    assert Origin.of_argument(twice, "nothing").text == "async def twice"
    assert Origin.of(lambda x: x + 1).text == "lambda x: x + 1"
    assert Origin.of(len) is None


def test_origins_are_values() -> None:
    origin = here()
    again = pickle.loads(pickle.dumps(origin))
    assert again == origin and hash(again) == hash(origin) and again.text == "here()"
    assert copy.deepcopy([origin])[0] is origin
    assert here() != origin


def test_files_are_shown_relative_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "specs").mkdir()
    monkeypatch.chdir(tmp_path)
    assert shown_path(str(tmp_path / "specs" / "demo.py")) == os.path.join("specs", "demo.py")
    monkeypatch.chdir(tmp_path / "specs")
    assert shown_path(str(tmp_path / "demo.py")) == str(tmp_path / "demo.py")
    assert shown_path("<stdin>") == "<stdin>"


def test_capturing_reads_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*args: object) -> str:
        raise AssertionError("a file was read")

    monkeypatch.setattr("linecache.getline", refuse)
    origin = here()
    with pytest.raises(AssertionError, match="a file was read"):
        origin.text  # noqa: B018


def test_the_cost_of_capturing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    names = library()
    exec(
        compile(
            "def inner():\n    return here()\ndef outer():\n    return inner()\n",
            str(ROOT / "categorical" / "stand_in.py"),
            "exec",
        ),
        names,
    )
    outer = names["outer"]
    assert outer().text == "outer()"
    best = float("inf")
    for _ in range(5):
        start = time.process_time()
        for _ in range(10_000):
            outer()
        best = min(best, (time.process_time() - start) / 10_000)
    with capsys.disabled():
        print(f"\nhere(), two library frames in: {best * 1e9:.0f} ns (two calls included)")
