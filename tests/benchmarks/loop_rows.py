"""Loops of the recursion table: cells that no kernel knows, and parallel folds over one list.

The predictions were written down before the rows were measured: of hoisting and one product for the
weight gradient, 1.2 times at batch 16 and 1.9 at batch 1 against a packed loop (a prototype of the
LSTM cell); of packed folds, 3.2 times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import nn

from categorical import Arrow, Dim, Real, arrow, op
from categorical.arrows import copy, discard, identity
from categorical.functors import stack
from categorical.recursion import fold, mealy
from tests.benchmarks import loop_baselines
from tests.benchmarks.cases import Against, Case, Side, of_module

BATCH, T, A, S = (Dim(name) for name in ("batch", "t", "a", "s"))


@arrow
def relu_cell(h: Real[S], c: Real[S], x: Real[A]) -> Real[S] * Real[S] * Real[S]:
    """An LSTM cell whose candidate is a ReLU."""

    def gate(name: str) -> object:
        return op.linear(S, S, name=f"{name}_back")(h) + op.linear(A, S, name=name)(x)

    i, f, g, o = (gate(name) for name in ("enter", "keep", "fresh", "show"))
    c = op.sigmoid(f) * c + op.sigmoid(i) * op.relu(g)
    h = op.sigmoid(o) * op.tanh(c)
    return h, h, c


@arrow
def minimal_cell(h: Real[S], x: Real[A]) -> Real[S] * Real[S]:
    """A minimal gated unit."""
    f = op.sigmoid(op.linear(A, S, name="keep")(x) + op.linear(S, S, name="keep_back")(h))
    new = op.linear(A, S, name="fresh")(x) + op.linear(S, S, name="fresh_back")(f * h)
    h = h + f * (op.tanh(new) - h)
    return h, h


@arrow
def elman_cell(h: Real[S], x: Real[A]) -> Real[S]:
    """A recurrent cell with a ReLU, which torch's kernel has too; one of several."""
    return op.tanh(op.linear(A, S, name="into")(x) + op.linear(S, S, name="back")(h))


def outputs(cell: Arrow, states: int) -> Arrow:
    """The outputs of a machine from states 0, for a batch."""
    run = mealy(cell, over=T, states=states, start=0)
    return stack(run >> (identity(run.cod[0]) @ discard(run.cod[1:])), BATCH)


def parallel(count: int) -> Arrow:
    """Several folds of one list."""
    runs = [fold(elman_cell, over=T, start=0, name=f"net{i}") for i in range(count)]
    every, dup = runs[0], copy(runs[0].dom)
    for one in runs[1:]:
        every = every @ one
    for _ in runs[2:]:
        dup = dup >> (copy(runs[0].dom) @ identity(*dup.cod[1:]))
    return stack(dup >> every, BATCH)


def ours(make: Callable[[], Arrow], size: int, inputs: Callable[[], Sequence[object]]) -> Side:
    """The module that is built of an arrow (validated in the tests)."""

    def module() -> nn.Module:
        from backends.pytorch.build import build

        found: nn.Module = build(make(), {"a": size, "s": size}, "row", validate=False).module()
        return found

    return of_module(module, inputs)


def _gated(
    name: str,
    make: Callable[[], Arrow],
    naive: Callable[[int], nn.Module],
    packed: Callable[[int], nn.Module],
    batch: int,
) -> Case:
    def inputs() -> Sequence[object]:
        return (torch.randn(batch, 64, 256),)

    wanted = {1: 1.8, 16: 1.1}[batch]
    return Case(
        f"{name} (batch {batch})",
        f"i=h=256, T=64, B={batch}",
        ours(make, 256, inputs),
        (
            Against(
                "packed hand loop",
                of_module(lambda: packed(256), inputs),
                wanted={"eager": wanted},
                predicted={"eager": {1: 1.9, 16: 1.2}[batch]},
            ),
            Against(
                "plain loop",
                of_module(lambda: naive(256), inputs),
                wanted={"eager": 1.0},
                predicted={"eager": {1: 2.5, 16: 1.4}[batch]},
            ),
        ),
    )


def _folds(count: int) -> Case:
    def inputs() -> Sequence[object]:
        return (torch.randn(16, 64, 64),)

    return Case(
        f"{count} parallel folds",
        f"T=64, B=16, d=64, {count} folds",
        ours(lambda: parallel(count), 64, inputs),
        (
            Against(
                "separate loops",
                of_module(lambda: loop_baselines.Separate(count, 64), inputs),
                wanted={"eager": 3.0},
                predicted={"eager": 3.2},
            ),
        ),
    )


RELU = ("LSTM with a ReLU candidate", lambda: outputs(relu_cell, 2))
MINIMAL = ("minimal gated unit", lambda: outputs(minimal_cell, 1))
CASES = [
    _gated(*RELU, loop_baselines.NaiveRelu, loop_baselines.PackedRelu, 16),
    _gated(*RELU, loop_baselines.NaiveRelu, loop_baselines.PackedRelu, 1),
    _gated(*MINIMAL, loop_baselines.NaiveMinimal, loop_baselines.PackedMinimal, 16),
    _gated(*MINIMAL, loop_baselines.NaiveMinimal, loop_baselines.PackedMinimal, 1),
    _folds(4),
    _folds(8),
]
