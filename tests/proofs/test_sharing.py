"""Diagrams: equal boxes on equal wires are one, and nothing else is."""

from __future__ import annotations

import copy as copies
import json

import pytest

from categorical import Dim, Real, copy, discard, identity, iterate, op, swap
from categorical.derivatives import explicit, pullback, reverse
from categorical.graph import Graph
from categorical.recursion import fold
from proofs.certificate import bundle, claim
from proofs.checker import check
from proofs.checking.programs import Refusal, read_program
from proofs.checking.sharing import check_known, one_diagram
from proofs.equality import MANY, prove_equal
from proofs.program import program
from tests.proofs.test_checker import resealed

n, c, t, s = Dim.named("n c t s")
X = Real[n, c]
layer = op.linear(c, c) >> op.tanh
cell = (op.linear(s, s) @ op.linear(c, s)) >> op.add >> op.tanh
run = fold(cell, over=t)


def same(left: Graph, right: Graph, renaming: dict[str, str] | None = None) -> bool:
    first, second = (read_program(program(one), check_known) for one in (left, right))
    return one_diagram(first, second, renaming or {})[0]


def boxed(arrow) -> Graph:
    return (identity(*arrow.dom) >> arrow).graph()


EQUAL = {
    "two orders": (
        ((op.relu.at(X) @ identity(X)) >> (identity(X) @ op.tanh.at(X))).graph(),
        (op.relu.at(X) @ op.tanh.at(X)).graph(),
    ),
    "copies of one box": (
        (op.relu.at(X) >> copy(X) >> op.add).graph(),
        (copy(X) >> (op.relu @ op.relu) >> op.add).graph(),
    ),
    "what is not read": (
        (copy(X) >> (op.relu @ op.tanh) >> (identity(X) @ discard(X))).graph(),
        op.relu.at(X).graph(),
    ),
    "a pullback": (boxed(pullback(layer)), boxed(pullback(layer))),
    "a loop of weights that are inputs": (
        explicit(iterate(layer, 3, name="one")).graph(),
        explicit(iterate(layer, 3, name="other")).graph(),
    ),
    "the derivative of a run": (reverse(explicit(run)).graph(), reverse(explicit(run)).graph()),
}
DIFFERENT = {
    "another box": (op.relu.at(X).graph(), op.tanh.at(X).graph()),
    "wires crossed": (op.sub.at(X, X).graph(), (swap(X, X) >> op.sub).graph()),
    "another attribute": (op.scale(2).at(X).graph(), op.scale(3).at(X).graph()),
    "an attribute of another kind": (op.roll(n, 1).at(X).graph(), op.roll(n, -1).at(X).graph()),
    "equal numbers, other boxes": (
        (op.neg >> op.neg).at(X).graph(),
        op.scale(1).at(X).graph(),
    ),
    "another body": (boxed(pullback(layer)), boxed(pullback(op.linear(c, c) >> op.relu))),
    "one step more": (
        explicit(iterate(layer, 3, weights="tied")).graph(),
        explicit(iterate(layer, 4, weights="tied")).graph(),
    ),
    "weights of every step": (
        explicit(iterate(layer, 1)).graph(),
        explicit(iterate(layer, 1, weights="tied")).graph(),
    ),
    "two sets of weights": (
        op.linear(c, c, name="one").graph(),
        op.linear(c, c, name="other").graph(),
    ),
    "two sets of weights in bodies": (
        boxed(pullback(layer.named("one"))),
        boxed(pullback(layer.named("other"))),
    ),
}


@pytest.mark.parametrize("name", EQUAL)
def test_one_diagram(name: str) -> None:
    assert same(*EQUAL[name])


@pytest.mark.parametrize("name", DIFFERENT)
def test_two_diagrams(name: str) -> None:
    assert not same(*DIFFERENT[name])


def test_weights_are_renamed_but_not_those_of_bodies() -> None:
    one, other = (op.linear(c, c, name=name).graph() for name in ("one", "other"))
    names = {f"other.{kind}": f"one.{kind}" for kind in ("weight", "bias")}
    assert same(one, other, names)
    assert not same(one, other, {"other.weight": "one.bias", "other.bias": "one.weight"})
    loops = [iterate(layer, 3, name=name).graph() for name in ("one", "other")]
    with pytest.raises(Refusal, match="cannot be renamed"):
        same(*loops, {"other.0.linear.weight": "one.0.linear.weight"})


