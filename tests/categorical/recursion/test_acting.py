"""Monoids that are declared: true claims are proved, false ones refuted with a counterexample."""

from __future__ import annotations

import pytest

from categorical import Dim, Real, SpecError, arrow, identity, op
from categorical.recursion.acting import acting
from categorical.verdicts import Verdict
from synthesis.ladder import check

n, t = Dim.named("n t")
X = Real[n]


@arrow
def compose(a: X, b: X, c: X, d: X) -> X * X:
    return c * a, c * b + d


@arrow
def act(s: X, a: X, b: X) -> X:
    return a * s + b


@arrow
def gate(s: X, x: X) -> X:
    return op.sigmoid(op.linear(n, n)(s)) * s + x


@arrow
def both(x: X, y: X) -> X:
    return x + y


def verdicts(*claims: object) -> list[Verdict]:
    return [one.verdict for claim in claims for one in check(claim)]  # type: ignore[attr-defined, arg-type]


def test_affine_maps_act() -> None:
    affine = acting(op.sigmoid.at(X) @ op.linear(n, n), compose, act)
    assert verdicts(*affine.claims()) == [Verdict.PROVED, Verdict.PROVED]


def test_its_run_is_a_scan() -> None:
    from backends.pytorch.build import build

    affine = acting(op.sigmoid.at(X) @ op.linear(n, n), compose, act)
    made = build(affine.run(over=t, start=0), {"n": 3}, "demo")
    assert any(line.startswith("parallel scan") for line in made.derivation)


def test_a_gate_that_looks_at_the_state_is_refuted() -> None:
    gated = acting(identity(X), both, gate)
    assert verdicts(*gated.claims({"n": 3})) == [Verdict.PROVED, Verdict.REFUTED]


def test_a_product_that_is_not_associative_is_refuted() -> None:
    @arrow
    def differ(x: X, y: X) -> X:
        return x - y

    @arrow
    def plus(s: X, x: X) -> X:
        return s + x

    wrong = acting(identity(X), differ, plus)
    assert verdicts(wrong.associative(), wrong.acts()) == [Verdict.REFUTED, Verdict.REFUTED]


def test_a_cell_that_is_another_one_is_refuted() -> None:
    affine = acting(identity(X) @ identity(X), compose, act)

    @arrow
    def cell(s: X, a: X, b: X) -> X:
        return a * s - b

    assert verdicts(affine.steps(act), affine.steps(cell)) == [Verdict.PROVED, Verdict.REFUTED]


@pytest.mark.parametrize(
    ("element", "product", "action", "reason"),
    [
        (identity(X), both, act, "the action does not take an element"),
        (identity(X), act, act, "does not make an element of two"),
        (identity(X) @ identity(X), both, gate, "does not become an element"),
    ],
)
def test_parts_that_do_not_fit(element, product, action, reason) -> None:
    with pytest.raises(SpecError, match=reason) as error:
        acting(element, product, action)
    assert error.value.code == "CM045"
