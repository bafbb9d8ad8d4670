"""Recurrent layers: what they read, their order of states, how they start, what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Real, SpecError, identity, op
from categorical.composites import (
    bidirectional,
    elman_cell,
    gru_cell,
    lstm_cell,
    recurrent,
    stacked,
)
from categorical.records import Context
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

t, a, h, k = Dim.named("t a h k")
SIZES = {"t": 4, "a": 2, "h": 3, "k": 2}
RNG = np.random.default_rng(0)
X = RNG.standard_normal((4, 2))


def drawn(arrow, seed=0):
    rng = np.random.default_rng(seed)
    ctx = Context(FloatAlgebra(), SIZES)
    resources = arrow.graph().resources(SIZES)
    return {p: rng.standard_normal(ctx.shape(r.space)) for p, r in resources.items()}


def evaluate(arrow, inputs, weights):
    return run(arrow.graph(), Context(FloatAlgebra(), SIZES), inputs, weights).outputs


def test_without_a_bias_there_is_none() -> None:
    for cell in (elman_cell, gru_cell, lstm_cell):
        with_it, without = cell(a, h), cell(a, h, bias=False)
        assert [p for p in without.parameters if "bias" in p] == []
        assert len(with_it.parameters) > len(without.parameters)


def test_a_gru_whose_update_is_open_keeps_its_state() -> None:
    cell = gru_cell(a, h)
    w = drawn(cell)
    w["from_input.bias"][3:6] = 1e3  # reset, update, new
    state = RNG.standard_normal(3)
    np.testing.assert_allclose(evaluate(cell, [state, X[0]], w)[0], state)


def test_an_lstm_keeps_its_memory_when_told_to() -> None:
    cell = lstm_cell(a, h)
    w = drawn(cell)
    w["from_input.bias"][:3], w["from_input.bias"][3:6] = -1e3, 1e3  # enter, keep, …
    memory = RNG.standard_normal(3)
    np.testing.assert_allclose(evaluate(cell, [0 * memory, memory, X[0]], w)[1], memory)


def test_an_activation_may_be_chosen() -> None:
    cell = elman_cell(a, h, activation=op.relu)
    w = drawn(cell)
    assert (evaluate(cell, [RNG.standard_normal(3), X[0]], w)[0] >= 0).all()


def test_a_layer_shows_its_first_state() -> None:
    layer = recurrent(lstm_cell(a, h), over=t)
    w = drawn(layer)
    rows, state, _ = evaluate(layer, [np.ones(3), np.zeros(3), X], w)
    np.testing.assert_array_equal(rows[-1], state)


def test_a_stack_is_its_layers_one_after_another() -> None:
    first = recurrent(gru_cell(a, h), over=t, name="first")
    second = recurrent(lstm_cell(h, k), over=t, name="second")
    both = stacked(first, second)
    w = drawn(both)
    states = [RNG.standard_normal(3), RNG.standard_normal(2), RNG.standard_normal(2)]
    rows, *ends = evaluate(both, [*states, X], w)
    low, end = evaluate(first, [states[0], X], w)
    high, *others = evaluate(second, [*states[1:], low], w)
    for found, wanted in zip([rows, *ends], [high, end, *others], strict=True):
        np.testing.assert_array_equal(found, wanted)


def test_two_directions_stand_side_by_side() -> None:
    layer = bidirectional(gru_cell(a, h), elman_cell(a, k), over=t, start=0)
    w = drawn(layer)
    rows, first, second = evaluate(layer, [X], w)
    there = recurrent(gru_cell(a, h), over=t, start=0, name="forwards")
    back = recurrent(elman_cell(a, k), over=t, start=0, name="backwards", reverse=True)
    np.testing.assert_array_equal(rows[:, :3], evaluate(there, [X], w)[0])
    np.testing.assert_array_equal(rows[:, 3:], evaluate(back, [X], w)[0])
    np.testing.assert_array_equal(first, rows[-1, :3])
    np.testing.assert_array_equal(second, rows[0, 3:])


def test_a_stack_reads_its_lengths_once() -> None:
    layer = bidirectional(gru_cell(a, h), gru_cell(a, h), over=t, lengths=True)
    top = recurrent(gru_cell(h + h, k), over=t, lengths=True)
    both = stacked(layer, top, start=0)
    assert [str(one) for one in both.dom] == ["Real[t, a]", "Fin(t + 1)[()]"]
    w = drawn(both)
    other = X.copy()
    other[2:] += 1
    found = [evaluate(both, [x, np.array(2)], w)[0] for x in (X, other)]
    np.testing.assert_array_equal(found[0], found[1])
    assert not found[0][2:].any() and found[0][:2].any()


def test_a_layer_may_read_symbols() -> None:
    """A sequence of indices is no length."""
    cell = (identity(Real[h]) @ op.embedding(k, a)) >> gru_cell(a, h)
    layers = [recurrent(cell, over=t, name="low"), recurrent(gru_cell(h, h), over=t)]
    assert [str(one) for one in stacked(*layers, start=0).dom] == ["Fin(k)[t]"]
    ragged = [recurrent(cell, over=t, lengths=True), recurrent(gru_cell(h, h), over=t)]
    assert [str(one) for one in stacked(*ragged, start=0).dom] == ["Fin(k)[t]", "Fin(t + 1)[()]"]


def test_a_layer_may_have_no_state() -> None:
    norm = op.layer_norm(h).at(Real[t, h])
    net = stacked(recurrent(gru_cell(a, h), over=t), norm, recurrent(gru_cell(h, k), over=t))
    assert net.type_text() == "Real[h] × Real[k] × Real[t, a] → Real[t, k] × Real[h] × Real[k]"
    assert stacked(norm, norm, start=0).type_text() == "Real[t, h] → Real[t, h]"


def test_a_start_is_a_state_of_every_layer() -> None:
    start = op.parameter(Real[h], name="start") @ op.zeros(Real[k])
    layers = [recurrent(gru_cell(a, h), over=t), recurrent(gru_cell(h, k), over=t)]
    assert "start" in stacked(*layers, start=start).parameters


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: stacked(),
        lambda: stacked(recurrent(gru_cell(a, h), over=t), recurrent(gru_cell(k, h), over=t)),
        lambda: bidirectional(gru_cell(a, h), gru_cell(k, h), over=t),
        lambda: stacked(recurrent(gru_cell(a, h), over=t), start=op.zeros(Real[k])),
        lambda: recurrent(op.linear(a, h), over=t),
        lambda: stacked(gru_cell(a, h)),
        lambda: stacked(op.add.at(Real[t, h], Real[t, h])),
        lambda: bidirectional(op.add.at(Real[()], Real[()]), op.add.at(Real[()], Real[()]), over=t),
    ],
)
def test_what_is_no_layer_is_refused(wrong) -> None:
    with pytest.raises(SpecError) as caught:
        wrong()
    assert caught.value.code == "CM045" and caught.value.help
