"""Loops over the steps, written by hand with torch: what the specs with scans are compared with."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class LinearRecurrent(nn.Module):
    """The linear recurrent unit with complex numbers."""

    def __init__(self, feature: int, state: int) -> None:
        super().__init__()
        self.nu, self.theta = nn.Parameter(torch.zeros(state)), nn.Parameter(torch.zeros(state))
        self.into_re, self.into_im = (nn.Parameter(torch.zeros(state, feature)) for _ in range(2))
        self.from_re, self.from_im = (nn.Parameter(torch.zeros(feature, state)) for _ in range(2))
        self.skip = nn.Parameter(torch.zeros(feature))

    def forward(self, x: Tensor) -> Tensor:
        factor = torch.exp(torch.complex(-torch.exp(self.nu), torch.exp(self.theta)))
        scale = torch.sqrt(1 - factor.abs() ** 2)
        into = torch.complex(self.into_re, self.into_im)
        out = torch.complex(self.from_re, self.from_im)
        h = torch.zeros(x.shape[0], factor.shape[0], dtype=factor.dtype)
        rows = []
        for entry in x.unbind(1):
            h = factor * h + scale * (entry.to(factor.dtype) @ into.T)
            rows.append((h @ out.T).real + self.skip * entry)
        return torch.stack(rows, 1)


class SelectiveScan(nn.Module):
    """The selective state-space block."""

    def __init__(self, width: int, channel: int, state: int, kernel: int) -> None:
        super().__init__()
        self.into = nn.Linear(width, 2 * channel, bias=False)
        self.near = nn.Conv1d(channel, channel, kernel, groups=channel, padding=kernel - 1)
        self.size = nn.Linear(channel, channel)
        self.maps = nn.Linear(channel, 2 * state, bias=False)
        self.log_rate = nn.Parameter(torch.zeros(channel, state))
        self.skip = nn.Parameter(torch.zeros(channel))
        self.out = nn.Linear(channel, width, bias=False)

    def forward(self, u: Tensor) -> Tensor:
        steps = u.shape[1]
        x, z = self.into(u).chunk(2, -1)
        x = F.silu(self.near(x.transpose(1, 2))[..., :steps].transpose(1, 2))
        size, (b, c) = F.softplus(self.size(x)), self.maps(x).chunk(2, -1)
        h = u.new_zeros(u.shape[0], *self.log_rate.shape)
        rows = []
        for i in range(steps):
            factor = torch.exp(size[:, i, :, None] * -torch.exp(self.log_rate))
            h = factor * h + (size[:, i] * x[:, i])[..., None] * b[:, i, None]
            rows.append((h * c[:, i, None]).sum(-1) + self.skip * x[:, i])
        return self.out(torch.stack(rows, 1) * F.silu(z))


class LinearAttention(nn.Module):
    """Linear attention with the feature map elu + 1, one token after the other."""

    def __init__(self, width: int, feature: int, value: int) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(width, feature), nn.Linear(width, feature)
        self.value = nn.Linear(width, value)

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = F.elu(self.query(x)) + 1, F.elu(self.key(x)) + 1, self.value(x)
        kept = x.new_zeros(x.shape[0], q.shape[-1], v.shape[-1])
        mass = x.new_zeros(x.shape[0], q.shape[-1])
        rows = []
        for i in range(x.shape[1]):
            kept = kept + k[:, i, :, None] * v[:, i, None]
            mass = mass + k[:, i]
            above = (q[:, i, None] @ kept).squeeze(1)
            rows.append(above / (q[:, i] * mass).sum(-1, keepdim=True))
        return torch.stack(rows, 1)


class SoftAutomaton(nn.Module):
    """A learner of automata."""

    def __init__(self, letters: int, states: int) -> None:
        super().__init__()
        self.scores = nn.Parameter(torch.zeros(letters, states, states))
        self.start, self.accepting = (nn.Parameter(torch.zeros(states)) for _ in range(2))

    def forward(self, word: Tensor) -> Tensor:
        p = self.start.softmax(0).expand(word.shape[0], -1)
        matrices = self.scores.softmax(-1)
        for letter in word.unbind(1):
            p = (p.unsqueeze(1) @ matrices[letter]).squeeze(1)
        return p @ torch.sigmoid(self.accepting)
