"""Rows of the recursion table: LSTM and GRU declared as folds, against torch's kernels and loops.

Predicted before the first measurement: the ratio to ``nn.LSTM`` and ``nn.GRU`` is 1.00 (the same
kernel on the same numbers; weights of gates that stand apart are joined once a pass, 0.98); loops
as reference/backend.md §4 measured them.

At batch 16 kernel and floor are one: 3.2 GFLOP of matrix products a pass, 34 ms at the 95 GFLOP/s
of one Zen 4 core, against 35 ms of the kernel.  The loops spend less of their time there, so the
ratios to them are those of the machine: on Zen 5, with twice the rate, 3.6 and 2.7 were measured.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from categorical import Architecture, Dim, Real, architecture, arrow, op
from categorical.composites import bidirectional, gru_cell, lstm_cell, stacked
from categorical.recursion import fold
from tests.benchmarks.cases import Against, Case, of_architecture, of_module

FEATURE = HIDDEN = 256
STEPS = 64
SIZES = {"feature": FEATURE, "hidden": HIDDEN}
feature, hidden, step = Dim.named("feature hidden step")


# --- ours -----------------------------------------------------------------------------------------


@arrow
def by_gates(h: Real[hidden], c: Real[hidden], x: Real[feature]) -> Real[hidden] * Real[hidden]:
    """An LSTM cell as textbooks write it: each gate with its own weights."""

    def gate(name: str):
        from_input = op.linear(feature, hidden, name=f"{name}_input")(x)
        return from_input + op.linear(hidden, hidden, bias=False, name=f"{name}_state")(h)

    keep, enter, show = (op.sigmoid(gate(name)) for name in ("keep", "enter", "show"))
    c = keep * c + enter * op.tanh(gate("candidate"))
    return show * op.tanh(c), c


def lstm() -> Architecture:
    return architecture(
        fold(lstm_cell(feature, hidden), over=step, start=0).named("lstm"), sizes=SIZES
    )


def lstm_by_gates() -> Architecture:
    return architecture(fold(by_gates, over=step, start=0).named("gates"), sizes=SIZES)


def gru() -> Architecture:
    return architecture(
        fold(gru_cell(feature, hidden), over=step, start=0).named("gru"), sizes=SIZES
    )


def deep() -> Architecture:
    """Two layers of GRUs, each from both ends."""
    both = hidden + hidden
    layers = [
        bidirectional(gru_cell(width, hidden), gru_cell(width, hidden), over=step)
        for width in (feature, both)
    ]

    @arrow
    def rows(x: Real[step, feature]) -> Real[step, both]:
        return stacked(*layers, start=0)(x)[0]

    return architecture(rows.named("deep"), sizes=SIZES)


# --- references -----------------------------------------------------------------------------------


class Library(nn.Module):
    """``nn.LSTM`` or ``nn.GRU``: the last states."""

    def __init__(self, kind: type[nn.LSTM] | type[nn.GRU]) -> None:
        super().__init__()
        self.run = kind(FEATURE, HIDDEN, batch_first=True)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        _, last = self.run(x)
        return tuple(s.squeeze(0) for s in (last if isinstance(last, tuple) else (last,)))


class DeepGRU(nn.Module):
    """``nn.GRU`` with two layers, from both ends: the rows."""

    def __init__(self) -> None:
        super().__init__()
        self.run = nn.GRU(FEATURE, HIDDEN, num_layers=2, bidirectional=True, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        rows: Tensor = self.run(x)[0]
        return rows


class NaiveLSTM(nn.Module):
    """A loop, each gate with its own maps."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs = nn.ModuleList(nn.Linear(FEATURE, HIDDEN) for _ in range(4))
        self.states = nn.ModuleList(nn.Linear(HIDDEN, HIDDEN, bias=False) for _ in range(4))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = c = x.new_zeros(x.shape[0], HIDDEN)
        for one in x.unbind(1):
            i, f, g, o = (w(one) + u(h) for w, u in zip(self.inputs, self.states, strict=True))
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
        return h, c


class HoistedLSTM(nn.Module):
    """The best loop by hand: packed gates, all inputs mapped at once."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs = nn.Linear(FEATURE, 4 * HIDDEN)
        self.state = nn.Parameter(torch.randn(4 * HIDDEN, HIDDEN) / HIDDEN**0.5)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        h = c = x.new_zeros(x.shape[0], HIDDEN)
        back = self.state.t()
        for one in self.inputs(x.transpose(0, 1)).unbind(0):
            i, f, g, o = torch.addmm(one, h, back).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(c)
        return h, c


class HoistedGRU(nn.Module):
    """A loop: packed gates, all inputs mapped at once."""

    def __init__(self) -> None:
        super().__init__()
        self.inputs = nn.Linear(FEATURE, 3 * HIDDEN)
        self.state = nn.Linear(HIDDEN, 3 * HIDDEN)

    def forward(self, x: Tensor) -> Tensor:
        h = x.new_zeros(x.shape[0], HIDDEN)
        for one in self.inputs(x.transpose(0, 1)).unbind(0):
            r, z, n = one.chunk(3, 1)
            a, b, d = self.state(h).chunk(3, 1)
            z, n = torch.sigmoid(z + b), torch.tanh(n + torch.sigmoid(r + a) * d)
            h = n + z * (h - n)
        return h


# --- rows -----------------------------------------------------------------------------------------


def _inputs(batch: int) -> Callable[[], list[Tensor]]:
    return lambda: [torch.randn(batch, STEPS, FEATURE)]


def _case(
    name: str, found: Callable[[], Architecture], batch: int, *rows: tuple[object, ...]
) -> Case:
    inputs = _inputs(batch)
    against = tuple(
        Against(
            str(label),
            of_module(make, inputs),  # type: ignore[arg-type]
            wanted={} if wanted is None else {"eager": wanted},  # type: ignore[dict-item]
            predicted={"eager": predicted},  # type: ignore[dict-item]
        )
        for label, make, wanted, predicted in rows
    )
    text = f"i=h={HIDDEN}, T={STEPS}, B={batch}"
    return Case(name, text, of_architecture(found, inputs), against)


def _library(kind: type[nn.LSTM] | type[nn.GRU]) -> Callable[[], nn.Module]:
    return lambda: Library(kind)


CASES = [
    _case(
        "LSTM as a fold",
        lstm,
        16,
        ("nn.LSTM", _library(nn.LSTM), 0.98, 1.00),
        ("loop, 4 gates", NaiveLSTM, 3.5, 3.6),
        ("hoisted loop", HoistedLSTM, 2.3, 2.6),
    ),
    _case(
        "LSTM as a fold",
        lstm,
        1,
        ("nn.LSTM", _library(nn.LSTM), 0.98, 1.00),
        ("loop, 4 gates", NaiveLSTM, 7.0, 7.5),
        ("hoisted loop", HoistedLSTM, None, 5.0),
    ),
    _case("LSTM gate by gate", lstm_by_gates, 16, ("nn.LSTM", _library(nn.LSTM), 0.98, 0.98)),
    _case("LSTM gate by gate", lstm_by_gates, 1, ("nn.LSTM", _library(nn.LSTM), None, 0.95)),
    _case(
        "GRU as a fold",
        gru,
        16,
        ("nn.GRU", _library(nn.GRU), 0.98, 1.00),
        ("hoisted loop", HoistedGRU, None, 1.1),
    ),
    _case("GRU as a fold", gru, 1, ("nn.GRU", _library(nn.GRU), 0.98, 1.00)),
    _case("GRU, 2 layers from both ends", deep, 16, ("nn.GRU", DeepGRU, 0.98, 1.00)),
]
