"""Noise: the generated file draws the noise that it is given.

Definition.  ``Noise`` lists the noise of a graph in the order in which it is drawn.  Inside
``given_to`` the file's own ``draw_…`` functions and ``F.dropout`` take the next fitting sample in
place of a random one.

Law.  Each sample is used at most once; a draw that has no sample is an error.

>>> from categorical import Dim, Real, op
>>> n = Dim("n")
>>> graph = op.dropout(0.5).at(Real[n]).graph()
>>> noise = Noise(graph, {"n": 2}, {"dropout.mask": np.array([1.0, 0.0])})
>>> noise.take("bernoulli", (2,)).tolist()
[1.0, 0.0]
>>> noise.take("bernoulli", (2,))
Traceback (most recent call last):
...
ValueError: the file draws bernoulli noise of shape (2,), the spec does not
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from categorical.graph import Graph, OperatorBox
from categorical.records import NOISE


def order(graph: Graph, sizes: Mapping[str, int], prefix: str = "") -> Iterator[tuple[str, str]]:
    """The paths and kinds of all noise, in the order of evaluation."""
    for node in graph.nodes:
        if isinstance(node.box, OperatorBox):
            for part in node.box.operator.prefixes(node.box, sizes):
                for region in node.regions:
                    yield from order(region, sizes, f"{prefix}{node.name}.{part}")
            continue
        for wire in node.ins:
            resource = graph.sources.get(wire)
            if resource is not None and resource.role == NOISE:
                yield prefix + resource.name, resource.init.kind


class Noise:
    """Samples to be drawn by one run of a module."""

    def __init__(
        self, graph: Graph, sizes: Mapping[str, int], values: Mapping[str, np.ndarray]
    ) -> None:
        self.left = [(path, kind, values[path]) for path, kind in order(graph, sizes)]
        self.drawn: list[str] = []

    def take(self, kind: str, shape: tuple[int, ...]) -> Any:
        """The next sample of a kind and shape."""
        import torch

        for place, (path, own, value) in enumerate(self.left):
            if own == kind and value.shape == tuple(shape):
                del self.left[: place + 1]
                self.drawn.append(path)
                return torch.as_tensor(value)
        raise ValueError(f"the file draws {kind} noise of shape {tuple(shape)}, the spec does not")

    @contextmanager
    def given_to(self, space: Any) -> Iterator[None]:
        """Let a generated file draw these samples."""
        before = dict(vars(space))
        for name in before:
            if name.startswith("draw_"):
                kind = name.removeprefix("draw_")
                setattr(space, name, lambda shape, *_, kind=kind: self.take(kind, tuple(shape)))
        if "F" in before:
            space.F = _Functional(self, before["F"])
        try:
            yield
        finally:
            vars(space).update(before)


class _Functional:
    """``torch.nn.functional`` with a dropout whose mask is given."""

    def __init__(self, noise: Noise, real: Any) -> None:
        self._noise, self._real = noise, real

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def dropout(self, x: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
        return x * self._noise.take("bernoulli", x.shape) / (1 - p) if training else x
