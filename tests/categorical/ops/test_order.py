"""Order: formulas, masks, ties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from categorical import Bool, Dim, Fin, Real, SpecError, op
from categorical.records import Context
from categorical.semantics import Dual, DualAlgebra, FieldAlgebra
from tests.categorical.ops.running import value

n, c = Dim.named("n c")
RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 3))
FORMULAS = {"max": np.max, "min": np.min, "logsumexp": lambda x, axis: np.log(np.exp(x).sum(axis))}


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas(name: str) -> None:
    make = getattr(op, name)
    assert np.allclose(value(make(n), [Real[n, c]], [X]), FORMULAS[name](X, 0))
    assert np.allclose(value(make(c, n), [Real[n, c]], [X]), FORMULAS[name](X.ravel(), 0))


@pytest.mark.parametrize("name", FORMULAS)
@given(data=st.data())
def test_masks(name: str, data: st.DataObject) -> None:
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=4, max_size=4)))
    found = value(getattr(op, name)(n, masked=True), [Real[n, c], Bool[n]], [X, mask])
    want = FORMULAS[name](X[mask], 0) if mask.any() else np.zeros(3)
    assert np.allclose(found, want)


def test_large_numbers_do_not_overflow() -> None:
    assert value(op.logsumexp(n), [Real[n]], [np.array([1e4, 1e4])]) == pytest.approx(
        1e4 + np.log(2)
    )
    assert value(op.logsumexp(n), [Real[n]], [np.array([-1e4, -1e9])]) == pytest.approx(-1e4)


@pytest.mark.parametrize("name", ["max", "min", "logsumexp"])
def test_the_derivative_of_an_empty_reduction_is_zero(name: str) -> None:
    box = getattr(op, name)(n, masked=True).at(Real[n], Bool[n]).op.box((Real[n], Bool[n]))
    ctx = Context(DualAlgebra(), {"n": 3})
    x = Dual(np.ones(3), np.ones(3))
    (y,) = box.generator.meaning(ctx, box, (x, np.zeros(3, dtype=bool)))
    assert y.value == 0 and y.tangent == 0


@pytest.mark.parametrize("name", ["max", "min", "logsumexp"])
def test_nothing_is_zero_in_a_field(name: str) -> None:
    box = getattr(op, name)(n, masked=True).at(Real[n], Bool[n]).op.box((Real[n], Bool[n]))
    ctx = Context(FieldAlgebra(seed=1), {"n": 3})
    (y,) = box.generator.meaning(ctx, box, (np.arange(3), np.zeros(3, dtype=bool)))
    assert y == 0
    assert ctx.algebra.used_ordered == (name != "logsumexp")


def test_argmax_takes_the_first_of_several() -> None:
    x = np.array([[1.0, 3.0, 3.0], [2.0, 2.0, 0.0]])
    assert value(op.argmax(c), [Real[n, c]], [x]).tolist() == [1, 0]
    assert op.argmax(c).at(Real[n, c]).cod == (Fin(c)[n],)


def test_types() -> None:
    with pytest.raises(SpecError, match="CM006"):
        op.max(n).at(Real[n, n.at("key")])
    with pytest.raises(SpecError, match="CM011"):
        op.max(n).at(Bool[n])
    with pytest.raises(SpecError, match="CM011"):
        op.max(n, masked=True).at(Real[n], Real[n])
    v = Dim("v", size=3, action="rotation")
    with pytest.raises(SpecError, match="CM017"):
        op.argmax(n).at(Real[n, v])


def test_an_index_set_means_the_occurrence_that_is_left() -> None:
    key = n.at("key")
    x = RNG.standard_normal((4, 4))
    assert np.allclose(value(op.sum(n, key), [Real[n, key]], [x]), x.sum())
    assert op.max(key, n).at(Real[n, key, c]).cod == (Real[c],)
    with pytest.raises(SpecError, match="CM009"):
        op.sum(n, n).at(Real[n, c])
    with pytest.raises(SpecError, match="CM006"):
        op.sum(n).at(Real[n, key])
