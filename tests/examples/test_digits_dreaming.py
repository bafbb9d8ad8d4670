"""Dreams of digits, shortened: the image climbs, the weights stay."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("sklearn", reason="the examples extra is not installed")

from examples import digits_dreaming


def test_the_image_convinces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits_dreaming, "EPOCHS", 8)
    monkeypatch.setattr(digits_dreaming, "SHEETS", (0, 30))
    (start, *before), (end, *after) = digits_dreaming.main(tmp_path)
    assert (start, end) == (0, 30)
    assert before[0] == pytest.approx(0.1, abs=1e-6) and after[0] > 0.9 and after[1] == 1
    assert (tmp_path / "dreams.png").read_bytes()[:4] == b"\x89PNG"
