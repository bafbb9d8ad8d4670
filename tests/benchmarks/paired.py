"""Contenders of several processes in one interleaved loop, as ``timing.measure`` for one process.

A contender is a ``Local`` (a callable here) or a ``Remote`` (a case of a peer).  Every round runs
each contender once, in a rotating order; a ratio is the median over rounds of (baseline / this one
in the same round): above 1 means that this one is faster than the baseline.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol


class Contender(Protocol):
    """What can be timed: ``once`` is the CPU time of one warm run."""

    once: float

    def seconds(self, repeats: int) -> float: ...


class Local:
    """A callable of this process, warmed."""

    def __init__(self, work: Callable[[], object], warmups: int = 3) -> None:
        self.work = work
        spent = [self.seconds(1) for _ in range(max(warmups, 1))]
        self.first, self.once = spent[0], spent[-1]

    def seconds(self, repeats: int) -> float:
        start = time.process_time()
        for _ in range(repeats):
            self.work()
        return (time.process_time() - start) / repeats


@dataclass(frozen=True)
class Spread:
    """A median and the quartiles."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        found = sorted(values)
        return cls(statistics.median(found), found[len(found) // 4], found[(3 * len(found)) // 4])


@dataclass(frozen=True)
class Paired:
    """CPU seconds of each contender, and how many times faster than the baseline each is."""

    seconds: dict[str, Spread]
    faster: dict[str, Spread]


def paired(
    contenders: Mapping[str, Contender], baseline: str, rounds: int = 21, least: float = 0.01
) -> Paired:
    """Interleaved rounds; a sample is repeated until it takes ``least`` seconds."""
    repeats = {name: max(1, round(least / max(c.once, 1e-7))) for name, c in contenders.items()}
    samples: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            samples[name].append(contenders[name].seconds(repeats[name]))
    base = samples[baseline]
    faster = {
        name: Spread.of([a / max(b, 1e-12) for a, b in zip(base, found, strict=True)])
        for name, found in samples.items()
    }
    return Paired({name: Spread.of(found) for name, found in samples.items()}, faster)
