"""Large terms: no recursion limit, no term entered twice, equal uses of tied arrows are one node.

What is counted are calls, never seconds; ``tests.benchmarks.scaling`` prints the times.
"""

from __future__ import annotations

from functools import reduce

import pytest

from backends.pytorch import build
from categorical import Dim, Real, SpecError, copy, iterate, op, tie
from categorical.arrows import OpArrow
from categorical.composites import residual
from categorical.graph import DEEPEST
from categorical.normal import hash_cons

n, c = Dim.named("n c")
X = Real[n, c]
LONG = 3_000


def left(count: int):
    return reduce(lambda whole, one: whole >> one, [op.tanh.at(X)] * count)


def right(count: int):
    return reduce(lambda whole, one: one >> whole, [op.tanh.at(X)] * count)


def nested(count: int):
    whole = op.relu.at(X)
    for _ in range(count):
        whole = copy(X) >> (whole @ op.tanh) >> op.add
    return whole


def residuals(count: int):
    return reduce(lambda whole, _: residual(whole), range(count), op.tanh.at(X))


@pytest.mark.parametrize("make", [left, right, nested, residuals], ids=lambda f: f.__name__)
def test_no_recursion_limit(make) -> None:
    whole = make(LONG)
    assert len(repr(whole)) < 2_000
    graph = hash_cons(whole.graph())
    assert len(graph.nodes) >= LONG
    source = build(graph, {}, "long", validate=False).source
    compile(source, "long.py", "exec")


@pytest.mark.parametrize("lean", ["left", "right"])
def test_products_of_many(lean: str) -> None:
    one = op.relu.at(Real[n])
    whole = one
    for _ in range(LONG - 1):
        whole = whole @ one if lean == "left" else one @ whole
    assert len(whole.graph().nodes) == LONG


def test_a_size_of_many_inputs_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from backends.pytorch import scope

    looked = []
    find = scope.reading

    def counted(graph, symbol, names):
        looked.append(symbol)
        return find(graph, symbol, names)

    monkeypatch.setattr(scope, "reading", counted)
    whole = op.relu.at(Real[n])
    for _ in range(50):
        whole = whole @ op.relu.at(Real[n])
    assert "if x51.dim() != 1" in build(whole.graph(), {}, "wide", validate=False).source
    assert looked == ["n"]


@pytest.mark.parametrize("make", [left, right, nested, residuals], ids=lambda f: f.__name__)
def test_composition_enters_no_term_again(make, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = 0
    codomain = OpArrow.codomain

    def counted(self, types):
        nonlocal calls
        calls += 1
        return codomain(self, types)

    monkeypatch.setattr(OpArrow, "codomain", counted)
    make(400)
    assert calls < 10 * 400


@pytest.mark.parametrize(
    "body", [op.linear(c, c), op.linear(c, c) >> op.tanh >> op.linear(c, c)], ids=["one", "chain"]
)
def test_a_tied_arrow_on_one_wire_is_computed_once(body) -> None:
    shared = tie(body.at(X))
    whole = shared
    for _ in range(5):
        whole = copy(X) >> (whole @ whole) >> op.add
    graph = hash_cons(whole.graph())
    assert len(graph.nodes) == 6
    assert build(graph, {"c": 3}, "shared").parameters


def test_an_untied_arrow_on_one_wire_is_not() -> None:
    body = op.linear(c, c).at(X)
    both = copy(X) >> (body @ body) >> op.add
    assert len(hash_cons(both.graph()).nodes) == 3


def wrapped(depth: int):
    whole = op.relu.at(X)
    for _ in range(depth):
        whole = whole.named("outer") >> op.tanh
    return whole


def test_sub_architectures_within_one_another() -> None:
    source = build((wrapped(DEEPEST - 1) >> op.relu).graph(), {}, "deep", validate=False).source
    assert source.count("class ") >= DEEPEST - 1
    with pytest.raises(SpecError, match=r"CM041.*lies around") as refused:
        wrapped(DEEPEST + 2).graph()
    assert "inline=True" in str(refused.value)


def test_iterations_within_one_another() -> None:
    whole = op.tanh.at(X)
    with pytest.raises(SpecError, match="CM041"):
        for _ in range(DEEPEST + 2):
            whole = iterate(whole, 2)
        whole.graph()
