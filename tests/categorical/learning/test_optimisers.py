"""Optimisers as lenses: their types, their numbers, and the maps between their forms."""

import importlib
import inspect

import pytest

from categorical import Dim, Fin, Real, SpecError, architecture, discard, identity, laws, op
from categorical.learning import optimisers
from categorical.learning.optimisers import (
    ascent,
    descent,
    descent_ascent,
    heavy_ball,
    nesterov,
    product,
    sgd,
)
from categorical.learning.optimisers_adaptive import adagrad, adam, adamw, rmsprop
from categorical.learning.rates import constant, linear_warm_up, rate, rate_lens
from synthesis.ladder import check

n, m = Dim.named("n m")
W, M, ONE = Real[n], Real[n, m], Real.scalar
EVERY = (
    descent(0.1),
    ascent(0.1),
    sgd(0.1, 0.9),
    sgd(0.1, 0.9, dampening=0.5),
    sgd(linear_warm_up(0.1, 5), 0.9, nesterov=True),
    heavy_ball(0.1, 0.9),
    nesterov(0.1, 0.9),
    adagrad(0.1, rate_decay=0.1),
    rmsprop(0.1, momentum=0.5, centred=True),
    adam(0.1, amsgrad=True),
    adamw(linear_warm_up(0.1, 5)),
)


def verdicts(*claims):
    model = architecture(op.relu.at(W), laws=claims, name="optimisers")
    return [found.verdict.name for found in check(model)]


@pytest.mark.parametrize("one", EVERY, ids=lambda one: one.name)
@pytest.mark.parametrize("space", [W, M, ONE], ids=str)
def test_an_optimiser_is_a_lens(one, space) -> None:
    state = one.state(space)
    assert one.get(space).dom == (*state, space) and one.get(space).cod == (space,)
    assert one.put(space).dom == (*state, space, space)
    assert one.put(space).cod == (*state, space)
    lens = one.lens(space)
    assert lens.target == lens.target_back == (space,)
    assert [start.cod for start in one.start(space)] == [(part,) for part in state]


def test_the_states() -> None:
    names = [[part.name for part in one.states] for one in EVERY]
    assert names == [
        [],
        [],
        ["buffer"],
        ["buffer", "started"],
        ["buffer", "step"],
        ["velocity"],
        ["velocity"],
        ["square", "step"],
        ["square", "mean", "buffer"],
        ["mean", "square", "largest", "step"],
        ["mean", "square", "step"],
    ]


def through(ours, torchs):
    """torch's step, and then its state and weights as ours."""
    change = ours.from_torch(W)
    return laws.commutes((change @ identity(W)) >> ours.put(W), torchs.put(W) >> change)


def test_the_forms_of_momentum_are_one_after_a_map_of_states() -> None:
    torch_form = sgd(0.1, 0.9)
    assert verdicts(
        through(heavy_ball(0.1, 0.9), torch_form),
        through(nesterov(0.1, 0.9), sgd(0.1, 0.9, nesterov=True)),
    ) == ["PROVED", "PROVED"]
    assert (
        verdicts(
            through(heavy_ball(0.1, 0.8), torch_form).fails(),
            through(heavy_ball(0.2, 0.9), torch_form).fails(),
            through(nesterov(0.1, 0.9), torch_form).fails(),
            through(heavy_ball(0.1, 0.9), sgd(0.1, 0.9, nesterov=True)).fails(),
        )
        == ["REFUTED"] * 4
    )


def test_torch_takes_the_gradient_where_it_stores_the_weights() -> None:
    ours, theirs = nesterov(0.1, 0.9), sgd(0.1, 0.9, nesterov=True)
    there = ours.from_torch(W) >> ours.get(W)
    behind = nesterov(0.1, 0.9).from_torch(W) >> (op.scale(-0.9).at(W) @ identity(W)) >> op.add
    assert verdicts(
        laws.commutes(there, theirs.get(W)),
        laws.commutes(behind, theirs.get(W), name="p − μs").fails(),
    ) == ["PROVED", "REFUTED"]


