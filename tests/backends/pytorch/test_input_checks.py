"""Inputs whose sizes are computed: read where they are told, refused where they do not fit."""

from __future__ import annotations

import pytest
import torch

from backends.pytorch import build
from categorical import Dim, Real, architecture, arrow, op

c, h, k = Dim.named("c h k")


@arrow
def told_later(x: Real[h * 2, h * 3], y: Real[h]) -> Real[h]:
    """The size h is the size of the second input."""
    rows = op.sum(h * 3)(op.split(h * 2, h, 2)(x))
    return op.take(rows.type.axes[1], 0)(rows) + y


@arrow
def halved(x: Real[c, h * 2]) -> Real[c, h]:
    """Half as many positions."""
    y = op.max_pool(h * 2, kernel=2)(x)
    return op.slice(y.type.axes[1], into=h)(y)


@arrow
def kept(x: Real[c, h * 2]) -> Real[c, h * 2]:
    """The size h is not needed, and still there must be one."""
    return op.tanh(x)


@arrow
def longer(x: Real[c, h + 3]) -> Real[c]:
    """At least four positions."""
    return op.sum(h + 3)(x)


@arrow
def grouped(x: Real[c, h * k]) -> Real[c]:
    """The other factor is in the configuration."""
    return op.sum(h, k)(op.split(h * k, h, k)(x))


CASES = {
    "told later": (
        told_later,
        {},
        [(4, 6), (2,)],
        [[(4, 5), (2,)], [(5, 6), (2,)], [(4, 6), (3,)]],
    ),
    "halved": (halved, {}, [(3, 8)], [[(3, 7)]]),
    "kept": (kept, {}, [(3, 8)], [[(3, 7)]]),
    "longer": (longer, {}, [(3, 4)], [[(3, 3)], [(3, 2)]]),
    "grouped": (grouped, {"k": 4}, [(3, 8)], [[(3, 6)]]),
}


@pytest.mark.parametrize("name", CASES)
def test_sizes_that_are_computed(name):
    net, sizes, good, bad = CASES[name]
    module = build(architecture(net, sizes=sizes)).module()
    module(*(torch.zeros(2, *shape) for shape in good))
    for shapes in bad:
        with pytest.raises(ValueError, match="must be Real"):
            module(*(torch.zeros(2, *shape) for shape in shapes))


def test_naming_a_computed_axis_costs_nothing():
    assert "narrow" not in build(architecture(halved), validate=False).source