def test_state_is_compared() -> None:
    norm = op.batch_norm(c, over=[n]).at(X).graph()
    assert same(norm, norm)
    twice = (op.scale(2.0).at(X) >> op.batch_norm(c, over=[n])).graph()
    assert not same(norm, twice)
    first = (copy(X) >> (op.batch_norm(c, over=[n]) @ discard(X))).graph()
    assert same(norm, first)


def test_two_states_are_not_read_as_one() -> None:
    """The statistics of x and of 2x, under one name: the last one alone would be compared."""
    doubled = op.scale(2.0).at(X)
    norm = op.batch_norm(c, over=[n])
    one = (doubled >> norm).graph()
    two = (copy(X) >> ((norm >> op.scale(0.0)) @ (doubled >> norm)) >> op.add).graph()
    names = {path: path.replace("batch_norm_2", "batch_norm") for path in two.resources()}
    for mode in ("eval", "train"):
        assert not prove_equal(one, two, names, mode)
    with pytest.raises(Refusal, match="two states"):
        same(one, two, names)
    assert same(two, two)


def test_long_programs_and_free_boxes_are_compared_as_diagrams() -> None:
    long = identity(Real[c])
    for _ in range(MANY // 2):
        long = long >> op.tanh >> op.neg
    assert prove_equal(long.graph(), long.graph()).kind == "same"  # type: ignore[union-attr]
    assert prove_equal(op.tanh.at(X).graph(), op.tanh.at(X).graph()).kind == "equal"  # type: ignore[union-attr]
    assert prove_equal(*[boxed(pullback(layer))] * 2).kind == "same"  # type: ignore[union-attr]
    found = prove_equal(*DIFFERENT["another body"])
    assert not found
    # a long equation that is none of diagrams still has its normal form
    other = identity(Real[c])
    for _ in range(MANY // 2):
        other = other >> op.neg >> op.tanh
    assert prove_equal(long.graph(), other.graph()).kind == "equal"  # type: ignore[union-attr]


def certificate() -> dict:
    proof = prove_equal(*[boxed(pullback(layer))] * 2)
    return json.loads(bundle("ab" * 32, [claim("R is R", proof)]))


def test_the_checker_accepts_what_was_proved() -> None:
    report = check(resealed(certificate()))
    assert report.ok and report.claims == [
        "R is R: both sides are one diagram in eval mode, all sizes"
    ]


def pull(data: dict) -> dict:
    """The pullback in the only program."""
    (node,) = (one for one in data["programs"][0]["nodes"] if one["op"] == "pullback")
    return node


FORGERIES = {
    "another claim": lambda d: d["claims"][0].update(claim="equal"),
    "no cotangent": lambda d: pull(d)["attrs"].update(wrt=[]),
    "a cotangent of nothing": lambda d: pull(d)["attrs"].update(wrt=[1]),
    "two bodies": lambda d: pull(d)["bodies"].append(pull(d)["bodies"][0]),
    "no body": lambda d: pull(d).update(bodies=[]),
    "an unknown box": lambda d: pull(d).update(op="magic"),
    "a mode": lambda d: d["claims"][0].update(mode="other"),
    "a scope": lambda d: d["claims"][0].update(scope="all things"),
    "an input less": lambda d: pull(d).update(ins=pull(d)["ins"][:1], data=1),
    "a renaming": lambda d: d["claims"][0].update(renaming={"pullback.linear.weight": 1}),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_are_refused(name: str) -> None:
    data = copies.deepcopy(certificate())
    FORGERIES[name](data)
    assert not check(resealed(data)).ok


def test_a_forged_equation_of_two_diagrams_is_refused() -> None:
    left, right = (program(one) for one in DIFFERENT["another body"])
    data = certificate()
    data["programs"] = [left, right]
    data["claims"][0]["programs"] = [0, 1]
    report = check(resealed(data))
    assert not report.ok and "different diagrams" in report.errors[0]
