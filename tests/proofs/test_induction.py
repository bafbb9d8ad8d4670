"""Induction along runs: what goes through, what does not, and forged lemmas."""

from __future__ import annotations

import copy
import json

import pytest

from categorical import Dim, Real, architecture, arrow, identity, laws, op
from categorical.laws.equations import _paths
from categorical.recursion import fold, foldr, hylo, mealy, scan, unfold
from categorical.verdicts import Verdict
from proofs.certificate import bundle, canonical, claim
from proofs.checker import check, digest
from proofs.equality import prove_equal
from proofs.induction import prove_by_induction
from proofs.program import program
from synthesis.ladder import check as verdicts

t, u, a, s, o, v = Dim.named("t u a s o v")
smooth = (op.scale(0.5).at(Real[s]) @ identity(Real[s])) >> op.add
mixed = op.linear(s, s, bias=False, name="mix")
cell = (op.linear(s, s, name="back") @ op.linear(a, s, name="read")) >> op.add >> op.tanh
gate = op.linear(a, s) >> op.sigmoid
gated = (identity(Real[s]) @ gate) >> op.mul
SAME = {"cell_2": "cell"}


def proof(left, right, *vias, renaming=None):
    maps = [(None, {})] if not vias else [(one and one.graph(), {}) for one in vias]
    names = _paths(right, renaming or SAME)
    return prove_by_induction(left.graph(), right.graph(), names, "eval", maps)


def good(found):
    assert found, found.reason
    report = check(bundle("", [claim("induction", found)]))
    assert report.ok, report.errors
    (sentence,) = report.claims
    return sentence.removeprefix("induction: ")


def total(one, start=0, over=t):
    return fold(one, over=over, start=start)


def test_fusion():
    left, right = total(smooth) >> mixed, mixed.at(Real[t, s]) >> total(smooth)
    assert not prove_equal(left.graph(), right.graph())
    said = "both sides are equal by induction along t, base and step, in eval mode, all sizes"
    assert good(proof(left, right)) == said  # the rest of a side is the map
    assert good(proof(left, right, mixed)) == said
    for wrong in (op.neg.at(Real[s]), op.tanh.at(Real[s]), op.linear(s, s, name="other")):
        assert not proof(left, right, wrong)


@pytest.mark.parametrize("h", [op.relu, op.tanh, op.square, op.exp, op.linear(s, s, name="mix")])
def test_maps_that_do_not_fuse(h):
    found = proof(total(smooth) >> h, h.at(Real[t, s]) >> total(smooth))
    assert not found
    assert found.reason.startswith("no induction is found: ")


def test_the_base_and_the_step_are_both_needed():
    double = op.scale(2).at(Real[s])
    late = proof(total(smooth, 1) >> double, op.scale(2).at(Real[t, s]) >> total(smooth, 1), double)
    assert late.reason == "no induction is found: the base does not hold"
    bent = (op.tanh.at(Real[s]) @ identity(Real[s])) >> op.add
    bad = proof(total(bent) >> double, op.scale(2).at(Real[t, s]) >> total(bent), double)
    assert bad.reason == "no induction is found: the step does not hold"


def test_appending():
    xs, ys = Real[t, a], Real[u, a]

    def pair(one, start, join):
        whole = op.concat(t, u).at(xs, ys) >> fold(one, over=t + u, start=start)
        parts = total(one, start) @ total(one, start, u) >> join
        return whole, parts

    sentence = good(proof(*pair(gated, 1, op.mul)))
    assert "by induction along u" in sentence
    assert not proof(*pair(gated, 1, op.add))
    assert not proof(*pair(gated, 2, op.mul))  # 2 is no unit
    assert not proof(*pair((op.scale(0.5).at(Real[s]) @ gate) >> op.add, 0, op.add))

    @arrow
    def times(one: Real[s], other: Real[s]) -> Real[s]:
        return other * one

    assert good(proof(*pair(gated, 1, op.mul), times))


@arrow
def grow(seed: Real[v]) -> (Real[a], Real[v]):
    return op.linear(v, a, name="out")(seed), op.tanh(op.linear(v, v, name="next")(seed))


def test_an_unfolding_that_is_folded():
    def two(run):
        @arrow
        def steps(seed: Real[v], x: Real[s]) -> (Real[v], Real[s]):
            rows, left = unfold(grow, over=t)(seed)
            return left, run(cell, over=t)(x, rows)

        return steps

    names = {"cell.out": "cell.grow.out", "cell.next": "cell.grow.next", **SAME}
    assert good(proof(hylo(grow, cell, over=t), two(fold), renaming=names))
    assert not proof(hylo(grow, cell, over=t), two(foldr), renaming=names)


def test_outputs_at_every_step():
    """A scan of mapped entries is the mapped scan, where the map is a homomorphism."""
    scaled = op.scale(3).at(Real[s])
    rows = scan(smooth, over=t, start=0)
    left, right = rows >> op.scale(3), op.scale(3).at(Real[t, s]) >> rows
    assert good(proof(left, right, scaled))
    assert not proof(rows >> op.tanh, op.tanh.at(Real[t, s]) >> rows, op.tanh.at(Real[s]))
    back = scan(smooth, over=t, start=0, reverse=True)
    assert good(proof(back >> op.scale(3), op.scale(3).at(Real[t, s]) >> back, scaled))
    assert not proof(back >> op.scale(3), op.scale(3).at(Real[t, s]) >> rows, scaled)


