"""Scans of the recursion table: runs whose cells act through monoids.

The predictions were written down before the rows were measured: of the linear recurrence 3.5 times
at 256 steps and 8 at 2 048 against the loop, 3 against torch's associative scan, 4 compiled (a
prototype of the chunked scan); of closed forms 10 times; of the others 2 to 4.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from categorical import Arrow, Dim, Real, arrow, op
from categorical.functors import stack
from categorical.recursion import fold, mealy, scan
from tests.benchmarks import scan_baselines
from tests.benchmarks.cases import Against, Case, Side, of_architecture, of_module
from tests.specs import scan_parity
from tests.specs.parity import architectures

BATCH, T, N, M, V = (Dim(name) for name in ("batch", "t", "n", "m", "v"))


@arrow
def recurrence(h: Real[N], a: Real[N], x: Real[N]) -> Real[N]:
    """h' = a·h + x."""
    return a * h + x


@arrow
def decay(h: Real[N], x: Real[N]) -> Real[N]:
    """h' = 0.9·h + x."""
    return 0.9 * h + x


@arrow
def softmax_cell(
    most: Real[N], total: Real[N], mixed: Real[N, V], score: Real[N], value: Real[V]
) -> Real[N] * Real[N] * Real[N, V]:
    """A step of online softmax."""
    new = op.maximum(most, score)
    scale, weight = op.exp(most - new), op.exp(score - new)
    mixed = op.einsum(N, V)(mixed, scale) + op.einsum(N, V)(weight, value)
    return new, total * scale + weight, mixed


@arrow
def softmax_run(scores: Real[T, N], values: Real[T, V]) -> Real[N, V]:
    """The mean of the values under the softmax of the scores, in one run."""
    start = op.full(Real[N], -1e4)(), op.zeros(Real[N])(), op.zeros(Real[N, V])()
    _, total, mixed = fold(softmax_cell, over=T)(*start, scores, values)
    return op.einsum(N, V)(mixed, op.reciprocal(total))


@arrow
def attention_cell(
    held: Real[N, M], key: Real[N], value: Real[M], query: Real[N]
) -> Real[M] * Real[N, M]:
    """A step of linear attention."""
    held = held + op.einsum(N, M)(key, value)
    return op.einsum(M)(query, held), held


@arrow
def attention_run(keys: Real[T, N], values: Real[T, M], queries: Real[T, N]) -> Real[T, M]:
    """Linear attention along a sequence."""
    start = op.zeros(Real[N, M])()
    rows, _ = mealy(attention_cell, over=T)(start, keys, values, queries)
    return rows


@arrow
def automaton_cell(h: Real[N], step: Real[N.at("to"), N]) -> Real[N]:
    """A product with the matrix of an entry."""
    return op.relabel(N.at("to"), N)(op.einsum(N.at("to"))(step, h))


def ours(make: Callable[[], Arrow], inputs: Callable[[], Sequence[object]]) -> Side:
    """The module that is built of an arrow, for a batch (validated in the tests)."""

    def module() -> nn.Module:
        from backends.pytorch.build import build

        found: nn.Module = build(stack(make(), BATCH), {"n": 8}, "row", validate=False).module()
        return found

    return of_module(module, inputs)


def against(
    name: str,
    make: Callable[[], nn.Module],
    inputs: Callable[[], Sequence[object]],
    wanted: dict[str, float],
    predicted: dict[str, float],
    modes: dict[str, str] | None = None,
) -> Against:
    return Against(name, of_module(make, inputs), modes or {"eager": "eager"}, wanted, predicted)


def linear(steps: int, batch: int = 4, width: int = 64) -> Case:
    """The linear recurrence at a length."""

    def inputs() -> Sequence[object]:
        a, x = torch.rand(batch, steps, width), torch.randn(batch, steps, width)
        return torch.randn(batch, width), a, x

    short = steps <= 256
    loops = {"eager": "eager", "compiled": "compiled" if short else "eager"}
    return Case(
        "diagonal linear recurrence",
        f"T={steps}, B={batch}, d={width}",
        ours(lambda: scan(recurrence, over=T), inputs),
        (
            against(
                "loop",
                scan_baselines.LoopLinear,
                inputs,
                {"eager": 3.0, "compiled": 4.0} if short else {"eager": 7.0},
                {"eager": 3.5, "compiled": 4.0} if short else {"eager": 8.0, "compiled": 12.0},
                loops,
            ),
            against(
                "associative_scan",
                scan_baselines.AssociativeLinear,
                inputs,
                {} if short else {"eager": 1.8},
                {"eager": 3.0},
                {"eager": "eager", "compiled": "compiled"},
            ),
        ),
    )


