"""Runs against loops written by hand, in floats; the laws of lists; cells that are refused."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, Fin, Real, SpecError, arrow, op
from categorical.functors import stack
from categorical.records import Context
from categorical.recursion import (
    fold,
    foldr,
    hylo,
    mealy,
    mealy_cell,
    moore,
    moore_cell,
    scan,
    unfold,
    unfold_cell,
)
from categorical.semantics.floats import FloatAlgebra
from categorical.semantics.interpreter import run

t, u, a, s, o = Dim.named("t u a s o")
SIZES = {"t": 4, "u": 3, "a": 2, "s": 3, "o": 2}


@arrow
def cell(state: Real[s], x: Real[a]) -> Real[s]:
    return op.tanh(op.linear(s, s, name="back")(state) + op.linear(a, s, name="into")(x))


@arrow
def counter(state: Real[s]) -> Real[o] * Real[s]:
    return op.linear(s, o, name="out")(state), op.tanh(op.linear(s, s, name="back")(state))


def drawn(arrow_, sizes=SIZES, seed=0):
    rng = np.random.default_rng(seed)
    ctx = Context(FloatAlgebra(), sizes)
    graph = arrow_.graph()
    return {p: rng.standard_normal(ctx.shape(r.space)) for p, r in graph.resources(sizes).items()}


def evaluate(arrow_, inputs, weights, sizes=SIZES):
    return run(arrow_.graph(), Context(FloatAlgebra(), sizes), inputs, weights).outputs


def step(w, state, x):
    back = state @ w["cell.back.weight"].T + w["cell.back.bias"]
    return np.tanh(back + x @ w["cell.into.weight"].T + w["cell.into.bias"])


RNG = np.random.default_rng(5)
X, S0 = RNG.standard_normal((4, 2)), RNG.standard_normal(3)


def test_a_fold_is_the_loop_from_the_left() -> None:
    network = fold(cell, over=t)
    w = drawn(network)
    wanted = S0
    for x in X:
        wanted = step(w, wanted, x)
    np.testing.assert_allclose(evaluate(network, [S0, X], w)[0], wanted)
    backwards = evaluate(foldr(cell, over=t), [S0, X[::-1]], w)[0]
    np.testing.assert_allclose(backwards, wanted)
    assert not np.allclose(evaluate(foldr(cell, over=t), [S0, X], w)[0], wanted)


def test_a_scan_returns_every_state() -> None:
    w = drawn(scan(cell, over=t))
    (rows,) = evaluate(scan(cell, over=t), [S0, X], w)
    state = S0
    for x, row in zip(X, rows, strict=True):
        state = step(w, state, x)
        np.testing.assert_allclose(row, state)


def test_a_moore_machine_answers_before_it_reads() -> None:
    machine = moore(op.linear(s, o, name="shown"), cell, over=t)
    w = drawn(machine)
    first = evaluate(machine, [S0, X], w)[0][0]
    other = evaluate(machine, [S0, X + 1], w)[0]
    np.testing.assert_allclose(first, other[0])
    assert not np.allclose(evaluate(machine, [S0, X], w)[0][1], other[1])


def test_cells_of_an_output_and_a_next_state() -> None:
    out, next_ = op.linear(s, o, name="out"), op.linear(s, s, name="next")
    assert unfold_cell(out, next_).type_text() == "Real[s] → Real[o] × Real[s]"
    reads = (op.linear(s, o) @ op.linear(a, o)) >> op.add
    assert mealy_cell(reads, cell).type_text() == "Real[s] × Real[a] → Real[o] × Real[s]"
    assert moore_cell(out, cell).type_text() == "Real[s] × Real[a] → Real[o] × Real[s]"
    stream = unfold(unfold_cell(out, next_), over=t)
    w = drawn(stream)
    rows, _ = evaluate(stream, [S0], w)
    state = S0
    for row in rows:
        np.testing.assert_allclose(row, state @ w["cell.out.weight"].T + w["cell.out.bias"])
        state = state @ w["cell.next.weight"].T + w["cell.next.bias"]


def test_a_hylomorphism_is_an_unfolding_folded() -> None:
    @arrow
    def add_up(total: Real[o], x: Real[o]) -> Real[o]:
        return total + op.tanh(x)

    at_once = hylo(counter, add_up, over=t)
    w = drawn(at_once)
    total = RNG.standard_normal(2)
    left, right = evaluate(at_once, [S0, total], w)
    plain = {k.replace("cell.counter", "cell"): v for k, v in w.items()}
    made, end = evaluate(unfold(counter, over=t), [S0], plain)
    np.testing.assert_allclose(left, end)
    np.testing.assert_allclose(right, evaluate(fold(add_up, over=t), [total, made], {})[0])


@pytest.mark.parametrize("reverse", [False, True])
def test_past_its_length_a_sequence_changes_nothing(reverse: bool) -> None:
    run_ = mealy(arrow(lambda_cell), over=t, lengths=True, reverse=reverse, name="cell")
    batch = stack(run_, Dim("batch"))
    sizes = {**SIZES, "batch": 3}
    w = drawn(batch, sizes)
    xs, states = RNG.standard_normal((3, 4, 2)), RNG.standard_normal((3, 3))
    lengths = np.array([0, 2, 4])
    rows, ends = evaluate(batch, [states, xs, lengths], w, sizes)
    plain = mealy(arrow(lambda_cell), over=t, reverse=reverse)
    for k, n in enumerate(lengths):
        if n == 0:
            np.testing.assert_array_equal(ends[k], states[k])
        else:
            row, end = evaluate(plain, [states[k], xs[k, :n]], w, {**SIZES, "t": int(n)})
            np.testing.assert_allclose(rows[k, :n], row)
            np.testing.assert_allclose(ends[k], end)
        assert not rows[k, n:].any()


def lambda_cell(state: Real[s], x: Real[a]) -> Real[o] * Real[s]:
    new = op.tanh(op.linear(s, s, name="back")(state) + op.linear(a, s, name="into")(x))
    return op.linear(s, o, name="shown")(new), new


def test_untied_steps_have_weights_of_their_own() -> None:
    three = Dim("three", size=3)
    network = fold(cell, over=three, weights="untied")
    w = drawn(network, {**SIZES, "three": 3})
    state = S0
    for i, x in enumerate(X[:3]):
        own = {k.replace(f"cell.{i}.", "cell."): v for k, v in w.items()}
        state = step(own, state, x)
    np.testing.assert_allclose(evaluate(network, [S0, X[:3]], w, {**SIZES, "three": 3})[0], state)


@pytest.mark.parametrize(
    "wrong, code",
    [
        (lambda: fold(op.linear(s, a), over=t), "CM045"),
        (lambda: unfold(counter), "CM046"),
        (lambda: unfold(lambda_as_arrow(), over=t), "CM045"),
        (lambda: fold(cell, over=t, start=op.zeros(Real[a])), "CM045"),
        (lambda: fold(cell, over=t, shared=3), "CM045"),
        (lambda: fold(cell, over=t, weights="stacked"), "CM024"),
        (lambda: fold(OPEN, over=t).at(Real[s], Real[a]), "CM005"),
        (lambda: fold(OPEN, over=t, lengths=True).at(Real[s], Real[t, a], Fin(t).scalar), "CM047"),
        (lambda: fold(cell, over=t, name="no name"), "CM024"),
        (lambda: hylo(counter, cell, over=t), "CM045"),
        (lambda: mealy_cell(op.linear(s, o), cell), "CM045"),
        (lambda: moore_cell(op.linear(a, o), cell), "CM045"),
        (lambda: moore_cell(op.linear(o, a), op.linear(s, o)), "CM045"),
        (lambda: unfold_cell(op.linear(s, o), op.linear(s, a)), "CM045"),
    ],
)
def test_what_is_no_recursion_is_refused(wrong, code) -> None:
    with pytest.raises(SpecError) as caught:
        wrong()
    assert caught.value.code == code
    assert caught.value.help


OPEN = (op.linear(s, s) @ op.linear(a, s)) >> op.add


def lambda_as_arrow():
    return arrow(lambda_cell)


def test_noise_is_not_tied() -> None:
    noisy = (op.linear(s, s) @ op.linear(a, s)) >> op.add >> op.dropout(0.5)
    with pytest.raises(SpecError) as caught:
        fold(noisy, over=t).graph()
    assert caught.value.code == "CM014"
