"""Shrinking: from some counterexample to a small one.

Definition.  A counterexample is smaller with smaller sizes, then with sparser inputs, then with
plainer numbers.  The search is greedy and deterministic: assignments in the order of their sums; in
every array first zeros everywhere, then in blocks, then one entry at a time; what remains becomes
1, or a small integer.

Law.  What comes out still violates the law under the float policy, by no less than a tenth of the
error that was found (or by 10⁻⁶).

>>> from categorical import Dim, Real, laws, op
>>> from categorical.groups import Symmetric
>>> from synthesis.numeric import Trial, attempt
>>> n, c = Dim.named("n c")
>>> law = laws.equivariant(under=Symmetric(n))
>>> graph = op.linear(n, n).at(Real[c, n]).graph()
>>> failure = attempt(law, graph, Trial({"n": 4, "c": 3}, "eval", 1.0, 7)).failure
>>> small = shrink(law, (graph,), failure)
>>> small.point.sizes == {"n": 2, "c": 1}
True
>>> sum(int((v != 0).sum()) for v in [*small.point.inputs, *small.point.resources.values()])
1
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from categorical.graph import Graph
from categorical.laws import Law
from categorical.recursion.forests import lawful
from synthesis import assignments
from synthesis.numeric import MAGNITUDES, Failure, Point, Trial, attempt, examine


def shrink(law: Law, graphs: Sequence[Graph], failure: Failure, seconds: float = 1.0) -> Failure:
    """A smaller failure of the same law."""
    deadline = time.perf_counter() + seconds
    smaller = _smaller_sizes(law, graphs, failure, deadline)
    if smaller.generic:  # special numbers prove nothing here
        return smaller
    return _Minimiser(law, graphs[0], smaller, deadline + seconds).run()


def _smaller_sizes(law: Law, graphs: Sequence[Graph], failure: Failure, deadline: float) -> Failure:
    """The first failing assignment in the order of sums; else dims one at a time."""
    total = sum(failure.point.sizes.values())
    for sizes in assignments.by_total(graphs):
        if sum(sizes.values()) >= total or time.perf_counter() > deadline:
            break
        found = _fails_at(law, graphs[0], failure, sizes)
        if found is not None:
            return found
    needed = assignments.conditions(graphs)
    changed = True
    while changed and time.perf_counter() < deadline:
        changed = False
        for name, size in sorted(failure.point.sizes.items()):
            for value in sorted({1, 2, 3, size // 2, size - 1}):
                sizes = {**failure.point.sizes, name: value}
                if 0 < value < size and all(c.holds(sizes) for c in needed):
                    found = _fails_at(law, graphs[0], failure, sizes)
                    if found is not None:
                        failure, changed = found, True
                        break
    return failure


def _fails_at(law: Law, graph: Graph, failure: Failure, sizes: dict[str, int]) -> Failure | None:
    """A clear failure at these sizes, in a trial like the first one or at a usual magnitude."""
    first = failure.point.trial or Trial(sizes, failure.point.mode, 1.0, failure.point.seed)
    others = (replace(first, scale=scale, sparse="") for scale in MAGNITUDES)
    for k, one in enumerate((first, *others)):
        trial = replace(one, sizes=sizes, seed=failure.point.seed + k)
        found = attempt(law, graph, trial).failure
        if found is not None and found.error >= min(1e-6, failure.error / 10):
            return found
    return None


class _Minimiser:
    """Greedy descent on the numbers of a point."""

    def __init__(self, law: Law, graph: Graph, failure: Failure, deadline: float) -> None:
        self.law, self.graph, self.best, self.deadline = law, graph, failure, deadline
        # an attained bound is a failure with no error at all
        self.least = min(1e-6, failure.error / 10)

    def fails(self, point: Point) -> bool:
        """Whether the law still fails clearly there (and if so, go on from there)."""
        if time.perf_counter() > self.deadline:
            return False
        found = examine(self.law, self.graph, point).failure
        if found is None or found.error < self.least or found.generic:
            return False
        self.best = found
        return True

    def run(self) -> Failure:
        self.fails(replace(self.best.point, plain=True))
        for _ in range(2):
            before = self.best.point
            for key in (*range(len(before.inputs)), *sorted(before.resources)):
                self._array(key)
            if _same(before, self.best.point):
                break
        return self.best

    def _get(self, key: int | str) -> Any:
        point = self.best.point
        return point.inputs[key] if isinstance(key, int) else point.resources[key]

    def _try(self, key: int | str, value: Any) -> bool:
        point = self.best.point
        if np.array_equal(value, self._get(key)):
            return False
        if isinstance(key, int):
            inputs = [value if i == key else v for i, v in enumerate(point.inputs)]
            inputs = lawful(self.graph, inputs)
            return self.fails(replace(point, inputs=inputs))
        return self.fails(replace(point, resources={**point.resources, key: value}))

    def _array(self, key: int | str) -> None:
        value = self._get(key)
        if not value.size or self._try(key, np.zeros_like(value)):
            return
        for block in _blocks(value.size):
            changed = self._get(key).copy()
            changed.reshape(-1)[block] = 0
            self._try(key, changed)
        if self._try(key, (self._get(key) != 0).astype(value.dtype)):
            return
        for place in np.nonzero(self._get(key).reshape(-1))[0][:64]:
            entry = self._get(key).reshape(-1)[place]
            for plain in _plainer(entry):
                changed = self._get(key).copy()
                changed.reshape(-1)[place] = plain
                if self._try(key, changed):
                    break


def _blocks(size: int) -> Iterator[slice]:
    """Halves, quarters, … down to single entries (no finer than 128 parts)."""
    width = size // 2
    while width > max(1, size // 128):
        for start in range(0, size, width):
            yield slice(start, start + width)
        width //= 2
    width = max(1, size // 128)
    for start in range(0, size, width):
        yield slice(start, start + width)


def _plainer(entry: Any) -> list[Any]:
    """Plainer numbers than this one, the plainest first."""
    if isinstance(entry, (np.bool_, np.integer)):
        return [1] if entry > 1 else []
    if isinstance(entry, np.complexfloating):
        return [1.0, complex(round(entry.real), round(entry.imag))]
    whole = float(np.round(entry))
    found = [1.0, -1.0, 2.0, -2.0, *([whole] if abs(entry) < 1e6 else []), float(f"{entry:.2g}")]
    return [v for v in dict.fromkeys(found) if v != entry and v != 0] if entry != 1 else []


def _same(one: Point, two: Point) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one.inputs, two.inputs)) and all(
        np.array_equal(one.resources[k], two.resources[k]) for k in one.resources
    )
