"""Loading specs: what is collected, and every way in which a file fails to be a spec."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from categorical.errors import SpecError
from categorical.face.limits import TooLong, limited
from categorical.face.loader import atlas_folder, load, spec_files


def refused(path: str, code: str, seconds: float = 5.0) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load(path, seconds)
    assert caught.value.code == code, caught.value
    return caught.value


def test_architectures_in_the_order_of_their_definition(spec) -> None:
    found = load(spec("several")).declared
    assert [(one.variable, one.name) for one in found] == [
        ("first", "affine"),
        ("second", "linear"),
    ]


def test_one_object_under_two_names_is_one_architecture(spec) -> None:
    path = spec("alias", "model = architecture(op.relu.at(Real[n]), name='gate')\nagain = model\n")
    assert [one.variable for one in load(path).declared] == ["model"]


def test_loading_twice_gives_two_modules(spec) -> None:
    path = spec("good")
    first, second = load(path).declared[0], load(path).declared[0]
    assert first.architecture is not second.architecture and first.digest == second.digest


def test_nothing_called_specs_is_imported_or_shadowed(spec, tmp_path) -> None:
    folder = tmp_path / "project" / "specs"
    folder.mkdir()
    (folder / "deep_sets.py").write_text(
        "from categorical import Dim, architecture, op\n"
        "n = Dim('n')\nmine = architecture(op.relu.at(n_type), name='mine')\n".replace(
            "n_type", "__import__('categorical').Real[n]"
        )
    )
    before = set(sys.modules)
    assert load(str(folder / "deep_sets.py")).declared[0].name == "mine"
    assert not {m for m in set(sys.modules) - before if m.split(".")[0] == "specs"}
    assert Path(atlas_folder()).name == "specs" and Path(atlas_folder()) != folder


def test_neighbours_of_two_folders_are_not_confused(tmp_path) -> None:
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "shared_name.py").write_text(f"NAME = 'of_{name}'\n")
        (folder / "spec.py").write_text(
            "from shared_name import NAME\nfrom categorical import Dim, Real, architecture, op\n"
            "model = architecture(op.relu.at(Real[Dim('n')]), name=NAME)\n"
        )
    path = list(sys.path)
    assert load(tmp_path / "one" / "spec.py").declared[0].name == "of_one"
    assert load(tmp_path / "two" / "spec.py").declared[0].name == "of_two"
    assert sys.path == path and "shared_name" not in sys.modules


def test_what_a_spec_prints_does_not_mix_with_the_output(spec, capsys) -> None:
    load(spec("good", "print('hello')\nmodel = architecture(op.relu.at(Real[n]), name='g')\n"))
    out, err = capsys.readouterr()
    assert out == "" and err == "hello\n"


def test_a_spec_that_changes_the_folder_does_not_change_ours(spec, tmp_path) -> None:
    before = os.getcwd()
    move = f"import os\nos.chdir({str(tmp_path)!r})\n"
    load(spec("moves", move + "m = architecture(op.relu.at(Real[n]), name='m')\n"))
    assert os.getcwd() == before
    refused(spec("moves", move + "1 / 0\n"), "CM027")
    assert os.getcwd() == before


def test_notices_are_collected_once(spec) -> None:
    text = """
@arrow
def twice(x: Real[c]) -> Real[c]:
    block = op.linear(c, c)
    return block(block(x))
