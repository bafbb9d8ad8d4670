"""Solving and solved layers against peers: ``python -m tests.benchmarks.synthesis``.

Three tables: how long the solver takes, how fast the layers are (forward and backward, float32),
and how exactly they are equivariant (float64).  CPU time of one thread, medians of interleaved
rounds; the A/A column is the baseline against itself; a mode (eager, compiled) is of both sides.

Peers live in environments of their own: ``--peer emlp=/path/to/python`` (repeatable; also egnn,
e3nn, symm, escnn), or ``COMMUTE_PEERS=emlp=…,e3nn=…``.  A row without its peer says so.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

from tests.benchmarks.peer import peers
from tests.benchmarks.timing import keep_memory, table

TABLES = ("solver", "layers", "errors")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--peer", action="append", default=[], metavar="NAME=PYTHON")
    parser.add_argument("--table", choices=TABLES, action="append", help="only these (default all)")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--limit", type=float, default=100.0, help="seconds a peer may take")
    options = parser.parse_args()
    chosen = options.table or TABLES
    found = peers(options.peer)
    keep_memory()
    printed = []
    if "solver" in chosen:
        from tests.benchmarks import solver_table

        lines = solver_table.rows(found, options.only, options.rounds, options.limit)
        printed.append(("solver, CPU time", lines, solver_table.HEAD))
    if "layers" in chosen:
        from tests.benchmarks import layer_table

        lines = layer_table.rows(found, options.only, options.rounds)
        printed.append(("layers, forward and backward, float32", lines, layer_table.HEAD))
    if "errors" in chosen:
        from tests.benchmarks import error_table

        lines = error_table.rows(found, options.only)
        printed.append(("equivariance error, relative", lines, error_table.HEAD))
    for title, lines, head in printed:
        if lines:
            print(f"\n{title}\n{table(lines, head)}")
    for one in found.values():
        one.close()
        if one.versions:
            print(", ".join(f"{name} {number}" for name, number in one.versions.items()))


if __name__ == "__main__":
    main()
