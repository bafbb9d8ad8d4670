"""``commute check``, ``list``, ``draw`` and ``explain``: what they print and how they end."""

from __future__ import annotations

import json
import re
import shlex
import sys
from dataclasses import replace

import pytest

from categorical import cli
from categorical.face import checking, loader
from categorical.face.checking import exit_status, matches
from categorical.verdicts import Finding, Verdict


@pytest.fixture
def run(capsys):
    """Run a command; gives its status, stdout and stderr."""

    def go(*arguments: str) -> tuple[int, str, str]:
        status = cli.main(list(arguments))
        out, err = capsys.readouterr()
        return status, out, err

    return go


# --- exit statuses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status"), [("good", 0), ("refuted", 1), ("expected", 0), ("unexpected", 1)]
)
def test_the_exit_status_of_check(spec, run, name, status) -> None:
    assert run("check", spec(name))[0] == status
    assert run("check", spec(name))[0] == status, "from the cache"


@pytest.mark.parametrize(
    ("verdict", "expected", "normal", "strict"),
    [
        ("PROVED", False, 0, 0),
        ("EXACT", False, 0, 0),
        ("TESTED", False, 0, 0),
        ("VACUOUS", False, 0, 3),
        ("UNKNOWN", False, 0, 3),
        ("REFUTED", False, 1, 1),
        ("REFUTED", True, 0, 0),
        ("PROVED", True, 1, 1),
        ("UNKNOWN", True, 0, 3),
    ],
)
def test_the_table_of_exit_statuses(spec, verdict, expected, normal, strict) -> None:
    declared = loader.load(spec("good")).declared[0]
    found = Finding("law", Verdict(verdict), expected=expected)
    result = [checking.Checked(declared, (found,), (False,))]
    assert (exit_status(result), exit_status(result, strict=True)) == (normal, strict)


@pytest.mark.parametrize(
    "arguments",
    [
        ["check"],
        ["check", "none.py"],
        ["verify", "x.py"],
        ["check", "good.py", "--seed", "one"],
        ["check", "good.py", "--time-limit", "-1"],
        ["check", "good.py", "--arch", "nobody"],
        ["check", "good.py", "--law", "no such law"],
        ["explain", "CM999"],
        ["explain", "__import__('os')"],
        ["draw", "good.py", "--wire", "nowhere"],
        ["build", "several.py"],
        [],
    ],
)
def test_a_wrong_usage_is_2(spec, run, arguments) -> None:
    spec("good"), spec("several")
    status, _, err = run(*arguments)
    assert status == 2 and "Traceback" not in err


def test_an_internal_error_is_4_with_one_line(spec, run, monkeypatch) -> None:
    def broken(*arguments, **options):
        raise RuntimeError("a planted\nbug")

    monkeypatch.setattr(checking, "decide", broken)
    status, _, err = run("check", spec("good"))
    assert status == 4
    assert err.splitlines()[0] == "commute: internal error: RuntimeError: a planted bug"
    assert "--traceback" in err
    with pytest.raises(RuntimeError):
        cli.main(["check", "good.py", "--traceback"])


