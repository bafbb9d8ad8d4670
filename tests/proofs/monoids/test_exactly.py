"""Quotients: equal ones agree in prime fields, others do not; what cannot be read is said."""

from __future__ import annotations

import pytest

from categorical import Dim, Real, arrow, iterate, op
from proofs.certificate import Obstruction
from proofs.monoids.exactly import Exactly, agree
from proofs.monoids.family import MOBIUS, laws_of

n = Dim("n")
X = Real[n]


@arrow
def nested(x: X, y: X, z: X) -> X:
    return x / (y / z)


@arrow
def flat(x: X, y: X, z: X) -> X:
    return (x * z) / y


@arrow
def wrong(x: X, y: X, z: X) -> X:
    return (x * y) / z


@arrow
def oracle(x: X, y: X, z: X) -> X:
    return op.exp(x) / (y / z)


@arrow
def same_oracle(x: X, y: X, z: X) -> X:
    return op.exp(x) * z / y


@arrow
def other_oracle(x: X, y: X, z: X) -> X:
    return op.sin(x) * z / y


@pytest.mark.parametrize(
    ("left", "right", "equal"),
    [
        (nested, flat, True),
        (nested, wrong, False),
        (oracle, same_oracle, True),
        (oracle, other_oracle, False),
    ],
)
def test_quotients(left, right, equal) -> None:
    found = agree(left.graph(), right.graph())
    assert bool(found) is equal
    if isinstance(found, Exactly):
        assert found.bits >= 40


def test_a_point_that_is_always_a_pole() -> None:
    @arrow
    def pole(x: X, y: X, z: X) -> X:
        return x / (y - y)

    found = agree(pole.graph(), pole.graph())
    assert isinstance(found, Obstruction) and "pole" in found.reason


def test_repetitions_are_not_read() -> None:
    run = iterate(op.scale(2).at(X), 3).graph()
    assert not agree(run, run)


def test_laws_of_mobius_maps() -> None:
    assert [one.grade for one in laws_of(MOBIUS, (X,))] == ["PROVED", "EXACT", "EXACT"]