model = architecture(twice, sizes=dict(c=2))
"""
    notices = load(spec("twice", text)).notices
    assert [one.code for one in notices] == ["CM018"]


def test_a_file_that_raises_shows_the_line_of_the_user(spec) -> None:
    error = refused(spec("raises", "def f():\n    return 1 / 0\nf()\n"), "CM027")
    assert "ZeroDivisionError" in str(error) and "raises.py:5" in str(error)
    assert "return 1 / 0" in str(error)


def test_a_missing_module(spec) -> None:
    error = refused(spec("missing", "import no_such_module\n"), "CM027")
    assert "no_such_module" in str(error) and "missing.py:4" in str(error)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("from categorical.learning.optimisers import Adam", "`adam`"),
        ("from categorical.learning import adam", "`optimisers.adam`"),
        ("from categorical.learning import losses; losses.mse", "`mean_squared_error`"),
        ("from categorical.learning import losses; losses.CrossEntropyLoss", "`cross_entropy`"),
        ("from categorical.learning import rates; rates.CosineAnnealingLR", "`cosine`"),
        ("from categorical import op; op.layernorm", "`layer_norm`"),
        ("from categorical import schemas; schemas.Shema", "`Schema`"),
        ("from categorical import op; op.zzz", ""),
        ("import math; math.cosine", ""),
        ("().nothing", ""),
    ],
)
def test_a_name_that_is_not_there_and_what_was_meant(line: str, meant: str, spec) -> None:
    text = str(refused(spec("names", line + "\n"), "CM027"))
    assert f"help: {meant} was probably meant" in text if meant else "help" not in text


def test_an_error_below_the_spec_names_both_places(spec) -> None:
    error = refused(spec("deep", "import json\njson.loads('{')\n"), "CM027")
    assert "deep.py:5" in str(error) and "raised at" in str(error)


def test_a_syntax_error_has_its_line(spec) -> None:
    error = refused(spec("syntax", "def f(:\n"), "CM027")
    assert "SyntaxError" in str(error) and "syntax.py:4" in str(error)


def test_sys_exit_does_not_end_the_program(spec) -> None:
    assert "sys.exit(0)" in str(refused(spec("leaves", "import sys\nsys.exit(0)\n"), "CM027"))


def test_an_error_of_the_language_passes_unchanged(spec) -> None:
    error = refused(spec("types", "op.linear(c, k) >> op.linear(c, n)\n"), "CM001")
    assert "types.py:4" in str(error)


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"\x89PNG\r\n\x1a\n", b"\xff\xfe x", b"\x00"])
def test_files_that_are_not_python(spec, content) -> None:
    refused(spec("binary", content), "CM027")


def test_paths_that_are_no_files(spec, tmp_path) -> None:
    refused("none.py", "CM027")
    refused("a\0b.py", "CM027")
    refused(str(tmp_path), "CM027")
    refused("x" * 5000, "CM027")


def test_an_expression_that_is_too_deep(spec) -> None:
    refused(spec("deep_text", "x = " + "(" * 5000 + ")" * 5000 + "\n"), "CM027")


@pytest.mark.parametrize("text", ["", "net = op.linear(c, k)\n", "model = architecture\n"])
def test_a_file_without_an_architecture(spec, text) -> None:
    refused(spec("empty", text), "CM028")


LOOPS = [
    "while True:\n    pass\n",
    "while True:\n    try:\n        x = 1\n    except Exception:\n        pass\n",
    "while 1:\n    try:\n        while True: pass\n    except Exception:\n        pass\n",
    "import time\ntime.sleep(60)\n",
    "import itertools\nfor _ in itertools.count(): pass\n",
]


@pytest.mark.parametrize("text", LOOPS)
def test_a_spec_that_loops(spec, text) -> None:
    start = time.monotonic()
    error = refused(spec("loops", text), "CM038", seconds=0.2)
    assert time.monotonic() - start < 5
    assert "loops.py:" in str(error) and "0.2 s" in str(error)


def test_a_spec_that_swallows_the_first_interruption(spec) -> None:
    text = "try:\n    while True: pass\nexcept BaseException:\n    pass\nwhile True: pass\n"
    refused(spec("stubborn", text), "CM038", seconds=0.2)


def test_a_spec_that_swallows_every_interruption(spec) -> None:
    """It cannot be stopped from inside, so the process ends with the message and the status."""
    text = """
while True:
    try:
        while True:
            pass
    except BaseException:
        pass
"""
    path = spec("stubborn", text)
    code = (
        "from categorical.face import limits, loader\nlimits.AGAIN = 0.05\n"
        f"loader.load({path!r}, 0.2)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[2])}
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, env=environment
    )
    assert answer.returncode == 2 and answer.stderr.startswith("error[CM038]"), answer


def test_a_loop_in_another_thread_than_the_main_one(spec) -> None:
    path, errors = spec("loops", LOOPS[0]), []

    def work() -> None:
        try:
            load(path, 0.2)
        except SpecError as problem:
            errors.append(problem.code)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(10)
    assert errors == ["CM038"]


def test_a_failed_load_leaves_no_module_behind(spec) -> None:
    before = set(sys.modules)
    refused(spec("raises", "1 / 0\n"), "CM027")
    assert not {m for m in set(sys.modules) - before if m.startswith("_commute_spec_")}


def test_the_limit_gives_a_running_timer_back() -> None:
    rings = []
    previous = signal.signal(signal.SIGALRM, lambda *_: rings.append(1))
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(TooLong):
            limited(lambda: time.sleep(5), 0.1)
        assert rings == []
        time.sleep(0.4)
        assert rings == [1]
        assert limited(lambda: "no limit", 0) == "no limit"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def test_the_limit_passes_errors_of_a_thread_on() -> None:
    caught: list[BaseException] = []

    def work() -> None:
        for function in (lambda: 1 / 0, lambda: caught.append(ValueError("fine"))):
            try:
                limited(function, 5)
            except ArithmeticError as problem:
                caught.append(problem)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert [type(one) for one in caught] == [ZeroDivisionError, ValueError]


def test_folders_stand_for_the_files_in_them(spec, tmp_path) -> None:
    spec("good"), spec("refuted"), spec("_private", "")
    folder = str(tmp_path / "project")
    assert [os.path.basename(p) for p in spec_files([folder])] == ["good.py", "refuted.py"]
    empty = tmp_path / "nothing"
    empty.mkdir()
    with pytest.raises(SpecError, match="CM028"):
        spec_files([str(empty)])


def test_two_architectures_of_one_name_cannot_be_told_apart(tmp_path):
    path = tmp_path / "twins.py"
    path.write_text(
        "from categorical import Dim, architecture, op\n"
        'c = Dim("c")\n'
        'first = architecture(op.linear(c, c), name="net")\n'
        'second = architecture(op.linear(c, c), name="net")\n'
    )
    with pytest.raises(SpecError, match="CM028") as error:
        load(str(path))
    assert "declared as  first, second" in str(error.value)
