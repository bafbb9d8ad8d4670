"""Linearity and degree: correct architectures, broken twins, the checker, floats."""

from __future__ import annotations

import json

import numpy as np
import pytest

from categorical import Bool, Dim, Fin, Real, arrow, op
from categorical.graph import Graph
from categorical.operators import iterate
from categorical.records import TRAIN
from proofs import checker
from proofs.certificate import bundle, canonical, claim
from proofs.checker import check
from proofs.checking.degrees import check_degrees
from proofs.checking.programs import read_program
from proofs.checking.table import check_types
from proofs.linearity import degree, prove_degree, prove_linear
from proofs.program import program
from tests.proofs import boxes
from tests.proofs.graphs import SIZES, close, evaluate, inputs, random_graph, resources

n, c, h = Dim.named("n c h")
key = n.at("key")


@arrow
def bilinear(x: Real[c], y: Real[c]) -> Real[h]:
    """Linear in each of two inputs."""
    return op.linear(c, h, bias=False)(op.mul(x, y))


@arrow
def monet(x: Real[c]) -> Real[c]:
    """Multilinear, without an activation: A x + (B x) · (C x)."""
    left, right = op.linear(c, c, bias=False)(x), op.linear(c, c, bias=False)(x)
    return op.linear(c, c, bias=False)(x) + op.mul(left, right)


@arrow
def mixed(x: Real[n, c], mask: Bool[n, key], edges: Fin(n)[h]) -> Real[h, c]:
    """Masked sums and lookups are linear in the numbers."""
    wide = op.expand(n)(op.relabel(n, key)(x))
    return op.gather(n)(op.sum(key, masked=True)(wide, mask), edges)


LINEAR = {
    "linear": (op.linear(c, h, bias=False).graph(), None),
    "composite": ((op.linear(c, h, bias=False) >> op.neg >> op.sum(h)).graph(), None),
    "difference": ((op.sub).at(Real[n], Real[n]).graph(), None),
    "left": (bilinear.graph(), [0]),
    "right": (bilinear.graph(), [1]),
    "mixed": (mixed.graph(), [0]),
    "dropout": (op.dropout(0.1).at(Real[n]).graph(), None),
    "iterate": (iterate(op.linear(c, c, bias=False) >> op.neg, 3).graph(), None),
    "zero times": ((op.full_like(0) @ op.relu).at(Real[n], Real[n]) >> op.mul, None),
    "times zero": ((op.relu @ op.full_like(0)).at(Real[n], Real[n]) >> op.mul, None),
    "zero more": ((op.full_like(0) @ op.neg).at(Real[n], Real[n]) >> op.add, None),
    "zero": ((op.full_like(0)).at(Real[n]).graph(), None),
    "convolution": (op.conv(c, h, over=n, kernel=3, bias=False).at(Real[c, n]).graph(), None),
}


@pytest.mark.parametrize("name", LINEAR)
def test_linear(name):
    graph, chosen = LINEAR[name]
    graph = graph if isinstance(graph, Graph) else graph.graph()
    proof = prove_linear(graph, chosen)
    assert proof, proof.reason
    report = check(bundle("", [claim("linear", proof)]))
    assert report.ok, report.errors