@pytest.mark.parametrize("one", [heavy_ball(0.1, 0.9), nesterov(0.3, 0.7)], ids=lambda o: o.name)
def test_the_maps_of_states_undo_each_other(one) -> None:
    both = (one.from_torch(W) >> one.to_torch(W), one.to_torch(W) >> one.from_torch(W))
    found = verdicts(
        *(laws.commutes(way, identity(W, W), name=str(i)) for i, way in enumerate(both))
    )
    assert set(found) <= {"EXACT", "PROVED"}


def test_a_product_steps_each_with_its_own_state() -> None:
    players = product(sgd(0.1, 0.9), adam(0.2))
    assert players.put(W, M).type_text() == (
        "Real[n] × Real[n, m] × Real[n, m] × Real[()] × Real[n] × Real[n, m] × Real[n] × Real[n, m]"
        " → Real[n] × Real[n, m] × Real[n, m] × Real[()] × Real[n] × Real[n, m]"
    )
    first = players.put(W, M) >> (identity(W) @ discard((M, M, ONE)) @ identity(W) @ discard(M))
    alone = (
        identity(W) @ discard((M, M, ONE)) @ identity(W) @ discard(M) @ identity(W) @ discard(M)
    ) >> sgd(0.1, 0.9).put(W)
    other = (
        identity(W) @ discard((M, M, ONE)) @ identity(W) @ discard(M) @ identity(W) @ discard(M)
    ) >> sgd(0.2, 0.9).put(W)
    assert verdicts(
        laws.commutes(first, alone, name="its own"),
        laws.commutes(first, other, name="another").fails(),
    ) == ["PROVED", "REFUTED"]
    assert players.lens(W, M).target == (W, M)
    assert len(players.start(W, M)) == 4


def test_a_product_is_that_of_the_lenses() -> None:
    """Up to the order of the wires: here all states come first."""
    from categorical.arrows import Wiring

    one, two = sgd(0.1, 0.9), nesterov(0.2, 0.8)
    both, apart = product(one, two).lens(W, M), one.lens(W) @ two.lens(M)
    wires = (W, M, W, M)
    order, back = Wiring(wires, (0, 2, 1, 3), "apart"), Wiring((W, W, M, M), (0, 2, 1, 3), "back")
    assert verdicts(
        laws.commutes(both.get, order >> apart.get, name="get"),
        laws.commutes(both.put, (order @ identity(W, M)) >> apart.put >> back, name="put"),
    ) == ["PROVED", "PROVED"]
    other = product(one, nesterov(0.2, 0.7)).lens(W, M)
    assert verdicts(laws.commutes(other.get, order >> apart.get, name="get").fails()) == ["REFUTED"]


def test_the_next_state_has_names() -> None:
    graph = adam(0.1).put(W).graph()
    names = [graph.wire_name(wire) for wire in graph.outputs]
    assert names == ["next_mean", "next_square", "next_step", "next_weight"]


def test_optimisers_with_the_same_numbers_are_equal() -> None:
    assert sgd(0.1, 0.9) == sgd(0.1, 0.9) != sgd(0.1, 0.8)
    assert len({adam(0.1), adam(0.1), adam(0.2)}) == 2


def test_descent_ascent_is_the_product() -> None:
    both = product(descent(0.1), ascent(0.3))
    assert verdicts(
        laws.commutes(descent_ascent(0.1, 0.3).put(W, W), both.put(W, W), name="is"),
        laws.commutes(descent_ascent(0.3, 0.1).put(W, W), both.put(W, W), name="not").fails(),
    ) == ["PROVED", "REFUTED"]


def test_a_rate_ahead_of_descent_is_its_rate_and_of_adam_is_not() -> None:
    def ahead(one, count):
        wires = (*one.state(W), W)
        assert len(wires) == count
        return (identity(*wires) @ op.scale(0.1).at(W)) >> one.put(W)

    assert verdicts(
        laws.commutes(ahead(descent(1), 1), descent(0.1).put(W), name="descent"),
        laws.commutes(ahead(adam(1), 4), adam(0.1).put(W), name="adam").fails(),
    ) == ["PROVED", "REFUTED"]
    lens = rate_lens(rate(0.1, ONE))
    assert (lens.source, lens.target, lens.source_back) == ((ONE,), (), (ONE,))


