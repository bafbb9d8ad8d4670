"""Optics: composition, round trips, and equality modulo sliding."""

from __future__ import annotations

import pytest

from categorical import Real, SpecError, copy, identity, op
from categorical.lenses import (
    Optic,
    identity_optic,
    lens,
    optic,
    optic_laws,
    slide,
    slides,
    sliding_law,
    stored,
)
from categorical.normal import same
from tests.categorical.algebras.verdicts import every, verdicts
from tests.categorical.lenses.examples import M, N, c, layer, middle, momentum, n, square, tanh

forward = copy(N) >> (op.tanh.at(N) @ identity(N))


def test_laws() -> None:
    assert every(optic_laws(optic(layer), stored(tanh), optic(layer))) == {"PROVED"}
    assert every(optic_laws(stored(layer), optic(square), stored(square))) == {"PROVED"}


def test_round_trips() -> None:
    for one in (square, layer, momentum, middle):
        back = lens(optic(one))
        assert same(back.get.graph(), one.get.graph())
        assert same(back.put.graph(), one.put.graph())
        assert slides(optic(lens(stored(one))), stored(one))


def test_products() -> None:
    both = optic(layer) @ stored(middle)
    assert both.residual.wires == (N, *stored(middle).residual.wires)
    assert slides(both, optic(layer @ middle))
    assert not slides(both, optic(tanh @ middle))


def test_sliding_along_an_arrow() -> None:
    there, back = slide(forward, op.exp.at(N), op.mul.at(N, N))
    assert there.residual is N and slides(there, back)
    assert verdicts([sliding_law(there, back)]) == {"there ~ back": "PROVED"}
    # another arrow on one side, and the two are two
    other, _ = slide(forward, op.sin.at(N), op.mul.at(N, N))
    assert not slides(other, back)
    assert every([sliding_law(other, back)]) == {"REFUTED"}


def test_sliding_changes_the_residual() -> None:
    shrink = op.mean(n).at(Real[n, c])
    X = Real[n, c]
    there, back = slide(copy(X), shrink, op.mul.at(Real[c], Real[c]))
    assert (there.residual, back.residual) == (Real[c], X)
    assert slides(there, back)


def test_sliding_with_weights() -> None:
    there, back = slide(forward, op.linear(n, n), op.mul.at(N, N))
    assert slides(there, back) and every([sliding_law(there, back)]) == {"PROVED"}


def test_equality_modulo_the_meaning_of_the_boxes() -> None:
    twice, _ = slide(copy(N), op.scale(2.0).at(N), op.mul.at(N, N))
    added, _ = slide(copy(N), copy(N) >> op.add.at(N, N), op.mul.at(N, N))
    assert not slides(twice, added)  # not in the free category …
    assert every([sliding_law(twice, added)]) == {"PROVED"}  # … but as numbers


def test_the_identity_keeps_nothing() -> None:
    assert identity_optic(N).residual.wires == ()
    assert slides(identity_optic(N) >> optic(square), optic(square))


def test_residuals_must_fit() -> None:
    with pytest.raises(SpecError, match="does not leave the residual that is declared"):
        Optic(M, copy(N), op.add.at(N, N))
    with pytest.raises(SpecError, match="does not take the residual that `forward` leaves"):
        Optic(N, copy(N), op.relu.at(M))
    with pytest.raises(SpecError, match="does not slide"):
        slide(forward, op.relu.at(M), op.mul.at(N, N))
    with pytest.raises(SpecError, match="does not compose"):
        optic(square) >> identity_optic(M)
    for make in (lambda: optic(square) >> square, lambda: optic(square) @ square):
        with pytest.raises(SpecError, match="say what a lens keeps"):
            make()
