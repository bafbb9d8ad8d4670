"""Prisms of summands: composition, their laws, and equality modulo sliding."""

from __future__ import annotations

import pytest

from categorical import Dim, Real, SpecError, op
from categorical.algebras.families import Family, identities
from categorical.lenses.prisms import (
    Prism,
    equal_prisms,
    identity_prism,
    normal,
    over,
    prism_laws,
    summand,
)
from tests.categorical.algebras.verdicts import every

n, m, k, j = Dim.named("n m k j")
N, M, K = Real[n], Real[m], Real[k]
whole = N + M + K
middle = summand(whole, 1)


def test_summands_are_lawful() -> None:
    for which in range(3):
        assert every(prism_laws(summand(whole, which))) == {"PROVED"}
    assert every(prism_laws(identity_prism(whole))) == {"PROVED"}


def test_isomorphisms_are_lawful_and_others_are_not() -> None:
    flip = over(op.neg.at(N), op.neg.at(N))
    assert every(prism_laws(flip)) == {"PROVED"}
    assert "REFUTED" in every(prism_laws(over(op.relu.at(N), op.relu.at(N))))
    forgetful = over(op.neg.at(N), op.relu.at(N))
    assert "REFUTED" in every(prism_laws(middle >> over(op.relu.at(M), op.relu.at(M))))
    assert "REFUTED" in every(prism_laws(forgetful))


def test_a_build_that_ends_in_another_case_is_refuted() -> None:
    pair = N + N
    first = summand(pair, 0)
    one, two = first.build.arrows
    swapped = Family(first.build.dom, first.build.cod, ((0, one), (1, two)))
    assert "REFUTED" in every(prism_laws(Prism(first.match, swapped)))


def test_composition() -> None:
    nested = summand(whole, 1) >> over(op.neg.at(M), op.neg.at(M))
    assert nested.residual == ((N,), (K,)) and every(prism_laws(nested)) == {"PROVED"}
    left = (middle >> over(op.neg.at(M), op.neg.at(M))) >> over(op.tanh.at(M), op.tanh.at(M))
    right = middle >> (over(op.neg.at(M), op.neg.at(M)) >> over(op.tanh.at(M), op.tanh.at(M)))
    assert every(equal_prisms(left, right)) == {"PROVED"}
    assert every(equal_prisms(identity_prism(whole) >> middle, middle)) == {"PROVED"}
    assert every(equal_prisms(middle >> identity_prism(M), middle)) == {"PROVED"}


def test_sliding_a_map_of_the_residual() -> None:
    rest = op.tanh.at(N)
    match = summand(N + M, 1).match
    mapped = Family(match.cod, match.cod, ((0, rest), (1, identities(M).arrows[0])))
    build = summand(N + M, 1).build
    there = Prism(match >> mapped, build)
    back = Prism(match, mapped >> build)
    assert every(equal_prisms(there, back)) == {"PROVED"}
    assert "REFUTED" in every(equal_prisms(there, summand(N + M, 1)))
    assert normal(there).residual == ((N,), (M,))


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(SpecError, match="does not take what `match` leaves"):
        Prism(middle.match, summand(N + M + Real[j], 2).build)
    with pytest.raises(SpecError, match="does not compose"):
        middle >> identity_prism(N)
    with pytest.raises(SpecError, match="cannot be stated"):
        prism_laws(over(op.mean(n).at(N), op.expand(m).at(Real[()])))
