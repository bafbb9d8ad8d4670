"""Parity of the E(n) message block with the layer written from the paper's equations 3 to 6."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.specs.parity import TOLERANCE, architectures, compare

SIZES = {"space": 3, "feature": 5, "inner": 11, "message": 4, "gate": 7, "outer": 6}
WEIGHTS = {
    "messages.receiver.weight": ("edge.0.weight", lambda w: w[:, :5]),
    "messages.sender.weight": ("edge.0.weight", lambda w: w[:, 5:10]),
    "messages.distance.weight": ("edge.0.weight", lambda w: w[:, 10:]),
    "messages.receiver.bias": "edge.0.bias",
    "messages.message.weight": "edge.2.weight",
    "messages.message.bias": "edge.2.bias",
    "pushes.push.weight": "push.0.weight",
    "pushes.push.bias": "push.0.bias",
    "pushes.strength.weight": "push.2.weight",
    "pushes.strength.bias": "push.2.bias",
    "update.own.weight": ("node.0.weight", lambda w: w[:, :5]),
    "update.own.bias": "node.0.bias",
    "update.heard.weight": ("node.0.weight", lambda w: w[:, 5:]),
    "update.update.weight": "node.2.weight",
    "update.update.bias": "node.2.bias",
}


class Layer(nn.Module):
    """Loops over pairs of points: messages, sums, and one step along the differences."""

    def __init__(self, feature: int, inner: int, message: int, gate: int, outer: int) -> None:
        super().__init__()
        wide = nn.Linear(2 * feature + 1, inner)
        self.edge = nn.Sequential(wide, nn.SiLU(), nn.Linear(inner, message), nn.SiLU())
        self.push = nn.Sequential(nn.Linear(message, gate), nn.SiLU(), nn.Linear(gate, 1))
        both = nn.Linear(feature + message, outer)
        self.node = nn.Sequential(both, nn.SiLU(), nn.Linear(outer, feature))

    def forward(self, h: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        features, positions = [], []
        points = range(h.shape[1])
        for i in points:
            away = [x[:, i] - x[:, j] for j in points]
            distance = [a.square().sum(-1, keepdim=True) for a in away]
            found = [self.edge(torch.cat((h[:, i], h[:, j], distance[j]), -1)) for j in points]
            positions.append(x[:, i] + sum(a * self.push(m) for a, m in zip(away, found)))
            features.append(h[:, i] + self.node(torch.cat((h[:, i], sum(found)), -1)))
        return torch.stack(features, 1), torch.stack(positions, 1)


@pytest.mark.parametrize(("batch", "points"), [(1, 1), (2, 4)])
def test_message_block_is_the_layer_of_the_paper(batch: int, points: int) -> None:
    torch.manual_seed(0)
    theirs = Layer(**{name: size for name, size in SIZES.items() if name != "space"})
    h = torch.randn(batch, points, 5, dtype=torch.float64)
    x = torch.randn(batch, points, 3, dtype=torch.float64)
    model = architectures("en_message_block")["model"]
    assert compare(model, theirs, WEIGHTS, (h, x), sizes=SIZES) < TOLERANCE
