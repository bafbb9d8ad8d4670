"""Learning over Z₂: the composite against its formula on every input, and what is learned."""

from __future__ import annotations

import numpy as np
import pytest

from categorical import Dim, SpecError, op
from categorical.composites.circuits import BIT, gates, lookup, majority, monomials
from categorical.composites.typed import wired
from categorical.derivatives import explicit, reverse
from categorical.learning.boolean import answered, learner, samples, step, trained
from categorical.learning.optimisers import ascent, descent, heavy_ball
from categorical.records import Context
from categorical.semantics import FloatAlgebra
from categorical.semantics.booleans import LANES, assignments, differing, words
from categorical.semantics.interpreter import run

MODELS = {"lookup": lookup(2), "monomials": monomials(2), "gates": gates(2, 2)}


def by_hand(model, cotangent=None):
    """p + R_P[f](x, p, f(x, p) + y), written out."""
    whole = explicit(model)
    count = len(model.dom)
    params = whole.dom[count:]
    back = reverse(whole)

    def body(*wires):
        p, x, y = wires[: len(params)], wires[len(params) : -1], wires[-1]
        error = whole(*x, *p) + y if cotangent is None else cotangent(y)
        found = back(*x, *p, error)
        found = found if isinstance(found, tuple) else (found,)
        return tuple(a + g for a, g in zip(p, found[count:], strict=True))

    names = [f"w{i}" for i in range(len(params) + count + 1)]
    return wired((*params, *model.dom, BIT), names, body)


@pytest.mark.parametrize("name", MODELS)
def test_the_composite_of_lenses_is_the_formula(name: str) -> None:
    model = MODELS[name]
    assert differing(step(model), by_hand(model)) is None
    constant = by_hand(model, op.full_like(1))  # the broken twin: a rate that does not look
    assert differing(step(model), constant) is not None


@pytest.mark.parametrize("name", MODELS)
def test_ascent_is_descent(name: str) -> None:
    model = MODELS[name]
    assert differing(step(model, ascent(1.0)), step(model, descent(1.0))) is None


def test_ascent_is_no_descent_among_real_numbers() -> None:
    up, down = (step(lookup(1), one(1.0)).graph() for one in (ascent, descent))
    context = Context(FloatAlgebra(), {})
    values = [np.array([0.0, 1.0]), np.array(1.0), np.array(0.0)]
    [a], [b] = (run(g, context, values, {}).outputs for g in (up, down))
    assert a.tolist() == [2.0, 2.0] and b.tolist() == [-2.0, 0.0]


def test_a_half_is_no_rate() -> None:
    from categorical.semantics import OutsideFragment

    with pytest.raises(OutsideFragment):
        differing(step(lookup(1), ascent(0.5)), step(lookup(1)))


@pytest.mark.parametrize("name", MODELS)
def test_a_right_answer_moves_nothing(name: str) -> None:
    """On every input and every parameter, the label being the answer."""
    model, one = MODELS[name], step(MODELS[name])
    whole = explicit(model)
    count, params = len(model.dom), whole.dom[len(model.dom) :]

    def told(*wires):
        p, x = wires[: len(params)], wires[len(params) :]
        return one(*p, *x, whole(*x, *p))

    def wrong(*wires):
        p, x = wires[: len(params)], wires[len(params) :]
        return one(*p, *x, whole(*x, *p) + 1)

    def kept(*wires):
        p, x = wires[: len(params)], wires[len(params) :]
        nothing = sum((w + w for w in x[1:]), x[0] + x[0])
        return tuple(w + op.expand(*w.type.axes)(nothing) for w in p)

    names = [f"w{i}" for i in range(len(params) + count)]
    moved, other, same = (wired((*params, *model.dom), names, f) for f in (told, wrong, kept))
    assert differing(moved, same) is None
    assert differing(other, same) is not None


# --- what is learned ------------------------------------------------------------------------------

TASKS = {
    "and": (2, lambda x, y: x & y),
    "exclusive or": (2, lambda x, y: x ^ y),
    "majority": (3, lambda x, y, z: int(x + y + z >= 2)),
    "parity": (3, lambda x, y, z: x ^ y ^ z),
}


