"""Causality: correct architectures, broken twins, agreement with the checker, floats."""

from __future__ import annotations

import json

import numpy as np
import pytest

from categorical import Bool, Dim, Fin, Real, arrow, op
from categorical.operators import iterate
from categorical.records import EVAL, TRAIN
from proofs import checker
from proofs.causality import prove_causal
from proofs.certificate import Obstruction, bundle, canonical, claim
from proofs.checker import check
from proofs.checking.causal import check_causal
from proofs.checking.programs import read_program
from proofs.checking.table import check_types
from proofs.program import index, program
from tests.proofs import boxes
from tests.proofs.graphs import SIZES, close, evaluate, inputs, random_graph, resources
from tests.proofs.graphs import n as node

n, c, h, d, v = Dim.named("n c h d v")
key = n.at("key")


def accepted(graph, dim, mode=EVAL):
    """Whether the checker, asked alone, accepts the claim."""
    claimed = {"dims": [index(dim)], "mode": mode, "scope": "all sizes"}
    try:
        check_causal([read_program(program(graph), check_types)], claimed, [])
    except checker.Refusal:
        return False
    return True


def attention(mask):
    """Self-attention over n whose mask is made by ``mask(padding)``."""

    @arrow
    def mixing(x: Real[n, c], padding: Bool[n]) -> Real[n, c]:
        query, keys = op.linear(c, d)(x), op.relabel(n, key)(op.linear(c, d)(x))
        values = op.relabel(n, key)(op.linear(c, c)(x))
        scores = op.scale_root(d)(op.einsum(n, key)(query, keys))
        weights = op.softmax(key, masked=True)(scores, mask(padding))
        return x + op.einsum(n, c)(op.dropout(0.1)(weights), values)

    return mixing


def padded(padding):
    here = op.expand(n)(op.relabel(n, key)(padding))
    return op.logical_and(op.causal_mask(n, key)(), here)


@arrow
def transformer(tokens: Fin(v)[n]) -> Real[n, v]:
    """Learned positions, a causal block repeated, a tied width."""
    x = op.embedding(v, c)(tokens) + op.embedding(n, c)(op.positions(n)())
    return op.linear(c, v)(op.layer_norm(c)(x))


@arrow
def by_product(x: Real[n, c]) -> Real[n, c]:
    """Linear attention: scores times an indicator, summed."""
    scores = op.einsum(n, key)(x, op.relabel(n, key)(x))
    allowed = op.indicator(op.causal_mask(n, key)())
    return op.einsum(n, c)(op.mul(scores, allowed), op.relabel(n, key)(x))


causal_attention = attention(lambda padding: op.causal_mask(n, key)())

GOOD = {
    "attention": causal_attention,
    "strict mask": attention(lambda padding: op.causal_mask(n, key, strict=True)()),
    "mask and padding": attention(padded),
    "window behind": attention(lambda padding: op.band_mask(n, key, 2, 0)()),
    "window far behind": attention(lambda padding: op.band_mask(n, key, 2, -1)()),
    "window ahead, read backwards": op.band_mask(key, n, 0, 2) >> op.indicator,
    "embedding": transformer,
    "product": by_product,
    "convolution": op.conv(c, d, over=n, kernel=3, padding="causal").at(Real[c, n]),
    "entrywise": (op.linear(c, h) >> op.layer_norm(h) >> op.relu).at(Real[n, c]),
    "other axis": op.softmax(c).at(Real[n, c]),
    "two masks": op.einsum(n, c).at(Real[n, c]),
}


@pytest.mark.parametrize("name", GOOD)
def test_proves_and_the_checker_agrees(name):
    proof = prove_causal(GOOD[name].graph(), n)
    assert proof, proof.reason
    report = check(bundle("", [claim("causal", proof)]))
    assert report.ok, report.errors


def test_an_iterated_block():
    @arrow
    def block(x: Real[n, c]) -> Real[n, c]:
        scores = op.einsum(n, key)(x, op.relabel(n, key)(x))
        weights = op.softmax(key, masked=True)(scores, op.causal_mask(n, key)())
        mixed = op.einsum(n, c)(weights, op.relabel(n, key)(x))
        return op.linear(c, c)(x) + mixed

    for weights in ("tied", "stacked", "untied"):
        proof = prove_causal(iterate(block, 3, weights=weights).graph(), n)
        assert proof and check(bundle("", [claim("causal", proof)])).ok
    assert not prove_causal(iterate(block, n).graph(), n)


def upside_down(padding):
    return op.transpose(n, key)(op.causal_mask(key, n)())


