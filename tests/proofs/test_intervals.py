"""Bounds and sums: correct architectures, broken twins, the checker, floats."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import numpy as np
import pytest

from categorical import Bool, Dim, Fin, Real, arrow, op
from categorical.operators import iterate
from proofs import checker
from proofs.certificate import bundle, canonical, claim
from proofs.checker import check
from proofs.checking.bounds import Interval, hull, plus, times, unary
from proofs.intervals import bounds, prove_bounded, prove_sums_to
from tests.proofs import boxes
from tests.proofs.graphs import SIZES, evaluate, inputs, random_graph, resources

n, c, h, e = Dim.named("n c h e")
key = n.at("key")


@arrow
def gated(x: Real[n], y: Real[n], logits: Real[n]) -> Real[n]:
    """A convex combination of two values in (−1, 1)."""
    gate = op.sigmoid(logits)
    return gate * op.tanh(x) + (1 - gate) * op.tanh(y)


@arrow
def wrongly_gated(x: Real[n], y: Real[n], logits: Real[n], others: Real[n]) -> Real[n]:
    """The two weights do not sum to 1."""
    gate, other = op.sigmoid(logits), op.sigmoid(others)
    return gate * op.tanh(x) + (1 - other) * op.tanh(y)


@arrow
def attended(scores: Real[n, key], values: Real[key, c]) -> Real[n, c]:
    """A weighted mean of values in [0, 1]."""
    return op.einsum(n, c)(op.softmax(key)(scores), op.sigmoid(values))


@arrow
def attended_somewhere(
    scores: Real[n, key], mask: Bool[n, key], values: Real[key, c]
) -> Real[n, c]:
    """The same where the mask may leave nothing."""
    return op.einsum(n, c)(op.softmax(key, masked=True)(scores, mask), op.sigmoid(values) + 1)


BOUNDED = {
    "sigmoid": ((op.linear(c, h) >> op.sigmoid).graph(), 0, 1, True),
    "relu": ((op.linear(c, h) >> op.relu).graph(), 0, None, False),
    "softmax": (op.softmax(c).at(Real[n, c]).graph(), 0, 1, False),
    "positive": ((op.softmax(c) >> op.neg).at(Real[n, c]).graph(), -1, 0, False),
    "gate": (gated.graph(), -1, 1, True),
    "attention": (attended.graph(), 0, 1, True),
    "masked": (attended_somewhere.graph(), 0, 2, False),
    "mean": ((op.tanh >> op.mean(n)).at(Real[n, c]).graph(), -1, 1, True),
    "sum of squares": ((op.square >> op.sum(n)).at(Real[n, c]).graph(), 0, None, False),
    "norm": (op.normalise(c).at(Real[n, c]).graph(), -1, 1, False),
    "iterated": (
        (op.tanh >> iterate(op.linear(c, c) >> op.tanh, 5, weights="tied")).graph(),
        -1,
        1,
        True,
    ),
    "counts": (op.degree(n, e).at(Fin(n)[e]).graph(), 0, None, False),
}


@pytest.mark.parametrize("name", BOUNDED)
def test_bounded(name):
    graph, low, high, strict = BOUNDED[name]
    proof = prove_bounded(graph, low, high, strict)
    assert proof, proof.reason
    report = check(bundle("", [claim("bounded", proof)]))
    assert report.ok, report.errors


BROKEN = {
    "strict softmax": (op.softmax(c).at(Real[n, c]).graph(), 0, 1, True),
    "too tight": ((op.linear(c, h) >> op.sigmoid).graph(), 0, 0.99, False),
    "no activation": (op.linear(c, h).graph(), 0, 1, False),
    "another gate": (wrongly_gated.graph(), -1, 1, False),
    "sum": ((op.tanh >> op.sum(n)).at(Real[n, c]).graph(), -1, 1, False),
    "nothing left": (attended_somewhere.graph(), 1, 2, False),
    "residual": (iterate(op.linear(c, c) >> op.relu, 2).graph(), 0, None, False),
    "leaky": ((op.linear(c, h) >> op.leaky_relu(0.1)).graph(), 0, None, False),
    "silu": ((op.linear(c, h) >> op.silu).graph(), -0.2, None, False),
    "strict relu": ((op.linear(c, h) >> op.relu).graph(), 0, None, True),
    "relu of less than 0": ((op.logsigmoid >> op.relu).at(Real[c]).graph(), None, 0, True),
    "cut off from below": ((op.softplus >> op.relu6).at(Real[c]).graph(), None, 6, True),
    "norm without eps": (op.normalise(c, eps=0).at(Real[n, c]).graph(), -1, 1, True),
    "norm of one entry": (op.normalise(c, p=1, eps=0).at(Real[n, c]).graph(), -1, 1, True),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_twins(name):
    graph, low, high, strict = BROKEN[name]
    found = prove_bounded(graph, low, high, strict)
    assert not found and "only known" in found.reason


def test_assumptions():
    graph = (op.scale(-2.0) >> op.exp).at(Real[n]).graph()
    assert bounds(graph) == [(0.0, math.inf, True, False)]
    inside = {0: (0.0, math.inf, False, False)}
    assert bounds(graph, inside) == [(0.0, 1.0, True, False)]
    proof = prove_bounded(graph, 0, 1, assumptions=inside)
    report = check(bundle("", [claim("bounded", proof)]))
    assert "assumed" in report.claims[0]
    assert not prove_bounded(graph, 0, 1)


def test_sums():
    for graph, axis, value in (
        ((op.linear(c, n) >> op.softmax(n)).graph(), n, 1),
        ((op.softmax(n) >> op.scale(2)).at(Real[n]).graph(), n, 2),
        ((op.softmax(n) >> op.relabel(n, key)).at(Real[n, c]).graph(), key, 1),
        ((op.softmax(n) >> op.mean(c)).at(Real[n, c]).graph(), n, 1),
        (op.one_hot(n).at(Fin(n)[e]).graph(), n, 1),
    ):
        proof = prove_sums_to(graph, axis, value)
        assert proof, proof.reason
        assert check(bundle("", [claim("sums", proof)])).ok
    chain = op.einsum(n, key).at(Real[n, h], Real[h, key])
    both = ((op.softmax(h) @ op.softmax(key)).at(Real[n, h], Real[h, key]) >> chain).graph()
    assert check(bundle("", [claim("sums", prove_sums_to(both, key, 1))])).ok


@pytest.mark.parametrize(
    ("graph", "axis", "value"),
    [
        (op.softmax(n).at(Real[n, c]).graph(), c, 1),
        (op.softmax(n, masked=True).at(Real[n, c], Bool[n]).graph(), n, 1),
        ((op.softmax(n) >> op.relu).at(Real[n]).graph(), n, 2),
        (op.softmax(n, c).at(Real[n, c]).graph(), n, 1),
        ((op.softmax(n) >> op.square).at(Real[n]).graph(), n, 1),
        ((op.softmax(n) >> op.sum(c)).at(Real[n, c]).graph(), n, 1),
    ],
)
def test_broken_sums(graph, axis, value):
    assert not prove_sums_to(graph, axis, value)


def test_stronger_claims_are_refused():
    text = bundle("", [claim("bounded", prove_bounded(gated.graph(), -1, 1))])
    changes = [
        {"bounds": ["0", "1", False, False]},
        {"bounds": ["-1/2", "1", False, False]},
        {"assumed": [["0", "1", False, False]] * 2},
        {"bounds": ["1/0", "1", False, False]},
        {"bounds": ["nan", "1", False, False]},
        {"steps": []},
        {"claim": "sums"},
    ]
    for change in changes:
        data = json.loads(text)
        data["claims"][0].update(change)
        del data["digest"]
        assert not check(canonical({**data, "digest": checker.digest(data)}) + "\n").ok, change


def inside(value, bound):
    low, high, open_low, _ = bound
    finite = value[np.isfinite(value)].astype(float)
    slack = 1e-9 * max(1.0, float(np.abs(finite).max(initial=0)))
    assert (finite >= low - slack).all() and (finite <= high + slack).all()
    if open_low:
        assert (finite >= low).all()


@pytest.mark.parametrize("seed", range(150))
def test_random_graphs_stay_within_their_bounds(seed):
    graph = random_graph(seed, 6)
    found = bounds(graph)
    for draw in range(4):
        rng = np.random.default_rng((seed, draw))
        values = [3 * v if v.dtype == float else v for v in inputs(graph, rng, SIZES)]
        for y, bound in zip(evaluate(graph, values, resources(graph, rng, SIZES), SIZES), found):
            inside(y, bound)


def test_random_graphs_have_bounds_sometimes():
    known = [b for seed in range(150) for b in bounds(random_graph(seed, 6)) if b[0] > -math.inf]
    assert 50 < len(known) < 290


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("name", sorted(boxes.GRAPHS))
def test_one_node_of_every_generator(name, mode):
    for graph in boxes.GRAPHS[name]:
        found = bounds(graph, mode=mode)
        for draw in range(3):
            rng = np.random.default_rng(draw)
            values, weights = inputs(graph, rng, boxes.SIZES), resources(graph, rng, boxes.SIZES)
            noise = {k for k, r in graph.resources().items() if r.init.kind == "bernoulli"}
            weights = {k: v.round() % 2 if k in noise else v for k, v in weights.items()}
            with np.errstate(all="ignore"):
                for y, bound in zip(evaluate(graph, values, weights, boxes.SIZES, mode), found):
                    if y.dtype == float:
                        inside(y, bound)


def test_interval_arithmetic_against_samples():
    rng = np.random.default_rng(0)
    ends = [-2, -1, 0, 1, 2]
    for _ in range(400):
        a, b = (
            Interval(*sorted(rng.choice(ends, 2)), *map(bool, rng.integers(0, 2, 2))) for _ in "ab"
        )
        if a.low == a.high or b.low == b.high:
            continue
        for name, combined, f in (("+", plus(a, b), np.add), ("×", times(a, b), np.multiply)):
            grid = f.outer(points(a), points(b)).ravel()
            assert all(member(v, combined) for v in grid), (name, str(a), str(b), str(combined))
            low, high = float(combined.low), float(combined.high)
            assert grid.min() - low < 0.5 and high - grid.max() < 0.5
            assert combined.open_low != (low in grid) and combined.open_high != (high in grid)
        both = hull([a, b])
        assert all(member(v, both) for v in (*points(a), *points(b)))


FUNCTIONS = {
    "relu": lambda x: np.maximum(x, 0),
    "relu6": lambda x: np.clip(x, 0, 6),
    "hard_tanh": lambda x: np.clip(x, -1, 1),
    "leaky_relu": lambda x: np.maximum(x, x / 4),
    "square": np.square,
    "abs": np.abs,
    "sign": np.sign,
    "exp": np.exp,
    "tanh": np.tanh,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_against_samples(name):
    rng = np.random.default_rng(1)
    ends = [-7, -2, -1, 0, 1, 2, 6, 7]
    for _ in range(300):
        low, high = sorted(map(int, rng.choice(ends, 2, replace=False)))
        one = Interval(Fraction(low), Fraction(high), *map(bool, rng.integers(0, 2, 2)))
        image = unary(name, {"slope": {"fraction": "1/4"}}, one)
        outside = [v for v in FUNCTIONS[name](points(one)) if not member(v, image)]
        assert not outside, (name, str(one), str(image), outside)


def points(one):
    inner = np.linspace(float(one.low), float(one.high), 41)
    return inner[int(one.open_low) : len(inner) - int(one.open_high)]


def member(value, one):
    low = value > one.low or (value == one.low and not one.open_low)
    return low and (value < one.high or (value == one.high and not one.open_high))
