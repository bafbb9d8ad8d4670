"""Idiomatic PyTorch for every spec of the atlas: what a careful user would write by hand.

Frozen before the emitter is tuned: library modules where they exist (``nn.LSTMCell``,
``nn.TransformerEncoderLayer``, torch_geometric's ``GCNConv``, monai's ``ResNetBlock``), fused
attention, no waste.
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
        self.edges, self.strokes = nn.Conv2d(1, 8, 3, padding=1), nn.Conv2d(8, 24, 3, padding=1)
        self.parts, self.scores = nn.Conv2d(24, 32, 3, padding=1), nn.Linear(512, 10)

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


class MonetBlock(nn.Module):
    def __init__(self, width: int, inner: int, rank: int) -> None:
        super().__init__()
        self.view = nn.Linear(width, inner, bias=False)
        self.other = nn.Sequential(
            nn.Linear(width, rank, bias=False), nn.Linear(rank, inner, bias=False)
        )
        self.out = nn.Linear(inner, width, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        view = self.view(x)
        return self.out(view * self.other(x) + view)


class TiedAutoencoder(nn.Module):
    def __init__(self, pixel: int, code: int) -> None:
        super().__init__()
        self.encode = nn.Linear(pixel, code)
        self.bias = nn.Parameter(torch.zeros(pixel))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(torch.tanh(self.encode(x)), self.encode.weight.t(), self.bias)


class LoraLinear(nn.Module):
    """The correction beside the frozen map, as peft has it."""

    def __init__(self, feature: int, label: int, rank: int, scale: float) -> None:
        super().__init__()
        self.linear, self.scale = nn.Linear(feature, label), scale
        self.linear.weight.requires_grad_(False)
        self.down = nn.Linear(feature, rank, bias=False)
        self.up = nn.Linear(rank, label, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear(x) + self.up(self.down(x)) * self.scale


class LstmCell(nn.Module):
    def __init__(self, feature: int, hidden: int) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(feature, hidden)

    def forward(self, x: Tensor, state: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        state, memory = self.cell(x, (state, memory))
        return state, memory


class LstmByHand(nn.Module):
    def __init__(self, feature: int, hidden: int) -> None:
        super().__init__()
        self.from_input = nn.Linear(feature, 4 * hidden)
        self.from_state = nn.Linear(hidden, 4 * hidden)

    def forward(self, x: Tensor, state: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        enter, keep, candidate, show = (self.from_input(x) + self.from_state(state)).chunk(4, -1)
        memory = torch.sigmoid(keep) * memory + torch.sigmoid(enter) * torch.tanh(candidate)
        return torch.sigmoid(show) * torch.tanh(memory), memory


class SelfAttention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def _split(self, x: Tensor) -> Tensor:
        return x.view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        q, k, v = (self._split(layer(x)) for layer in (self.query, self.key, self.value))
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=mask.unsqueeze(1))
        return self.out(mixed.transpose(1, 2).flatten(2))


class Step(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        return x + torch.tanh(self.linear(x))


class Tied(nn.Module):
    def __init__(self, width: int, times: int = 3) -> None:
        super().__init__()
        self.step, self.times = Step(width), times

    def forward(self, x: Tensor) -> Tensor:
        for _ in range(self.times):
            x = self.step(x)
        return x


def untied(width: int, times: int = 3) -> nn.Module:
    return nn.Sequential(*(Step(width) for _ in range(times)))


class Stacked(nn.Module):
    def __init__(self, width: int, times: int = 3) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(times, width, width) / width**0.5)
        self.bias = nn.Parameter(torch.zeros(times, width))

    def forward(self, x: Tensor) -> Tensor:
        for weight, bias in zip(self.weight, self.bias, strict=True):
            x = x + torch.tanh(F.linear(x, weight, bias))
        return x


class MessagePassing(nn.Module):
    def __init__(self, feature: int, hidden: int, label: int) -> None:
        super().__init__()
        self.sent, self.kept = nn.Linear(feature, hidden), nn.Linear(feature, hidden)
        self.received = nn.Linear(feature, hidden, bias=False)
        self.scores = nn.Linear(hidden, label)

    def forward(
        self, x: Tensor, source: Tensor, target: Tensor, sample: Tensor, batch: int
    ) -> Tensor:
        messages = F.relu(self.sent(x[source]) + self.received(x[target]))
        received = torch.zeros(x.shape[0], messages.shape[1]).index_add(0, target, messages)
        h = F.relu(self.kept(x) + received)
        total = torch.zeros(batch, h.shape[1]).index_add(0, sample, h)
        count = torch.bincount(sample, minlength=batch).clamp(min=1)
        return self.scores(total / count[:, None])


class CharacterModel(nn.Module):
    """Blocks as in nanoGPT: separate projections, as the spec has them."""

    def __init__(self, s: dict[str, int]) -> None:
        super().__init__()
        width = s["width"]
        self.letters = nn.Embedding(s["letter"], width)
        self.places = nn.Parameter(torch.randn(s["token"], width) * 0.02)
        self.blocks = nn.Sequential(
            *(GptBlock(width, s["heads"], s["inner"]) for _ in range(s["blocks"]))
        )
        self.last, self.scores = nn.LayerNorm(width), nn.Linear(width, s["letter"], bias=False)

    def forward(self, text: Tensor) -> Tensor:
        return self.scores(self.last(self.blocks(self.letters(text) + self.places)))


class GptBlock(nn.Module):
    def __init__(self, width: int, heads: int, inner: int) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.think = nn.Sequential(nn.Linear(width, inner), nn.GELU(), nn.Linear(inner, width))

    def _split(self, x: Tensor) -> Tensor:
        return x.view(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm1(x)
        q, k, v = (self._split(layer(h)) for layer in (self.query, self.key, self.value))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.out(mixed.transpose(1, 2).flatten(2))
        return x + self.think(self.norm2(x))


def geometric_convolution(feature: int, hidden: int) -> nn.Module:
    """torch_geometric's own layer, self-loops and normalisation included."""
    from torch_geometric.nn import GCNConv

    class Geometric(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = GCNConv(feature, hidden)

        def forward(self, x: Tensor, source: Tensor, target: Tensor) -> Tensor:
            return self.layer(x, torch.stack((source, target)))

    return Geometric()


def monai_block(narrow: int, wide: int) -> nn.Module:
    """monai's residual block, with its usual strided shortcut."""
    from monai.networks.nets.resnet import ResNetBlock

    shortcut = nn.Sequential(nn.Conv2d(narrow, wide, 1, 2, bias=False), nn.BatchNorm2d(wide))
    return ResNetBlock(narrow, wide, spatial_dims=2, stride=2, downsample=shortcut)