def test_an_interruption_is_130(spec, run, monkeypatch) -> None:
    def broken(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(checking, "decide", broken)
    assert run("check", spec("good"))[0] == 130


def test_one_wrong_spec_does_not_hide_the_others(spec, run) -> None:
    spec("wrong", "1 / 0\n")
    status, out, err = run("check", spec("good"), "wrong.py", spec("refuted"))
    assert status == 2
    assert "pool" in out and "worse" in out and "CM027" in err


# --- bad input ---------------------------------------------------------------------------------

SIZE = "op.linear(c, k), sizes=dict(c=10**7, k=10**7), name='huge'"
BAD = {
    "does not import": ("import no_such_module\n", "CM027"),
    "raises": ("raise OSError('no')\n", "CM027"),
    "is no python": ("<html>", "CM027"),
    "declares nothing": ("", "CM028"),
    "loops": ("while True: pass\n", "CM038"),
    "loops in an arrow": (
        "@arrow\ndef f(x: Real[c]) -> Real[c]:\n    while True: pass\n    return x\n",
        "CM038",
    ),
    "is huge": (f"model = architecture({SIZE})\n", "CM026"),
    "law with another dim": (
        "model = architecture(op.relu.at(Real[c]), laws=[laws.causal(n)], name='m')\n",
        "CM021",
    ),
    "invariant where the output has the dim": (
        "model = architecture(op.relu.at(Real[n]), laws=[laws.invariant(under=Symmetric(n))],"
        " name='m')\n",
        "CM021",
    ),
    "law that is none": (
        "model = architecture(op.relu.at(Real[n]), laws=['causal'], name='m')\n",
        "CM042",
    ),
}
CODE_LIKE = [
    "__import__('os').system('touch pwned')",
    "x; import os",
    "__class__",
    "a b",
    "lambda",
    'a"""\nimport os\n"""',
    "ﬁ",
    "",
]


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("command", ["check", "check --types", "build", "draw", "list"])
def test_bad_specs_give_one_error_and_2(spec, run, tmp_path, command, case) -> None:
    text, code = BAD[case]
    name, *options = command.split()
    path = spec("bad", text)
    before = sorted((tmp_path / "project").rglob("*"))
    status, out, err = run(name, path, *options, "--time-limit", "0.3")
    assert status == 2 and out == ""
    assert err.startswith(f"error[{code}]") and err.count("error[") == 1
    assert "Traceback" not in err
    assert sorted((tmp_path / "project").rglob("*")) == before


@pytest.mark.parametrize("name", CODE_LIKE)
def test_names_like_code_are_refused(spec, run, tmp_path, name) -> None:
    texts = [f"model = architecture(op.relu.at(Real[Dim({name!r})]), name='m')\n"]
    if name:  # no name is the name of the arrow
        texts.append(f"model = architecture(op.relu.at(Real[n]), name={name!r})\n")
        texts.append(f"model = architecture(op.linear(c, k, name={name!r}), name='m')\n")
    for text in texts:
        status, _, err = run("check", spec("bad", text))
        assert status == 2 and "error[CM0" in err, (text, err)
        assert not (tmp_path / "project" / "pwned").exists()


@pytest.mark.parametrize("name", ["forward", "parameters", "self", "torch", "training"])
def test_names_that_the_generated_module_needs(spec, run, name) -> None:
    for text in (
        f"model = architecture(op.relu.at(Real[n]), name={name!r})\n",
        f"model = architecture(op.linear(c, k, name={name!r}), name='m')\n",
    ):
        assert "error[CM024]" in run("check", spec("bad", text))[2], text


def test_huge_sizes_are_counted_and_not_allocated(spec, run) -> None:
    import tracemalloc

    path = spec("bad", f"model = architecture({SIZE})\n")
    tracemalloc.start()
    status, _, err = run("check", path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert status == 2 and "100,000,000,000,000" in err and peak < 50_000_000


def test_a_folder_may_hold_helpers(spec, run, tmp_path) -> None:
    spec("good"), spec("helper", "width = 3\n")
    status, out, err = run("check", str(tmp_path / "project"))
    assert status == 0 and "pool" in out and err == ""
    assert run("check", "helper.py")[0] == 2
    (tmp_path / "project" / "good.py").unlink()
    status, _, err = run("check", str(tmp_path / "project"))
    assert status == 2 and err.startswith("error[CM028]")


# --- what is printed ---------------------------------------------------------------------------


def test_the_report_is_verdict_first_and_ends_with_the_weakest_link(spec, run) -> None:
    status, out, _ = run("check", spec("good"))
    lines = [line for line in out.splitlines() if line.strip()]
    rows = [line for line in lines if "Symmetric" in line or "bounded" in line]
    assert status == 0 and rows[0].split()[0] == "PROVED"
    assert rows[1].split()[0] in ("PROVED", "EXACT", "TESTED")
    assert "weakest link: " + rows[1].split()[0] in out


@pytest.mark.parametrize("width", [60, 80, 100, 118, 200])
def test_the_table_fits_the_terminal(spec, run, capsys, width) -> None:
    from rich.console import Console

    from categorical.face.report import print_checked

    declared = [one for name in ("good", "expected") for one in loader.load(spec(name)).declared]
    results = [checking.checked(one, checking.Plan()) for one in declared]
    print_checked(results, [], Console(width=width, no_color=True))
    table = capsys.readouterr().out.split("\n\n")[0].splitlines()
    assert max(map(len, table)) <= width
    rows = [line.split() for line in table]
    assert ["pool"] in rows and ["worse"] in rows
    row = next(row for row in rows if row[:1] == ["PROVED"])
    assert row[1].startswith("invariant[Sy") and row[-1] == "ms"


def test_a_counterexample_stands_below_the_table_and_replays(spec, run) -> None:
    _, out, _ = run("check", spec("refuted"))
    table, _, below = out.partition("\nREFUTED  worse")
    assert "invariant[Symmetric(n)]" in table and "replay(" in below
    source = "\n".join(
        line.removeprefix("    ") for line in below.splitlines() if line[:4] in ("    ", "")
    )
    space: dict[str, object] = {}
    exec(source[source.index("from synthesis") :], space)
    assert not space["found"].holds
    line = next(x for x in below.splitlines() if x.startswith("replay: commute "))
    status, again, _ = run(*shlex.split(line.removeprefix("replay: commute ")))
    assert status == 1 and "replayed worse" in again and "fails for swap(n, 0, 1)" in again


def test_an_expected_refutation_is_marked_and_its_twin_fails(spec, run) -> None:
    status, out, _ = run("check", spec("expected"))
    assert status == 0 and "REFUTED (expected)" in out and "replay(" not in out
    status, out, _ = run("check", spec("unexpected"))
    assert status == 1 and "PROVED (expected: REFUTED)" in out


def test_warnings_that_make_a_pass_meaningless_come_first(spec, run, monkeypatch) -> None:
    def vacuous(declared, law, plan):
        found = Finding(law.name, Verdict.VACUOUS, reason="survives sabotage: anything")
        return replace(found, warnings=("off ties of max",)), False

    monkeypatch.setattr(checking, "decide", vacuous)
    status, out, _ = run("check", spec("good"), "--strict")
    assert status == 3
    assert out.startswith("warning: pool · invariant[Symmetric(n)]: this check cannot fail here")
    assert out.index("off ties") < out.index("verdict")


def test_laws_are_selected_by_pattern_and_architectures_by_name(spec, run) -> None:
    path = spec("several")
    status, out, _ = run("check", path, "--arch", "linear")
    assert status == 0 and "affine" not in out
    path = spec("good")
    assert "bounded" not in run("check", path, "--law", "invariant*")[1]
    assert "bounded" not in run("check", path, "--law", "invariant[Symmetric(n)]")[1]
    assert matches("a[b]", "a[b]") and matches("a[b]", "a[*") and not matches("ab", "a[b]")


JSON_KEYS = {"name", "spec", "atlas", "sizes", "parameters", "laws"}
LAW_KEYS = {
    "law",
    "verdict",
    "scope",
    "method",
    "error_bound",
    "seconds",
    "counterexample",
    "expected",
}


@pytest.mark.parametrize("command", ["check", "list"])
def test_the_json_is_the_contract(spec, run, command) -> None:
    spec("good"), spec("expected"), spec("refuted")
    status, out, _ = run(command, "good.py", "expected.py", "refuted.py", "--json")
    data = json.loads(out)
    assert status == 1 and list(data) == ["architectures"]
    assert [one["name"] for one in data["architectures"]] == ["pool", "worse", "worse"]
    for one in data["architectures"]:
        assert set(one) >= JSON_KEYS
        assert all(set(law) >= LAW_KEYS for law in one["laws"])
    good, expected, refuted = data["architectures"]
    assert good["sizes"] == {"c": 3, "k": 2} and good["parameters"] == 8 and good["atlas"] is None
    assert good["laws"][0]["verdict"] == "PROVED" and good["laws"][0]["scope"] == "all sizes"
    assert expected["laws"][0]["expected"] is True and refuted["laws"][0]["expected"] is False
    assert refuted["laws"][0]["counterexample"]["sizes"]


def test_json_of_a_wrong_spec_is_json(spec, run) -> None:
    status, out, err = run("check", spec("bad", "1 / 0\n"), "--json")
    assert status == 2 and json.loads(out)["errors"][0]["code"] == "CM027" and "CM027" in err


def test_types_only(spec, run) -> None:
    status, out, _ = run("check", "--types", spec("refuted"))
    assert status == 0 and "Real[n] → Real[k]" in out and "REFUTED" not in out
    status, out, _ = run("check", "--types", "--json", "refuted.py")
    assert json.loads(out)["architectures"][0]["laws"][0]["verdict"] is None


def test_proofs_are_printed_when_they_are_asked_for(spec, run) -> None:
    status, out, _ = run("check", "--proof", spec("good"))
    assert status == 0 and "affine: one map of one axis" in out
    assert "affine: one map" not in run("check", "good.py")[1]
    assert "affine: one map" not in run("check", "--proof", spec("refuted"))[1]


# --- the cache ---------------------------------------------------------------------------------


def test_a_verdict_is_found_once(spec, run, monkeypatch) -> None:
    import synthesis.ladder

    calls = []
    real = synthesis.ladder.check

    def counting(architecture, **options):
        calls.append(architecture.laws[0].name)
        return real(architecture, **options)

    monkeypatch.setattr(synthesis.ladder, "check", counting)
    path = spec("good")
    run("check", path)
    assert len(calls) == 2
    _, out, _ = run("check", path)
    assert len(calls) == 2 and "cached" in out
    run("check", path, "--no-cache")
    run("check", path, "--seed", "3")
    assert len(calls) == 6


def test_a_changed_spec_is_checked_again(spec, run) -> None:
    path = spec(
        "changing",
        "model = architecture(op.mean(n).at(Real[n]), laws=["
        "laws.invariant(under=Symmetric(n))], name='m')\n",
    )
    assert run("check", path)[0] == 0
    spec(
        "changing",
        "model = architecture(op.linear(n, c), laws=["
        "laws.invariant(under=Symmetric(n))], sizes=dict(n=3, c=1), name='m')\n",
    )
    assert run("check", path)[0] == 1


# --- the other commands ------------------------------------------------------------------------


def test_list_shows_the_weakest_link_of_each(spec, run) -> None:
    status, out, _ = run("list", spec("good"), spec("expected"))
    rows = [line.split() for line in out.splitlines() if "pool" in line or "worse" in line]
    assert status == 0 and rows[0][1] == "pool" and rows[1][:2] == ["—", "worse"]
    assert out.splitlines()[-1].startswith("2 architectures; 3 laws")


def reds(picture: str) -> list[str]:
    """The elements of a picture that are marked as failing."""
    return re.findall(r'class="[^"]*\bbad\b[^"]*"', picture)


def test_draw_writes_svg_with_the_failing_wire_in_red(spec, run, tmp_path) -> None:
    import xml.etree.ElementTree as tree

    path = spec("refuted")
    status, out, _ = run("draw", path)
    assert status == 0 and tree.fromstring(out).tag.endswith("svg") and not reds(out)
    run("check", path)
    assert reds(run("draw", path)[1])
    status, out, _ = run("draw", path, "-o", "net.svg", "--wire", "relu")
    assert status == 0 and tree.parse(tmp_path / "project" / "net.svg")
    assert reds((tmp_path / "project" / "net.svg").read_text())


def test_draw_refuses_a_path_before_it_works(spec, run) -> None:
    status, _, err = run("draw", spec("good"), "-o", "no/such/net.svg")
    assert status == 2 and "CM030" in err


def test_explain(run) -> None:
    status, out, _ = run("explain", "cm026")
    assert status == 0 and out.startswith("CM026: ")
    status, out, _ = run("explain")
    assert status == 0 and len(out.splitlines()) >= 42 and out.startswith("CM001  ")


def test_version_and_help(run) -> None:
    assert run("--version")[1].startswith("commute ")
    status, out, _ = run("--help")
    assert status == 0 and "A spec is Python code" in " ".join(out.split())


def test_progress_is_for_a_person_only(spec, run, monkeypatch) -> None:
    assert run("check", spec("good"))[2] == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    err = run("check", "good.py", "--no-cache")[2]
    assert "pool" in err