def test_a_map_of_further_wires():
    """``fold`` from a state p is the fold from 0, plus what is left of p."""

    def shifted(factor):
        @arrow
        def apart(p: Real[s], x: Real[t, s]) -> (Real[s], Real[s]):
            rest = fold(op.scale(factor).at(Real[s]), over=t)(p)
            return rest, rest + fold(smooth, over=t)(op.zeros(Real[s])(), x)

        return apart

    @arrow
    def together(p: Real[s], x: Real[t, s]) -> (Real[s], Real[s]):
        rest = fold(op.scale(0.5).at(Real[s]), over=t)(p)
        return rest, fold(smooth, over=t)(p, x)

    plus = op.add.at(Real[s], Real[s])
    assert good(proof(together, shifted(0.5), plus))
    assert not proof(together, shifted(0.25), plus)


@arrow
def shown(x: Real[s], y: Real[s]) -> (Real[s], Real[s]):
    new = op.scale(0.5)(x) + y
    return new, new


def test_a_map_cannot_depend_on_the_step():
    """The states before a step are no wire: the running total is not the total."""

    @arrow
    def rows(x: Real[t, s]) -> (Real[t, s], Real[s]):
        return mealy(shown, over=t, start=0)(x)

    @arrow
    def other(x: Real[t, s]) -> (Real[t, s], Real[s]):
        last = fold(smooth, over=t, start=0)(x)
        return op.expand(t)(last), last

    assert not proof(rows, other) and not proof(other, rows)
    assert not proof(rows, other, identity(Real[s]))


# --- the law --------------------------------------------------------------------------------------


def test_the_law():
    left, right = total(smooth) >> mixed, mixed.at(Real[t, s]) >> total(smooth)
    by_map = laws.equal(right, name="fusion", by=laws.induction(mixed))
    found = laws.equal(right, name="found")
    in_turn = laws.equal(right, name="wrong map", by=[laws.induction(op.tanh.at(Real[s]))])
    model = architecture(left, laws=[by_map, found, in_turn], name="model")
    one, two, three = verdicts(model)
    assert one.verdict is two.verdict is Verdict.PROVED and one.scope == "all sizes"
    assert one.certificate["claims"][0]["claim"] == "induction"
    assert three.verdict is Verdict.EXACT and "the base does not hold" in three.reason
    broken = architecture(
        total(smooth) >> op.relu,
        laws=[laws.equal(op.relu.at(Real[t, s]) >> total(smooth), by=laws.induction(op.relu))],
        name="broken",
    )
    (found_,) = verdicts(broken)
    assert found_.verdict is Verdict.REFUTED and found_.counterexample is not None


# --- forged certificates --------------------------------------------------------------------------


def honest():
    left, right = total(smooth) >> mixed, mixed.at(Real[t, s]) >> total(smooth)
    return json.loads(bundle("", [claim("induction", proof(left, right, mixed))]))


def sealed(data):
    body = {k: w for k, w in data.items() if k != "digest"}
    return check(canonical({**body, "digest": digest(body)}) + "\n")


LEMMAS = [
    ("sources", []),
    ("sources", [[0, 0], [0, 0]]),
    ("sources", [[1, 0]]),
    ("sources", [[0, 5]]),
    ("target", []),
    ("target", [[0, 0]]),
    ("target", [[1, 0], [0, 0]]),
    ("target", [[1, -1]]),
    ("target", [[True, 0]]),
    ("wires", [[0, 0]]),
    ("wires", [[0, 99]]),
    ("renaming", {"mix.weight": "other"}),
    ("renaming", []),
]


@pytest.mark.parametrize(("key", "value"), LEMMAS)
def test_forged_lemmas(key, value):
    data = honest()
    assert sealed(data).ok
    data["claims"][0]["lemmas"][0][key] = value
    assert not sealed(data).ok


def test_forged_maps():
    data = honest()
    for wrong in (op.neg.at(Real[s]), op.tanh.at(Real[s]), identity(Real[s])):
        forged = copy.deepcopy(data)
        forged["programs"][forged["claims"][0]["programs"][2]] = program(wrong.graph())
        assert not sealed(forged).ok
    without = copy.deepcopy(data)
    without["claims"][0]["lemmas"] = []
    assert not sealed(without).ok
    without["claims"][0]["programs"] = without["claims"][0]["programs"][:2]
    assert not sealed(without).ok


def test_runs_of_other_directions_do_not_go_together():
    data = honest()
    for place in (0, 1):
        forged = copy.deepcopy(data)
        (node,) = (n for n in forged["programs"][place]["nodes"] if n["op"] == "scan")
        node["attrs"]["reverse"] = True
        assert not sealed(forged).ok
