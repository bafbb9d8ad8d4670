"""Modules of layers of diagrams: built, validated, run at other sizes."""

from __future__ import annotations

import pytest
import torch

from backends.pytorch.build import build
from categorical import Dim, Real, op
from categorical.diagrams import Diagrams, partition_diagrams

batch, n, c, k, d = Dim.named("batch n c k d")
to = n.at("to")


def solved(diagrams: Diagrams, sources, target, **more):
    bias = Diagrams(diagrams.factors, diagrams.targets, (), diagrams.scale)
    return op.hom(diagrams, sources, target, bias=bias, **more)


def doubles(arrow, sizes: dict[str, int]):
    module = build(arrow, sizes, "net").module().double()
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    return module


def network(*, plain: bool):
    """Two layers on matrices; ``plain`` leaves out the maps onto diagonals."""
    maps = partition_diagrams(2, 2)
    if plain:
        one_each = [all(sum(p < 2 for p in b) < 2 for b in one.blocks) for one in maps.diagrams]
        maps = maps.choose([i for i, good in enumerate(one_each) if good])
    bias = partition_diagrams(0, 2)
    bias = bias.choose((0,)) if plain else bias
    first = op.hom(maps, ((n, to),), (n, to), channels=(c,), out=k, bias=bias)
    second = op.hom(maps, ((n, to),), (n, to), channels=(k,), out=c, bias=bias)
    return doubles((first >> op.relu >> second).at(Real[batch, n, to, c]), {"c": 2, "k": 3})


@pytest.mark.parametrize("plain", [False, True])
def test_a_network_is_equivariant_at_every_size(plain: bool):
    module = network(plain=plain)
    for size in (1, 3, 6):
        x, order = torch.randn(4, size, size, 2, dtype=torch.float64), torch.randperm(size)
        y = module(x[:, order][:, :, order])
        assert torch.allclose(y, module(x)[:, order][:, :, order], atol=1e-12)


def test_a_network_does_not_see_that_nodes_are_duplicated():
    """The law of transfer between sizes: it holds of networks without the maps onto diagonals, and
    fails with them."""
    x = torch.randn(2, 3, 3, 2, dtype=torch.float64)
    twice = x.repeat_interleave(2, 1).repeat_interleave(2, 2)
    for plain in (True, False):
        module = network(plain=plain)
        y = module(x).repeat_interleave(2, 1).repeat_interleave(2, 2)
        assert torch.allclose(module(twice), y, atol=1e-12) == plain


def test_the_place_of_the_channels_does_not_matter():
    maps = partition_diagrams(2, 2)
    layer = solved(maps, ((n, to),), (n, to), channels=(c,), out=k)
    last = doubles(layer.at(Real[batch, n, to, c]), {"c": 2, "k": 3})
    first = doubles(layer.at(Real[batch, c, n, to]), {"c": 2, "k": 3})
    first.load_state_dict(last.state_dict())
    x = torch.randn(2, 4, 4, 2, dtype=torch.float64)
    y = first(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)
    assert torch.allclose(y, last(x), atol=1e-12)


def test_constants_bare_layers_and_two_inputs():
    constant = doubles(solved(partition_diagrams(0, 2), (), (n, to), out=c).at(), {"c": 2, "n": 4})
    y = constant()
    assert y.shape == (4, 4, 2)
    assert torch.equal(y, y.transpose(0, 1))
    bare = doubles(solved(partition_diagrams(2, 2), ((n, to),), (n, to)).at(Real[batch, n, to]), {})
    x, order = torch.randn(2, 5, 5, dtype=torch.float64), torch.randperm(5)
    assert torch.allclose(
        bare(x[:, order][:, :, order]), bare(x)[:, order][:, :, order], atol=1e-12
    )
    two = solved(partition_diagrams(3, 1), ((n, to), (n,)), (n,), channels=(c, k), out=d)
    module = doubles(two.at(Real[batch, n, to, c], Real[n, batch, k]), {"c": 2, "k": 3, "d": 2})
    a, b = (torch.randn(*s, dtype=torch.float64) for s in ((2, 5, 5, 2), (5, 2, 3)))
    assert torch.allclose(
        module(a[:, order][:, :, order], b[order]), module(a, b)[:, order], atol=1e-12
    )
