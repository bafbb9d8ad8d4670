"""The kept table against the installed torch, every generator, and the reference meaning."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable

import numpy as np
import pytest

from backends.pytorch.kinks import agreement, files
from backends.pytorch.kinks.cases import CASES, Case
from backends.pytorch.kinks.files import Line, differences, read, text
from backends.pytorch.kinks.measure import backwards, forwards, measured, number
from categorical.records import Generator
from categorical.semantics import slopes
from categorical.semantics.duals import SLOPES, DualAlgebra
from categorical.semantics.tapes import Tape
from tests.categorical.ops.instances import INSTANCES

MEASURED = files.measure()


def test_the_kept_table_is_what_the_installed_torch_does() -> None:
    version = files.installed()
    changed = differences(read(files.nearest(version)), MEASURED)
    assert not changed, f"torch {version} takes other gradients:\n" + "\n".join(changed)


def test_a_torch_with_other_gradients_is_told_by_the_names_of_the_rows() -> None:
    """The broken twin: torch 2.15 has 0 for ``clamp(min=0)`` at 0."""
    newer = [line._replace(found="0") if line.name == "clamp(min=0)" else line for line in MEASURED]
    assert differences(MEASURED, newer) == [
        "clamp(min=0): torch.clamp(x, min=0) at 0 has gradient 0, and had 1"
    ]
    assert differences(newer, MEASURED) and not differences(MEASURED, MEASURED)
    assert differences(MEASURED[1:], MEASURED) == [f"{MEASURED[0].name}: not in the table"]


def test_another_way_of_writing_a_generator_is_told() -> None:
    other = [line._replace(expression="x.clamp(min=0)") if line.name == "relu" else line
             for line in MEASURED]  # fmt: skip
    assert differences(MEASURED, other) == ["relu: x.clamp(min=0) at 0 was torch.relu(x) at 0"]


def test_a_file_holds_what_was_measured(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(files, "FOLDER", tmp_path)
    for version in ("2.9", "2.13", "3.0"):
        files.path_of(version).write_text(text(MEASURED, version), encoding="utf-8")
    assert read("2.13") == MEASURED and files.kept() == ["2.9", "2.13", "3.0"]
    assert [files.nearest(v) for v in ("2.0", "2.13", "2.15", "4.1")] == [
        "2.9", "2.13", "2.13", "3.0",
    ]  # fmt: skip
    with pytest.raises(FileNotFoundError, match=r"no kink table of torch 2\.15"):
        read("2.15")


def test_names_and_columns_are_clean() -> None:
    assert len({line.name for line in MEASURED}) == len(MEASURED)
    assert not any("\t" in part or "\n" in part for line in MEASURED for part in line)


@pytest.mark.parametrize(
    ("name", "gradient"),
    [
        *(("relu", "0"), ("abs", "0"), ("sign", "0"), ("relu6", "0 0"), ("hard_tanh", "0 0")),
        *(("maximum(x, 0)", "0.5"), ("maximum", "0.5 | 0.5"), ("minimum", "0.5 | 0.5")),
        *(("max", "0.5 0.5 0"), ("max()", "0.5 0.5 0"), ("max(dim).values", "1 0 0")),
        *(("max_pool", "1 0 0 1"), ("sqrt", "inf"), ("vector_norm", "0 0"), ("softsign", "1")),
        *(("where(x > 0, sqrt(x), 0)", "nan"), ("relu(x) - relu(-x)", "0")),
    ],
)
def test_rows_that_no_version_has_changed(name: str, gradient: str) -> None:
    """As observed under torch 2.13 and 2.15."""
    assert measured(CASES[name]).gradient == gradient


# --- every generator ------------------------------------------------------------------------------

#: Generators that are smooth wherever they are finite, and are no polynomials.
SMOOTH = frozenset(("batch_norm", "dropout", "gumbel_noise", "gaussian_noise"))
#: Generators whose outputs are no numbers, or depend on none.
NO_GRADIENT = frozenset(
    ("argmax", "less", "less_equal", "equal", "degree", "one_hot", "full_like", "opaque")
)


def kinkless(name: str) -> bool:
    """Whether a generator is a polynomial of its inputs, or returns what has no gradient."""
    boxes = [i.box for i in INSTANCES.values() if i.generator.name == name]
    linear = all(box.generator.linear(box) is not None for box in boxes)
    plain = all(t.kind != "real" for b in boxes for t in b.dom)
    return (linear and name != "div") or plain or not any(b.dom for b in boxes)


def silent(cases: Iterable[str]) -> set[str]:
    """Generators without a case among these, that may have a kink."""
    spoken = {name.split()[0].split("(")[0] for name in cases if CASES[name].arrow is not None}
    return {
        name
        for name in Generator.table
        if name not in spoken | SMOOTH | NO_GRADIENT and not kinkless(name)
    }


def test_every_generator_has_a_case_or_needs_none() -> None:
    assert silent(CASES) == set()


@pytest.mark.parametrize("name", ["relu", "max", "max_pool", "scatter_max", "div", "normalise"])
def test_a_generator_without_a_case_is_noticed(name: str) -> None:
    rest = [one for one in CASES if one.split()[0].split("(")[0] != name]
    assert name in silent(rest)


def test_every_named_function_has_a_case() -> None:
    assert set(SLOPES) - {"identity"} <= set(CASES)


# --- the reference --------------------------------------------------------------------------------

ARROWS = [one for one in CASES.values() if one.arrow is not None]


@pytest.mark.parametrize("way", ["reverse", "forward"])
def test_the_reference_takes_the_gradients_of_torch_or_says_why_not(way: str) -> None:
    assert set(agreement.disagreements(way, *ARROWS)) == set(agreement.LISTED[way])


def test_the_reverse_derivative_differs_in_one_row() -> None:
    assert set(agreement.REVERSE) == {"softplus"}
    theirs, ours = agreement.disagreements("reverse", CASES["softplus"])["softplus"]
    apart = [abs(float(a) - float(b)) for a, b in zip(theirs.split(), ours.split())]
    assert max(apart) < 3e-9


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("relu", lambda x, y, p: (x >= 0).astype(np.float64)),
        ("abs", lambda x, y, p: np.where(x >= 0, 1.0, -1.0)),
        ("relu6", lambda x, y, p: ((x > 0) & (x <= 6)).astype(np.float64)),
        ("hard_tanh", lambda x, y, p: ((x >= -1) & (x <= 1)).astype(np.float64)),
        ("leaky_relu", lambda x, y, p: np.where(x >= 0, 1.0, p["slope"])),
    ],
)
def test_another_convention_of_dual_numbers_is_noticed(name: str, wrong, monkeypatch) -> None:
    """Broken twins: slopes that are right almost everywhere."""
    monkeypatch.setitem(SLOPES, name, wrong)
    assert name in agreement.disagreements("forward", CASES[name])


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("relu", lambda x, y, p: 1 - slopes._step(-x)),
        ("hard_tanh", lambda x, y, p: (1 - slopes._step(-1 - x)) * (1 - slopes._step(x - 1))),
        ("abs", lambda x, y, p: slopes._step(x) * 2 - 1),
    ],
)
def test_another_convention_of_the_reverse_derivative_is_noticed(
    name: str, wrong, monkeypatch
) -> None:
    monkeypatch.setitem(slopes.SLOPES, name, wrong)
    assert name in agreement.disagreements("reverse", CASES[name])


def test_shared_ties_of_a_pooling_are_noticed(monkeypatch) -> None:
    """The broken twin of ``first_max``: a derivative that ties share."""
    for algebra in (DualAlgebra, Tape):
        monkeypatch.setattr(algebra, "first_max", algebra.max)
    pools = (CASES["max_pool"], CASES["max_pool overlapping"])
    for way in ("reverse", "forward"):
        assert set(agreement.disagreements(way, *pools)) == {one.name for one in pools}


def test_a_case_is_an_arrow_or_a_spelling() -> None:
    with pytest.raises(ValueError, match="either an arrow or a torch expression"):
        Case("both", ([0.0],), arrow=CASES["relu"].arrow, spelled="x")
    with pytest.raises(ValueError, match="is torch's own"):
        forwards(CASES["prod"])
    with pytest.raises(ValueError, match="is torch's own"):
        backwards(CASES["prod"])


def test_numbers_as_text() -> None:
    assert [number(v) for v in (-0.0, 1 / 3, np.inf, -np.inf, np.nan)] == [
        "0", "0.3333333333", "inf", "-inf", "nan",
    ]  # fmt: skip


def test_the_command_prints_the_table_and_compares() -> None:
    command = [sys.executable, "-m", "backends.pytorch.kinks"]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stderr
    version = files.nearest(files.installed())
    assert f"{len(MEASURED)} rows; 0 differ from the table of torch {version}" in answer.stdout
    assert "torch returns x itself above 20" in answer.stdout


def test_a_changed_row_fails_the_command(monkeypatch, capsys) -> None:
    from backends.pytorch.kinks import __main__ as command

    relu = Line("relu", "torch.relu(x)", "0", "1")
    changed = [relu if line.name == "relu" else line for line in MEASURED if line.name != "abs"]
    monkeypatch.setattr(files, "measure", lambda: changed)
    assert command.main([]) == 1
    shown = capsys.readouterr().out
    assert "relu: torch.relu(x) at 0 has gradient 1, and had 0" in shown
    assert "abs: no longer measured" in shown
