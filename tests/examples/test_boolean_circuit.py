"""The example of circuits that learn: what is exact is exact, and failures are told."""

from __future__ import annotations

import pytest

from examples import boolean_circuit


def test_shares_of_starts(monkeypatch: pytest.MonkeyPatch, capsys) -> None:
    tasks = {name: boolean_circuit.TASKS[name] for name in ("and", "exclusive or")}
    monkeypatch.setattr(boolean_circuit, "TASKS", tasks)
    found = boolean_circuit.main()
    for task in tasks:
        assert found[task, "lookup"][:2] == [1 / 16, 1.0]
        assert found[task, "monomials"][-1] == 1 / 8
    assert found["and", "gates, 1"][-1] == 1.0 and found["and", "gates, 2"][-1] == 12 / 64
    assert found["exclusive or", "gates, 1"][-1] == 0.0
    assert "drawn" not in capsys.readouterr().out


def test_many_parameters_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boolean_circuit, "ALL_STARTS", 3)
    monkeypatch.setattr(boolean_circuit, "BLOCKS", 2)
    every, share = boolean_circuit.shares(boolean_circuit.lookup(2), "or")
    assert not every and share[-1] == 1.0
    assert boolean_circuit.shares(boolean_circuit.lookup(2), "or")[1] == share
