"""The laws of the monoids are proved with certificates; wrong products are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from categorical import Dim, Fin, Real
from categorical.spaces import Array
from proofs.certificate import Proof, bundle, claim
from proofs.checker import check
from proofs.monoids.family import (
    DIAGONAL,
    FINITE,
    MATRIX,
    MAXPLUS,
    MINPLUS,
    Family,
    laws_of,
)

n, b, k = Dim.named("n b k")
CASES = [
    (DIAGONAL, (Real[b, n],)),
    (DIAGONAL, (Real[n], Real[n])),
    (DIAGONAL, (Real[n], Real[n], Real[n])),
    (MATRIX, (Real[n],)),
    (MATRIX, (Real[b, n],)),
    (MAXPLUS, (Real[n],)),
    (MINPLUS, (Real[b, n],)),
    (FINITE, (Fin(k).scalar,)),
    (FINITE, (Fin(k)[b],)),
]


@pytest.mark.parametrize(("family", "types"), CASES, ids=lambda x: str(x))
def test_laws_are_proved_and_the_checker_accepts_them(
    family: Family, types: tuple[Array, ...]
) -> None:
    found = laws_of(family, types)
    assert {one.law for one in found} >= {"associative", "action"}
    assert all(found), [str(one) for one in found]
    for one in found:
        assert isinstance(one.verdict, Proof)
        assert check(bundle("0", [claim(one.law, one.verdict)])).errors == []


@pytest.mark.parametrize(("family", "types"), CASES, ids=lambda x: str(x))
def test_the_product_in_the_other_order_is_no_action(
    family: Family, types: tuple[Array, ...]
) -> None:
    other = replace(family, multiply=lambda s, x, y, t: family.multiply(s, y, x, t))
    action = next(one for one in laws_of(other, types) if one.law == "action")
    assert not action


def test_a_product_that_forgets_the_first_offset_is_no_action() -> None:
    wrong = replace(
        DIAGONAL,
        multiply=lambda s, x, y, t: [DIAGONAL.multiply(s, x, y, t)[0], y[1]],
    )
    assert [bool(one) for one in laws_of(wrong, (Real[n],))] == [True, False, True]
