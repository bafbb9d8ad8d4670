"""Bilinear layers by rows: the values of the definition, whatever the order of maps and entries."""

from __future__ import annotations

import pytest
import torch

from backends.pytorch import build
from backends.pytorch.table.bilinear import groups, rows
from categorical import Dim, Real, op
from categorical.exact import Basis

b, c, k = Dim.named("b c k")
SIZES = {"c": 3, "k": 2}


def layer(basis: Basis, plain: int):
    """A layer whose input number ``plain`` has no channels."""
    target, first, second = (Dim(n, size=s) for n, s in zip("tuv", basis.shape))
    spaces = [Real[b, first, c], Real[b, second, c]]
    spaces[plain] = Real[b, (first, second)[plain]]
    channels = [c, c]
    channels[plain] = None
    made = op.hom(basis, ((first,), (second,)), (target,), channels=tuple(channels), out=k)
    return made.at(*spaces)


def tensor(basis: Basis) -> torch.Tensor:
    dense = torch.zeros(basis.count, *basis.shape, dtype=torch.float64)
    dense.view(basis.count, -1)[basis.which, basis.places] = torch.tensor(basis.floats())
    return dense


# entry 1 is reached by the maps 2 and 0, the entries 0 and 2 by the map 1
MIXED = Basis((3, 2, 4), 3, [0, 1, 1, 2, 2], [9, 0, 21, 12, 15], [1, -2, 3, 5, -7])
SPARSE = Basis((2, 3, 2), 2, [0, 1], [11, 0], [1, 1])  # the entries in the other order
FULL = Basis((1, 2, 2), 1, [0, 0], [0, 3], [1, 1])


@pytest.mark.parametrize("plain", [0, 1])
@pytest.mark.parametrize("basis", [MIXED, SPARSE, FULL])
def test_values_are_those_of_the_definition(basis: Basis, plain: int) -> None:
    torch.manual_seed(0)
    module = build(layer(basis, plain), SIZES, "net", validate=False).module().double()
    x = [torch.randn(5, n, 3, dtype=torch.float64) for n in basis.shape[1:]]
    x[plain] = x[plain][..., 0]
    weight = module.hom.weight
    terms = ["bic", "bjc"]
    terms[plain] = terms[plain][:2]
    equation = f"moij,mkc,{terms[0]},{terms[1]}->bok"
    wanted = torch.einsum(equation, tensor(basis), weight.double(), *x)
    assert torch.allclose(module(*x), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("basis", [MIXED, SPARSE])
def test_only_maps_that_reach_an_entry_have_a_row(basis: Basis) -> None:
    parts = groups(basis)
    table = rows(basis, parts, 1)
    assert table.shape == (sum(g.rows for g in parts) * basis.shape[1], basis.shape[2])
    blocks = table.reshape(-1, basis.shape[1] * basis.shape[2])
    assert (blocks != 0).any(1).all()
    assert len(blocks) < basis.count * basis.shape[0]


def test_the_build_is_validated_with_gradients() -> None:
    made = build(layer(MIXED, 1), SIZES, "net")
    assert ".split((2, 2), -2)" in made.source
