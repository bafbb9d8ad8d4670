"""Parts that are computed again on the way back: the same step, less kept, nothing else changed."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch

from backends.pytorch import safety
from backends.pytorch.loader import load_source, unload
from backends.pytorch.training import checkpoint
from backends.pytorch.training.compare import compare
from backends.pytorch.training.write import Trained, train
from categorical import Dim, Real, arrow, op, tie
from categorical.derivatives import explicit, gradient
from categorical.errors import SpecError
from categorical.learning.games import Game, Player, game, learner
from categorical.learning.losses import mean_squared_error
from categorical.learning.optimisers import sgd
from categorical.learning.regime import Regime, parts
from categorical.operators import iterate
from categorical.recursion.folds import fold
from tests.backends.pytorch.training.games import (
    batch,
    classification,
    contest,
    distil,
    dream,
    minimax,
    penalised,
    regression,
)
from tests.benchmarks.checkpoints import rows

d, t = Dim.named("d t")
ONE = Regime(checkpoint=("network",))
TWO = Regime(checkpoint=("painter", "critic"))


@arrow
def block(x: Real[d]) -> Real[d]:
    inner = (op.linear(d, d) >> op.tanh >> op.linear(d, d)).named("inner")
    return x + op.dropout(0.5)(inner(x))


@arrow
def calm(x: Real[d]) -> Real[d]:
    return x + op.linear(d, d, name="down")(op.tanh(op.linear(d, d, name="up")(x)))


def deep(*names: str, weights: str = "untied") -> Game:
    step = block if weights == "untied" else calm
    net = (iterate(step, 3, weights=weights, name="blocks") >> op.linear(d, d)).named("net")
    return of(net, *names)


def of(model: Any, *names: str) -> Game:
    regime = Regime(checkpoint=names)
    return learner(model, mean_squared_error(Real[d]), sgd(0.1), sizes=dict(d=3), regime=regime)


GAMES: dict[str, Callable[[], Game]] = {
    "dropout": lambda: regression(regime=ONE),
    "parts of a batch": lambda: classification(regime=replace(ONE, accumulate=2)),
    "bfloat16": lambda: classification(regime=replace(ONE, precision="bfloat16", clip=0.1)),
    "float16": lambda: contest(regime=replace(TWO, accumulate=2, precision="float16")),
    "in turn": lambda: contest(regime=TWO),
    "several moves": lambda: contest(moves=2, regime=TWO),
    "at once": lambda: contest(minimax, "simultaneous", regime=TWO),
    "a slope inside": lambda: contest(penalised, regime=Regime(checkpoint=("critic",))),
    "a dream": lambda: dream(regime=ONE),
    "a student": lambda: replace(distil(), regime=ONE),
    "every step": lambda: deep("net.blocks"),
    "one step": lambda: deep("net.blocks.1"),
    "a part of a step, and a step": lambda: deep("net.blocks.2.inner", "net.blocks.0"),
    "one inside of another": lambda: deep("net", "net.blocks", "net.blocks.0.inner"),
    "tied steps": lambda: deep("net.blocks", weights="tied"),
    "stacked steps": lambda: deep("net.blocks", weights="stacked"),
}


@pytest.mark.parametrize("name", GAMES)
def test_the_step_is_the_declared_one(name: str) -> None:
    made = train(GAMES[name]())
    assert made.validation["recomputed"] > 0
    names = ", ".join(made.game.regime.checkpoint)
    assert f"recomputed on the way back: {names}" in " ".join(made.source.split())


def test_nothing_is_said_where_nothing_is_computed_again() -> None:
    made = train(regression())
    assert "checkpoint" not in made.source and "recomputed" not in made.validation


def test_what_is_written() -> None:
    inside = train(deep("net.blocks"), validate=False).source
    assert "        for part in model.blocks:\n" in inside
    several = train(deep("net.blocks", "net.blocks.2.inner"), validate=False).source
    assert "        for part in (*model.blocks, model.blocks[2].inner):\n" in several


def both(made: Trained) -> tuple[Any, Any]:
    """The module and the training file, imported."""
    return load_source(made.model.source, made.model.module_name), load_source(
        made.source, f"{made.module}_train"
    )


def gradients(made: Trained, source: str = "", twice: bool = False) -> tuple[Any, dict[str, Any]]:
    """The model and the weights after two steps with noise that torch draws."""
    if source:
        made = replace(made, source=source)
    module, space = both(made)
    try:
        torch.manual_seed(3)
        model = getattr(module, made.model.class_name)()
        if twice:
            space.Training(model)
        training = space.Training(model)
        for _ in range(2):
            training.step(*space.examples())
        return model, {k: x.clone() for k, x in model.state_dict().items()}
    finally:
        unload(space)
        unload(module)


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return list(one) == list(other) and all(torch.equal(one[k], other[k]) for k in one)


def test_noise_that_torch_draws_is_drawn_again() -> None:
    """The broken twin forgets where the noise was."""
    _, plain = gradients(train(deep(), validate=False))
    made = train(deep("net.blocks"), validate=False)
    assert same(plain, gradients(made)[1])
    assert same(plain, gradients(made, twice=True)[1])
    forgetful = made.source.replace(
        "use_reentrant=False", "use_reentrant=False, preserve_rng_state=False"
    )
    assert not same(plain, gradients(made, forgetful)[1])


def test_a_comparison_gives_the_noise_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that draws other noise on the way back has another gradient."""
    made = train(regression(regime=ONE), validate=False)
    assert compare(made)["recomputed"] == 6
    monkeypatch.setattr(checkpoint, "copy", lambda noise: None)
    with pytest.raises(SpecError, match="CM040"):
        compare(made)


