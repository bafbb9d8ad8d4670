"""Equality: what is proved equal is equal in floats, on chains, random graphs and mutants."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

from categorical import Dim, copy, op
from categorical.graph import Node
from proofs.certificate import bundle, claim
from proofs.checker import check
from proofs.checking.equal import Reader
from proofs.checking.programs import read_program
from proofs.checking.table import check_types
from proofs.checking.terms import Table
from proofs.equality import prove_equal
from proofs.program import program
from tests.proofs import boxes
from tests.proofs.graphs import SIZES, close, evaluate, inputs, random_graph, resources
from tests.proofs.test_equality import X, chain

n, m, c, d, h, e = Dim.named("n m c d h e")
key = n.at("key")


ENDO = [
    op.neg,
    op.relu,
    op.tanh,
    op.square,
    op.softmax(n),
    op.softmax(c),
    op.mean(n) >> op.expand(n),
    op.mean(c) >> op.expand(c) >> op.transpose(n, c),
    op.sum(n) >> op.expand(n),
    copy(X) >> op.add,
    copy(X) >> op.mul,
    op.scale(2),
    op.transpose(c, n) >> op.transpose(n, c),
    op.merge(n, c) >> op.split(n * c, n, c),
    op.relabel(n, key) >> op.softmax(c) >> op.relabel(key, n),
    op.roll(n, 1),
    op.roll(n, -1),
    op.flip(n),
    op.take(n, 0) >> op.expand(n),
    op.full_like(0),
    op.abs,
    op.normalise(n),
]


def test_short_chains_are_equal_only_if_they_are_in_floats():
    """All chains of at most two steps in one table: equal normal forms, equal numbers."""
    numbers = itertools.product(range(len(ENDO)), repeat=2)
    chains = [chain(a.at(X)) for a in ENDO]
    chains += [chain(ENDO[i].at(X), ENDO[j]) for i, j in numbers]
    sizes, table = {"n": 3, "c": 4}, Table()
    value = inputs(chains[0], np.random.default_rng(0), sizes)
    forms, arrays = {}, {}
    for graph in chains:
        read = read_program(program(graph), check_types)
        reader = Reader(table, "eval")
        (form,) = reader.run(read, reader.start(read))
        (y,) = evaluate(graph, value, {}, sizes)
        forms.setdefault(repr(sorted(form.items(), key=repr)), []).append(y)
        arrays.setdefault(tuple(np.round(y, 6).ravel() + 0.0), []).append(graph)
    for found in forms.values():
        assert all(close(found[0], other) for other in found)
    assert len(forms) < len(chains) - 100  # many are equal
    assert len(arrays) <= len(forms) < 2 * len(arrays)  # and few equalities are missed


@pytest.mark.parametrize("seed", range(80))
def test_a_graph_equals_itself_under_other_names_only(seed):
    graph = random_graph(seed, 7)
    proof = prove_equal(graph, graph)
    assert proof, proof.reason
    assert check(bundle("", [claim("equal", proof)])).ok
    other = random_graph(seed + 1000, 7)
    if other.dom == graph.dom and other.cod == graph.cod and prove_equal(graph, other):
        rng = np.random.default_rng(seed)
        values, weights = inputs(graph, rng, SIZES), resources(graph, rng, SIZES)
        pairs = zip(
            evaluate(graph, values, weights, SIZES), evaluate(other, values, weights, SIZES)
        )
        assert all(close(a, b) for a, b in pairs)


SWAPS = [
    [op.relu, op.tanh, op.sigmoid, op.neg, op.square, op.scale(0.5), op.abs, op.softsign],
    [op.add, op.sub, op.mul, op.maximum],
]


def mutants(graph, rng):
    """The graph with one node changed: another operation, or its two inputs swapped."""
    for place, one in enumerate(graph.nodes):
        names = [[a.op.name for a in family] for family in SWAPS]
        for family, known in zip(SWAPS, names):
            if one.box.name in known:
                other = rng.choice([a for a in family if a.op.name != one.box.name])
                yield place, Node(other.op.box(one.box.dom), one.ins, one.outs, one.name)
        if len(one.ins) == 2 and one.box.dom == (one.box.dom[0],) * 2:
            yield place, Node(one.box, one.ins[::-1], one.outs, one.name)


@pytest.mark.parametrize("seed", range(60))
def test_a_changed_graph_is_equal_only_if_it_is_in_floats(seed):
    graph = random_graph(seed, 7)
    rng = np.random.default_rng(seed)
    values, weights = inputs(graph, rng, SIZES), resources(graph, rng, SIZES)
    before = evaluate(graph, values, weights, SIZES)
    for place, changed in mutants(graph, random.Random(seed)):
        other = replace(graph, nodes=[*graph.nodes[:place], changed, *graph.nodes[place + 1 :]])
        after = evaluate(other, values, weights, SIZES)
        same = all(close(a, b) for a, b in zip(before, after))
        assert same or not prove_equal(graph, other), (place, changed)


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("name", sorted(boxes.GRAPHS))
def test_every_generator_is_read(name, mode):
    for graph in boxes.GRAPHS[name]:
        proof = prove_equal(graph, graph, mode=mode)
        assert proof, proof.reason
        assert check(bundle("", [claim("equal", proof)])).ok


NOTHING_IN_EVAL_MODE = {"dropout", "gumbel_noise", "gaussian_noise"}


def test_different_boxes_of_one_type_differ():
    everything = [(k, g) for k, graphs in boxes.GRAPHS.items() for g in graphs]
    for (a, left), (b, right) in itertools.combinations(everything, 2):
        if left.dom == right.dom and left.cod == right.cod and prove_equal(left, right):
            if {a, b} <= NOTHING_IN_EVAL_MODE:
                continue
            rng = np.random.default_rng(0)
            values, weights = inputs(left, rng, boxes.SIZES), resources(left, rng, boxes.SIZES)
            mine = evaluate(left, values, weights, boxes.SIZES)
            yours = evaluate(right, values, weights, boxes.SIZES)
            assert all(close(x, y) for x, y in zip(mine, yours)), (a, b)
