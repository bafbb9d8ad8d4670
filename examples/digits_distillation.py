"""A large digit network distilled into a small one, by the generated training files.

Run ``python -m examples.digits_distillation [folder]``.  The games are declared in
specs/distillation.py.  A student of 448 weights learns

- from labels alone;
- from the scores of a teacher of 21 386 weights, at a temperature;
- in the teacher's place: as its first block, then its first two, then alone.

on all 1 347 training digits, and on 100 of them; the teacher has been trained on all.  What the
teacher's scores are worth shows where digits are few: where there are enough for the student, they
add little.  All students of a seed start at the same weights, see the same batches and make as many
steps (those in the teacher's place a third for each stage).  The accuracies are those on the 450
digits held out, after the last step: nothing is selected.
"""

from __future__ import annotations

import sys
from itertools import product
from pathlib import Path
from statistics import fmean, stdev
from types import ModuleType

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from examples.common import SPECS, bars, commute, fit, generated
from examples.digits import data

SEEDS = 5
STEPS = 480
EXAMPLES = (100, 1347)
TEACHER_EPOCHS = 30
BATCH = 64
WAYS = ("labels", "teacher", "place")
TITLES = ("labels alone", "teacher's scores", "in its place")
STAGES = ("first", "second", "third")
CLASSES = ("Replacing1", "Replacing2", "Student")


@torch.no_grad()
def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    return (model(x).argmax(1) == y).float().mean().item()


def take(whole: nn.Module, part: nn.Module) -> None:
    """Give a module the weights that another one has under the same names."""
    known = part.state_dict()
    own = {key: known.get(key, value) for key, value in whole.state_dict().items()}
    whole.load_state_dict(own)


def built(folder: Path) -> tuple[dict[str, ModuleType], dict[str, ModuleType]]:
    """The modules and the training files of the games."""
    spec = SPECS / "distillation.py"
    commute("check", spec)
    modules, files = {}, {}
    for name in ("from_labels", "distilling", *STAGES):
        path = folder / f"{name}.py"
        commute("build", spec, "--arch", name, "--train", "-o", path)
        modules[name] = generated(path)
        files[name] = generated(folder / f"{name}_train.py")
    return modules, files


