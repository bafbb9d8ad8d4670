"""Lenses: what fits, composition, products, lenses of wires."""

from __future__ import annotations

import pytest

from categorical import Real, SpecError, copy, discard, identity, op, swap
from categorical.lenses import (
    Lens,
    adapter,
    copy_lens,
    discard_lens,
    field,
    identity_lens,
    part,
)
from categorical.normal import same
from tests.categorical.lenses.examples import M, N, a, c, k, layer, m, middle, n, rows, square, tanh


def message(make) -> str:
    with pytest.raises(SpecError) as found:
        make()
    return str(found.value)


def test_the_four_types() -> None:
    one = Lens(op.mean(n).at(N), discard(N) @ op.expand(m).at(Real[()]), "one")
    assert (one.source, one.source_back) == ((N,), (M,))
    assert (one.target, one.target_back) == ((Real[()],), (Real[()],))
    assert repr(one) == "lens one: (Real[n], Real[m]) → (Real[()], Real[()])"


def test_put_of_a_composite_computes_get_again() -> None:
    both = square >> tanh
    by_hand = (
        (copy(N) @ identity(N)) >> (identity(N) @ op.square.at(N) @ identity(N))
        >> (identity(N) @ tanh.put) >> square.put
    )  # fmt: skip
    assert same(both.put.graph(), by_hand.graph())
    wrong = (copy(N) @ identity(N)) >> (identity(N) @ tanh.put) >> square.put
    assert not same(both.put.graph(), wrong.graph())


def test_weights_of_get_and_put_are_one_set() -> None:
    both = layer >> layer
    names = ["linear.weight", "linear.bias", "linear_2.weight", "linear_2.bias"]
    assert sorted(both.get.parameters) == sorted(names)
    assert set(both.put.parameters) <= set(names)
    assert len((layer @ layer @ layer).get.parameters) == 6


def test_products_interleave_the_ways_back() -> None:
    both = middle @ square
    assert both.source == (*middle.source, N)
    assert both.put.type_text().endswith(
        "Real[m] × Real[n] → Real[n] × Real[m] × Real[k] × Real[n]"
    )


def test_fields() -> None:
    pairs = field(N, M, Real[k], which=[2, 0])
    assert pairs.target == (Real[k], N)
    assert pairs.put.mapping == (4, 1, 3)
    assert "has no fields [3]" in message(lambda: field(N, M, Real[k], which=3))
    assert "has no fields [0, 0]" in message(lambda: field(N, M, which=[0, 0]))


def test_lenses_of_cotangents() -> None:
    assert copy_lens(N * M, 3).put.type_text().count("Real[n]") == 5
    assert discard_lens(N).put.type_text() == "Real[n] → Real[n]"
    assert copy_lens(N, 1).target == (N,)
    assert identity_lens(N, back=M).source_back == (M,)
    assert adapter(op.mean(n).at(N), op.expand(n).at(Real[()])).label() == "adapter(mean)"
    assert rows.target == (Real[n, c],)


def test_parts_are_of_one_axis() -> None:
    with pytest.raises(SpecError):
        part(Real[a, c], n, m)


def test_a_put_that_does_not_fit_is_named() -> None:
    text = message(lambda: Lens(op.relu.at(N), identity(M, N)))
    assert "CM052" in text and "wire 1" in text and "Real[m] instead of Real[n]" in text
    text = message(lambda: Lens(identity(N, M), op.relu.at(N)))
    assert "1 instead of 2" in text
    text = message(
        lambda: Lens(op.mean(n).at(N), swap(Real[()], N) >> (op.relu.at(N) @ discard(Real[()])))
    )
    assert "swap" in text
    text = message(lambda: Lens(op.mean(n).at(N), op.expand(n).at(Real[()])))
    assert "adapter" in text


def test_lenses_that_do_not_meet_are_named() -> None:
    there = identity_lens(N)
    text = message(lambda: there >> identity_lens(M))
    assert "on the way" in text and "there: Real[n] meets Real[m]" in text
    text = message(lambda: there >> identity_lens(N, back=M))
    assert "back: Real[m] meets Real[n]" in text
    assert "CM052" in message(lambda: there >> op.relu)
    assert "CM052" in message(lambda: there @ op.relu)


def test_state_and_noise_are_refused() -> None:
    X = Real[n, c]
    normal = op.batch_norm(c, over=[n]).at(X)
    assert "CM015" in message(lambda: Lens(normal, discard(X) @ identity(X)))
    assert "CM014" in message(lambda: Lens(op.dropout(0.5).at(N), discard(N) @ identity(N)))
