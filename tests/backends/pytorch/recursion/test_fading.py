"""Cells that fade return the same after an absent child is left out; others are not said to."""

from __future__ import annotations

import numpy as np
import pytest

from backends.pytorch import build
from backends.pytorch.recursion.fading import fades
from categorical import Bool, Dim, Real, SpecError, arrow, op
from categorical.records import Context
from categorical.recursion import rose_fold
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

node, child, a, s = Dim.named("node child a s")


@arrow
def plain(x: Real[a], h: Real[child, s]) -> Real[s]:
    return op.tanh(op.linear(a, s)(x) + op.linear(s, s, bias=False)(op.sum(child)(h)))


@arrow
def gated(x: Real[a], h: Real[child, s], c: Real[child, s]) -> Real[s] * Real[s]:
    gate = op.sigmoid(op.linear(s, s)(h) + op.expand(child)(op.linear(a, s)(x)))
    return op.tanh(op.sum(child)(gate * c)), op.sum(child)(op.square(c) - 2 * op.relu(h))


@arrow
def contracted(x: Real[s], h: Real[child, s]) -> Real[s]:
    return op.einsum(s)(x, op.sum(child)(op.einsum(child, s)(h, x)))


@arrow
def counted(x: Real[a], h: Real[child, s]) -> Real[s]:
    return op.linear(a, s)(x) + op.mean(child)(h)


@arrow
def biased(x: Real[a], h: Real[child, s]) -> Real[s]:
    return op.linear(a, s)(x) + op.sum(child)(op.linear(s, s)(h))


@arrow
def of_logistic(x: Real[a], h: Real[child, s]) -> Real[s]:
    return op.linear(a, s)(x) * op.sum(child)(op.sigmoid(h))


@arrow
def largest(x: Real[s], h: Real[child, s]) -> Real[s]:
    return x + op.max(child)(h)


@arrow
def weighted(x: Real[s], h: Real[child, s]) -> Real[s]:
    weight = op.parameter(Real[child, s], name="weight")()
    return x + op.sum(child)(weight * h)


@arrow
def shifted(x: Real[s], h: Real[child, s]) -> Real[s]:
    return op.sum(child)(op.expand(child)(x) + h)


@arrow
def rooted(x: Real[s], h: Real[child, s]) -> Real[s]:
    return x + op.scale_root(child)(op.sum(child)(h))


@arrow
def mixed(x: Real[s], h: Real[child, s]) -> Real[s]:
    return x + op.sum(child)(op.softmax(child)(h) * h)


@arrow
def masked(x: Real[s], h: Real[child, s], there: Bool[child]) -> Real[s]:
    return x + op.sum(child)(op.transpose(child, s)(op.expand(s)(op.indicator(there))) * h)


FADING = {"plain": (plain, 1), "gated": (gated, 2), "contracted": (contracted, 1)}
STAYING = {
    one.label(): one
    for one in (counted, biased, of_logistic, largest, weighted, shifted, rooted, mixed, masked)
}


@pytest.mark.parametrize("name", FADING)
def test_a_cell_that_fades_does_not_see_absent_children(name: str) -> None:
    cell, states = FADING[name]
    graph = cell.graph()
    assert fades(graph, states, 1)
    rng = np.random.default_rng(0)
    sizes = {"a": 2, "s": 3}
    for count in (0, 1, 4):
        ctx = Context(FloatAlgebra(), {**sizes, "child": count})
        wide = Context(FloatAlgebra(), {**sizes, "child": count + 2})
        w = {p: rng.standard_normal(ctx.shape(r.space)) for p, r in graph.resources().items()}
        x = rng.standard_normal(ctx.shape(graph.dom[0]))
        below = [rng.standard_normal((count, 3)) for _ in range(states)]
        padded = [np.concatenate([one, np.zeros((2, 3))]) for one in below]
        found = run(graph, ctx, [x, *below], w).outputs
        for one, other in zip(found, run(graph, wide, [x, *padded], w).outputs, strict=True):
            np.testing.assert_allclose(one, other)


@pytest.mark.parametrize("name", STAYING)
def test_cells_that_may_see_an_absent_child_do_not_fade(name: str) -> None:
    assert not fades(STAYING[name].graph(), 1, 1)


def test_two_named_children_are_both_needed() -> None:
    side = Dim("side", size=2)
    cell = op.sum(side).at(Real[side, s]) >> op.tanh
    assert not fades(cell.graph(), 1)


def test_a_cell_that_is_wrongly_said_to_fade_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The broken twin: the mean of fewer children is another mean."""
    from backends.pytorch import passes

    fold = rose_fold(counted, over=node, arity=child)
    assert "narrow: bool = False" in build(fold, {"a": 2, "s": 3}, "net").source
    monkeypatch.setattr(passes, "narrowed", lambda graph: True)
    with pytest.raises(SpecError, match="disagrees with the spec"):
        build(fold, {"a": 2, "s": 3}, "net")


def test_levels_are_as_wide_as_they_must_be() -> None:
    import torch

    from backends.pytorch.loader import load_source

    made = build(rose_fold(plain, over=node, arity=child), {"a": 2, "s": 3}, "net")
    space = load_source(made.source, made.module_name)
    children = torch.tensor([[1, 0, 2, 0], [2, 0, 0, 0], [0, 0, 0, 0]])
    present = torch.tensor([[1, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 0]], dtype=torch.bool)
    assert space.schedule(children, present).widths == [1, 3]
    assert space.schedule(children, present, narrow=False).widths == [4, 4]
