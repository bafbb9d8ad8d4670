"""Residuals: what is kept, what is computed again, and that the meaning is one."""

from __future__ import annotations

import pytest

from categorical import Real, SpecError, copy, identity, op
from categorical.derivatives import pullback
from categorical.lenses import (
    Lens,
    checkpointed,
    cost,
    lens,
    optic,
    residual_laws,
    slides,
    sliding_law,
    stored,
)
from tests.categorical.algebras.verdicts import every
from tests.categorical.lenses.examples import N, gradient, layer, middle, momentum, n, square, tanh

exp = gradient(op.exp.at(N))


def test_store_computes_nothing_again() -> None:
    chain = exp >> square >> tanh >> layer
    assert cost(stored(chain)).boxes == 0
    assert cost(optic(chain)).boxes > 0
    assert str(cost(optic(chain)).numbers) == "n"
    assert slides(stored(chain), optic(chain))


def test_equal_wires_are_kept_once() -> None:
    twice = copy(N) >> (identity(N) @ identity(N))
    assert twice.cod == (N, N)
    both = stored(exp >> square)
    assert str(cost(both).numbers) == "2*n"  # exp x, and twice it
    assert str(cost(stored(exp)).numbers) == "n"


def test_a_linear_way_back_needs_nothing() -> None:
    linear = gradient(op.scale(3.0).at(N) >> op.mean(n))
    assert stored(linear).residual.wires == ()
    assert cost(stored(linear)).at(n=5) == 0
    fields = stored(middle)
    assert str(cost(fields).numbers) == "k + n"  # what is replaced need not be kept


def test_entrywise_values_are_computed_again() -> None:
    chain = tanh >> tanh >> gradient(op.square.at(N))
    all_of_it, less = stored(chain), stored(chain, entrywise=True)
    assert cost(less).numbers.evaluate({"n": 1}) < cost(all_of_it).numbers.evaluate({"n": 1})
    assert cost(all_of_it).boxes == 0 and cost(less).boxes > 0
    assert slides(less, all_of_it)


def test_a_pullback_runs_its_body_again() -> None:
    chain = op.exp.at(N) >> op.square
    boxed = Lens(chain, pullback(chain))
    assert cost(stored(boxed)).boxes == 2 and cost(stored(gradient(chain))).boxes == 0
    assert every([sliding_law(boxed, gradient(chain))]) <= {"PROVED", "EXACT"}


def test_what_mixes_entries_is_not_computed_again() -> None:
    """The softmax of a kept value is no entrywise box."""
    chain = gradient(op.exp.at(N)) >> gradient(op.softmax(n).at(N)) >> square
    less = stored(chain, entrywise=True)
    names = {node.box.name for node in less.backward.graph().nodes}
    assert "softmax" not in names


def test_segments() -> None:
    chain = [exp, square, tanh, exp, square]
    kept = [str(cost(checkpointed(chain, every)).numbers) for every in (1, 2, 5)]
    assert kept == ["5*n", "3*n", "n"]
    assert slides(checkpointed(chain, 2), checkpointed(chain, 3, stored))
    assert every(residual_laws(chain, (1, 2, 5))) == {"PROVED"}
    with pytest.raises(SpecError, match="CM052"):
        checkpointed([], 1)
    with pytest.raises(SpecError, match="CM052"):
        checkpointed(chain, 0)


def test_a_residual_that_forgets_is_another_optic() -> None:
    """The broken twin: the way back from half of what it needs."""
    good = stored(square)
    broken = type(good)(
        good.residual,
        good.forward >> (op.scale(0.0).at(*good.residual.wires) @ identity(N)),
        good.backward,
    )
    assert not slides(broken, good)


def test_lenses_of_optimisers_have_residuals_too() -> None:
    assert slides(stored(momentum), optic(momentum))
    assert lens(stored(momentum)).source == (N, N)
    assert cost(optic(momentum), given=[0]).at(n=3) == 3
    assert Real[n] is N
