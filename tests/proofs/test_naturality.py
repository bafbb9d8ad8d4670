"""Naturality: correct architectures and their broken twins, and soundness against floats."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Bool, Dim, Real, arrow, op, tie
from categorical.operators import iterate
from proofs.certificate import Obstruction, Proof, bundle, claim
from proofs.checker import check
from proofs.naturality import prove_natural
from tests.proofs.graphs import SIZES, close, evaluate, inputs, permute, random_graph, resources
from tests.proofs.graphs import n as node

n, c, h, k = Dim.named("n c h k")
v = Dim("v", size=3, action="rotation")
key = n.at("key")


@arrow
def attention(x: Real[n, c], mask: Bool[n, key]) -> Real[n, h]:
    """Masked attention over the rows of x."""
    query, keys = op.linear(c, k)(x), op.relabel(n, key)(op.linear(c, k)(x))
    values = op.relabel(n, key)(op.linear(c, h)(x))
    weights = op.softmax(key, masked=True)(op.einsum(n, key)(query, keys), mask)
    return op.einsum(n, h)(weights, values)


@arrow
def crosses(x: Real[n, v]) -> Real[n, v]:
    """Vectors scaled by a function of their lengths."""
    length = op.einsum(n)(x, x)
    return op.einsum(n, v)(op.sigmoid(length), x)


def accepted(proof: Proof | Obstruction) -> bool:
    """Whether the checker agrees with a proof."""
    report = check(bundle("00", [claim("law", proof)]))
    assert report.ok, report.errors
    return True


@pytest.mark.parametrize(
    ("graph", "maps"),
    [
        ((op.linear(c, h) >> op.relu >> op.mean(n) >> op.linear(h, k)).graph(), "bijection"),
        ((op.linear(c, h) >> op.relu).at(Real[n, c]).graph(), "function"),
        (attention.graph(), "bijection"),
        (attention.graph(), "shift"),
        ((op.linear(c, h, bias=False) >> op.tanh).at(Real[n, c]).graph(), "negation"),
        ((op.linear(c, h, bias=False) >> op.tanh).at(Real[n, c]).graph(), "signed"),
        (op.linear(c, h, bias=False).at(Real[n, c]).graph(), "linear"),
        ((op.linear(c, h) >> op.sum(n)).graph(), "bijection"),
        (tie(op.linear(c, c)).at(Real[n, c]).graph(), "function"),
        *(
            (iterate(op.linear(c, c) >> op.tanh, 3, weights=w).at(Real[n, c]).graph(), "bijection")
            for w in ("tied", "untied", "stacked")
        ),
    ],
)
def test_proves_and_the_checker_agrees(graph, maps):
    assert accepted(prove_natural(graph, [n], maps))


def test_rotations():
    assert accepted(prove_natural(crosses.graph(), [v], "orthogonal"))
    assert accepted(prove_natural(crosses.graph(), [n], "function"))
    broken = prove_natural(crosses.graph(), [v], "linear")
    assert not broken and "einsum" in broken.reason


@pytest.mark.parametrize(
    ("graph", "maps", "word"),
    [
        (op.linear(n, c).graph(), "bijection", "linear.weight"),
        ((op.linear(c, n) >> op.relu).graph(), "bijection", "linear.weight"),
        ((op.linear(c, h) >> op.sum(n)).graph(), "function", "sum"),
        ((op.linear(c, h) >> op.tanh).at(Real[n, c]).graph(), "negation", "linear"),
        (op.relu.at(Real[n]).graph(), "signed", "relu"),
        (op.tanh.at(Real[n]).graph(), "orthogonal", "tanh"),
        (op.softmax(n).at(Real[n, c]).graph(), "function", "softmax"),
        (attention.graph(), "negation", "matrices"),
        (iterate(op.tanh, n).at(Real[n]).graph(), "bijection", "repeats"),
        (iterate(op.linear(n, n), 2).graph(), "bijection", "linear.weight"),
        (op.relu.at(Real[c // n]).graph(), "bijection", "do not act"),
    ],
)
def test_broken_twins_are_obstructed(graph, maps, word):
    found = prove_natural(graph, [n], maps)
    assert isinstance(found, Obstruction) and not found
    assert word in found.reason
    assert found.wire_name


def test_an_obstruction_names_the_first_node():
    graph = (op.relu >> op.softmax(n) >> op.sum(n)).at(Real[n, c]).graph()
    found = prove_natural(graph, [n], "function")
    assert found.node.box.name == "softmax"


@pytest.mark.parametrize("seed", range(60))
def test_what_is_proved_holds_in_floats(seed):
    graph = random_graph(seed)
    rng = np.random.default_rng(seed)
    order = np.roll(np.arange(SIZES["n"]), 1)
    order[0], order[2] = order[2], order[0]
    values, weights = inputs(graph, rng, SIZES), resources(graph, rng, SIZES)
    moved = [permute(x, t, node, order) for x, t in zip(values, graph.dom)]
    before, after = evaluate(graph, values, weights, SIZES), evaluate(graph, moved, weights, SIZES)
    holds = all(close(permute(y, t, node, order), z) for y, t, z in zip(before, graph.cod, after))
    proof = prove_natural(graph, [node])
    if proof:
        assert holds
        assert accepted(proof)


def test_random_graphs_are_proved_often_and_not_always():
    verdicts = [bool(prove_natural(random_graph(seed), [node])) for seed in range(60)]
    assert 20 < sum(verdicts) < 59
