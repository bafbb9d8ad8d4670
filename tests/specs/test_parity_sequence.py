"""Parity with torch's own modules: transformer layer, attention, LSTM cell."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.specs.parity import TOLERANCE, architectures, compare

SIZES = {"width": 12, "heads": 3}


@pytest.fixture(autouse=True)
def _seed():
    torch.manual_seed(0)


def x(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64)


def encoder_layer(width: int = 12, heads: int = 3) -> nn.Module:
    return nn.TransformerEncoderLayer(
        width,
        heads,
        4 * width,
        dropout=0.0,
        activation="gelu",
        norm_first=True,
        batch_first=True,
        dtype=torch.float64,
    )


PACKED = {
    "attention.qkv.weight": "self_attn.in_proj_weight",
    "attention.qkv.bias": "self_attn.in_proj_bias",
    "attention.out.weight": "self_attn.out_proj.weight",
    "attention.out.bias": "self_attn.out_proj.bias",
    "norm_1.weight": "norm1.weight",
    "norm_1.bias": "norm1.bias",
    "norm_2.weight": "norm2.weight",
    "norm_2.bias": "norm2.bias",
    "linear.weight": "linear1.weight",
    "linear.bias": "linear1.bias",
    "linear_2.weight": "linear2.weight",
    "linear_2.bias": "linear2.bias",
}


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("tokens", [1, 5])
def test_causal_block_is_torchs_pre_norm_encoder_layer(tokens: int, train: bool) -> None:
    theirs = encoder_layer()
    mask = nn.Transformer.generate_square_subsequent_mask(tokens, dtype=torch.float64)

    def call(stream: Tensor) -> Tensor:
        return theirs(stream, src_mask=mask, is_causal=True)

    block = architectures("transformer_block")["model"]
    error = compare(block, theirs, PACKED, [x(2, tokens, 12)], call, train=train, sizes=SIZES)
    assert error <= TOLERANCE


def test_unmasked_block_is_torchs_encoder_layer() -> None:
    block = architectures("transformer_block")["unmasked"]
    assert compare(block, encoder_layer(), PACKED, [x(2, 5, 12)], sizes=SIZES) <= TOLERANCE


def test_the_comparison_sees_a_missing_mask() -> None:
    block = architectures("transformer_block")["model"]
    assert compare(block, encoder_layer(), PACKED, [x(2, 5, 12)], sizes=SIZES) > 1e-3


def test_the_comparison_sees_swapped_weights() -> None:
    broken = {**PACKED, "norm_1.weight": "norm2.weight", "norm_2.weight": "norm1.weight"}
    block = architectures("transformer_block")["unmasked"]
    assert compare(block, encoder_layer(), broken, [x(2, 5, 12)], sizes=SIZES) > 1e-3


def third(place: int):
    """Rows ``place`` of three blocks of rows: torch keeps queries, keys and values in one array."""
    return lambda t: t.chunk(3, dim=0)[place]


def test_self_attention_with_a_mask_is_multihead_attention() -> None:
    theirs = nn.MultiheadAttention(12, 3, batch_first=True, dtype=torch.float64)
    may_look = torch.rand(2, 5, 5) > 0.4
    may_look |= torch.eye(5, dtype=torch.bool)  # torch has no meaning for a row without any

    def call(stream: Tensor, looks: Tensor) -> Tensor:
        hidden = (~looks).repeat_interleave(3, dim=0)
        return theirs(stream, stream, stream, attn_mask=hidden, need_weights=False)[0]

    weights = {"out.weight": "out_proj.weight", "out.bias": "out_proj.bias"}
    for place, name in enumerate(("query", "key", "value")):
        weights[f"{name}.weight"] = ("in_proj_weight", third(place))
        weights[f"{name}.bias"] = ("in_proj_bias", third(place))
    ours = architectures("self_attention")["model"]
    assert compare(ours, theirs, weights, [x(2, 5, 12), may_look], call, sizes=SIZES) <= TOLERANCE


def test_one_step_is_torchs_lstm_cell() -> None:
    theirs = nn.LSTMCell(6, 8, dtype=torch.float64)
    weights = {
        "from_input.weight": "weight_ih",
        "from_input.bias": "bias_ih",
        "from_state.weight": "weight_hh",
        "from_state.bias": "bias_hh",
    }

    def call(one: Tensor, state: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        return theirs(one, (state, memory))

    ours = architectures("lstm_step")["model"]
    sizes = {"feature": 6, "hidden": 8}
    error = compare(ours, theirs, weights, [x(3, 6), x(3, 8), x(3, 8)], call, sizes=sizes)
    assert error <= TOLERANCE