def test_a_constant_schedule_is_its_rate() -> None:
    assert verdicts(
        laws.commutes(sgd(constant(0.1)).put(W), descent(0.1).put(W), name="same"),
        laws.commutes(sgd(constant(0.2)).put(W), descent(0.1).put(W), name="other").fails(),
    ) == ["PROVED", "REFUTED"]


WRONG = {
    "a negative rate": lambda: descent(-0.1),
    "no number": lambda: descent("fast"),
    "a rate that is no number": lambda: sgd(float("nan")),
    "an infinite rate": lambda: sgd(float("inf")),
    "a truth value": lambda: sgd(True),
    "momentum 1": lambda: sgd(0.1, momentum=1.0),
    "negative momentum": lambda: heavy_ball(0.1, -0.9),
    "a rate of 0 in a velocity": lambda: heavy_ball(0.0, 0.9),
    "nesterov without momentum": lambda: nesterov(0.1, 0.0),
    "torch's nesterov without momentum": lambda: sgd(0.1, nesterov=True),
    "torch's nesterov with dampening": lambda: sgd(0.1, 0.9, dampening=0.1, nesterov=True),
    "a velocity under a schedule": lambda: heavy_ball(linear_warm_up(0.1, 5), 0.9),
    "dampening 1": lambda: sgd(0.1, 0.9, dampening=1.0),
    "negative decay": lambda: sgd(0.1, weight_decay=-0.1),
    "β₁ of 1": lambda: adam(0.1, betas=(1.0, 0.9)),
    "β₂ above 1": lambda: adamw(0.1, betas=(0.9, 1.1)),
    "one β": lambda: adam(0.1, betas=(0.9,)),
    "β that is no pair": lambda: adam(0.1, betas=0.9),
    "negative ε": lambda: adam(0.1, eps=-1e-8),
    "α of 1": lambda: rmsprop(0.1, alpha=1.0),
    "a negative start": lambda: adagrad(0.1, start=-1.0),
}


@pytest.mark.parametrize("what", WRONG)
def test_bad_numbers_are_named(what: str) -> None:
    with pytest.raises(SpecError, match=r"CM04[12]"):
        WRONG[what]()


def test_what_is_stepped_is_one_array_of_numbers() -> None:
    with pytest.raises(SpecError, match="CM011"):
        descent(0.1).put(W * W)
    with pytest.raises(SpecError, match="CM011"):
        adam(0.1).put(Fin(n)[m])
    with pytest.raises(SpecError, match="CM007"):
        descent_ascent(0.1).put(W)
    with pytest.raises(SpecError, match="CM007"):
        product()


def test_torch_is_given_what_is_not_usual() -> None:
    assert descent(0.1).torch == ("SGD", {"lr": 0.1})
    assert adamw(0.1).torch == ("AdamW", {"lr": 0.1})
    assert adamw(0.1, weight_decay=0.0).torch[1]["weight_decay"] == 0.0
    assert adam(linear_warm_up(0.3, 4)).torch == ("Adam", {"lr": 0.3})


def test_all_optimisers_are_in_one_place() -> None:
    """Every function of the modules that returns an optimiser."""
    parts = [
        importlib.import_module(f"categorical.learning.optimisers_{part}")
        for part in ("linear", "adaptive", "further", "spectral")
    ]
    made = {
        name
        for part in parts
        for name, one in vars(part).items()
        if inspect.isfunction(one)
        and one.__module__ == part.__name__
        and inspect.signature(one).return_annotation in ("Optimiser", "Product")
        and not name.startswith("_")
    } - {"made"}
    assert {"adam", "sgd", "muon", "nadam", "product"} <= made <= set(optimisers.__all__)
    assert all(hasattr(optimisers, name) for name in optimisers.__all__)
