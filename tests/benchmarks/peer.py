"""Peers in their own Python: processes that are asked, one request at a time.

``--peer emlp=/path/to/python`` (repeatable), or the environment variable ``COMMUTE_PEERS`` with the
same pairs separated by commas, says where each peer lives.  A peer that is not given, does not
import or takes too long is a reason, which its row prints.  A warm peer waits while this process
runs: rounds of both sides alternate, and each process counts its own CPU time.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import IO, Any

SCRIPTS = Path(__file__).resolve().parent / "peers"
NAMES = ("egnn", "e3nn", "emlp", "symm", "escnn")


class Unavailable(Exception):
    """Why a peer has no number."""


class Peer:
    """One peer process; started when it is first asked."""

    def __init__(self, name: str, python: str) -> None:
        self.name, self.python = name, python
        self.process: subprocess.Popen[str] | None = None
        self.versions: dict[str, str] = {}
        self.reason = "" if python else "not given: --peer " + name + "=PYTHON"

    def _start(self, limit: float) -> None:
        one = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        apart = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
        try:
            self.process = subprocess.Popen(
                [self.python, str(SCRIPTS / f"with_{self.name}.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                env={**apart, **one},
            )
        except OSError as error:
            self.reason = f"does not start: {error.strerror}"
            raise Unavailable(self.reason) from None
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_read, args=(self.process.stdout, self.lines), daemon=True).start()
        try:
            self.versions = self._next(limit)["versions"]
        except Unavailable:
            self.reason = "does not import"
            raise Unavailable(self.reason) from None

    def _next(self, limit: float) -> Any:
        try:
            line = self.lines.get(timeout=limit)
        except queue.Empty:
            self.close()
            raise Unavailable(f"stopped after {limit:.0f} s") from None
        if not line:
            self.close()
            raise Unavailable("ended")
        found = json.loads(line)
        if "error" in found:
            raise Unavailable(found["error"].splitlines()[0][:80])
        return found

    def ask(self, limit: float = 600.0, **request: Any) -> Any:
        """The answer to a request; seconds of wall-clock are limited."""
        if self.reason:
            raise Unavailable(self.reason)
        if self.process is None:
            self._start(min(limit, 120.0))
        assert self.process is not None and self.process.stdin is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return self._next(limit)

    def close(self) -> None:
        """End the process; the next request starts another."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


def _read(stream: IO[str] | None, lines: queue.Queue[str]) -> None:
    assert stream is not None
    for line in stream:
        lines.put(line)
    lines.put("")


class Remote:
    """A prepared case of a peer, as a contender."""

    def __init__(
        self, peer: Peer, case: str, limit: float = 600.0, warmups: int = 3, **sizes: Any
    ) -> None:
        self.peer, self.key, self.limit = peer, json.dumps([case, sizes]), limit
        asked = {"case": case, "sizes": sizes, "key": self.key, "warmups": warmups}
        found = peer.ask(limit, do="prepare", **asked)
        self.first, self.once, self.facts = found["first"], found["once"], found["facts"]

    def seconds(self, repeats: int) -> float:
        """CPU seconds of one run, the mean of some."""
        found = self.peer.ask(self.limit, do="sample", key=self.key, repeats=repeats)
        return float(found["seconds"])

    def record(self, path: Path) -> None:
        """Write inputs, weights and outputs to a file."""
        self.peer.ask(self.limit, do="record", key=self.key, path=str(path))


def peers(given: Iterable[str], environment: Mapping[str, str] = os.environ) -> dict[str, Peer]:
    """The peers by name, from ``name=python`` pairs; unknown names are an error."""
    pairs = [p for p in environment.get("COMMUTE_PEERS", "").split(",") if p] + list(given)
    pythons = dict.fromkeys(NAMES, "")
    for pair in pairs:
        name, _, python = pair.partition("=")
        if name.strip() not in pythons:
            raise SystemExit(f"unknown peer {name!r}: known are {', '.join(NAMES)}")
        pythons[name.strip()] = python.strip()
    return {name: Peer(name, python) for name, python in pythons.items()}
