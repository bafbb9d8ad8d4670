"""What the examples share: calling the command line, importing a generated file, training it.

Nothing here is needed to use a generated module: it is an ordinary ``nn.Module``.
"""

from __future__ import annotations

import importlib.util
import math
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import torch
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from torch import Tensor, nn

from categorical import cli

SPECS = Path(__file__).resolve().parent.parent / "specs"


def commute(*arguments: object) -> None:
    """Run a ``commute`` command and stop where it fails."""
    words = [str(one) for one in arguments]
    print(f"\n$ commute {' '.join(words)}", flush=True)
    status = cli.main(words)
    if status:
        sys.exit(status)


def generated(path: Path) -> ModuleType:
    """Import a generated file by its path."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def bars() -> Progress:
    """Progress bars with the time taken."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"))
    return Progress(*columns, TimeElapsedColumn())


def fit(
    model: nn.Module,
    loss: Callable[[int], Tensor],
    steps: int,
    rate: float,
    title: str,
    progress: Progress,
    decay: float = 0.01,
) -> None:
    """AdamW with a warm-up and a cosine; ``loss(step)`` is the loss of one batch."""
    task = progress.add_task(title, total=steps, note="")
    optimiser = torch.optim.AdamW(model.parameters(), lr=rate, weight_decay=decay)
    warm = max(1, steps // 20)

    def schedule(step: int) -> float:
        after = (step - warm) / max(1, steps - warm)
        return min(1.0, (step + 1) / warm) * (0.5 + 0.5 * math.cos(math.pi * max(0.0, after)))

    scheduler = torch.optim.lr_scheduler.LambdaLR(optimiser, schedule)
    model.train()
    for step in range(steps):
        value = loss(step)
        optimiser.zero_grad()
        value.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        scheduler.step()
        if step % 10 == 0 or step == steps - 1:
            progress.update(task, completed=step + 1, note=f"loss {value.item():.3f}")
    model.eval()
