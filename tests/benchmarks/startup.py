"""Starting up: how long each small command takes, and what it imports.

Definition.  Each row is a command in a process of its own, repeated; the time is user and system
time of the child, the median of the repetitions, beside an empty Python as the floor.

    python -m tests.benchmarks.startup
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SPEC = "specs/deep_sets.py"
ROWS = {
    "python (the floor)": ["-c", "pass"],
    "import numpy": ["-c", "import numpy"],
    "commute --help": ["-m", "categorical.cli", "--help"],
    "commute explain CM001": ["-m", "categorical.cli", "explain", "CM001"],
    "commute check --types": ["-m", "categorical.cli", "check", "--types", SPEC],
    "commute check, cold": ["-m", "categorical.cli", "check", "--no-cache", SPEC],
    "commute check, cached": ["-m", "categorical.cli", "check", SPEC],
    "commute list, cached": ["-m", "categorical.cli", "list"],
    "commute draw": ["-m", "categorical.cli", "draw", SPEC],
    "import the pytest plugin": ["-c", "import categorical.pytest_plugin"],
}


def seconds(arguments: list[str], environment: dict[str, str]) -> float:
    """The CPU time of one run."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, *arguments]
    quiet = subprocess.DEVNULL
    subprocess.run(command, cwd=ROOT, env=environment, stdout=quiet, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main(repetitions: int = 5) -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "COMMUTE_CACHE": cache, "OMP_NUM_THREADS": "1"}
        environment["PYTHONPATH"] = str(ROOT)
        for arguments in ROWS.values():
            seconds(arguments, environment)
        rounds = [[seconds(one, environment) for one in ROWS.values()] for _ in range(repetitions)]
    for name, column in zip(ROWS, zip(*rounds)):
        print(f"{name:<28}{statistics.median(column) * 1000:7.0f} ms of CPU")


if __name__ == "__main__":
    main()
