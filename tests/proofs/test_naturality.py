"""Naturality: correct architectures and their broken twins, and soundness against floats."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Bool, Dim, Fin, Real, arrow, op, tie
from categorical.operators import iterate
from proofs.certificate import Obstruction, Proof, bundle, claim
from proofs.checker import check
from proofs.checking.natural import check_natural
from proofs.checking.programs import Refusal, read_program
from proofs.checking.table import check_types
from proofs.naturality import prove_natural, prove_parity
from proofs.program import index, program
from tests.proofs.graphs import SIZES, close, evaluate, inputs, permute, random_graph, resources
from tests.proofs.graphs import c as ITEM
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


def alone(graph, dim, maps) -> bool:
    """Whether the checker, asked alone, accepts the claim."""
    claimed = {"maps": maps, "mode": "eval", "dims": [index(dim)], "scope": "all sizes"}
    try:
        check_natural([read_program(program(graph), check_types)], claimed, [])
    except Refusal:
        return False
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
        (op.scale_root(n).at(Real[n]).graph(), "function", "scale_root"),
        (op.scale_root(n).at(Real[n]).graph(), "linear", "scale_root"),
        (op.roll(n * c, 1).at(Real[n * c]).graph(), "shift", "roll"),
        (
            op.conv(over=n * c, kernel=3, padding="circular").at(Real[n * c]).graph(),
            "shift",
            "conv",
        ),
        (op.relabel(n, key).at(Bool[n]).graph(), "signed", "matrices"),
        (op.relabel(c, c.at("b")).at(Fin(n)[c]).graph(), "function", "values"),
    ],
)
def test_broken_twins_are_obstructed(graph, maps, word):
    found = prove_natural(graph, [n], maps)
    assert isinstance(found, Obstruction) and not found
    assert word in found.reason
    assert found.wire_name
    assert not alone(graph, n, maps)


@arrow
def gate_by_size(x: Real[n, c]) -> Real[n, c]:
    """Odd in n: x times a function of |x|, products and squares in between."""
    size = op.sigmoid(op.linear(n, n)(op.abs(x)))
    return op.mul(op.linear(n, n, bias=False)(x), op.mul(size, op.square(x)))


def test_the_sign_change_relatively():
    """Even and odd wires: no node alone commutes with −1, and the weights carry the axis."""
    assert accepted(prove_natural(gate_by_size.graph(), [n], "negation"))
    loop = iterate(gate_by_size, 3, weights="stacked").graph()
    assert accepted(prove_natural(loop, [n], "negation"))
    invariant = (gate_by_size >> op.square >> op.sum(n)).graph()
    assert accepted(prove_natural(invariant, [n], "negation"))
    for broken in (
        gate_by_size >> op.abs,
        gate_by_size >> op.linear(n, n),
        gate_by_size >> op.sum(n),
        gate_by_size >> op.softmax(n),
        iterate(gate_by_size >> op.relu, 2),
    ):
        assert not prove_natural(broken.graph(), [n], "negation")
    joined = op.concat(n, h).at(Real[n], Real[h]).graph()
    assert not prove_parity(joined, n)  # −1 acts on a part of the axis only
    assert not prove_parity(op.indicator.at(Bool[n]).graph(), n)


@pytest.mark.parametrize("seed", range(120))
def test_what_is_proved_of_the_sign_change_holds_in_floats(seed):
    graph = random_graph(seed, 5)
    proof = prove_parity(graph, ITEM)
    if not proof:
        return
    assert accepted(proof)
    rng = np.random.default_rng(seed)
    values, weights = inputs(graph, rng, SIZES), resources(graph, rng, SIZES)

    def negated(value, type_):
        hits = sum(ITEM in a.index.atoms for a in type_.axes)
        return -value if hits % 2 else value

    moved = [negated(x, t) for x, t in zip(values, graph.dom)]
    before, after = evaluate(graph, values, weights, SIZES), evaluate(graph, moved, weights, SIZES)
    assert all(close(negated(y, t), z) for y, t, z in zip(before, graph.cod, after))


def test_random_graphs_have_a_parity_sometimes():
    found = [bool(prove_parity(random_graph(seed, 5), ITEM)) for seed in range(120)]
    assert 5 < sum(found) < 115


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


@pytest.mark.parametrize("maps", ["negation", "signed", "orthogonal", "linear", "function"])
def test_windows_of_one_entry_leave_the_axis_alone(maps):
    """A kernel of one entry and no bias commutes with every matrix on the axis; prover and checker
    agree on it, and on what a bias, a wider kernel and a maximum spoil."""
    plain = op.conv(over=n, kernel=1, bias=False).at(Real[n, c]).graph()
    assert accepted(prove_natural(plain, [n], maps)) and alone(plain, n, maps)
    for broken in (
        op.conv(over=n, kernel=3, padding="circular", bias=False).at(Real[n, c]),
        op.conv(over=n, kernel=1, bias=True).at(Real[n, c]),
        op.max_pool(n, kernel=1, stride=1).at(Real[n, c]),
    ):
        found, asked = prove_natural(broken.graph(), [n], maps), alone(broken.graph(), n, maps)
        assert bool(found) == asked or (maps == "negation" and found.kind == "parity")
        assert maps == "function" or not asked
