"""Parity with hand-written PyTorch: sets, MLPs, gates, products, experts, ties."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.specs.parity import TOLERANCE, architectures, compare


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def x(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def same(*names: str) -> dict[str, str]:
    """Layers of one name on both sides, with weight and bias."""
    return {f"{n}.{kind}": f"{n}.{kind}" for n in names for kind in ("weight", "bias")}


class Sets(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.encode, self.read_out = nn.Linear(5, 7), nn.Linear(7, 3)

    def forward(self, items: Tensor) -> Tensor:
        return self.read_out(F.relu(self.encode(items)).mean(dim=1))


def test_deep_sets() -> None:
    ours = architectures("deep_sets")["model"]
    sizes = {"feature": 5, "hidden": 7, "label": 3}
    weights = same("encode", "read_out")
    assert compare(ours, Sets(), weights, [x(4, 6, 5)], sizes=sizes) <= TOLERANCE


class ResidualMlp(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embed, self.read_out, self.layer_norm = (
            nn.Linear(5, 6),
            nn.Linear(6, 3),
            nn.LayerNorm(6),
        )
        self.blocks = nn.ModuleList(
            nn.ModuleDict(
                {
                    "layer_norm": nn.LayerNorm(6),
                    "linear": nn.Linear(6, 9),
                    "linear_2": nn.Linear(9, 6),
                }
            )
            for _ in range(3)
        )

    def forward(self, rows: Tensor) -> Tensor:
        rows = self.embed(rows)
        for block in self.blocks:
            inner = F.gelu(block["linear"](block["layer_norm"](rows)))
            rows = rows + block["linear_2"](inner)
        return self.read_out(self.layer_norm(rows))


def test_residual_mlp() -> None:
    ours = architectures("residual_mlp")["model"]
    sizes = {"feature": 5, "width": 6, "hidden": 9, "label": 3}
    weights = same("embed", "read_out", "layer_norm")
    for i in range(3):
        weights |= same(*(f"blocks.{i}.{n}" for n in ("layer_norm", "linear", "linear_2")))
    assert compare(ours, ResidualMlp(), weights, [x(4, 5)], sizes=sizes) <= TOLERANCE


class Fusion(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.image, self.text = nn.Linear(4, 6, bias=False), nn.Linear(5, 6, bias=False)
        self.both = nn.Linear(9, 6, bias=False)

    def forward(self, seen: Tensor, read: Tensor) -> Tensor:
        share = torch.sigmoid(self.both(torch.cat([seen, read], dim=1)))
        return share * torch.tanh(self.image(seen)) + (1 - share) * torch.tanh(self.text(read))


def test_gated_multimodal_unit() -> None:
    ours = architectures("gated_multimodal_unit")["model"]
    weights = {
        "image_value.weight": "image.weight",
        "text_value.weight": "text.weight",
        "gate.both.weight": "both.weight",
    }
    sizes = {"image": 4, "text": 5, "hidden": 6}
    assert compare(ours, Fusion(), weights, [x(3, 4), x(3, 5)], sizes=sizes) <= TOLERANCE


class Mu(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.view, self.narrow = nn.Linear(5, 7, bias=False), nn.Linear(5, 3, bias=False)
        self.widen, self.out = nn.Linear(3, 7, bias=False), nn.Linear(7, 5, bias=False)

    def forward(self, rows: Tensor) -> Tensor:
        view = self.view(rows)
        return self.out(view * self.widen(self.narrow(rows)) + view)


def test_monet_block() -> None:
    ours = architectures("monet_block")["model"]
    weights = {f"{n}.weight": f"{n}.weight" for n in ("view", "narrow", "widen", "out")}
    sizes = {"width": 5, "inner": 7, "rank": 3}
    assert compare(ours, Mu(), weights, [x(4, 5)], sizes=sizes) <= TOLERANCE


class Experts(nn.Module):
    """One module an expert, and a loop over them."""

    def __init__(self) -> None:
        super().__init__()
        self.logits = nn.Linear(5, 3)
        self.up = nn.Parameter(torch.empty(3, 6, 5))
        self.up_bias = nn.Parameter(torch.empty(3, 6))
        self.down = nn.Parameter(torch.empty(3, 2, 6))
        self.down_bias = nn.Parameter(torch.empty(3, 2))

    def forward(self, rows: Tensor) -> Tensor:
        shares = F.softmax(self.logits(rows), dim=1)
        answers = torch.zeros(rows.shape[0], 2, dtype=rows.dtype)
        for e in range(3):
            inner = F.relu(F.linear(rows, self.up[e], self.up_bias[e]))
            answer = F.linear(inner, self.down[e], self.down_bias[e])
            answers = answers + shares[:, e : e + 1] * answer
        return answers


def test_mixture_of_experts_in_eval_mode() -> None:
    ours = architectures("mixture_of_experts")["model"]
    weights = {n: n for n in ("up", "up_bias", "down", "down_bias")}
    weights |= {"gate.logits.weight": "logits.weight", "gate.logits.bias": "logits.bias"}
    sizes = {"feature": 5, "hidden": 6, "target": 2, "expert": 3}
    assert compare(ours, Experts(), weights, [x(4, 5)], sizes=sizes) <= TOLERANCE


class TiedAutoencoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(3, 7))
        self.encode_bias, self.decode_bias = (nn.Parameter(torch.empty(n)) for n in (3, 7))

    def forward(self, images: Tensor) -> Tensor:
        code = torch.tanh(F.linear(images, self.weight, self.encode_bias))
        return F.linear(code, self.weight.T, self.decode_bias)


def test_tied_autoencoder() -> None:
    ours = architectures("tied_autoencoder")["model"]
    weights = {
        "encode.weight": "weight",
        "encode.bias": "encode_bias",
        "decode.bias": "decode_bias",
    }
    sizes = {"pixel": 7, "code": 3}
    assert compare(ours, TiedAutoencoder(), weights, [x(4, 7)], sizes=sizes) <= TOLERANCE


class Repeated(nn.Module):
    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = nn.ModuleList(nn.Linear(5, 5) for _ in range(steps))

    def forward(self, rows: Tensor) -> Tensor:
        for i in range(3):
            rows = rows + torch.tanh(self.steps[i % len(self.steps)](rows))
        return rows


def test_tied_and_untied_blocks() -> None:
    ours = architectures("iterated_block")
    tied = {"steps.linear.weight": "steps.0.weight", "steps.linear.bias": "steps.0.bias"}
    untied = {
        f"steps.{i}.linear.{kind}": f"steps.{i}.{kind}"
        for i in range(3)
        for kind in ("weight", "bias")
    }
    rows = [x(4, 5)]
    assert compare(ours["tied"], Repeated(1), tied, rows, sizes={"width": 5}) <= TOLERANCE
    assert compare(ours["untied"], Repeated(3), untied, rows, sizes={"width": 5}) <= TOLERANCE


class Stacked(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.empty(3, 5, 5)), nn.Parameter(torch.empty(3, 5))

    def forward(self, rows: Tensor) -> Tensor:
        for weight, bias in zip(self.weight, self.bias):
            rows = rows + torch.tanh(F.linear(rows, weight, bias))
        return rows


def test_stacked_blocks() -> None:
    ours = architectures("iterated_block")["stacked"]
    weights = {"steps.linear.weight": "weight", "steps.linear.bias": "bias"}
    assert compare(ours, Stacked(), weights, [x(4, 5)], sizes={"width": 5}) <= TOLERANCE


class Lora(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.frozen = nn.Linear(6, 4)
        self.up, self.down = nn.Parameter(torch.empty(4, 2)), nn.Parameter(torch.empty(2, 6))

    def forward(self, rows: Tensor) -> Tensor:
        return self.frozen(rows) + 2.0 * (rows @ self.down.T @ self.up.T)


def test_lora_linear() -> None:
    ours = architectures("lora_linear")["model"]
    theirs = Lora()
    theirs.frozen.weight.requires_grad_(False)
    weights = {
        "linear.weight": "frozen.weight",
        "linear.bias": "frozen.bias",
        "linear.up": "up",
        "linear.down": "down",
    }
    sizes = {"feature": 6, "label": 4, "rank": 2}
    assert compare(ours, theirs, weights, [x(3, 6)], sizes=sizes) <= TOLERANCE
