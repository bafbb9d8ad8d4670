"""The rows of ``tests.benchmarks.emitted``: every spec, its baseline, and inputs of two sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from tests.benchmarks import baselines

Inputs = tuple[Tensor | int, ...]
Sizes = Mapping[str, int]


@dataclass(frozen=True)
class Row:
    """One comparison: a spec and its architecture, the baseline, and inputs of a batch size.

    ``batches`` are the batch sizes, the small one first; ``sizes`` replace those of the spec;
    ``wide`` replaces them further for the large batch.
    """

    spec: str
    name: str
    baseline: Callable[[Sizes], nn.Module]
    inputs: Callable[[Sizes, int], Inputs]
    batches: tuple[int, int]
    peer: str = "by hand"
    sizes: Sizes = field(default_factory=dict)
    wide: Sizes = field(default_factory=dict)


def vectors(*names: str) -> Callable[[Sizes, int], Inputs]:
    return lambda s, b: tuple(torch.randn(b, s[name]) for name in names)


def maps(channel: str | int, *places: int) -> Callable[[Sizes, int], Inputs]:
    return lambda s, b: (
        torch.randn(b, channel if isinstance(channel, int) else s[channel], *places),
    )


def graph(s: Sizes, vertices: int) -> Inputs:
    pair = torch.randint(vertices, (2, 5 * vertices))
    return torch.randn(vertices, s["feature"]), pair[0].contiguous(), pair[1].contiguous()


def union(s: Sizes, graphs: int) -> Inputs:
    sample = torch.arange(graphs).repeat_interleave(20)
    return *graph(s, 20 * graphs), sample, graphs


def masked(s: Sizes, b: int) -> Inputs:
    mask = (torch.rand(b, 64, 64) < 0.7) | torch.eye(64, dtype=torch.bool)
    return torch.randn(b, 64, s["width"]), mask


def text(s: Sizes, b: int) -> Inputs:
    return (torch.randint(s["letter"], (b, s["token"])),)


def of(made: Callable[..., nn.Module], *names: str) -> Callable[[Sizes], nn.Module]:
    return lambda s: made(*(s[name] for name in names))


WIDE = {"width": 256}
ROWS = (
    Row("residual_mlp", "residual_mlp",
        of(baselines.ResidualMlp, "feature", "width", "hidden", "label"),
        vectors("feature"), (32, 512)),
    Row("deep_sets", "deep_sets", of(baselines.DeepSets, "feature", "hidden", "label"),
        maps(100, 16), (4, 64)),
    Row("transformer_block", "transformer_block", of(baselines.transformer_block, "width", "heads"),
        lambda s, b: (torch.randn(b, 128, s["width"]),), (1, 16), "nn.TransformerEncoderLayer"),
    Row("graph_convolution", "graph_convolution",
        of(baselines.GraphConvolution, "feature", "hidden"), graph, (500, 5000)),
    Row("graph_convolution", "graph_convolution",
        of(baselines.geometric_convolution, "feature", "hidden"), graph, (500, 5000), "GCNConv"),
    Row("residual_block", "residual_block", of(baselines.ResidualBlock, "narrow", "wide"),
        maps("narrow", 32, 32), (1, 16)),
    Row("residual_block", "residual_block", of(baselines.monai_block, "narrow", "wide"),
        maps("narrow", 32, 32), (1, 16), "monai ResNetBlock"),
    Row("network_in_network", "network_in_network",
        of(baselines.NetworkInNetwork, "colour", "patch", "hidden", "label"),
        maps("colour", 32, 32), (1, 16)),
    Row("ghost_module", "ghost_module", of(baselines.GhostModule, "colour", "real"),
        maps("colour", 32, 32), (1, 16)),
    Row("channel_attention", "channel_attention", of(baselines.ChannelAttention),
        maps("channel", 1024), (4, 16)),
    Row("squeeze_aggregated", "squeeze_aggregated",
        of(baselines.SqueezeAggregated, "channel", "reduced"), maps("channel", 1024), (4, 16)),
    Row("global_context", "global_context_block",
        of(baselines.GlobalContext, "channel", "reduced"), maps("channel", 1024), (4, 16)),
    Row("mixture_of_experts", "mixture_of_experts",
        of(baselines.MixtureOfExperts, "feature", "hidden", "target", "expert"),
        vectors("feature"), (32, 512)),
    Row("gated_multimodal_unit", "gated_multimodal_unit",
        of(baselines.GatedMultimodalUnit, "image", "text", "hidden"),
        vectors("image", "text"), (64, 2048)),
    Row("monet_block", "monet_block", of(baselines.MonetBlock, "width", "inner", "rank"),
        vectors("width"), (64, 2048)),
    Row("tied_autoencoder", "tied_autoencoder", of(baselines.TiedAutoencoder, "pixel", "code"),
        vectors("pixel"), (64, 2048)),
    Row("lora_linear", "lora_linear",
        lambda s: baselines.LoraLinear(s["feature"], s["label"], s["rank"], 2.0),
        vectors("feature"), (64, 2048)),
    Row("lstm_step", "lstm_step", of(baselines.LstmCell, "feature", "hidden"),
        vectors("feature", "hidden", "hidden"), (16, 512), "nn.LSTMCell"),
    Row("lstm_step", "lstm_step", of(baselines.LstmByHand, "feature", "hidden"),
        vectors("feature", "hidden", "hidden"), (16, 512)),
    Row("self_attention", "self_attention", of(baselines.SelfAttention, "width", "heads"),
        masked, (1, 16)),
    Row("iterated_block", "tied", of(baselines.Tied, "width"), vectors("width"), (64, 256),
        wide=WIDE),
    Row("iterated_block", "untied", of(baselines.untied, "width"), vectors("width"), (64, 256),
        wide=WIDE),
    Row("iterated_block", "stacked", of(baselines.Stacked, "width"), vectors("width"), (64, 256),
        wide=WIDE),
    Row("message_passing", "message_passing",
        of(baselines.MessagePassing, "feature", "hidden", "label"), union, (8, 256)),
    Row("character_model", "character_model", baselines.CharacterModel, text, (1, 8)),
    Row("digits_cnn", "digits_cnn", of(baselines.DigitsCnn), maps(1, 8, 8), (2, 64)),
)  # fmt: skip