BAD = {
    "no mask": attention(lambda padding: op.expand(n)(op.relabel(n, key)(padding))),
    "mask the other way": attention(upside_down),
    "mask of a window ahead": attention(lambda padding: op.band_mask(n, key, 2, 1)()),
    "mask of a window far ahead": attention(lambda padding: op.band_mask(n, key, 0, 2)()),
    "either mask": attention(
        lambda padding: op.logical_or(
            op.causal_mask(n, key)(), op.expand(n)(op.relabel(n, key)(padding))
        )
    ),
    "not the mask": attention(lambda padding: op.logical_not(op.causal_mask(n, key)())),
    "mean over the axis": (op.mean(n) >> op.expand(n)).at(Real[n, c]),
    "sum over the axis": op.sum(n).at(Real[n, c]),
    "centred window": op.conv(c, d, over=n, kernel=3).at(Real[c, n]),
    "circular window": op.conv(c, d, over=n, kernel=3, padding="circular").at(Real[c, n]),
    "norm over the axis": op.layer_norm(n).at(Real[n, c]),
    "weight over the axis": op.linear(n, n).at(Real[n, c]),
    "backwards": op.flip(n).at(Real[n, c]),
    "rolled": op.roll(n, 1).at(Real[n, c]),
    "last entry": op.take(n, -1).at(Real[n, c]),
    "maximum": (op.max(n) >> op.expand(n)).at(Real[n, c]),
    "merged axes": op.merge(n, c).at(Real[n, c]),
}


@pytest.mark.parametrize("name", BAD)
def test_broken_twins_are_obstructed(name):
    found = prove_causal(BAD[name].graph(), n)
    assert isinstance(found, Obstruction)
    assert not accepted(BAD[name].graph(), n)
    assert "`n`" in found.reason
    assert found.wire_name


def test_the_obstruction_names_the_softmax_without_a_mask():
    found = prove_causal(BAD["no mask"].graph(), n)
    assert found.node.box.name == "softmax"


def test_batch_norm_differs_by_mode():
    graph = op.batch_norm(c, over=(n,)).at(Real[n, c]).graph()
    assert prove_causal(graph, n, EVAL)
    assert not prove_causal(graph, n, TRAIN)


def restrict(value, type_, keep):
    for place, axis in enumerate(type_.axes):
        if str(axis.index) == "n":
            value = np.compress(keep, value, axis=place)
    return value


def holds(graph, dim, sizes, rng, mode=EVAL):
    """Whether outputs up to t survive a change of the inputs after t, for every t."""
    values, weights = inputs(graph, rng, sizes), resources(graph, rng, sizes)
    other = inputs(graph, rng, sizes)
    before = evaluate(graph, values, weights, sizes, mode)
    for t in range(sizes["n"] - 1):
        keep = np.arange(sizes["n"]) <= t
        changed = []
        for mine, yours, type_ in zip(values, other, graph.dom):
            inside = np.ones(mine.shape, dtype=bool)
            touched = False
            for place, axis in enumerate(type_.axes):
                if axis.index is dim:
                    touched = True
                    inside &= keep.reshape([-1 if i == place else 1 for i in range(mine.ndim)])
            changed.append(np.where(inside, mine, yours) if touched else mine)
        after = evaluate(graph, changed, weights, sizes, mode)
        for y, z, type_ in zip(before, after, graph.cod):
            if not close(restrict(y, type_, keep), restrict(z, type_, keep)):
                return False
    return True


EXTRA = (op.causal_mask(node, node.at("key")), op.causal_mask(node.at("key"), node))


@pytest.mark.parametrize("seed", range(150))
def test_what_is_proved_holds_in_floats(seed):
    graph = random_graph(seed, 9, EXTRA)
    proof = prove_causal(graph, node)
    assert bool(proof) == accepted(graph, node)
    if proof:
        assert check(bundle("", [claim("causal", proof)])).ok
        assert holds(graph, node, SIZES, np.random.default_rng(seed))


def test_random_graphs_are_proved_often_and_not_always():
    verdicts = [bool(prove_causal(random_graph(seed, 9, EXTRA), node)) for seed in range(150)]
    assert 15 < sum(verdicts) < 135


@pytest.mark.parametrize("mode", [EVAL, TRAIN])
@pytest.mark.parametrize("name", sorted(boxes.GRAPHS))
def test_one_node_of_every_generator(name, mode):
    for graph in boxes.GRAPHS[name]:
        proof = prove_causal(graph, boxes.n, mode)
        assert bool(proof) == accepted(graph, boxes.n, mode), graph
        if proof:
            report = check(bundle("", [claim("causal", proof)]))
            assert report.ok, (graph, report.errors)
            if name != "log":
                rng = np.random.default_rng(3)
                with np.errstate(all="ignore"):
                    assert holds(graph, boxes.n, boxes.SIZES, rng, mode), graph


def test_each_changed_fact_is_refused():
    text = bundle("", [claim("causal", prove_causal(causal_attention.graph(), n))])
    steps = json.loads(text)["claims"][0]["steps"]
    for place in range(len(steps)):
        for bad in ([None], [[[], []]], [[["key"], [["", "key"]]]], []):
            data = json.loads(text)
            if data["claims"][0]["steps"][place] == bad:
                continue
            data["claims"][0]["steps"][place] = bad
            del data["digest"]
            forged = canonical({**data, "digest": checker.digest(data)}) + "\n"
            assert not check(forged).ok


def test_a_false_claim_is_refused():
    text = bundle("", [claim("causal", prove_causal(causal_attention.graph(), n))])
    for old, new in (('"strict":false', '"strict":0'), ('"causal_mask"', '"band_mask"')):
        data = json.loads(text.replace(old, new))
        del data["digest"]
        forged = canonical({**data, "digest": checker.digest(data)}) + "\n"
        assert check(forged).ok == (new == '"strict":0')
