"""The protocol of a peer: one JSON object a line, asked on stdin, answered on stdout.

A peer runs in its own Python, so this file and the scripts beside it import nothing of this
repository.  ``prepare`` makes a case and warms it, ``sample`` runs it a number of times and answers
with the CPU time of this process, ``record`` writes values to a file that the other side compares.
What a peer prints by itself goes to stderr.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(name, "1")

Work = Callable[[], object]
Case = Callable[..., Work]


def warm(work: Work, warmups: int) -> tuple[float, float]:
    """Run the work until it is warm; the CPU seconds of the first and of the last run."""
    spent = []
    for _ in range(max(warmups, 1)):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return spent[0], spent[-1]


def answer(asked: dict[str, Any], cases: Mapping[str, Case], held: dict[str, Work]) -> Any:
    """The answer to one request; ``held`` keeps the prepared works."""
    if asked["do"] == "prepare":
        start = time.process_time()
        work = cases[asked["case"]](**asked["sizes"])
        built = time.process_time() - start
        held[asked["key"]] = work
        first, once = warm(work, asked["warmups"])
        facts = getattr(work, "facts", {})
        return {"built": built, "first": first, "once": once, "facts": facts}
    work = held[asked["key"]]
    if asked["do"] == "sample":
        start = time.process_time()
        for _ in range(asked["repeats"]):
            work()
        return {"seconds": (time.process_time() - start) / asked["repeats"]}
    if asked["do"] == "record":
        work.record(asked["path"])  # type: ignore[attr-defined]
        return {}
    raise ValueError(f"unknown request {asked['do']}")


def serve(cases: Mapping[str, Case], versions: Mapping[str, str]) -> None:
    """Answer until stdin ends."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # a library that prints does not break the protocol
    held: dict[str, Work] = {}
    print(json.dumps({"cases": sorted(cases), "versions": dict(versions)}), file=out, flush=True)
    for line in sys.stdin:
        try:
            found = answer(json.loads(line), cases, held)
        except Exception as error:
            found = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(found), file=out, flush=True)


class Step:
    """A forward and backward pass of a torch module; what is not a tensor goes in as it is."""

    def __init__(self, module: Any, inputs: tuple[Any, ...], mode: str, **facts: Any) -> None:
        import torch

        torch.set_num_threads(1)
        self.module, self.inputs, self.facts = module, inputs, facts
        module.train()
        torch.compiler.reset()
        self.ready = torch.compile(module, fullgraph=True) if mode == "compiled" else module
        self.leaves = tuple(
            x.clone().requires_grad_() if isinstance(x, torch.Tensor) else x for x in inputs
        )

    def __call__(self) -> None:
        found = self.ready(*self.leaves)
        total = sum(y.sum() for y in found) if isinstance(found, tuple) else found.sum()
        total.backward()

    def record(self, path: str) -> None:
        """Inputs, weights and outputs, for a comparison of values."""
        import torch

        with torch.no_grad():
            found = self.module(*self.inputs)
        found = found if isinstance(found, tuple) else (found,)
        torch.save({"in": self.inputs, "weights": self.module.state_dict(), "out": found}, path)


class Error:
    """Not timed: the relative equivariance error in both precisions, as a fact."""

    def __init__(self, find: Callable[[Any], float]) -> None:
        """``find`` is asked with the element type; the layer is started in float32."""
        import torch

        with torch.no_grad():
            kinds = {"float32": torch.float32, "float64": torch.float64}
            self.facts = {name: find(kind) for name, kind in kinds.items()}

    def __call__(self) -> None:
        return None


def apart(found: Any, wanted: Any) -> float:
    """The largest difference, relative to the largest entry that is wanted."""
    return float((found - wanted).abs().max() / wanted.abs().max())


def keep_memory() -> None:
    """Keep freed memory in the process, as the other side does (glibc only)."""
    import ctypes

    try:
        libc = ctypes.CDLL("libc.so.6")
        for key in (-1, -3):
            libc.mallopt(key, 1 << 30)
    except (OSError, AttributeError):
        pass
