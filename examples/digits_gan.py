"""A conditional GAN on the digits of scikit-learn, trained by the generated file.

Run ``python -m examples.digits_gan [folder]``.  The game is declared in specs/conditional_gan.py;
``commute build --train`` writes the module and the training step, and this file only feeds it.
What is painted is judged by a classifier that was trained on real digits and then frozen:

- *recognised*: painted digits that it takes for the class that was asked for;
- *distance*: between painted and held-out digits, of the means and covariances of its scores (as
  in Fréchet's distance of two normal distributions);
- *covered*: held-out digits with a painted one of their class nearer than the nearest of the other
  held-out digits of the class.  A painter that knows one image of each class covers few.

The same numbers are printed before training and while it goes on (a game does not settle, and they
swing), and for as many real training digits: the best that can be asked for.  The folder keeps the
files, the weights and a sheet of samples.
"""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import torch
from safetensors.torch import save_model
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from examples.common import SPECS, bars, commute, fit, generated
from examples.digits import data
from examples.sheets import sheet

EPOCHS = 300
LOOKS = 6
CLASSIFIER_EPOCHS = 12
BATCH = 64
EACH = 100
DIGITS = 10


class Measured(NamedTuple):
    """Shares in [0, 1] by class, and one distance."""

    recognised: list[float]
    covered: list[float]
    distance: float


def distance(scores: Tensor, others: Tensor) -> float:
    """Fréchet's distance, squared, of the normal distributions with their means and covariances."""
    one, other = scores.double(), others.double()
    apart = (one.mean(0) - other.mean(0)).square().sum()
    first, second = torch.cov(one.T), torch.cov(other.T)
    root = torch.linalg.eigvals(first @ second).real.clamp_min(0).sqrt().sum()
    return float(apart + first.trace() + second.trace() - 2 * root)


def share_covered(painted: Tensor, held_out: Tensor) -> float:
    """Of one class: held-out images nearer to a painted one than to any of the others."""
    painted, held_out = painted.flatten(1), held_out.flatten(1)
    usual = torch.cdist(held_out, held_out).kthvalue(2, dim=1).values  # itself is first
    return (torch.cdist(held_out, painted).amin(1) < usual).float().mean().item()


@torch.no_grad()
def measure(images: Tensor, labels: Tensor, judge: nn.Module, real: tuple[Tensor, ...]) -> Measured:
    """The measures of painted images, by a frozen classifier and real digits."""
    *_, x_test, y_test = real
    scores = judge(images.unsqueeze(1))
    right = (scores.argmax(1) == labels).float()
    return Measured(
        [right[labels == k].mean().item() for k in range(DIGITS)],
        [share_covered(images[labels == k], x_test[y_test == k, 0]) for k in range(DIGITS)],
        distance(scores, judge(x_test)),
    )


@torch.no_grad()
def painted(model: nn.Module, each: int, seed: int) -> tuple[Tensor, Tensor]:
    """Images of every class, and their classes."""
    labels = torch.arange(DIGITS).repeat_interleave(each)
    draw = torch.Generator().manual_seed(seed)
    noise = torch.randn(len(labels), model.config.latent, generator=draw)
    return model.painter(noise, labels), labels


def classifier(folder: Path, real: tuple[Tensor, ...], progress) -> nn.Module:
    """The digits network, trained on real digits and frozen."""
    x, y, *_ = real
    torch.manual_seed(0)
    judge = generated(folder / "classifier.py").DigitsCnn()
    rows = [r for _ in range(CLASSIFIER_EPOCHS) for r in torch.randperm(len(x)).split(BATCH)]
    fit(
        judge,
        lambda step: cross_entropy(judge(x[rows[step]]), y[rows[step]]),
        len(rows),
        6e-3,
        "classifier",
        progress,
    )
    return judge.requires_grad_(False).eval()


