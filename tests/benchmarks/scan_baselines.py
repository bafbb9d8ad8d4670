"""Runs written by hand, frozen before anything was measured against them.

``Loop…`` is the loop over the steps that a person writes; ``Associative`` is torch's own
``associative_scan`` (the generic mode, which is the one that runs on a CPU).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class LoopLinear(nn.Module):
    """h' = a·h + x, every state."""

    def forward(self, h: Tensor, a: Tensor, x: Tensor) -> Tensor:
        rows = []
        for factor, entry in zip(a.unbind(1), x.unbind(1), strict=True):
            h = factor * h + entry
            rows.append(h)
        return torch.stack(rows, 1)


def _join(first: tuple[Tensor, Tensor], second: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    return first[0] * second[0], torch.addcmul(second[1], second[0], first[1])


class AssociativeLinear(nn.Module):
    """The same by torch's associative scan."""

    def forward(self, h: Tensor, a: Tensor, x: Tensor) -> Tensor:
        from torch._higher_order_ops.associative_scan import associative_scan

        first = torch.addcmul(x[:, :1], a[:, :1], h.unsqueeze(1))
        x = torch.cat([first, x[:, 1:]], 1)
        found: Tensor = associative_scan(_join, (a, x), 1, combine_mode="generic")[1]
        return found


class LoopDecay(nn.Module):
    """h' = 0.9·h + x, the last state."""

    def forward(self, x: Tensor) -> Tensor:
        h = x.new_zeros(x.shape[0], x.shape[2])
        for entry in x.unbind(1):
            h = 0.9 * h + entry
        return h


class LoopSum(nn.Module):
    """The sum of a list, as a fold."""

    def forward(self, x: Tensor) -> Tensor:
        h = x.new_zeros(x.shape[0], x.shape[2])
        for entry in x.unbind(1):
            h = h + entry
        return h


class LoopSoftmax(nn.Module):
    """Online softmax: a running maximum, the sum of exponentials and the weighted values."""

    def forward(self, scores: Tensor, values: Tensor) -> Tensor:
        most = torch.full_like(scores[:, 0], -1e4)
        total = torch.zeros_like(most)
        mixed = values.new_zeros(*most.shape, values.shape[-1])
        for score, value in zip(scores.unbind(1), values.unbind(1), strict=True):
            new = torch.maximum(most, score)
            scale, weight = torch.exp(most - new), torch.exp(score - new)
            total = total * scale + weight
            mixed = mixed * scale[..., None] + weight[..., None] * value[:, None]
            most = new
        return mixed / total[..., None]


class LoopAttention(nn.Module):
    """Linear attention: a matrix of sums of products, read at every step."""

    def forward(self, keys: Tensor, values: Tensor, queries: Tensor) -> Tensor:
        held = keys.new_zeros(keys.shape[0], keys.shape[2], values.shape[2])
        rows = []
        for k, v, q in zip(keys.unbind(1), values.unbind(1), queries.unbind(1), strict=True):
            held = held + k.unsqueeze(-1) * v.unsqueeze(-2)
            rows.append((q.unsqueeze(-2) @ held).squeeze(-2))
        return torch.stack(rows, 1)


class LoopMatrix(nn.Module):
    """h' = A h, the last state: a soft automaton."""

    def forward(self, h: Tensor, steps: Tensor) -> Tensor:
        for matrix in steps.unbind(1):
            h = (matrix @ h.unsqueeze(-1)).squeeze(-1)
        return h
