"""Loss functions: narrowed to what they need, the rest in front and without a gradient."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from backends.pytorch.loader import load_source, unload
from backends.pytorch.training.losses import batch_of
from backends.pytorch.training.write import Trained, model_of, train
from categorical import Dim, Real, SpecError, arrow, op, tie
from categorical.composites.typed import wired
from categorical.functors import stack
from categorical.learning.games import Player, game, learner
from categorical.learning.losses import mean_squared_error
from categorical.learning.optimisers import sgd
from categorical.learning.regime import Regime
from tests.backends.pytorch.training.games import (
    batch,
    c,
    contest,
    critic,
    distil,
    dream,
    k,
    penalised,
    regression,
    sizes,
)


def functions(made) -> dict[str, str]:
    """The text of each loss function."""
    assert made.it is not None
    return {one.player.name: "\n".join(one.loss.lines) for one in made.it.movers}


def test_the_painter_has_no_gradient_in_the_critics_move() -> None:
    players = list(reversed(contest().players))
    found = functions(train(replace(contest(), players=tuple(players))))
    assert "no_grad" in found["critic"] and "no_grad" not in found["painter"]
    quiet = found["critic"].split("with torch.no_grad():\n")[1].splitlines()
    assert [x.strip() for x in quiet if x.startswith("        ")] == [
        "painter = model.painter(noise)  # [batch, c]"
    ]


def test_a_loss_reads_what_it_needs() -> None:
    made = train(contest(regime=Regime(accumulate=2)))
    assert made.it is not None
    assert [one.loss.inputs for one in made.it.movers] == [["real", "noise"], ["noise"]]


def test_what_leads_to_weights_of_others_stands_in_front_with_them() -> None:
    found = functions(train(contest(penalised, regime=Regime(accumulate=2))))["critic"]
    rows = found.split("with torch.no_grad():\n")[1].splitlines()
    quiet = "\n".join(row for row in rows if row.startswith("        "))
    assert "model.painter" in quiet and "model.critic" not in quiet and "mix" in quiet


def test_a_teacher_is_in_front_and_a_dreaming_model_is_not() -> None:
    assert "with torch.no_grad():\n        teacher" in functions(train(distil()))["student"]
    assert "no_grad" not in functions(train(dream()))["dreamer"]


def test_one_model_is_the_module_itself() -> None:
    assert model_of(regression())[1] == "network"
    assert model_of(dream())[1] == "network"
    assert model_of(distil())[1] == model_of(contest())[1] == ""


def test_names_that_the_file_needs_itself() -> None:
    judge = tie(stack(critic, batch).named("critic"))

    @arrow
    def losses(model: Real[batch, c], value: Real[batch, c]) -> Real:
        return op.mean(batch)(judge(model) - judge(value))

    made = train(game(losses, [Player("critic", 0, sgd(0.1))], sizes=sizes(losses)))
    assert "def loss(model: nn.Module, model_2: Tensor, value_2: Tensor)" in made.source


@pytest.mark.parametrize("name", ["step", "state_dict", "model", "load_state_dict"])
def test_players_of_any_name(name: str) -> None:
    judge = tie(stack(critic, batch).named("critic"))
    other = stack(critic, batch).named("other")

    @arrow
    def losses(x: Real[batch, c]) -> tuple[Real, Real]:
        return op.mean(batch)(judge(x)), op.mean(batch)(other(x))

    players = [
        Player(name, 0, sgd(0.1), owns=("critic",)),
        Player("loss", 1, sgd(0.1), owns=("other",)),
    ]
    train(game(losses, players, sizes=sizes(losses)))


def gets_through(made: Trained) -> bool:
    """Whether the file, imported, gets through its own test with its model."""
    space = load_source(made.source, f"{made.module}_train")
    try:
        space.selftest(made.model.module())
    finally:
        unload(space)
    return True


@pytest.mark.parametrize("drawn", [False, True])
@pytest.mark.parametrize(
    "name",
    ["step", "state_dict", "optimizer", "Training", "examples", "dreamer", "dreamer_weights",
     "teller_gradient", "loss", "dreamer_loss", "shared", "teller"],
)  # fmt: skip
def test_inputs_of_any_name(name: str, drawn: bool) -> None:
    """Inputs that are moved are attributes of ``Training``; the functions beside keep their names.
    A drawn input is as large as the one that is moved."""
    judge = tie(stack(critic, batch).named("critic"))

    def both(moved: Any, given: Any) -> Any:
        loss = op.mean(batch)(op.square(judge(moved) - judge(given)))
        return loss, op.scale(2)(loss)

    for names, held in ((("moved", name), "moved"), ((name, "given"), name)):
        losses = wired((Real[batch, c], Real[batch, c]), list(names), both, False)
        players = [
            Player("dreamer", 0, sgd(0.1), owns=(held,)),
            Player("teller", 1, sgd(0.1), owns=("critic",)),
        ]
        draws = {names[1]: "normal"} if drawn else {}
        assert gets_through(train(game(losses, players, sizes=sizes(losses), draws=draws)))


def test_a_model_may_be_called_as_the_class_beside() -> None:
    model = op.linear(c, k).named("Training")
    made = train(learner(model, mean_squared_error(Real[k]), sgd(0.1), sizes=sizes(model)))
    assert made.model.class_name != "Training" and "import Training\n" not in made.source
    assert gets_through(made)


@pytest.mark.parametrize("module", ["copy", "collections", "torch", "my-line", "class"])
def test_modules_that_a_file_cannot_import(module: str) -> None:
    with pytest.raises(SpecError, match="cannot import") as refused:
        train(regression(), module=module)
    assert refused.value.code == "CM024"


def test_the_batch_is_the_axis_of_that_name_or_the_first_one() -> None:
    assert batch_of(regression())[1] == ["x", "label"]
    rows, columns = Dim.named("rows columns")

    @arrow
    def total(x: Real[rows, columns], y: Real[columns], z: Real[rows]) -> Real:
        return op.mean(rows)(op.sum(columns)(x) * z) + op.sum(columns)(y)

    found, names = batch_of(game(total, [Player("y", 0, sgd(0.1), owns=("y",))]))
    assert str(found) == "rows" and names == ["x", "z"]


def test_a_size_that_no_input_tells() -> None:
    rows = Dim("rows")
    judge = tie(stack(critic, batch).named("critic"))

    @arrow
    def losses(x: Real[batch, c]) -> Real:
        return op.mean(batch)(judge(x)) * op.sum(rows)(op.ones(Real[rows])())

    with pytest.raises(SpecError, match="the size of `rows` is not given") as refused:
        train(game(losses, [Player("critic", 0, sgd(0.1))], sizes=sizes(losses)))
    assert refused.value.code == "CM025"


EVIL = 'x"""\nimport os; os.system("true")\n#'


def test_no_name_becomes_code() -> None:
    judge = stack(critic, batch).named("critic")

    @arrow
    def losses(x: Real[batch, c]) -> tuple[Real, Real]:
        found = op.mean(batch)(judge(x))
        return found, -found

    players = [
        Player(EVIL, 0, sgd(0.1), owns=("critic.linear",)),
        Player("{evil}", 1, sgd(0.1), owns=("critic.linear_2",)),
    ]
    made = train(game(losses, players, sizes=sizes(losses)))
    lines = made.source.splitlines()
    assert not any(line.strip().startswith("import os") for line in lines)