def played(
    model: nn.Module, file: ModuleType, judge: nn.Module, real: tuple[Tensor, ...], progress
) -> list[tuple[int, float, float, Measured]]:
    """Train by the generated file: epoch, losses of critic and painter, and measures, now and then.

    The losses are those of the epoch that ends there; before the first, none.
    """
    x, y, *_ = real
    torch.manual_seed(0)
    training, nan = file.Training(model.train()), float("nan")
    looks = [(0, nan, nan, measure(*painted(model, EACH, 1), judge, real))]
    task = progress.add_task("game", total=EPOCHS, note="")
    for epoch in range(1, EPOCHS + 1):
        rows = torch.randperm(len(x)).split(BATCH)
        losses = torch.tensor([training.step(x[r, 0], y[r]) for r in rows])
        critic, painter = losses.mean(0).tolist()
        if epoch * LOOKS % EPOCHS < LOOKS:
            found = measure(*painted(model, EACH, 1), judge, real)
            looks.append((epoch, critic, painter, found))
        note = f"critic {critic:.3f}, painter {painter:.3f}"
        progress.update(task, completed=epoch, note=note)
    model.eval()
    return looks


def table(looks: list[tuple[int, float, float, Measured]], real: Measured) -> str:
    """The measures by epoch, and by class at the end."""
    heads = ("critic", "painter", "recognised", "covered", "distance")
    lines = [f"{'epoch':>16}" + "".join(f"{head:>12}" for head in heads)]
    for epoch, critic, painter, one in (*looks, (-1, float("nan"), float("nan"), real)):
        title = str(epoch) if epoch >= 0 else "training digits"
        losses = "".join(f"{'' if v != v else f'{v:.3f}':>12}" for v in (critic, painter))
        shares = "".join(f"{100 * sum(v) / DIGITS:11.1f}%" for v in (one.recognised, one.covered))
        lines.append(f"{title:>16}{losses}{shares}{one.distance:12.2f}")
    last = looks[-1][3]
    lines.append(f"{'class':>16}" + "".join(f"{k:>6}" for k in range(DIGITS)))
    for what, values in (("recognised", last.recognised), ("covered", last.covered)):
        lines.append(f"{what:>16}" + "".join(f"{100 * v:5.0f}%" for v in values))
    return "\n".join(lines)


def main(folder: Path) -> tuple[Measured, Measured, Measured]:
    """What was measured of the painter before and after training, and of real digits."""
    folder.mkdir(parents=True, exist_ok=True)
    spec, path = SPECS / "conditional_gan.py", folder / "model.py"
    other = SPECS / "digits_cnn.py"
    commute("check", spec)
    commute("build", spec, "--train", "-o", path)
    commute("build", other, "--arch", "digits_cnn", "-o", folder / "classifier.py")

    torch.set_num_threads(1)  # the images are small: a second thread would only wait
    module, file = generated(path), generated(folder / "model_train.py")
    real = data()
    x, y, x_test, y_test = real
    torch.manual_seed(0)
    model = module.ConditionalGan()
    print(f"\n{len(x)} digits to learn from, {len(x_test)} held out")
    with bars() as progress:
        judge = classifier(folder, real, progress)
        with torch.no_grad():
            right = (judge(x_test).argmax(1) == y_test).float().mean().item()
        looks = played(model, file, judge, real, progress)
    some = torch.cat([torch.nonzero(y == k).flatten()[:EACH] for k in range(DIGITS)])
    best = measure(x[some, 0], y[some], judge, real)

    print(f"the classifier recognises {100 * right:.1f} percent of the held-out digits")
    print(table(looks, best))
    images, _ = painted(model, DIGITS, 2)
    (folder / "samples.png").write_bytes(sheet(images.view(DIGITS, DIGITS, 8, 8)))
    shown = torch.stack([x_test[y_test == k, 0][:DIGITS] for k in range(DIGITS)])
    (folder / "held_out.png").write_bytes(sheet(shown))
    save_model(model, str(folder / "model.safetensors"))
    (folder / "table.txt").write_text(table(looks, best) + "\n")
    print(f"wrote {', '.join(sorted(str(p) for p in folder.iterdir() if p.is_file()))}")
    return looks[0][3], looks[-1][3], best


if __name__ == "__main__":
    _, found, _ = main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/digits_gan"))
    sys.exit(0 if sum(found.recognised) / DIGITS >= 0.9 else 1)
