"""Baked modules: the same function with plain weights, whatever the module's state is."""

from __future__ import annotations

import pytest
import torch

from backends.pytorch.bake import bake
from backends.pytorch.build import build
from categorical import Dim, Real, arrow, iterate, op, tie
from categorical.errors import SpecError
from categorical.exact import Basis, cos
from categorical.representations import regular
from synthesis.solver import solve
from tests.backends.pytorch.test_hom import C8, C64, PLANES, layer, randomised
from tests.backends.pytorch.test_steerable import C4, D4, regular_net

batch, n, c, k = Dim.named("batch n c k")
v, u = Dim("v", size=2), Dim("u", size=3)
TURN = Basis((2, 2), 2, [0, 0, 1, 1], [0, 3, 1, 2], [1, 1, -1, 1])
WIDER = Basis((3, 2), 2, [0, 1, 1], [0, 3, 4], [1, cos(8), 2])
KERNELS = Basis((2, 1, 3), 2, [0, 0, 1], [0, 5, 0], [1, cos(8), 3])  # two of them overlap
ALONG = Basis((2, 1), 1, [0, 0], [0, 1], [1, -1])
SIZES = {"c": 3, "k": 4}


def same(made, *shape, module=None):
    """Bake random weights: the outputs are those of the module, and every build is validated."""
    module = randomised(made) if module is None else module
    other, plain = bake(made, module)
    x = torch.randn(*shape, dtype=next(module.parameters()).dtype)
    assert torch.allclose(plain(x), module(x), rtol=1e-11, atol=1e-11)
    assert other.validation["outputs_and_states"]
    return other, plain


@pytest.mark.parametrize("padding", ["zero", "circular"])
@pytest.mark.parametrize("pair", [C4, D4], ids=["C4", "D4"])
def test_a_group_cnn_is_plain_convolutions(pair, padding):
    other, _ = same(regular_net(pair, padding), 2, 2, 6, 6)
    assert "index_select" not in other.source and "nn.Conv2d" in other.source
    assert "permute" not in other.source


def test_kernels_that_overlap_with_a_bias_along_one_direction_of_the_fibre():
    conv = op.steerable_conv(KERNELS, (), v, channels=(c, k), over=n, bias=ALONG)
    same(build(conv.at(Real[batch, n, c]), SIZES, "net"), 2, 5, 3)


def test_fibres_without_channels():
    kernels = Basis((2, 2, 3), 2, [0, 0, 1], [0, 5, 7], [1, -1, 3])
    conv = op.steerable_conv(kernels, v, v, over=n, bias=ALONG)
    same(build(conv.at(Real[batch, v, n]), {}, "net"), 2, 2, 5)


@pytest.mark.parametrize("one", [regular(C8), regular(C64), PLANES], ids=["C8", "C64", "D6"])
def test_a_layer_is_one_linear_map_of_merged_axes(one):
    other, plain = same(layer(one), 5, one.dimension, 3)
    assert plain.hom.weight.shape == (4 * one.dimension, 3 * one.dimension)
    assert "nn.Linear" in other.source and "permute" not in other.source
    assert "index_select" not in other.source and "torch.fft" not in other.source


@pytest.mark.parametrize(
    "axes",
    [(batch, v, c), (batch, c, v), (v, batch, c), (batch, c, v, n), (c, batch, n, v)],
    ids=["fibre", "channel", "apart", "in front", "far apart"],
)
@pytest.mark.parametrize("bias", [None, Basis((3, 1), 2, [0, 1], [1, 2], [1, 5])])
def test_axes_stand_anywhere(axes, bias):
    one = op.hom(WIDER, ((v,),), (u,), channels=(c,), out=k, bias=bias)
    made = build(one.at(Real[axes]), SIZES, "net")
    sizes = {batch: 2, n: 5, c: 3, v: 2}
    same(made, *(sizes[a] for a in axes))


def test_layers_without_channels():
    one = op.hom(TURN, ((v,),), (v,), bias=ALONG)
    _, plain = same(build(one.at(Real[batch, v]), {}, "net"), 5, 2)
    assert plain.hom.weight.shape == (2, 2)


def test_several_acted_axes_are_one():
    w = v.at("to")
    maps = Basis((4, 4), 3, [0, 1, 2, 2], [0, 6, 9, 15], [1, 2, -1, cos(8)])
    one = op.hom(maps, ((v, w),), (v, w), channels=(c,), out=k)
    same(build(one.at(Real[batch, v, w, c]), SIZES, "net"), 5, 2, 2, 3)


def test_both_kinds_in_one_net():
    conv = op.steerable_conv(KERNELS, (), v, channels=(c, k), over=n, bias=ALONG)
    net = conv >> op.relu >> op.hom(WIDER, ((v,),), (u,), channels=(k,), out=c)
    other, _ = same(build(net.at(Real[batch, c, n]), SIZES, "net"), 2, 3, 5)
    assert "nn.Conv1d" in other.source and "basis" not in other.source


