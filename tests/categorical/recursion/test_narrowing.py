"""Pruning keeps of a run what its used outputs depend on, and its values."""

from __future__ import annotations

import numpy as np

from categorical import Dim, Real, arrow, identity, op
from categorical.arrows import discard
from categorical.normal import prune
from categorical.records import Context
from categorical.recursion import fold, mealy
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

t, a, s = Dim.named("t a s")
SIZES = {"t": 3, "a": 2, "s": 2}


def plain(first: Real[s], second: Real[s], third: Real[s], x: Real[a], y: Real[a]):
    shown = op.tanh(op.linear(a, s, name="into")(x))
    return shown, op.sin(first) + second, op.cos(second), third + op.linear(a, s, name="own")(y)


plain.__annotations__["return"] = Real[s] * Real[s] * Real[s] * Real[s]
CELL = arrow(plain)
S = Real[s]


def kept(net):
    (node,) = [n for n in prune(net.graph()).nodes if n.box.name == "scan"]
    return node


def values(graph, seed=0):
    rng = np.random.default_rng(seed)
    ctx = Context(FloatAlgebra(), SIZES)
    inputs = [rng.standard_normal(ctx.shape(type_)) for type_ in graph.dom]
    weights = {
        p: np.full(ctx.shape(r.space), 0.3 + len(p)) for p, r in graph.resources(SIZES).items()
    }
    return run(graph, ctx, inputs, weights).outputs


def test_what_no_used_output_depends_on_is_gone() -> None:
    net = mealy(CELL, over=t, states=3)
    (O,) = net.cod[:1]
    only_third = net >> (discard((O, S, S)) @ identity(S))
    node = kept(only_third)
    assert node.box.attrs["states"] == 1
    assert [str(type_) for type_ in node.box.dom] == ["Real[s]", "Real[t, a]"]
    assert list(prune(only_third.graph()).resources()) == ["cell.own.weight", "cell.own.bias"]
    np.testing.assert_array_equal(
        values(only_third.graph())[0], values(prune(only_third.graph()))[0]
    )


def test_states_that_need_one_another_stay_together() -> None:
    net = mealy(CELL, over=t, states=3)
    (O,) = net.cod[:1]
    first = net >> (discard(O) @ identity(S) @ discard((S, S)))
    assert kept(first).box.attrs["states"] == 2
    np.testing.assert_array_equal(values(first.graph())[0], values(prune(first.graph()))[0])


def test_outputs_alone_keep_their_run() -> None:
    net = mealy(CELL, over=t, states=3)
    (O,) = net.cod[:1]
    shown = net >> (identity(O) @ discard((S, S, S)))
    np.testing.assert_array_equal(values(shown.graph())[0], values(prune(shown.graph()))[0])


def test_an_input_that_a_named_cell_does_not_read_is_gone() -> None:
    @arrow
    def lazy(state: Real[s], x: Real[a]) -> Real[s]:
        return op.tanh(state)

    net = (identity(S) @ (op.linear(a, a, name="lost").at(Real[t, a]))) >> fold(
        lazy.named("lazy"), over=t
    )
    assert list(net.graph().resources()) == ["lost.weight", "lost.bias"]
    assert list(prune(net.graph()).resources()) == []
    np.testing.assert_array_equal(values(net.graph())[0], values(prune(net.graph()))[0])


def test_a_cell_that_reads_everything_is_untouched() -> None:
    net = fold((op.linear(s, s) @ op.linear(a, s)) >> op.add, over=t)
    graph = net.graph()
    assert prune(graph) is graph
