"""The network of an algebra is the one that is written by hand, for every functor that is known."""

from __future__ import annotations

from zlib import crc32

import numpy as np
import pytest

from categorical import Dim, Real, SpecError, arrow, case, copy, op
from categorical.algebras import Algebra, Coalgebra, Moore, X, network, reads
from categorical.algebras.polynomial import const
from categorical.normal import same
from categorical.records import Context
from categorical.recursion import (
    binary,
    fold,
    leaf_labelled,
    mealy,
    moore,
    node_labelled,
    tree_fold,
    unfold,
)
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

t, a, s, o, z, node, child = Dim.named("t a s o z node child")
S, A, O = Real[s], Real[a], Real[o]
SIZES = {"t": 3, "a": 2, "s": 2, "o": 3, "z": 2, "node": 4, "child": 3}
start = op.zeros(S)


@arrow
def step(state: Real[s], x: Real[a]) -> Real[s]:
    return op.tanh(op.linear(s, s, name="back")(state) + op.linear(a, s, name="read")(x))


@arrow
def entry_first(x: Real[a], state: Real[s]) -> Real[s]:
    return op.tanh(op.linear(s, s, name="back")(state) + op.linear(a, s, name="read")(x))


@arrow
def pair(left: Real[s], right: Real[s]) -> Real[s]:
    return op.tanh(op.linear(s, s, name="left")(left) + op.linear(s, s, name="right")(right))


@arrow
def labelled(x: Real[a], left: Real[s], right: Real[s]) -> Real[s]:
    return op.tanh(op.linear(a, s, name="read")(x) + left - right)


def values(net, seed=0):
    """The outputs at random inputs and weights, weights by the last part of their path."""
    rng = np.random.default_rng(seed)
    graph, ctx = net.graph(), Context(FloatAlgebra(), SIZES)
    inputs = []
    for type_ in graph.dom:
        shape = ctx.shape(type_)
        if type_.kind == "real":
            inputs.append(rng.standard_normal(shape))
        elif type_.kind == "bool":
            inputs.append(np.arange(shape[0])[:, None] >= shape[0] - 2 + np.zeros(shape, int))
        else:  # the children stand before their parents
            inputs.append(np.broadcast_to(np.arange(shape[1]) % 2, shape))
    weights = {}
    for path, one in graph.resources(SIZES).items():
        own = np.random.default_rng(crc32(".".join(path.split(".")[-2:]).encode()))
        weights[path] = own.standard_normal(ctx.shape(one.space))
    return run(graph, ctx, inputs, weights).outputs


def agree(net, other) -> None:
    assert net.dom == other.dom and net.cod == other.cod
    for left, right in zip(values(net), values(other), strict=True):
        np.testing.assert_allclose(left, right)


def test_lists_are_folded_whatever_the_order_of_the_factors() -> None:
    wanted = fold(step, over=t, start=start)
    agree(network(Algebra(1 + X * A, S, case(start, step)), over=t), wanted)
    agree(network(Algebra(1 + A * X, S, case(start, entry_first)), over=t), wanted)
    agree(network(Algebra(X * A + 1, S, [step, start]), over=t), wanted)
    other = network(Algebra(1 + X * A, S, case(op.ones(S), step)), over=t)
    assert not np.allclose(values(other)[0], values(wanted)[0], rtol=0, atol=1e-9)


def test_lists_that_end_in_a_state() -> None:
    ends = op.linear(z, s, name="ends")
    net = network(Algebra(Real[z] + X * A, S, [ends, step]), over=t)
    assert net.type_text() == "Real[z] × Real[t, a] → Real[s]"
    agree(net, (ends @ op.scale(1).at(Real[t, a])) >> fold(step, over=t))


def test_a_carrier_of_several_wires_and_lengths() -> None:
    @arrow
    def cell(x: Real[a], h: Real[s], c: Real[s]) -> Real[s] * Real[s]:
        new = op.sin(c) + op.linear(a, s, name="read")(x)
        return op.tanh(new) * h, new

    @arrow
    def states_first(h: Real[s], c: Real[s], x: Real[a]) -> Real[s] * Real[s]:
        return cell(x, h, c)

    begin = op.ones(S) @ op.zeros(S)
    of = Algebra(1 + A * X, (S, S), case(begin, cell))
    agree(network(of, over=t), fold(states_first, over=t, start=begin))
    assert network(of, over=t, lengths=True).type_text().count("Fin(t + 1)") == 1


def test_trees_are_folded_by_where_their_labels_are() -> None:
    leaf = op.linear(a, s, name="leaf")
    net = network(Algebra(A + X**2, S, case(leaf, pair)), over=node)
    agree(net, leaf_labelled(leaf, binary(pair), over=node, arity=2))
    net = network(Algebra(1 + A * X**2, S, case(start, labelled)), over=node)
    agree(net, node_labelled(start, binary(labelled), over=node, arity=2))
    net = network(Algebra(A + A * X**2, S, case(leaf, labelled)), over=node)
    agree(net, tree_fold(leaf, binary(labelled), over=node, arity=2))
    several = op.sum(child).at(Real[child, s]) >> op.tanh
    net = network(Algebra(A + X**child, S, case(leaf, several)), over=node)
    agree(net, leaf_labelled(leaf, several, over=node, arity=child))


def test_coalgebras_are_unfolded_or_run() -> None:
    cell = copy(S) >> (op.linear(s, o, name="out") @ op.linear(s, s, name="next"))
    agree(network(Coalgebra(O * X, S, cell), over=t), unfold(cell, over=t))
    turned = copy(S) >> (op.linear(s, s, name="next") @ op.linear(s, o, name="out"))
    agree(network(Coalgebra(X * O, S, turned), over=t), unfold(cell, over=t))

    @arrow
    def full(state: Real[s], x: Real[a]) -> Real[o] * Real[s]:
        new = step(state, x)
        return op.linear(s, o, name="out")(new), new

    net = network(Coalgebra(reads(A, const(O) * X), S, full), over=t)
    agree(net, mealy(full, over=t, states=1))
    machine = Moore(op.linear(s, o, name="out"), step)
    agree(network(machine, over=t), moore(machine.out, machine.next, over=t))


def test_the_network_is_the_same_arrow_where_nothing_is_turned() -> None:
    net = network(Algebra(1 + X * A, S, case(start, step)), over=t)
    assert same(net.graph(), fold(step, over=t, start=start).graph())


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: network(Algebra(X + X, S, [op.tanh.at(S), op.sin.at(S)]), over=t),
        lambda: network(Algebra(1 + X**3, S, [start, TRIPLE]), over=node),
        lambda: network(Algebra(A + X**2, S, case(op.linear(a, s), pair)), over=3),
        lambda: network(Algebra(A + X**2, S, case(op.linear(a, s), pair)), over=node, lengths=True),
        lambda: network(Coalgebra(O * X, S, UNFOLDING), over=t, lengths=True),
        lambda: network(Coalgebra(X * X, S, copy(S)), over=t),
    ],
)
def test_other_functors_are_refused(wrong) -> None:
    with pytest.raises(SpecError) as caught:
        wrong()
    assert caught.value.code == "CM048" and caught.value.help


TRIPLE = (op.add.at(S, S) @ op.tanh.at(S)) >> op.add
UNFOLDING = copy(S) >> (op.linear(s, o) @ op.tanh.at(S))
