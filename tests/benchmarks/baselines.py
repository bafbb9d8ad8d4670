"""Idiomatic PyTorch for every spec of the atlas: what a careful user would write by hand.

Frozen before the emitter is tuned: library modules where they exist, fused attention, no waste.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class DeepSets(nn.Module):
    def __init__(self, feature: int, hidden: int, label: int) -> None:
        super().__init__()
        self.encode, self.read_out = nn.Linear(feature, hidden), nn.Linear(hidden, label)

    def forward(self, x: Tensor) -> Tensor:
        return self.read_out(F.relu(self.encode(x)).mean(1))


class ResidualMlp(nn.Module):
    def __init__(self, feature: int, width: int, hidden: int, label: int, depth: int = 3) -> None:
        super().__init__()
        self.embed = nn.Linear(feature, width)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.LayerNorm(width), nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width)
            )
            for _ in range(depth)
        )
        self.norm, self.read_out = nn.LayerNorm(width), nn.Linear(width, label)

    def forward(self, x: Tensor) -> Tensor:
        x = self.embed(x)
        for block in self.blocks:
            x = x + block(x)
        return self.read_out(self.norm(x))


class GraphConvolution(nn.Module):
    """As torch_geometric's GCNConv computes it, written out."""

    def __init__(self, feature: int, hidden: int) -> None:
        super().__init__()
        self.linear = nn.Linear(feature, hidden, bias=False)
        self.bias = nn.Parameter(torch.zeros(hidden))

    def forward(self, x: Tensor, source: Tensor, target: Tensor) -> Tensor:
        n = x.shape[0]
        degree = x.new_ones(n).index_add(0, target, x.new_ones(target.shape[0]))
        weight = degree.rsqrt()[:, None]
        h = self.linear(x) * weight
        return (h + torch.zeros_like(h).index_add(0, target, h[source])) * weight + self.bias


class ResidualBlock(nn.Module):
    def __init__(self, narrow: int, wide: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(narrow, wide, 3, 2, 1, bias=False)
        self.conv2 = nn.Conv2d(wide, wide, 3, 1, 1, bias=False)
        self.shortcut = nn.Conv2d(narrow, wide, 1, 2, bias=False)
        self.norm1, self.norm2, self.norm3 = (nn.BatchNorm2d(wide) for _ in range(3))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm2(self.conv2(F.relu(self.norm1(self.conv1(x)))))
        return F.relu(y + self.norm3(self.shortcut(x)))


class NetworkInNetwork(nn.Module):
    def __init__(self, colour: int, patch: int, hidden: int, label: int) -> None:
        super().__init__()
        self.patch = nn.Conv2d(colour, patch, 5, padding=2, padding_mode="circular")
        self.inner, self.outer = nn.Conv2d(patch, hidden, 1), nn.Conv2d(hidden, label, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.inner(F.relu(self.patch(x))))
        return F.relu(self.outer(x)).mean((2, 3))


class GhostModule(nn.Module):
    def __init__(self, colour: int, real: int) -> None:
        super().__init__()
        self.primary = nn.Conv2d(colour, real, 1, bias=False)
        self.cheap = nn.Conv2d(
            real, real, 3, padding=1, groups=real, bias=False, padding_mode="circular"
        )

    def forward(self, x: Tensor) -> Tensor:
        maps = F.relu(self.primary(x))
        return torch.cat((maps, F.relu(self.cheap(maps))), 1)


class ChannelAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.near = nn.Conv1d(1, 1, 3, padding=1, bias=False, padding_mode="circular")

    def forward(self, x: Tensor) -> Tensor:
        gate = torch.sigmoid(self.near(x.mean(2).unsqueeze(1))).squeeze(1)
        return x * gate.unsqueeze(2)


class SqueezeAggregated(nn.Module):
    def __init__(self, channel: int, reduced: int) -> None:
        super().__init__()
        self.views = nn.ModuleList(nn.Linear(channel, reduced) for _ in range(4))
        self.excite = nn.Linear(4 * reduced, channel)

    def forward(self, x: Tensor) -> Tensor:
        means = x.mean(2)
        views = torch.cat([F.relu(view(means)) for view in self.views], 1)
        return x * torch.sigmoid(self.excite(views)).unsqueeze(2)


class GlobalContext(nn.Module):
    def __init__(self, channel: int, reduced: int) -> None:
        super().__init__()
        self.scores = nn.Conv1d(channel, 1, 1)
        self.reduce, self.widen = nn.Linear(channel, reduced), nn.Linear(reduced, channel)
        self.norm = nn.LayerNorm(reduced)

    def forward(self, x: Tensor) -> Tensor:
        weights = torch.softmax(self.scores(x).squeeze(1), 1)
        context = torch.bmm(x, weights.unsqueeze(2)).squeeze(2)
        return x + self.widen(F.relu(self.norm(self.reduce(context)))).unsqueeze(2)


class MixtureOfExperts(nn.Module):
    def __init__(self, feature: int, hidden: int, target: int, expert: int) -> None:
        super().__init__()
        self.gate = nn.Linear(feature, expert)
        self.up = nn.Parameter(torch.randn(expert, hidden, feature) / feature**0.5)
        self.up_bias = nn.Parameter(torch.zeros(expert, hidden))
        self.down = nn.Parameter(torch.randn(expert, target, hidden) / hidden**0.5)
        self.down_bias = nn.Parameter(torch.zeros(expert, target))

    def forward(self, x: Tensor) -> Tensor:
        weights = F.softmax(self.gate(x) - torch.empty_like(self.gate(x)).exponential_().log(), -1)
        h = F.relu(torch.einsum("ehf,bf->beh", self.up, x) + self.up_bias)
        y = torch.einsum("eth,beh->bet", self.down, h) + self.down_bias
        return torch.einsum("be,bet->bt", weights, y)


class GatedMultimodalUnit(nn.Module):
    def __init__(self, image: int, text: int, hidden: int) -> None:
        super().__init__()
        self.image_value = nn.Linear(image, hidden, bias=False)
        self.text_value = nn.Linear(text, hidden, bias=False)
        self.both = nn.Linear(image + text, hidden, bias=False)

    def forward(self, seen: Tensor, read: Tensor) -> Tensor:
        gate = torch.sigmoid(self.both(torch.cat((seen, read), 1)))
        first, second = torch.tanh(self.image_value(seen)), torch.tanh(self.text_value(read))
        return gate * first + (1 - gate) * second


class DigitsCnn(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.edges, self.strokes = nn.Conv2d(1, 16, 3, padding=1), nn.Conv2d(16, 32, 3, padding=1)
        self.parts, self.scores = nn.Conv2d(32, 32, 3, padding=1), nn.Linear(512, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.strokes(F.relu(self.edges(x)))), 2)
        x = F.relu(self.parts(x)).flatten(1)
        return self.scores(F.dropout(x, 0.3, self.training))


def transformer_block(width: int, heads: int) -> nn.Module:
    """torch's own layer, with a causal mask."""
    layer = nn.TransformerEncoderLayer(
        width, heads, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
    )

    class Causal(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x: Tensor) -> Tensor:
            mask = nn.Transformer.generate_square_subsequent_mask(x.shape[1], dtype=x.dtype)
            return self.layer(x, src_mask=mask, is_causal=True)

    return Causal()
