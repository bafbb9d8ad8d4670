"""Generated solved layers: which form is chosen, exact in every element type, equivariant."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
import torch

from backends.pytorch.build import build
from categorical import Dim, Real, groups, op
from categorical.diagrams import partition_diagrams
from categorical.exact import Basis
from categorical.representations import irrep, regular
from synthesis.solver import bilinear, invariants, solve

batch, c, k = Dim.named("batch c k")
SIZES = {"c": 3, "k": 4}
CROSS = Basis((2, 2, 2), 1, [0, 0, 0], [0, 3, 5], [1, Fraction(1, 2), -2])


def layer(one, **more):
    """All maps of a representation to itself with all biases, as a module."""
    g = Dim("g", size=one.dimension)
    fixed = invariants(one).basis
    arrow = op.hom(solve(one, one).basis, ((g,),), (g,), channels=(c,), out=k, bias=fixed, **more)
    return build(arrow.at(Real[batch, g, c]), SIZES, "net")


def gap(module, one, x):
    """The relative defect of equivariance over the generators."""
    y, worst = module(x), 0.0
    for g in one.of.arrows:
        matrix = torch.as_tensor(one.map(g).floats().astype(float))
        moved = module(torch.einsum("ts,bsc->btc", matrix, x))
        wanted = torch.einsum("ts,bsc->btc", matrix, y)
        worst = max(worst, float((moved - wanted).abs().max() / wanted.abs().max()))
    return worst


def randomised(made):
    module = made.module().double()
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    return module


C8, C64, D6 = groups.cyclic(8), groups.cyclic(64), groups.dihedral(6)
PLANES = irrep(D6, 1) + irrep(D6, 2) + irrep(D6, 1)


@pytest.mark.parametrize(
    ("one", "form"),
    [
        (regular(C8), "index_select"),
        (regular(C64), "torch.fft"),
        (PLANES, "index_select"),
        (irrep(C8, 1) + irrep(C8, 3), "index_select"),
    ],
    ids=["C8", "C64", "D6", "turned"],
)
def test_a_layer_is_equivariant_in_doubles(one, form):
    made = layer(one)
    module = randomised(made)
    x = torch.randn(5, one.dimension, 3, dtype=torch.float64)
    assert gap(module, one, x) < 1e-13
    assert form in made.source
    names = dict(module.named_parameters())
    assert set(module.state_dict()) == set(names)  # no table is saved


def test_a_layer_with_other_tables_is_not_equivariant():
    one = regular(D6)
    basis = solve(one, one).basis
    which = basis.which.copy()
    which[0], which[-1] = which[-1], which[0]
    g = Dim("g", size=12)
    broken = Basis(basis.shape, basis.count, which, basis.places, basis.values)
    arrow = op.hom(broken, ((g,),), (g,), channels=(c,), out=k)
    module = randomised(build(arrow.at(Real[batch, g, c]), SIZES, "net"))
    assert gap(module, one, torch.randn(5, 12, 3, dtype=torch.float64)) > 1e-3


def test_irrational_maps_stay_exact_when_the_element_type_changes():
    """The maps of a reducible plane into another basis of it hold √3/2: overlapping, irrational."""
    one = irrep(D6, 1) * irrep(D6, 1)
    made = layer(one)
    module = made.module().half().double()
    for parameter in module.parameters():
        torch.nn.init.normal_(parameter)
    assert gap(module, one, torch.randn(5, 4, 3, dtype=torch.float64)) < 1e-13


def multiples(*maps):
    """A layer of the maps (start in the target, start in the source, length) of seven entries."""
    which = [m for m, (_, _, n) in enumerate(maps) for _ in range(n)]
    places = [(t + i) * 7 + start + i for t, start, n in maps for i in range(n)]
    s = Dim("s", size=7)
    basis = Basis((7, 7), len(maps), which, places, [1] * len(places))
    arrow = op.hom(basis, ((s,),), (s,), channels=(c,), out=k)
    made = build(arrow.at(Real[batch, s, c]), SIZES, "net")
    module, x = made.module().double(), torch.randn(5, 7, 3, dtype=torch.float64)
    dense = torch.zeros(len(maps), 49, dtype=torch.float64)
    dense[which, places] = 1
    wanted = torch.einsum("mts,mkc,bsc->btk", dense.view(-1, 7, 7), module.hom.weight, x)
    assert torch.allclose(module(x), wanted, rtol=1e-12, atol=1e-12)
    return made.source


def test_one_copy_of_each_irreducible_is_one_batch_of_products():
    source = multiples((0, 0, 1), (1, 1, 1), (2, 2, 5))
    assert "index_select(-2" not in source and "torch.cat" not in source
    source = multiples((0, 5, 2), (2, 0, 5))  # in another order
    assert "index_select(-2, self.entries)" in source and "torch.cat" not in source


def test_sums_of_irreducibles_are_joined_pieces():
    source = multiples((0, 0, 1), (0, 1, 1), (1, 0, 1), (1, 1, 1), (2, 2, 5))
    assert source.count("F.linear") == 5 and "torch.cat" in source


def test_products_take_the_maps_first_where_they_are_few():
    one = irrep(D6, 1)
    found, (u, w) = bilinear(one, one, one * one), (Dim("u", size=2), Dim("w", size=4))
    arrow = op.hom(found.basis, ((u,), (u,)), (w,), channels=(c, None), out=k)
    assert "table" in build(arrow.at(Real[batch, u, c], Real[batch, u]), SIZES, "net").source
    many = Basis((1, 2, 2), 4, range(4), range(4), [1] * 4)
    arrow = op.hom(many, ((u,), (u,)), (), channels=(c, k), out=c)
    assert "table" not in build(arrow.at(Real[batch, u, c], Real[u, k]), SIZES, "net").source


def test_two_fixed_products_of_one_basis_have_their_own_tables():
    u = Dim("u", size=2)
    arrow = op.hom(CROSS, ((u,), (u,)), (u,), coefficients=(2,))
    other = op.hom(CROSS, ((u,), (u,)), (u,), coefficients=(Fraction(1, 3),))
    net = arrow.at(Real[batch, u], Real[batch, u]) @ other.at(Real[batch, u], Real[batch, u])
    made = build(net, {}, "net")
    assert made.source.count("def table_") == 2 and not made.parameters


@pytest.mark.parametrize("mix", ["full", "each"])
def test_diagrams_at_all_sizes(mix):
    n = Dim("n")
    more = {"out": k} if mix == "full" else {}
    arrow = op.hom(partition_diagrams(1, 1), ((n,),), (n,), channels=(c,), mix=mix, **more)
    made = build(arrow.at(Real[batch, n, c]), SIZES, "net")
    assert "def equivariant" in made.source


def test_a_long_sum_is_returned_as_one_tensor():
    """A grouping bracket with a comma behind one entry would be a tuple."""
    made = layer(regular(C8))
    assert isinstance(made.module()(torch.randn(2, 8, 3)), torch.Tensor)


@pytest.mark.parametrize("one", [regular(C8), regular(C64), PLANES], ids=["C8", "C64", "D6"])
def test_the_start_keeps_the_variance(one):
    torch.manual_seed(0)
    module = layer(one).module(c=32, k=64)
    y = module(torch.randn(64, one.dimension, 32))
    assert np.all(np.abs(y.detach().var((0, 2)).numpy() - 1) < 0.25)


@pytest.mark.parametrize("one", [regular(C64), PLANES], ids=["C64", "D6"])
def test_the_module_exports(one):
    module = layer(one).module().eval()
    x = torch.randn(3, one.dimension, 3)
    size = torch.export.Dim("batch", min=2)
    program = torch.export.export(module, (x,), dynamic_shapes=({0: size},), strict=True)
    other = torch.randn(4, one.dimension, 3)
    assert torch.allclose(program.module()(other), module(other), atol=1e-5)


def test_diagrams_of_a_small_fixed_size_are_one_matrix_with_their_bias():
    s, inner, outer = Dim("s", size=2), Dim("inner", size=3), Dim("outer", size=2)
    to = s.at("to")
    arrow = op.hom(
        partition_diagrams(2, 2),
        ((s, to),),
        (s, to),
        channels=(inner,),
        out=outer,
        bias=partition_diagrams(0, 2),
    )
    made = build(arrow.at(Real[batch, s, to, inner]), {}, "net")  # validated
    assert "self.maps" in made.source and "self.fixed" in made.source
