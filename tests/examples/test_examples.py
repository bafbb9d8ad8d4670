"""The examples run end to end on real data, shortened; their full results are printed by them."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="the examples extra is not installed")
pytest.importorskip("networkx", reason="the examples extra is not installed")
pytest.importorskip("sktime", reason="the examples extra is not installed")

from examples import (
    convex_hull,
    digits,
    japanese_vowels,
    karate,
    rotated_digits,
    streaming_text,
    text,
)


def test_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "SEEDS", 1)
    monkeypatch.setattr(digits, "EPOCHS", 4)
    assert digits.main(tmp_path) > 0.9
    names = {p.name for p in tmp_path.iterdir()}
    assert names == {"model.py", "model.certificate.json", "model.svg", "model.safetensors"}


def test_the_digits_are_split_without_overlap() -> None:
    x, y, x_test, y_test = digits.data()
    assert (len(x), len(x_test)) == (1347, 450)
    assert x.shape[1:] == (1, 8, 8) and float(x.max()) <= 1
    assert sorted(set(y_test.tolist())) == list(range(10)) == sorted(set(y.tolist()))


def test_rotated_digits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Invariance shows in the scores to the last digit, even of a network that learnt little."""
    monkeypatch.setattr(rotated_digits, "SEEDS", 2)
    monkeypatch.setattr(rotated_digits, "STEPS", 30)
    monkeypatch.setattr(rotated_digits, "EXAMPLES", (20,))
    scores = rotated_digits.main(tmp_path)
    for (title, _), pairs in scores.items():
        equal = [abs(upright - turned) < 0.005 for upright, turned in pairs]
        assert all(equal) if title.startswith(("C4", "D4")) else not all(equal), title
    upright, turned = scores["plain", 20][0]
    assert upright > turned + 0.15
    assert (tmp_path / "accuracy.svg").read_text().count("<polyline") == 2 * len(scores)
    assert "examples a class" in (tmp_path / "table.txt").read_text()


def test_volumes_of_hulls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With both symmetries and a twelfth of the weights, far below the mean and Deep Sets."""
    monkeypatch.setattr(convex_hull, "SEEDS", 1)
    monkeypatch.setattr(convex_hull, "STEPS", 120)
    monkeypatch.setattr(convex_hull, "NETWORKS", convex_hull.NETWORKS[-2:])
    errors = convex_hull.main(tmp_path)
    assert errors["exterior"] < errors["deep_sets"] / 2 < errors["the mean"] / 4
    assert "exterior powers" in (tmp_path / "table.txt").read_text()


def test_the_hull_of_a_simplex_and_of_points_inside() -> None:
    points, volumes = convex_hull.data(2, 0)
    assert points.shape == (2, 16, 5)
    for cloud, volume in zip(points, volumes, strict=True):
        corners = cloud[:6]
        simplex = abs(float((corners[1:] - corners[0]).det())) / 120
        assert simplex < float(volume) < 100


def test_karate(tmp_path: Path) -> None:
    assert karate.main(tmp_path) >= 0.9


def test_japanese_vowels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(japanese_vowels, "SEEDS", 1)
    monkeypatch.setattr(japanese_vowels, "EPOCHS", 12)
    baseline, whole, online = japanese_vowels.main(tmp_path)
    assert 0.9 < baseline < 0.97
    assert whole > 0.95 and online > 0.85


def test_utterances_are_padded_to_the_longest() -> None:
    x, lengths, y, x_test, lengths_test, y_test = japanese_vowels.data()
    assert x.shape == (270, 26, 12) and x_test.shape == (370, 29, 12)
    assert (int(lengths.min()), int(lengths.max())) == (7, 26)
    assert (int(lengths_test.min()), int(lengths_test.max())) == (7, 29)
    assert sorted(set(y.tolist())) == list(range(9)) == sorted(set(y_test.tolist()))
    for one, length in zip(x, lengths, strict=True):
        assert one[length:].abs().sum() == 0 and one[:length].abs().min() > 0


def test_the_text_model_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "STEPS", 12)
    monkeypatch.setattr(text, "BATCH", 4)
    assert -1.5 < text.main(tmp_path) < 0.3, "twelve steps are worse than pairs of letters"


def test_text_by_steps_is_text_by_forward_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming_text, "STEPS", 2)
    monkeypatch.setattr(streaming_text, "CONTEXT", 96)
    gap, gain = streaming_text.main(tmp_path)
    assert gap < 1e-4 and gain > 0


def test_no_file_of_text_is_on_both_sides() -> None:
    train, test = text.text()
    assert len(train) > 4 * len(test) > 1_000_000
    assert int(train.max()) < text.LETTERS