def test_a_tied_layer_stays_one_weight():
    turn = op.hom(TURN, ((v,),), (v,), channels=(c,), out=c, bias=ALONG)
    turn = tie(turn)
    net = turn >> op.tanh >> turn
    _, plain = same(build(net.at(Real[batch, v, c]), SIZES, "net"), 5, 2, 3)
    assert sorted(tuple(p.shape) for p in plain.parameters()) == [(6,), (6, 6)]


def test_layers_of_a_part_that_is_called_twice():
    @arrow
    def part(x: Real[batch, v, c]) -> Real[batch, v, c]:
        return op.tanh(op.hom(TURN, ((v,),), (v,), channels=(c,), out=c)(x))

    net = part >> part  # with weights of their own
    _, plain = same(build(net.at(Real[batch, v, c]), SIZES, "net"), 5, 2, 3)
    assert {tuple(p.shape) for p in plain.parameters()} == {(6, 6)}


def test_bodies_of_iterations_stay():
    turn = op.hom(TURN, ((v,),), (v,), channels=(c,), out=c)
    net = iterate(turn >> op.tanh, times=3) >> op.hom(WIDER, ((v,),), (u,), channels=(c,), out=k)
    _, plain = same(build(net.at(Real[batch, v, c]), SIZES, "net"), 5, 2, 3)
    assert (12, 6) in {tuple(p.shape) for p in plain.parameters()}
    assert any(p.shape[-3:] == (2, 3, 3) for p in plain.parameters())


def test_element_type_mode_and_frozen_weights_are_kept():
    conv = op.steerable_conv(KERNELS, (), v, channels=(c, k), over=n, bias=ALONG)
    net = op.linear(c, c) >> conv  # a layer that stays has its own copy of the weights
    made = build(net.at(Real[batch, c, n]), SIZES, "net")
    module = made.module().to(torch.bfloat16).eval()
    module.steerable_conv.weight.requires_grad_(False)
    before = {key: p.detach().clone() for key, p in module.named_parameters()}
    _, plain = bake(made, module)
    assert {p.dtype for p in plain.parameters()} == {torch.bfloat16} and not plain.training
    assert {k: p.requires_grad for k, p in plain.named_parameters()} == {
        k: p.requires_grad for k, p in module.named_parameters()
    }
    assert bake(made, module.train())[1].training
    for p in plain.parameters():
        p.data.zero_()
    assert all(torch.equal(p, before[key]) for key, p in module.named_parameters())


def refused(made, module):
    with pytest.raises(SpecError) as caught:
        bake(made, module)
    assert caught.value.code == "CM042"
    return str(caught.value)


def test_modules_of_other_builds_are_refused():
    made = layer(regular(C8))
    assert "no solved layer" in refused(build(op.relu.at(Real[batch, c]), {}, "net"), None)
    assert "weight" in refused(made, None)
    assert "weight" in refused(made, torch.nn.Linear(3, 4))
    assert "(8, 5, 3)" in refused(made, made.module(k=5))


def test_a_module_with_the_same_shapes_of_another_spec_is_refused():
    """A weight for other maps has the same shape: baked with these it would be another function."""
    other = Basis(TURN.shape, 2, TURN.which, TURN.places, [1, 2, 3, 4])
    first, second = (
        build(op.hom(b, ((v,),), (v,)).at(Real[batch, v]), {}, "net") for b in (TURN, other)
    )
    assert "another" in refused(first, second.module())


def two_readers(second):
    """One arrow with one weight, read twice; the second time in another place."""
    turn = tie(op.hom(TURN, ((v,),), (v,), channels=(c,), out=c))
    net = turn >> op.tanh >> second >> turn
    return build(net.at(Real[batch, v, c]), SIZES, "net")


def test_a_weight_whose_readers_need_two_matrices_stays():
    """Channel in front of the fibre, and behind: the merged rows have another order."""
    made = two_readers(op.transpose(batch, c, v))
    assert len(made.parameters) == 1
    assert "no solved layer" in refused(made, made.module())
    same(two_readers(op.relu), 5, 2, 3)


def test_nothing_that_stays_is_called_baked():
    """Channels that are kept apart, and products of two inputs."""
    apart = op.hom(TURN, ((v,),), (v,), channels=(c,), mix="each")
    refused(made := build(apart.at(Real[batch, v, c]), SIZES, "net"), made.module())
    product = Basis((2, 2, 2), 1, [0, 0], [0, 3], [1, -1])
    two = op.hom(product, ((v,), (v,)), (v,)).at(Real[batch, v], Real[batch, v])
    refused(made := build(two, {}, "net"), made.module())


def test_solved_layers_stay_equivariant():
    one = regular(C8)
    g = Dim("g", size=8)
    arrow_ = op.hom(solve(one, one).basis, ((g,),), (g,), channels=(c,), out=k)
    made = build(arrow_.at(Real[batch, g, c]), SIZES, "net")
    _, plain = bake(made, randomised(made))
    x = torch.randn(5, 8, 3, dtype=torch.float64)
    assert torch.allclose(plain(x.roll(1, 1)), plain(x).roll(1, 1), rtol=1e-12, atol=1e-12)
