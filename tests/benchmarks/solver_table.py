"""The solver table: how long all maps of a problem take, here and in a peer.

CPU time of one thread, warm; a problem that takes more than some seconds in a peer runs there once
warm and once cold.  The peer's cold time includes what it compiles.
"""

from __future__ import annotations

import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.benchmarks.paired import Local, Spread, paired
from tests.benchmarks.peer import Peer, Remote, Unavailable
from tests.benchmarks.solver_rows import PROBLEMS, Problem, forget
from tests.benchmarks.timing import keep_memory

ROOT = Path(__file__).resolve().parents[2]
HEAD = ["problem", "unknowns", "dim", "ours", "quartiles", "cold", "target", "peer", "peer dim"]
HEAD += ["warm", "cold", "ratio", "wanted", "verdict"]
LONG = 3.0  # seconds: a peer's case that takes longer is run once


def duration(seconds: float) -> str:
    """Three digits and a unit."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} µs"


def solve(problem: Problem) -> Local:
    """Our side, warm but for its caches; the dimension is checked on the way."""
    work = problem.make()
    found = work()
    if found != problem.dimension:
        raise AssertionError(f"{problem.name}: {found} maps, expected {problem.dimension}")
    clear = forget()

    def anew() -> None:
        clear()
        work()

    return Local(anew, 2)


def memory(problem: Problem) -> float:
    """The peak memory, in megabytes, of a process that solves only this problem."""
    command = [sys.executable, "-m", "tests.benchmarks.solver_table", problem.name]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return float(done.stdout)


def timed(
    problem: Problem, peers: Mapping[str, Peer], rounds: int, limit: float
) -> tuple[Spread, float, list[str], float | None]:
    """Our time, our first time, the peer's cells, and the ratio."""
    cold = Local(problem.make(), 1).first
    ours = solve(problem)
    if not problem.peer:
        found = paired({"ours": ours}, "ours", rounds)
        return found.seconds["ours"], cold, ["–"] * 5, None
    peer = peers[problem.peer]
    alone = paired({"ours": ours}, "ours", rounds)
    mine = alone.seconds["ours"]
    try:
        other = Remote(peer, problem.case, limit, warmups=1, **problem.sizes)
        dimension = str(other.facts.get("dimension", "?"))
        if dimension != str(problem.dimension):
            dimension += " (not all)" if int(dimension) < problem.dimension else " (too many)"
        start = [problem.peer, dimension]
        if other.first > limit / 3:
            ratio = other.first / mine.median
            return mine, cold, [*start, "–", duration(other.first), f"{ratio:,.0f}× (cold)"], ratio
        other.once = other.seconds(1)
        if other.once > LONG:
            ratio, text = other.once / mine.median, f"{duration(other.once)} (once)"
        else:
            found = paired({"ours": ours, "peer": other}, "peer", rounds)
            mine, ratio = found.seconds["ours"], found.faster["ours"].median
            text = duration(found.seconds["peer"].median)
    except Unavailable as reason:
        return mine, cold, [f"{problem.peer}: {reason}", *["–"] * 4], None
    return mine, cold, [*start, text, duration(other.first), f"{ratio:,.0f}×"], ratio


def line(problem: Problem, peers: Mapping[str, Peer], rounds: int, limit: float) -> list[str]:
    """One row."""
    try:
        ours, cold, cells, ratio = timed(problem, peers, rounds, limit)
    except (ImportError, AttributeError) as error:
        return [problem.name, f"{problem.unknowns:,}", str(problem.dimension), str(error)[:60]]
    verdicts = []
    if problem.seconds is not None:
        verdicts.append("met" if ours.median <= problem.seconds else "MISSED")
    if problem.times is not None and ratio is not None:
        verdicts.append("met" if ratio >= problem.times else "RATIO MISSED")
    if problem.megabytes is not None:
        used = memory(problem)
        fits = used <= problem.megabytes
        verdicts.append(f"{used:.0f} MB {'met' if fits else 'MISSED'}")
    if problem.note:
        verdicts.append(f"({problem.note})")
    return [
        problem.name,
        f"{problem.unknowns:,}",
        f"{problem.dimension}",
        duration(ours.median),
        f"{duration(ours.low)}–{duration(ours.high)}",
        duration(cold),
        "–" if problem.seconds is None else f"≤ {duration(problem.seconds)}",
        *cells,
        "–" if problem.times is None else f"≥ {problem.times:,.0f}×",
        " ".join(verdicts),
    ]


def rows(peers: Mapping[str, Peer], only: str, rounds: int, limit: float) -> list[list[str]]:
    """All rows whose problem's name has ``only`` in it; each is printed when it is known."""
    found = []
    for problem in PROBLEMS:
        if only.lower() in problem.name.lower():
            cells = line(problem, peers, rounds, limit)
            found.append(cells + [""] * (len(HEAD) - len(cells)))
            print("  ".join(cells), flush=True)
    return found


def main(name: str) -> None:
    """Solve one problem and print the peak memory of this process in megabytes."""
    keep_memory()
    next(p for p in PROBLEMS if p.name == name).make()()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(sys.argv[1])
