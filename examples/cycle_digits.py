"""Threes into eights and back without pairs: CycleGAN on the digits of scikit-learn.

Run ``python -m examples.cycle_digits [folder]``.  The schema A ⇄ B of specs/cycle_gan.py has two
equations: each round trip is the identity.  Generators with free weights pay a loss for each, in
the game that ``commute build --train`` writes; couplings satisfy both for all weights, and pay the
critics alone.  Printed are, on held-out digits and before and after training,

- the *degree* of each equation, exp(−mean |x − round trip|) with pixels in [−1, 1]: the least and
  the mean over these samples (categorical/schemas/degrees.py says what that is and is not);
- how many digits a classifier of real digits takes for the other kind once they are translated.

The folder keeps the files, the weights, and a sheet: digits, translated, and back, of both kinds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import torch
from safetensors.torch import save_model
from torch import Tensor, nn

from categorical.schemas import Schema
from categorical.schemas.degrees import Grades, degrees, graded
from examples.common import SPECS, bars, commute, generated
from examples.digits import data
from examples.digits_gan import classifier
from examples.sheets import sheet

KINDS = (3, 8)
STEPS = 300
BATCH = 32
SHOWN = 10


class Held(NamedTuple):
    """What held-out digits say of a pair of translators."""

    grades: Grades
    taken: tuple[float, float]


class Pair(NamedTuple):
    """The edges of a functor as functions of batches."""

    f: Callable[[Tensor], Tensor]
    g: Callable[[Tensor], Tensor]


def kinds() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Threes and eights in [−1, 1], (sample, 1, 8, 8): to learn from, and held out."""
    x, y, x_test, y_test = data()
    learned = (2 * x[y == kind] - 1 for kind in KINDS)
    held_out = (2 * x_test[y_test == kind] - 1 for kind in KINDS)
    return (*learned, *held_out)


@torch.no_grad()
def held(schema: Schema, pair: Pair, judge: nn.Module, first: Tensor, second: Tensor) -> Held:
    """The degrees of the equations, and who is taken for the other kind."""

    def plain(edge: Callable[[Tensor], Tensor]) -> Callable[[Any], Any]:
        return lambda images: edge(torch.from_numpy(images)).numpy()

    functions = {"f": plain(pair.f), "g": plain(pair.g)}
    grades = graded(schema, functions, {"A": first.numpy(), "B": second.numpy()})
    taken = []
    for edge, images, kind in ((pair.f, first, KINDS[1]), (pair.g, second, KINDS[0])):
        ink = (edge(images).clamp(-1, 1) + 1) / 2
        taken.append((judge(ink).argmax(1) == kind).float().mean().item())
    return Held(grades, (taken[0], taken[1]))


def play(training: Any, first: Tensor, second: Tensor, title: str, progress: Any) -> None:
    """Rounds of the game on random batches of both kinds, which are no pairs."""
    task = progress.add_task(title, total=STEPS, note="")
    for step in range(STEPS):
        batch = (x[torch.randint(len(x), (BATCH,))] for x in (first, second))
        losses = training.step(*batch)
        if step % 10 == 9:
            note = "critics {:.3f}, translators {:.3f}".format(*(float(v) for v in losses))
            progress.update(task, completed=step + 1, note=note)


def free(model: nn.Module, files: dict[str, Any]) -> Pair:
    """Two generators, each with weights of its own."""
    return Pair(model.f, model.g)


def coupled(model: nn.Module, files: dict[str, Any]) -> Pair:
    """Couplings, there and back: two modules that read one set of weights."""
    there, back = files["there"].Coupled(), files["back"].CoupledBack()
    for one in (there, back):
        one.load_state_dict({k: v for k, v in model.state_dict().items() if k.startswith("layer")})
    return Pair(there.eval(), back.eval())


def table(rows: dict[str, tuple[Held, Held]]) -> str:
    """The degrees before and after, and the shares that were taken for the other kind."""
    lines = []
    for title, (before, after) in rows.items():
        lines += [title, degrees(before=before.grades, after=after.grades)]
        for i, (kind, other) in enumerate((KINDS, KINDS[::-1])):
            shares = f"{100 * before.taken[i]:.0f} → {100 * after.taken[i]:.0f} percent"
            lines.append(f"{kind}s that are taken for {other}s once translated: {shares}")
        lines.append("")
    return "\n".join(lines)


@torch.no_grad()
def shown(pair: Pair, first: Tensor, second: Tensor) -> Tensor:
    """Rows of images in [0, 1]: digits, translated, and back again, of both kinds."""
    rows = []
    for images, edge, back in ((first, pair.f, pair.g), (second, pair.g, pair.f)):
        some = images[:SHOWN]
        rows += [some, edge(some), back(edge(some))]
    return (torch.stack(rows)[:, :, 0] + 1) / 2


def main(folder: Path) -> dict[str, tuple[Held, Held]]:
    """What held-out digits say of free generators and of couplings, before and after training."""
    folder.mkdir(parents=True, exist_ok=True)
    spec = SPECS / "cycle_gan.py"
    commute("check", spec)
    commute("build", spec, "--train", "--arch", "cycle_gan", "-o", folder / "free.py")
    commute("build", spec, "--train", "--arch", "coupled_gan", "-o", folder / "couplings.py")
    for arch, name in (("coupled", "there"), ("coupled_back", "back")):
        commute("build", spec, "--no-check", "--arch", arch, "-o", folder / f"{name}.py")
    digits = SPECS / "digits_cnn.py"
    commute("build", digits, "--arch", "digits_cnn", "-o", folder / "classifier.py")

    torch.set_num_threads(1)  # the images are small: a second thread would only wait
    schema = generated(spec).schema
    files = {one: generated(folder / f"{one}.py") for one in ("free", "couplings", "there", "back")}
    first, second, first_test, second_test = kinds()
    rows: dict[str, tuple[Held, Held]] = {}
    print(f"\n{schema}\n\nA: {len(first)} {KINDS[0]}s and {len(first_test)} held out", end="; ")
    print(f"B: {len(second)} {KINDS[1]}s and {len(second_test)} held out")
    players = {
        "free": (files["free"].CycleGan, free),
        "couplings": (files["couplings"].CoupledGan, coupled),
    }
    with bars() as progress:
        judge = classifier(folder, data(), progress)
        for title, (make, pair) in players.items():
            torch.manual_seed(0)
            model = make()
            training = generated(folder / f"{title}_train.py").Training(model)
            before = held(schema, pair(model.eval(), files), judge, first_test, second_test)
            play(training, first, second, title, progress)
            after = held(schema, pair(model.eval(), files), judge, first_test, second_test)
            rows[title] = before, after
            picture = shown(pair(model, files), first_test, second_test)
            (folder / f"{title}.png").write_bytes(sheet(picture))
            save_model(model, str(folder / f"{title}.safetensors"))
    print(table(rows))
    (folder / "table.txt").write_text(table(rows) + "\n")
    print(f"wrote {', '.join(sorted(str(p) for p in folder.iterdir() if p.is_file()))}")
    return rows


if __name__ == "__main__":
    found = main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/cycle_digits"))
    exact = found["couplings"][1].grades.consistent(0.999)
    sys.exit(0 if exact and min(found["free"][1].taken) >= 0.8 else 1)
