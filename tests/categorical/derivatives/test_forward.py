"""The forward derivative against dual numbers."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Real, op
from categorical.derivatives import explicit
from categorical.derivatives.axioms import Sides
from categorical.derivatives.forward import forward
from categorical.errors import SpecError
from categorical.records import EVAL, Context
from categorical.semantics import Dual, DualAlgebra, FloatAlgebra, interpreter
from categorical.semantics.tapes import Tape
from tests.categorical.derivatives.axiom_matrix import Case, cases, drawn, silent

n, c, h = Dim.named("n c h")


def known() -> list[Case]:
    found = []
    for one in cases():
        try:
            if not silent(Sides(one.arrow, one.sizes)):
                found.append(one)
        except SpecError:
            continue
    return found


def tangents(case: Case, seed: int = 0) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """D[f] as a graph, and the tangents of dual numbers (in eval mode)."""
    f = explicit(case.arrow, case.sizes)
    rng = np.random.default_rng(seed)
    types = f.graph().dom
    a = drawn(types, case, rng)
    ways = [rng.standard_normal(x.shape) for x, t in zip(a, types) if t.kind == "real"]
    graph = forward(f, case.sizes).graph()
    noise = {
        name: np.zeros(tuple(x.size.evaluate(case.sizes) for x in one.space.axes))
        for name, one in f.graph().resources().items()
    }
    own = {name: noise[name] for name in graph.resources()}
    context = Context(FloatAlgebra(), case.sizes, EVAL)
    mine = interpreter.run(graph, context, [*a, *ways], own).outputs
    rest = iter(ways)
    ahead = [Dual(x, next(rest)) if t.kind == "real" else x for x, t in zip(a, types)]
    still = {name: Dual(x, np.zeros_like(x)) for name, x in noise.items()}
    context = Context(DualAlgebra(), case.sizes, EVAL)
    outs = interpreter.run(f.graph(), context, ahead, still).outputs
    return mine, [y.tangent for y in outs if isinstance(y, Dual)]


@pytest.mark.parametrize("case", known(), ids=lambda one: one.name)
def test_the_tangents_of_dual_numbers(case: Case) -> None:
    for seed in range(2):
        for mine, theirs in zip(*tangents(case, seed), strict=True):
            np.testing.assert_allclose(mine, theirs, atol=1e-9)


def test_a_wrong_transpose_shows(monkeypatch) -> None:
    def nothing(self, terms, values, out, i, g, sizes):
        return self.base.zeros(self.base.shape(values[i]))

    (one,) = [case for case in known() if case.name == "conv"]
    monkeypatch.setattr(Tape, "_other", nothing)
    mine, theirs = tangents(one)
    assert not np.allclose(mine[0], theirs[0])


def test_weights_are_held_fixed() -> None:
    layer = op.linear(c, h)
    assert forward(layer).type_text() == "Real[c] × Real[c] → Real[h]"
    assert list(forward(layer).parameters) == ["linear.weight"]
    moved = forward(explicit(layer))
    assert len(moved.dom) == 6 and not moved.parameters


def test_twice() -> None:
    """The second derivative of the square is 2, whatever the point."""
    twice = forward(forward(op.square.at(Real[n])))
    context = Context(FloatAlgebra(), {"n": 1})
    x, v, dx, dv = (np.array([k]) for k in (7.0, 3.0, 5.0, 0.0))
    (found,) = interpreter.run(twice.graph(), context, [x, v, dx, dv], {}).outputs
    assert found == 2 * 3 * 5
