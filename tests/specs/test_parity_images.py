"""Parity of the image, channel-attention and graph specs with independent implementations."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tests.benchmarks import baselines
from tests.specs.parity import TOLERANCE, architectures, compare

torch.manual_seed(0)


def named(spec: str, name: str):
    return next(a for a in architectures(spec).values() if a.name == name)


def same_names(*paths: str) -> dict[str, str]:
    return {path: path for path in paths}


@pytest.mark.parametrize("train", [False, True])
def test_residual_block(train: bool) -> None:
    block = named("residual_block", "residual_block")
    paths = [f"{layer}.weight" for layer in ("conv1", "conv2", "shortcut")]
    paths += [f"norm{i}.{kind}" for i in (1, 2, 3) for kind in ("weight", "bias")]
    sizes = dict(narrow=3, wide=4)
    error = compare(
        block,
        baselines.ResidualBlock(3, 4),
        same_names(*paths),
        [torch.randn(5, 3, 9, 7).double()],
        train=train,
        sizes=sizes,
    )
    assert error <= TOLERANCE


@pytest.mark.parametrize("train", [False, True])
def test_residual_block_of_monai(train: bool) -> None:
    blocks = pytest.importorskip(
        "monai.networks.nets.resnet", reason="the parity extra is not installed"
    )
    block = named("residual_block", "residual_block")
    shortcut = nn.Sequential(nn.Conv2d(3, 4, 1, 2, bias=False), nn.BatchNorm2d(4))
    theirs = blocks.ResNetBlock(3, 4, spatial_dims=2, stride=2, downsample=shortcut)
    names = {"shortcut.weight": "downsample.0.weight"}
    names |= {f"conv{i}.weight": f"conv{i}.weight" for i in (1, 2)}
    for i, other in ((1, "bn1"), (2, "bn2"), (3, "downsample.1")):
        names |= {f"norm{i}.{kind}": f"{other}.{kind}" for kind in ("weight", "bias")}
    error = compare(
        block,
        theirs,
        names,
        [torch.randn(5, 3, 9, 7).double()],
        train=train,
        sizes=dict(narrow=3, wide=4),
    )
    assert error <= TOLERANCE


def test_network_in_network() -> None:
    paths = [f"nin.{x}.{k}" for x in ("patch", "inner", "outer") for k in ("weight", "bias")]
    net = named("network_in_network", "network_in_network")
    names = {}
    for path in net.graph.resources():
        layer, kind = path.split(".")[-2:]
        widen = layer != "patch" and kind == "weight"
        names[path] = (f"{layer}.{kind}", lambda t: t[:, :, 0, 0]) if widen else f"{layer}.{kind}"
    assert len(names) == len(paths)
    error = compare(
        net, baselines.NetworkInNetwork(3, 4, 5, 6), names, [torch.randn(2, 3, 9, 8).double()],
        sizes=dict(colour=3, patch=4, hidden=5, label=6),
    )  # fmt: skip
    assert error <= TOLERANCE


def test_ghost_module() -> None:
    module = named("ghost_module", "ghost_module")
    names = {
        "primary.weight": ("primary.weight", lambda t: t[:, :, 0, 0]),
        "cheap.weight": "cheap.weight",
    }
    found = {p: r.space for p, r in module.graph.resources().items()}
    if len(found["cheap.weight"].axes) == 3:
        names["cheap.weight"] = ("cheap.weight", lambda t: t[:, 0])
    error = compare(
        module, baselines.GhostModule(3, 4), names, [torch.randn(2, 3, 6, 5).double()],
        sizes=dict(colour=3, real=4),
    )  # fmt: skip
    assert error <= TOLERANCE


def test_channel_attention() -> None:
    block = named("channel_attention", "channel_attention")
    (path,) = block.graph.resources()
    names = {path: ("near.weight", lambda t: t[0, 0])}
    error = compare(
        block,
        baselines.ChannelAttention(),
        names,
        [torch.randn(2, 6, 5).double()],
        sizes=dict(channel=6),
    )
    assert error <= TOLERANCE


def test_squeeze_aggregated() -> None:
    block = named("squeeze_aggregated", "squeeze_aggregated")
    names = {}
    for path in block.graph.resources():
        layer, kind = path.split(".")[-2:]
        names[path] = f"views.{layer[4:]}.{kind}" if layer.startswith("view") else f"{layer}.{kind}"
    error = compare(
        block, baselines.SqueezeAggregated(6, 2), names, [torch.randn(3, 6, 5).double()],
        sizes=dict(channel=6, reduced=2),
    )  # fmt: skip
    assert error <= TOLERANCE


def test_global_context() -> None:
    block = named("global_context", "global_context_block")
    names = {}
    for path in block.graph.resources():
        layer, kind = path.split(".")[-2:]
        layer = {"layer_norm": "norm"}.get(layer, layer)
        flat = layer == "scores" and kind == "weight"
        names[path] = (f"{layer}.{kind}", lambda t: t[:, :, 0]) if flat else f"{layer}.{kind}"
    error = compare(
        block, baselines.GlobalContext(6, 3), names, [torch.randn(3, 6, 5).double()],
        sizes=dict(channel=6, reduced=3),
    )  # fmt: skip
    assert error <= TOLERANCE


def test_digits_cnn() -> None:
    net = named("digits_cnn", "digits_cnn")
    names = {}
    for path in net.graph.resources():
        layer, kind = path.split(".")[-2:]
        if kind in ("weight", "bias"):
            names[path] = f"{layer}.{kind}"
    error = compare(net, baselines.DigitsCnn(), names, [torch.randn(3, 1, 8, 8).double()])
    assert error <= TOLERANCE


def edges(vertices: int, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    pair = torch.randint(vertices, (2, count))
    keep = pair[0] != pair[1]  # the self-loops are added by the layer
    return pair[0][keep], pair[1][keep]


def test_graph_convolution() -> None:
    layer = named("graph_convolution", "graph_convolution")
    source, target = edges(7, 20)
    error = compare(
        layer, baselines.GraphConvolution(3, 4), same_names("linear.weight", "bias"),
        [torch.randn(7, 3).double(), source, target], sizes=dict(feature=3, hidden=4),
    )  # fmt: skip
    assert error <= TOLERANCE


def test_graph_convolution_of_torch_geometric() -> None:
    layers = pytest.importorskip("torch_geometric.nn", reason="the parity extra is not installed")
    theirs = layers.GCNConv(3, 4)
    source, target = edges(7, 20)
    error = compare(
        named("graph_convolution", "graph_convolution"),
        theirs,
        {"linear.weight": "lin.weight", "bias": "bias"},
        [torch.randn(7, 3).double(), source, target],
        lambda x, s, t: theirs(x, torch.stack((s, t))),
        sizes=dict(feature=3, hidden=4),
    )
    assert error <= TOLERANCE
