"""CPU-time ratios of contenders, measured in one interleaved loop.

One thread; ``time.process_time``; every round runs each contender once, in a rotating order; a
ratio is the median over rounds of (contender / baseline in the same round).  The A/A row times the
baseline against itself: what differs from 1 there is noise.

``keep_memory`` makes the C library keep freed memory.  Without it every large tensor is fresh pages
from the kernel, whose zeroing costs more than a small convolution and varies by half.
"""

from __future__ import annotations

import ctypes
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Work = Callable[[], object]


@dataclass(frozen=True)
class Timing:
    """Median milliseconds of the baseline; the median and spread of each contender's ratios."""

    baseline: float
    ratios: dict[str, tuple[float, float, float]]


def keep_memory() -> bool:
    """Keep freed memory in the process (glibc only); whether that was possible."""
    m_trim_threshold, m_mmap_threshold = -1, -3
    try:
        libc = ctypes.CDLL("libc.so.6")
        done = [libc.mallopt(key, 1 << 30) for key in (m_trim_threshold, m_mmap_threshold)]
    except (OSError, AttributeError):
        return False
    return all(done)


def measure(
    contenders: Mapping[str, Work], baseline: str, rounds: int = 31, least: float = 0.01
) -> Timing:
    """Time contenders against one of them; ``least`` is the CPU time of one sample in seconds."""
    for work in contenders.values():
        for _ in range(3):
            work()
    start = time.process_time()
    contenders[baseline]()
    once = max(time.process_time() - start, 1e-6)
    repeats = max(1, round(least / once))
    samples: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for turn in range(rounds):
        for name in names[turn % len(names) :] + names[: turn % len(names)]:
            work = contenders[name]
            start = time.process_time()
            for _ in range(repeats):
                work()
            samples[name].append((time.process_time() - start) / repeats)
    ratios = {}
    for name in names:
        if name != baseline:
            found = sorted(a / b for a, b in zip(samples[name], samples[baseline], strict=True))
            low, high = found[len(found) // 4], found[(3 * len(found)) // 4]
            ratios[name] = (statistics.median(found), low, high)
    return Timing(1000 * statistics.median(samples[baseline]), ratios)


def table(rows: list[list[str]], head: list[str]) -> str:
    """Columns of text, aligned."""
    widths = [max(len(r[i]) for r in [head, *rows]) for i in range(len(head))]
    lines = [
        "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True))
        for row in [head, *rows]
    ]
    return "\n".join([lines[0], "  ".join("-" * w for w in widths), *lines[1:]])
