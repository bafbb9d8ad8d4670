"""Compare the emitted source of random architectures with the reference meaning.

``python -m tests.fuzz --count 2000``: values, states and gradients of every architecture, in
float64 at small sizes, through the validation that every build runs.  Prints each disagreement with
its seed; exits 1 if there is one.
"""

from __future__ import annotations

import argparse
import collections
import os
import time
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")

from concurrent.futures import ProcessPoolExecutor

from categorical.architecture import BATCH
from categorical.errors import CommuteNotice, SpecError
from categorical.functors import stack
from tests.fuzz.terms import SIZES, random_arrow


def attempt(seed: int) -> tuple[int, str, tuple[str, ...]]:
    """The seed, what went wrong (or an empty text), and the operations that occurred."""
    import torch

    from backends.pytorch import build

    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CommuteNotice)
        arrow = random_arrow(seed)
    if seed % 3 == 0:  # as a module takes it: every wire with a leading axis
        arrow = stack(arrow, BATCH)
    graph = arrow.graph()
    found = tuple({node.box.name for _, node in graph.walk()})
    sizes = {name: SIZES[name] for name in graph.dims if name in SIZES}
    try:
        build(graph, sizes, "term", seed=seed)
    except SpecError as error:
        return seed, f"{error.code} {error.title}\n{error}\n{graph}", found
    except Exception as error:  # a crash of the emitter is a finding as well
        return seed, f"{type(error).__name__}: {error}\n{graph}", found
    return seed, "", found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--start", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1))
    options = parser.parse_args()
    seeds = range(options.start, options.start + options.count)
    began, failures = time.time(), 0
    seen: collections.Counter[str] = collections.Counter()
    with ProcessPoolExecutor(options.jobs) as pool:
        for seed, problem, found in pool.map(attempt, seeds, chunksize=20):
            seen.update(found)
            if problem:
                failures += 1
                print(f"seed {seed}: {problem}\n", flush=True)
    rate = options.count / (time.time() - began)
    print(f"{options.count} architectures, {len(seen)} operations, {rate:.0f} a second")
    print(f"{options.count - failures} passed, {failures} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    raise SystemExit(main())