def test_models_are_copied_saved_and_compiled_as_before() -> None:
    made = train(deep("net.blocks"), validate=False)
    module, space = both(made)
    try:
        model = getattr(module, made.model.class_name)()
        keys = list(model.state_dict())
        space.Training(model)
        assert list(model.state_dict()) == keys
        again = copy.deepcopy(model)
        assert again.blocks[0].forward.args[1] is again.blocks[0]
        assert pickle.loads(pickle.dumps(model.blocks[0].forward)).keywords == {
            "use_reentrant": False
        }
        x = torch.randn(4, 3)
        model.eval()
        wanted = model(x)
        with torch.no_grad():
            assert torch.equal(model(x), wanted)
        compiled = torch.compile(model, backend="aot_eager", fullgraph=True)
        torch.testing.assert_close(compiled(x), wanted)
    finally:
        unload(space)
        unload(module)


def refused(code: str, make: Callable[[], Game]) -> str:
    with pytest.raises(SpecError) as caught:
        train(make())
    assert caught.value.code == code
    return str(caught.value)


@arrow
def cell(state: Real[d], x: Real[d]) -> Real[d]:
    return op.tanh(op.linear(d, d, name="u")(state) + op.linear(d, d, name="w")(x))


@arrow
def energy(x: Real[d]) -> Real:
    return op.sum(d)(op.tanh(op.linear(d, d)(x)))


@arrow
def force(x: Real[d]) -> Real[d]:
    return gradient(tie(energy.named("energy")))(x)


def test_parts_without_a_module_are_refused() -> None:
    assert "no module of its own" in refused("CM041", lambda: of(calm.named("net"), LOSS))
    run = fold(cell, t, start=op.zeros(Real[d])).named("rnn").at(Real[t, d])
    assert "no module of its own" in refused("CM041", lambda: of(run, "rnn.cell"))
    assert "never computed again" in refused(
        "CM041", lambda: replace(distil(), regime=Regime(checkpoint=("teacher",)))
    )
    assert "checkpoint=('network',)" in refused(
        "CM041", lambda: replace(distil(), regime=Regime(checkpoint=("network", "teacher")))
    )


LOSS = "mean_squared_error"


def test_what_torch_cannot_compute_again_is_refused() -> None:
    """Gradients inside of a module are taken by torch.func, which keeps no hooks."""
    net = (force.named("force") >> op.linear(d, d)).named("net")
    for name in ("net", "net.force", "net.force.energy"):
        assert "without it the step is the declared one" in refused(
            "CM041", lambda n=name: of(net, n)
        )


def test_weights_that_are_given_are_gone_on_the_way_back() -> None:
    """A module inside of ``functional_call`` is empty when it would be computed again."""
    steps = (op.layer_norm(d) >> op.tanh.named("bend")).named("step")
    run = explicit(iterate(steps, 2, weights="stacked", name="run").at(Real[batch, d]))

    @arrow
    def total(x: Real[batch, d], weight: run.dom[1], bias: run.dom[2]) -> Real:
        return op.mean(batch, d)(run(x, weight, bias))

    def make(*names: str) -> Game:
        players = [Player("one", 0, sgd(0.1), owns=("weight", "bias"))]
        return game(total, players, sizes=dict(d=3), regime=Regime(checkpoint=names))

    train(make())
    known = [name for name, _ in parts(total.graph(), dict(d=3))]
    assert known
    for name in known:
        assert refused("CM041", lambda n=name: make(n))


@pytest.mark.parametrize("activation", ["tanh", "gelu"])
def test_torch_keeps_what_the_optics_keep(activation: str) -> None:
    """And at most it has one cotangent more."""
    found = rows(4, 8, 2048, activation)
    assert [one.kept for one in found] == sorted((one.kept for one in found), reverse=True)
    for one in found:
        assert round(one.saved) == one.kept
        assert round(one.alive) == one.peak + (8 if one.name == "nothing" else 0)


def test_only_a_class_is_asked_for() -> None:
    safety.check_source("def f(x):\n    return type(x)")
    for text in ("type(x, (), {})", "type(*x)", "type(x, y=x)"):
        with pytest.raises(safety.Unsafe, match="makes a class"):
            safety.check_source(f"def f(x):\n    return {text}")
    with pytest.raises(safety.Unsafe):
        safety.check_source("from torch.utils.checkpoint import checkpoint")
