"""Equivariant layers as the textbooks and their authors' code have them, in PyTorch.

Frozen before the emitted side is tuned.  The matrix layer is that of Maron et al. 2019: fifteen
maps of a matrix are computed, stacked, and mixed with the channels in one contraction; the set
layer is that of Zaheer et al. 2017: the mean is put beside each item.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


def fifteen(x: Tensor) -> Tensor:
    """The maps of matrices ``[batch, channel, n, n]`` that commute with renaming: 15 of them."""
    n = x.shape[-1]
    diagonal = torch.diagonal(x, dim1=-2, dim2=-1)
    trace = diagonal.sum(-1, keepdim=True)
    rows, columns = x.sum(-1), x.sum(-2)
    total = rows.sum(-1, keepdim=True)

    def across(v: Tensor) -> Tensor:
        return v.unsqueeze(-1).expand(*v.shape, n)

    def down(v: Tensor) -> Tensor:
        return v.unsqueeze(-2).expand(*v.shape[:-1], n, n)

    maps = (
        torch.diag_embed(diagonal),
        torch.diag_embed(trace.expand(*diagonal.shape)),
        torch.diag_embed(rows),
        torch.diag_embed(columns),
        torch.diag_embed(total.expand(*diagonal.shape)),
        across(columns),
        across(rows),
        across(diagonal),
        down(columns),
        down(rows),
        down(diagonal),
        x,
        x.transpose(-1, -2),
        across(trace.expand(*diagonal.shape)),
        across(total.expand(*diagonal.shape)),
    )
    return torch.stack(maps, 2)


class MatrixLayer(nn.Module):
    """Channels of an n × n matrix to channels of another: 15 weights and 2 biases a pair."""

    def __init__(self, source: int, target: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(source, target, 15) / (15 * source) ** 0.5)
        self.everywhere = nn.Parameter(torch.zeros(target))
        self.diagonal = nn.Parameter(torch.zeros(target))

    def forward(self, x: Tensor) -> Tensor:
        mixed = torch.einsum("dsb,ndbij->nsij", self.weight, fifteen(x))
        eye = torch.eye(x.shape[-1], dtype=x.dtype, device=x.device)
        return mixed + self.everywhere[:, None, None] + self.diagonal[:, None, None] * eye


class SetLayer(nn.Module):
    """Each item, and the mean of all items beside it, through one linear map."""

    def __init__(self, source: int, target: int) -> None:
        super().__init__()
        self.linear = nn.Linear(2 * source, target)

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(1, keepdim=True).expand(*x.shape)
        return self.linear(torch.cat((x, mean), -1))


def dense_convolution(channels: int, kernel: int) -> nn.Module:
    """The convolution with no symmetry, of as many numbers a pixel: the floor."""
    return nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=False)


def dense_linear(features: int) -> nn.Module:
    """The linear map with no symmetry, of as many numbers."""
    return nn.Linear(features, features, bias=False)
