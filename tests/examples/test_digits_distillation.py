"""Distillation of the digits, shortened: the teacher stays, the students start and learn alike."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

pytest.importorskip("sklearn", reason="the examples extra is not installed")

from examples import digits_distillation as example


def test_few_digits_and_a_teacher(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(example, "SEEDS", 1)
    monkeypatch.setattr(example, "STEPS", 240)
    monkeypatch.setattr(example, "EXAMPLES", (100,))
    monkeypatch.setattr(example, "TEACHER_EPOCHS", 10)
    scores = example.main(tmp_path)
    assert set(scores) == {(100, way) for way in example.WAYS}
    assert all(0.5 < one < 1 for row in scores.values() for one in row)
    assert scores[100, "teacher"] > scores[100, "labels"]
    text = (tmp_path / "table.txt").read_text()
    assert "100 digits, teacher's scores: +" in text and "better 1 of 1" in text


def test_weights_are_taken_by_name() -> None:
    whole, part = torch.nn.Module(), torch.nn.Module()
    whole.one, whole.two = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    part.one, part.three = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
    kept = whole.two.weight.detach().clone()
    example.take(whole, part)
    assert torch.equal(whole.one.weight, part.one.weight)
    assert torch.equal(whole.two.weight, kept)


def test_students_of_a_seed_see_the_same_batches() -> None:
    x, y = torch.arange(50.0), torch.arange(50)

    def seen(seed: int) -> list[torch.Tensor]:
        students = object.__new__(example.Students)
        students.seed = seed
        return [batch for batch, _ in students.batches(3, x, y)]

    assert all(map(torch.equal, seen(0), seen(0)))
    assert not torch.equal(seen(0)[0], seen(1)[0]) and not torch.equal(*seen(0)[:2])