def starts(model):
    """Every start, 64 at once."""
    shapes = [tuple(a.size.evaluate({}) for a in t.axes) for t in explicit(model).dom]
    yield from assignments(shapes[len(model.dom) :])


def learned(model, task, epochs):
    """The share of all starts that answer every sample, at the start and after each epoch."""
    count, function = TASKS[task]
    found = np.zeros(epochs + 1)
    total = 0
    for start in starts(model):
        _, right = trained(model, samples(function, count), start, epochs)
        found += [int(word).bit_count() for word in right]
        total += LANES
    return (found / total).tolist()


@pytest.mark.parametrize("task", TASKS)
def test_a_lookup_learns_in_one_epoch_from_every_start(task: str) -> None:
    count = TASKS[task][0]
    before, after = learned(lookup(count), task, 1)
    assert before == 2.0 ** -(2**count) and after == 1.0


@pytest.mark.parametrize("task", ["and", "exclusive or"])
def test_monomials_do_not(task: str) -> None:
    """A gradient with an even number of ones leaves its own answer as it is: only an eighth of the
    starts ends at the function, whatever the number of epochs."""
    found = learned(monomials(2), task, 8)
    assert found[0] == 1 / 16 and found[1:] == [1 / 8] * 8


def test_one_gate_learns_the_conjunction_and_no_exclusive_or() -> None:
    assert learned(gates(2, 1), "and", 3)[2:] == [1.0, 1.0]
    assert learned(gates(2, 1), "exclusive or", 3) == [0.0] * 4


def test_two_gates_that_start_alike_stay_alike() -> None:
    """Their sum is 0, and so is what they learn: from fewer than a fifth of the starts."""
    found = learned(gates(2, 2), "and", 8)
    assert found[-1] == found[-4] == 12 / 64
    alike = [words([1, 1]), words([0, 0]), words([1, 1])]
    after, _ = trained(gates(2, 2), samples(TASKS["and"][1], 2), alike, 5)
    assert all(int(p[0]) == int(p[1]) for p in after)


def test_a_full_adder_is_learned_from_every_start() -> None:
    """One epoch is an affine map of the 16 parameters, so the starts 0 and the 16 unit vectors
    decide: from each the table of the adder is reached, hence from all 65536."""
    out = Dim("answer", size=2)
    model = lookup(3, out)
    data = samples(lambda x, y, z: ((x + y + z) % 2, (x + y + z) // 2), 3)
    start = np.zeros(16, dtype=np.uint64)
    for place in range(16):
        start[place] = np.uint64(1 << place)  # lane 16 and above: all parameters 0
    [after], right = trained(model, data, [start.reshape(2, 2, 2, 2)], 1)
    assert int(right[0]) == 0 and int(right[1]) == 2**LANES - 1
    assert len(set(after.ravel().tolist())) == 2
    assert answered(explicit(model), data, [after]).shape == ()


def test_an_epoch_of_a_lookup_is_affine() -> None:
    """The sum of three starts goes to the sum of what they go to (the property that the last test
    uses), on random starts; that of two does not."""
    rng = np.random.default_rng(0)
    model, data = lookup(2), samples(lambda x, y: x | y, 2)

    def epoch(start):
        return trained(model, data[:2], [start], 1)[0][0]

    for _ in range(5):
        p, q, r = rng.integers(0, 2**63, (3, 2, 2), dtype=np.uint64)
        np.testing.assert_array_equal(epoch(p ^ q ^ r), epoch(p) ^ epoch(q) ^ epoch(r))
        assert (epoch(p ^ q) != epoch(p) ^ epoch(q)).any()


# --- bad input ------------------------------------------------------------------------------------


def test_what_cannot_learn_is_refused() -> None:
    with pytest.raises(SpecError) as caught:
        step(majority)
    assert caught.value.code == "CM058"

    def two_answers(x):
        return x * op.parameter(BIT, name="w")(), x

    two = wired((BIT,), ["x"], two_answers)
    with pytest.raises(SpecError) as caught:
        learner(two)
    assert caught.value.code == "CM057"


def test_an_optimiser_may_keep_a_state() -> None:
    one = step(lookup(1), heavy_ball(1.0, 0.5))
    assert len(one.dom) == 4 and one.cod == one.dom[:2]
