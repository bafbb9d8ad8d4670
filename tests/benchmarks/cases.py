"""Cases of the recursion table: our module, what it is compared with, and what it should reach.

A side is prepared for a mode ("eager" or "compiled") and gives the work of one pass, forward and
backward.  ``wanted`` is how many times faster than the reference ours should be, ``predicted`` what
was expected before it was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from categorical import Architecture

Work = Callable[[], object]
Side = Callable[[str], Work]


@dataclass(frozen=True)
class Against:
    """One reference.  ``modes`` maps our mode to that of the reference: a loop that cannot be
    compiled in reasonable time is compared eagerly, and the table says so."""

    name: str
    side: Side
    modes: Mapping[str, str] = field(default_factory=lambda: {"eager": "eager"})
    wanted: Mapping[str, float] = field(default_factory=dict)
    predicted: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Case:
    """One line of the table for each reference and mode."""

    name: str
    text: str
    ours: Side
    against: tuple[Against, ...]


def of_module(make: Callable[[], nn.Module], inputs: Callable[[], Sequence[object]]) -> Side:
    """The side of a module: compiled as one graph where the mode says so."""

    def prepare(mode: str) -> Work:
        module = make()
        ready = torch.compile(module, fullgraph=True) if mode == "compiled" else module
        leaves = tuple(
            x.clone().requires_grad_(x.is_floating_point()) if isinstance(x, Tensor) else x
            for x in inputs()
        )
        module.train()

        def work() -> None:
            outputs = ready(*leaves)
            total = outputs.sum() if isinstance(outputs, Tensor) else sum(y.sum() for y in outputs)
            total.backward()

        return work

    return prepare


def of_architecture(
    found: Callable[[], Architecture],
    inputs: Callable[[], Sequence[object]],
    **sizes: int,
) -> Side:
    """Our side: the module that is built (validated elsewhere)."""

    def make() -> nn.Module:
        from backends.pytorch import build

        one = found()
        made = build(one.batched(), {**one.sizes, **sizes}, one.name, validate=False)
        module: nn.Module = made.module()
        return module

    return of_module(make, inputs)