def closed(name: str, make: Callable[[], Arrow], loop: Callable[[], nn.Module]) -> Case:
    """A fold that is a product in a monoid."""

    def inputs() -> Sequence[object]:
        return (torch.randn(16, 256, 64),)

    known = against("loop", loop, inputs, {"eager": 8.0}, {"eager": 10.0})
    return Case(name, "T=256, B=16, d=64", ours(make, inputs), (known,))


def other(
    name: str,
    text: str,
    make: Callable[[], Arrow],
    loop: Callable[[], nn.Module],
    inputs: Callable[[], Sequence[Tensor]],
    predicted: float,
) -> Case:
    known = against("loop", loop, inputs, {"eager": 1.0}, {"eager": predicted})
    return Case(name, text, ours(make, inputs), (known,))


def of_spec(
    name: str, text: str, theirs: Callable[[], nn.Module], predicted: float, **sizes: int
) -> Case:
    """The model of a spec against a loop written by hand (that of the parity tests)."""

    def inputs() -> Sequence[object]:
        return (torch.randn(4, 256, sizes.get("width", sizes.get("feature", 0))),)

    side = of_architecture(lambda: architectures(name)["model"], inputs, **sizes)
    known = against("loop", theirs, inputs, {"eager": 1.0}, {"eager": predicted})
    return Case(name.replace("_", " "), text, side, (known,))


CASES = [
    linear(256),
    linear(2048),
    closed(
        "decayed sum in closed form", lambda: fold(decay, over=T, start=0), scan_baselines.LoopDecay
    ),
    closed(
        "sum in closed form",
        lambda: fold(op.add.at(Real[N], Real[N]), over=T, start=0),
        scan_baselines.LoopSum,
    ),
    other(
        "online softmax",
        "T=256, B=4, heads=8, d=32",
        lambda: softmax_run,
        scan_baselines.LoopSoftmax,
        lambda: (torch.randn(4, 256, 8), torch.randn(4, 256, 32)),
        4.0,
    ),
    other(
        "linear attention",
        "T=256, B=4, d=16",
        lambda: attention_run,
        scan_baselines.LoopAttention,
        lambda: tuple(torch.randn(4, 256, 16) for _ in range(3)),
        4.0,
    ),
    other(
        "soft automaton",
        "T=256, B=4, states=8",
        lambda: fold(automaton_cell, over=T),
        scan_baselines.LoopMatrix,
        lambda: (torch.rand(4, 8), torch.rand(4, 256, 8, 8) / 4),
        2.0,
    ),
]


CASES += [
    of_spec(
        "linear_recurrent_unit",
        "T=256, B=4, feature=64, state=64",
        lambda: scan_parity.LinearRecurrent(64, 64),
        4.0,
        feature=64,
        state=64,
    ),
    of_spec(
        "selective_scan",
        "T=256, B=4, width=32, channel=64, state=8",
        lambda: scan_parity.SelectiveScan(32, 64, 8, 4),
        3.0,
        width=32,
        channel=64,
        state=8,
    ),
]


def growth(lengths: Sequence[int] = (1_000, 10_000, 100_000)) -> list[list[str]]:
    """Time and float32 error of the linear recurrence as the steps grow, with factors near 1."""
    from backends.pytorch.build import build

    torch.set_num_threads(1)
    module = build(stack(scan(recurrence, over=T), BATCH), {}, "row", validate=False).module()
    rows = [
        ["steps", "our ms", "loop ms", "times faster", "error of ours", "of the loop", "largest"]
    ]
    for steps in lengths:
        torch.manual_seed(0)
        a, x = 1 - torch.rand(1, steps, 64) ** 4, torch.randn(1, steps, 64)
        h = torch.zeros(1, 64)
        exact = scan_baselines.LoopLinear()(h.double(), a.double(), x.double())
        found = []
        for one in (module, scan_baselines.LoopLinear()):
            leaves = [y.clone().requires_grad_() for y in (h, a, x)]
            start = time.process_time()
            y = one(*leaves)
            y.sum().backward()
            spent = time.process_time() - start
            assert all(
                bool(torch.isfinite(leaf.grad).all()) for leaf in leaves if leaf.grad is not None
            )
            found.append((spent, float((y.detach() - exact).abs().max() / exact.abs().max())))
        (ours_, error), (theirs, loops) = found
        rows.append(
            [
                f"{steps}",
                f"{1000 * ours_:.1f}",
                f"{1000 * theirs:.1f}",
                f"{theirs / ours_:.1f}",
                f"{error:.1e}",
                f"{loops:.1e}",
                f"{float(exact.abs().max()):.1f}",
            ]
        )
    return rows