BROKEN = {
    "bias": (op.linear(c, h).graph(), None, "adds"),
    "both": (bilinear.graph(), None, "multiplies"),
    "relu": (op.relu.at(Real[n]).graph(), None, "no polynomial"),
    "constant": (op.full_like(1).at(Real[n]).graph(), None, ""),
    "square": (op.square.at(Real[n]).graph(), None, "multiplies"),
    "tanh at the end": ((op.linear(c, h, bias=False) >> op.tanh).graph(), None, "tanh"),
    "iterate": (iterate(op.linear(c, c), 3).graph(), None, "iterate"),
    "powers": (iterate(op.square.at(Real[c]), 3).graph(), None, "iterate"),
    "convolution": (op.conv(c, h, over=n, kernel=3).at(Real[c, n]).graph(), None, "adds"),
    "divisor": (op.div.at(Real[n], Real[n]).graph(), [1], "no polynomial"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_twins(name):
    graph, chosen, word = BROKEN[name]
    found = prove_linear(graph, chosen)
    assert not found and word in found.reason


def test_degrees():
    assert degree(monet.graph()) == 2
    assert degree(bilinear.graph()) == 2
    assert degree(bilinear.graph(), [0]) == 1
    assert degree((op.square >> op.square).at(Real[n]).graph()) == 4
    assert degree(op.exp.at(Real[n]).graph()) is None
    assert degree((op.linear(c, h) >> op.square).graph()) == 2
    proof = prove_degree(monet.graph(), 2)
    assert proof and check(bundle("", [claim("degree", proof)])).ok
    assert not prove_degree(monet.graph(), 1)
    assert not prove_degree(op.exp.at(Real[n]).graph(), 9)


def test_batch_norm_is_affine_in_eval_mode_only():
    graph = op.batch_norm(c, over=(n,)).at(Real[n, c]).graph()
    assert degree(graph) == 1 and not prove_linear(graph)
    assert degree(graph, mode=TRAIN) is None


def test_a_stronger_claim_is_refused():
    text = bundle("", [claim("degree", prove_degree(monet.graph(), 2))])
    for change in (
        {"most": 1},
        {"claim": "linear"},
        {"inputs": []},
        {"inputs": [5]},
        {"steps": []},
    ):
        data = json.loads(text)
        data["claims"][0].update(change)
        del data["digest"]
        assert not check(canonical({**data, "digest": checker.digest(data)}) + "\n").ok


def linear_in_floats(graph, sizes, rng, mode="eval"):
    chosen = [i for i, t in enumerate(graph.dom) if t.kind == "real"]
    one, other, weights = (
        inputs(graph, rng, sizes),
        inputs(graph, rng, sizes),
        resources(graph, rng, sizes),
    )
    both = [3 * a + b if i in chosen else a for i, (a, b) in enumerate(zip(one, other))]
    second = [b if i in chosen else a for i, (a, b) in enumerate(zip(one, other))]
    left = evaluate(graph, both, weights, sizes, mode)
    right = zip(
        evaluate(graph, one, weights, sizes, mode), evaluate(graph, second, weights, sizes, mode)
    )
    return all(close(x, 3 * y + z) for x, (y, z) in zip(left, right))


def accepted(graph, chosen, mode="eval"):
    """Whether the checker, asked alone, accepts the claim."""
    claimed = {"claim": "linear", "inputs": chosen, "mode": mode, "scope": "all sizes"}
    try:
        check_degrees([read_program(program(graph), check_types)], claimed, [])
    except checker.Refusal:
        return False
    return True


@pytest.mark.parametrize("seed", range(150))
def test_what_is_proved_holds_in_floats(seed):
    graph = random_graph(seed, 3)
    proof = prove_linear(graph, [0, 1])
    assert bool(proof) == accepted(graph, [0, 1])
    if proof:
        assert check(bundle("", [claim("linear", proof)])).ok
        assert linear_in_floats(graph, SIZES, np.random.default_rng(seed))


def test_random_graphs_are_proved_sometimes():
    assert 5 < sum(bool(prove_linear(random_graph(seed, 3), [0, 1])) for seed in range(150)) < 145


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("name", sorted(boxes.GRAPHS))
def test_one_node_of_every_generator(name, mode):
    for graph in boxes.GRAPHS[name]:
        chosen = [i for i, t in enumerate(graph.dom) if t.kind == "real"]
        proof = prove_linear(graph, chosen, mode) if chosen else None
        if chosen:
            assert bool(proof) == accepted(graph, chosen, mode), graph
        if proof:
            assert check(bundle("", [claim("linear", proof)])).ok, graph
            assert linear_in_floats(graph, boxes.SIZES, np.random.default_rng(1), mode)
        if chosen and graph.cod[0].kind == "real":
            most = degree(graph, chosen, mode)
            if most is not None:
                proof = prove_degree(graph, most, chosen, mode)
                assert check(bundle("", [claim("degree", proof)])).ok, graph
