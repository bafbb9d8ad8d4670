"""The conditional GAN on the digits, shortened; what is measured of it means what it says."""

from __future__ import annotations

import zlib
from pathlib import Path

import pytest
import torch

pytest.importorskip("sklearn", reason="the examples extra is not installed")

from examples import digits_gan
from examples.sheets import sheet


def test_the_painter_learns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits_gan, "EPOCHS", 25)
    monkeypatch.setattr(digits_gan, "CLASSIFIER_EPOCHS", 5)
    before, after, real = digits_gan.main(tmp_path)
    assert sum(before.recognised) < 4 < 6 < sum(after.recognised)
    assert real.distance < after.distance < before.distance / 4
    assert sum(before.covered) == 0 and sum(real.covered) > 5
    names = {p.name for p in tmp_path.iterdir()}
    stems = {"model", "classifier"}
    assert names >= {f"{stem}{end}" for stem in stems for end in (".py", ".certificate.json")}
    assert names >= {"model_train.py", "model.safetensors", "samples.png", "table.txt"}
    assert (tmp_path / "samples.png").read_bytes()[:4] == b"\x89PNG"


def test_the_distance_of_normal_distributions() -> None:
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(4000, 3, generator=draw)
    assert abs(digits_gan.distance(x, x)) < 1e-6
    assert digits_gan.distance(x, x + 2) == pytest.approx(12, abs=1e-4)
    assert digits_gan.distance(x, 3 * x) == pytest.approx(12, rel=0.1)


def test_one_image_of_a_class_covers_few() -> None:
    held_out = torch.arange(10.0).view(10, 1, 1)
    assert digits_gan.share_covered(held_out + 0.1, held_out) == 1
    assert digits_gan.share_covered(held_out[:1] + 0.1, held_out) == pytest.approx(0.2)
    assert digits_gan.share_covered(held_out + 100, held_out) == 0


def test_a_sheet_is_its_images() -> None:
    images = torch.rand(2, 3, 4, 5, generator=torch.Generator().manual_seed(0))
    data = sheet(images, zoom=1)
    width, height = (int.from_bytes(data[i : i + 4], "big") for i in (16, 20))
    assert (width, height) == (3 * 6 - 1, 2 * 5 - 1)
    size = int.from_bytes(data[33:37], "big")
    rows = zlib.decompress(data[41 : 41 + size])
    pixels = torch.tensor(list(rows)).view(height, width + 1)[:, 1:]
    assert torch.equal(pixels[5:9, 12:17], (255 - images[1, 2] * 255).round().long())
    assert pixels[4].eq(255).all()