class Students:
    """The students of one seed: one for each way to learn."""

    def __init__(
        self,
        modules: dict[str, ModuleType],
        files: dict[str, ModuleType],
        teacher: nn.Module,
        seed: int,
    ) -> None:
        self.modules, self.files, self.teacher, self.seed = modules, files, teacher, seed
        torch.manual_seed(seed)
        self.start = modules["from_labels"].Student().state_dict()

    def batches(self, count: int, x: Tensor, y: Tensor):
        """The same batches for every student."""
        draw = torch.Generator().manual_seed(100 + self.seed)
        for _ in range(count):
            rows = torch.randint(len(x), (BATCH,), generator=draw)
            yield x[rows], y[rows]

    def trained(self, way: str, x: Tensor, y: Tensor) -> nn.Module:
        """A student that has learnt in one way."""
        student = self.modules["from_labels"].Student()
        student.load_state_dict(self.start)
        if way == "labels":
            self._train("from_labels", student, self.batches(STEPS, x, y))
        elif way == "teacher":
            whole = self.modules["distilling"].Distillation()
            whole.student.load_state_dict(self.start)
            whole.teacher.load_state_dict(self.teacher.state_dict())
            self._train("distilling", whole, self.batches(STEPS, x, y))
            student.load_state_dict(whole.student.state_dict())
        else:
            batches = self.batches(STEPS, x, y)
            for stage, name in zip(STAGES, CLASSES, strict=True):
                torch.manual_seed(self.seed)  # the adapter of the stage
                whole = getattr(self.modules[stage], name)()
                inner = whole if name == "Student" else whole.student
                take(inner, student)
                if name != "Student":
                    take(whole.teacher, self.teacher)
                steps = STEPS - 2 * (STEPS // 3) if name == "Student" else STEPS // 3
                self._train(stage, whole, (next(batches) for _ in range(steps)))
                take(student, inner)
        return student.eval()

    def _train(self, game: str, whole: nn.Module, batches) -> None:
        training = self.files[game].Training(whole.train())
        for batch in batches:
            training.step(*batch)


def teach(module: ModuleType, x: Tensor, y: Tensor, progress) -> nn.Module:
    """The teacher, trained on labels."""
    torch.manual_seed(0)
    teacher = module.Distillation().teacher
    rows = [r for _ in range(TEACHER_EPOCHS) for r in torch.randperm(len(x)).split(BATCH)]
    fit(
        teacher,
        lambda step: cross_entropy(teacher(x[rows[step]]), y[rows[step]]),
        len(rows),
        5e-3,
        "teacher",
        progress,
    )
    return teacher


def table(scores: dict[tuple[int, str], list[float]]) -> str:
    """Accuracies in percent by seed, their mean, and what is gained over labels alone."""
    count = len(scores[EXAMPLES[0], "labels"])
    lines = [f"{'percent':34}" + "".join(f"{f'seed {i}':>8}" for i in range(count)) + "    mean"]
    gained = []
    for few in EXAMPLES:
        base = scores[few, "labels"]
        for way, title in zip(WAYS, TITLES, strict=True):
            found, name = scores[few, way], f"{few} digits, {title}"
            lines.append(f"{name:34}" + "".join(f"{100 * s:8.1f}" for s in (*found, fmean(found))))
            if way != "labels":
                gains = [100 * (a - b) for a, b in zip(found, base, strict=True)]
                spread = f" (deviation {stdev(gains):.1f})" if count > 1 else ""
                better = f"better {sum(gain > 0 for gain in gains)} of {count}"
                gained.append(f"{name}: {fmean(gains):+.1f}{spread}, {better}")
    return "\n".join([*lines, "against labels alone:", *gained])


def main(folder: Path) -> dict[tuple[int, str], list[float]]:
    """The held-out accuracies by number of digits and way, for each seed."""
    folder.mkdir(parents=True, exist_ok=True)
    modules, files = built(folder)
    torch.set_num_threads(1)  # the images are small: a second thread would only wait
    x, y, x_test, y_test = data()
    x, x_test = x[:, 0], x_test[:, 0]
    scores: dict[tuple[int, str], list[float]] = {}
    with bars() as progress:
        teacher = teach(modules["distilling"], x, y, progress)
        task = progress.add_task("students", total=SEEDS * len(WAYS) * len(EXAMPLES), note="")
        for seed, few in product(range(SEEDS), EXAMPLES):
            students = Students(modules, files, teacher, seed)
            draw = torch.Generator().manual_seed(1000 + seed)
            some = torch.randperm(len(x), generator=draw)[:few]
            for way in WAYS:
                student = students.trained(way, x[some], y[some])
                scores.setdefault((few, way), []).append(accuracy(student, x_test, y_test))
                progress.update(task, advance=1, note=f"seed {seed}, {few} digits, {way}")
    count = sum(p.numel() for p in teacher.parameters())
    right = 100 * accuracy(teacher, x_test, y_test)
    print(f"teacher: {count} weights, {right:.1f} percent", end="; ")
    print(f"students: {sum(p.numel() for p in student.parameters())} weights, {STEPS} steps")
    print(table(scores))
    (folder / "table.txt").write_text(table(scores) + "\n")
    print(f"wrote {folder / 'table.txt'}, and the modules and training files beside it")
    return scores


if __name__ == "__main__":
    found = main(Path(sys.argv[1] if len(sys.argv) > 1 else "out/digits_distillation"))
    few = EXAMPLES[0]
    sys.exit(0 if fmean(found[few, "teacher"]) > fmean(found[few, "labels"]) else 1)
