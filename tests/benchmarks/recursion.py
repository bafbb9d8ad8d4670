"""Folds, scans and trees against PyTorch: ``python -m tests.benchmarks.recursion``.

Forward and backward, float32, CPU time of one thread; our side, each reference and the reference
again (A/A: noise) run in one interleaved loop.  A ratio above 1 means that ours is faster; the
modes of both sides stand in the row.  ``--only NAME`` picks rows, ``--compiled`` adds the compiled
modes, ``--long`` adds the measurement of growth up to 100 000 steps.
"""

from __future__ import annotations

import argparse
import os
from importlib import import_module

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch

from tests.benchmarks.cases import Against, Case
from tests.benchmarks.paired import Local, paired
from tests.benchmarks.timing import keep_memory, table

HEAD = ["case", "sizes", "ours", "reference", "its mode", "its ms", "our ms", "times faster"]
HEAD += ["quartiles", "A/A", "predicted", "wanted", "verdict"]
FILES = ("recurrent_rows", "loop_rows", "scan_rows", "tree_rows")


def cases() -> list[Case]:
    """The cases of all files."""
    return [one for name in FILES for one in import_module(f"tests.benchmarks.{name}").CASES]


def line(case: Case, other: Against, mode: str, rounds: int) -> list[str]:
    """One line: a case, a reference and a mode."""
    torch.manual_seed(0)
    torch.compiler.reset()
    torch.set_num_threads(1)
    ours = Local(case.ours(mode))
    torch.manual_seed(0)
    it = Local(other.side(other.modes[mode]))
    found = paired({"it": it, "ours": ours, "again": it}, "it", rounds)
    ratio, noise = found.faster["ours"], found.faster["again"]
    wanted, predicted = other.wanted.get(mode), other.predicted.get(mode)
    slack = max(noise.high - 1, 1 - noise.low, 0.0)
    verdict = ""
    if wanted is not None:
        verdict = "met" if ratio.median >= wanted else "MISSED"
        if verdict == "MISSED" and ratio.median >= wanted * (1 - slack):
            verdict = "within noise"
    return [
        case.name,
        case.text,
        mode,
        other.name,
        other.modes[mode],
        f"{1000 * found.seconds['it'].median:.3f}",
        f"{1000 * found.seconds['ours'].median:.3f}",
        f"{ratio.median:.2f}",
        f"{ratio.low:.2f}–{ratio.high:.2f}",
        f"{noise.median:.2f} ({noise.low:.2f}–{noise.high:.2f})",
        "–" if predicted is None else f"{predicted:.2f}",
        "–" if wanted is None else f"≥ {wanted:.2f}",
        verdict,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--compiled", action="store_true", help="the compiled modes as well")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--long", action="store_true", help="growth up to 100 000 steps")
    options = parser.parse_args()
    keep_memory()
    lines = []
    for case in cases():
        if options.only.lower() not in case.name.lower():
            continue
        for other in case.against:
            for mode in other.modes:
                if mode == "eager" or options.compiled:
                    lines.append(line(case, other, mode, options.rounds))
                    print("  ".join(lines[-1]), flush=True)
    print(f"\n{table(lines, HEAD)}")
    if options.long:
        growth = import_module("tests.benchmarks.scan_rows").growth()
        print(f"\ngrowth\n{table(growth[1:], growth[0])}")


if __name__ == "__main__":
    main()
