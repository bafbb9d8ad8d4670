"""Parity of the recurrent atlas with torch's modules and with hand-written machines."""

from __future__ import annotations

import pytest
import torch

from backends.pytorch.recursion import ladder
from tests.specs import machine_parity as machines
from tests.specs import recurrent_parity as recurrent
from tests.specs.parity import TOLERANCE, architectures, compare

KINDS = pytest.mark.parametrize("kind", recurrent.KINDS, ids=lambda kind: kind.name)


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


@pytest.fixture(params=["fastest", "loop"])
def lowering(request, monkeypatch):
    """The form that the ladder chooses, and the plain loop."""
    if request.param == "loop":
        monkeypatch.setattr(ladder, "RUNGS", [])
    return request.param


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("two_ways", [False, True], ids=["one way", "two ways"])
@pytest.mark.parametrize("ragged", [False, True], ids=["full", "lengths"])
@KINDS
def test_layers_are_torchs(kind, ragged, two_ways, layers, lowering) -> None:
    assert recurrent.difference(kind, layers, two_ways, ragged) <= TOLERANCE


@KINDS
def test_a_cell_is_torchs(kind) -> None:
    assert recurrent.of_step(kind) <= TOLERANCE


@pytest.mark.parametrize("case", recurrent.SPECS, ids=lambda case: "::".join(case[:2]))
def test_specs_are_torchs(case, lowering) -> None:
    spec, which, kind, layers, two_ways = case
    assert recurrent.of_spec(kind, spec, which, layers, two_ways) <= TOLERANCE


@pytest.mark.parametrize("row", machines.ROWS, ids=lambda row: row[0])
def test_machines_written_by_hand(row, lowering) -> None:
    assert row[2]() <= TOLERANCE


def test_the_table_has_a_row_for_each() -> None:
    assert len(recurrent.rows()) == 6 + 3 + 12 + len(machines.ROWS) + 7
    assert len({(title, other) for title, other, _ in recurrent.rows()}) == len(recurrent.rows())


# --- broken twins ---------------------------------------------------------------------------


@KINDS
def test_the_comparison_sees_a_wrong_direction(kind, monkeypatch) -> None:
    """Forward weights for the backward run."""
    right = recurrent.names_of

    def wrong(kind, layers, two_ways):
        swapped = {"forwards": "backwards", "backwards": "forwards"}
        names = right(kind, layers, two_ways)
        return {
            ".".join(swapped.get(part, part) for part in path.split(".")): pick
            for path, pick in names.items()
        }

    monkeypatch.setattr(recurrent, "names_of", wrong)
    assert recurrent.difference(kind, two_ways=True) > 1e-3


def test_the_comparison_sees_gates_in_another_order(monkeypatch) -> None:
    def of_cell(kind, ours, end):
        names = right(kind, ours, end)
        path = f"{ours}.from_input.weight"
        return names | {path: (f"weight_ih{end}", lambda w: w.flip(0))}

    right = recurrent.of_cell
    monkeypatch.setattr(recurrent, "of_cell", of_cell)
    assert recurrent.difference(recurrent.KINDS[2]) > 1e-3


def test_the_comparison_sees_the_bias_outside_of_the_reset_gate() -> None:
    """The hidden bias of the candidate, added to the input's, is another network."""
    ours = architectures("gated_recurrent_unit")["once"]
    theirs = torch.nn.GRUCell(3, 4)
    names = recurrent.of_cell(recurrent.KINDS[1], "", "")
    names["from_input.bias"] = ["bias_ih", ("bias_hh", lambda b: b)]
    names["new_bias"] = ("bias_hh", lambda b: b[8:])
    given = [recurrent.random(2, 4), recurrent.random(2, 3)]
    sizes = {"feature": 3, "hidden": 4}
    with pytest.raises(AssertionError):  # four numbers would be counted twice
        compare(ours, theirs, names, given, lambda h, x: theirs(x, h), sizes=sizes)
    names["new_bias"] = ("bias_hh", lambda b: 0 * b[8:])
    assert compare(ours, theirs, names, given, lambda h, x: theirs(x, h), sizes=sizes) > 1e-3


def test_the_comparison_sees_lengths_that_are_ignored(monkeypatch) -> None:
    monkeypatch.setattr(recurrent, "LENGTHS", (6, 6, 6, 6, 6))
    assert recurrent.difference(recurrent.KINDS[0], ragged=True) <= TOLERANCE

    def full(kind, theirs, ragged):
        call = right(kind, theirs, False)
        return lambda *given: call(*given[:-1])

    right = recurrent.calling
    monkeypatch.setattr(recurrent, "LENGTHS", (6, 2, 1, 4, 6))
    monkeypatch.setattr(recurrent, "calling", full)
    assert recurrent.difference(recurrent.KINDS[0], ragged=True) > 1e-3


def test_the_comparison_sees_a_stack_that_reads_from_the_bottom(monkeypatch) -> None:
    def below(strengths, place):
        return sum(strengths[:place], torch.zeros_like(strengths[place]))

    monkeypatch.setattr(machines, "above", below)
    assert machines.stack() > 1e-3


def test_the_command_prints_the_table(monkeypatch, capsys) -> None:
    some = [("one.py model", "torch", lambda: 1e-15), ("two.py model", "torch", lambda: 2e-15)]
    monkeypatch.setattr(recurrent, "rows", lambda: some)
    assert recurrent.main() == 0
    printed = capsys.readouterr().out
    assert "two.py model" in printed and "largest 2.0e-15" in printed
    monkeypatch.setattr(recurrent, "rows", lambda: [*some, ("bad", "torch", lambda: 1e-9)])
    assert recurrent.main() == 1
