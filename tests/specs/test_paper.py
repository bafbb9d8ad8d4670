"""The inventory of the paper: complete, in order, and every law as it is declared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from categorical.cli import main
from categorical.face.checking import Plan, checked
from categorical.face.loader import load, spec_files
from categorical.face.paper import grouped
from categorical.inventory import Statement, place, shown, span
from categorical.verdicts import Verdict

ROOT = Path(__file__).resolve().parents[2]
PAPER = ROOT / "specs" / "paper"
FILES = [Path(one).stem for one in spec_files([str(PAPER)])]

#: Every definition, example, remark, figure and equation of the paper that has a number in the
#: inventory of the theory, and its appendices.
MAIN = "D1.1 E1.2 E1.3 D1.4 D1.5 D2.1 E2.2 D2.3 E2.4 D2.5 E2.6 R2.7 D2.8 E2.9 E2.10 E2.11 E2.12 "
MAIN += "R2.13 E2.14 E2.15"
NUMBERS = {
    *MAIN.split(),
    "Fig 1",
    *span("A", 1, 6),
    *span("B", 1, 22),
    *span("C", 1, 3),
    *span("D", 1, 10),
    *span("E", 1, 11),
    *span("F", 1, 5),
    *(f"G.{k}" for k in (1, 3, 4, 6, 8, 10, 11, 12)),
    *span("H", 1, 8),
    *span("I", 1, 5),
    *span("J", 1, 5),
    *(f"eq {k}" for k in (1, 2, 3, 4, 5, 6, *range(11, 22))),
}
ERRATA = {
    "erratum E2.6",
    "erratum H.3",
    "erratum H.8",
    "erratum I.5",
    "erratum J.1",
    "erratum J.5",
    "erratum Fig 7",
    "erratum Ex 3.15 of CFGBL",
    "erratum Adam in CFGBL",
    "erratum GLGENN's code",
    "caveat of cocycles, level 3",
    "caveat of the order of folds",
    "caveat of Bell numbers",
    "caveat of activations",
    "caveat of isomorphic parameters",
}


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Verdicts of this module are kept for this module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMMUTE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def loaded():
    return [load(path) for path in spec_files([str(PAPER)])]


def statements() -> list[Statement]:
    every = [one.architecture for spec in loaded() for one in spec.declared]
    assert all(isinstance(one, Statement) for one in every)
    return every


def test_every_number_is_stated_or_remarked() -> None:
    specs = loaded()
    stated = {n for one in statements() for n in one.numbers}
    remarked = {n for spec in specs for remark in spec.remarks for n in remark.numbers}
    assert NUMBERS - stated - remarked == set()
    slips = {n for n in stated if n.startswith(("erratum", "caveat"))}
    assert (stated | remarked) - NUMBERS == slips
    assert slips >= ERRATA
    # what is only remarked is pure category theory
    assert remarked - stated == {"D.9", "F.4", "G.3", "G.6", "G.11"}
    assert all(remark.why for spec in specs for remark in spec.remarks)


def test_every_erratum_is_an_expected_refutation() -> None:
    for one in statements():
        if one.numbers[0].startswith("erratum"):
            assert any(law.expected for law in one.laws), one.name


def test_no_statement_hides_another() -> None:
    for path, spec in zip(spec_files([str(PAPER)]), loaded(), strict=True):
        source = Path(path).read_text(encoding="utf-8")
        assert source.count(" = statement(\n") == len(spec.declared), path
        assert source.count(" = remark(\n") == len(spec.remarks), path


def test_every_statement_states_something() -> None:
    for one in statements():
        assert one.laws and one.says


@pytest.mark.parametrize("name", FILES)
def test_the_verdicts_are_those_declared(name: str) -> None:
    for declared in load(str(PAPER / f"{name}.py")).declared:
        for found in checked(declared, Plan()).findings:
            where = f"{declared.name} · {found.law}: {found.verdict.value} {found.reason}"
            assert found.passed, where
            assert found.verdict not in (Verdict.UNKNOWN, Verdict.VACUOUS), where


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--paper"]) == 0
    text = capsys.readouterr().out
    assert "not executable" in text and "REFUTED (expected)" in text
    assert "nothing to compute" in text.splitlines()[-1]
    assert text.index("D1.1") < text.index("E2.15") < text.index("B.2 ") < text.index("erratum")


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--paper", "--json", str(PAPER / "lists_and_trees.py")]) == 0
    data = json.loads(capsys.readouterr().out)
    numbers = [one["numbers"][0] for one in data["statements"]]
    assert numbers == ["E2.9", "E2.10", "E2.11", "E2.12", "R2.13", "E2.14", "E2.14", "E2.15"]
    assert all(law["verdict"] for one in data["statements"] for law in one["laws"])
    assert data["not_executable"] == []


WRONG = """
from categorical import Dim, Real, laws, op, swap
from categorical.inventory import statement

n = Dim("n")
sub = op.sub.at(Real[n], Real[n])
claim = laws.commutes(sub, swap(Real[n], Real[n]) >> sub, name="commutative")
differences = statement("D.7", "differences commute", laws=[claim], name="differences")
"""


def test_a_statement_that_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wrong.py"
    path.write_text(WRONG)
    assert main(["list", "--paper", "--no-cache", str(path)]) == 1
    assert "REFUTED" in capsys.readouterr().out
    path.write_text(WRONG.replace('"D.7"', '"theorem"'))
    assert main(["list", "--paper", str(path)]) == 2
    assert "CM028" in capsys.readouterr().err
    path.write_text(WRONG.replace("laws=[claim]", "laws=[claim, claim]"))
    assert main(["list", "--paper", str(path)]) == 2
    assert main(["list", "--paper", str(tmp_path / "nowhere")]) == 2


def test_a_statement_of_laws_alone_is_not_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(PAPER / "categories.py")
    assert main(["build", path, "--arch", "category", "-o", str(tmp_path / "net.py")]) == 2
    assert "nothing to build" in capsys.readouterr().err
    assert not (tmp_path / "net.py").exists()
    assert main(["build", path, "--arch", "functions", "-o", str(tmp_path / "net.py")]) == 0


def test_numbers_in_order() -> None:
    given = ["J.1", "erratum J.1", "D2.1", "caveat of x", "E1.2", "Fig 1", "B.9", "B.10", "eq 3"]
    ordered = ["E1.2", "D2.1", "Fig 1", "B.9", "B.10", "J.1", "eq 3", "erratum J.1", "caveat of x"]
    assert sorted(given, key=place) == ordered
    assert shown(("B.3", "B.4", "B.5", "B.7")) == "B.3–B.5, B.7"
    assert shown(("erratum H.8", "erratum J.5")) == "erratum H.8, erratum J.5"


def test_laws_in_a_row() -> None:
    names = ["lists: unit[case 0]", "lists: unit[case 1]", "hom", "trees: unit"]
    assert grouped(names) == "lists: unit (2 cases); hom; trees: unit"
    assert Counter(grouped(["a", "b"]).split(", ")) == Counter(["a", "b"])
