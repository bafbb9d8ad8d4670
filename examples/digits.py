"""Check, build and train a spec on the 1 797 handwritten digits of scikit-learn.

Run ``python -m examples.digits [folder]``.  The split is fixed (a quarter held out, stratified);
the accuracy is the mean over five seeds.  The folder keeps the generated module, its certificate,
its diagram and a checkpoint that loads back.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from safetensors.torch import load_model, save_model
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor
from torch.nn.functional import cross_entropy

from examples.common import SPECS, bars, commute, fit, generated

SEEDS = 5
EPOCHS = 16
BATCH = 64


def data() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Images (sample, 1, 8, 8) in [0, 1] and labels: for training, and held out."""
    images, labels = load_digits(return_X_y=True)
    x = torch.tensor(images, dtype=torch.float32).view(-1, 1, 8, 8) / 16
    y = torch.tensor(labels)
    train, test = train_test_split(
        torch.arange(len(y)).numpy(), test_size=0.25, stratify=y.numpy(), random_state=0
    )
    return x[train], y[train], x[test], y[test]


def main(folder: Path) -> float:
    """The mean held-out accuracy."""
    folder.mkdir(parents=True, exist_ok=True)
    spec, path = SPECS / "digits_cnn.py", folder / "model.py"
    commute("check", spec)
    commute("build", spec, "--arch", "digits_cnn", "-o", path)
    commute("draw", spec, "--arch", "digits_cnn", "-o", folder / "model.svg")
    commute("recheck", folder / "model.certificate.json")

    torch.set_num_threads(1)  # the images are small: a second thread would only wait
    module = generated(path)
    x, y, x_test, y_test = data()
    print(f"\ntraining on {len(x)} digits, {len(x_test)} held out, {SEEDS} seeds")
    scores: list[float] = []
    best: tuple[float, torch.nn.Module] | None = None
    with bars() as progress:
        for seed in range(SEEDS):
            torch.manual_seed(seed)
            model = module.DigitsCnn()
            order = [torch.randperm(len(x)) for _ in range(EPOCHS)]
            batches = [rows for epoch in order for rows in epoch.split(BATCH)]
            fit(
                model,
                lambda step, m=model, b=batches: cross_entropy(m(x[b[step]]), y[b[step]]),
                len(batches),
                6e-3,
                f"seed {seed}",
                progress,
            )
            with torch.no_grad():
                score = (model(x_test).argmax(1) == y_test).float().mean().item()
            scores.append(score)
            if best is None or score > best[0]:
                best = score, model
    assert best is not None
    certificate = json.loads((folder / "model.certificate.json").read_text())
    sha = str(certificate["build"]["spec_sha256"])
    save_model(best[1], str(folder / "model.safetensors"), {"spec_sha256": sha})
    again = module.DigitsCnn()
    load_model(again, str(folder / "model.safetensors"))
    again.eval()
    with torch.no_grad():
        assert torch.equal(again(x_test), best[1](x_test)), "the checkpoint does not load back"

    mean = sum(scores) / len(scores)
    print("held-out accuracy by seed: " + ", ".join(f"{s:.4f}" for s in scores))
    print(f"mean held-out accuracy: {mean:.4f}")
    print(f"wrote {', '.join(sorted(str(p) for p in folder.iterdir() if p.is_file()))}")
    return mean


if __name__ == "__main__":
    sys.exit(0 if main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/digits")) >= 0.97 else 1)
