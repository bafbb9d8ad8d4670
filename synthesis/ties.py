"""Near ties: where rounding alone decides a branch.

Definition.  A comparison of two numbers that agree to nine digits but are not equal, in either run,
is a *near tie*: the branch that is taken there says nothing about real arithmetic.  A run is *calm*
when no number in it exceeds 20, so that no saturating function has reached its bound by rounding.

Laws.  Equal numbers are no near tie (a branch at exactly 0 is meant); far ones are none.

>>> import numpy as np
>>> close(np.array([1.0]), np.array([1.0 + 1e-12])), close(np.array([1.0]), np.array([1.0]))
(True, False)
>>> close(np.array([1.0]), np.array([1.1]))
False
"""

from __future__ import annotations

from typing import Any

import numpy as np

from categorical.graph import OperatorBox
from synthesis.runner import Runner, Wire

NEAR = 1e-9
CALM = 20.0
COMPARISONS = frozenset(("less", "less_equal", "equal"))


def close(a: Any, b: Any) -> bool:
    """Whether some entries differ by less than nine digits, and differ."""
    a, b = np.asarray(a), np.asarray(b)
    if not (np.issubdtype(a.dtype, np.inexact) and np.issubdtype(b.dtype, np.inexact)):
        return False
    gap = np.abs(a - b)
    size = np.maximum(np.max(np.abs(a), initial=0.0), np.max(np.abs(b), initial=0.0))
    return bool(np.any((gap > 0) & (gap < NEAR * size)))


def _near_the_top(a: Any) -> bool:
    """Whether two entries of an array nearly agree (for argmax: over the whole array)."""
    flat = np.unique(np.asarray(a).reshape(-1))
    return len(flat) > 1 and close(flat[1:], flat[:-1])


def near_tie(runner: Runner) -> bool:
    """Whether a comparison in the recorded runs was decided by rounding."""
    for row in runner.trace or []:
        values = {(w.path, w.wire): w.value for w in row}
        graphs = {w.path: w.graph for w in row}
        for path, graph in graphs.items():
            for node in graph.nodes:
                if isinstance(node.box, OperatorBox):
                    continue
                known = [values.get((path, w)) for w in node.data]
                if any(v is None for v in known):
                    continue
                if node.box.name in COMPARISONS and close(known[0], known[1]):
                    return True
                if node.box.name in ("argmax", "sort", "top_k") and _near_the_top(known[0]):
                    return True
    return False


def calm(row: list[Wire]) -> bool:
    """Whether no number of a run is so large that a function may have saturated."""
    return all(
        bool(np.all(np.abs(w.value) <= CALM))
        for w in row
        if w.type.kind in ("real", "complex") and np.size(w.value)
    )


def branching(names: set[str]) -> bool:
    """Whether operations of these names take branches."""
    return bool(names & (COMPARISONS | {"argmax", "sort", "top_k"}))
