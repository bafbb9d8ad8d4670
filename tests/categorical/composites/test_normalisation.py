"""Group normalisation against its formula, and against the one of torch."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from backends.pytorch.build import build
from categorical import Dim, Real
from categorical.composites.normalisation import group_norm
from tests.categorical.ops.running import value

b, c, g, h, w = Dim.named("b c g h w")
X = np.random.default_rng(0).standard_normal((2, 6, 3, 4))


@pytest.mark.parametrize("groups", [g, 2, c])
def test_values(groups) -> None:
    count = {g: 3, c: 6}.get(groups, groups)
    want = torch.nn.functional.group_norm(torch.tensor(X), count).numpy()
    found = value(group_norm(c, groups, h, w), [Real[b, c, h, w]], [X], g=count)
    assert np.allclose(found, want)


def test_the_generated_module() -> None:
    made = build(group_norm(c, g, h, w).at(Real[b, c, h, w]), {"c": 6, "g": 3}, "demo")
    x = torch.tensor(X, dtype=torch.float32)
    torch.testing.assert_close(made.module()(x), torch.nn.functional.group_norm(x, 3))


def test_other_groups_are_another_function() -> None:
    found = value(group_norm(c, g, h, w), [Real[b, c, h, w]], [X], g=3)
    other = value(group_norm(c, g, h, w), [Real[b, c, h, w]], [X], g=2)
    assert not np.allclose(found, other)
