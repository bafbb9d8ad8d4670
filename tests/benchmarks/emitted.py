"""Emitted modules against idiomatic PyTorch: ``python -m tests.benchmarks.emitted``.

Forward and backward, float32, one thread, eager and (with ``--compiled``) under
``torch.compile(fullgraph=True)`` on both sides.  A ratio below 1 means that the emitted code is
faster; the target is 1.02 beyond the A/A noise, which the A/A column shows: the baseline against
another copy of itself.  ``--small`` adds a second, small batch; ``--only NAME`` picks rows;
``--count`` also prints how many ATen operations each side calls.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from torch import Tensor, nn

from categorical import Architecture
from categorical.face.loader import load
from tests.benchmarks.rows import ROWS, Inputs, Row, Sizes
from tests.benchmarks.timing import keep_memory, measure, table

SPECS = Path(__file__).resolve().parents[2] / "specs"
TARGET = 1.02


def architecture(row: Row) -> Architecture:
    found = load(SPECS / f"{row.spec}.py").declared
    return next(one.architecture for one in found if one.name == row.name)


def emitted(row: Row, sizes: Sizes) -> nn.Module:
    """The built module at these sizes (validated elsewhere)."""
    from backends.pytorch import build

    found = architecture(row)
    module: nn.Module = build(found.batched(), sizes, found.name, validate=False).module()
    return module


def step(module: nn.Module, inputs: Inputs) -> Callable[[], None]:
    """One forward and backward pass, gradients of the weights and of real inputs."""
    leaves = tuple(
        x.clone().requires_grad_(x.is_floating_point()) if isinstance(x, Tensor) else x
        for x in inputs
    )
    module.train()

    def work() -> None:
        outputs = module(*leaves)
        total = outputs.sum() if isinstance(outputs, Tensor) else sum(y.sum() for y in outputs)
        total.backward()

    return work


def operations(work: Callable[[], None]) -> int:
    """How many ATen operations one pass calls."""
    from torch.utils._python_dispatch import TorchDispatchMode

    class Counter(TorchDispatchMode):
        total = 0

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
            self.total += 1
            return func(*args, **(kwargs or {}))

    with Counter() as counter:
        work()
    return counter.total


def compare(row: Row, batch: int, mode: str, rounds: int, count: bool) -> list[str]:
    """One line of the table."""
    torch.manual_seed(0)
    torch.compiler.reset()
    sizes = {**architecture(row).sizes, **row.sizes}
    if batch == row.batches[1]:
        sizes |= row.wide
    inputs = row.inputs(sizes, batch)

    def prepare(module: nn.Module) -> Callable[[], None]:
        ready = torch.compile(module, fullgraph=True) if mode == "compiled" else module
        return step(ready, inputs)

    contenders = {
        "baseline": prepare(row.baseline(sizes)),
        "again": prepare(row.baseline(sizes)),
        "emitted": prepare(emitted(row, sizes)),
    }
    found = measure(contenders, "baseline", rounds)
    mine, noise = found.ratios["emitted"], found.ratios["again"]
    line = [row.name, row.peer, f"B{batch}", mode, f"{found.baseline:.3f}"]
    line += [f"{mine[0]:.3f}", f"{mine[1]:.3f}–{mine[2]:.3f}"]
    line += [f"{noise[0]:.3f}", f"{noise[1]:.3f}–{noise[2]:.3f}"]
    if count:
        line += [f"{operations(contenders[one])}" for one in ("baseline", "emitted")]
    slack = max(noise[2] - 1, 1 - noise[1], 0.0)
    return [*line, "ok" if mine[0] <= TARGET + slack else "slower"]


HEAD = ["spec", "baseline", "batch", "mode", "ms", "ratio", "quartiles", "A/A", "quartiles"]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--compiled", action="store_true", help="compile both sides as well")
    parser.add_argument("--small", action="store_true", help="a small batch as well")
    parser.add_argument("--count", action="store_true", help="count ATen operations (eager)")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--rounds", type=int, default=31)
    options = parser.parse_args()
    torch.set_num_threads(1)
    keep_memory()
    modes = ["eager", *(["compiled"] if options.compiled else [])]
    count = options.count and not options.compiled
    lines = []
    for row in ROWS:
        if options.only not in row.name:
            continue
        for batch in row.batches[0 if options.small else 1 :]:
            for mode in modes:
                lines.append(compare(row, batch, mode, options.rounds, count))
                print("  ".join(lines[-1]), flush=True)
    head = [*HEAD, *(["ops", "emitted ops"] if count else []), f"≤ {TARGET} beyond noise"]
    print()
    print(table(lines, head))


if __name__ == "__main__":
    main()
