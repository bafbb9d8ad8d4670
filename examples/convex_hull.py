"""The volume of a convex hull: what each symmetry is worth with a thousand examples.

Run ``python -m examples.convex_hull [folder]``.  Sixteen points in five dimensions are drawn from
the standard normal distribution; the target is the volume of their convex hull (by scipy), with
fixed seeds: 1024 examples to train on, 2048 to test.  The networks are those of
``specs/convex_hull.py``, trained alike: AdamW on targets of mean 0 and variance 1, three seeds.

What to expect: a network that knows neither symmetry predicts little but the mean.  Those of
multivectors (CGENN by grades, GLGENN by types, with fewer weights) know O(5) and not that the
numbering is arbitrary; Deep Sets know only that.  The network of exterior powers knows both, and
has few weights.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import fmean
from types import ModuleType

import numpy as np
import torch
from scipy.spatial import ConvexHull
from torch import Tensor
from torch.nn.functional import mse_loss

from examples.common import SPECS, bars, commute, fit, generated

SEEDS = 3
STEPS = 300
BATCH = 32
RATE = 8e-3

#: Title, name in the spec, class.
NETWORKS = (
    ("perceptron", "plain", "Plain"),
    ("CGENN, weights by grades", "by_grades", "ByGrades"),
    ("GLGENN, weights by types", "by_types", "ByTypes"),
    ("vector neurons", "vector_neurons", "VectorNeurons"),
    ("Deep Sets", "deep_sets", "DeepSets"),
    ("exterior powers", "exterior", "Exterior"),
)


def data(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """Points (sample, 16, 5) and the volumes of their hulls."""
    points = np.random.default_rng(seed).standard_normal((count, 16, 5))
    volumes = [ConvexHull(one).volume for one in points]
    return torch.tensor(points).float(), torch.tensor(volumes).float()


def built(folder: Path) -> dict[str, ModuleType]:
    """Build, which checks the laws, through the command line."""
    spec, found = SPECS / "convex_hull.py", {}
    for _, arch, _ in NETWORKS:
        path = folder / f"{arch}.py"
        commute("build", spec, "--arch", arch, "-o", path)
        found[arch] = generated(path)
    return found


def error(model: torch.nn.Module, x: Tensor, y: Tensor, mean: Tensor, deviation: Tensor) -> float:
    """The mean squared error of the volume."""
    with torch.no_grad():
        return mse_loss(model(x)[:, 0] * deviation + mean, y).item()


def main(folder: Path) -> dict[str, float]:
    """The mean squared test error of each network, and of the mean."""
    folder.mkdir(parents=True, exist_ok=True)
    modules = built(folder)
    torch.set_num_threads(1)  # the networks are small: a second thread would only wait
    (x, y), (x_test, y_test) = data(1024, 0), data(2048, 1)
    mean, deviation = y.mean(), y.std()
    targets = (y - mean) / deviation

    errors = {"the mean": mse_loss(mean.expand_as(y_test), y_test).item()}
    rows = [
        f"{'network':28}{'weights':>9}{'test error':>12}{'CPU seconds':>13}",
        f"{'the mean of the targets':28}{1:9}{errors['the mean']:12.2f}",
    ]
    with bars() as progress:
        for title, arch, cls in NETWORKS:
            found, began = [], time.process_time()
            for seed in range(SEEDS):
                torch.manual_seed(seed)
                model = getattr(modules[arch], cls)()
                epochs = -(-STEPS * BATCH // len(x))
                order = torch.cat([torch.randperm(len(x)) for _ in range(epochs)])

                def loss(step: int, model=model, order=order) -> Tensor:
                    rows = order[step * BATCH : (step + 1) * BATCH]
                    return mse_loss(model(x[rows])[:, 0], targets[rows])

                fit(model, loss, STEPS, RATE, f"{title}, seed {seed}", progress)
                found.append(error(model, x_test, y_test, mean, deviation))
            seconds = (time.process_time() - began) / SEEDS
            errors[arch] = fmean(found)
            weights = sum(p.numel() for p in model.parameters())
            rows.append(f"{title:28}{weights:9}{errors[arch]:12.2f}{seconds:13.1f}")
    text = "\n".join([*rows, f"mean squared error of 2048 volumes, mean of {SEEDS} seeds"])
    print(f"\n{text}")
    (folder / "table.txt").write_text(text + "\n")
    return errors


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/convex_hull"))
