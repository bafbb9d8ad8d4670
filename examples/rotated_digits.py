"""Group convolutional networks on turned digits: what a declared symmetry is worth.

Run ``python -m examples.rotated_digits [folder]``.  Networks that are invariant by construction
under turns (C4), and under turns and reflections (D4), against a plain network of the same layers
and (within one percent) as many weights, also with its training images turned at random.  Each is
trained on 5, 20 and 100 examples a class.  The splits are fixed: a quarter of scikit-learn's 1 797
digits is held out, the examples are drawn by seed; every number is the mean over five seeds.  The
held-out digits are scored upright, and each turned by a fixed random multiple of 90°.

What to expect: an invariant network scores both alike, to the last digit, and cannot tell a 6 from
a turned 9.  The folder keeps the generated modules, their certificates, the table and a plot.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import fmean, stdev
from types import ModuleType
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from examples.common import SPECS, bars, commute, fit, generated
from examples.digits import data
from examples.plots import Line, Panel, lines

SEEDS = 5
STEPS = 200
BATCH = 64
EXAMPLES = (5, 20, 100)


class Contender(NamedTuple):
    """A network: its title, its name in the spec, its class, and whether to turn its examples."""

    title: str
    arch: str
    cls: str
    augmented: bool = False


CONTENDERS = (
    Contender("D4 (turns, reflections)", "turned_or_reflected", "TurnedOrReflected"),
    Contender("C4 (turns)", "turned", "Turned"),
    Contender("plain", "plain", "Plain"),
    Contender("plain, turned examples", "plain", "Plain", augmented=True),
)


def turned(images: Tensor, quarters: Tensor) -> Tensor:
    """Each image turned by its number of quarters."""
    every = torch.stack([torch.rot90(images, k, (-2, -1)) for k in range(4)])
    return every[quarters, torch.arange(len(images))]


def drawn(labels: Tensor, each: int, seed: int) -> Tensor:
    """Rows with ``each`` examples of every class, drawn by seed."""
    draw = torch.Generator().manual_seed(1000 + seed)
    rows = [torch.nonzero(labels == c).flatten() for c in range(10)]
    return torch.cat([one[torch.randperm(len(one), generator=draw)[:each]] for one in rows])


def accuracy(model: torch.nn.Module, x: Tensor, y: Tensor) -> float:
    with torch.no_grad():
        return (model(x).argmax(1) == y).float().mean().item()


def trained(
    module: ModuleType, one: Contender, x: Tensor, y: Tensor, seed: int, title: str, progress
) -> torch.nn.Module:
    """A network after ``STEPS`` steps on these examples."""
    torch.manual_seed(seed)
    model = getattr(module, one.cls)()
    size = min(BATCH, len(x))
    batches = [torch.randint(len(x), (size,)) for _ in range(STEPS)]

    def loss(step: int) -> Tensor:
        images, labels = x[batches[step]], y[batches[step]]
        if one.augmented:
            images = turned(images, torch.randint(4, (len(images),)))
        return cross_entropy(model(images), labels)

    fit(model, loss, STEPS, 1e-2, title, progress)
    return model


def built(folder: Path) -> dict[str, ModuleType]:
    """Check, build and check again, through the command line."""
    spec, found = SPECS / "group_cnn.py", {}
    for arch in dict.fromkeys(one.arch for one in CONTENDERS):
        path = folder / f"{arch}.py"
        commute("check", spec, "--arch", arch)
        commute("build", spec, "--arch", arch, "-o", path)
        commute("recheck", path.with_suffix(".certificate.json"))
        found[arch] = generated(path)
    return found


def table(scores: dict[tuple[str, int], list[tuple[float, float]]]) -> str:
    """Mean accuracies in percent (and the deviation over seeds), upright and turned."""
    rows = [f"{'examples a class':26}" + "".join(f"{each:>18}" for each in EXAMPLES)]
    rows.append(f"{'':26}" + f"{'upright':>10}{'turned':>8}" * len(EXAMPLES))
    for one in CONTENDERS:
        row = f"{one.title:26}"
        for each in EXAMPLES:
            up, around = (fmean(part) for part in zip(*scores[one.title, each], strict=True))
            row += f"{100 * up:10.1f}{100 * around:8.1f}"
        rows.append(row)
    spread = max(stdev(p) for s in scores.values() for p in zip(*s, strict=True) if len(p) > 1)
    return "\n".join([*rows, f"percent of 450 held out; largest deviation {100 * spread:.1f}"])


def main(folder: Path) -> dict[tuple[str, int], list[tuple[float, float]]]:
    """(upright, turned) accuracies by contender, examples a class, and seed."""
    folder.mkdir(parents=True, exist_ok=True)
    modules = built(folder)
    torch.set_num_threads(1)  # the images are small: a second thread would only wait
    counts = {
        one.title: sum(p.numel() for p in getattr(modules[one.arch], one.cls)().parameters())
        for one in CONTENDERS
    }
    print("\nweights: " + ", ".join(f"{title} {count}" for title, count in counts.items()))

    x, y, x_test, y_test = data()
    quarters = torch.randint(4, (len(x_test),), generator=torch.Generator().manual_seed(0))
    x_turned = turned(x_test, quarters)
    scores: dict[tuple[str, int], list[tuple[float, float]]] = {}
    with bars() as progress:
        for one in CONTENDERS:
            for each in EXAMPLES:
                for seed in range(SEEDS):
                    rows, title = drawn(y, each, seed), f"{one.title}, {each} a class, seed {seed}"
                    module = modules[one.arch]
                    model = trained(module, one, x[rows], y[rows], seed, title, progress)
                    both = accuracy(model, x_test, y_test), accuracy(model, x_turned, y_test)
                    scores.setdefault((one.title, each), []).append(both)
    text = table(scores)
    print(f"\n{text}")
    (folder / "table.txt").write_text(text + "\n")
    panels = [
        Panel(
            name,
            [
                Line(one.title, [fmean(s[k] for s in scores[one.title, n]) for n in EXAMPLES])
                for one in CONTENDERS
            ],
        )
        for k, name in enumerate(("upright digits", "turned digits"))
    ]
    drawing = lines(panels, [str(n) for n in EXAMPLES], "examples a class", "accuracy")
    (folder / "accuracy.svg").write_text(drawing)
    print(f"wrote {', '.join(sorted(str(p) for p in folder.iterdir() if p.is_file()))}")
    return scores


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/rotated_digits"))
