"""Size and start-up: ``python -m tests.benchmarks.scaling``.

CPU seconds of this process (``time.process_time``), and of child processes for the command line.
Each table has its target beside the measurement; ``--only chain`` (``product``, ``shared``,
``start``, ``verdicts``) prints one of them.
"""

from __future__ import annotations

import argparse
import gc
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from categorical import Arrow, Dim, Real, op, tie
from tests.benchmarks.timing import measure, table

SPECS = Path(__file__).resolve().parents[2] / "specs"
n, c = Dim.named("n c")


def seconds(work: Callable[[], object], repeats: int = 1) -> float:
    """The least CPU time of a call."""
    times = []
    for _ in range(repeats):
        gc.collect()
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return min(times)


# --- chains and products ------------------------------------------------------------------------


def parts(count: int) -> list[Arrow]:
    """Typed arrows of one type: every fifth has weights."""
    kinds = [op.linear(c, c), op.relu, op.tanh, op.layer_norm(c), op.sigmoid]
    made = [one.at(Real[n, c]) for one in kinds]
    return [made[i % len(made)] for i in range(count)]


def chain(links: list[Arrow]) -> Arrow:
    whole = links[0]
    for one in links[1:]:
        whole = whole >> one
    return whole


def _of_length(count: int) -> list[str]:
    from backends.pytorch import build

    links = parts(count)
    composing = seconds(lambda: chain(links), 3) / count
    whole = chain(links)
    flat = seconds(whole.graph)
    graph = whole.graph()
    emit = seconds(lambda: build(graph, {"c": 8}, "chain", validate=False))
    made = build(graph, {"c": 8}, "chain", validate=False)
    reading = seconds(lambda: compile(made.source, "chain.py", "exec"))
    load = seconds(made.module)
    found = [f"{x:.3f}" for x in (flat, emit, flat + emit)]
    slope = f"{1e6 * (flat + emit) / count:.0f}"
    return [f"{count}", f"{1e6 * composing:.2f}", *found, slope, f"{reading:.3f}", f"{load:.3f}"]


def chains() -> str:
    import backends.pytorch.loader  # noqa: F401  (torch is loaded before the clock starts)

    lines = [_of_length(count) for count in (100, 1_000, 10_000)]
    head = ["arrows", "µs a >> (< 5)", "check + flatten s", "normal form + emit s"]
    head += ["together s (10 000: < 5)", "µs an arrow", "compile() s", "import + make s"]
    return table(lines, head)


def products() -> str:
    from backends.pytorch import build

    lines = []
    for count in (300, 3_000):
        one = op.relu.at(Real[n])
        left = right = one
        start = time.process_time()
        for _ in range(count - 1):
            left = left @ one
        composing = (time.process_time() - start) / count
        for _ in range(count - 1):
            right = one @ right
        for name, whole in (("left", left), ("right", right)):
            start = time.process_time()
            graph = whole.graph()
            flat = time.process_time() - start
            start = time.process_time()
            build(graph, {}, "wide", validate=False)
            emit = time.process_time() - start
            lines.append(
                [f"{count} {name}", f"{1e6 * composing:.1f}", f"{flat:.3f}", f"{emit:.3f}"]
            )
    return table(lines, ["factors, nested", "µs a @", "flatten s", "normal form + emit s"])


# --- shared sub-terms ---------------------------------------------------------------------------


def doubled(inner: Arrow, times: int) -> Arrow:
    """The sub-term written 2^times times: copy, both, add."""
    from categorical import copy

    for _ in range(times):
        inner = (copy(inner.dom[0]) >> (inner @ inner) >> op.add).at(inner.dom[0])
    return inner


def shared() -> str:
    import torch
    from torch import nn

    from backends.pytorch import build

    torch.set_num_threads(1)
    torch.manual_seed(0)
    width = 128
    rows = Real[Dim("batch"), c]
    tied = tie((op.linear(c, c) >> op.tanh >> op.linear(c, c)).at(rows))
    free = (op.softmax(c) >> op.gelu >> op.tanh).at(rows)

    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, width))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = self.inner(x)
            for _ in range(5):
                y = y + y
            return y

    class Free(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            y = torch.tanh(nn.functional.gelu(torch.softmax(x, -1)))
            for _ in range(5):
                y = y + y
            return y

    lines = []
    for name, arrow_, hand in (("tied, 2^5 times", tied, Tied), ("no weights", free, Free)):
        made = build(doubled(arrow_, 5), {"c": width}, "shared", validate=False).module()
        x = torch.randn(256, width, requires_grad=True)

        def step(module: nn.Module, x: torch.Tensor = x) -> Callable[[], None]:
            return lambda: module(x).sum().backward()

        contenders = {"hand": step(hand()), "again": step(hand()), "emitted": step(made)}
        found = measure(contenders, "hand", 61)
        mine, noise = found.ratios["emitted"], found.ratios["again"]
        lines.append([name, f"{found.baseline:.3f}", f"{mine[0]:.3f}", f"{noise[0]:.3f}"])
    return table(lines, ["sub-term", "shared by hand ms", "emitted (≤ 1.02)", "A/A"])


# --- start-up and verdicts ----------------------------------------------------------------------


def child(*arguments: str) -> tuple[float, float]:
    """CPU and wall seconds of a child process, the least of three."""
    found = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall = time.perf_counter()
        done = subprocess.run(
            [sys.executable, *arguments], capture_output=True, text=True, check=False
        )
        wall = time.perf_counter() - wall
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise RuntimeError(f"{arguments}: {done.stderr[-400:]}")
        used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        found.append((used, wall))
    return min(found)


def starts() -> str:
    spec = str(SPECS / "transformer_block.py")
    cases = {
        "python -c pass": ("-c", "pass"),
        "import categorical": ("-c", "import categorical"),
        "commute --help": ("-m", "categorical.cli", "--help"),
        "commute check --types": ("-m", "categorical.cli", "check", "--types", spec),
    }
    lines = []
    for name, arguments in cases.items():
        cpu, wall = child(*arguments)
        lines.append([name, f"{cpu:.3f}", f"{wall:.3f}"])
    return table(lines, ["command", "CPU s (< 0.5)", "wall s"])


def verdicts() -> str:
    from categorical.face.loader import load
    from categorical.verdicts import Verdict
    from synthesis import ladder

    lines = []
    sums = {"structural or exact": 0.0, "other": 0.0}
    for path in sorted(SPECS.glob("[a-z]*.py")):
        used = {"structural or exact": 0.0, "other": 0.0}
        laws = 0
        for declared in load(path).declared:
            for law in declared.architecture.laws:
                start = time.process_time()
                finding = ladder.check_law(declared.architecture, law)
                spent = time.process_time() - start
                strong = finding.verdict in (Verdict.PROVED, Verdict.EXACT)
                used["structural or exact" if strong else "other"] += spent
                laws += 1
        for kind, spent in used.items():
            sums[kind] += spent
        lines.append([path.stem, f"{laws}", *(f"{spent:.2f}" for spent in used.values())])
    lines.append(["together (structural or exact: < 20)", "", *(f"{s:.2f}" for s in sums.values())])
    return table(lines, ["spec", "laws", "structural or exact s", "other s"])


TABLES = {
    "chain": chains,
    "product": products,
    "shared": shared,
    "start": starts,
    "verdicts": verdicts,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", choices=sorted(TABLES), help="one table")
    options = parser.parse_args()
    for name, make in TABLES.items():
        if options.only in (None, name):
            print(f"{make()}\n", flush=True)


if __name__ == "__main__":
    main()
