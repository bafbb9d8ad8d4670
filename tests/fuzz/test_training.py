"""Random games: their training files make the declared steps; planted mistakes are found."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import islice, permutations

import pytest

from backends.pytorch.training import steps, write
from backends.pytorch.training.compare import compare
from categorical.errors import SpecError
from categorical.learning import games
from categorical.learning.games import Game
from tests.backends.pytorch.training.games import contest
from tests.fuzz import training
from tests.fuzz.players import random_game_of
from tests.fuzz.training import attempt, features

SEEDS = range(9000, 9016)


@pytest.mark.parametrize("first", range(SEEDS.start, SEEDS.stop, 8))
def test_training_files_make_the_declared_steps(first: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(first, first + 8):
        found = attempt(seed)
        assert not found.problem, f"seed {seed}: {found.problem}"
        seen.update([*found.seen, "compared" if found.compared else "refused"])
    assert seen["compared"] >= 5 and seen["1 player"] and len(seen) > 15


# --- canaries -------------------------------------------------------------------------------------


@cache
def declared(seed: int) -> tuple[str, ...]:
    """What is special about a game; nothing, where it is refused."""
    try:
        game = random_game_of(seed)
    except SpecError:
        return ()
    reached = [game.reached[one.loss] for one in game.players]
    owned = [frozenset(game.owned(one)) for one in game.players]
    pairs = permutations(range(len(owned)), 2)
    entangled = all(owned[i] & reached[j] for i, j in pairs)
    outputs = game.arrow.graph().outputs
    apart = len({outputs[one.loss] for one in game.players}) > 1
    return (*features(game), *(["entangled"] if entangled and apart else []))


def having(*wanted: str, count: int = 4) -> list[int]:
    """Seeds of a few games that have all of these."""
    return list(islice((seed for seed in range(999) if {*wanted} <= {*declared(seed)}), count))


def replaced(monkeypatch: pytest.MonkeyPatch, right: str, wrong: str) -> None:
    """Training files with another text."""
    text = write._text

    def other(*arguments):
        return text(*arguments).replace(right, wrong)

    monkeypatch.setattr(write, "_text", other)


def found(seeds: list[int]) -> int:
    """In how many of these games the comparison finds something."""
    return sum(bool(attempt(seed).problem) for seed in seeds)


#: The mistake: what a game needs for it, what stands in the file, and what is planted.
TEXTS = {
    "climbs instead of descends": ((), "alue.backward(", "alue.neg().backward("),
    "gradients add up": (("1 player",), ".zero_grad(set_to_none=True)", ".zero_grad"),
    "no step": ((), ".step()\n", ".step\n"),
    "not clipped": (("clipped",), "nn.utils.clip_grad_norm_(", "nn.utils.get_total_norm("),
    "parts add up": (("accumulated",), ") / ", ") / 1 / 0.5 / "),
    "evaluates": (("noise", "1 player"), "self.model = model", "self.model = model.eval()"),
    "a rate of its own": (("1 player",), "lr=0.", "lr=0.0"),
    "the image stays": (("an input moves",), ".detach().clone()", ".detach().clone() * 0"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_wrong_text_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted, right, wrong = TEXTS[name]
    seeds = having(*wanted)
    replaced(monkeypatch, right, wrong)
    assert found(seeds) >= 2


def test_a_wrong_order_of_play_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last player moves first; the losses come back in the right order."""
    method = steps._step

    def turned(it):
        right = method(it)
        return [*method(replace(it, movers=it.movers[::-1]))[:-1], right[-1]]

    seeds = having("2 players", "alternating", "entangled", count=2)
    monkeypatch.setattr(steps, "_step", turned)
    assert found(seeds) == 2


def test_one_after_the_other_is_not_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    method = steps._step

    def late(it):
        return method(replace(it, simultaneous=it.together))

    seeds = having("2 players", "simultaneous", "entangled", count=2)
    monkeypatch.setattr(steps, "_step", late)
    assert found(seeds) >= 1


def test_gradients_of_others_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """One player goes back into the weights of another."""
    text = write._text

    def other(*arguments):
        return re.sub(r"backward\(inputs=[^)]*\)", "backward()", text(*arguments))

    seeds = having("2 players", "simultaneous", "entangled", count=2)
    monkeypatch.setattr(write, "_text", other)
    assert found(seeds) >= 1


@pytest.mark.parametrize("ending", ["", ".detach()"])
def test_a_cut_in_the_wrong_place_is_found(ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is painted once for both: the painter learns through it and the critic must not."""
    plain = write.train(contest(), validate=False)
    assert "self.critic_gradient(real, from_painter.detach())" in plain.source
    assert "self.painter_gradient(from_painter)" in plain.source
    monkeypatch.setattr(steps, "_given", lambda it, one, name: name + ending * (name in it.users))
    made = write.train(contest(), validate=False)
    made.source = made.source.replace("inputs=self.critic_weights", "")
    with pytest.raises(SpecError, match="disagrees with the declared step"):
        compare(made)


# --- refusals -------------------------------------------------------------------------------------


def test_a_refusal_without_its_reason_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """A game that says of every weight that nothing comes back."""

    def nothing(made: Game) -> None:
        raise SpecError("CM058", f"`{made.owned(made.players[0])[0]}` does not reach output 0, so "
                        f"`{made.players[0].name}` does not move it")  # fmt: skip

    seeds = having("1 player", count=2)
    monkeypatch.setattr(games, "_check_owners", nothing)
    assert all(training.attempt(seed).problem for seed in seeds)


def test_a_refusal_with_its_reason_is_none() -> None:
    seeds = islice((seed for seed in range(999) if not declared(seed)), 2)
    tried = [attempt(seed) for seed in seeds]
    assert all(one.refusal and not one.problem for one in tried)
