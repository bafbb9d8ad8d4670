"""Generated steerable convolutions: one gather, exact in every element type, equivariant."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backends.pytorch.build import build
from categorical import Dim, Real, op
from categorical.exact import Basis, cos
from categorical.representations import Representation
from synthesis.solver.kernels import kernels
from tests.synthesis.solver.test_kernels import C4, CUBE, D4

batch, n, c, k = Dim.named("batch n c k")
row, column = n.at("row"), n.at("column")


def regular_net(pair, padding="circular"):
    """Lift, relu, convolve: the module and its group's regular representation."""
    grid, regular = pair
    g = Dim("g", size=regular.dimension)
    one = Representation.trivial(grid.of)
    fixed = kernels(one, regular, 1, grid=grid).basis
    fixed = Basis((regular.dimension, 1), fixed.count, fixed.which, fixed.places, fixed.values)
    more = {"over": (row, column), "padding": padding, "bias": fixed}
    lift = op.steerable_conv(
        kernels(one, regular, 3, grid=grid).basis, (), g, channels=(c, k), **more
    )
    inner = op.steerable_conv(
        kernels(regular, regular, 3, grid=grid).basis, g, g, channels=(k, k), **more
    )
    net = (lift >> op.relu >> inner).at(Real[batch, c, row, column])
    return build(net, {"c": 2, "k": 3}, "net")


def moved(x, grid, g, fibre=None):
    """g·x of a batch of images (…, rows, columns), with the fibre in front of them."""
    image, signs = grid.map(g).signed_image
    x = torch.flip(x, [i - 2 for i in range(2) if signs[i] < 0])
    x = x.transpose(-1, -2) if image[0] == 1 else x
    return x if fibre is None else x[:, :, torch.as_tensor(np.argsort(fibre.map(g).image))]


@pytest.mark.parametrize("pair", [C4, D4], ids=["C4", "D4"])
def test_a_generated_group_cnn_is_equivariant_in_doubles(pair):
    grid, regular = pair
    module = regular_net(pair).module().double()
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    x = torch.randn(2, 2, 6, 6, dtype=torch.float64)
    y = module(x)
    for g in grid.of.arrows:
        wanted = moved(y, grid, g, regular)
        gap = (module(moved(x, grid, g)) - wanted).abs().max() / wanted.abs().max()
        assert gap < 1e-13
        assert not torch.allclose(y, wanted)


def test_the_kernel_is_one_gather_and_no_weight_is_stored_twice():
    made = regular_net(C4)
    assert made.source.count("index_select") == 2 and "tensordot" not in made.source
    module = made.module()
    names = dict(module.named_parameters())
    assert {tuple(p.shape) for p in names.values()} == {(9, 3, 2), (1, 3), (36, 3, 3)}
    assert set(module.state_dict()) == set(names)


def test_irrational_kernels_stay_exact_when_the_element_type_changes():
    """√½ as float64 is written as bits: float32 in between loses nothing."""
    half = cos(8)
    basis = Basis((2, 2, 1), 2, [0, 0, 1, 1], [0, 3, 1, 0], [half, half, 1, half])
    v = Dim("v", size=2)
    made = build(
        op.steerable_conv(basis, v, v, channels=(c, k), over=n).at(Real[batch, c, v, n]),
        {"c": 1, "k": 1},
        "net",
    )
    assert "tensordot" in made.source
    module = made.module().float().double()
    with torch.no_grad():
        module.steerable_conv.weight[:] = torch.tensor([1.0, 3.0]).view(2, 1, 1)
    x = torch.eye(2, dtype=torch.float64).view(2, 1, 2, 1)
    wanted = torch.tensor([[4, 0], [3, 1]], dtype=torch.float64) * torch.tensor(
        [[0.5**0.5, 0], [1, 0.5**0.5]], dtype=torch.float64
    )
    assert (module(x).view(2, 2) - wanted).abs().max() < 1e-15


def test_signs_and_holes_are_gathered_too():
    grid, _ = C4
    vector = Representation(grid.of, {"r": grid.map("r")}, name="vector")
    basis = kernels(vector, vector, 3, grid=grid).basis
    v = Dim("v", size=2)
    arrow = op.steerable_conv(basis, v, v, channels=(c, k), over=(row, column))
    made = build(arrow.at(Real[batch, c, v, row, column]), {"c": 2, "k": 2}, "net")
    assert "torch.cat" in made.source and "tensordot" not in made.source


def test_a_cube_is_convolved_in_three_dimensions():
    grid, regular = CUBE
    depth, g = n.at("depth"), Dim("g", size=24)
    basis = kernels(Representation.trivial(grid.of), regular, 3, grid=grid).basis
    arrow = op.steerable_conv(basis, (), g, channels=(c, k), over=(row, column, depth))
    made = build(arrow.at(Real[batch, c, row, column, depth]), {"c": 1, "k": 2}, "net")
    assert "F.conv3d" in made.source
    assert made.module()(torch.randn(2, 1, 4, 4, 4)).shape == (2, 2, 24, 4, 4, 4)


def test_the_module_exports():
    made = regular_net(C4, "zero")
    module = made.module().eval()
    x = torch.randn(3, 2, 5, 5)
    size = torch.export.Dim("batch", min=2)
    program = torch.export.export(module, (x,), dynamic_shapes=({0: size},), strict=True)
    other = torch.randn(4, 2, 5, 5)
    assert torch.allclose(program.module()(other), module(other), atol=1e-6)
