"""Emitted modules against idiomatic PyTorch: ``python -m tests.benchmarks.emitted``.

Forward and backward, float32, one thread, eager and (with ``--compiled``) under
``torch.compile(fullgraph=True)`` on both sides.  A ratio below 1 means that the emitted code is
faster.  The A/A column times the baseline against itself.  ``--only NAME`` picks rows.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
from torch import Tensor, nn

from categorical import Architecture
from categorical.face.loader import load
from tests.benchmarks import baselines
from tests.benchmarks.timing import measure, table

SPECS = Path(__file__).resolve().parents[2] / "specs"


@dataclass(frozen=True)
class Row:
    """One comparison: a spec and its architecture, the baseline, and inputs of one size."""

    spec: str
    name: str
    baseline: Callable[[dict[str, int]], nn.Module]
    inputs: Callable[[], tuple[Tensor, ...]]
    size: str
    train: bool = True


def graph(vertices: int, edges: int, feature: int) -> tuple[Tensor, ...]:
    pair = torch.randint(vertices, (2, edges))
    return torch.randn(vertices, feature), pair[0].contiguous(), pair[1].contiguous()


ROWS = (
    Row("deep_sets", "deep_sets", lambda s: baselines.DeepSets(s["feature"], s["hidden"], s["label"]),
        lambda: (torch.randn(32, 100, 16),), "B32 n100"),
    Row("residual_mlp", "residual_mlp",
        lambda s: baselines.ResidualMlp(s["feature"], s["width"], s["hidden"], s["label"]),
        lambda: (torch.randn(256, 16),), "B256"),
    Row("transformer_block", "transformer_block",
        lambda s: baselines.transformer_block(s["width"], s["heads"]),
        lambda: (torch.randn(16, 128, 64),), "B16 T128 d64"),
    Row("graph_convolution", "graph_convolution",
        lambda s: baselines.GraphConvolution(s["feature"], s["hidden"]),
        lambda: graph(2000, 10000, 16), "V2000 E10000"),
    Row("residual_block", "residual_block",
        lambda s: baselines.ResidualBlock(s["narrow"], s["wide"]),
        lambda: (torch.randn(8, 16, 32, 32),), "B8 32x32"),
    Row("network_in_network", "network_in_network",
        lambda s: baselines.NetworkInNetwork(s["colour"], s["patch"], s["hidden"], s["label"]),
        lambda: (torch.randn(16, 3, 32, 32),), "B16 32x32"),
    Row("ghost_module", "ghost_module",
        lambda s: baselines.GhostModule(s["colour"], s["real"]),
        lambda: (torch.randn(16, 16, 32, 32),), "B16 32x32"),
    Row("channel_attention", "channel_attention", lambda s: baselines.ChannelAttention(),
        lambda: (torch.randn(32, 32, 256),), "B32 c32 p256"),
    Row("squeeze_aggregated", "squeeze_aggregated",
        lambda s: baselines.SqueezeAggregated(s["channel"], s["reduced"]),
        lambda: (torch.randn(32, 32, 256),), "B32 c32 p256"),
    Row("global_context", "global_context_block",
        lambda s: baselines.GlobalContext(s["channel"], s["reduced"]),
        lambda: (torch.randn(32, 32, 256),), "B32 c32 p256"),
    Row("mixture_of_experts", "mixture_of_experts",
        lambda s: baselines.MixtureOfExperts(s["feature"], s["hidden"], s["target"], s["expert"]),
        lambda: (torch.randn(256, 16),), "B256 e8"),
    Row("gated_multimodal_unit", "gated_multimodal_unit",
        lambda s: baselines.GatedMultimodalUnit(s["image"], s["text"], s["hidden"]),
        lambda: (torch.randn(512, 24), torch.randn(512, 32)), "B512"),
    Row("digits_cnn", "digits_cnn", lambda s: baselines.DigitsCnn(),
        lambda: (torch.randn(64, 1, 8, 8),), "B64 8x8"),
)


def architecture(row: Row) -> Architecture:
    found = load(SPECS / f"{row.spec}.py").declared
    return next(one.architecture for one in found if one.name == row.name)


def emitted(row: Row) -> nn.Module:
    """The built module at the declared sizes."""
    from backends.pytorch import build

    found = architecture(row)
    module: nn.Module = build(found.batched(), found.sizes, found.name).module()
    return module


def step(module: nn.Module, inputs: tuple[Tensor, ...]) -> Callable[[], None]:
    """One forward and backward pass, gradients of the weights and of real inputs."""
    leaves = tuple(x.clone().requires_grad_(x.is_floating_point()) for x in inputs)
    module.train()

    def work() -> None:
        outputs = module(*leaves)
        total = outputs.sum() if isinstance(outputs, Tensor) else sum(y.sum() for y in outputs)
        total.backward()

    return work


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--compiled", action="store_true", help="compile both sides as well")
    parser.add_argument("--only", default="", help="rows whose name contains this")
    parser.add_argument("--rounds", type=int, default=31)
    options = parser.parse_args()
    torch.set_num_threads(1)
    lines = []
    for row in ROWS:
        if options.only not in row.name:
            continue
        torch.manual_seed(0)
        inputs = row.inputs()
        sizes = architecture(row).sizes
        modes = [("eager", lambda m: m)]
        if options.compiled:
            modes.append(("compiled", lambda m: torch.compile(m, fullgraph=True)))
        for mode, prepare in modes:
            torch.compiler.reset()
            contenders = {
                "baseline": step(prepare(row.baseline(sizes)), inputs),
                "again": step(prepare(row.baseline(sizes)), inputs),
                "emitted": step(prepare(emitted(row)), inputs),
            }
            found = measure(contenders, "baseline", options.rounds)
            mine, noise = found.ratios["emitted"], found.ratios["again"]
            lines.append(
                [row.name, row.size, mode, f"{found.baseline:.3f}", f"{mine[0]:.3f}",
                 f"{mine[1]:.3f}–{mine[2]:.3f}", f"{noise[0]:.3f}", f"{noise[1]:.3f}–{noise[2]:.3f}"]
            )
            print("  ".join(lines[-1]), flush=True)
    print()
    print(table(lines, ["spec", "size", "mode", "baseline ms", "emitted/baseline", "quartiles", "A/A", "quartiles"]))


if __name__ == "__main__":
    main()
