"""Loops written by hand, frozen before anything was measured against them.

``Naive…`` is what a first version looks like: a layer for each gate and input, called at every
step.  ``Packed…`` is what a careful person writes in a loop: one product with the entry and one
with the state at every step, for all gates.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class NaiveRelu(nn.Module):
    """An LSTM whose candidate is a ReLU, with eight layers."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.into = nn.ModuleList(nn.Linear(size, size) for _ in range(4))
        self.back = nn.ModuleList(nn.Linear(size, size) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        h = c = x.new_zeros(x.shape[0], x.shape[2])
        rows = []
        for entry in x.unbind(1):
            gates = [f(entry) + g(h) for f, g in zip(self.into, self.back, strict=True)]
            c = torch.sigmoid(gates[1]) * c + torch.sigmoid(gates[0]) * torch.relu(gates[2])
            h = torch.sigmoid(gates[3]) * torch.tanh(c)
            rows.append(h)
        return torch.stack(rows, 1)


class PackedRelu(nn.Module):
    """The same with two layers."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.into, self.back = nn.Linear(size, 4 * size), nn.Linear(size, 4 * size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        h = c = x.new_zeros(x.shape[0], x.shape[2])
        rows = []
        for entry in x.unbind(1):
            i, f, g, o = (self.into(entry) + self.back(h)).chunk(4, -1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.relu(g)
            h = torch.sigmoid(o) * torch.tanh(c)
            rows.append(h)
        return torch.stack(rows, 1)


class NaiveMinimal(nn.Module):
    """A minimal gated unit, with four layers."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.keep, self.fresh = nn.Linear(size, size), nn.Linear(size, size)
        self.keep_back, self.fresh_back = nn.Linear(size, size), nn.Linear(size, size)

    def forward(self, x: Tensor) -> Tensor:
        h, rows = x.new_zeros(x.shape[0], x.shape[2]), []
        for entry in x.unbind(1):
            f = torch.sigmoid(self.keep(entry) + self.keep_back(h))
            new = torch.tanh(self.fresh(entry) + self.fresh_back(f * h))
            h = h + f * (new - h)
            rows.append(h)
        return torch.stack(rows, 1)


class PackedMinimal(nn.Module):
    """The same with one product for the entry."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.into = nn.Linear(size, 2 * size)
        self.keep = nn.Linear(size, size, bias=False)
        self.fresh = nn.Linear(size, size, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        h, rows = x.new_zeros(x.shape[0], x.shape[2]), []
        for entry in x.unbind(1):
            a, b = self.into(entry).chunk(2, -1)
            f = torch.sigmoid(a + self.keep(h))
            new = torch.tanh(b + self.fresh(f * h))
            h = h + f * (new - h)
            rows.append(h)
        return torch.stack(rows, 1)


class Separate(nn.Module):
    """Several recurrent networks on one list, one loop after the other."""

    def __init__(self, count: int, size: int) -> None:
        super().__init__()
        self.into = nn.ModuleList(nn.Linear(size, size) for _ in range(count))
        self.back = nn.ModuleList(nn.Linear(size, size) for _ in range(count))

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        ends = []
        for into, back in zip(self.into, self.back, strict=True):
            h = x.new_zeros(x.shape[0], x.shape[2])
            for entry in x.unbind(1):
                h = torch.tanh(into(entry) + back(h))
            ends.append(h)
        return tuple(ends)
