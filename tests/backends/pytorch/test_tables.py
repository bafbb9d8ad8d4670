"""Tables of numbers in modules: at the end of the file, listed sparsely, read back exactly."""

import numpy as np
import pytest
import torch

from backends.pytorch.build import build
from backends.pytorch.table.steerable import numbers_as_bits
from categorical import Dim, Real, architecture
from categorical.categories import simplicial_complex
from categorical.groups import Acting, cyclic, symmetric
from categorical.representations import oriented_chains, regular
from synthesis import natural


def made(text, name):
    space = {"torch": torch, "Tensor": torch.Tensor}
    exec(text, space)
    return space[name]()


@pytest.mark.parametrize("zeros", [0, 1, 11, 12])
def test_numbers_are_read_back_bit_by_bit(zeros) -> None:
    rng = np.random.default_rng(zeros)
    dense = rng.choice([-1.5, 1 / 3, 2.0, np.sqrt(3)], size=12)
    dense[rng.permutation(12)[:zeros]] = 0.0
    dense = dense.reshape(4, 3)
    text = numbers_as_bits("table", "Numbers.", dense)
    assert ("bits[place]" in text) == (8 < zeros < 12)
    read = made(text, "table")
    assert read.dtype == torch.int64
    assert np.array_equal(read.view(torch.float64).numpy(), dense)


def test_tables_stand_behind_the_module() -> None:
    group, c, k = cyclic(4), *Dim.named("c k")
    g = Dim("g", size=4)
    layer = natural(Real[g], Real[g], under=Acting(group, {g: regular(group)})).layer(c, k)
    text = build(architecture(layer, name="turns", sizes=dict(c=2, k=3)), validate=False).source
    assert 0 < text.index("class Turns") < text.index("    lines = (")
    assert text.index("    lines = (") < text.index('if __name__ == "__main__"')


def test_a_table_with_signs_says_what_its_numbers_mean() -> None:
    group, c, k = symmetric(3), *Dim.named("c k")
    edge = Dim("edge", size=3, action="sign")
    triangle = simplicial_complex("triangle", [(0, 1, 2)])
    flows = Acting(group, {edge: oriented_chains(triangle, group, 1)})
    layer = natural(Real[edge], Real[edge], under=flows).layer(c, k)
    text = build(architecture(layer, name="flows", sizes=dict(c=2, k=3)), validate=False).source
    assert "index_select" in text and "stands for the negative of map m" in text
